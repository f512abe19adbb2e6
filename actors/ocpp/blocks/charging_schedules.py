"""Composite schedules: told to the CSMS and published.

OCPP 2.1 part 2, K08; rows S8.18, S9.10 to S9.14, S19.

Whenever a profile has come or gone, a transaction with profiles has begun or ended, or a variable they depend
on has changed, and every `CompositeScheduleIntervalS` besides, the schedules of the station and of all EVSEs
are worked out anew, from now on and for `RequestCompositeScheduleDurationS`: at once, or over several turns
where profiles make that much work. They are published, and handed to the energy sinks (`charging_limits`). A
successor publishes anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ocpp.v21 import call, call_result, datatypes, enums

from actors.ocpp.block import Block
from actors.ocpp.blocks import charging_limits, charging_profiles
from actors.ocpp.blocks.charging_composites import composite_of, for_sink, ignored, wanted
from actors.ocpp.blocks.evse_conditions import Hindrance
from actors.ocpp.blocks.transaction_entries import running
from actors.ocpp.charging_profiles.composite import MOST_SPANS, STATION
from actors.ocpp.charging_profiles.profile import Unit
from actors.ocpp.device_model import variables
from actors.ocpp.inputs import Target
from protocols.interfaces import ocpp
from protocols.ocpp import times
from protocols.ocpp.errors import Code
from protocols.types import ocpp as types

if TYPE_CHECKING:
    from actors.ocpp.charging_profiles.composite import Composite
    from actors.ocpp.device_model.requests import Change
    from actors.ocpp.turn import Turn

TIMER: Final = "schedules"
REST: Final = "schedules_rest"
LONGEST_S: Final = 7 * 86_400
TURN_SPANS: Final = MOST_SPANS // 2
"""What profiles are expanded to in one turn: an EVSE with which that is reached is the last of its turn."""
DEPENDS_ON: Final = frozenset(
    each.at()
    for each in (
        variables.SMART_CHARGING,
        variables.DEFAULT_LIMIT_A,
        variables.DEFAULT_LIMIT_W,
        variables.DEFAULT_PHASES,
        variables.IGNORED_OFFLINE,
        variables.SUPPLY_VOLTAGE,
    )
)


@dataclass(slots=True)
class Round:
    """What is published, as far as it is worked out, and what that was made of."""

    basis: object = None
    due: list[int] = field(default_factory=list)
    """EVSEs whose turn is still to come."""
    made: list[types.ChargingSchedule] = field(default_factory=list)
    anyway: bool = False
    """Sinks are given their limits even if they know them."""


# -- the CSMS asks -------------------------------------------------------------------------------------------


def _get(turn: Turn, tag: int, request: call.GetCompositeSchedule) -> None:
    if not charging_profiles.works(turn):
        turn.refuse(tag, Code.NOT_SUPPORTED, "smart charging is not available, or not enabled")
        return
    unit = request.charging_rate_unit or Unit(turn.settings.composite_schedule_unit)
    status = enums.GenericStatusEnumType
    if (found := _hindrance(turn, request, unit)) is not None:
        turn.respond(tag, call_result.GetCompositeSchedule(status.rejected, status_info=found.info))
        return
    composite = composite_of(turn, request.evse_id, unit, min(request.duration, LONGEST_S))
    turn.respond(tag, call_result.GetCompositeSchedule(status.accepted, schedule=_on_the_wire(composite)))


def _hindrance(turn: Turn, request: call.GetCompositeSchedule, unit: Unit) -> Hindrance | None:
    if request.evse_id != STATION and request.evse_id not in turn.settings.evses:  # K08.FR.05
        return Hindrance("UnknownEvse", f"there is no EVSE {request.evse_id}")
    if unit.value not in turn.model.read(variables.RATE_UNITS):  # K08.FR.07
        return Hindrance("UnsupportedRateUnit", f"{unit.value} is not supported")
    if request.duration <= 0:
        return Hindrance("ValueTooLow", "its duration is no time at all")
    return None


def _on_the_wire(composite: Composite) -> datatypes.CompositeScheduleType:
    return datatypes.CompositeScheduleType(
        charging_rate_unit=composite.unit,
        charging_schedule_period=[
            datatypes.ChargingSchedulePeriodType(
                start_period=each.start_s, limit=float(each.limit), number_phases=each.phases
            )
            for each in composite.slots
        ],
        duration=composite.duration_s,
        evse_id=composite.evse_id,
        schedule_start=times.text_of(composite.begin),
    )


# -- publishing and handing out ------------------------------------------------------------------------------


def publish(turn: Turn, *, anyway: bool) -> None:
    """Say how things stand, to everybody and to each sink (S9.11, S19.6); `anyway`: also to sinks to which it
    is nothing new. Where that is much work it is done over several turns.
    """
    going = turn.live.of(Round)
    going.due = [STATION, *sorted(turn.settings.evses)]
    going.made = []
    going.anyway = anyway
    _go_on(turn)


def _go_on(turn: Turn) -> None:
    """EVSE by EVSE, until that was work enough for one turn."""
    going, spans = turn.live.of(Round), 0
    to_hand: list[Composite] = []
    while going.due and spans < TURN_SPANS:
        shown = wanted(turn, going.due.pop(0))
        spans += shown.spans
        going.made.append(_published(shown))
        if turn.is_connected(Target.ENERGY_SINK, shown.evse_id):
            to_hand.append(for_sink(turn, shown))
            spans += 0 if to_hand[-1] is shown else to_hand[-1].spans
    if going.due:
        turn.start(REST, 0)
    else:
        told = types.ChargingSchedules(schedules=tuple(going.made))
        turn.publish(ocpp.ChargingSchedules(schedules=told), retain=True)
        interval_s = turn.settings.composite_schedule_interval_s
        if interval_s > 0:  # S9.13, S19.7
            turn.start(TIMER, interval_s)
    for each in to_hand:
        charging_limits.hand(turn, each, anyway=going.anyway)


def _published(composite: Composite) -> types.ChargingSchedule:
    minimum = composite.minimum
    return types.ChargingSchedule(
        evse=composite.evse_id,
        charging_rate_unit=composite.unit.value,
        charging_schedule_period=tuple(
            types.ChargingSchedulePeriod(
                start_period_s=each.start_s,
                limit=float(each.limit),
                number_phases=each.phases,
                stack_level=each.stack_level,
            )
            for each in composite.slots
        ),
        duration_s=composite.duration_s,
        start_schedule=composite.begin,
        min_charging_rate=None if minimum is None else float(minimum),
    )


# -- when ----------------------------------------------------------------------------------------------------


def _look(turn: Turn) -> None:
    """After every input: whether what was published last still holds (S9.10)."""
    going, basis = turn.live.of(Round), _basis(turn)
    if going.basis != basis:
        going.basis = basis
        publish(turn, anyway=True)


def _basis(turn: Turn) -> tuple[object, ...]:
    """What schedules are made of, time and variables aside."""
    kept = charging_profiles.kept(turn)
    if not kept:
        return (kept,)
    transactions = tuple(
        None if (found := running(turn, each)) is None else found.transaction_id
        for each in turn.settings.evses
    )
    return kept, transactions, ignored(turn)


def _changed(turn: Turn, changes: tuple[Change, ...]) -> None:
    if any(each.name.place in DEPENDS_ON for each in changes):
        publish(turn, anyway=True)


def _due(turn: Turn, _rest: str) -> None:
    if not turn.live.of(Round).due:
        publish(turn, anyway=False)


def _rest(turn: Turn, _rest: str) -> None:
    if turn.live.of(Round).due:
        _go_on(turn)


BLOCK: Final = Block(
    name="charging_schedules",
    requests={call.GetCompositeSchedule: _get},
    timers={TIMER: _due, REST: _rest},
    settled=_look,
    changed=_changed,
)
