"""DIN SPEC 70121: the types that several messages share."""

from protocols.iso15118.din.enumerations import (
    EvseSupportedEnergyTransfer,
    FaultCode,
    PaymentOption,
    ServiceCategory,
    UnitSymbol,
    ValueType,
)
from protocols.iso15118.din.simple import (
    MSG_DATA_TYPES,
    CertificateType,
    FaultMsgType,
    MeterIdType,
    MeterStatusType,
    RootCertificateIdType,
    ServiceIdType,
    ServiceNameType,
    ServiceScopeType,
    SigMeterReadingType,
    UnitMultiplierType,
)
from protocols.iso15118.exi.datatypes import Byte, Int, Short, SignedTime, String
from protocols.iso15118.exi.declare import attribute, element, xml_type
from protocols.iso15118.physical import ScaledValue


@xml_type(MSG_DATA_TYPES)
class PhysicalValue(ScaledValue):
    """A number with a power of ten and a unit."""

    multiplier: UnitMultiplierType
    unit: UnitSymbol | None = None
    value: Short


@xml_type(MSG_DATA_TYPES)
class ServiceTag:
    """Number, name and kind of a service."""

    service_id: ServiceIdType = element("ServiceID")
    service_name: ServiceNameType | None = None
    service_category: ServiceCategory
    service_scope: ServiceScopeType | None = None


@xml_type(MSG_DATA_TYPES)
class Service:
    """A service that the station offers."""

    service_tag: ServiceTag
    free_service: bool


@xml_type(MSG_DATA_TYPES)
class ServiceTagList:
    """The services on offer."""

    service: tuple[Service, ...]


@xml_type(MSG_DATA_TYPES)
class SelectedService:
    """A service that the car chose, with one of its parameter sets."""

    service_id: ServiceIdType = element("ServiceID")
    parameter_set_id: Short | None = element("ParameterSetID", default=None)


@xml_type(MSG_DATA_TYPES)
class SelectedServiceList:
    """The services that the car chose."""

    selected_service: tuple[SelectedService, ...]


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
    value_type: ValueType = attribute()


@xml_type(MSG_DATA_TYPES)
class ParameterSet:
    """One set of parameters under which a service can be had."""

    parameter_set_id: Short = element("ParameterSetID")
    parameter: tuple[Parameter, ...]


@xml_type(MSG_DATA_TYPES)
class ServiceParameterList:
    """The parameter sets of a service."""

    parameter_set: tuple[ParameterSet, ...]


@xml_type(MSG_DATA_TYPES, element="ServiceCharge")
class ServiceCharge(Service):
    """The charging service and the way of energy transfer it offers."""

    energy_transfer_type: EvseSupportedEnergyTransfer


@xml_type(MSG_DATA_TYPES)
class SubCertificates:
    """The sub-CA certificates of a chain, in DER."""

    certificate: tuple[CertificateType, ...]


@xml_type(MSG_DATA_TYPES)
class CertificateChain:
    """A leaf certificate and the sub-CA certificates above it, each in DER."""

    certificate: CertificateType
    sub_certificates: SubCertificates | None = None


@xml_type(MSG_DATA_TYPES)
class ListOfRootCertificateIds:
    """The root certificates that the car trusts."""

    root_certificate_id: tuple[RootCertificateIdType, ...] = element("RootCertificateID")


@xml_type(MSG_DATA_TYPES)
class MeterInfo:
    """A meter's reading, and its signature where the meter gives one."""

    meter_id: MeterIdType = element("MeterID")
    meter_reading: PhysicalValue | None = None
    sig_meter_reading: SigMeterReadingType | None = None
    meter_status: MeterStatusType | None = None
    t_meter: SignedTime | None = None


@xml_type(MSG_DATA_TYPES)
class Notification:
    """A fault that the sender wants to be known."""

    fault_code: FaultCode
    fault_msg: FaultMsgType | None = None


@xml_type(MSG_DATA_TYPES)
class PaymentOptions:
    """The ways to pay."""

    payment_option: tuple[PaymentOption, ...]
