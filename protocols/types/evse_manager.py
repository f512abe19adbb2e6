"""Sessions, transactions and limits of one EVSE, and what happens in them.

Longer than other files: it mirrors one EVerest types file, `evse_manager`.
"""

import enum
from typing import Annotated

from pydantic import Field

from protocols.message import Timestamp, message
from protocols.types import authorization, powermeter, units_signed


class StopTransactionReason(enum.StrEnum):
    """Why a transaction ended, in OCPP's terms."""

    EMERGENCY_STOP = "EmergencyStop"
    EV_DISCONNECTED = "EVDisconnected"
    """The cable was pulled or the car drove off."""
    HARD_RESET = "HardReset"
    """The CSMS asked for a reset without waiting."""
    LOCAL = "Local"
    """The user ended it at the station."""
    OTHER = "Other"
    POWER_LOSS = "PowerLoss"
    REBOOT = "Reboot"
    """The station restarts of its own accord."""
    REMOTE = "Remote"
    """The user ended it through the CSMS."""
    SOFT_RESET = "SoftReset"
    """The CSMS asked for an orderly reset."""
    UNLOCK_COMMAND = "UnlockCommand"
    """The CSMS had the connector unlocked."""
    DE_AUTHORIZED = "DeAuthorized"
    """The CSMS withdrew the authorization after the start."""
    ENERGY_LIMIT_REACHED = "EnergyLimitReached"
    """As much was delivered as was agreed."""
    GROUND_FAULT = "GroundFault"
    LOCAL_OUT_OF_CREDIT = "LocalOutOfCredit"
    """The credit that the station watches is used up."""
    MASTER_PASS = "MasterPass"  # noqa: S105  # names a kind of token
    """Somebody with the master pass stopped it."""
    OVERCURRENT_FAULT = "OvercurrentFault"
    POWER_QUALITY = "PowerQuality"
    """The supply is too far from what it should be."""
    SOC_LIMIT_REACHED = "SOCLimitReached"
    """The battery is as full as the station allows."""
    STOPPED_BY_EV = "StoppedByEV"
    TIME_LIMIT_REACHED = "TimeLimitReached"
    """The session took as long as the station allows."""
    TIMEOUT = "Timeout"
    """No car was plugged in in time."""
    REQ_ENERGY_TRANSFER_REJECTED = "ReqEnergyTransferRejected"
    """The CSMS refused the mode the car asked for."""


@message
class StopTransactionRequest:
    """Why a transaction is to stop, and on whose word."""

    reason: StopTransactionReason
    id_tag: authorization.ProvidedIdToken | None = None
    """The token that stopped it, when somebody presented one here."""


class StartSessionReason(enum.StrEnum):
    """What began a session."""

    EV_CONNECTED = "EVConnected"
    """A car was plugged in first."""
    AUTHORIZED = "Authorized"
    """Somebody was authorized first."""


class PauseChargingEVSEReasonEnum(enum.StrEnum):
    """Why the station pauses."""

    USER_PAUSE = "UserPause"
    """Somebody asked for it by command."""
    ERROR = "Error"
    """An error forbids charging until it is cleared."""
    NO_ENERGY = "NoEnergy"
    """There is nothing to distribute at present."""


@message
class ChargingPausedEVSEReasons:
    """All reasons for the station's pause; charging resumes when none is left."""

    reasons: Annotated[tuple[PauseChargingEVSEReasonEnum, ...], Field(min_length=1, max_length=3)]


class HlcSessionFailedReasonEnum(enum.StrEnum):
    """Where a session of high-level communication broke off."""

    PROTOCOL_NEGOTIATION_FAILED = "ProtocolNegotiationFailed"
    """No protocol both sides speak."""
    AUTHORIZATION_FAILED = "AuthorizationFailed"
    """Refused, or the car would not wait for the verdict any longer."""
    CHARGING_PARAMETERS_NOT_ACCEPTED = "ChargingParametersNotAccepted"
    """The car would not accept what it was offered."""
    ENERGY_TRANSFER_SETUP_FAILED = "EnergyTransferSetupFailed"
    """Between the parameters and the first energy, pre-charge for instance."""
    CHARGING_INTERRUPTED = "ChargingInterrupted"
    """During energy transfer, without an orderly stop."""
    FAILED_TLS_HANDSHAKE = "FailedTLSHandshake"
    """Before any message of the protocol."""
    UNEXPECTED_SESSION_END = "UnexpectedSessionEnd"
    """Anywhere else."""


class SwitchThreePhasesWhileChargingResult(enum.StrEnum):
    """What came of switching between one and three phases."""

    SUCCESS = "Success"
    ERROR_NOT_SUPPORTED = "Error_NotSupported"
    ERROR_NOT_CHARGING = "Error_NotCharging"
    """There is no charge during which to switch."""
    ERROR_HARDWARE = "Error_Hardware"


class SessionEventEnum(enum.StrEnum):
    """The events in the life of an EVSE and its sessions."""

    AUTHORIZED = "Authorized"
    """Leave to charge was given."""
    DEAUTHORIZED = "Deauthorized"
    """Leave to charge was taken back."""
    ENABLED = "Enabled"
    DISABLED = "Disabled"
    SESSION_STARTED = "SessionStarted"
    """A car was plugged in or somebody was authorized, whichever came first."""
    AUTH_REQUIRED = "AuthRequired"
    """A car waits for somebody to be authorized."""
    TRANSACTION_STARTED = "TransactionStarted"
    """Plugged in and authorized."""
    PREPARE_CHARGING = "PrepareCharging"
    """DC: from cable check on. AC: the car has not yet asked for energy."""
    CHARGING_STARTED = "ChargingStarted"
    """Energy may flow."""
    CHARGING_PAUSED_EV = "ChargingPausedEV"
    """The car paused."""
    CHARGING_PAUSED_EVSE = "ChargingPausedEVSE"
    """The station paused."""
    STOPPING_CHARGING = "StoppingCharging"
    """Energy transfer has ended; the car is being let down, by a welding check for instance."""
    CHARGING_FINISHED = "ChargingFinished"
    """Nothing more will flow in this transaction."""
    TRANSACTION_FINISHED = "TransactionFinished"
    """A condition of the transaction is gone for good."""
    SESSION_FINISHED = "SessionFinished"
    """The car is gone and the EVSE is free."""
    RESERVATION_START = "ReservationStart"
    RESERVATION_END = "ReservationEnd"
    PLUGIN_TIMEOUT = "PluginTimeout"
    """A car was plugged in and nobody was authorized in time."""
    SWITCHING_PHASES = "SwitchingPhases"
    """The number of phases is about to change."""
    SESSION_RESUMED = "SessionResumed"
    """A session from before a power loss goes on."""


@message
class SessionStarted:
    """Details of the event `SessionStarted`."""

    reason: StartSessionReason
    id_tag: authorization.ProvidedIdToken | None = None
    """The token, when authorization came first."""
    meter_value: powermeter.Powermeter
    """Reading at this moment."""
    signed_meter_value: units_signed.SignedMeterValue | None = None
    """The same, signed by the meter."""
    reservation_id: int | None = None
    """The reservation that this session redeems."""
    logging_path: str | None = None
    """Directory of this session's own logs; files still being written begin with `incomplete-`."""


@message
class SessionFinished:
    """Details of the event `SessionFinished`."""

    meter_value: powermeter.Powermeter
    """Reading at this moment."""


@message
class TransactionStarted:
    """Details of the event `TransactionStarted`."""

    id_tag: authorization.ProvidedIdToken
    """The token that pays."""
    meter_value: powermeter.Powermeter
    """Reading at this moment."""
    signed_meter_value: units_signed.SignedMeterValue | None = None
    """The same, signed by the meter."""
    reservation_id: int | None = None
    """The reservation that this transaction redeems."""


@message
class TransactionFinished:
    """Details of the event `TransactionFinished`."""

    meter_value: powermeter.Powermeter
    """Reading at this moment."""
    start_signed_meter_value: units_signed.SignedMeterValue | None = None
    """The signed reading of the start, for meters whose last record leaves it out."""
    signed_meter_value: units_signed.SignedMeterValue | None = None
    """The signed record of the whole transaction."""
    reason: StopTransactionReason | None = None
    """Why it ended."""
    id_tag: authorization.ProvidedIdToken | None = None
    """The token that stopped it, when somebody presented one here."""


@message
class ChargingStateChangedEvent:
    """Details of events at which charging begins, pauses or goes on."""

    meter_value: powermeter.Powermeter
    """Reading at this moment."""


@message
class AuthorizationEvent:
    """Details of the events `Authorized` and `Deauthorized`."""

    meter_value: powermeter.Powermeter
    """Reading at this moment."""


class EnableSource(enum.StrEnum):
    """Who may enable or disable an EVSE."""

    UNSPECIFIED = "Unspecified"
    LOCAL_API = "LocalAPI"
    LOCAL_KEY_LOCK = "LocalKeyLock"
    SERVICE_TECHNICIAN = "ServiceTechnician"
    REMOTE_KEY_LOCK = "RemoteKeyLock"
    MOBILE_APP = "MobileApp"
    FIRMWARE_UPDATE = "FirmwareUpdate"
    CSMS = "CSMS"


class EnableState(enum.StrEnum):
    """What one source wants."""

    UNASSIGNED = "Unassigned"
    """It has no opinion; the others decide."""
    DISABLE = "Disable"
    ENABLE = "Enable"


@message
class EnableDisableSource:
    """Who wants an EVSE enabled or disabled, and how much that weighs."""

    enable_source: EnableSource
    """Who."""
    enable_state: EnableState
    """What."""
    enable_priority: Annotated[int, Field(ge=0, le=10000)]
    """0 outweighs everything, 10000 nothing."""


@message
class SessionEvent:
    """Something happened; which of the details are given depends on what."""

    uuid: str
    """Names the session."""
    timestamp: Timestamp
    """When it happened."""
    connector_id: int | None = None
    """Absent means 1."""
    event: SessionEventEnum
    session_started: SessionStarted | None = None
    session_finished: SessionFinished | None = None
    transaction_started: TransactionStarted | None = None
    transaction_finished: TransactionFinished | None = None
    charging_paused_evse: ChargingPausedEVSEReasons | None = None
    """With `ChargingPausedEVSE`."""
    charging_state_changed_event: ChargingStateChangedEvent | None = None
    """With `ChargingStarted`, `ChargingPausedEV` and when charging goes on."""
    authorization_event: AuthorizationEvent | None = None
    """With `Authorized` and `Deauthorized`."""
    source: EnableDisableSource | None = None
    """With `Enabled` and `Disabled`."""


@message
class HlcSessionFailedEvent:
    """High-level communication broke off; may happen several times in one session."""

    uuid: str
    """The session, as in `SessionEvent`."""
    reason: HlcSessionFailedReasonEnum


@message
class Limits:
    """What one EVSE can offer at this moment."""

    uuid: str | None = None
    """The EVSE's node in the energy tree."""
    max_current_a: Annotated[float, Field(alias="max_current")]
    """Per phase."""
    nr_of_phases_available: Annotated[int, Field(ge=1, le=3)]


@message
class EVInfo:
    """What is known about the plugged-in car; the more, the further the protocol goes."""

    soc_percent: Annotated[float | None, Field(alias="soc", ge=0, le=100)] = None
    """State of charge."""
    present_voltage_v: Annotated[float | None, Field(alias="present_voltage")] = None
    present_current_a: Annotated[float | None, Field(alias="present_current")] = None
    target_voltage_v: Annotated[float | None, Field(alias="target_voltage")] = None
    target_current_a: Annotated[float | None, Field(alias="target_current")] = None
    maximum_current_limit_a: Annotated[float | None, Field(alias="maximum_current_limit")] = None
    minimum_current_limit_a: Annotated[float | None, Field(alias="minimum_current_limit")] = None
    """Less would waste energy."""
    maximum_voltage_limit_v: Annotated[float | None, Field(alias="maximum_voltage_limit")] = None
    maximum_power_limit_w: Annotated[float | None, Field(alias="maximum_power_limit")] = None
    estimated_time_full: Timestamp | None = None
    """When the car expects to be full."""
    departure_time: Timestamp | None = None
    """When the user wants to leave."""
    estimated_time_bulk: Timestamp | None = None
    """When the car expects the end of fast charging."""
    evcc_id: Annotated[str | None, Field(pattern=r"^[A-Fa-f0-9]{2}(:[A-Fa-f0-9]{2}){5}$")] = None
    """Of the car's communication controller, usually its network address."""
    remaining_energy_needed_wh: Annotated[float | None, Field(alias="remaining_energy_needed")] = None
    """To the user's goal."""
    battery_capacity_wh: Annotated[float | None, Field(alias="battery_capacity")] = None
    battery_full_soc_percent: Annotated[float | None, Field(alias="battery_full_soc", ge=0, le=100)] = None
    """Where the car considers itself full."""
    battery_bulk_soc_percent: Annotated[float | None, Field(alias="battery_bulk_soc", ge=0, le=100)] = None
    """Where fast charging ends."""
    target_energy_request_wh: Annotated[float | None, Field(alias="target_energy_request")] = None
    """To the target state of charge."""
    max_energy_request_wh: Annotated[float | None, Field(alias="max_energy_request")] = None
    """The most the car can take."""
    min_energy_request_wh: Annotated[float | None, Field(alias="min_energy_request")] = None
    """To the least acceptable state of charge."""
    ac_max_charge_power_w: Annotated[float | None, Field(alias="ac_max_charge_power")] = None
    ac_min_charge_power_w: Annotated[float | None, Field(alias="ac_min_charge_power")] = None
    ac_max_discharge_power_w: Annotated[float | None, Field(alias="ac_max_discharge_power")] = None
    ac_min_discharge_power_w: Annotated[float | None, Field(alias="ac_min_discharge_power")] = None
    ac_present_active_power_w: Annotated[float | None, Field(alias="ac_present_active_power")] = None
    """As the car measures it."""
    ac_present_reactive_power_var: Annotated[float | None, Field(alias="ac_present_reactive_power")] = None
    """As the car measures it."""


class CarManufacturer(enum.StrEnum):
    """Who built the car, guessed from its network address; brands of one group count as one."""

    VOLKSWAGEN_GROUP = "VolkswagenGroup"
    TESLA = "Tesla"
    UNKNOWN = "Unknown"


class ConnectorTypeEnum(enum.StrEnum):
    """The kind of an outlet, in OCPP's terms: c for a fixed cable, s for a socket, w for wireless."""

    C_CCS1 = "cCCS1"
    C_CCS2 = "cCCS2"
    C_G105 = "cG105"
    """CHAdeMO."""
    C_MCS = "cMCS"
    """Megawatt charging."""
    C_TESLA = "cTesla"
    C_TYPE1 = "cType1"
    C_TYPE2 = "cType2"
    S309_1P_16A = "s309_1P_16A"
    """IEC 60309, one phase."""
    S309_1P_32A = "s309_1P_32A"
    """IEC 60309, one phase."""
    S309_3P_16A = "s309_3P_16A"
    """IEC 60309, three phases."""
    S309_3P_32A = "s309_3P_32A"
    """IEC 60309, three phases."""
    S_BS1361 = "sBS1361"
    """Domestic socket of the United Kingdom."""
    S_CEE_7_7 = "sCEE_7_7"
    """Schuko and the French domestic socket."""
    S_TYPE2 = "sType2"
    S_TYPE3 = "sType3"
    """Scame."""
    OTHER_1PH_MAX_16A = "Other1PhMax16A"
    """Any other one-phase socket up to 16 A."""
    OTHER_1PH_OVER_16A = "Other1PhOver16A"
    """Any other one-phase socket above 16 A."""
    OTHER_3PH = "Other3Ph"
    """Any other three-phase socket."""
    PAN = "Pan"
    """Pantograph."""
    W_INDUCTIVE = "wInductive"
    W_RESONANT = "wResonant"
    UNDETERMINED = "Undetermined"
    """Not known before a car is plugged in."""
    UNKNOWN = "Unknown"


@message
class Connector:
    """One outlet of an EVSE."""

    id: Annotated[int, Field(ge=1)]
    """Counted from 1 within the EVSE."""
    type: ConnectorTypeEnum | None = None


@message
class Evse:
    """One EVSE and its outlets."""

    id: Annotated[int, Field(ge=1, le=128)]
    connectors: Annotated[tuple[Connector, ...], Field(min_length=1, max_length=128)]


@message
class PlugAndChargeConfiguration:
    """How contracts are treated; what is absent stays as it is."""

    pnc_enabled: bool | None = None
    """Whether contracts are offered at all; over TLS only, even then."""
    central_contract_validation_allowed: bool | None = None
    """Whether the CSMS decides when the contract cannot be verified here."""
    contract_certificate_installation_enabled: bool | None = None
    """Whether cars may fetch new contract certificates."""


class UpdateAllowedEnergyTransferModesResult(enum.StrEnum):
    """What came of narrowing the modes a car may use."""

    ACCEPTED = "Accepted"
    INCOMPATIBLE_ENERGY_TRANSFER = "IncompatibleEnergyTransfer"
    """None of the modes can be offered here."""
    SERVICE_RENEGOTIATION_FAILED = "ServiceRenegotiationFailed"
    """The car would not negotiate again."""
    NO_HLC = "NoHlc"
    """There is no high-level communication that could be told."""
