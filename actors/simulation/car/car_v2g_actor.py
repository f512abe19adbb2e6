"""Actor of a simulated car's end of DIN 70121 and ISO 15118; stands for PyEvJosev."""

from __future__ import annotations

import ipaddress
import secrets
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from actors.engine.base import handles
from actors.module_actor import ModuleActor
from actors.simulation.car.behaviour import PAUSED
from actors.simulation.car.messages import EndTalk, OrderTalk, StartTalk, TalkOrder, TalkState
from actors.simulation.ev import machine, runner
from actors.simulation.ev.contexts import client_context
from actors.simulation.ev.exchange import Finished, Measured, Order, Ordered, Pilot
from actors.simulation.ev.script_file import ScriptError, read_script
from actors.simulation.ev.wallet import WalletError, load_wallet
from actors.simulation.placement import plant_of
from actors.simulation.plant.messages import Plant, Steady
from actors.v2g.messages import GetPorts, Ports
from protocols.message import Failure, FailureReason, Reply

if TYPE_CHECKING:
    from collections.abc import Iterable

    from actors.simulation.ev.exchange import Effect
    from actors.simulation.ev.outcome import Outcome

CONNECTED: Final = frozenset(
    {
        "PowerDeliveryStart",
        "CurrentDemand",
        "ChargeLoop",
        "MeteringReceipt",
        "MeteringConfirmation",
        "PowerDeliveryRenegotiate",
        "ScheduleRenegotiation",
    }
)
"""Phases in which a DC car has closed its contactors."""
ERRORS: Final = frozenset({Steady.E, Steady.F})
LOOPS: Final = frozenset({"CurrentDemand", "ChargingStatus", "ChargeLoop"})
ORDERS: Final = {
    TalkOrder.STOP: Order.STOP,
    TalkOrder.PAUSE: Order.PAUSE,
    TalkOrder.RENEGOTIATE: Order.RENEGOTIATE,
    TalkOrder.HOLD: Order.HOLD,
    TalkOrder.SUSPEND: Order.SUSPEND,
    TalkOrder.RESUME: Order.RESUME,
}
PORTS_S: Final = 5.0
LEAST_STEP_S: Final = 0.001


class SimulatedCarV2gActor(ModuleActor):
    """Child of EvseSupervisor, beside the car it belongs to; holds the car's socket. A talk dies with it: its
    successor says that none is under way, and the car's script goes on as after any broken connection.
    """

    def __init__(self) -> None:
        super().__init__()
        self._state = TalkState()
        self._running: runner.Runner | None = None
        self._car: machine.Evcc | None = None
        self._watched = False
        self._signal = Steady.X1
        """What the pilot shows."""

    def on_start(self) -> None:
        """Look at the hardware: what flows there is what the car measures."""
        self.subscribe(plant_of(self.config), Plant, self._seen)

    def on_ready(self) -> None:
        """Nobody talks yet."""
        self._say()

    def on_stop(self) -> None:
        """Let go of the station."""
        self._close()

    @handles(StartTalk)
    def handle_start_talk(self, command: StartTalk) -> Reply:
        """Read the script, and ask the station's link where it listens."""
        if self._signal in ERRORS:
            return Failure(reason=FailureReason.INVALID, detail=f"the pilot shows state {self._signal}")
        try:
            plan = read_script(command.script.encode(), "script")
            wallet = load_wallet(self._certificates)
        except (ScriptError, WalletError) as error:
            return Failure(reason=FailureReason.INVALID, detail=str(error))
        self._close()
        self._car = machine.Evcc(plan, wallet, secrets.token_bytes)
        self._state = TalkState(number=self._state.number + 1, running=True)
        self._say()
        context = client_context(plan.car, wallet) if plan.car.wants_tls else None
        number = self._state.number

        def begin(place: runner.Place) -> None:
            if self._car is not None and self._state.number == number:
                self._running = runner.Runner(self._car, place, context)
                self._step()

        self._find(begin)
        return Reply()

    @handles(EndTalk)
    def handle_end_talk(self, _command: EndTalk) -> Reply:
        """Close the connection, as when the plug is pulled."""
        self._close()
        if self._state.running:
            self._over("unplugged", completed=False)
        return Reply()

    @handles(OrderTalk)
    def handle_order_talk(self, command: OrderTalk) -> Reply:
        """Tell the car what to do; without a talk there is nothing to stop."""
        if self._running is not None:
            self._take(self._running.tell(Ordered(order=ORDERS[command.order])))
            self._step()  # it may have begun to wait for something
        return Reply()

    @property
    def _certificates(self) -> Path:
        named = Path(str(self.parameters.get("certificates") or "certs"))
        return named if named.is_absolute() else Path(self.config["state"]).parent / named

    def _find(self, begin: object) -> None:
        """The station on a real interface is found by multicast, one on loopback tells where it is.

        A car that takes any interface looks on that of its station.
        """
        assert callable(begin)
        device = str(self.parameters["device"])
        if device not in {"lo", "auto"}:
            begin(runner.Place(interface=device))
            return

        def heard(reply: Reply) -> None:
            if isinstance(reply, Ports) and reply.sdp is not None:
                away = device == "auto" and not ipaddress.ip_address(reply.address).is_loopback
                begin(runner.Place(interface=reply.device) if away else runner.Place(sdp=("::1", reply.sdp)))
            else:
                self.log.warning("no_station", link=self.config.get("link"), reply=repr(reply)[:200])
                self._over("no station was found", completed=False)

        self.ask(str(self.config.get("link")), GetPorts(), heard, deadline_s=PORTS_S)

    # -- the talk ------------------------------------------------------------------------------------------

    def _step(self) -> None:
        running = self._running
        if running is None:
            return
        self._take(running.step(0.0))
        if self._running is not running:
            return
        if not self._watched:
            self._watched = True
            self.watch(running.fileno(), self._step)
        if (due_s := running.due_s) is not None:
            self.start_timer("step", max(LEAST_STEP_S, due_s), self._step)
        else:
            self.cancel_timer("step")

    def _take(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Finished):
                outcome = effect.outcome
                text = _told(outcome)
                self._close()
                self._over(text, completed=outcome.good)
                return
        self._look()

    def _look(self) -> None:
        """Say what has changed in the car."""
        car = self._car
        if car is None:
            return
        drive = car.drive
        seen = TalkState(
            number=self._state.number,
            running=True,
            pin="C" if drive.pilot is Pilot.READY else "B",
            phase=str(car.phase),
            connected=drive.car.mode.is_dc and str(car.phase) in CONNECTED,
            charging=str(car.phase) in LOOPS,
            wants_a=0.0 if drive.car.mode.is_dc else self._wanted_a(),
            battery_v=float(drive.battery.present_voltage_v),
            soc_percent=float(drive.soc_percent),
        )
        if seen != self._state:
            self._state = seen
            self._say()

    def _wanted_a(self) -> float:
        """AC: the battery's wish within what onboard charger and station allow, per phase."""
        assert self._car is not None
        drive = self._car.drive
        power_w = drive.charge_power_w(drive.car.ac.max_power_w)
        return float(round(power_w / (drive.car.ac.voltage_v * drive.car.ac.phases), 1))

    def _seen(self, plant: Plant) -> None:
        """A pilot that shows an error ends a talk (IEC 61851-1, state E and F), unless that sleeps."""
        self._signal = plant.signal
        if plant.signal in ERRORS and self._state.running and self._state.phase != PAUSED:
            self._close()
            self._over(f"the pilot shows state {plant.signal}", completed=False)
        self._measure(plant)

    def _measure(self, plant: Plant) -> None:
        """What flows at the inlet counts, not what the station says."""
        if self._running is None or not self._state.charging:
            return
        given = Measured(
            voltage_v=Decimal(str(plant.voltage_v)), current_a=Decimal(str(round(plant.current_a, 1)))
        )
        self._take(self._running.tell(given))

    def _over(self, outcome: str, *, completed: bool) -> None:
        self._state = TalkState(
            number=self._state.number,
            soc_percent=self._state.soc_percent,
            completed=completed,
            outcome=outcome,
        )
        self.log.info("talk_over", outcome=outcome, completed=completed)
        self._say()

    def _close(self) -> None:
        running, self._running, self._car = self._running, None, None
        self.cancel_timer("step")
        if running is not None:
            if self._watched:
                self.unwatch(running.fileno())
            self._watched = False
            running.close()

    def _say(self) -> None:
        self.publish(self._state, f"{self.module_id}/ev", retain=True)


def _told(outcome: Outcome) -> str:
    """How a talk has ended, for logs and programs."""
    if outcome.good:
        return "charged"
    if outcome.reason is None:
        return f"cut short by the station: {', '.join((*outcome.undone_steps, *outcome.undone_faults))}"
    return f"{outcome.reason}: {outcome.detail}"
