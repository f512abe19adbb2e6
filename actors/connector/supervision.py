"""What the outlet itself watches, mostly while power is on, and calls a fault. Pure.

A fault stands for the rest of the session. `WATCHES` is the table: what is looked at, for how long it may be
wrong, and what it is then.

A car is measured against what it has been told, not against what was ordered: a pilot that has just changed
shows a new order up to 5 s later, and the car has its time from then on.

Source: rows M5.13, M5.17; IEC 61851-23:2023, 6.3.1.106, 6.3.1.112; EVerest, Charger::check_soft_over_current.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from actors.connector import isolation, pilot
from actors.connector.exchange import Device
from actors.connector.messages import CableCheck, Supply
from actors.connector.state import LEAVE, OfferState, Phase, Turn
from protocols.errors import EvseBoardSupport, EvseManager
from protocols.interfaces.evse_board_support import AcSetOvercurrentLimitA
from protocols.types.error_history import Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from protocols.errors import ErrorType

TO_EARTH_S: Final = 2.0
"""The voltage to earth may be too high between two measurements, but not for longer."""
FOLLOW_S: Final = 5.0
"""A car may take as long to follow a lower offer."""
POWER: Final = frozenset({Supply.PRE_CHARGE, Supply.CHARGE})


class Watch(NamedTuple):
    """One thing that may be wrong for some time."""

    since: str
    """The field of `WatchState` that remembers since when."""
    wrong: Callable[[Turn], str]
    """What is wrong now; empty: nothing."""
    bound_s: Callable[[Turn], float]
    kind: ErrorType
    severity: Severity
    excused: Callable[[Turn], bool] = lambda _turn: False
    """Whether it may be so for longer."""


def _energised(turn: Turn) -> bool:
    """DC: the output is connected to the car, after its cable check."""
    order = turn.state.order
    closed = turn.settings.dc and turn.state.switch.phase in (Phase.CLOSED, Phase.RELEASING)
    return closed and order is not None and order.supply in POWER


def _over_current(turn: Turn) -> str:
    current_a, told_a = turn.state.facts.current_a, turn.state.offer.told_a
    if current_a is None or _told_a(turn) is None or turn.state.switch.phase is not Phase.CLOSED:
        return ""
    return "" if _bears(turn, told_a) else f"the car draws {current_a:.1f} A of {told_a:.1f} A"


def _bears(turn: Turn, offer_a: float) -> bool:
    """Whether the car draws no more than it may by such an offer."""
    settings, current_a = turn.settings, turn.state.facts.current_a or 0.0
    most_a = offer_a * (1 + settings.soft_over_current_tolerance_percent / 100)
    return current_a <= most_a + settings.soft_over_current_measurement_noise_a


def _over_current_s(turn: Turn) -> float:
    return turn.settings.soft_over_current_timeout_ms / 1000


def _follows(turn: Turn) -> bool:
    """Whether it keeps to what it was told a moment ago: it has its time for each of several lower offers."""
    return any(_bears(turn, offer_a) for offer_a, _until_s in turn.state.offer.more)


def _told_a(turn: Turn) -> float | None:
    """AC: the current that the car has been told it may draw."""
    order = turn.state.order
    return None if turn.settings.dc or order is None else pilot.told_a(turn, order)


def _note_told(turn: Turn) -> None:
    """Remember what the car was told for as long as it may go by that."""
    told_a, before = _told_a(turn), turn.state.offer
    if told_a is None:
        return
    more = before.more
    if told_a < before.told_a:
        more = (*more, (before.told_a, turn.now_s + _over_current_s(turn)))
    more = tuple(each for each in more if each[0] > told_a and not turn.over(each[1], 0.0))
    turn.set(offer=OfferState(told_a=told_a, more=more))


def _over_voltage(turn: Turn) -> str:
    order, voltage_v = turn.state.order, turn.state.facts.output_v
    if not _energised(turn) or order is None or voltage_v is None or order.maximum_voltage_v <= 0:
        return ""
    over = voltage_v > order.maximum_voltage_v
    return f"{voltage_v:.0f} V, and the car allows {order.maximum_voltage_v:.0f} V" if over else ""


def _implausible(turn: Turn) -> str:
    if not _energised(turn):
        return ""
    seen = turn.state.facts.fresh(turn.now_s)
    spread_v = max(seen) - min(seen) if seen else 0.0
    limit_v = turn.settings.voltage_plausibility_max_spread_threshold_v
    return f"voltages of the output differ by {spread_v:.0f} V" if spread_v > limit_v else ""


def _to_earth(turn: Turn) -> str:
    supply, volts = turn.state.facts.supply, turn.state.facts.to_earth_v
    if not _energised(turn) or supply is None or volts is None:
        return ""
    limit_v = isolation.emergency_v(supply.max_export_voltage_v)
    return f"{volts:.0f} V between the output and earth" if volts > limit_v else ""


def _leaking(turn: Turn) -> str:
    ohm, charging = turn.state.facts.isolation_ohm, _energised(turn) and turn.state.monitors.imd_on
    if not charging or ohm is None or turn.state.check.verdict is not CableCheck.PASSED:
        return ""
    bad = isolation.verdict(ohm, turn.settings.connector_type) is isolation.Isolation.FAULT
    return f"isolation of {ohm:.0f} Ohm while energy flows" if bad else ""


def _hot(turn: Turn) -> str:
    """Boards that take less power when it gets hot say so by their capabilities; this is where that ends."""
    plug_c, capabilities = turn.state.facts.plug_c, turn.state.facts.capabilities
    if plug_c is None or capabilities is None or capabilities.max_plug_temperature_c is None:
        return ""
    hot = turn.state.switch.phase in LEAVE and plug_c > capabilities.max_plug_temperature_c
    return f"the plug has {plug_c:.0f} degrees C" if hot else ""


WATCHES: Final = (
    Watch(
        "over_current_s",
        _over_current,
        _over_current_s,
        EvseManager.MREC4_OVER_CURRENT_FAILURE,
        Severity.MEDIUM,
        excused=_follows,
    ),
    Watch(
        "over_voltage_s",
        _over_voltage,
        lambda turn: turn.settings.internal_over_voltage_duration_ms / 1000,
        EvseManager.MREC5_OVER_VOLTAGE,
        Severity.HIGH,
    ),
    Watch(
        "spread_s",
        _implausible,
        lambda turn: turn.settings.voltage_plausibility_fault_duration_ms / 1000,
        EvseManager.VOLTAGE_PLAUSIBILITY_FAULT,
        Severity.MEDIUM,
    ),
    Watch(
        "to_earth_s",
        _to_earth,
        lambda _turn: TO_EARTH_S,
        EvseManager.MREC22_RESISTANCE_FAULT,
        Severity.MEDIUM,
    ),
    Watch(
        "leaking_s",
        _leaking,
        lambda _turn: 0.0,
        EvseManager.MREC22_RESISTANCE_FAULT,
        Severity.MEDIUM,
    ),
    Watch(
        "hot_s",
        _hot,
        lambda _turn: 0.0,
        EvseBoardSupport.MREC19_CABLE_OVER_TEMP_STOP,
        Severity.MEDIUM,
    ),
)


def step(turn: Turn) -> None:
    """Look at everything once."""
    _note_told(turn)
    for each in WATCHES:
        wrong, since_s = each.wrong(turn), getattr(turn.state.watch, each.since)
        if not wrong:
            if since_s is not None:
                turn.set(watch=replace(turn.state.watch, **{each.since: None}))
            continue
        if since_s is None:
            since_s = turn.now_s
            turn.set(watch=replace(turn.state.watch, **{each.since: since_s}))
        if turn.over(since_s, each.bound_s(turn)) and not each.excused(turn):
            turn.fault(each.kind, wrong, each.severity)
    _set_trip(turn)


def _set_trip(turn: Turn) -> None:
    """AC: move the board's own overcurrent trip with the offer: upwards before the car is told, downwards
    only when it had time since it was.
    """
    order, watch, told_a = turn.state.order, turn.state.watch, _told_a(turn)
    if told_a is None or order is None or order.supply is not Supply.AC:
        return
    offer_a = max(order.offer_a, told_a)
    if offer_a == watch.trip_a:
        if watch.trip_at_s is not None:
            turn.set(watch=replace(watch, trip_at_s=None))
        return
    falls = watch.trip_a is not None and offer_a < watch.trip_a and turn.state.switch.phase in LEAVE
    if falls:
        since_s = turn.now_s if watch.trip_at_s is None else watch.trip_at_s
        turn.set(watch=replace(watch, trip_at_s=since_s))
        if not turn.over(since_s, FOLLOW_S):
            return
    turn.set(watch=replace(turn.state.watch, trip_a=offer_a, trip_at_s=None))
    turn.do(Device.BOARD, AcSetOvercurrentLimitA(limit_a=offer_a))
