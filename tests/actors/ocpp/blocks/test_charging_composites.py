"""What this station makes of its profiles, for those that publish, tell and hand out (K08, S10.2)."""

from typing import Any

import pytest

from actors.ocpp.blocks.charging_composites import composite_of, for_sink, wanted
from actors.ocpp.charging_profiles.composite import Composite
from actors.ocpp.charging_profiles.profile import Purpose, Unit
from actors.ocpp.device_model import variables
from tests.support.charging_profiles import DEFAULT, STATION
from tests.support.charging_schedules import made, put
from tests.support.ocpp_station import Station


def asked(station: Station, wish: Any) -> Composite:
    found: list[Composite] = []
    station.turn(lambda turn: found.append(wish(turn)))
    return found[0]


def limit(composite: Composite) -> float:
    return float(composite.slots[0].limit)


@pytest.mark.parametrize(("unit", "expected"), [("A", 10), ("W", 6900)])
def test_it_is_made_as_the_site_file_wants_it(unit: str, expected: float) -> None:
    station = made(composite_schedule_unit=unit, composite_schedule_duration_s=77)
    put(station, STATION, 10, evse=0)

    found = asked(station, lambda turn: wanted(turn, 1))

    assert (limit(found), found.duration_s, found.unit.value) == (expected, 77, unit)


def test_some_purposes_can_be_left_out() -> None:
    station = made()
    put(station, STATION, 10, evse=0)
    put(station, DEFAULT, 16, profile_id=2)

    without = (Purpose.charging_station_max_profile,)
    found = asked(station, lambda turn: composite_of(turn, 1, Unit.a, 60, without=without))

    assert limit(found) == 16


def test_without_smart_charging_profiles_do_not_count() -> None:
    station = made()
    put(station, DEFAULT, 16)
    station.set(variables.SMART_CHARGING, value=False)

    assert limit(asked(station, lambda turn: wanted(turn, 1))) == 48


@pytest.mark.parametrize(("evse", "expected"), [(0, 10), (1, 48)])
def test_the_sink_of_an_evse_is_not_told_of_the_maximum(evse: int, expected: float) -> None:
    # S10.2
    station = made()
    put(station, STATION, 10, evse=0)

    assert limit(asked(station, lambda turn: for_sink(turn, wanted(turn, evse)))) == expected
