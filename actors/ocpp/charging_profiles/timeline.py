"""Which profile decides when: spans of time, in seconds from the begin of a window. Pure.

spans(profile, window, anchor)              # where one profile says something, one span after the other
gathered(profiles, window, anchor, most)    # the same of all, as far as so many spans reach
stacked(layers, length_s)                   # who decides, moment by moment
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import timedelta
from heapq import merge
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

from actors.ocpp.charging_profiles.profile import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from actors.ocpp.charging_profiles.profile import Period, Profile


@dataclass(frozen=True, slots=True)
class Window:
    """From when on, and for how long, something is looked at."""

    begin: datetime
    """A whole second."""
    length_s: int

    def offset_s(self, moment: datetime) -> int:
        """Whole seconds from the begin to a moment, rounded down."""
        return (moment - self.begin) // timedelta(seconds=1)


class Span(NamedTuple):
    """Who decides from one second to another, the latter excluded."""

    begin_s: int
    end_s: int
    profile: Profile
    period: Period


class Gathered(NamedTuple):
    """Where profiles say something."""

    layers: tuple[list[Span], ...]
    """One for each, in their order."""
    length_s: int
    """How far that reaches: to the end of the window, or as far as there was room for spans."""
    made: int
    """How many spans."""


def spans(profile: Profile, window: Window, anchor: datetime) -> Iterator[Span]:
    """Where in the window a profile says something, in order. `anchor`: when a relative one starts."""
    low_s = 0 if profile.valid_from is None else max(0, window.offset_s(profile.valid_from))
    high_s = window.length_s
    if profile.valid_to is not None:
        high_s = min(high_s, window.offset_s(profile.valid_to))
    for start_s in _starts(profile, window, anchor):
        yield from _run(profile, start_s, low_s, high_s)


def _starts(profile: Profile, window: Window, anchor: datetime) -> Iterable[int]:
    """When its schedule begins: once, or again and again as far as that reaches into the window."""
    if profile.kind is Kind.relative or profile.starts_at is None:
        return (window.offset_s(anchor),)
    first_s = window.offset_s(profile.starts_at)
    if profile.recurs_s is None:
        return (first_s,)
    gone = max(0, -first_s // profile.recurs_s)
    return range(first_s + gone * profile.recurs_s, window.length_s, profile.recurs_s)


def _run(profile: Profile, start_s: int, low_s: int, high_s: int) -> Iterator[Span]:
    """One run of the schedule between two bounds; what lies before the first of them is not gone through."""
    lengths = (each for each in (profile.duration_s, profile.recurs_s) if each is not None)
    stop_s = min((high_s, *(start_s + each for each in lengths)))
    periods = profile.periods
    first = bisect_right(periods, low_s - start_s, key=lambda each: each.start_s)
    for number in range(max(0, first - 1), len(periods)):
        begin_s = max(start_s + periods[number].start_s, low_s)
        if begin_s >= stop_s:
            return
        after_s = start_s + periods[number + 1].start_s if number + 1 < len(periods) else stop_s
        yield Span(begin_s, min(after_s, stop_s), profile, periods[number])


def gathered(profiles: Sequence[Profile], window: Window, anchor: datetime, most: int) -> Gathered:
    """Where all of them say something, from the begin on, as far as `most` spans reach.

    `most` is to be as many as there are profiles at least.
    """
    layers: tuple[list[Span], ...] = tuple([] for _ in profiles)
    streams = (
        zip(repeat(number), spans(each, window, anchor), strict=False) for number, each in enumerate(profiles)
    )
    made = 0
    for number, span in merge(*streams, key=lambda each: each[1].begin_s):
        if made == most:
            return Gathered(layers, span.begin_s, made)
        layers[number].append(span)
        made += 1
    return Gathered(layers, window.length_s, made)


def stacked(layers: Iterable[Sequence[Span]], length_s: int) -> Sequence[Span]:
    """Who decides moment by moment: the first layer that says something. Two by two, so that no layer is gone
    through for every other.
    """
    found = [*layers] or [()]
    while len(found) > 1:
        pairs = [
            filled(upper, lower, length_s) for upper, lower in zip(found[::2], found[1::2], strict=False)
        ]
        found = [*pairs, *found[2 * len(pairs) :]]
    return found[0]


def filled(upper: Sequence[Span], lower: Sequence[Span], length_s: int) -> list[Span]:
    """The upper ones, and the lower ones where there are none of those. All in order, without overlap."""
    found: list[Span] = []
    gap_s, rest = 0, list(reversed(lower))
    for span in (*upper, None):
        to_s = length_s if span is None else span.begin_s
        while rest and rest[-1].begin_s < to_s:
            each = rest[-1]
            begin_s, end_s = max(each.begin_s, gap_s), min(each.end_s, to_s)
            if begin_s < end_s:
                found.append(each._replace(begin_s=begin_s, end_s=end_s))
            if each.end_s > to_s:
                break
            rest.pop()
        if span is not None:
            found.append(span)
            gap_s = span.end_s
    return found
