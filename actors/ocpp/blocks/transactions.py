"""Transactions: one per EVSE, from what its manager says to what the CSMS is told (E, M10.1 to M10.5, S9.19).

Session events and the manager's condition change how an EVSE stands; the tables of `transaction_points` say
what that means for its transaction. A condition after events that were all heard changes nothing; after some
that were missed, by a kill or a restart of the site, it makes up for them.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from ocpp.v21 import call, call_result
from ocpp.v21.enums import ChargingStateEnumType as State
from ocpp.v21.enums import TransactionEventEnumType as Kind
from ocpp.v21.enums import TriggerReasonEnumType as Trigger

from actors.drivers.messages import BayState
from actors.evse.messages import EvseCondition, Phase
from actors.ocpp.block import Block
from actors.ocpp.blocks import (
    metering,
    prices,
    transaction_answers,
    transaction_events,
    transaction_limits,
    transaction_news,
    transaction_orders,
)
from actors.ocpp.blocks import transaction_points as points
from actors.ocpp.blocks.metering_readings import learn, learn_meter
from actors.ocpp.blocks.transaction_entries import (
    SiteLife,
    Standing,
    Transaction,
    alive,
    all_running,
    by_id,
    changed,
    online,
    running,
    standing,
)
from actors.ocpp.blocks.transaction_news import Occasion
from actors.ocpp.device_model import variables
from actors.ocpp.entries import Queued, Rank
from protocols.interfaces import evse_manager
from protocols.ocpp.version import Version
from protocols.types.evse_manager import SessionEventEnum, StopTransactionReason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.ocpp.inputs import Peer
    from actors.ocpp.turn import Turn
    from protocols.message import Reply

ALIVE_S: Final = 60.0
"""So often it is written down that the site lives, while a transaction runs."""

WITHDRAWN: Final = frozenset({StopTransactionReason.DE_AUTHORIZED, StopTransactionReason.TIMEOUT})
"""What a lost grant means, unless it was taken back for a reason that is known."""

__all__ = ["BLOCK", "by_id", "running", "stop"]


# -- what is said --------------------------------------------------------------------------------------------


def _session_event(turn: Turn, peer: Peer, news: evse_manager.SessionEvent) -> None:
    event, now = news.event, standing(turn, peer.number)
    given = transaction_news.occasion_of(event)
    learn_meter(turn, peer.number, given.reading)  # it may be the first, be the event otherwise no news
    if not transaction_news.concerns(now, event):
        return
    if now.session_id and now.session_id != event.uuid:
        now = _leave(turn, now)
    _step(turn, now, transaction_news.after_event(now, event), given)
    if event.event is SessionEventEnum.SESSION_RESUMED:
        _goes_on(turn, peer.number)
    if event.event in {SessionEventEnum.TRANSACTION_FINISHED, SessionEventEnum.SESSION_FINISHED}:
        transaction_orders.settle(turn, peer.number, event.uuid)


def _condition(turn: Turn, peer: Peer, news: EvseCondition) -> None:
    if news.ended is not None:  # it was said once, and perhaps to nobody
        _session_event(turn, peer, evse_manager.SessionEvent(event=news.ended))
    now = standing(turn, peer.number)
    if now.session_id and now.session_id != news.session_id:
        transaction_orders.settle(turn, peer.number, now.session_id)
        now = _leave(turn, now)
    begins = running(turn, peer.number) is None
    given = Occasion(turn.now, news.start_reading if begins and news.phase is Phase.TRANSACTION else None)
    _step(turn, now, transaction_news.after_condition(now, news), given)
    if news.phase is Phase.TRANSACTION:
        _goes_on(turn, peer.number)
    elif news.phase is Phase.OVER:
        transaction_orders.settle(turn, peer.number, news.session_id)


def _leave(turn: Turn, now: Standing) -> Standing:
    """A session is over although nobody said so."""
    _step(turn, now, transaction_news.cleared(now), Occasion(turn.now, final=True))
    return standing(turn, now.evse_id)


def _bay(turn: Turn, peer: Peer, news: BayState) -> None:
    now = standing(turn, peer.number)
    if now.bay is not news.occupied:
        _step(turn, now, replace(now, bay=news.occupied), Occasion(turn.now))


def _powermeter(turn: Turn, peer: Peer, news: evse_manager.Powermeter) -> None:
    now = standing(turn, peer.number)
    if now.flow_from_wh is not None and transaction_news.flows(news.powermeter, now.flow_from_wh):
        after = replace(now, transferring=True, flow_from_wh=None)
        _step(turn, now, after, Occasion(news.powermeter.timestamp, news.powermeter))
    learn_meter(turn, peer.number, news.powermeter)
    _watch_limits(turn, peer.number)


def _ev_info(turn: Turn, peer: Peer, news: evse_manager.EvInfo) -> None:
    learn(turn, peer.number, ev=news.ev_info)
    _watch_limits(turn, peer.number)


def _watch_limits(turn: Turn, evse_id: int) -> None:
    if (transaction := running(turn, evse_id)) is not None:
        transaction_limits.watch(turn, transaction)


# -- what it means -------------------------------------------------------------------------------------------


def _step(turn: Turn, before: Standing, after: Standing, given: Occasion) -> None:
    """An EVSE stands otherwise than before: begin, continue or end its transaction."""
    transaction = running(turn, after.evse_id)
    if transaction is not None:
        if after.session_id and not transaction.session_id:  # it began when the car drove into the bay
            transaction = changed(turn, transaction, session_id=after.session_id)
        turn.put(after)
        stops = points.ends(turn.model.read(variables.STOP_POINTS), before, after)
        if stops or given.final:
            _end(turn, transaction, before, after, given)
        else:
            _go_on(turn, transaction, before, after, given)
        return
    starts = turn.model.read(variables.START_POINTS)
    reached = points.begins(starts, before, after)
    due = reached or (before.withheld and points.holds(starts, after))
    after = replace(after, withheld=due and after.faulted)  # S17.5
    if after != before:
        turn.put(after)
    if due and not after.faulted:
        _begin(turn, before, after, given)


def _begin(turn: Turn, before: Standing, after: Standing, given: Occasion) -> None:
    transaction = Transaction(
        transaction_id=str(uuid.UUID(int=turn.settings.chance.getrandbits(128), version=4)),
        evse_id=after.evse_id,
        session_id=after.session_id,
        started_at=given.at,
        silent=turn.live.stopped,
    )
    after = replace(after, transaction_id=transaction.transaction_id)
    turn.put(after)
    trigger = points.gained(before, after) or Trigger.charging_state_changed
    transaction_events.begin(turn, transaction, after, trigger, given)
    metering.watch(turn, transaction)
    _live(turn, "")


def _end(turn: Turn, transaction: Transaction, before: Standing, after: Standing, given: Occasion) -> None:
    """M10.3. The trigger is what ends it now, the reason what has initiated its end."""
    found = given.stop or points.lost(before, after)
    if given.stop is None and found in WITHDRAWN:
        found = transaction.stopping or found
    elif given.stop is None and found is StopTransactionReason.OTHER:
        found = transaction_limits.stop_of(transaction) or found
    now = found or transaction.stopping or StopTransactionReason.OTHER
    transaction = changed(turn, transaction, stopping=transaction.stopping or now)
    turn.put(replace(after, transaction_id=""))
    trigger = Trigger.ev_departed if points.departed(before, after) else points.ENDINGS[now].trigger
    transaction_events.end(turn, transaction, after, trigger, given)
    metering.unwatch(turn, after.evse_id)
    transaction_limits.unwatch(turn, after.evse_id)
    if not online(turn):
        prices.unknown_cost(turn, transaction)


def _go_on(turn: Turn, transaction: Transaction, before: Standing, after: Standing, given: Occasion) -> None:
    """Tell what has changed without ending it, in one event."""
    found = points.lost(before, after)
    tells_loss = found is not None and (before.plugged, before.token) != (after.plugged, after.token)
    if tells_loss and found is not None:
        reason = given.stop or (transaction.stopping if after.token is None else None) or found
        transaction = changed(turn, transaction, stopping=transaction.stopping or reason)
        trigger: Trigger | None = points.ENDINGS[reason].trigger
    else:
        trigger = points.gained(before, after)
        if trigger is Trigger.charging_state_changed:
            trigger, transaction = _change_of_state(turn, transaction, after)
    if trigger is not None:
        telling = transaction_events.Telling(
            kind=Kind.updated, trigger=trigger, at=given.at, stop_token=given.stop_token
        )
        transaction_events.tell(turn, transaction, after, telling)


def _change_of_state(
    turn: Turn, transaction: Transaction, after: Standing
) -> tuple[Trigger | None, Transaction]:
    """The trigger of another charging state; None when the CSMS knows it."""
    if transaction.state_told is after.charging_state:
        return None, transaction
    return transaction_limits.trigger_of(turn, transaction, after.charging_state)


def stop(turn: Turn, transaction: Transaction, reason: StopTransactionReason) -> None:
    """Have a transaction stopped; it ends when its EVSE has stopped, or at once when nobody may charge there.

    Safe to do again.
    """
    if transaction.ended:
        return
    if transaction.stopping is None:
        transaction = changed(turn, transaction, stopping=reason)
    now = standing(turn, transaction.evse_id)
    if now.token is None:
        given = Occasion(turn.now, stop=reason, final=True)
        _end(turn, transaction, now, now, given)
    else:
        transaction_orders.stop(turn, transaction.evse_id, transaction.session_id, reason)


def _paused(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    if (evse_id := transaction_orders.paused(turn, context, reply)) is not None:
        transaction_limits.cannot_pause(turn, evse_id)


# -- lives ---------------------------------------------------------------------------------------------------


def _resumed(turn: Turn) -> None:
    """Transactions of an earlier life of the site go on, or end for want of power (E17)."""
    life = turn.get(SiteLife)
    if life is not None and life.site_life != turn.settings.site_life:
        for each in list(all_running(turn)):
            _after_restart(turn, each, life)
    for each in all_running(turn):
        metering.watch(turn, each)
    transaction_orders.resumed(turn)
    transaction_limits.resumed(turn)
    _live(turn, "")


def _after_restart(turn: Turn, transaction: Transaction, life: SiteLife) -> None:
    resumes = turn.model.read(variables.RESUME_TRANSACTIONS)
    patience_s = turn.model.find(variables.RESUMPTION_TIMEOUT)
    if patience_s is not None and turn.now - life.alive_at > timedelta(seconds=patience_s):
        resumes = False
    if resumes:
        changed(turn, transaction, resumes=True)
        return
    reason = StopTransactionReason.POWER_LOSS
    now = standing(turn, transaction.evse_id)
    _end(turn, transaction, now, now, Occasion(turn.now, stop=reason, final=True))
    if now.token is not None:
        transaction_orders.stop(turn, now.evse_id, now.session_id, reason)


def _goes_on(turn: Turn, evse_id: int) -> None:
    """The EVSE says that a transaction from before the restart goes on; 2.1 has a word for that."""
    transaction = running(turn, evse_id)
    if transaction is None or not transaction.resumes:
        return
    transaction, now = changed(turn, transaction, resumes=False), standing(turn, evse_id)
    if not turn.model.read(variables.ENERGY_RESUMPTION):
        transaction = transaction_limits.suspend(turn, transaction)
        if now.charging_state is State.charging:
            now = replace(now, charging_state=State.suspended_evse)
    if turn.version is Version.V21:
        telling = transaction_events.Telling(kind=Kind.updated, trigger=Trigger.tx_resumed, at=turn.now)
        transaction_events.tell(turn, transaction, now, telling)


def _live(turn: Turn, _rest: str) -> None:
    """Write down that the site lives."""
    alive(turn, online=online(turn))
    if any(True for _ in all_running(turn)):
        turn.start("alive", ALIVE_S)


def _connected(turn: Turn) -> None:
    alive(turn, online=True)


def _disconnected(turn: Turn) -> None:
    alive(turn, online=False)


# -- requests ------------------------------------------------------------------------------------------------


def _get_status(turn: Turn, tag: int, request: call.GetTransactionStatus) -> None:
    """E14: whether it runs, and whether something of it waits to be told."""
    if request.transaction_id is None:
        waits = any(each.rank is Rank.TRANSACTION for each in turn.all(Queued))
        turn.respond(tag, call_result.GetTransactionStatus(messages_in_queue=waits))
        return
    found = by_id(turn, request.transaction_id)
    waits = any(each.transaction_id == request.transaction_id for each in turn.all(Queued))
    answer = call_result.GetTransactionStatus(
        messages_in_queue=waits, ongoing_indicator=found is not None and not found.ended
    )
    turn.respond(tag, answer)


BLOCK: Final = Block(
    name="transactions",
    resumed=_resumed,
    connected=_connected,
    disconnected=_disconnected,
    requests={call.GetTransactionStatus: _get_status},
    answers={"TransactionEvent": transaction_answers.answered},
    news={
        BayState: _bay,
        evse_manager.SessionEvent: _session_event,
        EvseCondition: _condition,
        evse_manager.Powermeter: _powermeter,
        evse_manager.EvInfo: _ev_info,
    },
    replies={
        "transactions.stop": transaction_orders.stopped,
        "transactions.withdrawn": transaction_orders.withdrawn,
        "transactions.pause": _paused,
        "transactions.go_on": transaction_orders.goes_on,
    },
    timers={"order": transaction_orders.again, "alive": _live, "limit": transaction_limits.fired},
)
