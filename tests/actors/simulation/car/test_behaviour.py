"""Tests for actors/simulation/car/behaviour.py: what a car does that is told how to behave."""

from __future__ import annotations

from typing import Any

import pytest

from actors.simulation.car.behaviour import MoveError, move, own_parameters, plug_in, v2g_parameters
from actors.simulation.car.messages import Behaviour, Move, TalkState, Way
from actors.simulation.car.program import read_program

BASIC = Behaviour(current_a=10.0, phases=1)
TALKER = Behaviour(way=Way.ISO15118_2, dc=True, contract=True)
QUIET = TalkState()
END = "sleep 2.0;iso_stop_charging;iso_wait_for_stop 10.0;unplug"
BEGINS = TalkState(running=True)
LOOP = TalkState(running=True, charging=True, phase="CurrentDemand")
PAUSED = TalkState(running=True, phase="Paused")


@pytest.mark.parametrize(
    ("behaviour", "program"),
    [
        (BASIC, "iec_wait_pwr_ready;draw_power_regulated 10.0,1"),
        (
            Behaviour(duration_s=3.0),
            "iec_wait_pwr_ready;draw_power_regulated 16.0,3;sleep 3.0;pause;sleep 0.5;unplug",
        ),
        (TALKER, "iso_wait_slac_matched;iso_start_v2g_session DC,Contract;iso_dc_power_on"),
        (
            Behaviour(way=Way.ISO15118_20, duration_s=2.0),
            "iso_wait_slac_matched;iso_start_v2g_session AC,ExternalPayment;iso_wait_pwr_ready;" + END,
        ),
        (Behaviour(ready=False), ""),
        (Behaviour(way=Way.DIN70121, ready=False), "iso_wait_slac_matched"),
    ],
)
def test_a_car_plugs_in_with_the_program_of_its_behaviour(behaviour: Behaviour, program: str) -> None:
    assert plug_in(behaviour) == program
    assert len(read_program(program)) == len([each for each in program.split(";") if each])


@pytest.mark.parametrize(
    ("behaviour", "talk", "wanted", "program"),
    [
        (BASIC, QUIET, Move.UNPLUG, "unplug"),
        (BASIC, QUIET, Move.STOP, "pause;sleep 0.5;unplug"),
        (BASIC, QUIET, Move.PAUSE, "pause"),
        (BASIC, QUIET, Move.SUSPEND, "draw_power_regulated 0,1"),
        (BASIC, QUIET, Move.RESUME, "draw_power_regulated 10.0,1"),
        (BASIC, QUIET, Move.READY, "iec_wait_pwr_ready;draw_power_regulated 10.0,1"),
        (TALKER, LOOP, Move.UNPLUG, "unplug"),
        (TALKER, LOOP, Move.STOP, "iso_stop_charging;iso_wait_for_stop 10.0;unplug"),
        (TALKER, LOOP, Move.PAUSE, "iso_hold_charging"),
        (TALKER, LOOP, Move.SUSPEND, "iso_suspend_charging"),
        (TALKER, LOOP, Move.RESUME, "iso_resume_charging"),
        (TALKER, PAUSED, Move.RESUME, "iso_start_bcb_toggle;iso_resume_charging"),
        (BASIC, LOOP, Move.PAUSE, "iso_hold_charging"),  # a car of the site file that talks
        (TALKER, QUIET, Move.UNPLUG, "unplug"),
        (TALKER, QUIET, Move.STOP, "unplug"),
        (TALKER, QUIET, Move.READY, plug_in(TALKER)),
        (TALKER, QUIET, Move.RESUME, plug_in(TALKER)),
    ],
)
def test_a_move_is_the_program_that_fits(
    behaviour: Behaviour, talk: TalkState, wanted: Move, program: str
) -> None:
    assert move(wanted, behaviour, talk) == program
    read_program(program)


@pytest.mark.parametrize(
    ("talk", "wanted", "problem"),
    [
        (BEGINS, Move.PAUSE, "its talk is at its beginning"),
        (PAUSED, Move.SUSPEND, "its talk is at Paused"),
        (LOOP, Move.READY, "begun to talk already"),
        (QUIET, Move.PAUSE, "does not talk"),
        (QUIET, Move.SUSPEND, "does not talk"),
    ],
)
def test_a_move_that_cannot_be_made_says_why(talk: TalkState, wanted: Move, problem: str) -> None:
    with pytest.raises(MoveError, match=problem):
        move(wanted, TALKER, talk)


@pytest.mark.parametrize(
    ("behaviour", "changed"),
    [
        (BASIC, {"max_current": 10.0, "three_phases": False}),
        (Behaviour(soc_percent=80), {"max_current": 16.0, "three_phases": True, "soc": 80}),
    ],
)
def test_a_behaviour_changes_the_car(behaviour: Behaviour, changed: dict[str, Any]) -> None:
    assert own_parameters(behaviour) == changed


@pytest.mark.parametrize(
    ("behaviour", "spoken", "tls"),
    [
        (BASIC, [], None),
        (Behaviour(way=Way.DIN70121, dc=True), ["supported_DIN70121"], None),
        (Behaviour(way=Way.ISO15118_2), ["supported_ISO15118_2"], None),
        (TALKER, ["supported_ISO15118_2"], True),
        (
            Behaviour(way=Way.ISO15118_20),
            ["supported_ISO15118_20_AC", "supported_ISO15118_20_DC"],
            True,
        ),
    ],
)
def test_a_behaviour_says_what_is_spoken(behaviour: Behaviour, spoken: list[str], tls: bool | None) -> None:  # noqa: FBT001  # a column of the table
    changed = v2g_parameters(behaviour)

    assert sorted(name for name, on in changed.items() if on and name != "tls_active") == spoken
    assert changed.get("tls_active") is tls


def test_a_car_may_prefer_schedules() -> None:
    assert v2g_parameters(Behaviour(way=Way.ISO15118_20, scheduled=True))["control"] == "scheduled"
    assert "control" not in v2g_parameters(Behaviour(way=Way.ISO15118_20))
