"""A connector among living actors: a board with a lock whose hardware outlives its driver, and a manager."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from actors.connector.messages import RENEW_S, Condition, Order, Output, StopWanted, Supply
from actors.drivers import base
from actors.engine import messages
from actors.engine.base import SiteActor
from actors.engine.simulation import Simulation
from actors.errors.messages import StandingErrors
from actors.module_actor import ModuleActor
from protocols.types.board_support_common import BspEventKind
from tests.support import devices
from tests.support.outlet import CABLE

if TYPE_CHECKING:
    from protocols.types.evse_board_support import PowerOnOffReason

CONNECTOR = "evse_1/connector_1"
PATHS = {"connector": "site/connector", "driver": "site/board", "manager": "site/manager"}


@dataclass
class Hardware:
    """What is bolted to the wall; its watchdog is its own."""

    pin: BspEventKind = BspEventKind.A
    closed: bool = False
    locked: bool = False
    percent: float = 0.0
    allowed_at_s: float | None = None
    openings: int = 0

    def live(self, now_s: float) -> None:
        """Let the watchdog look."""
        if self.closed and (self.allowed_at_s is None or now_s - self.allowed_at_s > 0.5 + 1e-6):
            self.closed = False
            self.openings += 1


HARDWARE = Hardware()
ORDERS: list[Order] = []
"""The last one is what the manager wants."""
HEARD: list[Any] = []
"""What the manager has heard from the connector."""


class Board(base.Board, base.Lock, ModuleActor):
    """Its successor reads everything back from the hardware."""

    def open_device(self) -> None:
        """Look at it."""
        self._look()
        self.tell_capabilities(CABLE)

    def _look(self) -> None:
        HARDWARE.live(self.port.clock.monotonic_s())
        self.tell_event(HARDWARE.pin)
        self.tell_event(BspEventKind.POWER_ON if HARDWARE.closed else BspEventKind.POWER_OFF)
        self.tell_locked(locked=HARDWARE.locked)
        self.start_timer("look", 0.05, self._look)

    def enable(self, *, in_service: bool) -> None:
        """Nothing to do."""

    def set_duty_cycle(self, duty_cycle_percent: float) -> None:
        """Shown to nobody."""
        HARDWARE.percent = duty_cycle_percent

    def set_signal(self, signal: Any) -> None:
        """Shown to nobody."""
        HARDWARE.percent = 0.0

    def allow_power(self, *, allowed: bool, reason: PowerOnOffReason) -> None:  # as the base has it
        """Close, renew or open."""
        if HARDWARE.closed and not allowed:
            HARDWARE.openings += 1
        HARDWARE.closed = allowed
        HARDWARE.allowed_at_s = self.port.clock.monotonic_s() if allowed else None

    def lock(self) -> None:
        """At once."""
        HARDWARE.locked = True

    def unlock(self) -> None:
        """At once."""
        HARDWARE.locked = False


class Manager(SiteActor):
    """Says its order again and again. Its successor does the same."""

    _said: Order | None = None

    def on_start(self) -> None:
        """Listen and speak."""
        for kind in (Condition, Output, StopWanted, StandingErrors):
            self.subscribe(CONNECTOR, kind, self._heard)
        self._say()

    def _heard(self, item: Any) -> None:
        HEARD.append(item)
        if isinstance(item, Condition) and ORDERS and item.order < ORDERS[-1].number:
            self.tell(CONNECTOR, ORDERS[-1])

    def _say(self) -> None:
        if ORDERS and (ORDERS[-1].supply is not Supply.OFF or ORDERS[-1] is not self._said):
            self._said = ORDERS[-1]
            self.tell(CONNECTOR, self._said, patience_s=RENEW_S)
        self.start_timer("say", RENEW_S, self._say)


def condition() -> Condition:
    """How the connector last said it is."""
    return next(each for each in reversed(HEARD) if isinstance(each, Condition))


def order(**changes: Any) -> None:
    """What the manager wants from now on."""
    ORDERS.append(Order(number=len(ORDERS) + 1, session="s", in_service=True, **changes))


def started(charge_mode: str = "AC", number: int = 1, **connections: list[str]) -> Simulation:
    """A site with one outlet, and nobody connected."""
    devices.reset()
    HARDWARE.__init__()  # type: ignore[misc]  # as new
    ORDERS.clear()
    HEARD.clear()
    wires = {"bsp": ["board/bsp"], "connector_lock": ["board/lock"], **connections}
    upkeep = {"heartbeat_s": 0.15, "deadline_s": 0.15, "backoff_s": 0.01, "retry_s": 5.0}
    children = [
        {
            "id": "board", "actor": "tests.support.outlet_actors.Board", **upkeep,
            "grants": {"board/bsp": "evse_board_support", "board/lock": "connector_lock"},
            "config": {"module": "board", "parameters": {}},
        },
        {
            "id": "connector", "actor": "actors.connector.connector_actor.ConnectorActor", **upkeep,
            "evse": 1, "grants": {CONNECTOR: ""},
            "config": {
                "module": "evse_1", "parameters": {"charge_mode": charge_mode}, "connector": number,
                "connections": wires,
            },
        },
        {"id": "manager", "actor": "tests.support.outlet_actors.Manager", **upkeep},
    ]  # fmt: skip
    simulation = Simulation()
    start = messages.Start(path="site", lineage="site#0", config={"children": children})
    simulation.start(devices.Root, start)
    simulation.advance(0.1)
    return simulation
