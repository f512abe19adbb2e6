"""One car's high-level communication, as the EVSE manager drives and observes it.

Commands set up the station's side and carry answers in; variables tell what the car asks for and states.
Provided by the V2G session of each EVSE.

Longer than other files: it mirrors one EVerest interface.
"""

from typing import Annotated, ClassVar, Final

from pydantic import Field

from protocols import errors, types
from protocols.message import Command, Reply, Timestamp, Var, message

NAME: Final = "ISO15118_charger"
"""EVerest's name of the interface."""
ERRORS: Final[tuple[type[errors.ErrorType], ...]] = ()
"""What its providers may raise."""


@message
class Setup(Command):
    """Tell, once at start, who this EVSE is."""

    evse_id: types.iso15118.EVSEID
    sae_j2847_mode: types.iso15118.SaeJ2847BidiMode
    """Whether energy may flow back under DIN 70121 or ISO 15118-2."""
    debug_mode: bool
    """Publish every message of the car."""


@message
class SetChargingParameters(Command):
    """Set the fixed physical values; a change may wait for the next session."""

    physical_values: types.iso15118.SetupPhysicalValues


@message
class SessionSetup(Command):
    """Tell, at the beginning of each session, how it may be authorized."""

    payment_options: Annotated[tuple[types.iso15118.PaymentOption, ...], Field(min_length=1, max_length=2)]
    """What the car is offered."""
    supported_certificate_service: bool
    """Whether the car may fetch a contract certificate."""
    central_contract_validation_allowed: bool
    """Whether the CSMS decides when the contract cannot be verified here."""


@message
class BptSetup(Command):
    """Set how bidirectional transfer is done; at least once at start, before ISO 15118-20 can offer it."""

    bpt_config: types.iso15118.BptSetup


@message
class SetPowersupplyCapabilities(Command):
    """Set what the DC supply can do; at least once at start."""

    capabilities: types.power_supply_dc.Capabilities


@message
class AuthorizationResponse(Command):
    """Pass on the verdict that `RequireAuthEim` or `RequireAuthPnc` asked for."""

    authorization_status: types.authorization.AuthorizationStatus
    certificate_status: types.authorization.CertificateStatus
    """What the contract certificate check found."""


@message
class AcContactorClosed(Command):
    """Confirm that the AC contactor did what `AcCloseContactor` or `AcOpenContactor` asked for."""

    status: bool
    """True when it is closed now."""


@message
class DlinkReady(Command):
    """Tell that the data link to the car came up or went down."""

    value: bool
    """True when it came up."""


@message
class CableCheckFinished(Command):
    """Tell how the cable check ended that `StartCableCheck` asked for."""

    status: bool
    """True when isolation and voltage are as they should be."""


@message
class ReceiptIsRequired(Command):
    """Set whether the car must sign meter readings."""

    receipt_required: bool


@message
class StopCharging(Command):
    """Stop charging, or lift an earlier stop."""

    stop: bool
    """False lets the car go on."""


@message
class PauseCharging(Command):
    """Pause charging, or end the pause; ISO 15118-20 only."""

    pause: bool
    """False ends the pause."""


@message
class NoEnergyPauseCharging(Command):
    """Tell that there is no energy at present, and where a DC charge shall wait for it."""

    mode: types.iso15118.NoEnergyPauseMode


@message
class UpdateSupportedAppProtocolsReply(Reply):
    """Answer to `UpdateSupportedAppProtocols`."""

    updated: bool
    """Whether they hold now."""


@message
class UpdateSupportedAppProtocols(Command):
    """Narrow the protocols offered to the car; without it those of the configuration hold."""

    answer: ClassVar[type[Reply]] = UpdateSupportedAppProtocolsReply

    supported_app_protocols: types.iso15118.SupportedAppProtocols


@message
class UpdateEnergyTransferModes(Command):
    """Set the modes offered to the car; at least once at start."""

    supported_energy_transfer_modes: Annotated[
        tuple[types.iso15118.EnergyTransferMode, ...], Field(min_length=1, max_length=6)
    ]


@message
class UpdateAcMaxCurrent(Command):
    """Set the AC current per phase; at least once at start."""

    max_current_a: Annotated[float, Field(alias="max_current", ge=0, le=400)]


@message
class UpdateAcParameters(Command):
    """Set the AC values ISO 15118-20 starts from; at least once at start."""

    ac_parameters: types.iso15118.AcParameters


@message
class UpdateAcMaximumLimits(Command):
    """Set the most the AC outlet can do; at least once at start."""

    maximum_limits: types.iso15118.AcEvseMaximumPower


@message
class UpdateAcMinimumLimits(Command):
    """Set the least the AC outlet can do; at least once at start."""

    minimum_limits: types.iso15118.AcEvseMinimumPower


@message
class UpdateAcTargetValues(Command):
    """Set what an AC car shall do; at least once before charging begins."""

    target_values: types.iso15118.AcTargetValues


@message
class UpdateAcPresentPower(Command):
    """Pass on the meter's power; at least once before charging begins."""

    present_power: types.units.Power


@message
class UpdateDcMaximumLimits(Command):
    """Set the most the DC output can do; at least once at start."""

    maximum_limits: types.iso15118.DcEvseMaximumLimits


@message
class UpdateDcMinimumLimits(Command):
    """Set the least the DC output can do; at least once at start."""

    minimum_limits: types.iso15118.DcEvseMinimumLimits


@message
class UpdateIsolationStatus(Command):
    """Pass on what the isolation monitor thinks."""

    isolation_status: types.iso15118.IsolationStatus


@message
class UpdateDcPresentValues(Command):
    """Pass on what the DC output delivers."""

    present_voltage_current: types.iso15118.DcEvsePresentVoltageCurrent


@message
class UpdateMeterInfo(Command):
    """Pass on the newest meter reading."""

    powermeter: types.powermeter.Powermeter


@message
class SendError(Command):
    """Tell the car that something has failed."""

    error: types.iso15118.EvseError


@message
class ResetError(Command):
    """Forget all errors that were to be told to the car."""


@message
class SupportedAppProtocolsSecc(Var):
    """Every protocol this implementation speaks, narrowed or not."""

    app_protocols: types.iso15118.SupportedAppProtocols


@message
class RequireAuthEim(Var):
    """The car waits for an authorization by other means than a contract."""


@message
class RequireAuthPnc(Var):
    """The car has shown a contract and waits for the verdict."""

    token: types.authorization.ProvidedIdToken


@message
class AcCloseContactor(Var):
    """The car may be connected: close the contactor."""


@message
class AcOpenContactor(Var):
    """The car must be disconnected: open the contactor."""


@message
class StartCableCheck(Var):
    """The car waits for the cable check."""


@message
class StartPreCharge(Var):
    """The car waits for the DC output to meet its voltage."""


@message
class DcOpenContactor(Var):
    """The car must be disconnected: open the DC contactors."""


@message
class V2gSetupFinished(Var):
    """The car has asked for power to be switched, on or off (ISO 15118-3)."""


@message
class CurrentDemandStarted(Var):
    """The charging loop has begun."""


@message
class CurrentDemandFinished(Var):
    """The charging loop has ended."""


@message
class SaeBidiModeActive(Var):
    """Energy may flow back by the rules of SAE J2847-2."""


@message
class EvccId(Var):
    """The network address of the car's controller, upper case."""

    evcc_id: Annotated[str, Field(pattern=r"^[A-F0-9]{2}(:[A-F0-9]{2}){5}$")]


@message
class SelectedPaymentOption(Var):
    """How the car wants to be authorized."""

    payment_option: types.iso15118.PaymentOption


@message
class RequestedEnergyTransferMode(Var):
    """The mode the car has chosen."""

    energy_transfer_mode: types.iso15118.EnergyTransferMode


@message
class DepartureTime(Var):
    """When the user wants to leave."""

    departure_time: Timestamp


@message
class AcEamount(Var):
    """The energy an AC car lacks to its user's goal."""

    energy_wh: Annotated[float, Field(ge=0, le=200000)]


@message
class AcEvMaxVoltage(Var):
    """The most an AC car can take between phase and neutral."""

    max_voltage_v: Annotated[float, Field(ge=0, le=1000)]


@message
class AcEvMaxCurrent(Var):
    """The most an AC car can take per phase."""

    max_current_a: Annotated[float, Field(ge=0, le=400)]


@message
class AcEvMinCurrent(Var):
    """Charging an AC car with less per phase would waste energy."""

    min_current_a: Annotated[float, Field(ge=0, le=400)]


@message
class AcEvPowerLimits(Var):
    """What an AC car can do in either direction."""

    limits: types.iso15118.AcEvPowerLimits


@message
class AcEvPresentPowers(Var):
    """What an AC car measures now."""

    present_powers: types.iso15118.AcEvPresentPowerValues


@message
class AcEvDynamicControlMode(Var):
    """What an AC car asks for in dynamic mode."""

    request: types.iso15118.AcEvDynamicModeValues


@message
class DcEvEnergyCapacity(Var):
    """Capacity of a DC car's battery."""

    capacity_wh: Annotated[float, Field(ge=0, le=200000)]


@message
class DcEvEnergyRequest(Var):
    """The energy a DC car asks for."""

    energy_wh: Annotated[float, Field(ge=0, le=200000)]


@message
class DcFullSoc(Var):
    """Where a DC car considers itself full."""

    full_soc_percent: Annotated[float, Field(ge=0, le=100)]


@message
class DcBulkSoc(Var):
    """Where a DC car ends fast charging."""

    bulk_soc_percent: Annotated[float, Field(ge=0, le=100)]


@message
class DcEvStatus(Var):
    """The state a DC car has reported."""

    status: types.iso15118.DcEvStatus


@message
class DcBulkChargingComplete(Var):
    """Whether a DC car has ended fast charging."""

    complete: bool


@message
class DcChargingComplete(Var):
    """Whether a DC car is full."""

    complete: bool


@message
class DcEvTargetVoltageCurrent(Var):
    """What a DC car wants now."""

    target: types.iso15118.DcEvTargetValues


@message
class DcEvMaximumLimits(Var):
    """The most a DC car can take."""

    limits: types.iso15118.DcEvMaximumLimits


@message
class DcEvRemainingTime(Var):
    """When a DC car expects to be done."""

    remaining_time: types.iso15118.DcEvRemainingTime


@message
class HlcSessionFailed(Var):
    """Communication with the car broke off; published the moment it is noticed."""

    reason: types.evse_manager.HlcSessionFailedReasonEnum


@message
class DlinkTerminate(Var):
    """Give up the data link for good."""


@message
class DlinkError(Var):
    """Give up the data link and match the car anew."""


@message
class DlinkPause(Var):
    """Keep the match and let the modem sleep."""


@message
class EvAppProtocol(Var):
    """The protocols the car offers."""

    app_protocols: types.iso15118.AppProtocols


@message
class V2gMessages(Var):
    """One message of the session; only when debugging."""

    message: types.iso15118.V2gMessages


@message
class SelectedProtocol(Var):
    """The protocol that both sides now speak; for people."""

    protocol: str


@message
class DisplayParameters(Var):
    """What the car lets the station show."""

    parameters: types.iso15118.DisplayParameters


@message
class D20DcDynamicChargeMode(Var):
    """What a DC car asks for in dynamic mode."""

    request: types.iso15118.DcChargeDynamicModeValues


@message
class DcEvPresentVoltage(Var):
    """The voltage a DC car measures."""

    voltage_v: float


@message
class MeterInfoRequested(Var):
    """The car wants to see the meter."""


@message
class SelectedServiceParameters(Var):
    """What the car chose in service selection."""

    parameters: types.iso15118.SelectedServiceParameters


@message
class EvTermination(Var):
    """Why the car ends the session."""

    termination: types.iso15118.EvTermination
