"""ISO 15118-2: the messages, as bodies of a V2G_Message.

One file because the bodies are one list, in the order of the standard.
"""

from protocols.iso15118.exi.datatypes import Short, SignedTime, String, UnsignedShort
from protocols.iso15118.exi.declare import attribute, element, xml_type
from protocols.iso15118.iso2.data_types import (
    CertificateChain,
    ChargeService,
    ContractSignatureEncryptedPrivateKey,
    DiffieHellmanPublicKey,
    Emaid,
    ListOfRootCertificateIds,
    MeterInfo,
    PaymentOptionList,
    PhysicalValue,
    SelectedServiceList,
    ServiceList,
    ServiceParameterList,
)
from protocols.iso15118.iso2.enumerations import (
    ChargeProgress,
    ChargingSession,
    EnergyTransferMode,
    EvseProcessing,
    PaymentOption,
    ResponseCode,
    ServiceCategory,
)
from protocols.iso15118.iso2.parameters import (
    AcEvseStatus,
    DcEvseStatus,
    DcEvStatus,
    EvChargeParameter,
    EvPowerDeliveryParameter,
    EvseChargeParameter,
    EvseStatus,
)
from protocols.iso15118.iso2.schedules import ChargingProfile, SaSchedules
from protocols.iso15118.iso2.simple import (
    MSG_BODY,
    CertificateType,
    EmaidType,
    EvccIdType,
    EvseIdType,
    GenChallengeType,
    SaIdType,
    ServiceIdType,
    ServiceScopeType,
    SessionIdType,
)


@xml_type(MSG_BODY, element="BodyElement", abstract=True)
class BodyElement:
    """What every message body has in common."""


@xml_type(MSG_BODY, element="SessionSetupReq")
class SessionSetupReq(BodyElement):
    """Open a session, or join the one that was paused; the car names itself."""

    evcc_id: EvccIdType = element("EVCCID")


@xml_type(MSG_BODY, element="SessionSetupRes")
class SessionSetupRes(BodyElement):
    """The session id is in the header; the station names its outlet."""

    response_code: ResponseCode
    evse_id: EvseIdType = element("EVSEID")
    evse_time_stamp: SignedTime | None = element("EVSETimeStamp", default=None)


@xml_type(MSG_BODY, element="ServiceDiscoveryReq")
class ServiceDiscoveryReq(BodyElement):
    """Ask which services the station offers."""

    service_scope: ServiceScopeType | None = None
    service_category: ServiceCategory | None = None


@xml_type(MSG_BODY, element="ServiceDiscoveryRes")
class ServiceDiscoveryRes(BodyElement):
    """What can be charged, paid for and used besides."""

    response_code: ResponseCode
    payment_option_list: PaymentOptionList
    charge_service: ChargeService
    service_list: ServiceList | None = None


@xml_type(MSG_BODY, element="ServiceDetailReq")
class ServiceDetailReq(BodyElement):
    """Ask for the parameter sets of one service."""

    service_id: ServiceIdType = element("ServiceID")


@xml_type(MSG_BODY, element="ServiceDetailRes")
class ServiceDetailRes(BodyElement):
    """The parameter sets of one service."""

    response_code: ResponseCode
    service_id: ServiceIdType = element("ServiceID")
    service_parameter_list: ServiceParameterList | None = None


@xml_type(MSG_BODY, element="PaymentServiceSelectionReq")
class PaymentServiceSelectionReq(BodyElement):
    """The car's choice of payment and services."""

    selected_payment_option: PaymentOption
    selected_service_list: SelectedServiceList


@xml_type(MSG_BODY, element="PaymentServiceSelectionRes")
class PaymentServiceSelectionRes(BodyElement):
    """Whether the choice of payment and services stands."""

    response_code: ResponseCode


@xml_type(MSG_BODY, element="PaymentDetailsReq")
class PaymentDetailsReq(BodyElement):
    """The contract the car wants to charge on, with its certificate chain."""

    emaid: EmaidType = element("eMAID")
    contract_signature_cert_chain: CertificateChain


@xml_type(MSG_BODY, element="PaymentDetailsRes")
class PaymentDetailsRes(BodyElement):
    """A fresh challenge for the car to sign."""

    response_code: ResponseCode
    gen_challenge: GenChallengeType
    evse_time_stamp: SignedTime = element("EVSETimeStamp")


@xml_type(MSG_BODY, element="AuthorizationReq")
class AuthorizationReq(BodyElement):
    """Ask to be authorized; signed and with the challenge for Plug & Charge."""

    gen_challenge: GenChallengeType | None = None
    id: String | None = attribute(default=None)


@xml_type(MSG_BODY, element="AuthorizationRes")
class AuthorizationRes(BodyElement):
    """Whether the car may charge, or that it is still being found out."""

    response_code: ResponseCode
    evse_processing: EvseProcessing = element("EVSEProcessing")


@xml_type(MSG_BODY, element="ChargeParameterDiscoveryReq")
class ChargeParameterDiscoveryReq(BodyElement):
    """What the car can take and wants."""

    max_entries_sa_schedule_tuple: UnsignedShort | None = element("MaxEntriesSAScheduleTuple", default=None)
    requested_energy_transfer_mode: EnergyTransferMode
    ev_charge_parameter: EvChargeParameter = element(reference=True)


@xml_type(MSG_BODY, element="ChargeParameterDiscoveryRes")
class ChargeParameterDiscoveryRes(BodyElement):
    """What the station can give, and the schedules to choose from."""

    response_code: ResponseCode
    evse_processing: EvseProcessing = element("EVSEProcessing")
    sa_schedules: SaSchedules | None = element(reference=True, default=None)
    evse_charge_parameter: EvseChargeParameter = element(reference=True)


@xml_type(MSG_BODY, element="PowerDeliveryReq")
class PowerDeliveryReq(BodyElement):
    """Start, stop or renegotiate the flow of energy, by a schedule and profile."""

    charge_progress: ChargeProgress
    sa_schedule_tuple_id: SaIdType = element("SAScheduleTupleID")
    charging_profile: ChargingProfile | None = None
    ev_power_delivery_parameter: EvPowerDeliveryParameter | None = element(reference=True, default=None)


@xml_type(MSG_BODY, element="PowerDeliveryRes")
class PowerDeliveryRes(BodyElement):
    """Whether power delivery changed as asked."""

    response_code: ResponseCode
    evse_status: EvseStatus = element(reference=True)


@xml_type(MSG_BODY, element="MeteringReceiptReq")
class MeteringReceiptReq(BodyElement):
    """The car's signature under a meter reading."""

    session_id: SessionIdType = element("SessionID")
    sa_schedule_tuple_id: SaIdType | None = element("SAScheduleTupleID", default=None)
    meter_info: MeterInfo
    id: String | None = attribute(default=None)


@xml_type(MSG_BODY, element="MeteringReceiptRes")
class MeteringReceiptRes(BodyElement):
    """Whether the signed reading was accepted."""

    response_code: ResponseCode
    evse_status: EvseStatus = element(reference=True)


@xml_type(MSG_BODY, element="SessionStopReq")
class SessionStopReq(BodyElement):
    """End or pause the session."""

    charging_session: ChargingSession


@xml_type(MSG_BODY, element="SessionStopRes")
class SessionStopRes(BodyElement):
    """The session is over."""

    response_code: ResponseCode


@xml_type(MSG_BODY, element="CertificateUpdateReq")
class CertificateUpdateReq(BodyElement):
    """Renew the contract certificate that the car has."""

    contract_signature_cert_chain: CertificateChain
    emaid: EmaidType = element("eMAID")
    list_of_root_certificate_ids: ListOfRootCertificateIds = element("ListOfRootCertificateIDs")
    id: String = attribute()


@xml_type(MSG_BODY, element="CertificateUpdateRes")
class CertificateUpdateRes(BodyElement):
    """A new contract certificate with its encrypted private key."""

    response_code: ResponseCode
    sa_provisioning_certificate_chain: CertificateChain = element("SAProvisioningCertificateChain")
    contract_signature_cert_chain: CertificateChain
    contract_signature_encrypted_private_key: ContractSignatureEncryptedPrivateKey
    dh_public_key: DiffieHellmanPublicKey = element("DHpublickey")
    emaid: Emaid = element("eMAID")
    retry_counter: Short | None = None


@xml_type(MSG_BODY, element="CertificateInstallationReq")
class CertificateInstallationReq(BodyElement):
    """Ask for a contract certificate, as the holder of a provisioning certificate."""

    oem_provisioning_cert: CertificateType = element("OEMProvisioningCert")
    list_of_root_certificate_ids: ListOfRootCertificateIds = element("ListOfRootCertificateIDs")
    id: String = attribute()


@xml_type(MSG_BODY, element="CertificateInstallationRes")
class CertificateInstallationRes(BodyElement):
    """A contract certificate with its encrypted private key."""

    response_code: ResponseCode
    sa_provisioning_certificate_chain: CertificateChain = element("SAProvisioningCertificateChain")
    contract_signature_cert_chain: CertificateChain
    contract_signature_encrypted_private_key: ContractSignatureEncryptedPrivateKey
    dh_public_key: DiffieHellmanPublicKey = element("DHpublickey")
    emaid: Emaid = element("eMAID")


@xml_type(MSG_BODY, element="ChargingStatusReq")
class ChargingStatusReq(BodyElement):
    """AC charging loop: ask for the state of charging."""


@xml_type(MSG_BODY, element="ChargingStatusRes")
class ChargingStatusRes(BodyElement):
    """AC charging loop: limit, meter reading and status."""

    response_code: ResponseCode
    evse_id: EvseIdType = element("EVSEID")
    sa_schedule_tuple_id: SaIdType = element("SAScheduleTupleID")
    evse_max_current: PhysicalValue | None = element("EVSEMaxCurrent", unit="A", default=None)
    meter_info: MeterInfo | None = None
    receipt_required: bool | None = None
    ac_evse_status: AcEvseStatus = element("AC_EVSEStatus")


@xml_type(MSG_BODY, element="CableCheckReq")
class CableCheckReq(BodyElement):
    """DC: ask for the isolation test of the cable."""

    dc_ev_status: DcEvStatus = element("DC_EVStatus")


@xml_type(MSG_BODY, element="CableCheckRes")
class CableCheckRes(BodyElement):
    """DC: result of the isolation test, or that it is running."""

    response_code: ResponseCode
    dc_evse_status: DcEvseStatus = element("DC_EVSEStatus")
    evse_processing: EvseProcessing = element("EVSEProcessing")


@xml_type(MSG_BODY, element="PreChargeReq")
class PreChargeReq(BodyElement):
    """DC: bring the output to the voltage of the battery."""

    dc_ev_status: DcEvStatus = element("DC_EVStatus")
    ev_target_voltage: PhysicalValue = element("EVTargetVoltage", unit="V")
    ev_target_current: PhysicalValue = element("EVTargetCurrent", unit="A")


@xml_type(MSG_BODY, element="PreChargeRes")
class PreChargeRes(BodyElement):
    """DC: the voltage reached so far."""

    response_code: ResponseCode
    dc_evse_status: DcEvseStatus = element("DC_EVSEStatus")
    evse_present_voltage: PhysicalValue = element("EVSEPresentVoltage", unit="V")


@xml_type(MSG_BODY, element="CurrentDemandReq")
class CurrentDemandReq(BodyElement):
    """DC charging loop: what the car wants now."""

    dc_ev_status: DcEvStatus = element("DC_EVStatus")
    ev_target_current: PhysicalValue = element("EVTargetCurrent", unit="A")
    ev_maximum_voltage_limit: PhysicalValue | None = element("EVMaximumVoltageLimit", unit="V", default=None)
    ev_maximum_current_limit: PhysicalValue | None = element("EVMaximumCurrentLimit", unit="A", default=None)
    ev_maximum_power_limit: PhysicalValue | None = element("EVMaximumPowerLimit", unit="W", default=None)
    bulk_charging_complete: bool | None = None
    charging_complete: bool
    remaining_time_to_full_soc: PhysicalValue | None = element(
        "RemainingTimeToFullSoC", unit="s", default=None
    )
    remaining_time_to_bulk_soc: PhysicalValue | None = element(
        "RemainingTimeToBulkSoC", unit="s", default=None
    )
    ev_target_voltage: PhysicalValue = element("EVTargetVoltage", unit="V")


@xml_type(MSG_BODY, element="CurrentDemandRes")
class CurrentDemandRes(BodyElement):
    """DC charging loop: what flows now, and the limits."""

    response_code: ResponseCode
    dc_evse_status: DcEvseStatus = element("DC_EVSEStatus")
    evse_present_voltage: PhysicalValue = element("EVSEPresentVoltage", unit="V")
    evse_present_current: PhysicalValue = element("EVSEPresentCurrent", unit="A")
    evse_current_limit_achieved: bool = element("EVSECurrentLimitAchieved")
    evse_voltage_limit_achieved: bool = element("EVSEVoltageLimitAchieved")
    evse_power_limit_achieved: bool = element("EVSEPowerLimitAchieved")
    evse_maximum_voltage_limit: PhysicalValue | None = element(
        "EVSEMaximumVoltageLimit", unit="V", default=None
    )
    evse_maximum_current_limit: PhysicalValue | None = element(
        "EVSEMaximumCurrentLimit", unit="A", default=None
    )
    evse_maximum_power_limit: PhysicalValue | None = element("EVSEMaximumPowerLimit", unit="W", default=None)
    evse_id: EvseIdType = element("EVSEID")
    sa_schedule_tuple_id: SaIdType = element("SAScheduleTupleID")
    meter_info: MeterInfo | None = None
    receipt_required: bool | None = None


@xml_type(MSG_BODY, element="WeldingDetectionReq")
class WeldingDetectionReq(BodyElement):
    """DC: ask for the output voltage while the car tests its contactors."""

    dc_ev_status: DcEvStatus = element("DC_EVStatus")


@xml_type(MSG_BODY, element="WeldingDetectionRes")
class WeldingDetectionRes(BodyElement):
    """DC: the output voltage."""

    response_code: ResponseCode
    dc_evse_status: DcEvseStatus = element("DC_EVSEStatus")
    evse_present_voltage: PhysicalValue = element("EVSEPresentVoltage", unit="V")
