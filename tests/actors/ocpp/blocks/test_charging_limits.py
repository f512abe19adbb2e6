"""Limits that energy sinks are given (S9.9, S10.1 to S10.3, S19.3, S19.6)."""

import pytest

from actors.ocpp.blocks.charging_limits import AGAIN_S
from actors.ocpp.inputs import Peer, Target
from protocols.interfaces.external_energy_limits import SetExternalLimits
from protocols.message import Failure, FailureReason, Reply
from protocols.types.energy import IntegerWithSource, LimitsReq, NumberWithSource
from tests.support.charging_profiles import DEFAULT, STATION, at
from tests.support.charging_schedules import handed, limits, made, published, put
from tests.support.ocpp_station import Station


def first(command: SetExternalLimits) -> LimitsReq:
    return command.value.schedule_import[0].limits_to_leaves


def test_each_sink_gets_the_limits_of_its_evse() -> None:
    # S9.9, S10.2, S10.3, S19.6
    station = made()

    put(station, DEFAULT, (0, 16), (60, 10, 1), evse=2, minimum=6.0)

    found = handed(station)
    assert {number: len(given) for number, given in found.items()} == {0: 1, 1: 1, 2: 1}
    source = "OCPP charging profile"
    entries = found[2][0].value.schedule_import
    assert [each.timestamp for each in entries] == [at(0), at(60)]
    assert all(each.limits_to_root == each.limits_to_leaves for each in entries)
    assert [each.limits_to_leaves for each in entries] == [
        LimitsReq(
            ac_max_current_a=NumberWithSource(value=limit, source=source),
            ac_min_current_a=NumberWithSource(value=6, source=source),
            ac_max_phase_count=IntegerWithSource(value=phases, source=source),
        )
        for limit, phases in ((16, 3), (10, 1))
    ]
    default = NumberWithSource(value=48, source="OCPP default limit")
    assert (first(found[1][0]).ac_max_current_a, first(found[1][0]).ac_min_current_a) == (default, None)


def test_the_default_limit_of_an_evse_is_none_of_the_station() -> None:
    station = made()

    put(station, DEFAULT, 16, evse=2)

    assert first(handed(station)[0][0]) == LimitsReq()


def test_a_schedule_in_watt_limits_power() -> None:
    station = made(composite_schedule_unit="W")

    put(station, STATION, 20_000.0, evse=0, unit="W")

    given = first(handed(station)[0][0])
    assert given.total_power_w == NumberWithSource(value=20_000, source="OCPP charging profile")
    assert given.ac_max_current_a is None


@pytest.mark.parametrize("sinks", [frozenset(), frozenset({Peer(Target.ENERGY_SINK, 0)})], ids=len)
def test_without_sinks_schedules_are_published_all_the_same(sinks: frozenset[Peer]) -> None:
    # S10.1, S19.2
    station = made(sinks=sinks)

    put(station)

    assert len(published(station)[0]) == 3
    assert set(handed(station)) == {each.number for each in sinks}


def test_a_sink_that_does_not_take_its_limits_is_tried_again() -> None:
    station = made(sinks=frozenset({Peer(Target.ENERGY_SINK, 1)}))
    put(station, DEFAULT, (0, 16), (60, 10))
    for _ in range(2):
        station.reply(SetExternalLimits, Failure(reason=FailureReason.UNAVAILABLE, detail="it is starting"))
        assert station.timers()["schedule_again 1"] == AGAIN_S
        station.later(AGAIN_S)
        station.fire("schedule_again 1")

    station.reply(SetExternalLimits, Reply())

    assert "schedule_again 1" not in station.timers()
    assert station.notes().count("limits_not_taken") == 1
    times = [each.timestamp for each in handed(station)[1][-1].value.schedule_import]
    assert times == [at(0), at(60)]


def test_a_successor_publishes_and_hands_out_anew() -> None:
    station = made()
    put(station, DEFAULT, 9, evse=2)

    station.restart()

    assert limits(published(station)[0][2]) == [(0, 9)]
    assert set(handed(station)) == {0, 1, 2}


# -- the station's maximum -----------------------------------------------------------------------------------


def maximum(*numbers: int) -> tuple[Station, dict[int, float]]:
    """Sinks of these EVSEs, and what they are given where the station may have 10 A."""
    station = made(sinks=frozenset(Peer(Target.ENERGY_SINK, number) for number in numbers))
    put(station, DEFAULT, 16, evse=0, profile_id=1)
    station.effects.clear()
    put(station, STATION, 10, evse=0, profile_id=2)
    found = {}
    for number, (command,) in handed(station).items():
        limit = first(command).ac_max_current_a
        assert limit is not None
        found[number] = limit.value
    return station, found


def test_the_maximum_of_the_station_goes_to_its_sink_only() -> None:
    # S10.2
    station, found = maximum(0, 1, 2)

    assert found == {0: 10, 1: 16, 2: 16}
    assert [limits(each) for each in published(station)[-1]] == [[(0, 10)]] * 3


def test_where_the_station_has_no_sink_it_goes_to_all() -> None:
    assert maximum(1, 2)[1] == {1: 10, 2: 10}


# -- what is nothing new -------------------------------------------------------------------------------------


def every_interval(station: Station, times: int) -> dict[int, list[int]]:
    """After how many seconds each sink was given something."""
    station.effects.clear()
    found: dict[int, list[int]] = {}
    for number in range(1, times + 1):
        station.later(30)
        station.effects.clear()
        station.fire("schedules")
        for evse in handed(station):
            found.setdefault(evse, []).append(30 * number)
    return found


def test_a_profile_that_changes_no_limit_is_nothing_new_to_a_sink() -> None:
    station = made()
    put(station, DEFAULT, 16)
    before = handed(station)[1][-1]
    station.later(5)

    put(station, DEFAULT, 16, profile_id=2, level=1, starts=at(60))

    assert len(published(station)[-1][1].charging_schedule_period) == 2  # another profile decides
    assert handed(station)[1][-1] == before


def test_limits_that_have_not_changed_are_not_given_again() -> None:
    station = made()
    put(station, DEFAULT, (0, 16), (60, 10), (90, 10, 3), (100, 6))

    assert every_interval(station, 9) == {}


def test_they_are_before_half_of_them_is_over() -> None:
    station = made()
    put(station, DEFAULT, (0, 16), (60, 10))

    assert every_interval(station, 11) == {0: [300], 1: [300], 2: [300]}


def test_what_comes_into_sight_is_given_to_whom_it_concerns() -> None:
    station = made()
    put(station, DEFAULT, (0, 16), (650, 10))

    assert every_interval(station, 4) == {1: [60]}


def test_with_a_change_all_are_given_theirs_and_the_others_the_same_again() -> None:
    # S19.6
    station = made()
    put(station, DEFAULT, 16)
    station.later(7)

    put(station, DEFAULT, 10, evse=2, profile_id=2)

    found = handed(station)
    assert [found[number][0] == found[number][1] for number in (0, 1, 2)] == [True, True, False]


@pytest.mark.parametrize("reason", list(FailureReason))
def test_only_a_sink_that_may_take_them_later_is_asked_again(reason: FailureReason) -> None:
    station = made(sinks=frozenset({Peer(Target.ENERGY_SINK, 1)}))
    put(station)

    station.reply(SetExternalLimits, Failure(reason=reason, detail="no"))

    final = reason in {FailureReason.INVALID, FailureReason.UNSUPPORTED}
    assert ("schedule_again 1" in station.timers()) is not final
    assert station.notes().count("limits_not_taken") == 1


def test_limits_that_nobody_can_do_anything_with_are_not_given_again() -> None:
    station = made(sinks=frozenset({Peer(Target.ENERGY_SINK, 1)}))
    put(station)
    station.reply(SetExternalLimits, Failure(reason=FailureReason.INVALID, detail="no"))

    assert every_interval(station, 9) == {}


def test_limits_begin_now_not_when_they_were_set() -> None:
    station = made()
    put(station)
    station.later(330)

    station.fire("schedules")

    assert handed(station)[1][-1].value.schedule_import[0].timestamp == at(330)
