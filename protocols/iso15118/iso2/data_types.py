"""ISO 15118-2: the types that several messages share."""

from protocols.iso15118 import xmldsig
from protocols.iso15118.exi.datatypes import Byte, Int, Short, SignedTime, String, UnsignedLong
from protocols.iso15118.exi.declare import attribute, content, element, xml_type
from protocols.iso15118.iso2.enumerations import (
    EnergyTransferMode,
    FaultCode,
    PaymentOption,
    ServiceCategory,
    UnitSymbol,
)
from protocols.iso15118.iso2.simple import (
    MSG_DATA_TYPES,
    CertificateType,
    DhPublicKeyType,
    EmaidType,
    FaultMsgType,
    MeterIdType,
    MeterStatusType,
    PrivateKeyType,
    ServiceIdType,
    ServiceNameType,
    ServiceScopeType,
    SigMeterReadingType,
    UnitMultiplierType,
)
from protocols.iso15118.physical import ScaledValue


@xml_type(MSG_DATA_TYPES)
class PhysicalValue(ScaledValue):
    """A number with a power of ten and a unit."""

    multiplier: UnitMultiplierType
    unit: UnitSymbol
    value: Short


@xml_type(MSG_DATA_TYPES)
class Service:
    """A service that the station offers."""

    service_id: ServiceIdType = element("ServiceID")
    service_name: ServiceNameType | None = None
    service_category: ServiceCategory
    service_scope: ServiceScopeType | None = None
    free_service: bool


@xml_type(MSG_DATA_TYPES)
class ServiceList:
    """The services on offer."""

    service: tuple[Service, ...] = element(max_occurs=8)


@xml_type(MSG_DATA_TYPES)
class SelectedService:
    """A service that the car chose, with one of its parameter sets."""

    service_id: ServiceIdType = element("ServiceID")
    parameter_set_id: Short | None = element("ParameterSetID", default=None)


@xml_type(MSG_DATA_TYPES)
class SelectedServiceList:
    """The services that the car chose."""

    selected_service: tuple[SelectedService, ...] = element(max_occurs=16)


@xml_type(MSG_DATA_TYPES)
class Parameter:
    """A named value of one of several types."""

    bool_value: bool | None = element("boolValue", choice="value", default=None)
    byte_value: Byte | None = element("byteValue", choice="value", default=None)
    short_value: Short | None = element("shortValue", choice="value", default=None)
    int_value: Int | None = element("intValue", choice="value", default=None)
    physical_value: PhysicalValue | None = element("physicalValue", choice="value", default=None)
    string_value: String | None = element("stringValue", choice="value", default=None)
    name: String = attribute()


@xml_type(MSG_DATA_TYPES)
class ParameterSet:
    """One set of parameters under which a service can be had."""

    parameter_set_id: Short = element("ParameterSetID")
    parameter: tuple[Parameter, ...] = element(max_occurs=16)


@xml_type(MSG_DATA_TYPES)
class ServiceParameterList:
    """The parameter sets of a service."""

    parameter_set: tuple[ParameterSet, ...] = element(max_occurs=255)


@xml_type(MSG_DATA_TYPES)
class SupportedEnergyTransferMode:
    """The ways of energy transfer that the station has."""

    energy_transfer_mode: tuple[EnergyTransferMode, ...] = element(max_occurs=6)


@xml_type(MSG_DATA_TYPES)
class ChargeService(Service):
    """The charging service and the ways of energy transfer it offers."""

    supported_energy_transfer_mode: SupportedEnergyTransferMode


@xml_type(MSG_DATA_TYPES)
class ContractSignatureEncryptedPrivateKey:
    """The private key of a contract certificate, encrypted for the car."""

    value: PrivateKeyType = content()
    id: String = attribute()


@xml_type(MSG_DATA_TYPES)
class DiffieHellmanPublicKey:
    """The sender's ephemeral public key, an uncompressed point."""

    value: DhPublicKeyType = content()
    id: String = attribute()


@xml_type(MSG_DATA_TYPES)
class Emaid:
    """The contract's identifier, signed by its Id."""

    value: EmaidType = content()
    id: String = attribute()


@xml_type(MSG_DATA_TYPES)
class SubCertificates:
    """The sub-CA certificates of a chain, in DER."""

    certificate: tuple[CertificateType, ...] = element(max_occurs=4)


@xml_type(MSG_DATA_TYPES)
class CertificateChain:
    """A leaf certificate and the sub-CA certificates above it, each in DER."""

    certificate: CertificateType
    sub_certificates: SubCertificates | None = None
    id: String | None = attribute(default=None)


@xml_type(MSG_DATA_TYPES)
class ListOfRootCertificateIds:
    """The root certificates that the car trusts."""

    root_certificate_id: tuple[xmldsig.X509IssuerSerial, ...] = element("RootCertificateID", max_occurs=20)


@xml_type(MSG_DATA_TYPES)
class MeterInfo:
    """A meter's reading, and its signature where the meter gives one."""

    meter_id: MeterIdType = element("MeterID")
    meter_reading_wh: UnsignedLong | None = element("MeterReading", default=None)
    sig_meter_reading: SigMeterReadingType | None = None
    meter_status: MeterStatusType | None = None
    t_meter: SignedTime | None = None


@xml_type(MSG_DATA_TYPES)
class Notification:
    """A fault that the sender wants to be known."""

    fault_code: FaultCode
    fault_msg: FaultMsgType | None = None


@xml_type(MSG_DATA_TYPES)
class PaymentOptionList:
    """The ways to pay."""

    payment_option: tuple[PaymentOption, ...] = element(max_occurs=2)
