"""The cable check: is the DC output isolated well enough to carry energy? Pure.

`STEPS` is the sequence; what is not configured is passed over, as is what needs an isolation monitor where
there is none. Each step sets the output, begins with something, is done or wrong by a rule of its own, and
wrong when it takes too long. Source: IEC 61851-23:2023, CC.4.1; row M5.16.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from actors.connector import isolation
from actors.connector.exchange import Device
from actors.connector.lock import SAFE_V
from actors.connector.messages import CableCheck, Supply
from actors.connector.state import CheckState, Phase, Stage, Turn
from protocols.errors import EvseManager
from protocols.interfaces.isolation_monitor import StartSelfTest
from protocols.types.error_history import Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from actors.connector.settings import Settings

VOLTAGE_S: Final = 10.0
"""By then the output has the test voltage, or none any more."""
NEAR_V: Final = 10.0
SELF_TEST_S: Final = 30.0
MEASURE_S: Final = 10.0
"""Longest wait for one measurement."""
LATER_S: Final = 0.5
"""The contactor is to say first what is wrong with it."""
TEST_A: Final = 2.0
"""No more current is delivered in a cable check."""
FAULT: Final = EvseManager.MREC11_CABLE_CHECK_FAULT


class Step(NamedTuple):
    """One step of the sequence."""

    stage: Stage
    wanted: Callable[[Settings], bool]
    done: Callable[[Turn], bool]
    bound_s: Callable[[Settings], float]
    wrong: str
    """What is to be said when it takes too long."""
    begin: Callable[[Turn], None] = lambda _turn: None
    failed: Callable[[Turn], str] = lambda _turn: ""
    """What is wrong already; empty: nothing."""


def voltage_v(turn: Turn) -> float:
    """What the isolation is tested with, at the relays' far side."""
    if turn.settings.dc_isolation_voltage_v:
        return float(turn.settings.dc_isolation_voltage_v)
    supply, order = turn.state.facts.supply, turn.state.order
    car_v = order.maximum_voltage_v if order is not None else 0.0
    return isolation.test_voltage_v(car_v, supply.max_export_voltage_v if supply is not None else car_v)


def wanted_v(turn: Turn) -> float:
    """What the output is to carry in the present stage; 0: nothing."""
    match turn.state.check.stage:
        case Stage.TEST_VOLTAGE_RELAYS_OPEN | Stage.SELF_TEST_RELAYS_OPEN:
            return float(turn.settings.cable_check_relays_open_voltage_v)
        case Stage.TEST_VOLTAGE | Stage.SELF_TEST | Stage.MEASURE:
            return voltage_v(turn)
    return 0.0


def _relays_open(settings: Settings) -> bool:
    return settings.has_imd and settings.cable_check_enable_imd_self_test_relays_open


def _self_test(settings: Settings) -> bool:
    return settings.has_imd and settings.cable_check_enable_imd_self_test


def _measured(settings: Settings) -> bool:
    return settings.has_imd and settings.cable_check_wait_number_of_imd_measurements > 0


def _reached(turn: Turn) -> bool:
    """A measurement of this stage shows the voltage."""
    facts = turn.state.facts
    new = facts.output_at_s >= turn.state.check.since_s and facts.output_v is not None
    return new and abs((facts.output_v or 0.0) - wanted_v(turn)) <= NEAR_V


def _begin_self_test(turn: Turn) -> None:
    turn.set(facts=replace(turn.state.facts, self_test_passed=None))
    turn.do(Device.IMD, StartSelfTest(test_voltage_v=wanted_v(turn)))


def _self_test_failed(turn: Turn) -> str:
    return (
        "the isolation monitor has failed its self-test" if turn.state.facts.self_test_passed is False else ""
    )


def _counted(turn: Turn) -> bool:
    count = turn.state.facts.isolation_count - turn.state.check.counted
    return count >= turn.settings.cable_check_wait_number_of_imd_measurements


def _isolation_failed(turn: Turn) -> str:
    facts = turn.state.facts
    if not _counted(turn) or facts.isolation_ohm is None:
        return ""
    bad = isolation.verdict(facts.isolation_ohm, turn.settings.connector_type) is isolation.Isolation.FAULT
    return f"isolation of {facts.isolation_ohm:.0f} Ohm" if bad else ""


def _discharged(turn: Turn) -> bool:
    return turn.state.facts.output_v is None or turn.state.facts.output_v < SAFE_V


STEPS: Final = (
    Step(
        Stage.TEST_VOLTAGE_RELAYS_OPEN,
        _relays_open,
        _reached,
        lambda _settings: VOLTAGE_S,
        "the output did not reach the test voltage with open relays",
    ),
    Step(
        Stage.SELF_TEST_RELAYS_OPEN,
        _relays_open,
        lambda turn: turn.state.facts.self_test_passed is True,
        lambda _settings: SELF_TEST_S,
        "the isolation monitor has not ended its self-test",
        _begin_self_test,
        _self_test_failed,
    ),
    Step(
        Stage.CLOSE,
        lambda _settings: True,
        lambda turn: turn.state.switch.phase is Phase.CLOSED,
        lambda settings: settings.cable_check_relays_closed_timeout_s + LATER_S,
        "the relays have not closed",
    ),
    Step(
        Stage.TEST_VOLTAGE,
        lambda settings: _self_test(settings) or _measured(settings),
        _reached,
        lambda _settings: VOLTAGE_S,
        "the output did not reach the test voltage",
    ),
    Step(
        Stage.SELF_TEST,
        _self_test,
        lambda turn: turn.state.facts.self_test_passed is True,
        lambda _settings: SELF_TEST_S,
        "the isolation monitor has not ended its self-test",
        _begin_self_test,
        _self_test_failed,
    ),
    Step(
        Stage.MEASURE,
        _measured,
        _counted,
        lambda settings: MEASURE_S * settings.cable_check_wait_number_of_imd_measurements,
        "the isolation monitor does not measure",
        failed=_isolation_failed,
    ),
    Step(
        Stage.DISCHARGE,
        lambda settings: settings.cable_check_wait_below_60v_before_finish,
        _discharged,
        lambda _settings: VOLTAGE_S,
        "the output stays above 60 V",
    ),
)
"""In this order."""

CLOSED: Final = frozenset({Stage.TEST_VOLTAGE, Stage.SELF_TEST, Stage.MEASURE, Stage.DISCHARGE})
"""The stages behind closed relays."""
BY_STAGE: Final = {each.stage: each for each in STEPS}


def step(turn: Turn) -> None:
    """Begin the check, take it one step further, or give it up."""
    order, check = turn.state.order, turn.state.check
    running = check.verdict is CableCheck.RUNNING
    if order is None or order.supply is not Supply.CABLE_CHECK:
        off = order is None or order.supply is Supply.OFF
        spent = off and check.verdict is CableCheck.PASSED and turn.state.switch.phase is Phase.OPEN
        if running or spent:  # taken back, or what it was made for is over
            turn.set(check=CheckState(isolation_ohm=check.isolation_ohm if spent else None))
    elif turn.state.faults:
        if running:
            _fail(turn, "another fault was found meanwhile")
    elif running:
        _go_on(turn, BY_STAGE[check.stage])
    elif check.verdict is CableCheck.NONE and turn.state.switch.phase is Phase.OPEN and _ready(turn):
        turn.set(check=CheckState(verdict=CableCheck.RUNNING))
        _next(turn)


def _ready(turn: Turn) -> bool:
    """A car that wants power, and a supply that has told what it can."""
    return turn.state.facts.wants_power and turn.state.facts.supply is not None


def _go_on(turn: Turn, now: Step) -> None:
    check = turn.state.check
    if wrong := now.failed(turn):
        _fail(turn, wrong)
    elif now.done(turn):
        if now.stage is Stage.MEASURE:
            turn.set(check=replace(check, isolation_ohm=turn.state.facts.isolation_ohm))
        _next(turn)
    elif not turn.state.facts.wants_power:
        turn.set(check=CheckState())  # no fault of the cable: its talk broke off, or it is unplugged
    elif check.stage in CLOSED and turn.state.switch.phase is not Phase.CLOSED:
        turn.set(check=CheckState())  # the manager was silent; it begins anew
    elif turn.over(check.since_s, now.bound_s(turn.settings)):
        _fail(turn, now.wrong)


def _fail(turn: Turn, why: str) -> None:
    failed = replace(turn.state.check, verdict=CableCheck.FAILED, stage=Stage.DONE)
    turn.set(check=replace(failed, isolation_ohm=turn.state.facts.isolation_ohm))
    turn.fault(FAULT, why, Severity.MEDIUM)


def _next(turn: Turn) -> None:
    """Enter the next step that is wanted; behind the last one the check has passed."""
    check, stages = turn.state.check, [each.stage for each in STEPS]
    first = stages.index(check.stage) + 1 if check.stage in stages else 0
    for each in STEPS[first:]:
        if each.wanted(turn.settings):
            count = turn.state.facts.isolation_count
            turn.set(check=replace(check, stage=each.stage, since_s=turn.now_s, counted=count))
            each.begin(turn)
            return
    turn.set(check=replace(check, verdict=CableCheck.PASSED, stage=Stage.DONE))
