"""What the high-level communication with a car exchanges with the rest of the station.

Covers DIN 70121, ISO 15118-2 and ISO 15118-20; names such as `DcEvStatus` follow EVerest, not the standards'
schemas, which live under `protocols.iso15118`. Limits of cars that go down to -2 let through what some cars
send for "not known". Where there are fields for L2 and L3, the field without a phase is L1 if they are given
and the sum of all phases if they are not.

Longer than other files: it mirrors one EVerest types file, `iso15118`.
"""

import enum
from typing import Annotated, Final

from pydantic import Field

from protocols.message import ExactNumber, Timestamp, message
from protocols.types import units


class PaymentOption(enum.StrEnum):
    """How the session is authorized."""

    CONTRACT = "Contract"
    """Plug & Charge."""
    EXTERNAL_PAYMENT = "ExternalPayment"
    """Anything else: card, app, start button."""


class EnergyTransferMode(enum.StrEnum):
    """The ways of transferring energy; the first seven are those of DIN 70121 and ISO 15118-2."""

    AC_SINGLE_PHASE_CORE = "AC_single_phase_core"
    AC_TWO_PHASE = "AC_two_phase"
    AC_THREE_PHASE_CORE = "AC_three_phase_core"
    DC_CORE = "DC_core"
    """Over the AC pins of a combined inlet."""
    DC_EXTENDED = "DC_extended"
    """Over the extra DC pins of a configuration EE or FF connector."""
    DC_COMBO_CORE = "DC_combo_core"
    """Over the AC pins of a configuration EE or FF connector."""
    DC_UNIQUE = "DC_unique"
    """Over a connector of its own."""
    DC = "DC"
    """ISO 15118-20 begins here."""
    AC_BPT = "AC_BPT"
    """BPT is bidirectional."""
    AC_BPT_DER = "AC_BPT_DER"
    AC_DER = "AC_DER"
    """DER is a car that acts as a generator under a grid code."""
    DC_BPT = "DC_BPT"
    DC_ACDP = "DC_ACDP"
    """ACDP is an automatic connection device, a pantograph for instance."""
    DC_ACDP_BPT = "DC_ACDP_BPT"
    WPT = "WPT"
    """Wireless."""
    MCS = "MCS"
    """Megawatt charging."""
    MCS_BPT = "MCS_BPT"


class IsolationStatus(enum.StrEnum):
    """What the isolation monitor thinks of the DC output."""

    INVALID = "Invalid"
    """Not measured yet."""
    VALID = "Valid"
    WARNING = "Warning"
    FAULT = "Fault"
    NO_IMD = "No_IMD"
    """There is no monitor."""


class DcEvErrorCode(enum.StrEnum):
    """What ails the car, if anything, in the words of the DC protocols."""

    NO_ERROR = "NO_ERROR"
    FAILED_RESS_TEMPERATURE_INHIBIT = "FAILED_RESSTemperatureInhibit"
    """The battery is too hot or too cold."""
    FAILED_EV_SHIFT_POSITION = "FAILED_EVShiftPosition"
    """The car is not in park."""
    FAILED_CHARGER_CONNECTOR_LOCK_FAULT = "FAILED_ChargerConnectorLockFault"
    FAILED_EVRESS_MALFUNCTION = "FAILED_EVRESSMalfunction"
    FAILED_CHARGING_CURRENTDIFFERENTIAL = "FAILED_ChargingCurrentdifferential"
    """The current is not the one that was asked for."""
    FAILED_CHARGING_VOLTAGE_OUT_OF_RANGE = "FAILED_ChargingVoltageOutOfRange"
    RESERVED_A = "Reserved_A"
    RESERVED_B = "Reserved_B"
    RESERVED_C = "Reserved_C"
    FAILED_CHARGING_SYSTEM_INCOMPATIBILITY = "FAILED_ChargingSystemIncompatibility"
    NO_DATA = "NoData"
    """The car does not say."""


class EvseError(enum.StrEnum):
    """What the car is told when the station fails."""

    ERROR_CONTACTOR = "Error_Contactor"
    """It opened, closed or stuck when it should not."""
    ERROR_RCD = "Error_RCD"
    """The residual current device has tripped."""
    ERROR_UTILITY_INTERRUPT_EVENT = "Error_UtilityInterruptEvent"
    """The grid or the operator asks for less load for a while."""
    ERROR_MALFUNCTION = "Error_Malfunction"
    """The station is broken for good."""
    ERROR_EMERGENCY_SHUTDOWN = "Error_EmergencyShutdown"
    """Somebody or something has pulled the emergency stop."""


class V2gMessageId(enum.StrEnum):
    """The messages of all supported protocols."""

    SUPPORTED_APP_PROTOCOL_REQ = "SupportedAppProtocolReq"
    SUPPORTED_APP_PROTOCOL_RES = "SupportedAppProtocolRes"
    SESSION_SETUP_REQ = "SessionSetupReq"
    SESSION_SETUP_RES = "SessionSetupRes"
    SERVICE_DISCOVERY_REQ = "ServiceDiscoveryReq"
    SERVICE_DISCOVERY_RES = "ServiceDiscoveryRes"
    SERVICE_DETAIL_REQ = "ServiceDetailReq"
    SERVICE_DETAIL_RES = "ServiceDetailRes"
    PAYMENT_SERVICE_SELECTION_REQ = "PaymentServiceSelectionReq"
    PAYMENT_SERVICE_SELECTION_RES = "PaymentServiceSelectionRes"
    SERVICE_PAYMENT_SELECTION_REQ = "ServicePaymentSelectionReq"
    SERVICE_PAYMENT_SELECTION_RES = "ServicePaymentSelectionRes"
    PAYMENT_DETAILS_REQ = "PaymentDetailsReq"
    PAYMENT_DETAILS_RES = "PaymentDetailsRes"
    AUTHORIZATION_REQ = "AuthorizationReq"
    AUTHORIZATION_RES = "AuthorizationRes"
    CONTRACT_AUTHENTICATION_REQ = "ContractAuthenticationReq"
    CONTRACT_AUTHENTICATION_RES = "ContractAuthenticationRes"
    CHARGE_PARAMETER_DISCOVERY_REQ = "ChargeParameterDiscoveryReq"
    CHARGE_PARAMETER_DISCOVERY_RES = "ChargeParameterDiscoveryRes"
    CHARGING_STATUS_REQ = "ChargingStatusReq"
    CHARGING_STATUS_RES = "ChargingStatusRes"
    METERING_RECEIPT_REQ = "MeteringReceiptReq"
    METERING_RECEIPT_RES = "MeteringReceiptRes"
    POWER_DELIVERY_REQ = "PowerDeliveryReq"
    POWER_DELIVERY_RES = "PowerDeliveryRes"
    CABLE_CHECK_REQ = "CableCheckReq"
    CABLE_CHECK_RES = "CableCheckRes"
    PRE_CHARGE_REQ = "PreChargeReq"
    PRE_CHARGE_RES = "PreChargeRes"
    CURRENT_DEMAND_REQ = "CurrentDemandReq"
    CURRENT_DEMAND_RES = "CurrentDemandRes"
    WELDING_DETECTION_REQ = "WeldingDetectionReq"
    WELDING_DETECTION_RES = "WeldingDetectionRes"
    SESSION_STOP_REQ = "SessionStopReq"
    SESSION_STOP_RES = "SessionStopRes"
    CERTIFICATE_INSTALLATION_REQ = "CertificateInstallationReq"
    CERTIFICATE_INSTALLATION_RES = "CertificateInstallationRes"
    CERTIFICATE_UPDATE_REQ = "CertificateUpdateReq"
    CERTIFICATE_UPDATE_RES = "CertificateUpdateRes"
    AUTHORIZATION_SETUP_REQ = "AuthorizationSetupReq"
    AUTHORIZATION_SETUP_RES = "AuthorizationSetupRes"
    SCHEDULE_EXCHANGE_REQ = "ScheduleExchangeReq"
    SCHEDULE_EXCHANGE_RES = "ScheduleExchangeRes"
    SERVICE_SELECTION_REQ = "ServiceSelectionReq"
    SERVICE_SELECTION_RES = "ServiceSelectionRes"
    AC_CHARGE_LOOP_REQ = "AcChargeLoopReq"
    AC_CHARGE_LOOP_RES = "AcChargeLoopRes"
    AC_CHARGE_PARAMETER_DISCOVERY_REQ = "AcChargeParameterDiscoveryReq"
    AC_CHARGE_PARAMETER_DISCOVERY_RES = "AcChargeParameterDiscoveryRes"
    DC_CABLE_CHECK_REQ = "DcCableCheckReq"
    DC_CABLE_CHECK_RES = "DcCableCheckRes"
    DC_CHARGE_LOOP_REQ = "DcChargeLoopReq"
    DC_CHARGE_LOOP_RES = "DcChargeLoopRes"
    DC_CHARGE_PARAMETER_DISCOVERY_REQ = "DcChargeParameterDiscoveryReq"
    DC_CHARGE_PARAMETER_DISCOVERY_RES = "DcChargeParameterDiscoveryRes"
    DC_PRE_CHARGE_REQ = "DcPreChargeReq"
    DC_PRE_CHARGE_RES = "DcPreChargeRes"
    DC_WELDING_DETECTION_REQ = "DcWeldingDetectionReq"
    DC_WELDING_DETECTION_RES = "DcWeldingDetectionRes"
    UNKNOWN_MESSAGE = "UnknownMessage"


class SaeJ2847BidiMode(enum.StrEnum):
    """Whether energy may flow back by the rules of SAE J2847-2."""

    NONE = "None"
    V2G = "V2G"
    """To the grid."""
    V2H = "V2H"
    """To the home."""


class CertificateActionEnum(enum.StrEnum):
    """Whether a car wants a first contract certificate or a newer one."""

    INSTALL = "Install"
    UPDATE = "Update"


class NoEnergyPauseMode(enum.StrEnum):
    """At which point a DC charge waits when there is no energy to give (IEC 61851-23:2023, CC.3.5.3)."""

    PAUSE_AFTER_PRECHARGE = "PauseAfterPrecharge"
    """There is enough for cable check and pre-charge."""
    PAUSE_BEFORE_CABLE_CHECK = "PauseBeforeCableCheck"
    """There is nothing at all."""
    ALLOW_EV_TO_IGNORE_PAUSE = "AllowEvToIgnorePause"
    """The car may go on to the charging loop all the same, against the standard."""


@message
class EVSEID:
    """The id a car is told, in the form of its protocol."""

    evse_id: str
    """For ISO 15118, such as `DE*ABC*E1234*1`."""
    evse_id_din: str | None = None
    """For DIN 70121; written by the rules of DIN SPEC 91286."""


@message
class DcEvsePresentVoltageCurrent:
    """What the DC output delivers now."""

    evse_present_voltage_v: Annotated[float, Field(alias="evse_present_voltage", ge=0, le=1500)]
    evse_present_current_a: Annotated[float | None, Field(alias="evse_present_current", ge=0, le=10000)] = (
        None
    )


@message
class DcEvseMaximumLimits:
    """The most the DC output can do."""

    evse_maximum_current_limit_a: Annotated[
        float, Field(alias="evse_maximum_current_limit", ge=-10000, le=10000)
    ]
    evse_maximum_power_limit_w: Annotated[
        float, Field(alias="evse_maximum_power_limit", ge=-1000000, le=1000000)
    ]
    evse_maximum_voltage_limit_v: Annotated[float, Field(alias="evse_maximum_voltage_limit", ge=0, le=1500)]
    evse_maximum_discharge_current_limit_a: Annotated[
        float | None, Field(alias="evse_maximum_discharge_current_limit", ge=0, le=10000)
    ] = None
    evse_maximum_discharge_power_limit_w: Annotated[
        float | None, Field(alias="evse_maximum_discharge_power_limit", ge=0, le=1000000)
    ] = None


@message
class DcEvseMinimumLimits:
    """The least the DC output can do with its stated accuracy."""

    evse_minimum_current_limit_a: Annotated[float, Field(alias="evse_minimum_current_limit", ge=0, le=10000)]
    evse_minimum_voltage_limit_v: Annotated[float, Field(alias="evse_minimum_voltage_limit", ge=0, le=1500)]
    evse_minimum_power_limit_w: Annotated[float, Field(alias="evse_minimum_power_limit", ge=0, le=1000000)]
    evse_minimum_discharge_current_limit_a: Annotated[
        float | None, Field(alias="evse_minimum_discharge_current_limit", ge=0, le=10000)
    ] = None
    evse_minimum_discharge_power_limit_w: Annotated[
        float | None, Field(alias="evse_minimum_discharge_power_limit", ge=0, le=1000000)
    ] = None


@message
class SetupPhysicalValues:
    """Fixed physical properties of an EVSE that the car is told."""

    ac_nominal_voltage_v: Annotated[float | None, Field(alias="ac_nominal_voltage", ge=0, le=1000)] = None
    """Between one phase and neutral."""
    dc_current_regulation_tolerance_a: Annotated[
        float | None, Field(alias="dc_current_regulation_tolerance", ge=0, le=400)
    ] = None
    """Magnitude."""
    dc_peak_current_ripple_a: Annotated[float | None, Field(alias="dc_peak_current_ripple", ge=0, le=400)] = (
        None
    )
    """Peak to peak."""
    dc_energy_to_be_delivered_wh: Annotated[
        float | None, Field(alias="dc_energy_to_be_delivered", ge=0, le=200000)
    ] = None


@message
class DcEvStatus:
    """The state a DC car reports with every request."""

    dc_ev_ready: bool
    """Whether the car can charge."""
    dc_ev_error_code: DcEvErrorCode
    dc_ev_ress_soc_percent: Annotated[float, Field(alias="dc_ev_ress_soc", ge=0, le=100)]
    """State of charge."""
    dc_ev_cabin_conditioning: bool | None = None
    """DIN 70121 only: some of the energy heats or cools the cabin."""
    dc_ev_ress_conditioning: bool | None = None
    """DIN 70121 only: some of the energy warms or cools the battery."""


@message
class DcEvTargetValues:
    """What a DC car wants now."""

    dc_ev_target_voltage_v: Annotated[float, Field(alias="dc_ev_target_voltage", ge=-2, le=1500)]
    dc_ev_target_current_a: Annotated[float, Field(alias="dc_ev_target_current", ge=-2, le=10000)]


@message
class DcEvMaximumLimits:
    """The most a DC car can take."""

    dc_ev_maximum_current_limit_a: Annotated[
        float | None, Field(alias="dc_ev_maximum_current_limit", ge=-2, le=10000)
    ] = None
    dc_ev_maximum_power_limit_w: Annotated[
        float | None, Field(alias="dc_ev_maximum_power_limit", ge=-2, le=350000)
    ] = None
    dc_ev_maximum_voltage_limit_v: Annotated[
        float | None, Field(alias="dc_ev_maximum_voltage_limit", ge=-2, le=1500)
    ] = None


@message
class DcEvRemainingTime:
    """When a DC car expects to be done."""

    ev_remaining_time_to_full_soc: Timestamp | None = None
    """The moment at which it is full."""
    ev_remaining_time_to_full_bulk_soc: Timestamp | None = None
    """The moment at which fast charging ends, at some 80 percent."""


class SupportedAppProtocol(enum.StrEnum):
    """A protocol the station can speak."""

    DIN70121 = "DIN70121"
    ISO15118D2 = "ISO15118D2"
    ISO15118D20 = "ISO15118D20"


@message
class SupportedAppProtocols:
    """The protocols the station speaks at present."""

    app_protocols: Annotated[tuple[SupportedAppProtocol, ...], Field(max_length=20)]


@message
class AppProtocol:
    """One protocol a car offers in the handshake."""

    protocol_namespace: Annotated[str, Field(min_length=1, max_length=100)]
    """The namespace that names the protocol."""
    version_number_major: Annotated[int, Field(ge=0)]
    version_number_minor: Annotated[int, Field(ge=0)]
    schema_id: Annotated[int, Field(ge=0, le=255)]
    """The car's own number for it, by which the station answers."""
    priority: Annotated[int, Field(ge=1, le=20)]
    """1 is what the car likes best."""


@message
class AppProtocols:
    """The protocols a car offers."""

    protocols: Annotated[tuple[AppProtocol, ...], Field(alias="Protocols", min_length=1, max_length=20)]
    """In the car's order."""


@message
class V2gMessages:
    """One message between car and station, for debugging."""

    id: V2gMessageId
    xml: str | None = None
    """Decoded, as XML."""
    v2g_json: str | None = None
    """Decoded, as JSON."""
    exi: str | None = None
    """As it was on the wire, hexadecimal."""
    exi_base64: str | None = None
    """As it was on the wire, base64."""


class ExiResponseStatus(enum.StrEnum):
    """Whether the CSMS could serve a request for a contract certificate."""

    ACCEPTED = "Accepted"
    FAILED = "Failed"


MAX_EXI_RESPONSE: Final = 17_000
"""As OCPP 2.1 has it (2.0.1: 7500). EVerest's 5600 is too short for two chains of usual names."""


@message
class ResponseExiStreamStatus:
    """The CSMS's answer to a car's request for a contract certificate."""

    status: ExiResponseStatus
    """Whether the CSMS could serve the request."""
    exi_response: Annotated[str | None, Field(max_length=MAX_EXI_RESPONSE)] = None
    """The whole response message, EXI in base64; given when accepted."""
    certificate_action: CertificateActionEnum
    """What had been asked for."""


@message
class RequestExiStreamSchema:
    """A car's request for a contract certificate, to be passed to the CSMS untouched."""

    exi_request: Annotated[str, Field(max_length=5600)]
    """The whole request message, EXI in base64."""
    iso15118_schema_version: Annotated[str, Field(max_length=50)]
    """Namespace of the protocol the car speaks."""
    certificate_action: CertificateActionEnum


class CertificateHashAlgorithm(enum.StrEnum):
    """The hash over parts of a certificate."""

    SHA256 = "SHA256"
    SHA384 = "SHA384"
    SHA512 = "SHA512"


@message
class CertificateHashDataInfo:
    """What to ask about one certificate, and whom; the OCPP form of `evse_security.OCSPRequestData`."""

    hash_algorithm: Annotated[CertificateHashAlgorithm, Field(alias="hashAlgorithm")]
    issuer_name_hash: Annotated[str, Field(alias="issuerNameHash", max_length=128)]
    """Over the issuer's name; hexadecimal."""
    issuer_key_hash: Annotated[str, Field(alias="issuerKeyHash", max_length=128)]
    """Over the issuer's public key; hexadecimal."""
    serial_number: Annotated[str, Field(alias="serialNumber", max_length=40)]
    """Hexadecimal."""
    responder_url: Annotated[str, Field(alias="responderURL", max_length=512)]
    """The OCSP responder."""


@message
class DisplayParameters:
    """What a car lets the station show to the user."""

    present_soc_percent: Annotated[float | None, Field(alias="present_soc", ge=0, le=100)] = None
    minimum_soc_percent: Annotated[float | None, Field(alias="minimum_soc", ge=0, le=100)] = None
    """The least the car should leave with."""
    target_soc_percent: Annotated[float | None, Field(alias="target_soc", ge=0, le=100)] = None
    """What the user wants."""
    maximum_soc_percent: Annotated[float | None, Field(alias="maximum_soc", ge=0, le=100)] = None
    """The car charges no further."""
    remaining_time_to_minimum_soc_s: Annotated[
        float | None, Field(alias="remaining_time_to_minimum_soc", ge=0)
    ] = None
    remaining_time_to_target_soc_s: Annotated[
        float | None, Field(alias="remaining_time_to_target_soc", ge=0)
    ] = None
    remaining_time_to_maximum_soc_s: Annotated[
        float | None, Field(alias="remaining_time_to_maximum_soc", ge=0)
    ] = None
    charging_complete: bool | None = None
    battery_energy_capacity_wh: Annotated[float | None, Field(alias="battery_energy_capacity", ge=0)] = None
    inlet_hot: bool | None = None
    """Whether the inlet has become too hot."""


@message
class DcChargeDynamicModeValues:
    """What a DC car asks for when the station makes the schedule (ISO 15118-20 dynamic mode)."""

    departure_time_s: Annotated[float | None, Field(alias="departure_time", ge=0)] = None
    """Counted from the message on."""
    target_energy_request_wh: Annotated[float, Field(alias="target_energy_request", ge=0)]
    """To the target state of charge."""
    max_energy_request_wh: Annotated[float, Field(alias="max_energy_request", ge=0)]
    """The most the car can take."""
    min_energy_request_wh: Annotated[float, Field(alias="min_energy_request", ge=0)]
    """To the least acceptable state of charge."""
    max_charge_power_w: Annotated[float, Field(alias="max_charge_power", ge=0)]
    min_charge_power_w: Annotated[float, Field(alias="min_charge_power", ge=0)]
    max_charge_current_a: Annotated[float, Field(alias="max_charge_current", ge=0)]
    max_voltage_v: Annotated[float, Field(alias="max_voltage", ge=0)]
    min_voltage_v: Annotated[float, Field(alias="min_voltage", ge=0)]
    max_discharge_power_w: Annotated[float | None, Field(alias="max_discharge_power", ge=0)] = None
    min_discharge_power_w: Annotated[float | None, Field(alias="min_discharge_power", ge=0)] = None
    max_discharge_current_a: Annotated[float | None, Field(alias="max_discharge_current", ge=0)] = None
    max_v2x_energy_request_wh: Annotated[float | None, Field(alias="max_v2x_energy_request", ge=0)] = None
    """Up to the end of the range the car cycles in."""
    min_v2x_energy_request_wh: Annotated[float | None, Field(alias="min_v2x_energy_request", ge=0)] = None
    """Up to the beginning of the range the car cycles in."""


class DERControl(enum.StrEnum):
    """The control functions of a grid code that a car or station may carry out."""

    ENTER_SERVICE = "EnterService"
    FREQ_DROOP = "FreqDroop"
    """Power follows frequency in proportion."""
    FREQ_WATT = "FreqWatt"
    """Power follows frequency by a curve."""
    FIXED_PF_ABSORB = "FixedPFAbsorb"
    """Fixed power factor while absorbing reactive power."""
    FIXED_PF_INJECT = "FixedPFInject"
    """Fixed power factor while injecting reactive power."""
    FIXED_VAR = "FixedVar"
    """Fixed reactive power."""
    GRADIENTS = "Gradients"
    """How fast power may change."""
    HF_MUST_TRIP = "HFMustTrip"
    """Frequency too high: disconnect."""
    HF_MAY_TRIP = "HFMayTrip"
    """Frequency too high: disconnecting is allowed."""
    HV_MUST_TRIP = "HVMustTrip"
    """Voltage too high: disconnect."""
    HV_MOM_CESS = "HVMomCess"
    """Voltage too high: stop delivering, stay connected."""
    HV_MAY_TRIP = "HVMayTrip"
    """Voltage too high: disconnecting is allowed."""
    LIMIT_MAX_DISCHARGE = "LimitMaxDischarge"
    LF_MUST_TRIP = "LFMustTrip"
    """Frequency too low: disconnect."""
    LV_MUST_TRIP = "LVMustTrip"
    """Voltage too low: disconnect."""
    LV_MOM_CESS = "LVMomCess"
    """Voltage too low: stop delivering, stay connected."""
    LV_MAY_TRIP = "LVMayTrip"
    """Voltage too low: disconnecting is allowed."""
    POWER_MONITORING_MUST_TRIP = "PowerMonitoringMustTrip"
    VOLT_VAR = "VoltVar"
    """Reactive power follows voltage by a curve."""
    VOLT_WATT = "VoltWatt"
    """Power follows voltage by a curve."""
    WATT_PF = "WattPF"
    """Power factor follows power by a curve."""
    WATT_VAR = "WattVar"
    """Reactive power follows power by a curve."""


class ServiceCategory(enum.StrEnum):
    """The services of ISO 15118-20: energy transfer first, then value-added ones."""

    AC = "AC"
    DC = "DC"
    WPT = "WPT"
    DC_ACDP = "DC_ACDP"
    AC_BPT = "AC_BPT"
    DC_BPT = "DC_BPT"
    DC_ACDP_BPT = "DC_ACDP_BPT"
    MCS = "MCS"
    MCS_BPT = "MCS_BPT"
    INTERNET = "Internet"
    PARKING_STATUS = "ParkingStatus"


class Connector(enum.StrEnum):
    """The connectors of ISO 15118-20, AC first, then DC."""

    SINGLE_PHASE = "SinglePhase"
    THREE_PHASE = "ThreePhase"
    CORE = "Core"
    EXTENDED = "Extended"
    DUAL2 = "Dual2"
    DUAL4 = "Dual4"
    MCS = "Mcs"
    CHAOJI = "Chaoji"
    ULTRA_CHAOJI = "UltraChaoji"
    R_MCS = "rMcs"
    X_MCS = "xMcs"
    AVIATION = "Aviation"
    MARINE = "Marine"


class ControlMode(enum.StrEnum):
    """Who makes the charging schedule (ISO 15118-20)."""

    SCHEDULED_CONTROL = "ScheduledControl"
    """The car chooses among offered schedules; the older protocols know only this."""
    DYNAMIC_CONTROL = "DynamicControl"
    """The station steers the car from moment to moment."""


class IslandingDetection(enum.StrEnum):
    """The ways in which an inverter notices that it has lost the grid."""

    NO_ANTI_ISLANDING_SUPPORT = "NoAntiIslandingSupport"
    ROCOF = "RoCoF"
    """Rate of change of frequency."""
    UVP_OVP = "UVP_OVP"
    """Voltage out of range."""
    UFP_OFP = "UFP_OFP"
    """Frequency out of range."""
    VOLTAGE_VECTOR_SHIFT = "VoltageVectorShift"
    ZERO_CROSSING_DETECTION = "ZeroCrossingDetection"
    OTHER_PASSIVE = "OtherPassive"
    IMPEDANCE_MEASUREMENT = "ImpedanceMeasurement"
    IMPEDANCE_AT_FREQUENCY = "ImpedanceAtFrequency"
    SLIP_MODE_FREQUENCY_SHIFT = "SlipModeFrequencyShift"
    SANDIA_FREQUENCY_SHIFT = "SandiaFrequencyShift"
    SANDIA_VOLTAGE_SHIFT = "SandiaVoltageShift"
    FREQUENCY_JUMP = "FrequencyJump"
    RCL_Q_FACTOR = "RCLQFactor"
    """Quality factor of a resonant load."""
    OTHER_ACTIVE = "OtherActive"


class MobilityNeedsMode(enum.StrEnum):
    """Who may set target state of charge and departure time (ISO 15118-20)."""

    EVCC = "EVCC"
    """The car alone."""
    EVCC_SECC = "EVCC_SECC"
    """The station and the CSMS, too."""


class Pricing(enum.StrEnum):
    """How the offered schedules carry prices (ISO 15118-20)."""

    NO_PRICING = "NoPricing"
    ABSOLUTE_PRICING = "AbsolutePricing"
    PRICE_LEVELS = "PriceLevels"


class BptChannel(enum.StrEnum):
    """Whether charging and discharging share the power path (ISO 15118-20)."""

    UNIFIED = "Unified"
    SEPARATED = "Separated"


class GeneratorMode(enum.StrEnum):
    """Whether a discharging car follows the grid or makes one (ISO 15118-20)."""

    GRID_FOLLOWING = "GridFollowing"
    GRID_FORMING = "GridForming"


class GridCodeIslandingDetectionMethod(enum.StrEnum):
    """Whether loss of the grid is provoked or only watched for (ISO 15118-20)."""

    ACTIVE = "Active"
    PASSIVE = "Passive"


@message
class V2XChargingParameters:
    """What car and station can both do in either direction (ISO 15118-20, for OCPP 2.1).

    A minimum is the greater, a maximum the lesser of what the two sides state. All but the energy requests
    are positive or zero.
    """

    min_charge_power_w: Annotated[float | None, Field(alias="min_charge_power")] = None
    min_charge_power_l2_w: Annotated[float | None, Field(alias="min_charge_power_l2")] = None
    min_charge_power_l3_w: Annotated[float | None, Field(alias="min_charge_power_l3")] = None
    max_charge_power_w: Annotated[float | None, Field(alias="max_charge_power")] = None
    """At a power factor of one."""
    max_charge_power_l2_w: Annotated[float | None, Field(alias="max_charge_power_l2")] = None
    max_charge_power_l3_w: Annotated[float | None, Field(alias="max_charge_power_l3")] = None
    min_discharge_power_w: Annotated[float | None, Field(alias="min_discharge_power")] = None
    """At a power factor of one."""
    min_discharge_power_l2_w: Annotated[float | None, Field(alias="min_discharge_power_l2")] = None
    min_discharge_power_l3_w: Annotated[float | None, Field(alias="min_discharge_power_l3")] = None
    max_discharge_power_w: Annotated[float | None, Field(alias="max_discharge_power")] = None
    """At a power factor of one."""
    max_discharge_power_l2_w: Annotated[float | None, Field(alias="max_discharge_power_l2")] = None
    max_discharge_power_l3_w: Annotated[float | None, Field(alias="max_discharge_power_l3")] = None
    min_charge_current_a: Annotated[float | None, Field(alias="min_charge_current")] = None
    max_charge_current_a: Annotated[float | None, Field(alias="max_charge_current")] = None
    min_discharge_current_a: Annotated[float | None, Field(alias="min_discharge_current")] = None
    max_discharge_current_a: Annotated[float | None, Field(alias="max_discharge_current")] = None
    min_voltage_v: Annotated[float | None, Field(alias="min_voltage")] = None
    max_voltage_v: Annotated[float | None, Field(alias="max_voltage")] = None
    ev_target_energy_request_wh: Annotated[float | None, Field(alias="ev_target_energy_request")] = None
    """To the target state of charge."""
    ev_min_energy_request_wh: Annotated[float | None, Field(alias="ev_min_energy_request")] = None
    """To the least acceptable state of charge."""
    ev_max_energy_request_wh: Annotated[float | None, Field(alias="ev_max_energy_request")] = None
    """To the highest state of charge."""
    ev_min_v2xenergy_request_wh: Annotated[float | None, Field(alias="ev_min_v2xenergy_request")] = None
    """Up to the range the car cycles in; positive while below it."""
    ev_max_v2xenergy_request_wh: Annotated[float | None, Field(alias="ev_max_v2xenergy_request")] = None
    """Up to the end of that range; negative when beyond it."""
    target_soc_percent: Annotated[int | None, Field(alias="target_soc")] = None
    """At departure."""


@message
class EVPriceRule:
    """The price at which a car would discharge, from one power on up to the next rule's."""

    energy_fee_per_kwh: Annotated[ExactNumber, Field(alias="energy_fee")]
    """In the currency of the schedule."""
    power_range_start_w: Annotated[float, Field(alias="power_range_start")]
    """Negative for discharging."""


@message
class EVPowerScheduleEntry:
    """The most a car would discharge during one stretch of time."""

    duration_s: Annotated[int, Field(alias="duration")]
    power_w: Annotated[float, Field(alias="power")]
    """Negative for discharging; positive means the car has nothing to give."""


@message
class EVPowerSchedule:
    """The power a car offers over time."""

    ev_power_schedule_entries: Annotated[
        tuple[EVPowerScheduleEntry, ...], Field(min_length=1, max_length=1024)
    ]
    time_anchor: Timestamp
    """When the first entry begins."""


@message
class EVAbsolutePriceScheduleEntry:
    """The prices of one stretch of time."""

    duration_s: Annotated[int, Field(alias="duration")]
    ev_price_rule: Annotated[tuple[EVPriceRule, ...], Field(min_length=1, max_length=8)]
    """By rising power."""


@message
class EVAbsolutePriceSchedule:
    """The prices a car asks over time."""

    time_anchor: Timestamp
    """When the first entry begins."""
    currency: str
    """ISO 4217 code."""
    ev_absolute_price_schedule_entries: Annotated[
        tuple[EVAbsolutePriceScheduleEntry, ...], Field(min_length=1, max_length=1024)
    ]
    price_algorithm: str
    """URN of the rule by which a price is worked out (ISO 15118-20)."""


@message
class EVEnergyOffer:
    """The energy a car offers over time, and at what price."""

    ev_absolute_price_schedule: EVAbsolutePriceSchedule | None = None
    ev_power_schedule: EVPowerSchedule


@message
class DERChargingParameters:
    """What car and station agreed on for a car that acts as a generator (OCPP 2.1, AC).

    Names beginning with `ev` hold what the car states, the others what both sides support: for a maximum
    the lesser, for a minimum the greater. Apparent and reactive power are ratings; charging absorbs,
    discharging injects.
    """

    ev_supported_dercontrol: Annotated[tuple[DERControl, ...] | None, Field(min_length=1)] = None
    """The control functions the car can carry out."""
    ev_over_excited_max_discharge_power_w: Annotated[
        float | None, Field(alias="ev_over_excited_max_discharge_power")
    ] = None
    """While injecting reactive power at the power factor below."""
    ev_over_excited_power_factor: float | None = None
    """While injecting the least reactive power."""
    ev_under_excited_max_discharge_power_w: Annotated[
        float | None, Field(alias="ev_under_excited_max_discharge_power")
    ] = None
    """While absorbing reactive power at the power factor below."""
    ev_under_excited_power_factor: float | None = None
    """While absorbing the least reactive power."""
    max_apparent_power_va: Annotated[float | None, Field(alias="max_apparent_power")] = None
    max_charge_apparent_power_va: Annotated[float | None, Field(alias="max_charge_apparent_power")] = None
    max_charge_apparent_power_l2_va: Annotated[float | None, Field(alias="max_charge_apparent_power_l2")] = (
        None
    )
    max_charge_apparent_power_l3_va: Annotated[float | None, Field(alias="max_charge_apparent_power_l3")] = (
        None
    )
    max_discharge_apparent_power_va: Annotated[float | None, Field(alias="max_discharge_apparent_power")] = (
        None
    )
    max_discharge_apparent_power_l2_va: Annotated[
        float | None, Field(alias="max_discharge_apparent_power_l2")
    ] = None
    max_discharge_apparent_power_l3_va: Annotated[
        float | None, Field(alias="max_discharge_apparent_power_l3")
    ] = None
    max_charge_reactive_power_var: Annotated[float | None, Field(alias="max_charge_reactive_power")] = None
    max_charge_reactive_power_l2_var: Annotated[float | None, Field(alias="max_charge_reactive_power_l2")] = (
        None
    )
    max_charge_reactive_power_l3_var: Annotated[float | None, Field(alias="max_charge_reactive_power_l3")] = (
        None
    )
    min_charge_reactive_power_var: Annotated[float | None, Field(alias="min_charge_reactive_power")] = None
    min_charge_reactive_power_l2_var: Annotated[float | None, Field(alias="min_charge_reactive_power_l2")] = (
        None
    )
    min_charge_reactive_power_l3_var: Annotated[float | None, Field(alias="min_charge_reactive_power_l3")] = (
        None
    )
    max_discharge_reactive_power_var: Annotated[float | None, Field(alias="max_discharge_reactive_power")] = (
        None
    )
    max_discharge_reactive_power_l2_var: Annotated[
        float | None, Field(alias="max_discharge_reactive_power_l2")
    ] = None
    max_discharge_reactive_power_l3_var: Annotated[
        float | None, Field(alias="max_discharge_reactive_power_l3")
    ] = None
    min_discharge_reactive_power_var: Annotated[float | None, Field(alias="min_discharge_reactive_power")] = (
        None
    )
    min_discharge_reactive_power_l2_var: Annotated[
        float | None, Field(alias="min_discharge_reactive_power_l2")
    ] = None
    min_discharge_reactive_power_l3_var: Annotated[
        float | None, Field(alias="min_discharge_reactive_power_l3")
    ] = None
    nominal_voltage_v: Annotated[float | None, Field(alias="nominal_voltage")] = None
    nominal_voltage_offset_v: Annotated[float | None, Field(alias="nominal_voltage_offset")] = None
    """Between the station's and the utility's point of connection."""
    max_nominal_voltage_v: Annotated[float | None, Field(alias="max_nominal_voltage")] = None
    min_nominal_voltage_v: Annotated[float | None, Field(alias="min_nominal_voltage")] = None
    ev_inverter_manufacturer: str | None = None
    ev_inverter_model: str | None = None
    ev_inverter_serial_number: str | None = None
    ev_inverter_sw_version: str | None = None
    ev_inverter_hw_version: str | None = None
    ev_islanding_detection_method: Annotated[tuple[IslandingDetection, ...] | None, Field(min_length=1)] = (
        None
    )
    """Needed where the site requires it."""
    ev_islanding_trip_time_s: Annotated[float | None, Field(alias="ev_islanding_trip_time")] = None
    """From loss of the grid to disconnection."""
    ev_maximum_level1dcinjection_a: Annotated[float | None, Field(alias="ev_maximum_level1dcinjection")] = (
        None
    )
    """The most direct current injected at level 1."""
    ev_duration_level1dcinjection_s: Annotated[float | None, Field(alias="ev_duration_level1dcinjection")] = (
        None
    )
    """For how long at level 1."""
    ev_maximum_level2dcinjection_a: Annotated[float | None, Field(alias="ev_maximum_level2dcinjection")] = (
        None
    )
    """The most direct current injected at level 2."""
    ev_duration_level2dcinjection_s: Annotated[float | None, Field(alias="ev_duration_level2dcinjection")] = (
        None
    )
    """For how long at level 2."""
    ev_reactive_susceptance_siemens: Annotated[float | None, Field(alias="ev_reactive_susceptance")] = None
    ev_session_total_discharge_energy_available_wh: Annotated[
        float | None, Field(alias="ev_session_total_discharge_energy_available")
    ] = None
    """What the car will give in this whole session; at zero it may refuse."""


@message
class DCChargingParameters:
    """What a DC car states about itself in ISO 15118-2, for OCPP."""

    ev_max_current_a: Annotated[float, Field(alias="ev_max_current")]
    """Cable included."""
    ev_max_voltage_v: Annotated[float, Field(alias="ev_max_voltage")]
    ev_max_power_w: Annotated[float | None, Field(alias="ev_max_power")] = None
    ev_energy_capacity_wh: Annotated[float | None, Field(alias="ev_energy_capacity")] = None
    """Of the battery."""
    energy_amount_wh: Annotated[float | None, Field(alias="energy_amount")] = None
    """What the car asks for, preconditioning included."""
    state_of_charge_percent: Annotated[int | None, Field(alias="state_of_charge")] = None
    full_soc_percent: Annotated[int | None, Field(alias="full_soc")] = None
    """Where the car considers itself full."""
    bulk_soc_percent: Annotated[int | None, Field(alias="bulk_soc")] = None
    """Where fast charging ends."""


@message
class ACChargingParameters:
    """What an AC car states about itself in ISO 15118-2, for OCPP. Currents are per phase."""

    energy_amount_wh: Annotated[float, Field(alias="energy_amount")]
    """What the car asks for, preconditioning included."""
    ev_min_current_a: Annotated[float, Field(alias="ev_min_current")]
    ev_max_current_a: Annotated[float, Field(alias="ev_max_current")]
    """Cable included."""
    ev_max_voltage_v: Annotated[float, Field(alias="ev_max_voltage")]


@message
class ChargingNeeds:
    """What a car needs, for the CSMS to make a charging profile of."""

    ac_charging_parameters: ACChargingParameters | None = None
    der_charging_parameters: DERChargingParameters | None = None
    ev_energy_offer: EVEnergyOffer | None = None
    requested_energy_transfer: EnergyTransferMode
    dc_charging_parameters: DCChargingParameters | None = None
    v2x_charging_parameters: V2XChargingParameters | None = None
    available_energy_transfer: Annotated[tuple[EnergyTransferMode, ...] | None, Field(min_length=1)] = None
    """The modes the car could use, too."""
    control_mode: ControlMode | None = None
    """Absent means scheduled."""
    mobility_needs_mode: MobilityNeedsMode | None = None
    departure_time: Timestamp | None = None
    """When the car wants to leave."""


@message
class AcParameters:
    """Fixed properties of an AC outlet for ISO 15118-20."""

    nominal_frequency_hz: Annotated[float, Field(alias="nominal_frequency", ge=0)]
    max_power_asymmetry_w: Annotated[float | None, Field(alias="max_power_asymmetry", ge=0)] = None
    """The most the phases may differ."""
    power_ramp_limitation_percent_per_min: Annotated[
        float | None, Field(alias="power_ramp_limitation", ge=0)
    ] = None
    """How fast power may change."""
    nominal_voltage_v: Annotated[float, Field(alias="nominal_voltage", ge=0)]
    connectors: Annotated[tuple[Connector, ...], Field(min_length=1)]


@message
class AcEvseMaximumPower:
    """The most an AC outlet can do."""

    charge_power: units.Power
    discharge_power: units.Power | None = None


@message
class AcEvseMinimumPower:
    """The least an AC outlet can do."""

    charge_power: units.Power
    discharge_power: units.Power | None = None


@message
class AcEvPowerLimits:
    """What an AC car can do in either direction."""

    max_charge_power: units.Power | None = None
    min_charge_power: units.Power | None = None
    max_discharge_power: units.Power | None = None
    min_discharge_power: units.Power | None = None


@message
class AcEvPresentPowerValues:
    """What an AC car measures now."""

    present_active_power: units.Power
    present_reactive_power: units.Power | None = None


@message
class AcEvDynamicModeValues:
    """What an AC car asks for when the station makes the schedule (ISO 15118-20 dynamic mode)."""

    departure_time_s: Annotated[float | None, Field(alias="departure_time", ge=0)] = None
    """Counted from the message on."""
    target_energy_request_wh: Annotated[float, Field(alias="target_energy_request", ge=0)]
    """To the target state of charge."""
    max_energy_request_wh: Annotated[float, Field(alias="max_energy_request", ge=0)]
    """The most the car can take."""
    min_energy_request_wh: Annotated[float, Field(alias="min_energy_request", ge=0)]
    """To the least acceptable state of charge."""
    max_v2x_energy_request_wh: Annotated[float | None, Field(alias="max_v2x_energy_request", ge=0)] = None
    """Up to the end of the range the car cycles in."""
    min_v2x_energy_request_wh: Annotated[float | None, Field(alias="min_v2x_energy_request", ge=0)] = None
    """Up to the beginning of the range the car cycles in."""


@message
class AcTargetValues:
    """What the station wants an AC car to do now."""

    target_active_power: units.Power
    target_reactive_power: units.ReactivePower | None = None
    target_frequency_hz: Annotated[float | None, Field(alias="target_frequency", ge=0)] = None


@message
class SelectedServiceParameters:
    """What a car chose in service selection (ISO 15118-20)."""

    energy_transfer: ServiceCategory
    connector: Connector
    control_mode: ControlMode
    mobility_needs_mode: MobilityNeedsMode
    pricing: Pricing
    bpt_channel: BptChannel | None = None
    """For bidirectional services."""
    generator_mode: GeneratorMode | None = None
    """For bidirectional services."""


@message
class BptSetup:
    """How the station does bidirectional transfer (ISO 15118-20)."""

    bpt_channel: BptChannel
    generator_mode: GeneratorMode
    grid_code_detection: GridCodeIslandingDetectionMethod | None = None
    """How loss of the grid is noticed."""


@message
class SelectedPaymentOption:
    """Car side: the payment option to choose."""

    payment_option: PaymentOption | None = None
    enforce_payment_option: bool | None = None
    """Give up when the station does not offer it."""


@message
class DcEvParameters:
    """Car side: limits and wishes of a simulated DC car."""

    max_current_limit_a: Annotated[float | None, Field(alias="max_current_limit", ge=0, le=1000)] = None
    max_power_limit_w: Annotated[float | None, Field(alias="max_power_limit", ge=0, le=500000)] = None
    max_voltage_limit_v: Annotated[float | None, Field(alias="max_voltage_limit", ge=0, le=1500)] = None
    energy_capacity_wh: Annotated[float | None, Field(alias="energy_capacity", ge=0, le=100000)] = None
    """Of the battery."""
    target_current_a: Annotated[float | None, Field(alias="target_current", ge=0, le=1000)] = None
    target_voltage_v: Annotated[float | None, Field(alias="target_voltage", ge=0, le=1500)] = None


@message
class DcEvBPTParameters:
    """Car side: limits and wishes of a simulated DC car that discharges."""

    discharge_max_current_limit_a: Annotated[
        float | None, Field(alias="discharge_max_current_limit", ge=0, le=1000)
    ] = None
    discharge_max_power_limit_w: Annotated[
        float | None, Field(alias="discharge_max_power_limit", ge=0, le=500000)
    ] = None
    discharge_target_current_a: Annotated[
        float | None, Field(alias="discharge_target_current", ge=0, le=1500)
    ] = None
    discharge_minimal_soc_percent: Annotated[
        float | None, Field(alias="discharge_minimal_soc", ge=0, le=99)
    ] = None
    """Discharge no further than this."""


@message
class EvInformation:
    """What the handshakes tell about a car: its protocols and TLS certificates."""

    supported_protocols: AppProtocols
    """In the car's order."""
    selected_protocol: AppProtocol
    """The one both sides now speak."""
    evcc_id: Annotated[str, Field(pattern=r"^[A-F0-9]{2}(:[A-F0-9]{2}){5}$")]
    """Network address of the car's controller, upper case."""
    tls_leaf_certificate: str | None = None
    """Shown by the car in TLS 1.3; PEM, as the three below."""
    tls_sub_ca_1_certificate: str | None = None
    tls_sub_ca_2_certificate: str | None = None
    tls_root_certificate: str | None = None


@message
class AcTargetPower:
    """What the station wants each phase of an AC car to do now."""

    target_active_power_w: Annotated[float | None, Field(alias="target_active_power")] = None
    """L1, or the sum when the others are absent."""
    target_active_power_l2_w: Annotated[float | None, Field(alias="target_active_power_L2")] = None
    target_active_power_l3_w: Annotated[float | None, Field(alias="target_active_power_L3")] = None
    target_reactive_power_var: Annotated[float | None, Field(alias="target_reactive_power")] = None
    """L1, or the sum when the others are absent."""
    target_reactive_power_l2_var: Annotated[float | None, Field(alias="target_reactive_power_L2")] = None
    target_reactive_power_l3_var: Annotated[float | None, Field(alias="target_reactive_power_L3")] = None


@message
class EvTermination:
    """Why a car ends the session, in its own words (ISO 15118-20)."""

    ev_termination_code: str | None = None
    ev_termination_explanation: str | None = None
