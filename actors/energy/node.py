"""The core of a node of the energy tree: a fuse with limits from outside (rows M15.1, M15.3). Pure.

A node asks its parent for what its children ask it for, and says what may pass through it: the lower of its
fuse and of the limits from outside. It does not share anything; that is for the energy manager alone.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from actors.energy.schedule import Plan, lowest
from protocols.types.energy import (
    EnergyFlowRequest,
    ExternalLimits,
    IntegerWithSource,
    LimitsReq,
    NodeType,
    NumberWithSource,
    ScheduleReqEntry,
    ScheduleSetpointEntry,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from protocols.types.powermeter import Powermeter

Planned = TypeVar("Planned", ScheduleReqEntry, ScheduleSetpointEntry)

PHASES: Final = 3
"""The most there can be."""
NO_LIMITS: Final = ExternalLimits(schedule_import=(), schedule_export=(), schedule_setpoints=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Fuse:
    """What the site file says of a node."""

    uuid: str
    """The node's name in the tree: its module's id."""
    limit_a: float
    """Per phase."""
    phase_count: int | None = None
    """None: the fuse does not limit the number of phases."""
    nominal_voltage_v: float = 230.0
    """Between phase and neutral."""
    enhance: bool = False
    """Whether a limit in watt only gets one in ampere as well (`enhance_external_schedule`)."""

    @property
    def source(self) -> str:
        """Where the fuse's limits come from."""
        return f"{self.uuid}/module_config"

    @property
    def limits(self) -> LimitsReq:
        """What the fuse lets through."""
        count = self.phase_count
        return LimitsReq(
            ac_max_current_a=NumberWithSource(value=self.limit_a, source=self.source),
            ac_max_phase_count=IntegerWithSource(value=count, source=self.source) if count else None,
        )


def fuse_of(module: str, parameters: Mapping[str, Any]) -> Fuse:
    """The fuse of a site file's entry."""
    return Fuse(
        uuid=module,
        limit_a=parameters["fuse_limit_A"],
        phase_count=parameters.get("phase_count"),
        nominal_voltage_v=parameters["nominal_voltage_V"],
        enhance=parameters["enhance_external_schedule"],
    )


class Node:
    """One node. `children` are the names it is connected to, in the order of the site file."""

    def __init__(self, fuse: Fuse, children: Sequence[str]) -> None:
        self.fuse = fuse
        self.external = NO_LIMITS
        """A new set takes the place of the whole (M15.1)."""
        self.usage: Powermeter | None = None
        """What the node's own meter says, at its root side."""
        self._children: dict[str, EnergyFlowRequest | None] = dict.fromkeys(children)

    @property
    def complete(self) -> bool:
        """Whether every child has spoken."""
        return all(self._children.values())

    def child(self, name: str, request: EnergyFlowRequest) -> bool:
        """A child says what it needs; return whether anything but its meter's readings is new."""
        before = self._children[name]
        self._children[name] = request
        return before is None or without_usage(before) != without_usage(request)

    def request(self, now: datetime) -> EnergyFlowRequest:
        """What the node and all below it need, and may have."""
        return EnergyFlowRequest(
            children=tuple(self._spoken()),
            uuid=self.fuse.uuid,
            node_type=NodeType.GENERIC,
            priority_request=any(each.priority_request for each in self._spoken()) or None,
            energy_usage_root=self.usage,
            schedule_import=self._limited(self.external.schedule_import, now),
            schedule_export=self._limited(self.external.schedule_export, now),
            schedule_setpoints=self.external.schedule_setpoints,
        )

    def ways_to(self, uuid: str) -> tuple[str, ...]:
        """The children that a grant for a node is passed on to: the one above it, all while nobody is known
        to be, none when it is for this node.
        """
        if uuid == self.fuse.uuid:
            return ()
        for name, request in self._children.items():
            if request is not None and _holds(request, uuid):
                return (name,)
        return tuple(name for name, request in self._children.items() if request is None)

    def _spoken(self) -> Iterator[EnergyFlowRequest]:
        return (request for request in self._children.values() if request is not None)

    def _limited(self, schedule: tuple[ScheduleReqEntry, ...], now: datetime) -> tuple[ScheduleReqEntry, ...]:
        """A schedule from outside within the fuse; the fuse alone where there is none."""
        own = self.fuse.limits
        if not schedule:
            hour = now.replace(minute=0, second=0, microsecond=0)
            return (ScheduleReqEntry(timestamp=hour, limits_to_root=own, limits_to_leaves=own),)
        return tuple(
            replace(
                entry,
                limits_to_root=lowest(enhanced(entry, self.fuse), own),
                limits_to_leaves=lowest(entry.limits_to_leaves, own),
            )
            for entry in schedule
        )


def enhanced(entry: ScheduleReqEntry, fuse: Fuse) -> LimitsReq:
    """The root side's limits; where it is so configured, a current for a power that has none. It is shared by
    the phases of the entry, else of the fuse, else by one.
    """
    limits, leaves = entry.limits_to_root, entry.limits_to_leaves
    if not fuse.enhance or limits.total_power_w is None or limits.ac_max_current_a is not None:
        return limits
    counts = (each.ac_max_phase_count.value for each in (limits, leaves) if each.ac_max_phase_count)
    phases = next((count for count in counts if count > 0), fuse.phase_count or 1)
    current_a = limits.total_power_w.value / (fuse.nominal_voltage_v * phases)
    source = limits.total_power_w.source
    return replace(limits, ac_max_current_a=NumberWithSource(value=current_a, source=source))


def from_now_on(limits: ExternalLimits, now: datetime) -> ExternalLimits:
    """The same limits in the one form that all sets have that hold alike from now on: what has been overtaken
    is left out, and when the entry that holds has begun does not count.
    """
    return ExternalLimits(
        schedule_import=_rest(limits.schedule_import, now),
        schedule_export=_rest(limits.schedule_export, now),
        schedule_setpoints=_rest(limits.schedule_setpoints, now),
    )


def _rest(schedule: tuple[Planned, ...], now: datetime) -> tuple[Planned, ...]:
    holds = Plan(schedule).at(now)
    if holds is None:
        return ()
    later = [entry for entry in schedule if entry.timestamp > now]
    later.sort(key=operator.attrgetter("timestamp"))
    later.insert(0, replace(holds, timestamp=now))
    return tuple(later)


def unfit(limits: ExternalLimits) -> str:
    """What of limits from outside can hold for no node, in words; "" where nothing is: a number of phases
    that is not 1 to 3, a converter that passes nothing on, a number that is none.
    """
    for entry in (*limits.schedule_import, *limits.schedule_export):
        efficiency = entry.conversion_efficiency
        if efficiency is not None and not 0.0 < efficiency <= 1.0:
            return "conversion_efficiency: not above 0 and at most 1"
        for side in (entry.limits_to_root, entry.limits_to_leaves):
            counts = (side.ac_max_phase_count, side.ac_min_phase_count)
            if any(count is not None and not 1 <= count.value <= PHASES for count in counts):
                return "phase count: not 1 to 3"
            numbers = (side.ac_max_current_a, side.ac_min_current_a, side.total_power_w)
            if not all(number is None or math.isfinite(number.value) for number in numbers):
                return "limit: not a finite number"
    points = (entry.setpoint for entry in limits.schedule_setpoints if entry.setpoint is not None)
    if not all(
        math.isfinite(value or 0.0) for each in points for value in (each.ac_current_a, each.total_power_w)
    ):
        return "setpoint: not a finite number"
    return ""


def without_usage(request: EnergyFlowRequest) -> EnergyFlowRequest:
    """The same without what meters say, which changes all the time."""
    return replace(
        request,
        energy_usage_root=None,
        energy_usage_leaves=None,
        children=tuple(map(without_usage, request.children)),
    )


def _holds(request: EnergyFlowRequest, uuid: str) -> bool:
    return request.uuid == uuid or any(_holds(child, uuid) for child in request.children)
