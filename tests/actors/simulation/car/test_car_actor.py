"""Tests for actors/simulation/car/car_actor.py; whole charges: tests/scenarios/test_site_charging.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from actors.catalog.simulation import CAR, CAR_V2G
from actors.engine import messages as engine
from actors.engine.simulation import Simulation
from actors.simulation.car import car_v2g_actor
from actors.simulation.car.car_actor import SimulatedCarActor
from actors.simulation.car.messages import (
    Behaviour,
    CarReply,
    MakeMove,
    Move,
    PlugIn,
    StartTalk,
    TalkState,
    Way,
)
from actors.simulation.car.persistence import TRIES
from actors.simulation.ev.outcome import Outcome, Reason
from actors.simulation.plant import messages
from protocols.interfaces import car_simulator
from protocols.message import Failure
from tests.support import actors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


TALKER: dict[str, Any] = {
    "id": "car_v2g",
    "actor": "actors.simulation.car.car_v2g_actor.SimulatedCarV2gActor",
    "grants": {"car_v2g/ev": ""},
    "config": {
        "module": "car_v2g",
        "parameters": {name: each.default for name, each in CAR_V2G.parameters.items()} | {"device": "lo"},
        "connections": {},
        "plant": "plant:1",
        "link": "v2g/nowhere",
        "state": "/nowhere/journals",
    },
}


class Yard:
    """A car at a plant; where it talks, nobody is at the other end of the line."""

    def __init__(self, state: Path | None = None, *, talks: bool = False, **changes: Any) -> None:
        actors.reset()
        self.simulation = Simulation()
        parameters = {name: each.default for name, each in CAR.parameters.items()}
        children = [
            {
                "id": "plant",
                "actor": "actors.simulation.plant.plant_actor.PlantActor",
                "grants": {"plant:1": ""},
                "config": {} if state is None else {"state": str(state)},
            },
            {
                "id": "car",
                "actor": "actors.simulation.car.car_actor.SimulatedCarActor",
                "grants": {"car/main": "car_simulator"},
                "config": {
                    "module": "car",
                    "parameters": parameters | {"connector_id": 1} | changes,
                    "connections": {"ev": ["car_v2g/ev"]} if talks else {},
                    "plant": "plant:1",
                },
            },
        ]
        children += [TALKER] if talks else []
        self.simulation.start(
            actors.Site, engine.Start(path="site", lineage="site#0", config={"children": children})
        )
        self.simulation.run()

    def ask(self, command: Any, name: str = "car/main") -> Any:
        reply = self.simulation.ask(name, command)
        self.simulation.advance(0.2)
        return reply

    @property
    def car(self) -> messages.Car:
        plant: Any = self.simulation.actor("site/plant")
        found = plant._hardware.car
        assert isinstance(found, messages.Car)
        return found


@pytest.fixture
def yard() -> Iterator[Yard]:
    yield Yard(auto_enable=True)
    actors.reset()


def test_a_car_plugs_in_and_does_what_it_is_told(yard: Yard) -> None:
    yard.ask(car_simulator.ExecuteChargingSession(value="sleep 5;unplug"))
    assert yard.car.plugged
    assert yard.car.mac_address == "02:45:56:00:00:01"

    yard.simulation.advance(6.0)

    assert not yard.car.plugged


def test_a_car_draws_when_it_is_offered_something(yard: Yard) -> None:
    yard.ask(
        car_simulator.ExecuteChargingSession(value="iec_wait_pwr_ready;draw_power_regulated 16,3;sleep 60")
    )
    assert yard.car.pin == "B"

    yard.ask(messages.SetPilot(signal=messages.Steady.PWM, duty_cycle_percent=26.7), "plant:1")

    assert (yard.car.pin, yard.car.draws_a) == ("C", 16.0)


def test_a_program_that_is_none_is_refused(yard: Yard) -> None:
    reply = yard.ask(car_simulator.ExecuteChargingSession(value="fly"))

    assert isinstance(reply, Failure)
    assert "there is no 'fly'" in reply.detail
    assert not yard.car.plugged


def test_a_car_that_is_switched_off_is_gone(yard: Yard) -> None:
    yard.ask(car_simulator.ExecuteChargingSession(value="sleep 60"))

    yard.ask(car_simulator.Enable(value=False))

    assert not yard.car.plugged
    assert isinstance(yard.ask(car_simulator.ExecuteChargingSession(value="unplug")), Failure)


@pytest.mark.parametrize(("infinite", "plugged"), [(True, True), (False, False)])
def test_a_car_begins_by_itself_and_again_where_that_is_configured(infinite: Any, plugged: Any) -> None:
    yard = Yard(
        auto_enable=True, auto_exec=True, auto_exec_infinite=infinite, auto_exec_commands="sleep 1;unplug"
    )
    seen = [yard.car.plugged]
    for seconds in (1.5, 2.0):
        yard.simulation.advance(seconds)
        seen.append(yard.car.plugged)

    assert seen == [True, False, plugged]
    actors.reset()


def test_a_car_can_begin_some_time_after_the_site() -> None:
    yard = Yard(auto_enable=True, auto_exec=True, auto_exec_delay=3, auto_exec_commands="sleep 9")

    yard.simulation.advance(2.9)
    before = yard.car.plugged
    yard.simulation.advance(0.2)

    assert (before, yard.car.plugged) == (False, True)
    actors.reset()


def test_a_bad_program_of_the_site_file_is_no_reason_to_die() -> None:
    yard = Yard(auto_enable=True, auto_exec=True, auto_exec_commands="fly")

    assert not yard.car.plugged
    assert yard.ask(car_simulator.ExecuteChargingSession(value="sleep 1"))
    actors.reset()


def test_a_car_that_was_replaced_is_still_plugged_in(yard: Yard) -> None:
    yard.ask(car_simulator.ExecuteChargingSession(value="sleep 60"))

    yard.simulation.kill("site/car")
    yard.simulation.run()
    yard.simulation.advance(1.0)

    assert yard.car.plugged


def test_a_car_at_new_hardware_is_plugged_in_again(yard: Yard) -> None:
    yard.ask(car_simulator.ExecuteChargingSession(value="sleep 60"))

    yard.simulation.kill("site/plant")
    yard.simulation.run()
    yard.simulation.advance(1.0)

    assert yard.car.plugged


def test_a_fault_of_the_program_reaches_the_hardware(yard: Yard) -> None:
    yard.ask(car_simulator.ExecuteChargingSession(value="diode_fail;sleep 5"))

    plant: Any = yard.simulation.actor("site/plant")
    assert plant._hardware.faults == {messages.Fault.DIODE}


OFFER = messages.SetPilot(signal=messages.Steady.PWM, duty_cycle_percent=26.7)


def test_a_car_that_is_off_is_switched_on_to_plug_in() -> None:
    yard = Yard()

    reply = yard.ask(PlugIn(behaviour=Behaviour(current_a=10.0, phases=1)))
    yard.ask(OFFER, "plant:1")

    assert reply == CarReply(plugged=True, pin="B", talks=False)
    assert (yard.car.pin, yard.car.draws_a, yard.car.phases) == ("C", 10.0, 1)
    actors.reset()


@pytest.mark.parametrize(
    ("behaviour", "problem"),
    [(Behaviour(), "plugged in already"), (Behaviour(way=Way.ISO15118_2), "cannot talk")],
)
def test_a_car_says_why_it_does_not_plug_in(yard: Yard, behaviour: Behaviour, problem: str) -> None:
    if behaviour.way is Way.IEC61851:
        yard.ask(PlugIn(behaviour=behaviour))

    reply = yard.ask(PlugIn(behaviour=behaviour))

    assert isinstance(reply, Failure)
    assert problem in reply.detail


@pytest.mark.parametrize(
    ("moves", "pin", "draws_a"),
    [
        ([Move.READY], "C", 16.0),
        ([Move.READY, Move.SUSPEND], "C", 0.0),
        ([Move.READY, Move.SUSPEND, Move.RESUME], "C", 16.0),
        ([Move.READY, Move.PAUSE], "B", 16.0),
        ([Move.READY, Move.PAUSE, Move.RESUME], "C", 16.0),
        ([Move.READY, Move.UNPLUG], "A", 0.0),
        ([Move.READY, Move.STOP], "A", 0.0),
    ],
)
def test_a_car_makes_the_moves_of_its_driver(yard: Yard, moves: list[Move], pin: str, draws_a: float) -> None:
    yard.ask(PlugIn(behaviour=Behaviour(ready=False)))
    yard.ask(OFFER, "plant:1")
    assert yard.car.pin == "B"

    for each in moves:
        assert isinstance(yard.ask(MakeMove(move=each)), CarReply)
    yard.simulation.advance(1.0)

    assert (yard.car.pin, yard.car.draws_a) == (pin, draws_a)


def test_a_move_without_a_car_or_that_is_none_is_refused(yard: Yard) -> None:
    gone = yard.ask(MakeMove(move=Move.PAUSE))
    yard.ask(PlugIn(behaviour=Behaviour()))
    car: Any = yard.simulation.actor("site/car")
    car._behaviour = Behaviour(way=Way.ISO15118_2)
    silent = yard.ask(MakeMove(move=Move.PAUSE))

    assert [gone.detail, silent.detail] == ["no car is plugged in", "the car does not talk"]


def test_what_breaks_because_of_a_car_is_mended_when_it_goes(yard: Yard) -> None:
    error = messages.DeviceError(origin="board/rcd", type="ac_rcd/DC")
    yard.ask(PlugIn(behaviour=Behaviour(), fault=messages.Fault.DIODE, error=error, fault_after_s=5.0))
    plant: Any = yard.simulation.actor("site/plant")
    seen = [bool(plant._hardware.faults)]
    yard.simulation.advance(5.0)
    seen += [bool(plant._hardware.faults), bool(plant._hardware.errors)]

    yard.ask(MakeMove(move=Move.UNPLUG))

    assert [*seen, bool(plant._hardware.faults), bool(plant._hardware.errors)] == [
        False, True, True, False, False
    ]  # fmt: skip


def test_a_fault_that_is_due_later_goes_with_the_car(yard: Yard) -> None:
    yard.ask(PlugIn(behaviour=Behaviour(), fault=messages.Fault.DIODE, fault_after_s=5.0))
    yard.ask(car_simulator.Enable(value=False))
    yard.simulation.advance(6.0)

    plant: Any = yard.simulation.actor("site/plant")
    assert not plant._hardware.faults


@pytest.mark.parametrize("signal", [messages.Steady.E, messages.Steady.F])
def test_a_pilot_that_shows_an_error_ends_the_talk(signal: messages.Steady) -> None:
    yard = Yard(talks=True, auto_enable=True)
    talker: Any = yard.simulation.actor("site/car_v2g")
    talker._state = TalkState(number=1, running=True, phase="CableCheck")

    yard.ask(messages.SetPilot(signal=signal), "plant:1")

    assert talker._state.outcome == f"the pilot shows state {signal}"
    assert not talker._state.running
    begun = yard.ask(StartTalk(script=""), "car_v2g/ev")
    assert isinstance(begun, Failure)
    assert begun.detail == f"the pilot shows state {signal}"
    actors.reset()


def test_a_talk_that_sleeps_is_not_ended_by_the_pilot() -> None:
    yard = Yard(talks=True, auto_enable=True)
    talker: Any = yard.simulation.actor("site/car_v2g")
    talker._state = TalkState(number=1, running=True, phase="Paused")

    yard.ask(messages.SetPilot(signal=messages.Steady.E), "plant:1")

    assert talker._state.running
    actors.reset()


ASKS = messages.SetPilot(signal=messages.Steady.PWM, duty_cycle_percent=5.0)
SPEAKS = "iso_wait_slac_matched;iso_start_v2g_session DC;iso_wait_pwr_ready;sleep 5;unplug"


@pytest.mark.parametrize("infinite", [False, True])
def test_a_car_that_waits_for_a_talk_in_vain_gives_up(infinite: Any) -> None:
    """Nobody answers at the station: it tries again, and then its program has failed; it takes nothing."""
    yard = Yard(
        talks=True, auto_enable=True, auto_exec=True, auto_exec_infinite=infinite, auto_exec_commands=SPEAKS
    )
    yard.ask(messages.Listen(listening=True), "plant:1")
    yard.ask(ASKS, "plant:1")
    plugged = []
    with capture_logs() as logs:
        for _ in range(120):
            yard.simulation.advance(0.5)
            plugged.append(yard.car.plugged)

    reasons = {each["reason"] for each in logs if each["event"] == "program_failed"}
    assert reasons == {"iso_wait_pwr_ready: the car has given up: no station was found"}
    talks = sum(each["event"] == "talk_over" for each in logs)
    failed = sum(each["event"] == "program_failed" for each in logs)
    assert talks // failed == 1 + TRIES
    assert (False in plugged) is infinite
    actors.reset()


def test_a_car_that_was_replaced_knows_what_it_was_told(yard: Yard) -> None:
    yard.ask(PlugIn(behaviour=Behaviour(current_a=9.0, ready=False)))
    yard.ask(OFFER, "plant:1")
    yard.ask(MakeMove(move=Move.READY))

    yard.simulation.kill("site/car")
    yard.simulation.run()
    yard.simulation.advance(1.0)
    yard.ask(MakeMove(move=Move.SUSPEND))
    yard.ask(MakeMove(move=Move.RESUME))

    assert (yard.car.pin, yard.car.draws_a) == ("C", 9.0)
    assert yard.car.behaviour == Behaviour(current_a=9.0)


@pytest.mark.parametrize(
    ("behaviour", "pin"), [(Behaviour(current_a=9.0), "C"), (Behaviour(ready=False), "B")]
)
def test_a_car_stands_through_a_power_loss(tmp_path: Path, behaviour: Behaviour, pin: str) -> None:
    before = Yard(tmp_path)
    before.ask(PlugIn(behaviour=behaviour, fault=messages.Fault.WELDED))
    before.ask(messages.PowerFails(), "plant:1")

    after = Yard(tmp_path)
    after.simulation.advance(0.2)
    after.ask(OFFER, "plant:1")

    assert (after.car.plugged, after.car.pin, after.car.behaviour) == (True, pin, behaviour)
    again = Yard(tmp_path)
    again.simulation.advance(0.2)
    assert not again.car.plugged  # it was one power loss
    actors.reset()


def test_a_car_that_somebody_drives_runs_no_program_by_itself_any_more() -> None:
    yard = Yard(
        auto_enable=True, auto_exec=True, auto_exec_infinite=True, auto_exec_commands="sleep 1;unplug"
    )
    yard.simulation.advance(0.5)
    yard.ask(MakeMove(move=Move.PAUSE))
    yard.simulation.advance(10.0)
    stayed = yard.car.plugged

    yard.ask(MakeMove(move=Move.UNPLUG))
    yard.simulation.advance(10.0)

    assert (stayed, yard.car.plugged) == (True, False)
    actors.reset()


def test_a_car_that_has_not_seen_its_hardware_yet_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What its other half says may come first: the plug that is in would count as pulled."""
    told: list[Any] = []
    monkeypatch.setattr(SimulatedCarActor, "_tell_plant", lambda _self, command: told.append(command))
    monkeypatch.setattr(SimulatedCarActor, "_seen", lambda _self, _plant: None)

    Yard(talks=True)

    assert told == []
    actors.reset()


def test_a_driven_car_runs_no_program_of_its_own_after_a_power_loss(tmp_path: Path) -> None:
    own: dict[str, Any] = {"auto_enable": True, "auto_exec": True, "auto_exec_delay": 1}
    before = Yard(tmp_path)
    before.ask(PlugIn(behaviour=Behaviour()))
    before.ask(messages.PowerFails(), "plant:1")

    after = Yard(tmp_path, auto_exec_commands="unplug", **own)
    after.simulation.advance(5.0)

    assert (after.car.plugged, after.car.behaviour) == (True, Behaviour())
    actors.reset()


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (Outcome(completed=True, good=True), "charged"),
        (Outcome(completed=True, good=False, undone_steps=("stop",)), "cut short by the station: stop"),
        (Outcome(completed=False, good=False, reason=Reason.TLS, detail="no cipher"), "Tls: no cipher"),
    ],
)
def test_how_a_talk_has_ended_is_told_in_words(outcome, told):
    assert car_v2g_actor._told(outcome) == told
