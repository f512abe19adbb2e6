"""What all profiles together let an EVSE have: tables made by hand (K08, M11.15)."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.ocpp.charging_profiles.composite import MOST_SLOTS, MOST_SPANS, Supply, compose
from actors.ocpp.charging_profiles.profile import Unit
from actors.ocpp.charging_profiles.timeline import Window
from tests.support.charging_profiles import DAY, DEFAULT, HOUR, START, STATION, TRANSACTION, TX, at, profile
from tests.support.examples import few

EXTERNAL = "ChargingStationExternalConstraints"
SUPPLY = Supply(
    phases=3, voltage_v=Decimal(230), default_phases=3, default_a=Decimal(48), default_w=Decimal(33120)
)
ONE_PHASE = Supply(
    phases=1, voltage_v=Decimal(230), default_phases=3, default_a=Decimal(48), default_w=Decimal(33120)
)


def made(*profiles, evse=1, unit=Unit.a, supply=SUPPLY, running=TRANSACTION, began=START, length_s=HOUR):
    transaction = None if running is None else (running, began)
    return compose(evse, profiles, Window(START, length_s), unit, supply, transaction=transaction)


def told(*profiles, **options):
    return [(each.start_s, float(each.limit)) for each in made(*profiles, **options).slots]


def tx(*limits, **fields):
    return profile(TX, *limits, transactionId=TRANSACTION, **fields)


def station(*limits, **fields):
    return profile(STATION, *limits, evse=0, **fields)


@pytest.mark.parametrize(("unit", "limit"), [(Unit.a, 48), (Unit.w, 33120)])
@pytest.mark.parametrize("evse", [0, 1])
def test_without_any_profile_the_default_limit_holds(evse, unit, limit):
    # M11.15
    found = made(evse=evse, unit=unit)

    assert [(each.start_s, each.limit, each.phases) for each in found.slots] == [(0, limit, 3)]
    assert (found.evse_id, found.unit, found.duration_s, found.begin) == (evse, unit, HOUR, START)
    assert found.slots[0].stack_level is None
    assert found.minimum is None


TABLE = {
    "a default profile of the EVSE": ([profile(DEFAULT, 20)], [(0, 20)]),
    "a default profile of all EVSEs": ([profile(DEFAULT, 20, evse=0)], [(0, 20)]),
    "one of another EVSE": ([profile(DEFAULT, 20, evse=2)], [(0, 48)]),
    "the transaction's own decides": ([profile(DEFAULT, 10, level=9), tx(25)], [(0, 25)]),
    "that of another transaction does not": ([profile(TX, 6, transactionId="tx-2")], [(0, 48)]),
    "the default one fills its gaps": (
        [profile(DEFAULT, 10), tx(25, starts=at(60), seconds=60)],
        [(0, 10), (60, 25), (120, 10)],
    ),
    "the default limit fills what is left": (
        [tx(25, starts=at(60), seconds=60)],
        [(0, 48), (60, 25), (120, 48)],
    ),
    "the station's maximum caps": ([tx(25), station(16)], [(0, 16)]),
    "and does not raise": ([tx(25), station(32)], [(0, 25)]),
    "alone it decides, above the default limit": ([station(63)], [(0, 63)]),
    "external constraints cap as well": (
        [tx(25), station(20), profile(EXTERNAL, 8, evse=0, starts=at(30), seconds=30)],
        [(0, 20), (30, 8), (60, 20)],
    ),
    "external constraints of one EVSE": ([profile(EXTERNAL, 8, evse=1)], [(0, 8)]),
    "each moment has its lowest": (
        [tx((0, 10), (100, 30)), station((0, 20), (200, 5), (300, 20))],
        [(0, 10), (100, 20), (200, 5), (300, 20)],
    ),
    "power becomes current": ([tx(11040, unit="W")], [(0, 16)]),
    "rounded to a tenth": ([tx(11000, unit="W")], [(0, 15.9)]),
    "and always down": ([tx(11039, unit="W")], [(0, 15.9)]),
    "of one phase": ([tx((0, 3680, 1), unit="W")], [(0, 16)]),
    "units are compared": ([tx(16), station(6900, unit="W")], [(0, 10)]),
    "power goes through the phases that are used": ([tx((0, 32, 1)), station(3680, unit="W")], [(0, 16)]),
}


@pytest.mark.parametrize(("profiles", "expected"), TABLE.values(), ids=TABLE)
def test_the_composite_schedule_in_ampere_is_as_by_hand(profiles, expected):
    assert told(*profiles) == expected


@pytest.mark.parametrize(
    ("profiles", "expected"),
    [
        ([tx(16)], [(0, 11040)]),
        ([tx((0, 16, 1))], [(0, 3680)]),
        ([tx(16), station(10000, unit="W")], [(0, 10000)]),
        ([tx(16), station(22000.5, unit="W")], [(0, 11040)]),
        ([tx(16), station((0, 22000, 1), unit="W")], [(0, 3680)]),  # 16 A of the one phase that is left
    ],
)
def test_the_composite_schedule_in_watt_is_as_by_hand(profiles, expected):
    assert told(*profiles, unit=Unit.w) == expected


def test_the_station_has_nothing_of_the_profiles_of_transactions():
    # S10.2
    profiles = [tx(10), profile(DEFAULT, 8, evse=0), station(63)]

    assert told(*profiles, evse=0) == [(0, 63)]
    assert told(*profiles[:2], evse=0) == [(0, 48)]


def test_an_evse_on_one_phase_gets_the_power_on_that_phase():
    assert told(tx(3680, unit="W"), supply=ONE_PHASE) == [(0, 16)]
    assert made(tx(3680, unit="W"), supply=ONE_PHASE).slots[0].phases == 1


@pytest.mark.parametrize(
    ("default", "known", "found"), [(9, None, 3), (9, 7, 3), (2, None, 2), (-4, None, 1)]
)
def test_no_schedule_has_more_phases_than_a_supply_can_have(default, known, found):
    """A limit with another number would be refused by the energy tree, and hold for nobody."""
    supply = replace(SUPPLY, phases=known, default_phases=default)

    assert made(tx(16), supply=supply).slots[0].phases == found


def test_the_fewest_phases_and_the_deciding_level_are_told():
    found = made(tx((0, 16, 1), level=4), station(20, level=7))

    assert [(each.phases, each.stack_level) for each in found.slots] == [(1, 4)]


@pytest.mark.parametrize(
    "profiles",
    [
        [tx((0, 16, 3), (60, 16, 1))],
        [tx(16, level=3, seconds=60), profile(DEFAULT, 16)],
        [tx(16, minimum=6, seconds=60), profile(DEFAULT, 16)],
    ],
    ids=["phases", "level", "minimum"],
)
def test_a_slot_ends_where_anything_of_it_changes(profiles):
    assert told(*profiles) == [(0, 16), (60, 16)]


def test_of_several_minimums_the_highest_holds():
    found = made(tx(16, minimum=6, seconds=60), profile(DEFAULT, 16, minimum=7), station(20, minimum=10))

    assert [each.minimum for each in found.slots] == [10]
    found = made(tx(16, minimum=8, seconds=60), profile(DEFAULT, 16, minimum=7), station(20, minimum=6))
    assert [each.minimum for each in found.slots] == [8, 7]
    assert found.minimum == 8


@pytest.mark.parametrize(("unit", "minimum"), [(Unit.a, 6), (Unit.w, 4140)])
def test_the_highest_minimum_is_told_in_the_unit_asked_for(unit, minimum):
    found = made(tx(16, minimum=6), station(20), unit=unit)

    assert found.minimum == minimum


def test_a_relative_default_starts_now_while_nobody_charges():
    profiles = [profile(DEFAULT, (0, 10), (60, 32), starts=None)]

    assert told(*profiles, running=None) == [(0, 10), (60, 32)]
    assert told(*profiles, began=at(-50)) == [(0, 10), (10, 32)]


def test_no_profile_of_a_transaction_counts_while_none_runs():
    assert told(tx(10), running=None) == [(0, 48)]
    assert told(profile(TX, 10), running=None) == [(0, 48)]


@few(25)
@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 600), st.integers(1, 40)), max_size=6))
def test_the_station_never_allows_more_than_its_maximum(drawn):
    caps = [
        station(limit, profile_id=level, level=level, starts=at(start), seconds=seconds)
        for level, (start, seconds, limit) in enumerate(drawn)
    ]
    capped = made(tx(20), *caps)

    assert capped.slots[0].start_s == 0
    assert [each.start_s for each in capped.slots] == sorted({each.start_s for each in capped.slots})
    rates = [(each.limit, each.stack_level) for each in capped.slots]
    assert all(one != two for one, two in pairwise(rates))
    for second in range(0, HOUR, 97):
        holds = [each for each in capped.slots if each.start_s <= second][-1]
        active = [
            limit for level, (start, seconds, limit) in enumerate(drawn) if start <= second < start + seconds
        ]
        assert holds.limit == min([20, *active[-1:]])


def test_work_ends_before_the_week_that_many_profiles_are_asked_for():
    """Spans made, not time: whoever hangs is replaced, and the profiles are there for the successor."""
    levels = [
        profile(DEFAULT, *((each * 80, 6.0) for each in range(1024)), recurs="Daily", level=level, evse=0)
        for level in range(42)
    ]

    found = made(*levels, length_s=7 * DAY)

    assert found.spans == MOST_SPANS
    assert 0 < found.duration_s < 7 * DAY
    assert [each.start_s for each in found.slots] == [0]


def test_nothing_is_said_behind_the_end_of_the_work():
    """What is expanded to few spans reaches further than that, without its caps."""
    caps = [
        station(*((each * 80, 6.0) for each in range(1024)), recurs="Daily", profile_id=level, level=level)
        for level in range(6)
    ]

    found = made(tx(32), *caps, length_s=DAY)

    assert found.spans == MOST_SPANS
    assert [(each.start_s, each.limit) for each in found.slots] == [(0, 6)]


def test_a_schedule_ends_where_it_would_have_too_many_slots():
    daily = profile(DEFAULT, *((each * 60, 6 + each % 2) for each in range(400)), recurs="Daily")

    found = made(daily, length_s=7 * DAY)

    assert len(found.slots) == MOST_SLOTS
    assert found.duration_s == found.slots[-1].start_s + 60
    assert found.spans < MOST_SPANS
