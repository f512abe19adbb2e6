"""Charging profiles for tests, as the CSMS writes them."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ocpp.v21.datatypes import ChargingProfileType

from actors.ocpp.charging_profiles.profile import Profile, read
from actors.ocpp.device_model import variables
from actors.ocpp.device_model.component import Component
from protocols.ocpp import payloads, times
from tests.support.ocpp_station import START, shipped

HOUR = 3600
DAY = 24 * HOUR
STATION, DEFAULT, TX = "ChargingStationMaxProfile", "TxDefaultProfile", "TxProfile"
TRANSACTION = "tx-1"


def wire(
    purpose: str = DEFAULT,
    *limits: float | tuple[int, float] | tuple[int, float, int],
    profile_id: int = 1,
    level: int = 0,
    unit: str = "A",
    starts: datetime | None = START,
    seconds: int | None = None,
    kind: str | None = None,
    recurs: str | None = None,
    minimum: float | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """A profile in JSON. A limit is a number, from 0 on, or an offset, a limit and perhaps phases.

    Absolute from START on; `recurs` makes it recurring, `starts=None` relative. `seconds`: its duration.
    """
    periods = []
    for each in limits or (16.0,):
        start, limit, *phases = each if isinstance(each, tuple) else (0, each)
        periods.append(
            {"startPeriod": start, "limit": limit} | ({"numberPhases": phases[0]} if phases else {})
        )
    schedule: dict[str, Any] = {"id": 1, "chargingRateUnit": unit, "chargingSchedulePeriod": periods}
    if starts is not None:
        schedule["startSchedule"] = times.text_of(starts)
    if seconds is not None:
        schedule["duration"] = seconds
    if minimum is not None:
        schedule["minChargingRate"] = minimum
    otherwise = "Relative" if starts is None else "Recurring" if recurs else "Absolute"
    made = {
        "id": profile_id,
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind or otherwise,
        "chargingSchedule": [schedule],
    }
    return made | ({"recurrencyKind": recurs} if recurs else {}) | fields


def typed(*args: Any, **fields: Any) -> ChargingProfileType:
    """The same as the blocks see it."""
    return payloads.decode(ChargingProfileType, wire(*args, **fields))


def profile(*args: Any, evse: int = 1, **fields: Any) -> Profile:
    """The same as the composite schedule sees it."""
    return read(evse, typed(*args, **fields))


def at(seconds: float) -> datetime:
    """A moment, from START."""
    return START + timedelta(seconds=seconds)


def text_at(seconds: float) -> str:
    """The same as it is written."""
    return times.text_of(at(seconds))


def altered_entries(most: int) -> tuple[Component, ...]:
    """The shipped device model, with room for so many profiles."""
    component, name = variables.PROFILE_ENTRIES.at()
    found = []
    for each in shipped():
        declared = dict(each.variables)
        if each.name == component:
            kind = replace(declared[name].characteristics, max_limit=Decimal(most))
            declared[name] = replace(declared[name], characteristics=kind)
        found.append(replace(each, variables=declared))
    return tuple(found)
