"""What holds when, and which of two limits is the lower: schedules of the energy tree (row M15.3). Pure.

The first entry of a schedule holds already now, whatever its time says, and the last one for ever.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from protocols.types.energy import IntegerWithSource, LimitsReq, NumberWithSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

Value = TypeVar("Value", NumberWithSource, IntegerWithSource)


class Entry(Protocol):
    """Anything that holds from some moment on."""

    @property
    def timestamp(self) -> datetime:
        """When it begins to hold."""


E = TypeVar("E", bound=Entry)


class Plan(Generic[E]):
    """A schedule that is looked at often: it is put in order once. Entries may stand in any order but for the
    first, which holds until another one does; of those that begin at once the first holds.
    """

    def __init__(self, schedule: Sequence[E]) -> None:
        begins: dict[datetime, E] = {}
        for entry in schedule:
            begins.setdefault(entry.timestamp, entry)
        self._schedule = schedule
        self._times = sorted(begins)
        self._entries = [begins[time] for time in self._times]

    def at(self, moment: datetime) -> E | None:
        """The entry that holds at a moment; None of an empty schedule."""
        if not self._schedule:
            return None
        begun = bisect_right(self._times, moment)
        return self._entries[begun - 1] if begun else self._schedule[0]


def changes(schedules: Iterable[Sequence[Entry]]) -> set[datetime]:
    """The moments at which something begins to hold."""
    return {entry.timestamp for schedule in schedules for entry in schedule}


def lower(one: Value | None, other: Value | None) -> Value | None:
    """The lower of two limits; one that is absent limits nothing. The first where they are equal."""
    return _chosen(one, other, lambda first, second: second < first)


def higher(one: Value | None, other: Value | None) -> Value | None:
    """The higher of two least values; one that is absent demands nothing."""
    return _chosen(one, other, lambda first, second: second > first)


def _chosen(one: Value | None, other: Value | None, better: Callable[[float, float], bool]) -> Value | None:
    if one is None or other is None:
        return one if other is None else other
    return other if better(one.value, other.value) else one


def lowest(one: LimitsReq, other: LimitsReq) -> LimitsReq:
    """Both limits in one: of each the stricter. What only describes the node is taken from the first."""
    return replace(
        one,
        total_power_w=lower(one.total_power_w, other.total_power_w),
        ac_max_current_a=lower(one.ac_max_current_a, other.ac_max_current_a),
        ac_min_current_a=higher(one.ac_min_current_a, other.ac_min_current_a),
        ac_max_phase_count=lower(one.ac_max_phase_count, other.ac_max_phase_count),
        ac_min_phase_count=higher(one.ac_min_phase_count, other.ac_min_phase_count),
    )
