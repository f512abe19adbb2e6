"""Requests of an energy tree, and limits that are laid on it, in few words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from protocols.types.energy import (
    EnergyFlowRequest,
    EvseState,
    ExternalLimits,
    IntegerWithSource,
    LimitsReq,
    NodeType,
    NumberWithSource,
    ScheduleReqEntry,
    ScheduleSetpointEntry,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

NOW: Final = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def number(value: float | None, source: str = "test") -> NumberWithSource | None:
    """A value with its source; None stays None."""
    return None if value is None else NumberWithSource(value=value, source=source)


def count(value: int | None, source: str = "test") -> IntegerWithSource | None:
    """The same for a number of phases."""
    return None if value is None else IntegerWithSource(value=value, source=source)


def limits(
    current_a: float | None = None,
    power_w: float | None = None,
    phases: int | None = None,
    *,
    source: str = "test",
    **more: Any,
) -> LimitsReq:
    """Limits of one side of a node."""
    return LimitsReq(
        ac_max_current_a=number(current_a, source),
        total_power_w=number(power_w, source),
        ac_max_phase_count=count(phases, source),
        **more,
    )


def entry(
    root: LimitsReq, leaves: LimitsReq | None = None, *, after_s: float = 0.0, **more: Any
) -> ScheduleReqEntry:
    """Limits that hold from so long after `NOW`; without `leaves` the same on both sides."""
    return ScheduleReqEntry(
        timestamp=NOW + timedelta(seconds=after_s),
        limits_to_root=root,
        limits_to_leaves=root if leaves is None else leaves,
        **more,
    )


def external(
    *entries: ScheduleReqEntry,
    export: Iterable[ScheduleReqEntry] = (),
    setpoints: Iterable[ScheduleSetpointEntry] = (),
) -> ExternalLimits:
    """A set of limits from outside."""
    return ExternalLimits(
        schedule_import=entries, schedule_export=tuple(export), schedule_setpoints=tuple(setpoints)
    )


def leaf(
    uuid: str,
    current_a: float | None = 32.0,
    *,
    least_a: float | None = 6.0,
    phases: int = 3,
    least_phases: int = 1,
    active: int | None = None,
    switches: bool = False,
    power_w: float | None = None,
    state: EvseState = EvseState.CHARGING,
    export_w: float = 0.0,
    **more: Any,
) -> EnergyFlowRequest:
    """An AC EVSE's request."""
    wants = limits(
        current_a,
        power_w,
        phases,
        ac_min_current_a=number(least_a),
        ac_min_phase_count=count(least_phases),
        ac_supports_changing_phases_during_charging=switches,
        ac_number_of_active_phases=active,
    )
    return EnergyFlowRequest(
        children=(),
        uuid=uuid,
        node_type=NodeType.EVSE,
        evse_state=state,
        schedule_import=(entry(wants),),
        schedule_export=(entry(limits(power_w=export_w)),) if export_w else (),
        schedule_setpoints=(),
        **more,
    )


def dc_leaf(uuid: str, power_w: float = 100_000.0, **more: Any) -> EnergyFlowRequest:
    """A DC EVSE's request."""
    return leaf(uuid, None, least_a=None, power_w=power_w, **more)


def fuse(
    uuid: str,
    current_a: float | None,
    *children: EnergyFlowRequest,
    phases: int | None = 3,
    power_w: float | None = None,
    **more: Any,
) -> EnergyFlowRequest:
    """A node's request."""
    own = entry(limits(current_a, power_w, phases, source=uuid))
    fields: dict[str, Any] = {
        "schedule_import": (own,), "schedule_export": (own,), "schedule_setpoints": (),
    } | more  # fmt: skip
    return EnergyFlowRequest(children=children, uuid=uuid, node_type=NodeType.GENERIC, **fields)
