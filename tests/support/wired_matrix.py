"""A car that speaks, for sites in one thread: the real link, session and core of a car, and messages between
them where sockets would be. Time is the simulation's.
"""

from __future__ import annotations

import hashlib
import itertools
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from actors.engine.base import SiteActor, handles
from actors.simulation.car.car_v2g_actor import CONNECTED, LOOPS
from actors.simulation.ev import exchange as ev
from actors.simulation.ev.machine import Evcc
from actors.simulation.ev.script_file import read_script
from actors.simulation.plant import messages as plant
from actors.v2g.link_actor import V2gLinkActor
from actors.v2g.messages import TalkCondition
from protocols.iso15118 import v2gtp
from protocols.message import Command, Reply, message

if TYPE_CHECKING:
    from collections.abc import Callable

    from actors.simulation.ev.exchange import Effect, Input

LATENCY_S = 0.02
"""From a frame of the car to the station."""
LOOK_S = 0.25
"""How often a car that does not speak looks whether it may."""
TOGGLE_S = 0.5
"""Half a toggle of the pilot, by which a car that has paused makes itself heard, again and again."""
FIVE_PERCENT = (3.0, 7.0)
SCRIPT = (
    b"car: {mode: dc, pay: eim, tls: false, patience: 3}\n"
    b"steps: [plug, charge: {minutes: 10000}, resume, charge: {minutes: 10000}, unplug]"
)


@message
class Carried(Command):
    """Bytes on a connection, from either end; none: it is over."""

    answer: ClassVar[type[Reply]] = Reply

    connection: int
    data: bytes = b""
    opens: bool = False


@message
class Drive(Command):
    """What the driver does."""

    answer: ClassVar[type[Reply]] = Reply

    deed: str
    """plug, pause or unplug."""


class Wire:
    """The link's end of a connection, with the methods of a socket that it uses."""

    def __init__(self, say: Callable[[bytes], None]) -> None:
        self._say = say
        self._arrived = bytearray()
        self._over = False

    def arrive(self, data: bytes) -> None:
        """Bytes have come, or the end."""
        self._over |= not data
        self._arrived += data

    def settimeout(self, _seconds: float) -> None:
        """It never blocks."""

    def fileno(self) -> int:
        """Nobody waits for it: it is told of what arrives."""
        return -1

    def recv(self, size: int) -> bytes:
        """As of a socket."""
        if not self._arrived and not self._over:
            raise BlockingIOError
        data = bytes(self._arrived[:size])
        del self._arrived[:size]
        return data

    def send(self, data: bytes) -> int:
        """As of a socket."""
        self._say(bytes(data))
        return len(data)

    def close(self) -> None:
        """As of a socket."""
        self._say(b"")


class WiredLink(V2gLinkActor):
    """The link, with a wire to the car in place of its doors. Its successor knows of no connection."""

    def __init__(self) -> None:
        super().__init__()
        self._wire: Wire | None = None
        self._connection = 0

    def _open_doors(self) -> None:
        """There are none."""

    @handles(Carried)
    def handle_carried(self, command: Carried) -> Reply:
        """The car has opened a connection, said something, or gone."""
        if command.opens:
            self._connection = command.connection
            self._wire = Wire(lambda data: self._carry(command.connection, data))
            self.admit(self._wire, tls=False)
        elif self._wire is None or command.connection != self._connection:
            self._carry(command.connection, b"")  # as the kernel would, for a process that is gone
        else:
            self._wire.arrive(command.data)
            self._readable()
        return Reply()

    def _carry(self, connection: int, data: bytes) -> None:
        self.tell(f"wired:{self.evse}", Carried(connection=connection, data=data))


class WiredCar(SiteActor):
    """A car and its driver at a plant: it speaks whenever the pilot asks it to, and would charge for ever.
    When it comes back from a pause of its own it toggles the pilot until it is asked.
    """

    def __init__(self) -> None:
        super().__init__()
        self.core: Evcc | None = None
        """While it speaks, or rests between two talks."""
        self.talks = 0
        self._plugged = False
        self._toggling = False
        """It shows state C for a moment."""
        self._plant = plant.Plant(energy_wh=Decimal(0), energy_back_wh=Decimal(0))
        self._said: plant.Car | None = None
        self._link = ""
        self._connection = 0
        self._reader = v2gtp.FrameReader()
        self._randoms = itertools.count()
        self._car_timers: set[str] = set()

    def on_start(self) -> None:
        """Look at the hardware."""
        self.subscribe(f"plant:{self.evse}", plant.Plant, self._see)
        self.subscribe(self.config["link"], TalkCondition, self._follow_link)
        self._look()

    @handles(Drive)
    def handle_drive(self, command: Drive) -> Reply:
        """Do it."""
        match command.deed:
            case "plug":
                self._plugged = True
            case "pause":
                self._feed(ev.Ordered(order=ev.Order.PAUSE))
            case "unplug":
                self._plugged = False
                self._end()
        self._show()
        return Reply()

    @property
    def phase(self) -> str:
        """How far its talk is; empty: it is silent."""
        return str(self.core.phase) if self.core is not None else ""

    # -- the hardware --------------------------------------------------------------------------------------

    def _see(self, seen: plant.Plant) -> None:
        self._plant = seen
        if self.phase in LOOPS:
            volts, amperes = Decimal(str(seen.voltage_v)), Decimal(str(round(seen.current_a, 1)))
            self._feed(ev.Measured(voltage_v=volts, current_a=amperes))

    @property
    def _asked(self) -> bool:
        """Whether the pilot asks it to speak."""
        seen = self._plant
        within = FIVE_PERCENT[0] < seen.duty_cycle_percent < FIVE_PERCENT[1]
        return seen.signal is plant.Steady.PWM and within

    def _look(self) -> None:
        if self._plugged and self.core is None and self._plant.matched and self._asked:
            self.core = Evcc(read_script(SCRIPT, "script"), None, self._random)
            self.talks += 1
            self._feed(ev.Plugged())
        self.start_timer("look", LOOK_S, self._look)

    def _random(self, size: int) -> bytes:
        return hashlib.sha512(f"car {next(self._randoms)}".encode()).digest()[:size]

    def _show(self) -> None:
        """Let the hardware see the car, if it is another one than before."""
        drive = self.core.drive if self.core is not None else None
        ready = self._toggling or (drive is not None and drive.pilot is ev.Pilot.READY)
        shown = plant.Car(
            plugged=self._plugged,
            pin=("C" if ready else "B") if self._plugged else "A",
            connected=self.phase in CONNECTED,
            battery_v=float(drive.battery.present_voltage_v) if drive is not None else 0.0,
        )
        if shown != self._said:
            self._said = shown
            self.tell(f"plant:{self.evse}", shown)

    # -- the talk ------------------------------------------------------------------------------------------

    def _follow_link(self, condition: TalkCondition) -> None:
        """A link that has died takes the connection along."""
        before, self._link = self._link, condition.link
        if before and before != self._link:
            self._feed(ev.Disconnected(reason="connection_lost"))

    @handles(Carried)
    def handle_carried(self, command: Carried) -> Reply:
        """The station has said something, or closed."""
        if command.connection != self._connection:
            return Reply()
        if not command.data:
            self._feed(ev.Disconnected(reason="closed by the station"))
        self._reader.receive_data(command.data)
        while isinstance(frame := self._reader.next_event(), v2gtp.Frame):
            self._feed(ev.Received(payload_type=int(frame.payload_type), payload=frame.payload))
        return Reply()

    def _feed(self, given: Input) -> None:
        if self.core is None:
            return
        for effect in self.core.feed(given, self.port.clock.now()):
            self._carry_out(effect)
        self._show()

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case ev.Connect():
                self._connect()
            case ev.Send():
                frame = v2gtp.encode(effect.payload_type, effect.payload)
                self.start_timer("wire", LATENCY_S, lambda: self._send(frame))
            case ev.StartTimer(timer=name):
                self._car_timers.add(name)
                self.start_timer(f"car {name}", effect.after_s, lambda: self._feed(ev.Expired(timer=name)))
            case ev.CancelTimer():
                self.cancel_timer(f"car {effect.timer}")
            case ev.Close() | ev.Drop():
                self._hang_up()
            case ev.Finished():
                self._end()
            case _:
                pass  # notes, and what the core asks of nobody here

    def _connect(self) -> None:
        self._toggling = not self._toggling and not self._asked
        self._show()
        if not self._asked:
            self.start_timer("toggle", TOGGLE_S, self._connect)
            return
        self._connection += 1
        self._reader = v2gtp.FrameReader()
        self._send(opens=True)
        self.soon(lambda: self._feed(ev.Connected(tls=None)))

    def _send(self, data: bytes = b"", *, opens: bool = False) -> None:
        self.tell(self.config["link"], Carried(connection=self._connection, data=data, opens=opens))

    def _hang_up(self) -> None:
        self.cancel_timer("wire")
        self._send()
        self._connection += 1

    def _end(self) -> None:
        """It speaks no more, for now."""
        self.cancel_timer("toggle")
        self._toggling = False
        for name in self._car_timers:
            self.cancel_timer(f"car {name}")
        self._car_timers.clear()
        if self.core is not None:
            self.core = None
            self._hang_up()
        self._show()
