"""Meter values: sampled, clock-aligned, on request, within transactions and outside (rows S9.15 to S9.18, J).

Samples of a transaction are counted from its start, and aligned ones from midnight UTC, so a successor goes
on in step with its predecessor.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from ocpp.v21 import call
from ocpp.v21.enums import ReadingContextEnumType as Context
from ocpp.v21.enums import TriggerReasonEnumType as Trigger

from actors.ocpp.block import Block
from actors.ocpp.blocks import metering_series, transaction_events
from actors.ocpp.blocks.metering_readings import (
    Readings,
    Signing,
    learn,
    learn_meter,
    reading_of,
    record_of,
    sampled,
)
from actors.ocpp.blocks.transaction_entries import all_running, running
from actors.ocpp.device_model import variables
from actors.ocpp.entries import Weight
from protocols.interfaces import evse_manager
from protocols.ocpp import times

if TYPE_CHECKING:
    from datetime import datetime

    from actors.ocpp.blocks.transaction_entries import Transaction
    from actors.ocpp.device_model.steering import Steering
    from actors.ocpp.inputs import Peer
    from actors.ocpp.turn import Turn

EARLY_S: Final = 0.5
"""A timer that fires this little before its moment fires for it."""


@dataclass(slots=True)
class Served:
    """The aligned moments that have been served, by timer."""

    aligned: datetime | None = None
    aligned_ended: datetime | None = None


# -- news ----------------------------------------------------------------------------------------------------


def _powermeter(turn: Turn, peer: Peer, news: evse_manager.Powermeter) -> None:
    learn_meter(turn, peer.number, news.powermeter)


def _ev_info(turn: Turn, peer: Peer, news: evse_manager.EvInfo) -> None:
    learn(turn, peer.number, ev=news.ev_info)


def _limits(turn: Turn, peer: Peer, news: evse_manager.Limits) -> None:
    learn(turn, peer.number, limits=news.limits)


def _enforced(turn: Turn, peer: Peer, news: evse_manager.EnforcedLimits) -> None:
    learn(turn, peer.number, enforced=news.limits)


def _public_key(turn: Turn, peer: Peer, news: evse_manager.PowermeterPublicKeyOcmf) -> None:
    turn.live.of(Readings).public_keys[peer.number] = news.public_key


# -- sampled -------------------------------------------------------------------------------------------------


def watch(turn: Turn, transaction: Transaction) -> None:
    """Take samples of a transaction from now on."""
    for timer, interval in (
        ("sampled", variables.SAMPLED_UPDATED_INTERVAL),
        ("ended", variables.SAMPLED_ENDED_INTERVAL),
    ):
        _next_sample(turn, transaction, timer, interval)


def unwatch(turn: Turn, evse_id: int) -> None:
    """A transaction is over."""
    turn.cancel(f"sampled {evse_id}")
    turn.cancel(f"ended {evse_id}")


def reschedule(turn: Turn) -> None:
    """Intervals may have changed: everything is timed anew."""
    for each in all_running(turn):
        unwatch(turn, each.evse_id)
        watch(turn, each)
    for timer, interval in _ALIGNED.items():
        turn.cancel(timer)
        _next_aligned(turn, timer, interval)


def _next_sample(turn: Turn, transaction: Transaction, timer: str, interval: Steering[int]) -> None:
    interval_s = turn.model.read(interval)
    if interval_s > 0 and transaction_events.samples(turn):
        since_s = max(0.0, (turn.now - transaction.started_at).total_seconds() + EARLY_S)
        turn.start(f"{timer} {transaction.evse_id}", interval_s - since_s % interval_s + EARLY_S)


def _sampled(turn: Turn, rest: str) -> None:
    if (transaction := running(turn, int(rest))) is None or not transaction_events.samples(turn):
        return
    model = turn.model
    signs = model.read(variables.SAMPLED_SIGNED) and model.read(variables.SAMPLED_SIGNED_UPDATES)
    measurands = model.read(variables.SAMPLED_UPDATED_MEASURANDS)
    _update(turn, transaction, measurands, Context.sample_periodic, Trigger.meter_value_periodic, signs=signs)
    _next_sample(turn, transaction, "sampled", variables.SAMPLED_UPDATED_INTERVAL)


def _update(
    turn: Turn,
    transaction: Transaction,
    measurands: tuple[str, ...],
    context: Context,
    trigger: Trigger,
    *,
    signs: bool,
    at: datetime | None = None,
) -> None:
    meter = reading_of(turn, transaction.evse_id).meter
    record = record_of(meter) if signs else None
    value, transaction = transaction_events.measured(turn, transaction, measurands, context, meter, record)
    if value is not None:
        if at is not None:
            value.timestamp = times.text_of(at)
        transaction_events.update(turn, transaction, trigger, value)


def _ended(turn: Turn, rest: str) -> None:
    if (transaction := running(turn, int(rest))) is None or not transaction_events.samples(turn):
        return
    measurands = turn.model.read(variables.SAMPLED_ENDED_MEASURANDS)
    value = sampled(turn, transaction.evse_id, measurands, Context.sample_periodic)
    if value is not None:
        metering_series.keep(turn, transaction.transaction_id, metering_series.Kind.SAMPLED, value)
    _next_sample(turn, transaction, "ended", variables.SAMPLED_ENDED_INTERVAL)


# -- clock-aligned -------------------------------------------------------------------------------------------

_ALIGNED: Final = {
    "aligned": variables.ALIGNED_INTERVAL,
    "aligned_ended": variables.ALIGNED_ENDED_INTERVAL,
}


def _aligns(turn: Turn) -> bool:
    return turn.model.read(variables.ALIGNED_ENABLED) and turn.model.read(variables.ALIGNED_AVAILABLE)


def _slot(moment: datetime, interval_s: int) -> datetime:
    """The last aligned moment: they are counted from midnight UTC (J01.FR.14)."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(seconds=(moment - midnight).total_seconds() // interval_s * interval_s)


def _next_aligned(turn: Turn, timer: str, interval: Steering[int]) -> None:
    interval_s = turn.model.read(interval)
    if interval_s > 0 and _aligns(turn):
        slot = _slot(turn.now, interval_s)
        midnight = slot.replace(hour=0, minute=0, second=0) + timedelta(days=1)
        following = min(slot + timedelta(seconds=interval_s), midnight)
        turn.start(timer, (following - turn.now).total_seconds())


def _due(turn: Turn, timer: str, interval: Steering[int]) -> datetime | None:
    """The aligned moment that a timer has fired for; None when it was served, or the clock was put back."""
    interval_s = turn.model.read(interval)
    if interval_s <= 0 or not _aligns(turn):
        return None
    slot = _slot(turn.now + timedelta(seconds=EARLY_S), interval_s)
    served = turn.live.of(Served)
    if getattr(served, timer) == slot:
        return None
    setattr(served, timer, slot)
    return slot


def _aligned(turn: Turn, _rest: str) -> None:
    if (slot := _due(turn, "aligned", variables.ALIGNED_INTERVAL)) is not None:
        at = slot if turn.model.read(variables.ROUND_ALIGNED_TIMES) else None
        busy = any(True for _ in all_running(turn))
        if not (busy and turn.model.read(variables.ALIGNED_IDLE_ONLY)):  # J01.FR.20
            for evse_id in turn.settings.evses:
                _aligned_at(turn, evse_id, at)
    _next_aligned(turn, "aligned", variables.ALIGNED_INTERVAL)


def _aligned_at(turn: Turn, evse_id: int, at: datetime | None) -> None:
    model = turn.model
    transaction = running(turn, evse_id)
    if transaction is None:
        outside(turn, evse_id, Context.sample_clock, at=at)
    else:
        signs = model.read(variables.ALIGNED_SIGNED) and model.read(variables.ALIGNED_SIGNED_UPDATES)
        measurands = model.read(variables.ALIGNED_MEASURANDS)
        _update(
            turn,
            transaction,
            measurands,
            Context.sample_clock,
            Trigger.meter_value_clock,
            signs=signs,
            at=at,
        )


def _aligned_ended(turn: Turn, _rest: str) -> None:
    if (slot := _due(turn, "aligned_ended", variables.ALIGNED_ENDED_INTERVAL)) is not None:
        at = slot if turn.model.read(variables.ROUND_ALIGNED_TIMES) else None
        measurands = turn.model.read(variables.ALIGNED_ENDED_MEASURANDS)
        for each in all_running(turn):
            value = sampled(turn, each.evse_id, measurands, Context.sample_clock, at=at)
            if value is not None:
                metering_series.keep(turn, each.transaction_id, metering_series.Kind.ALIGNED, value)
    _next_aligned(turn, "aligned_ended", variables.ALIGNED_ENDED_INTERVAL)


# -- outside of transactions, and on request -----------------------------------------------------------------


def outside(turn: Turn, evse_id: int, context: Context, *, at: datetime | None = None) -> bool:
    """Send MeterValues of an EVSE; return False when nothing of it is known, or nobody is to be told.

    Without a connection they are kept only if the CSMS wants everything kept (`QueueAllMessages`).
    """
    model = turn.model
    kept = model.read(variables.QUEUE_ALL_MESSAGES)
    kept = kept and "MeterValues" not in model.read(variables.MESSAGES_NOT_QUEUED)
    if not turn.live.online and not kept:
        return False
    record = record_of(reading_of(turn, evse_id).meter) if model.read(variables.ALIGNED_SIGNED) else None
    signed = Signing(turn, evse_id, key_told=True).worded(record)
    value = sampled(turn, evse_id, model.read(variables.ALIGNED_MEASURANDS), context, at=at, signed=signed)
    if value is None:
        return False
    turn.send(call.MeterValues(evse_id, [value]), weight=Weight.SAMPLE)
    return True


def trigger_meter_values(turn: Turn, evse_id: int | None) -> bool:
    """TriggerMessage(MeterValues), of one EVSE or all (F06): whether anything is sent."""
    chosen = turn.settings.evses if not evse_id else [evse_id]
    sent = [outside(turn, each, Context.trigger) for each in chosen]
    return any(sent)


def trigger_transaction_event(turn: Turn, evse_id: int | None) -> bool:
    """TriggerMessage(TransactionEvent), of one EVSE or all (F06): whether anything is sent."""
    chosen = [each for each in all_running(turn) if not evse_id or each.evse_id == evse_id]
    measurands = turn.model.read(variables.SAMPLED_UPDATED_MEASURANDS)
    for each in chosen:
        meter = reading_of(turn, each.evse_id).meter
        value, each_now = transaction_events.measured(turn, each, measurands, Context.trigger, meter, None)
        transaction_events.update(turn, each_now, Trigger.trigger, value)
    return bool(chosen)


BLOCK: Final = Block(
    name="metering",
    resumed=reschedule,
    news={
        evse_manager.Powermeter: _powermeter,
        evse_manager.EvInfo: _ev_info,
        evse_manager.Limits: _limits,
        evse_manager.EnforcedLimits: _enforced,
        evse_manager.PowermeterPublicKeyOcmf: _public_key,
    },
    timers={
        "sampled": _sampled,
        "ended": _ended,
        "aligned": _aligned,
        "aligned_ended": _aligned_ended,
    },
)
