"""What the rest of the station exchanges with the OCPP actors, whatever the version.

The terms are those of OCPP 2.x; OCPP 1.6 is mapped onto them. Costs are exact decimals.

Longer than other files: it mirrors one EVerest types file, `ocpp`.
"""

import enum
from typing import Annotated

from pydantic import Field

from protocols.message import ExactNumber, Timestamp, message
from protocols.types import text_message


@message
class CustomData:
    """Vendor's data that travels along."""

    vendor_id: str
    """Also inside `data`; given here for convenience."""
    data: str
    """JSON text."""


@message
class V2XFreqWattPointType:
    """One point of a curve that sets power by grid frequency."""

    frequency_hz: Annotated[float, Field(alias="frequency")]
    power_w: Annotated[float, Field(alias="power")]
    """Positive charges, negative discharges."""


@message
class V2XSignalWattPointCurve:
    """One point of a curve that sets power by a signal of the CSMS."""

    signal: int
    """As in AFRRSignalRequest."""
    power_w: Annotated[float, Field(alias="power")]
    """Positive charges, negative discharges."""


class OperationMode(enum.StrEnum):
    """Who steers the car during a period of a charging schedule, and by what."""

    IDLE = "Idle"
    CHARGING_ONLY = "ChargingOnly"
    CENTRAL_SETPOINT = "CentralSetpoint"
    EXTERNAL_SETPOINT = "ExternalSetpoint"
    EXTERNAL_LIMITS = "ExternalLimits"
    CENTRAL_FREQUENCY = "CentralFrequency"
    LOCAL_FREQUENCY = "LocalFrequency"
    LOCAL_LOAD_BALANCING = "LocalLoadBalancing"


@message
class ChargingSchedulePeriod:
    """What holds from one offset on, until the next period.

    Limits and set points are in the unit of the schedule, A or W. A field without phase holds the sum, or
    L1 when L2 and L3 are given.
    """

    start_period_s: Annotated[int, Field(alias="start_period")]
    """From the start of the schedule."""
    limit: float
    """Negative only with old systems, for discharging."""
    limit_l2: Annotated[float | None, Field(alias="limit_L2")] = None
    limit_l3: Annotated[float | None, Field(alias="limit_L3")] = None
    number_phases: int | None = None
    stack_level: int | None = None
    """Of the profile that decides here."""
    phase_to_use: int | None = None
    """Which phase a car on one phase is connected to."""
    discharge_limit: float | None = None
    """Zero or negative."""
    discharge_limit_l2: Annotated[float | None, Field(alias="discharge_limit_L2")] = None
    discharge_limit_l3: Annotated[float | None, Field(alias="discharge_limit_L3")] = None
    setpoint: float | None = None
    """To be followed as closely as the limits allow; negative discharges."""
    setpoint_l2: Annotated[float | None, Field(alias="setpoint_L2")] = None
    setpoint_l3: Annotated[float | None, Field(alias="setpoint_L3")] = None
    setpoint_reactive: float | None = None
    """Positive is inductive, negative capacitive."""
    setpoint_reactive_l2: Annotated[float | None, Field(alias="setpoint_reactive_L2")] = None
    setpoint_reactive_l3: Annotated[float | None, Field(alias="setpoint_reactive_L3")] = None
    preconditioning_request: float | None = None
    """Other than zero: the car should keep its battery ready."""
    evse_sleep: bool | None = None
    """True switches the power electronics off meanwhile."""
    v2x_baseline_w: Annotated[float | None, Field(alias="v2x_baseline")] = None
    """The curves below are added to it."""
    operation_mode: OperationMode | None = None
    """Who steers, and by what."""
    v2x_freq_watt_curve: tuple[V2XFreqWattPointType, ...] | None = None
    """At least two points; needed for local frequency control."""
    v2x_signal_watt_curve: tuple[V2XSignalWattPointCurve, ...] | None = None
    """At least two points."""


@message
class ChargingSchedule:
    """The composite schedule of one EVSE, or of the station."""

    evse: Annotated[int, Field(ge=0)]
    """EVSE number in OCPP 2.x; 0 is the whole station."""
    charging_rate_unit: str
    """`A` or `W`."""
    charging_schedule_period: tuple[ChargingSchedulePeriod, ...]
    duration_s: Annotated[int | None, Field(alias="duration")] = None
    """Absent means for ever."""
    start_schedule: Timestamp | None = None
    """When the first period begins."""
    min_charging_rate: float | None = None
    """Below it charging is of no use; in the unit of the schedule."""


@message
class ChargingSchedules:
    """The composite schedules of the station, of EVSE 0 first."""

    schedules: tuple[ChargingSchedule, ...]


@message
class EVSE:
    """An EVSE, or one connector of it."""

    id: Annotated[int, Field(ge=1)]
    connector_id: Annotated[int | None, Field(ge=1)] = None
    """Absent means the whole EVSE."""


class TransactionEvent(enum.StrEnum):
    """Which part of a transaction's life."""

    STARTED = "Started"
    UPDATED = "Updated"
    ENDED = "Ended"


@message
class OcppTransactionEvent:
    """A transaction began, changed or ended in the eyes of OCPP."""

    transaction_event: TransactionEvent
    evse: EVSE | None = None
    session_id: str
    """The EVSE manager's name for the session."""
    transaction_id: str | None = None
    """The transaction's name in OCPP; the number of OCPP 1.6 as text."""


@message
class OcppTransactionEventResponse:
    """What the CSMS answered to a transaction event."""

    original_transaction_event: OcppTransactionEvent
    """The event that was answered."""
    total_cost: ExactNumber | None = None
    """Up to now, or in the end; in the main unit of the currency."""
    charging_priority: int | None = None
    """-9 to 9, the highest is served first."""
    personal_message: text_message.MessageContent | None = None
    """For the user."""


class DataTransferStatus(enum.StrEnum):
    """What came of a DataTransfer."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    UNKNOWN_MESSAGE_ID = "UnknownMessageId"
    UNKNOWN_VENDOR_ID = "UnknownVendorId"
    OFFLINE = "Offline"
    """The CSMS cannot be reached, so nothing was sent."""


@message
class DataTransferRequest:
    """A vendor's message to the CSMS."""

    vendor_id: str
    message_id: str | None = None
    data: str | None = None
    custom_data: CustomData | None = None


@message
class DataTransferResponse:
    """The CSMS's answer to a vendor's message."""

    status: DataTransferStatus
    data: str | None = None
    custom_data: CustomData | None = None


@message
class KeyValue:
    """One configuration key of OCPP 1.6."""

    key: str
    """OCPP allows 50 characters."""
    read_only: bool
    value: str | None = None
    """Absent when it has none or may not be read."""


@message
class GetConfigurationResponse:
    """Configuration keys of OCPP 1.6 with their values."""

    configuration_keys: tuple[KeyValue, ...]
    unknown_keys: tuple[str, ...]
    """Asked for and not known."""


class ConfigurationStatus(enum.StrEnum):
    """What came of setting a configuration key."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    REBOOT_REQUIRED = "RebootRequired"
    NOT_SUPPORTED = "NotSupported"


class SecurityEventEnum(enum.StrEnum):
    """The security events that OCPP names."""

    FIRMWARE_UPDATED = "FirmwareUpdated"
    FAILED_TO_AUTHENTICATE_AT_CSMS = "FailedToAuthenticateAtCsms"
    CSMS_FAILED_TO_AUTHENTICATE = "CsmsFailedToAuthenticate"
    SETTING_SYSTEM_TIME = "SettingSystemTime"
    STARTUP_OF_THE_DEVICE = "StartupOfTheDevice"
    RESET_OR_REBOOT = "ResetOrReboot"
    SECURITY_LOG_WAS_CLEARED = "SecurityLogWasCleared"
    RECONFIGURATION_OF_SECURITY_PARAMETERS = "ReconfigurationOfSecurityParameters"
    MEMORY_EXHAUSTION = "MemoryExhaustion"
    INVALID_MESSAGES = "InvalidMessages"
    ATTEMPTED_REPLAY_ATTACKS = "AttemptedReplayAttacks"
    TAMPER_DETECTION_ACTIVATED = "TamperDetectionActivated"
    INVALID_FIRMWARE_SIGNATURE = "InvalidFirmwareSignature"
    INVALID_FIRMWARE_SIGNING_CERTIFICATE = "InvalidFirmwareSigningCertificate"
    INVALID_CSMS_CERTIFICATE = "InvalidCsmsCertificate"
    INVALID_CHARGING_STATION_CERTIFICATE = "InvalidChargingStationCertificate"
    INVALID_TLS_VERSION = "InvalidTLSVersion"
    INVALID_TLS_CIPHER_SUITE = "InvalidTLSCipherSuite"
    MAINTENANCE_LOGIN_ACCEPTED = "MaintenanceLoginAccepted"
    MAINTENANCE_LOGIN_FAILED = "MaintenanceLoginFailed"


@message
class SecurityEvent:
    """Something that matters to the security of the station."""

    type: str
    """One of `SecurityEventEnum`, or a vendor's own."""
    info: str | None = None
    critical: bool | None = None
    """True sends it to the CSMS, false only logs it; absent leaves that to the standard."""
    timestamp: Timestamp | None = None
    """Absent means now."""


@message
class Variable:
    """Names a variable; in OCPP 1.6 a configuration key."""

    name: Annotated[str, Field(max_length=50)]
    instance: Annotated[str | None, Field(max_length=50)] = None
    """Which one, when there are several."""


@message
class Component:
    """Names a component of the device model; of no meaning in OCPP 1.6."""

    name: Annotated[str, Field(max_length=50)]
    instance: Annotated[str | None, Field(max_length=50)] = None
    """Which one, when there are several."""
    evse: EVSE | None = None
    """Where it is, when it belongs to an EVSE or connector."""


@message
class ComponentVariable:
    """Names a variable of a component."""

    component: Component
    variable: Variable


class AttributeEnum(enum.StrEnum):
    """Which value of a variable."""

    ACTUAL = "Actual"
    TARGET = "Target"
    """The value it should have."""
    MIN_SET = "MinSet"
    """The least it may be set to."""
    MAX_SET = "MaxSet"
    """The most it may be set to."""


class GetVariableStatusEnumType(enum.StrEnum):
    """What came of reading a variable."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    UNKNOWN_COMPONENT = "UnknownComponent"
    UNKNOWN_VARIABLE = "UnknownVariable"
    NOT_SUPPORTED_ATTRIBUTE_TYPE = "NotSupportedAttributeType"


class SetVariableStatusEnumType(enum.StrEnum):
    """What came of setting a variable."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    UNKNOWN_COMPONENT = "UnknownComponent"
    UNKNOWN_VARIABLE = "UnknownVariable"
    NOT_SUPPORTED_ATTRIBUTE_TYPE = "NotSupportedAttributeType"
    REBOOT_REQUIRED = "RebootRequired"
    """Set, and takes effect after a restart."""


class EventTriggerEnum(enum.StrEnum):
    """Why an event is reported."""

    ALERTING = "Alerting"
    """A threshold was crossed."""
    DELTA = "Delta"
    """The value changed by more than the monitor allows."""
    PERIODIC = "Periodic"
    """It was time to."""


class EventNotificationType(enum.StrEnum):
    """Who set up the monitor behind an event."""

    HARD_WIRED_NOTIFICATION = "HardWiredNotification"
    """No monitor: the maker built the notification in."""
    HARD_WIRED_MONITOR = "HardWiredMonitor"
    """The maker, and it cannot be changed."""
    PRECONFIGURED_MONITOR = "PreconfiguredMonitor"
    """The maker, and it can be changed."""
    CUSTOM_MONITOR = "CustomMonitor"
    """The CSMS."""


@message
class GetVariableRequest:
    """Which value of which variable to read."""

    component_variable: ComponentVariable
    attribute_type: AttributeEnum | None = None
    """Absent means the actual value."""


@message
class GetVariableResult:
    """What was read."""

    status: GetVariableStatusEnumType
    attribute_type: AttributeEnum | None = None
    """Absent means the actual value."""
    value: Annotated[str | None, Field(max_length=2500)] = None
    """Always given when accepted."""
    component_variable: ComponentVariable


@message
class SetVariableRequest:
    """Which value of which variable to set, and to what."""

    component_variable: ComponentVariable
    value: Annotated[str, Field(max_length=1000)]
    attribute_type: AttributeEnum | None = None
    """Absent means the actual value."""


@message
class SetVariableResult:
    """Whether a value was set."""

    status: SetVariableStatusEnumType
    component_variable: ComponentVariable
    attribute_type: AttributeEnum | None = None
    """Absent means the actual value."""


@message
class EventData:
    """A monitor saw something."""

    component_variable: ComponentVariable
    event_id: int
    """Names the event."""
    timestamp: Timestamp
    """When the report was made."""
    trigger: EventTriggerEnum
    actual_value: Annotated[str, Field(max_length=2500)]
    event_notification_type: EventNotificationType
    cause: int | None = None
    """The event that caused this one."""
    tech_code: Annotated[str | None, Field(max_length=50)] = None
    """The component's own error code."""
    tech_info: Annotated[str | None, Field(max_length=500)] = None
    """The component's own words."""
    cleared: bool | None = None
    """True when what had been reported is over."""
    transaction_id: Annotated[str | None, Field(max_length=36)] = None
    """The transaction it concerns."""
    variable_monitoring_id: int | None = None
    """The monitor."""


class OperationalStatusEnumType(enum.StrEnum):
    """Whether something is to be in service."""

    INOPERATIVE = "Inoperative"
    OPERATIVE = "Operative"


@message
class ChangeAvailabilityRequest:
    """What to put in or out of service."""

    operational_status: OperationalStatusEnumType
    evse: EVSE | None = None
    """Absent means the whole station."""


class ChangeAvailabilityStatusEnumType(enum.StrEnum):
    """What came of a change of availability."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    SCHEDULED = "Scheduled"
    """It will happen when the running transactions have ended."""


@message
class StatusInfoType:
    """Why a request ended as it did."""

    reason_code: str
    """A code from OCPP's list, compared without regard to case."""
    additional_info: str | None = None
    """For people."""


@message
class ChangeAvailabilityResponse:
    """Whether the availability changes."""

    status: ChangeAvailabilityStatusEnumType
    status_info: StatusInfoType | None = None


class RegistrationStatus(enum.StrEnum):
    """Whether the CSMS accepts the station."""

    ACCEPTED = "Accepted"
    PENDING = "Pending"
    """It wants to configure the station first."""
    REJECTED = "Rejected"


@message
class BootNotificationResponse:
    """What the CSMS said to the station's boot notification."""

    status: RegistrationStatus
    current_time: Timestamp
    """The CSMS's clock."""
    interval_s: Annotated[int, Field(alias="interval")]
    """Between heartbeats; when not accepted, until the next attempt."""
    status_info: StatusInfoType | None = None


class MessageDirection(enum.StrEnum):
    """Which way an OCPP message went."""

    CSMS_TO_CHARGING_STATION = "CSMSToChargingStation"
    CHARGING_STATION_TO_CSMS = "ChargingStationToCSMS"


@message
class Message:
    """One OCPP message as it was on the wire, for debugging."""

    message: str
    """JSON text of the frame."""
    direction: MessageDirection
    ocpp_version: Annotated[str | None, Field(alias="version")] = None
    """The version it belongs to."""
