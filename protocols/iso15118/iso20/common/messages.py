"""ISO 15118-20 common messages: the messages common to all energy modes."""

from protocols.iso15118.exi.datatypes import Short, UnsignedByte, UnsignedTime
from protocols.iso15118.exi.declare import element, xml_type
from protocols.iso15118.iso20.common.certificates import (
    CertificateChain,
    EmaidList,
    SignedCertificateChain,
    SignedInstallationData,
)
from protocols.iso15118.iso20.common.schedules import (
    DynamicSeReqControlMode,
    DynamicSeResControlMode,
    EvPowerProfile,
    ScheduledSeReqControlMode,
    ScheduledSeResControlMode,
)
from protocols.iso15118.iso20.common.services import (
    EimAReqAuthorizationMode,
    EimAsResAuthorizationMode,
    PncAReqAuthorizationMode,
    PncAsResAuthorizationMode,
    SelectedService,
    SelectedServiceList,
    ServiceIdList,
    ServiceList,
    ServiceParameterList,
    SignedMeteringData,
)
from protocols.iso15118.iso20.common.simple import (
    COMMON_MESSAGES,
    Authorization,
    ChannelSelection,
    ChargeProgress,
    ChargingSession,
    EvCheckInStatus,
    EvCheckOutStatus,
    EvseCheckOutStatus,
    MaxSupportingPointsScheduleTupleType,
    ParkingMethod,
    ServiceIdType,
)
from protocols.iso15118.iso20.enumerations import Processing
from protocols.iso15118.iso20.simple import DescriptionType, IdentifierType, NameType
from protocols.iso15118.iso20.types import EvseStatus, ListOfRootCertificateIds, V2gRequest, V2gResponse


@xml_type(COMMON_MESSAGES, element="SessionSetupReq")
class SessionSetupReq(V2gRequest):
    """Open a session, or join the one that was paused; the car names itself."""

    evcc_id: IdentifierType = element("EVCCID")


@xml_type(COMMON_MESSAGES, element="SessionSetupRes")
class SessionSetupRes(V2gResponse):
    """The session id is in the header; the station names its outlet."""

    evse_id: IdentifierType = element("EVSEID")


@xml_type(COMMON_MESSAGES, element="AuthorizationSetupReq")
class AuthorizationSetupReq(V2gRequest):
    """Ask which ways of authorization the station offers."""


@xml_type(COMMON_MESSAGES, element="AuthorizationSetupRes")
class AuthorizationSetupRes(V2gResponse):
    """The ways of authorization, with a challenge for Plug & Charge."""

    authorization_services: tuple[Authorization, ...] = element(max_occurs=2)
    certificate_installation_service: bool
    eim_as_res_authorization_mode: EimAsResAuthorizationMode | None = element(
        "EIM_ASResAuthorizationMode", choice="as_res_authorization_mode", default=None
    )
    pnc_as_res_authorization_mode: PncAsResAuthorizationMode | None = element(
        "PnC_ASResAuthorizationMode", choice="as_res_authorization_mode", default=None
    )


@xml_type(COMMON_MESSAGES, element="AuthorizationReq")
class AuthorizationReq(V2gRequest):
    """Ask to be authorized; signed and with the challenge for Plug & Charge."""

    selected_authorization_service: Authorization
    eim_a_req_authorization_mode: EimAReqAuthorizationMode | None = element(
        "EIM_AReqAuthorizationMode", choice="a_req_authorization_mode", default=None
    )
    pnc_a_req_authorization_mode: PncAReqAuthorizationMode | None = element(
        "PnC_AReqAuthorizationMode", choice="a_req_authorization_mode", default=None
    )


@xml_type(COMMON_MESSAGES, element="AuthorizationRes")
class AuthorizationRes(V2gResponse):
    """Whether the car may charge, or that it is still being found out."""

    evse_processing: Processing = element("EVSEProcessing")


@xml_type(COMMON_MESSAGES, element="ServiceDiscoveryReq")
class ServiceDiscoveryReq(V2gRequest):
    """Ask which services the station offers."""

    supported_service_ids: ServiceIdList | None = element("SupportedServiceIDs", default=None)


@xml_type(COMMON_MESSAGES, element="ServiceDiscoveryRes")
class ServiceDiscoveryRes(V2gResponse):
    """What can be charged, paid for and used besides."""

    service_renegotiation_supported: bool
    energy_transfer_service_list: ServiceList
    vas_list: ServiceList | None = element("VASList", default=None)


@xml_type(COMMON_MESSAGES, element="ServiceDetailReq")
class ServiceDetailReq(V2gRequest):
    """Ask for the parameter sets of one service."""

    service_id: ServiceIdType = element("ServiceID")


@xml_type(COMMON_MESSAGES, element="ServiceDetailRes")
class ServiceDetailRes(V2gResponse):
    """The parameter sets of one service."""

    service_id: ServiceIdType = element("ServiceID")
    service_parameter_list: ServiceParameterList


@xml_type(COMMON_MESSAGES, element="ServiceSelectionReq")
class ServiceSelectionReq(V2gRequest):
    """The car's choice of energy transfer service and others."""

    selected_energy_transfer_service: SelectedService
    selected_vas_list: SelectedServiceList | None = element("SelectedVASList", default=None)


@xml_type(COMMON_MESSAGES, element="ServiceSelectionRes")
class ServiceSelectionRes(V2gResponse):
    """Whether the choice of services stands."""


@xml_type(COMMON_MESSAGES, element="ScheduleExchangeReq")
class ScheduleExchangeReq(V2gRequest):
    """What the car needs and until when, in scheduled or dynamic control mode."""

    maximum_supporting_points: MaxSupportingPointsScheduleTupleType
    dynamic_se_req_control_mode: DynamicSeReqControlMode | None = element(
        "Dynamic_SEReqControlMode", choice="se_req_control_mode", default=None
    )
    scheduled_se_req_control_mode: ScheduledSeReqControlMode | None = element(
        "Scheduled_SEReqControlMode", choice="se_req_control_mode", default=None
    )


@xml_type(COMMON_MESSAGES, element="ScheduleExchangeRes")
class ScheduleExchangeRes(V2gResponse):
    """The schedules to choose from, or the goals of dynamic control."""

    evse_processing: Processing = element("EVSEProcessing")
    go_to_pause: bool | None = None
    dynamic_se_res_control_mode: DynamicSeResControlMode | None = element(
        "Dynamic_SEResControlMode", choice="se_res_control_mode", default=None
    )
    scheduled_se_res_control_mode: ScheduledSeResControlMode | None = element(
        "Scheduled_SEResControlMode", choice="se_res_control_mode", default=None
    )


@xml_type(COMMON_MESSAGES, element="PowerDeliveryReq")
class PowerDeliveryReq(V2gRequest):
    """Start, stop or renegotiate the flow of energy, by a schedule and profile."""

    ev_processing: Processing = element("EVProcessing")
    charge_progress: ChargeProgress
    ev_power_profile: EvPowerProfile | None = element("EVPowerProfile", default=None)
    bpt_channel_selection: ChannelSelection | None = element("BPT_ChannelSelection", default=None)


@xml_type(COMMON_MESSAGES, element="PowerDeliveryRes")
class PowerDeliveryRes(V2gResponse):
    """Whether power delivery changed as asked."""

    evse_status: EvseStatus | None = element("EVSEStatus", default=None)


@xml_type(COMMON_MESSAGES, element="MeteringConfirmationReq")
class MeteringConfirmationReq(V2gRequest):
    """The car's signature under the metering data."""

    signed_metering_data: SignedMeteringData


@xml_type(COMMON_MESSAGES, element="MeteringConfirmationRes")
class MeteringConfirmationRes(V2gResponse):
    """Whether the signed metering data was accepted."""


@xml_type(COMMON_MESSAGES, element="SessionStopReq")
class SessionStopReq(V2gRequest):
    """End or pause the session."""

    charging_session: ChargingSession
    ev_termination_code: NameType | None = element("EVTerminationCode", default=None)
    ev_termination_explanation: DescriptionType | None = element("EVTerminationExplanation", default=None)


@xml_type(COMMON_MESSAGES, element="SessionStopRes")
class SessionStopRes(V2gResponse):
    """The session is over."""


@xml_type(COMMON_MESSAGES, element="CertificateInstallationReq")
class CertificateInstallationReq(V2gRequest):
    """Ask for a contract certificate, as the holder of a provisioning certificate."""

    oem_provisioning_certificate_chain: SignedCertificateChain = element("OEMProvisioningCertificateChain")
    list_of_root_certificate_ids: ListOfRootCertificateIds = element("ListOfRootCertificateIDs")
    maximum_contract_certificate_chains: UnsignedByte
    prioritized_emaids: EmaidList | None = element("PrioritizedEMAIDs", default=None)


@xml_type(COMMON_MESSAGES, element="CertificateInstallationRes")
class CertificateInstallationRes(V2gResponse):
    """A contract certificate with its encrypted private key."""

    evse_processing: Processing = element("EVSEProcessing")
    cps_certificate_chain: CertificateChain = element("CPSCertificateChain")
    signed_installation_data: SignedInstallationData
    remaining_contract_certificate_chains: UnsignedByte


@xml_type(COMMON_MESSAGES, element="VehicleCheckInReq")
class VehicleCheckInReq(V2gRequest):
    """Automatic connection: the car arrives."""

    ev_check_in_status: EvCheckInStatus = element("EVCheckInStatus")
    parking_method: ParkingMethod
    vehicle_frame: Short | None = None
    device_offset: Short | None = None
    vehicle_travel: Short | None = None


@xml_type(COMMON_MESSAGES, element="VehicleCheckInRes")
class VehicleCheckInRes(V2gResponse):
    """Automatic connection: where the car shall go."""

    parking_space: Short | None = None
    device_location: Short | None = None
    target_distance: Short | None = None


@xml_type(COMMON_MESSAGES, element="VehicleCheckOutReq")
class VehicleCheckOutReq(V2gRequest):
    """Automatic connection: the car wants to leave."""

    ev_check_out_status: EvCheckOutStatus = element("EVCheckOutStatus")
    check_out_time: UnsignedTime


@xml_type(COMMON_MESSAGES, element="VehicleCheckOutRes")
class VehicleCheckOutRes(V2gResponse):
    """Automatic connection: whether the car may leave."""

    evse_check_out_status: EvseCheckOutStatus = element("EVSECheckOutStatus")
