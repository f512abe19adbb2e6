"""What the station has told about itself: the commands of `ISO15118_charger` that set a value. Pure.

It outlives a talk: the EVSE manager tells it once, cars come and go. `applied` is a table of command to
field; commands that are events of a talk (`AuthorizationResponse`, `StopCharging`, `AcContactorClosed`,
`CableCheckFinished`, `SendError` ...) are here too as far as a later message of the car needs to see them.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

from protocols.interfaces import iso15118_charger as charger
from protocols.message import message
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


def _set(field: str, source: str) -> Callable[[Station, Any], Station]:
    def apply(station: Station, command: Command) -> Station:
        changes = {field: getattr(command, source)}
        return dataclasses.replace(station, **changes)

    return apply


def _setup(station: Station, command: charger.Setup) -> Station:
    return dataclasses.replace(
        station,
        evse_id=command.evse_id,
        sae_j2847_mode=command.sae_j2847_mode,
        debug_mode=command.debug_mode,
    )


def _session_setup(station: Station, command: charger.SessionSetup) -> Station:
    return dataclasses.replace(
        station,
        payment_options=command.payment_options,
        certificate_service=command.supported_certificate_service,
        central_contract_validation=command.central_contract_validation_allowed,
    )


def _narrow(station: Station, command: charger.UpdateSupportedAppProtocols) -> Station:
    return dataclasses.replace(station, protocols=command.supported_app_protocols.app_protocols)


def _no_error(station: Station, _command: charger.ResetError) -> Station:
    return dataclasses.replace(station, error=None)


APPLY: Final[Mapping[type[Command], Callable[[Station, Command], Station]]] = {
    charger.Setup: _setup,
    charger.SetChargingParameters: _set("physical", "physical_values"),
    charger.SessionSetup: _session_setup,
    charger.BptSetup: _set("bpt", "bpt_config"),
    charger.SetPowersupplyCapabilities: _set("supply", "capabilities"),
    charger.AcContactorClosed: _set("contactor_closed", "status"),
    charger.DlinkReady: _set("data_link", "value"),
    charger.CableCheckFinished: _set("cable_check", "status"),
    charger.ReceiptIsRequired: _set("receipt_required", "receipt_required"),
    charger.StopCharging: _set("stop", "stop"),
    charger.PauseCharging: _set("pause", "pause"),
    charger.NoEnergyPauseCharging: _set("no_energy", "mode"),
    charger.UpdateSupportedAppProtocols: _narrow,
    charger.UpdateEnergyTransferModes: _set("energy_transfer_modes", "supported_energy_transfer_modes"),
    charger.UpdateAcMaxCurrent: _set("ac_max_current_a", "max_current_a"),
    charger.UpdateAcParameters: _set("ac", "ac_parameters"),
    charger.UpdateAcMaximumLimits: _set("ac_maximum", "maximum_limits"),
    charger.UpdateAcMinimumLimits: _set("ac_minimum", "minimum_limits"),
    charger.UpdateAcTargetValues: _set("ac_target", "target_values"),
    charger.UpdateAcPresentPower: _set("ac_present_power", "present_power"),
    charger.UpdateDcMaximumLimits: _set("dc_maximum", "maximum_limits"),
    charger.UpdateDcMinimumLimits: _set("dc_minimum", "minimum_limits"),
    charger.UpdateIsolationStatus: _set("isolation", "isolation_status"),
    charger.UpdateDcPresentValues: _set("dc_present", "present_voltage_current"),
    charger.UpdateMeterInfo: _set("meter", "powermeter"),
    charger.SendError: _set("error", "error"),
    charger.ResetError: _no_error,
}
"""Each takes its own command, the key. `AuthorizationResponse` belongs to `authorization`, being an answer."""


def applied(station: Station, command: Command) -> Station:
    """The station after a command; unchanged by a command that tells nothing about it."""
    apply = APPLY.get(type(command))
    return station if apply is None else apply(station, command)
