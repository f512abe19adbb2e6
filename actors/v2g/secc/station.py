"""What the station has told about itself: the commands of `ISO15118_charger` that set a value. Pure.

It outlives a talk: the EVSE manager tells it once, cars come and go. `applied` is a table of command to
field; commands that are events of a talk (`AuthorizationResponse`, `StopCharging`, `AcContactorClosed`,
`CableCheckFinished`, `SendError` ...) are here too as far as a later message of the car needs to see them.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Final

from protocols.interfaces import iso15118_charger as charger
from protocols.message import changed, message
from protocols.types import (
    iso15118,
    iso15118_vas,
    power_supply_dc,
    powermeter,
    units,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from protocols.message import Command


@message
class Station:
    """The station as the car may see it; None where the EVSE manager has not spoken yet."""

    evse_id: iso15118.EVSEID | None = None
    sae_j2847_mode: iso15118.SaeJ2847BidiMode = iso15118.SaeJ2847BidiMode.NONE
    debug_mode: bool = False
    physical: iso15118.SetupPhysicalValues | None = None
    payment_options: tuple[iso15118.PaymentOption, ...] = ()
    certificate_service: bool = False
    central_contract_validation: bool = False
    bpt: iso15118.BptSetup | None = None
    supply: power_supply_dc.Capabilities | None = None
    contactor_closed: bool | None = None
    """AC: what the last `AcContactorClosed` said; None since the car was told to be connected or parted."""
    cable_check: bool | None = None
    """DC: how the last cable check ended; None while it runs or none was asked for."""
    data_link: bool = False
    receipt_required: bool = False
    stop: bool = False
    pause: bool = False
    no_energy: iso15118.NoEnergyPauseMode | None = None
    protocols: tuple[iso15118.SupportedAppProtocol, ...] | None = None
    """As narrowed; None: those of the configuration."""
    energy_transfer_modes: tuple[iso15118.EnergyTransferMode, ...] = ()
    ac_max_current_a: float | None = None
    ac: iso15118.AcParameters | None = None
    ac_maximum: iso15118.AcEvseMaximumPower | None = None
    ac_minimum: iso15118.AcEvseMinimumPower | None = None
    ac_target: iso15118.AcTargetValues | None = None
    ac_present_power: units.Power | None = None
    dc_maximum: iso15118.DcEvseMaximumLimits | None = None
    dc_minimum: iso15118.DcEvseMinimumLimits | None = None
    isolation: iso15118.IsolationStatus = iso15118.IsolationStatus.INVALID
    dc_present: iso15118.DcEvsePresentVoltageCurrent | None = None
    meter: powermeter.Powermeter | None = None
    error: iso15118.EvseError | None = None
    """What the car is to be told has failed, until `ResetError`."""
    value_added: tuple[iso15118_vas.OfferedServices, ...] = ()
    """What each VAS provider offers, in the order of the connections."""


def _copy(**fields: str) -> Callable[[Station, Command], Station]:
    """A rule that fills each field of the station from the command's field of that (dotted) name."""
    sources = {field: attrgetter(source) for field, source in fields.items()}

    def apply(station: Station, command: Command) -> Station:
        return changed(station, **{field: get(command) for field, get in sources.items()})

    return apply


def _new_session(station: Station, command: Command) -> Station:
    """What was told about the last session ends here; a talk that goes on keeps a stop as its own."""
    told = _copy(
        payment_options="payment_options",
        certificate_service="supported_certificate_service",
        central_contract_validation="central_contract_validation_allowed",
    )
    return changed(
        told(station, command),
        stop=False,
        pause=False,
        no_energy=None,
        isolation=iso15118.IsolationStatus.INVALID,  # nobody has looked at the next car's cable yet
    )


def _no_error(station: Station, _command: Command) -> Station:
    return changed(station, error=None)


APPLY: Final[Mapping[type[Command], Callable[[Station, Command], Station]]] = {
    charger.Setup: _copy(evse_id="evse_id", sae_j2847_mode="sae_j2847_mode", debug_mode="debug_mode"),
    charger.SetChargingParameters: _copy(physical="physical_values"),
    charger.SessionSetup: _new_session,
    charger.BptSetup: _copy(bpt="bpt_config"),
    charger.SetPowersupplyCapabilities: _copy(supply="capabilities"),
    charger.AcContactorClosed: _copy(contactor_closed="status"),
    charger.DlinkReady: _copy(data_link="value"),
    charger.CableCheckFinished: _copy(cable_check="status"),
    charger.ReceiptIsRequired: _copy(receipt_required="receipt_required"),
    charger.StopCharging: _copy(stop="stop"),
    charger.PauseCharging: _copy(pause="pause"),
    charger.NoEnergyPauseCharging: _copy(no_energy="mode"),
    charger.UpdateSupportedAppProtocols: _copy(protocols="supported_app_protocols.app_protocols"),
    charger.UpdateEnergyTransferModes: _copy(energy_transfer_modes="supported_energy_transfer_modes"),
    charger.UpdateAcMaxCurrent: _copy(ac_max_current_a="max_current_a"),
    charger.UpdateAcParameters: _copy(ac="ac_parameters"),
    charger.UpdateAcMaximumLimits: _copy(ac_maximum="maximum_limits"),
    charger.UpdateAcMinimumLimits: _copy(ac_minimum="minimum_limits"),
    charger.UpdateAcTargetValues: _copy(ac_target="target_values"),
    charger.UpdateAcPresentPower: _copy(ac_present_power="present_power"),
    charger.UpdateDcMaximumLimits: _copy(dc_maximum="maximum_limits"),
    charger.UpdateDcMinimumLimits: _copy(dc_minimum="minimum_limits"),
    charger.UpdateIsolationStatus: _copy(isolation="isolation_status"),
    charger.UpdateDcPresentValues: _copy(dc_present="present_voltage_current"),
    charger.UpdateMeterInfo: _copy(meter="powermeter"),
    charger.SendError: _copy(error="error"),
    charger.ResetError: _no_error,
}
"""Each takes its own command, the key. `AuthorizationResponse` is an answer: see `authorization`."""


def applied(station: Station, command: Command) -> Station:
    """The station after a command; unchanged by a command that tells nothing about it."""
    apply = APPLY.get(type(command))
    return station if apply is None else apply(station, command)
