"""Composite schedules: asked for, published (K08; S8.18, S9.10 to S9.14, S19)."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from ocpp.v21 import call, datatypes, enums

from actors.ocpp import inputs
from actors.ocpp.blocks.charging_schedules import LONGEST_S, TURN_SPANS, Round
from actors.ocpp.charging_profiles.composite import MOST_SLOTS
from actors.ocpp.device_model import variables
from actors.ocpp.device_model.component import Component
from actors.ocpp.messages import CalledReply
from protocols.ocpp.errors import Code
from protocols.ocpp.version import Version
from tests.support.charging_profiles import DAY, DEFAULT, STATION, TX, at, text_at
from tests.support.charging_schedules import BLOCKS, SINKS, handed, limits, made, published, put
from tests.support.ocpp_station import PEERS, START, Station, shipped
from tests.support.ocpp_transactions import Evse, told

Unit = enums.ChargingRateUnitEnumType


# -- publishing ----------------------------------------------------------------------------------------------


def test_a_new_life_publishes_one_schedule_for_each_evse_and_the_station() -> None:
    # S8.18, S19.3, S19.6
    station = Station(blocks=BLOCKS, peers=PEERS | SINKS)

    station.feed(inputs.Resumed())

    (schedules,) = published(station)
    assert [each.evse for each in schedules] == [0, 1, 2]
    assert [limits(each) for each in schedules] == [[(0, 48)]] * 3
    assert {number: len(given) for number, given in handed(station).items()} == {0: 1, 1: 1, 2: 1}
    assert [each.retain for each in station.effects if isinstance(each, inputs.Publish)] == [True]


def test_a_profile_set_or_cleared_is_published_at_once() -> None:
    # S9.10, S9.11, S19.5
    station = made()

    put(station, DEFAULT, (0, 16), (60, 10), evse=2)
    station.request(call.ClearChargingProfile(charging_profile_id=1))

    before, after = published(station)
    assert [limits(each) for each in before] == [[(0, 48)], [(0, 48)], [(0, 16), (60, 10)]]
    assert [limits(each) for each in after] == [[(0, 48)]] * 3


def test_what_changes_nothing_is_not_published() -> None:
    station = made()

    station.request(call.ClearChargingProfile(charging_profile_id=1))
    evse = Evse(station)
    evse.plug()
    evse.authorize()

    assert published(station) == []


@pytest.mark.parametrize(
    ("options", "duration_s", "interval_s"),
    [
        ({}, 600, 30),
        ({"composite_schedule_duration_s": 90, "composite_schedule_interval_s": 20}, 90, 20),
        ({"composite_schedule_interval_s": 0}, 600, None),
    ],
)
def test_schedules_have_their_length_and_come_in_their_interval(
    options: dict[str, Any], duration_s: int, interval_s: float | None
) -> None:
    # S9.12, S9.13, S19.7, S19.8
    station = made(**options)
    put(station)
    assert {each.duration_s for each in published(station)[-1]} == {duration_s}
    assert station.timers().get("schedules") == interval_s

    station.later(20)
    station.fire("schedules")

    assert [each[0].start_schedule for each in published(station)] == [START, at(20)]
    assert station.timers().get("schedules") == interval_s


def test_a_schedule_published_later_begins_later() -> None:
    station = made()
    put(station, DEFAULT, (0, 16), (60, 10))
    station.later(20.7)

    station.fire("schedules")

    schedule = published(station)[-1][1]
    assert limits(schedule) == [(0, 16), (40, 10)]
    assert schedule.start_schedule == at(20)


@pytest.mark.parametrize(("unit", "expected"), [("A", 10), ("W", 6900)])
def test_the_unit_of_the_site_file_is_that_of_the_schedules(unit: str, expected: float) -> None:
    # S9.14
    station = made(composite_schedule_unit=unit)

    put(station, DEFAULT, 10, level=3, minimum=6.0)

    schedule = published(station)[-1][1]
    assert schedule.charging_rate_unit == unit
    assert limits(schedule) == [(0, expected)]
    assert schedule.charging_schedule_period[0].number_phases == 3
    assert schedule.charging_schedule_period[0].stack_level == 3
    assert schedule.min_charging_rate == expected * 6 / 10


# -- transactions --------------------------------------------------------------------------------------------


def test_a_relative_profile_starts_with_its_transaction() -> None:
    station = made()
    put(station, DEFAULT, (0, 16), (60, 10), starts=None)
    station.later(100)
    evse = Evse(station)
    evse.plug()
    evse.authorize()
    station.later(45)

    station.fire("schedules")

    assert [limits(each[1]) for each in published(station)] == [
        [(0, 16), (60, 10)],
        [(0, 16), (60, 10)],
        [(0, 16), (15, 10)],
    ]


def test_the_profile_of_a_transaction_counts_as_long_as_that_runs() -> None:
    station = made()
    evse = Evse(station)
    evse.plug()
    evse.authorize()
    transaction = told(station)[0]["transactionInfo"]["transactionId"]
    put(station, TX, 12, transactionId=transaction)

    evse.finish()

    assert [limits(each[1]) for each in published(station)] == [[(0, 12)], [(0, 48)]]


# -- variables -----------------------------------------------------------------------------------------------


def test_a_variable_they_depend_on_makes_new_schedules() -> None:
    station = made()
    put(station, STATION, 63, evse=0)

    station.set(variables.DEFAULT_LIMIT_A, 20)
    station.turn(lambda _turn: None)
    station.set(variables.SMART_CHARGING, value=False)
    station.turn(lambda _turn: None)

    assert [limits(each[0]) for each in published(station)] == [[(0, 63)], [(0, 63)], [(0, 20)]]


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        (variables.SUPPLY_VOLTAGE, 115, [(0, 5520)]),
        (variables.DEFAULT_PHASES, 1, [(0, 3680)]),
        (variables.DEFAULT_LIMIT_W, 5000, [(0, 11040)]),
    ],
)
def test_so_does_what_a_limit_is_converted_with(variable: Any, value: int, expected: Any) -> None:
    station = made(composite_schedule_unit="W")
    put(station, STATION, 16, evse=0)
    station.effects.clear()

    station.set(variable, value)
    station.turn(lambda _turn: None)

    assert [limits(each[1]) for each in published(station)] == [expected]


def test_the_phases_of_the_supply_are_those_of_the_evse() -> None:
    station = made(composite_schedule_unit="W")
    station.set(variables.EVSE_SUPPLY_PHASES, 1, 2)
    put(station, STATION, 16, evse=0)

    assert [limits(each) for each in published(station)[-1]] == [[(0, 11040)], [(0, 11040)], [(0, 3680)]]


@pytest.mark.parametrize("unit", ["A", "W"])
def test_no_value_of_the_device_model_keeps_schedules_from_being_made(unit: str) -> None:
    """Files of an operator may allow what ours do not."""
    odd = tuple(without_bounds(each) for each in shipped())
    station = made(composite_schedule_unit=unit, components=odd)
    for variable in (
        variables.SUPPLY_VOLTAGE,
        variables.DEFAULT_PHASES,
        variables.DEFAULT_LIMIT_A,
        variables.DEFAULT_LIMIT_W,
    ):
        station.set(variable, -5)
    station.set(variables.EVSE_SUPPLY_PHASES, -1, 1)

    put(station, STATION, 10.0, evse=0, unit="W" if unit == "A" else "A")
    assert limits(published(station)[-1][1]) == [(0, 10)]  # of one phase, of one volt
    station.request(call.ClearChargingProfile(charging_profile_id=1))

    assert limits(published(station)[-1][1]) == [(0, 0)]


def without_bounds(component: Component) -> Component:
    return replace(
        component,
        variables={
            name: replace(each, characteristics=replace(each.characteristics, min_limit=None))
            for name, each in component.variables.items()
        },
    )


@pytest.mark.parametrize(("unit", "other"), [("A", "W"), ("W", "A")])
def test_the_greatest_numbers_that_are_taken_make_a_schedule(unit: str, other: str) -> None:
    station = made(composite_schedule_unit=unit, sinks=SINKS)
    moments: dict[str, Any] = {"starts": datetime(1, 1, 2, tzinfo=UTC), "validTo": "9999-12-31T00:00:00Z"}

    put(station, DEFAULT, (0, 1e9), (2**40, 1e-9), unit=other, profile_id=2**31 - 1, minimum=1e9, **moments)
    put(station, DEFAULT, 1e9, level=1, unit=other, recurs="Daily", seconds=10**9, **moments)

    assert published(station)[-1][1].charging_schedule_period[0].limit > 1e6


def test_purposes_may_be_ignored_while_nobody_can_be_reached() -> None:
    station = made()
    station.set(variables.IGNORED_OFFLINE, ("TxDefaultProfile",))
    put(station, DEFAULT, 8)
    put(station, STATION, 63, evse=0, profile_id=2)

    station.disconnect()
    station.connect()

    assert [limits(each[1]) for each in published(station)[-3:]] == [[(0, 8)], [(0, 63)], [(0, 8)]]


# -- much work -----------------------------------------------------------------------------------------------


def busy(station: Station) -> None:
    """Profiles of all EVSEs that make more work for each of them than is done in a turn."""
    for level in range(4):
        limits = [(each, 6.0) for each in range(TURN_SPANS // 4 + 1)]
        put(station, DEFAULT, *limits, level=level, profile_id=level + 1, evse=0)
        finish(station)


def finish(station: Station) -> int:
    """Let it go on until it is done; return in how many turns more."""
    turns = 0
    while station.core.live.of(Round).due:
        assert station.timers()["schedules_rest"] == 0
        station.fire("schedules_rest")
        turns += 1
    return turns


def test_much_work_is_done_over_several_turns() -> None:
    station = made()
    busy(station)
    station.effects.clear()

    station.fire("schedules")
    assert published(station) == []
    turns = finish(station)

    assert turns == 1
    ((station_, *evses),) = published(station)
    assert [each.evse for each in (station_, *evses)] == [0, 1, 2]
    assert "schedules" in station.timers()


def test_what_changes_meanwhile_begins_anew() -> None:
    station = made()
    busy(station)
    station.effects.clear()
    station.fire("schedules")

    station.request(call.ClearChargingProfile(charging_profile_criteria=datatypes.ClearChargingProfileType()))
    station.fire("schedules_rest")  # that of what was given up

    (schedules,) = published(station)
    assert [limits(each) for each in schedules] == [[(0, 48)]] * 3


def test_the_interval_does_not_begin_anew_what_is_going_on() -> None:
    station = made()
    busy(station)
    station.effects.clear()
    station.fire("schedules")
    station.later(10)
    station.fire("schedules")

    finish(station)

    ((first, *_others),) = published(station)
    assert first.start_schedule == START


# -- asked for by the CSMS -----------------------------------------------------------------------------------


def asked(station: Station, duration: int = 3600, evse: int = 1, unit: Unit | None = None) -> Any:
    return station.request(call.GetCompositeSchedule(duration, evse, charging_rate_unit=unit))


@pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
def test_the_csms_is_told_the_composite_schedule(version: Version) -> None:
    # K08.FR.02
    station = made(version=version)
    put(station, DEFAULT, (0, 16), (60, 10.5, 1))
    station.later(10)

    assert asked(station) == {
        "status": "Accepted",
        "schedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [
                {"startPeriod": 0, "limit": 16.0, "numberPhases": 3},
                {"startPeriod": 50, "limit": 10.5, "numberPhases": 1},
            ],
            "duration": 3600,
            "evseId": 1,
            "scheduleStart": text_at(10),
        },
    }


@pytest.mark.parametrize(("unit", "limit"), [(Unit.a, 16), (Unit.w, 11040), (None, 16)])
@pytest.mark.parametrize("evse", [0, 1])
def test_it_is_told_in_the_unit_asked_for(unit: Unit | None, limit: float, evse: int) -> None:
    station = made()
    put(station, STATION, 16, evse=0)

    schedule = asked(station, evse=evse, unit=unit)["schedule"]

    assert schedule["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": limit, "numberPhases": 3}]


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"evse": 3}, "UnknownEvse"),  # K08.FR.05
        ({"unit": Unit.w}, "UnsupportedRateUnit"),  # K08.FR.07
        ({"duration": 0}, "ValueTooLow"),
    ],
)
def test_a_schedule_that_cannot_be_told_is_refused(wish: dict[str, Any], code: str) -> None:
    station = made()
    station.set(variables.RATE_UNITS, ("A",))

    answer = asked(station, **wish)

    assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", code)


def test_without_smart_charging_no_schedule_is_told() -> None:
    station = made()
    station.set(variables.SMART_CHARGING, value=False)

    answer = asked(station)

    assert isinstance(answer, CalledReply)
    assert answer.code == Code.NOT_SUPPORTED.value


def test_a_schedule_reaches_no_further_than_a_week() -> None:
    assert asked(made(), duration=10 * DAY)["schedule"]["duration"] == LONGEST_S


def test_a_schedule_of_too_many_periods_ends_where_it_is_cut() -> None:
    station = made()
    periods = [(number * 60, 6 + number % 10) for number in range(400)]
    put(station, DEFAULT, *periods, recurs="Daily")

    schedule = asked(station, duration=5 * DAY)["schedule"]

    assert len(schedule["chargingSchedulePeriod"]) == MOST_SLOTS
    last = schedule["chargingSchedulePeriod"][-1]["startPeriod"]
    assert schedule["duration"] == last + 60
