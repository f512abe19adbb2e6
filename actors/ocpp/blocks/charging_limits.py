"""Limits for energy management: each sink is given those of its EVSE (rows S9.9, S10.1 to S10.3, S19.6).

A sink keeps what it was given until it is given something else, and what holds last holds on. So it is asked
again only when what holds from now on has changed, when half of what it knows is over, and with all others
when the CSMS has changed something: whoever sees no change is then given the very same once more, which is
nothing new to him. A sink that cannot take its limits now is tried again: it may be starting. One that finds
them invalid is told the next ones. A successor hands out anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from actors.ocpp.block import Block
from actors.ocpp.blocks import charging_composites
from actors.ocpp.charging_profiles.composite import STATION
from actors.ocpp.charging_profiles.profile import Unit
from actors.ocpp.inputs import Target
from protocols.interfaces import external_energy_limits
from protocols.message import Failure, FailureReason
from protocols.types.energy import (
    ExternalLimits,
    IntegerWithSource,
    LimitsReq,
    NumberWithSource,
    ScheduleReqEntry,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from actors.ocpp.charging_profiles.composite import Composite, Slot
    from actors.ocpp.turn import Turn
    from protocols.message import Reply

AGAIN: Final = "schedule_again"
AGAIN_S: Final = 5.0
"""After a sink has not taken its limits."""
FINAL: Final = frozenset({FailureReason.INVALID, FailureReason.UNSUPPORTED})
"""Who says so will say so again."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a sink was given last."""

    limits: ExternalLimits
    until: datetime
    """When it is given them anew although nothing has changed."""


@dataclass(slots=True)
class Sinks:
    """How things stand with them, by EVSE."""

    given: dict[int, Given] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)
    """Those that have not taken their limits."""


def hand(turn: Turn, composite: Composite, *, anyway: bool) -> None:
    """Give the sink of an EVSE its limits, if they are new to it; `anyway`: in any case."""
    number, given = composite.evse_id, turn.live.of(Sinks).given
    limits = ExternalLimits(
        schedule_import=tuple(_entry(composite, each) for each in composite.slots),
        schedule_export=(),
        schedule_setpoints=(),
    )
    before = given.get(number)
    if (
        before is None
        or turn.now >= before.until
        or _from_now(turn, before.limits) != _from_now(turn, limits)
    ):
        half = timedelta(seconds=composite.duration_s / 2)
        given[number] = Given(limits, until=turn.now + half)
    elif not anyway:
        return
    command = external_energy_limits.SetExternalLimits(value=given[number].limits)
    turn.ask(Target.ENERGY_SINK, command, "charging_limits.taken", number=number, evse_id=number)


def _from_now(turn: Turn, limits: ExternalLimits) -> Sequence[tuple[datetime | None, LimitsReq]]:
    """What holds from now on (None), and what later, from when on."""
    entries = limits.schedule_import
    begun = sum(each.timestamp <= turn.now for each in entries)
    later = [(each.timestamp, each.limits_to_leaves) for each in entries[begun:]]
    all_: list[tuple[datetime | None, LimitsReq]] = [(None, entries[begun - 1].limits_to_leaves), *later]
    return [all_[0], *(then for before, then in pairwise(all_) if before[1] != then[1])]


def _entry(composite: Composite, slot: Slot) -> ScheduleReqEntry:
    """On both sides of the node: what it may take is what it may give.

    The default limit is one of an EVSE: a station that no profile limits is limited by its fuses alone.
    """
    defaults = composite.evse_id == STATION and slot.stack_level is None
    limits = LimitsReq() if defaults else _limits(slot, composite.unit)
    timestamp = composite.begin + timedelta(seconds=slot.start_s)
    return ScheduleReqEntry(timestamp=timestamp, limits_to_root=limits, limits_to_leaves=limits)


def _limits(slot: Slot, unit: Unit) -> LimitsReq:
    source = "OCPP default limit" if slot.stack_level is None else "OCPP charging profile"
    limit = NumberWithSource(value=float(slot.limit), source=source)
    phases = IntegerWithSource(value=slot.phases, source=source)
    if unit is Unit.w:
        return LimitsReq(total_power_w=limit, ac_max_phase_count=phases)
    minimum = None if slot.minimum is None else NumberWithSource(value=float(slot.minimum), source=source)
    return LimitsReq(ac_max_current_a=limit, ac_max_phase_count=phases, ac_min_current_a=minimum)


def _taken(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    evse_id, refused = context["evse_id"], turn.live.of(Sinks).refused
    if not isinstance(reply, Failure):
        refused.discard(evse_id)
        turn.cancel(f"{AGAIN} {evse_id}")
        return
    if evse_id not in refused:
        refused.add(evse_id)
        turn.note("limits_not_taken", warning=True, sink_of_evse=evse_id, reason=reply.reason.value)
    if reply.reason not in FINAL:
        turn.start(f"{AGAIN} {evse_id}", AGAIN_S)


def _again(turn: Turn, rest: str) -> None:
    shown = charging_composites.wanted(turn, int(rest))
    hand(turn, charging_composites.for_sink(turn, shown), anyway=True)


BLOCK: Final = Block(
    name="charging_limits", replies={"charging_limits.taken": _taken}, timers={AGAIN: _again}
)
