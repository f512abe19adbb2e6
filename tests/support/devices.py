"""Devices that only remember, behind the base classes of drivers; and a listener, for simulations."""

from __future__ import annotations

from typing import Any

from actors.drivers import base
from actors.drivers.messages import BoardState, LockState
from actors.engine.base import SiteActor
from actors.engine.root import RootSupervisor
from actors.engine.supervision import ChildSpec
from actors.errors.messages import ErrorCleared, ErrorRaised, StandingErrors
from protocols import codec
from protocols.interfaces import (
    ac_rcd,
    evse_board_support,
    isolation_monitor,
    over_voltage_monitor,
    power_supply_dc,
    powermeter,
    slac,
)

CALLS: list[tuple[Any, ...]] = []
"""What all devices were told, in order, whatever life of the driver."""
HEARD: list[tuple[str, Any]] = []
"""What all listeners have heard, with the name that said it."""
OPENED: dict[str, Any] = {}
"""By class name: what `open_device` does."""
RESULTS: dict[str, Any] = {}
"""What a hook that answers returns."""


def reset() -> None:
    """Forget what the last test has left."""
    for each in (CALLS, HEARD, OPENED, RESULTS):
        each.clear()


def called(name: str) -> Any:
    """A hook that remembers what it was told."""

    def hook(_self: SiteActor, *values: Any, **named: Any) -> Any:
        CALLS.append((name, *values, *named.values()))
        return RESULTS.get(name)

    return hook


def open_device(self: SiteActor) -> None:
    """As scripted."""
    CALLS.append(("open_device",))
    if (script := OPENED.get(type(self).__name__)) is not None:
        script(self)


HOOKS = (
    "enable", "set_duty_cycle", "set_signal", "allow_power", "switch_phases", "set_overcurrent_limit",
    "set_mode", "set_export", "set_import", "start_measuring", "stop_measuring", "start_self_test", "lock",
    "unlock", "set_limits", "start_watching", "stop_watching", "reset_error", "self_test", "reset",
    "reset_modem", "enter_bcd", "leave_bcd", "dlink_terminate", "dlink_error", "dlink_pause",
)  # fmt: skip
KINDS = (
    base.Board, base.DcSupply, base.IsolationMonitor, base.Lock, base.OverVoltageMonitor, base.Powermeter,
    base.Rcd, base.Slac,
)  # fmt: skip
Everything: Any = type(
    "Everything",
    KINDS,
    {"__module__": __name__, "open_device": open_device, **{name: called(name) for name in HOOKS}},
)
"""One device with every interface. Its successor recovers nothing."""

VARIABLES = (
    BoardState, LockState, StandingErrors, ErrorRaised, ErrorCleared, ac_rcd.RcdCurrentMA,
    evse_board_support.Event, evse_board_support.AcNrOfPhasesAvailable, evse_board_support.Telemetry,
    evse_board_support.Capabilities, evse_board_support.AcPpAmpacity,
    evse_board_support.RequestStopTransaction, isolation_monitor.IsolationMeasurement,
    isolation_monitor.SelfTestResult, over_voltage_monitor.VoltageMeasurementV,
    power_supply_dc.VoltageCurrent, power_supply_dc.Mode, power_supply_dc.Capabilities,
    powermeter.Powermeter, powermeter.PublicKeyOcmf, slac.State, slac.DlinkReady, slac.RequestErrorRoutine,
    slac.EvMacAddress,
)  # fmt: skip


class Listener(SiteActor):
    """Notes down every variable of some names. Its successor recovers nothing."""

    def on_start(self) -> None:
        """Listen to `config["names"]`."""
        for name in self.config["names"]:
            for kind in VARIABLES:
                self.subscribe(name, kind, lambda item, name=name: HEARD.append((name, item)))


class Root(RootSupervisor):
    """A root whose children its configuration gives. It has no successor."""

    def branches(self) -> list[ChildSpec]:
        """As given."""
        return [codec.from_plain(ChildSpec, each) for each in self.config["children"]]
