"""What hinders a charging profile: one table (K01, F01). Pure.

A profile that needs what this station has not is refused, for what it asks for would not be done.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from ocpp.v21.enums import OperationModeEnumType

from actors.ocpp.blocks.evse_conditions import Hindrance
from actors.ocpp.charging_profiles.profile import Kind, Purpose
from protocols.ocpp import times

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import datetime

    from ocpp.v21.datatypes import ChargingProfileType, ChargingSchedulePeriodType, ChargingScheduleType

    from actors.ocpp.charging_profiles.profile import Profile

STATION: Final = 0
MOST_ID: Final = 2**31 - 1
MOST_RATE: Final = 1e9
"""In W or A, beyond all reason."""
MOST_S: Final = 10**9
"""Of a schedule: some thirty years."""
MOST_PHASES: Final = 3
TAKEN: Final = frozenset(
    {Purpose.charging_station_max_profile, Purpose.tx_default_profile, Purpose.tx_profile}
)
ABSENT_OF_PROFILE: Final = ("max_offline_duration",)
ABSENT_OF_SCHEDULE: Final = ("limit_at_soc", "randomized_delay", "use_local_time")
ABSENT_OF_PERIOD: Final = (
    "discharge_limit",
    "discharge_limit_l2",
    "discharge_limit_l3",
    "evse_sleep",
    "limit_l2",
    "limit_l3",
    "preconditioning_request",
    "setpoint",
    "setpoint_l2",
    "setpoint_l3",
    "setpoint_reactive",
    "setpoint_reactive_l2",
    "setpoint_reactive_l3",
    "v2x_baseline",
    "v2x_freq_watt_curve",
    "v2x_signal_watt_curve",
)
"""Fields of OCPP 2.1 for features that SmartChargingCtrlr does not claim; zero and false ask for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A profile somebody wants set, and what it is judged by."""

    given: ChargingProfileType
    evse_id: int | None
    """None: where a transaction is going to begin, the station chooses."""
    starts_with: bool = False
    """It comes with a start, so its transaction has no name yet."""
    evses: Collection[int]
    transaction_id: str | None = None
    """Of the transaction that runs on that EVSE."""
    others: Sequence[Profile] = ()
    """What is set already."""
    most_level: int | None = None
    most_periods: int | None = None
    units: tuple[str, ...] = ("A", "W")
    switches_phases: bool = False


def refusal(case: Case) -> Hindrance | None:
    """Why it is not taken; None: it is."""
    found = (rule(case) for rule in RULES)
    return next((each for each in found if each is not None), None)


# -- the profile ---------------------------------------------------------------------------------------------


def _place(case: Case) -> Hindrance | None:
    if case.evse_id is not None and case.evse_id != STATION and case.evse_id not in case.evses:
        return Hindrance("UnknownEvse", f"there is no EVSE {case.evse_id}")  # K01.FR.28
    return None


def _identity(case: Case) -> Hindrance | None:
    if abs(case.given.id) > MOST_ID:
        return Hindrance("InvalidProfileId", "its id has more than 32 bits")
    return None


def _purpose(case: Case) -> Hindrance | None:
    purpose = case.given.charging_profile_purpose
    if purpose is Purpose.charging_station_external_constraints:
        return Hindrance("InvalidProfile", "external constraints are not the CSMS's to set")  # K01.FR.22
    if purpose not in TAKEN:
        return Hindrance("UnsupportedPurpose", f"{purpose.value} is not supported")
    return None


def _kind(case: Case) -> Hindrance | None:
    given = case.given
    if given.charging_profile_kind is Kind.dynamic:
        return Hindrance("UnsupportedKind", "dynamic profiles are not supported")
    if given.charging_profile_kind is Kind.recurring and given.recurrency_kind is None:
        return Hindrance("InvalidProfile", "it recurs, and does not say how often")
    return None


def _level(case: Case) -> Hindrance | None:
    if case.most_level is not None and case.given.stack_level > case.most_level:
        return Hindrance("InvalidStackLevel", f"the highest stack level is {case.most_level}")
    return None


def _station_maximum(case: Case) -> Hindrance | None:
    if case.given.charging_profile_purpose is not Purpose.charging_station_max_profile:
        return None
    if case.evse_id != STATION:
        return Hindrance("InvalidProfile", "the maximum of the station belongs to EVSE 0")
    if case.given.charging_profile_kind is Kind.relative:  # K01.FR.38
        return Hindrance("InvalidProfile", "the maximum of the station starts with no transaction")
    return None


def _transaction(case: Case) -> Hindrance | None:
    named = case.given.transaction_id
    if case.given.charging_profile_purpose is not Purpose.tx_profile:
        return None if named is None else Hindrance("InvalidProfile", "only TxProfile names a transaction")
    if case.starts_with:
        return (
            None if named is None else Hindrance("InvalidProfile", "it names a transaction before the start")
        )
    if case.evse_id == STATION:  # K01.FR.16
        return Hindrance("InvalidProfile", "the profile of a transaction belongs to its EVSE")
    if named is None:  # K01.FR.03
        return Hindrance("MissingParam", "it does not name its transaction")
    if named != case.transaction_id:  # K01.FR.09, K01.FR.33
        return Hindrance("TxNotFound", f"no such transaction runs on EVSE {case.evse_id}")
    return None


def _validity(case: Case) -> Hindrance | None:
    given = case.given
    try:
        valid_from, valid_to = times.moment_if(given.valid_from), times.moment_if(given.valid_to)
        starts = [times.moment_if(each.start_schedule) for each in given.charging_schedule]
    except ValueError as error:
        return Hindrance("InvalidProfile", f"a time of it cannot be read: {error}")
    if valid_from is not None and valid_to is not None and valid_to <= valid_from:
        return Hindrance("InvalidProfile", "it ends to be valid before it begins")
    relative = given.charging_profile_kind is Kind.relative
    if relative and any(each is not None for each in starts):  # K01.FR.41
        return Hindrance("InvalidSchedule", "a relative schedule starts with the transaction")
    if not relative and None in starts:  # K01.FR.40
        return Hindrance("InvalidSchedule", "it does not say when its schedule starts")
    return None


def _features(case: Case) -> Hindrance | None:
    given = case.given
    found = [*_asked(given, ABSENT_OF_PROFILE)]
    for schedule in given.charging_schedule:
        found += _asked(schedule, ABSENT_OF_SCHEDULE)
        for period in schedule.charging_schedule_period:
            if period.operation_mode not in {None, OperationModeEnumType.charging_only}:
                return Hindrance("InvalidOperationMode", "nothing but charging is supported")
            found += _asked(period, ABSENT_OF_PERIOD)
    return Hindrance("UnsupportedParam", f"{found[0]} is not supported") if found else None


def _asked(given: object, names: tuple[str, ...]) -> Iterator[str]:
    return (name for name in names if getattr(given, name))


# -- its schedules -------------------------------------------------------------------------------------------


def _schedules(case: Case) -> Hindrance | None:
    schedules = case.given.charging_schedule
    if len(schedules) > 1 and case.given.charging_profile_purpose is not Purpose.tx_profile:
        return Hindrance("InvalidSchedule", "only a TxProfile may have several schedules")
    found = (_schedule(case, each) for each in schedules)
    return next((each for each in found if each is not None), None)


def _schedule(case: Case, given: ChargingScheduleType) -> Hindrance | None:
    periods = given.charging_schedule_period
    if given.charging_rate_unit.value not in case.units:  # K01.FR.26
        return Hindrance("UnsupportedRateUnit", f"{given.charging_rate_unit.value} is not supported")
    if case.most_periods is not None and len(periods) > case.most_periods:
        return Hindrance("InvalidSchedule", f"a schedule has {case.most_periods} periods at most")
    if given.duration is not None and not 0 < given.duration <= MOST_S:
        return Hindrance("InvalidSchedule", "its duration is no time at all, or without end")
    if not _is_limit(given.min_charging_rate or 0):
        return Hindrance("InvalidSchedule", "the minimum rate is below zero, or no rate at all")
    found = (_order(given), *(_period(case, each) for each in periods))
    return next((each for each in found if each is not None), None)


def _order(given: ChargingScheduleType) -> Hindrance | None:
    starts = [each.start_period for each in given.charging_schedule_period]
    if starts[0] != 0:  # K01.FR.31
        return Hindrance("InvalidSchedule", "its first period does not start at 0")
    if any(later <= each for each, later in pairwise(starts)):  # K01.FR.35
        return Hindrance("InvalidSchedule", "its periods are not in order")
    return None


def _period(case: Case, given: ChargingSchedulePeriodType) -> Hindrance | None:
    if given.limit is None or not _is_limit(given.limit):
        return Hindrance("InvalidSchedule", "a period has no limit, or one below zero or beyond all")
    if given.number_phases is not None and not 1 <= given.number_phases <= MOST_PHASES:
        return Hindrance("InvalidSchedule", f"a period has 1 to {MOST_PHASES} phases")
    if given.phase_to_use is None:
        return None
    if given.number_phases != 1:  # K01.FR.19
        return Hindrance("InvalidSchedule", "phaseToUse goes with one phase only")
    if not case.switches_phases:  # K01.FR.20
        return Hindrance("InvalidSchedule", "the phase cannot be chosen here")
    return None


def _is_limit(value: float) -> bool:
    return math.isfinite(value) and 0 <= value <= MOST_RATE


# -- the others ----------------------------------------------------------------------------------------------


def _duplicate(case: Case) -> Hindrance | None:
    """K01.FR.06, FR.39, FR.52, FR.53: one of the same purpose and level that is valid at the same time."""
    for other in case.others:
        if other.id != case.given.id and _collides(case, other):
            text = f"profile {other.id} has the same purpose and stack level"
            return Hindrance("DuplicateProfile", text)
    return None


def _collides(case: Case, other: Profile) -> bool:
    given = case.given
    same = (given.charging_profile_purpose, given.stack_level) == (other.purpose, other.stack_level)
    if not same or case.starts_with:
        return False
    if given.charging_profile_purpose is Purpose.tx_profile:
        near = given.transaction_id == other.transaction_id
    else:
        near = case.evse_id == other.evse_id or STATION in {case.evse_id, other.evse_id}
    return near and _overlap(
        (times.moment_if(given.valid_from), times.moment_if(given.valid_to)),
        (other.valid_from, other.valid_to),
    )


def _overlap(
    one: tuple[datetime | None, datetime | None], two: tuple[datetime | None, datetime | None]
) -> bool:
    def ends_before(first: datetime | None, second: datetime | None) -> bool:
        return first is not None and second is not None and first <= second

    return not ends_before(one[1], two[0]) and not ends_before(two[1], one[0])


RULES: Final[tuple[Callable[[Case], Hindrance | None], ...]] = (
    _place,
    _identity,
    _purpose,
    _kind,
    _level,
    _station_maximum,
    _transaction,
    _validity,
    _features,
    _schedules,
    _duplicate,
)
"""In this order."""
