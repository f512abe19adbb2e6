"""The composite schedule: what all profiles together let an EVSE, or the station, have (K08, M11.15). Pure.

At every moment, of the profiles that are valid:

- the transaction's own ones decide before the default ones of transactions, whatever their stack levels, and
  where they say nothing the default ones do;
- that is capped by the station's maximum, and by what an external system allows;
- where none of them says anything, the default limit holds, so there always is a schedule.

Limits in another unit than is asked for are converted: power is voltage times current times phases. A current
is rounded down to a tenth of an ampere, so nobody gets more than he was granted.

An EVSE is capped by the station's maximum as a whole: how it is shared among EVSEs that charge at a time is
the business of energy management, which has the station's schedule for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from actors.ocpp.charging_profiles.profile import Purpose, Unit
from actors.ocpp.charging_profiles.timeline import Window, gathered, stacked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from actors.ocpp.charging_profiles.profile import Profile
    from actors.ocpp.charging_profiles.timeline import Span

STATION: Final = 0
TENTH: Final = Decimal("0.1")
MOST_PHASES: Final = 3
MOST_SLOTS: Final = 1024
"""Of a composite schedule; one of more ends earlier, and says so."""
MOST_SPANS: Final = 4096
"""That profiles are expanded to for one composite schedule; where they are used up it ends as well. No fewer
than there may be periods of all profiles together, so there is always something.
"""
CAPS: Final = (Purpose.charging_station_max_profile, Purpose.charging_station_external_constraints)
ORDER: Final = (Purpose.tx_profile, Purpose.tx_default_profile, *CAPS)
LAYERS: Final = (ORDER[:2], *((each,) for each in CAPS))
"""The lowest of these holds; in each, what comes first decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What an EVSE, or the station, is connected to, and what it may have where no profile says anything."""

    phases: int | None
    """None: not known, or direct current."""
    voltage_v: Decimal
    """Between phase and neutral."""
    default_phases: int
    default_a: Decimal
    default_w: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """What holds from one offset on, until the next slot or the end."""

    start_s: int
    limit: Decimal
    phases: int
    stack_level: int | None = None
    """Of the profile that decides; None: no profile does."""
    minimum: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Composite:
    """A composite schedule."""

    evse_id: int
    unit: Unit
    begin: datetime
    duration_s: int
    """As was asked for, or as far as it was worked out."""
    slots: tuple[Slot, ...]
    """In order; the first begins at 0."""
    spans: int = 0
    """The work it was: what profiles were expanded to."""

    @property
    def minimum(self) -> Decimal | None:
        """The highest minimum in it."""
        return max((each.minimum for each in self.slots if each.minimum is not None), default=None)


def compose(
    evse_id: int,
    profiles: Iterable[Profile],
    window: Window,
    unit: Unit,
    supply: Supply,
    *,
    transaction: tuple[str, datetime] | None = None,
) -> Composite:
    """The composite schedule of an EVSE, or of the station (0), in a unit.

    `transaction` is the running one's id, and when it began. Without one, profiles that start with a
    transaction are taken as if it began with the window.
    """
    anchor = window.begin if transaction is None else transaction[1]
    transaction_id = None if transaction is None else transaction[0]
    concerned = sorted(
        (each for each in profiles if each.purpose in ORDER and _concerns(each, evse_id, transaction_id)),
        key=lambda each: (ORDER.index(each.purpose), -each.stack_level),  # K01.FR.32
    )
    found = gathered(concerned, window, anchor, MOST_SPANS)
    said = tuple(zip(concerned, found.layers, strict=True))
    layers = [
        stacked((spans for each, spans in said if each.purpose in purposes), found.length_s)
        for purposes in LAYERS
    ]
    slots, duration_s = _slots(layers, found.length_s, unit, supply)
    return Composite(
        evse_id=evse_id, unit=unit, begin=window.begin, duration_s=duration_s, slots=slots, spans=found.made
    )


def _slots(
    layers: Sequence[Sequence[Span]], length_s: int, unit: Unit, supply: Supply
) -> tuple[tuple[Slot, ...], int]:
    """What holds when, and how far that reaches."""
    slots: list[Slot] = []
    for start_s, spans in _together(layers, length_s):
        slot = _slot(start_s, spans, unit, supply)
        if slots and _rate(slots[-1]) == _rate(slot):
            continue
        if len(slots) == MOST_SLOTS:
            return tuple(slots), start_s
        slots.append(slot)
    return tuple(slots), length_s


def _concerns(profile: Profile, evse_id: int, transaction_id: str | None) -> bool:
    if profile.purpose in CAPS:
        return profile.evse_id in {STATION, evse_id}
    if evse_id == STATION:
        return False
    if profile.purpose is Purpose.tx_profile:
        return profile.transaction_id is not None and profile.transaction_id == transaction_id
    return profile.evse_id in {STATION, evse_id}  # K01.FR.14, K01.FR.15


def _together(layers: Sequence[Sequence[Span]], length_s: int) -> Iterator[tuple[int, list[Span]]]:
    """From when on which spans hold together, one of each layer that says something. Spans may reach beyond
    the end; nothing is said there, for others may have been left out.
    """
    inner = (edge for layer in layers for span in layer for edge in span[:2] if edge < length_s)
    edges = sorted({0, length_s, *inner})
    places = [0] * len(layers)
    for begin_s, _end_s in pairwise(edges):
        found = []
        for number, layer in enumerate(layers):
            while places[number] < len(layer) and layer[places[number]].end_s <= begin_s:
                places[number] += 1
            if places[number] < len(layer) and layer[places[number]].begin_s <= begin_s:
                found.append(layer[places[number]])
        yield begin_s, found


def _slot(start_s: int, found: Sequence[Span], unit: Unit, supply: Supply) -> Slot:
    """The lowest limit of all that hold, on the fewest phases that one of them allows."""
    if not found:
        limit = supply.default_a if unit is Unit.a else supply.default_w
        return Slot(start_s=start_s, limit=limit, phases=_phases(None, supply))
    phases = min(_phases(each.period.phases, supply) for each in found)
    rates = [_converted(each, unit, supply, phases) for each in found]
    lowest = min(range(len(rates)), key=lambda number: rates[number].limit)
    return Slot(
        start_s=start_s,
        limit=rates[lowest].limit,
        phases=phases,
        stack_level=found[lowest].profile.stack_level,
        minimum=max((each.minimum for each in rates if each.minimum is not None), default=None),
    )


def _converted(span: Span, unit: Unit, supply: Supply, phases: int) -> Slot:
    """What a span allows in a unit where so many phases are used: ampere of each make fewer watt on fewer."""
    profile = span.profile
    factor = Decimal(1) if profile.unit is unit else supply.voltage_v * phases

    def convert(value: Decimal) -> Decimal:
        if factor == 1:
            return value
        return value * factor if unit is Unit.w else (value / factor).quantize(TENTH, ROUND_DOWN)

    minimum = None if profile.minimum is None else convert(profile.minimum)
    return Slot(start_s=span.begin_s, limit=convert(span.period.limit), phases=phases, minimum=minimum)


def _phases(wanted: int | None, supply: Supply) -> int:
    """How many are used; a profile that does not say means three (K01.FR.19), but no more than there are, and
    never a number that no node of the energy tree takes.
    """
    return max(1, min(wanted or supply.default_phases, supply.phases or MOST_PHASES, MOST_PHASES))


def _rate(slot: Slot) -> tuple[object, ...]:
    return slot.limit, slot.phases, slot.stack_level, slot.minimum
