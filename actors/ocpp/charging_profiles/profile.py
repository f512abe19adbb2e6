"""One charging profile, as far as it limits something (K01). Pure.

Times on the wire become moments, numbers become exact. What is kept besides (price schedules, signatures) is
reported as it was given and changes no limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ocpp.v21.enums import (
    ChargingProfileKindEnumType,
    ChargingProfilePurposeEnumType,
    ChargingRateUnitEnumType,
    RecurrencyKindEnumType,
)

from protocols.ocpp import times
from protocols.ocpp.numbers import exact

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal

    from ocpp.v21.datatypes import ChargingProfileType, ChargingScheduleType

Unit = ChargingRateUnitEnumType
Purpose = ChargingProfilePurposeEnumType
Kind = ChargingProfileKindEnumType
DAY_S: Final = 86_400
RECURS_S: Final[Mapping[str, int]] = MappingProxyType(
    {RecurrencyKindEnumType.daily.value: DAY_S, RecurrencyKindEnumType.weekly.value: 7 * DAY_S}
)


@dataclass(frozen=True, slots=True)
class Period:
    """What holds from one offset on, until the next period."""

    start_s: int
    """From the start of the schedule."""
    limit: Decimal
    """In the unit of the schedule: W of all phases together, or A of each."""
    phases: int | None = None
    """How many may be used; None: the profile does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A charging profile with its (first) schedule."""

    id: int
    evse_id: int
    """Where it was set; 0 is the station."""
    purpose: Purpose
    kind: Kind
    stack_level: int
    recurs_s: int | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    transaction_id: str | None = None
    unit: Unit
    starts_at: datetime | None = None
    """None: with the transaction."""
    duration_s: int | None = None
    """None: the last period has no end of its own."""
    periods: tuple[Period, ...]
    minimum: Decimal | None = None
    """Below it charging is of no use to the car; in the unit of the schedule."""
    written: int
    """Periods of all its schedules, also those that do not count: reading them is work."""


def read(evse_id: int, given: ChargingProfileType) -> Profile:
    """The profile in what the rules have passed. Raises ValueError for a time that is none.

    Of several schedules, from which a car by ISO 15118 may choose, the first counts.
    """
    schedule = given.charging_schedule[0]
    return Profile(
        id=given.id,
        evse_id=evse_id,
        purpose=given.charging_profile_purpose,
        kind=given.charging_profile_kind,
        stack_level=given.stack_level,
        recurs_s=None if given.recurrency_kind is None else RECURS_S[given.recurrency_kind],
        valid_from=times.moment_if(given.valid_from),
        valid_to=times.moment_if(given.valid_to),
        transaction_id=given.transaction_id,
        unit=schedule.charging_rate_unit,
        starts_at=times.moment_if(schedule.start_schedule),
        duration_s=schedule.duration,
        periods=_periods(schedule),
        minimum=None if schedule.min_charging_rate is None else exact(schedule.min_charging_rate),
        written=sum(len(each.charging_schedule_period) for each in given.charging_schedule),
    )


def _periods(schedule: ChargingScheduleType) -> tuple[Period, ...]:
    return tuple(
        Period(each.start_period, exact(each.limit or 0), each.number_phases)
        for each in schedule.charging_schedule_period
    )
