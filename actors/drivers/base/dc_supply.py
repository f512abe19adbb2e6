"""Base of power supplies behind a DC output. Answers interface `power_supply_DC`."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, ClassVar, Final

from actors.drivers.base.driver import WATCHDOG_S, Driver, switched_off
from actors.engine.base import handles
from protocols.interfaces import power_supply_dc as psu
from protocols.message import Reply
from protocols.types.power_supply_dc import Capabilities, ChargingPhase, Mode, VoltageCurrent

if TYPE_CHECKING:
    from types import ModuleType

    from actors.engine.base import Deferred

OFF_S: Final = 2.0
"""`SetMode` to off is answered after this time at the latest, whatever the current."""


class DcSupply(Driver, abc.ABC):
    """A supply that is switched off when nobody renews its mode or set points within `WATCHDOG_S`; better
    still, its hardware does that by itself. Its successor reads mode and measurement back from the supply.
    """

    provides: ClassVar[tuple[ModuleType, ...]] = (psu,)
    safe_current_a: ClassVar[float] = 5.0
    """Below it the contactor may open without harm: only then is `SetMode` to off answered."""

    def __init__(self) -> None:
        super().__init__()
        self._mode = Mode.OFF
        self._off: list[Deferred] = []

    # -- to be implemented ---------------------------------------------------------------------------------

    @abc.abstractmethod
    def set_mode(self, mode: Mode, phase: ChargingPhase) -> None:
        """Switch the direction of energy, never to `Fault`; begin with a current of 0.

        Said again every 150 ms while it holds. A supply that cannot be reached remembers the last mode and
        set points, applies them when it is back and only then clears its error.
        """

    @abc.abstractmethod
    def set_export(self, voltage_v: float, current_a: float) -> None:
        """Deliver this voltage, with no more than this current; within the capabilities."""

    @abc.abstractmethod
    def set_import(self, voltage_v: float, current_a: float) -> None:
        """Take up to this current from the car while its voltage is above this."""

    # -- to be called --------------------------------------------------------------------------------------

    def tell_capabilities(self, capabilities: Capabilities) -> None:
        """Tell the limits: after a start as soon as they are known, and when they change."""
        self.say(psu, psu.Capabilities(capabilities=capabilities))

    def tell_mode(self, mode: Mode) -> None:
        """Tell the mode: after a start, and on each change."""
        self._mode = mode
        self.say(psu, psu.Mode(mode=mode))

    def tell_measurement(self, *, voltage_v: float, current_a: float) -> None:
        """Tell what the output carries, on or off: at least once a second, better four times."""
        measurement = VoltageCurrent(voltage_v=voltage_v, current_a=current_a)
        self.say(psu, psu.VoltageCurrent(measurement=measurement))
        if abs(current_a) < self.safe_current_a:
            self._answer_off()

    # -- commands ------------------------------------------------------------------------------------------

    def on_start(self) -> None:
        """As every driver; and whoever wants energy to flow has to say so again in time."""
        super().on_start()
        self._watch_output()

    @handles(psu.SetMode)
    def handle_set_mode(self, cmd: psu.SetMode) -> Reply | Deferred:
        """Switch; off is answered when the current is low enough to open contactors."""
        self.set_mode(cmd.mode, cmd.phase)
        if cmd.mode is not Mode.OFF:
            self._watch_output()
            self._answer_off()
            return Reply()
        self.cancel_timer("output watchdog")
        if not self._off:
            self.start_timer("answer off", OFF_S, self._answer_off)
        self._off.append(self.defer())
        return self._off[-1]

    @handles(psu.SetExportVoltageCurrent)
    def handle_set_export_voltage_current(self, cmd: psu.SetExportVoltageCurrent) -> Reply:
        """What to deliver."""
        self._renew_output()
        self.set_export(cmd.voltage_v, cmd.current_a)
        return Reply()

    @handles(psu.SetImportVoltageCurrent)
    def handle_set_import_voltage_current(self, cmd: psu.SetImportVoltageCurrent) -> Reply:
        """What to take."""
        self._renew_output()
        self.set_import(cmd.voltage_v, cmd.current_a)
        return Reply()

    def _renew_output(self) -> None:
        if self.cancel_timer("output watchdog"):
            self._watch_output()

    def _watch_output(self) -> None:
        self.start_timer("output watchdog", WATCHDOG_S, self._output_lapsed)

    def _output_lapsed(self) -> None:
        if self._mode not in (Mode.OFF, Mode.FAULT):
            self.log.error("output_lapsed", reason=switched_off("the order to the supply"))
        self.set_mode(Mode.OFF, ChargingPhase.OTHER)

    def _answer_off(self) -> None:
        self.cancel_timer("answer off")
        waiting, self._off = self._off, []
        for each in waiting:
            each.answer(Reply())
