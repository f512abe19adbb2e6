"""ISO 15118-20 common messages: services, authorization and metering."""

from protocols.iso15118.exi.datatypes import Byte, Int, Short, String, UnsignedShort
from protocols.iso15118.exi.declare import attribute, element, xml_type
from protocols.iso15118.iso20.common.certificates import ContractCertificateChain
from protocols.iso15118.iso20.common.schedules import ScheduledSmdtControlMode
from protocols.iso15118.iso20.common.simple import COMMON_MESSAGES, GenChallengeType, ServiceIdType
from protocols.iso15118.iso20.simple import NameType, SessionIdType
from protocols.iso15118.iso20.types import MeterInfo, RationalNumber, Receipt


@xml_type(COMMON_MESSAGES)
class SupportedProvidersList:
    """The mobility operators whose contracts are accepted."""

    provider_id: tuple[NameType, ...] = element("ProviderID", max_occurs=128)


@xml_type(COMMON_MESSAGES)
class PncAsResAuthorizationMode:
    """Plug & Charge: the challenge to sign, and whose contracts are accepted."""

    gen_challenge: GenChallengeType
    supported_providers: SupportedProvidersList | None = None


@xml_type(COMMON_MESSAGES)
class EimAsResAuthorizationMode:
    """External identification: nothing more to say."""


@xml_type(COMMON_MESSAGES)
class PncAReqAuthorizationMode:
    """Plug & Charge: the signed challenge and the contract certificate chain."""

    gen_challenge: GenChallengeType
    contract_certificate_chain: ContractCertificateChain
    id: String = attribute()


@xml_type(COMMON_MESSAGES)
class EimAReqAuthorizationMode:
    """External identification: nothing more to say."""


@xml_type(COMMON_MESSAGES)
class ServiceIdList:
    """The numbers of services that the car knows."""

    service_id: tuple[ServiceIdType, ...] = element("ServiceID", max_occurs=16)


@xml_type(COMMON_MESSAGES)
class Service:
    """A service that the station offers."""

    service_id: ServiceIdType = element("ServiceID")
    free_service: bool


@xml_type(COMMON_MESSAGES)
class ServiceList:
    """The services on offer."""

    service: tuple[Service, ...] = element(max_occurs=8)


@xml_type(COMMON_MESSAGES)
class Parameter:
    """A named value of one of several types."""

    bool_value: bool | None = element("boolValue", choice="value", default=None)
    byte_value: Byte | None = element("byteValue", choice="value", default=None)
    short_value: Short | None = element("shortValue", choice="value", default=None)
    int_value: Int | None = element("intValue", choice="value", default=None)
    rational_number: RationalNumber | None = element("rationalNumber", choice="value", default=None)
    finite_string: NameType | None = element("finiteString", choice="value", default=None)
    name: NameType = attribute()


@xml_type(COMMON_MESSAGES)
class ParameterSet:
    """One set of parameters under which a service can be had."""

    parameter_set_id: ServiceIdType = element("ParameterSetID")
    parameter: tuple[Parameter, ...] = element(max_occurs=32)


@xml_type(COMMON_MESSAGES)
class ServiceParameterList:
    """The parameter sets of a service."""

    parameter_set: tuple[ParameterSet, ...] = element(max_occurs=32)


@xml_type(COMMON_MESSAGES)
class SelectedService:
    """A service that the car chose, with one of its parameter sets."""

    service_id: ServiceIdType = element("ServiceID")
    parameter_set_id: ServiceIdType = element("ParameterSetID")


@xml_type(COMMON_MESSAGES)
class SelectedServiceList:
    """The services that the car chose."""

    selected_service: tuple[SelectedService, ...] = element(max_occurs=16)


@xml_type(COMMON_MESSAGES)
class DynamicSmdtControlMode:
    """Dynamic control: nothing more to say."""


@xml_type(COMMON_MESSAGES, element="SignedMeteringData")
class SignedMeteringData:
    """A meter reading that the car signs."""

    session_id: SessionIdType = element("SessionID")
    meter_info: MeterInfo
    receipt: Receipt | None = None
    dynamic_smdt_control_mode: DynamicSmdtControlMode | None = element(
        "Dynamic_SMDTControlMode", choice="smdt_control_mode", default=None
    )
    scheduled_smdt_control_mode: ScheduledSmdtControlMode | None = element(
        "Scheduled_SMDTControlMode", choice="smdt_control_mode", default=None
    )
    id: String = attribute()


@xml_type(COMMON_MESSAGES)
class TargetPosition:
    """Where the car shall stop. No message uses it; the schema declares it."""

    target_offset_x: UnsignedShort
    target_offset_y: UnsignedShort
