"""Tests for actors/simulation/car/program.py: the command language of a simulated car."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from actors.simulation.car.messages import TalkOrder, TalkState
from actors.simulation.car.program import TABLE, Doing, Player, ProgramError, Step, read_program
from actors.simulation.plant.messages import Car, Fault, Plant, Steady

ZERO = Decimal(0)
PLANT = Plant(energy_wh=ZERO, energy_back_wh=ZERO, plugged=True, pin="B")


def test_a_program_is_read_into_its_steps() -> None:
    text = "sleep 1; iec_wait_pwr_ready;draw_power_regulated 16,3;;unplug"

    assert read_program(text) == (
        Step("sleep", ("1",)),
        Step("iec_wait_pwr_ready", ()),
        Step("draw_power_regulated", ("16", "3")),
        Step("unplug", ()),
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("sleep 1;jump", "command 2: there is no 'jump'"),
        ("sleep", "sleep takes 1 to 1 values, not 0"),
        ("sleep 1,2", "not 2"),
        ("unplug 1", "takes 0 to 0"),
        ("sleep x", "takes numbers"),
        ("sleep -1", "takes numbers"),
        ("sleep nan", "takes numbers"),
        ("sleep inf", "takes numbers"),
        (";".join(["unplug"] * 1001), "at most 1000 commands"),
        ("x" * 20_001, "at most 20000 characters"),
    ],
)
def test_a_text_that_is_no_program_says_what_is_wrong(text: str, problem: str) -> None:
    with pytest.raises(ProgramError, match=problem):
        read_program(text)


def play(text: str, doing: Doing, *given: dict[str, Any]) -> Player:
    """Go as far as the program goes; then change what it looks at, and go on."""
    player = Player(read_program(text))
    for change in given:
        for name, value in change.items():
            setattr(doing, name, value)
        while player.go_on(doing):
            doing.waited_s = 0.0
    return player


def waiting(text: str, *given: dict[str, Any]) -> str:
    """The command that is being waited for in the end; empty when the program is done."""
    player = play(text, Doing(Car(plugged=True, pin="B"), plant=PLANT), *(given or ({},)))
    return player.step.name if player.step is not None else ""


PWM_5 = dataclasses.replace(PLANT, signal=Steady.PWM, duty_cycle_percent=5.0)
PWM_16A = dataclasses.replace(PLANT, signal=Steady.PWM, duty_cycle_percent=26.7)
MATCHED = dataclasses.replace(PLANT, matched=True)

TALKS = TalkState(running=True)
WAITS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("sleep 3", {"waited_s": 2.9}, {"waited_s": 3.0}),
    ("iec_wait_pwr_ready", {"plant": PWM_5}, {"plant": PWM_16A}),
    ("iso_wait_pwm_is_running", {"plant": PWM_16A}, {"plant": PWM_5}),
    ("iso_wait_slac_matched", {"plant": PLANT}, {"plant": MATCHED}),
    ("iso_wait_pwr_ready", {"talk": TALKS}, {"talk": TalkState(running=True, charging=True)}),
    (
        "iso_dc_power_on",
        {"talk": TalkState(running=True, pin="C")},
        {"talk": TalkState(running=True, pin="C", charging=True)},
    ),
    ("iso_wait_v2g_session_stopped", {"talk": TALKS}, {"talk": TalkState()}),
    ("iso_wait_for_stop 5", {"talk": TALKS}, {"waited_s": 5.0}),
]  # fmt: skip


@pytest.mark.parametrize(("command", "before", "after"), WAITS)
def test_a_command_waits_for_what_it_says(
    command: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    name = command.partition(" ")[0]

    assert waiting(f"{command};unplug", before) == name
    assert waiting(f"{command};unplug", before, after) == ""


@pytest.mark.parametrize("command", [name for name, each in TABLE.items() if each.by_talk])
def test_a_program_that_waits_for_a_talk_in_vain_has_failed(command: str) -> None:
    doing = Doing(Car(plugged=True, pin="B"), plant=PLANT, lost="the talk is over")

    player = play(f"{command};sleep 5;unplug", doing, {})

    assert player.done
    assert player.failed == f"{command}: the talk is over"
    assert doing.car.plugged


@pytest.mark.parametrize("command", [each[0] for each in WAITS if not TABLE[each[0].split()[0]].by_talk])
def test_who_waits_for_something_else_waits_on_without_a_talk(command: str) -> None:
    assert waiting(f"{command};unplug", {"talk": TALKS, "plant": PLANT, "lost": "the talk is over"})


DEEDS: list[tuple[str, dict[str, Any]]] = [
    ("draw_power_regulated 20,1", {"pin": "C", "draws_a": 20.0, "phases": 1, "greedy": False}),
    ("draw_power_fixed 32,3", {"pin": "C", "draws_a": 32.0, "phases": 3, "greedy": True}),
    ("draw_power_regulated 20,9", {"phases": 3}),
    ("pause", {"pin": "B"}),
    ("error_e", {"pin": "E"}),
    ("unplug", {"pin": "A", "plugged": False, "draws_a": 0.0}),
]


@pytest.mark.parametrize(("command", "car"), DEEDS)
def test_a_command_makes_something_of_the_car(command: str, car: dict[str, Any]) -> None:
    doing = Doing(Car(plugged=True, pin="B"), plant=PLANT)

    play(command, doing, {})

    assert {name: getattr(doing.car, name) for name in car} == car


@pytest.mark.parametrize(
    ("command", "field", "value"),
    [
        ("diode_fail", "fault", Fault.DIODE),
        ("rcd_current 10", "fault", Fault.GROUND_FAULT),
        ("iso_start_v2g_session DC_extended,Contract", "start", "dc"),
        ("iso_start_v2g_session AC", "start", "ac"),
        ("iso_start_v2g_session DC_BPT,Contract", "start", "dc_bpt"),
        ("iso_start_v2g_session AC,Contract", "pay", "contract"),
        ("iso_stop_charging", "order", TalkOrder.STOP),
        ("iso_pause_charging", "order", TalkOrder.PAUSE),
        ("iso_hold_charging", "order", TalkOrder.HOLD),
        ("iso_suspend_charging", "order", TalkOrder.SUSPEND),
        ("iso_resume_charging", "order", TalkOrder.RESUME),
    ],
)
def test_a_command_wants_something_of_others(command: str, field: str, value: object) -> None:
    doing = Doing(Car(plugged=True), plant=PLANT)

    play(command, doing, {})

    assert getattr(doing, field) == value


def test_a_toggle_goes_to_c_and_back() -> None:
    doing = Doing(Car(plugged=True, pin="B"), plant=PLANT)
    player = Player(read_program("iso_start_bcb_toggle 1;unplug"))
    player.go_on(doing)
    assert doing.car.pin == "C"

    doing.waited_s = 0.2
    assert not player.go_on(doing)
    assert doing.car.pin == "C"
    doing.waited_s = 0.6
    assert not player.go_on(doing)
    assert doing.car.pin == "B"
    doing.waited_s = 1.0
    assert player.go_on(doing)


def test_an_empty_program_is_done() -> None:
    assert Player(read_program("")).done


def test_every_command_of_the_language_is_tried_here() -> None:
    listed = [*(each[0] for each in WAITS), *(each[0] for each in DEEDS)]
    tried = {name.partition(" ")[0] for name in listed} | {
        "diode_fail", "rcd_current", "iso_start_v2g_session", "iso_stop_charging", "iso_pause_charging",
        "iso_start_bcb_toggle", "iso_draw_power_regulated", "iso_hold_charging", "iso_suspend_charging",
        "iso_resume_charging",
    }  # fmt: skip

    assert tried == set(TABLE)
    assert waiting("iso_draw_power_regulated 16,3") == ""
