"""One EVSE: its sessions, its transaction, its connectors."""

from typing import Annotated, ClassVar, Final

from pydantic import Field

from protocols import errors, types
from protocols.message import Command, Reply, Var, message

NAME: Final = "evse_manager"
"""EVerest's name of the interface."""
ERRORS: Final = (errors.EvseManager,)
"""What its providers may raise."""


@message
class GetEvseReply(Reply):
    """Answer to `GetEvse`."""

    evse: types.evse_manager.Evse


@message
class GetEvse(Command):
    """Ask who this EVSE is and which connectors it has."""

    answer: ClassVar[type[Reply]] = GetEvseReply


@message
class EnableDisableReply(Reply):
    """Answer to `EnableDisable`."""

    enabled: bool
    """Where it stands now; a weightier source may want otherwise."""


@message
class EnableDisable(Command):
    """Put the EVSE or one connector in or out of service, with the weight of whoever asks."""

    answer: ClassVar[type[Reply]] = EnableDisableReply

    connector_id: int
    """0 is the whole EVSE."""
    cmd_source: types.evse_manager.EnableDisableSource
    """Who asks, for what, how weighty."""


@message
class AuthorizeResponse(Command):
    """Pass on the verdict on a token that is meant for this EVSE."""

    provided_token: types.authorization.ProvidedIdToken
    validation_result: types.authorization.ValidationResult


@message
class WithdrawAuthorization(Command):
    """Take back the permission to start a transaction."""


@message
class ReserveReply(Reply):
    """Answer to `Reserve`."""

    accepted: bool


@message
class Reserve(Command):
    """Hold the EVSE for somebody who is on their way."""

    answer: ClassVar[type[Reply]] = ReserveReply

    reservation_id: int
    """Negative: no particular reservation, but all reservations together need this EVSE."""


@message
class CancelReservation(Command):
    """Let the EVSE go again."""


@message
class PauseChargingReply(Reply):
    """Answer to `PauseCharging`."""

    paused: bool
    """True also when it had been paused before."""


@message
class PauseCharging(Command):
    """Pause from the station's side."""

    answer: ClassVar[type[Reply]] = PauseChargingReply


@message
class ResumeChargingReply(Reply):
    """Answer to `ResumeCharging`."""

    resumed: bool


@message
class ResumeCharging(Command):
    """End the station's pause; a pause by the car cannot be ended from here."""

    answer: ClassVar[type[Reply]] = ResumeChargingReply


@message
class StopTransactionReply(Reply):
    """Answer to `StopTransaction`."""

    stopped: bool


@message
class StopTransaction(Command):
    """End the transaction; the car must be plugged in anew to charge again."""

    answer: ClassVar[type[Reply]] = StopTransactionReply

    request: types.evse_manager.StopTransactionRequest


@message
class ForceUnlockReply(Reply):
    """Answer to `ForceUnlock`."""

    accepted: bool
    """Whether it will be tried; a failed motor is raised as an error by the lock."""


@message
class ForceUnlock(Command):
    """Release the plug whatever is going on; for an operator's explicit request only."""

    answer: ClassVar[type[Reply]] = ForceUnlockReply

    connector_id: int


@message
class ExternalReadyToStartChargingReply(Reply):
    """Answer to `ExternalReadyToStartCharging`."""

    used: bool
    """Whether the EVSE was waiting at all."""


@message
class ExternalReadyToStartCharging(Command):
    """Tell that whatever this EVSE has been told to wait for is ready."""

    answer: ClassVar[type[Reply]] = ExternalReadyToStartChargingReply


@message
class SetPlugAndChargeConfiguration(Command):
    """Set how contracts are treated; what is absent stays as it is."""

    plug_and_charge_configuration: types.evse_manager.PlugAndChargeConfiguration


@message
class UpdateAllowedEnergyTransferModesReply(Reply):
    """Answer to `UpdateAllowedEnergyTransferModes`."""

    result: types.evse_manager.UpdateAllowedEnergyTransferModesResult


@message
class UpdateAllowedEnergyTransferModes(Command):
    """Narrow the modes a car may use; a running session negotiates again."""

    answer: ClassVar[type[Reply]] = UpdateAllowedEnergyTransferModesReply

    allowed_energy_transfer_modes: Annotated[
        tuple[types.iso15118.EnergyTransferMode, ...], Field(min_length=1)
    ]


@message
class SessionEvent(Var):
    """Something happened in the life of the EVSE."""

    event: types.evse_manager.SessionEvent


@message
class HlcSessionFailed(Var):
    """High-level communication broke off."""

    event: types.evse_manager.HlcSessionFailedEvent


@message
class Limits(Var):
    """What the EVSE can offer; on change."""

    limits: types.evse_manager.Limits


@message
class EvInfo(Var):
    """What is known about the car."""

    ev_info: types.evse_manager.EVInfo


@message
class CarManufacturer(Var):
    """Who built the car."""

    manufacturer: types.evse_manager.CarManufacturer


@message
class Telemetry(Var):
    """Slow readings of the board's own health."""

    telemetry: types.evse_board_support.Telemetry


@message
class Powermeter(Var):
    """The newest meter reading."""

    powermeter: types.powermeter.Powermeter


@message
class PowermeterPublicKeyOcmf(Var):
    """The key to verify the meter's records with."""

    public_key: str


@message
class EvseId(Var):
    """The id users read, with the connector's number."""

    evse_id: str


@message
class HwCapabilities(Var):
    """The board's limits."""

    capabilities: types.evse_board_support.HardwareCapabilities


@message
class EnforcedLimits(Var):
    """What the energy manager granted."""

    limits: types.energy.EnforcedLimits


@message
class WaitingForExternalReady(Var):
    """Ready but for `ExternalReadyToStartCharging`."""

    waiting: bool


@message
class Ready(Var):
    """Ready to charge."""

    ready: bool


@message
class SelectedProtocol(Var):
    """The protocol spoken with the car; for people."""

    protocol: str


@message
class SupportedEnergyTransferModes(Var):
    """The modes this EVSE can offer."""

    energy_transfer_modes: Annotated[tuple[types.iso15118.EnergyTransferMode, ...], Field(min_length=1)]
