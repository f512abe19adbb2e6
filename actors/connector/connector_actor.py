"""Actor of one outlet. Serves no EVerest interface of its own; it belongs to its EVSE."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from actors.connector import facts
from actors.connector.absence import FAULTS
from actors.connector.exchange import (
    Answered,
    Clear,
    Device,
    Do,
    Effect,
    Input,
    Ordered,
    Passed,
    Raise,
    Say,
    Served,
    SiteRuns,
    Told,
)
from actors.connector.exchange import Stands as ErrorsStand
from actors.connector.machine import condition, decide
from actors.connector.messages import LEASE_S, Began, Condition, Contactor, Order
from actors.connector.settings import Settings
from actors.connector.state import State
from actors.drivers.messages import BoardState, LockState
from actors.engine.base import handles
from actors.errors.messages import StandingErrors
from actors.errors.raising import Raising
from actors.module_actor import ModuleActor
from protocols.errors import EvseManager
from protocols.interfaces import (
    evse_board_support,
    isolation_monitor,
    over_voltage_monitor,
    power_supply_dc,
    powermeter,
)
from protocols.message import Reply

if TYPE_CHECKING:
    from protocols.errors import ErrorType
    from protocols.message import Var

PER_OUTLET: Final = {Device.BOARD: ("bsp",), Device.LOCK: ("connector_lock",), Device.RCD: ("ac_rcd",)}
"""Requirements of the EVSE whose n-th connection is the n-th outlet's."""
SHARED: Final = {
    Device.METER: ("powermeter_car_side", "powermeter_grid_side"),
    Device.IMD: ("imd",),
    Device.OVM: ("over_voltage_monitor",),
    Device.SUPPLY: ("powersupply_DC",),
}
"""Requirements that all outlets of the EVSE have in common; the first one that is connected counts."""
VARIABLES: Final[dict[Device, tuple[type[Var], ...]]] = {
    Device.BOARD: (
        BoardState,
        evse_board_support.Event,
        evse_board_support.Capabilities,
        evse_board_support.AcPpAmpacity,
        evse_board_support.AcNrOfPhasesAvailable,
        evse_board_support.Telemetry,
        evse_board_support.RequestStopTransaction,
    ),
    Device.LOCK: (LockState,),
    Device.METER: (powermeter.Powermeter,),
    Device.IMD: (isolation_monitor.IsolationMeasurement, isolation_monitor.SelfTestResult),
    Device.OVM: (over_voltage_monitor.VoltageMeasurementV,),
    Device.SUPPLY: (power_supply_dc.Capabilities, power_supply_dc.VoltageCurrent),
}
"""What is listened to."""
LISTS: Final[tuple[type[ErrorType], ...]] = (EvseManager, *(type(kind) for kind, _name in FAULTS.values()))
"""What it may find wrong."""
DEADLINE_S: Final = 30.0
"""A device whose driver has not answered by then will not: no command takes so long."""


class ConnectorActor(ModuleActor):
    """Child of EvseSupervisor, one per outlet. It keeps nothing: its successor is told by the devices how
    they are and by the manager what it wants, and takes a closed contactor over as it is if both come within
    `LEASE_S`. Nobody renews the board's leave meanwhile, so the board opens if they do not.

    Its orders come from the manager of the EVSE under its name, `<module>/connector_<n>`, and under that it
    says its `Condition` and raises what it finds wrong itself: errors of `evse_manager`, of the board a
    contactor that does not do what it is told, and of each device that nobody drives it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._state = State(started_s=0.0)
        self._settings = Settings()
        self._said: Condition | None = None
        self._devices: dict[Device, str] = {}
        self._raising: Raising | None = None

    @property
    def number(self) -> int:
        """Which outlet of its EVSE it is, from 1."""
        return int(self.config.get("connector", 1))

    @property
    def name(self) -> str:
        """Where its orders are sent to."""
        return self.grants[0].name

    def on_start(self) -> None:
        """Find the devices and listen to them."""
        self._devices = dict(self._connected())
        outlets = len(self.connected("bsp"))
        self._settings = Settings.of(
            self.parameters,
            shared=outlets > 1,
            has_lock=Device.LOCK in self._devices,
            has_rcd=Device.RCD in self._devices,
            has_imd=Device.IMD in self._devices,
            has_ovm=Device.OVM in self._devices,
        )
        self._state = State(started_s=self.port.clock.monotonic_s())
        self._raising = Raising(self, self.name, LISTS, connector=self.number)
        self._raising.publish()
        for device, name in self._devices.items():
            for kind in VARIABLES.get(device, ()):
                self.subscribe(name, kind, partial(self._told, device))
            if device in facts.AILMENTS:
                self.subscribe(name, StandingErrors, partial(self._stands, device))
            self.subscribe_presence(name, partial(self._served, device))
        self._feed(Passed())

    def on_ready(self) -> None:
        """Have the manager say the order, and count how long the board is silent."""
        self.publish(Began(life=self.lineage), self.name, retain=True)
        self._feed(SiteRuns())

    @handles(Order)
    def handle_order(self, cmd: Order) -> Reply:
        """The manager says how the outlet shall be."""
        self._feed(Ordered(cmd))
        return Reply()

    def _connected(self) -> list[tuple[Device, str]]:
        found = []
        for device, (requirement, *_) in PER_OUTLET.items():
            names = self.connected(requirement)
            if len(names) >= self.number:
                found.append((device, names[self.number - 1]))
        for device, requirements in SHARED.items():
            names = tuple(name for each in requirements for name in self.connected(each))
            if names:
                found.append((device, names[0]))
        return found

    def _told(self, device: Device, variable: Var) -> None:
        self._feed(Told(device, variable))

    def _stands(self, device: Device, news: StandingErrors) -> None:
        self._feed(ErrorsStand(device, frozenset(each.error.type for each in news.errors)))

    def _served(self, device: Device, served: bool) -> None:  # noqa: FBT001  # the one thing it is told
        self._feed(Served(device, served))

    def _feed(self, given: Input) -> None:
        """Decide, carry out, say how the outlet is now, and ask for the next moment."""
        before, now_s = self._state, self.port.clock.monotonic_s()
        self._state, effects = decide(before, given, self._settings, now_s)
        for effect in effects:
            self._carry_out(effect)
        said = condition(self._state, self._settings)
        if said != self._said and self._knows(now_s):
            self._said = said
            self.publish(said, self.name, retain=True)
        if before.switch.phase is not self._state.switch.phase:
            self.log.info("contactor", phase=str(self._state.switch.phase), reason=self._state.reason)
        if self._state.wake_s is None:
            self.cancel_timer("pass")
        else:
            self.start_timer("pass", self._state.wake_s - now_s, partial(self._feed, Passed()))

    def _knows(self, now_s: float) -> bool:
        """Whether there is anything to be said yet. What a successor has not heard in its first moments would
        look to the manager like a car that has gone, or power that has failed.
        """
        state = self._state
        known = state.order is not None or state.facts.feedback is Contactor.OPEN
        return known or now_s - state.started_s >= LEASE_S - 1e-6

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Do():
                self._do(effect)
            case Say():
                self.publish(effect.variable, self.name)
            case _:
                self._raise_or_clear(effect)

    def _raise_or_clear(self, effect: Raise | Clear) -> None:
        assert self._raising is not None
        if isinstance(effect, Raise):
            self._raising.raise_error(effect.kind, effect.message, severity=effect.severity)
        else:
            self._raising.clear_error(effect.kind)

    def _do(self, effect: Do) -> None:
        name = self._devices.get(effect.device)
        if name is None:
            return
        if effect.renewal:
            self.tell(name, effect.command, patience_s=LEASE_S)
            return
        then = partial(self._answered_by, effect)
        self.ask(name, effect.command, then, deadline_s=DEADLINE_S, repeat=True)

    def _answered_by(self, effect: Do, reply: Reply) -> None:
        self._feed(Answered(effect.device, effect.command, reply))
