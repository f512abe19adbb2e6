"""What the CSMS answers to a TransactionEvent (rows S8.5, S8.17, S8.21, S9.3, M10.12)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from ocpp.v21 import call, call_result
from ocpp.v21.enums import AuthorizationStatusEnumType as Status
from ocpp.v21.enums import TransactionEventEnumType as Kind

from actors.ocpp.blocks import (
    authorization_cache,
    prices,
    transaction_events,
    transaction_limits,
    transaction_orders,
)
from actors.ocpp.blocks.authorization_results import result_of, texts_of
from actors.ocpp.blocks.transaction_entries import Transaction, by_id, changed
from actors.ocpp.device_model import variables
from actors.ocpp.messages import Outcome
from protocols import types
from protocols.interfaces import auth_token_validator, ocpp
from protocols.ocpp import payloads
from protocols.ocpp.errors import RefusalError
from protocols.ocpp.numbers import exact
from protocols.types.evse_manager import StopTransactionReason

if TYPE_CHECKING:
    from ocpp.v21 import datatypes

    from actors.ocpp.entries import Queued
    from actors.ocpp.messages import CallReply
    from actors.ocpp.turn import Turn


def answered(turn: Turn, queued: Queued, reply: CallReply) -> None:
    """An event has been answered, or was given up."""
    event = payloads.of_text(call.TransactionEvent, queued.payload)
    transaction = by_id(turn, queued.transaction_id)
    if event.event_type == Kind.ended:
        turn.drop(Transaction, queued.transaction_id)
    if reply.outcome is not Outcome.ANSWERED or transaction is None:
        return
    try:
        answer = payloads.of_text(call_result.TransactionEvent, reply.payload)
    except RefusalError as refusal:
        turn.note("transaction_answer_unreadable", warning=True, problem=refusal.problem)
        return
    _learn(turn, event, answer)
    total = None if answer.total_cost is None else exact(answer.total_cost)
    kind = Kind(event.event_type)
    turn.publish(
        ocpp.OcppTransactionEventResponse(
            response=types.ocpp.OcppTransactionEventResponse(
                original_transaction_event=transaction_events.told(transaction, kind),
                total_cost=total,
                charging_priority=answer.charging_priority,
                personal_message=_text(answer.updated_personal_message),
            )
        )
    )
    if total is not None:
        final = kind is Kind.ended or transaction.ended
        prices.cost(turn, transaction, total, final=final)
    if (text := _text(answer.updated_personal_message)) is not None:
        prices.tariff(turn, transaction, text)
    if transaction.ended:
        return
    if total is not None:
        transaction = changed(turn, transaction, cost=total)
    if answer.transaction_limit is not None:
        transaction = transaction_limits.take(turn, transaction, answer.transaction_limit)
    transaction = transaction_limits.watch(turn, transaction)
    if answer.id_token_info is not None:
        _judged(turn, transaction, answer.id_token_info)


def _learn(turn: Turn, event: call.TransactionEvent, answer: call_result.TransactionEvent) -> None:
    """The verdict is on the token of the event, at the end that of whoever stopped it (C10)."""
    if event.id_token is not None and answer.id_token_info is not None:
        authorization_cache.learn(turn, event.id_token, answer.id_token_info)


def _text(content: datatypes.MessageContentType | None) -> types.text_message.MessageContent | None:
    return None if content is None else texts_of((content,))[0]


def _judged(turn: Turn, transaction: Transaction, info: datatypes.IdTokenInfoType) -> None:
    """S8.5 and M10.12: the CSMS has had second thoughts about the token."""
    update = types.authorization.ValidationResultUpdate(
        validation_result=result_of(turn, info), connector_id=transaction.evse_id
    )
    turn.publish(auth_token_validator.ValidateResultUpdate(update=update))
    if info.status == Status.accepted:
        transaction_limits.release(turn, transaction)
        return
    if turn.model.read(variables.STOP_ON_INVALID_ID):
        reason = StopTransactionReason.DE_AUTHORIZED
        if transaction.stopping is None:
            changed(turn, transaction, stopping=reason)
        transaction_orders.stop(turn, transaction.evse_id, transaction.session_id, reason)
        return
    limit_wh = turn.model.find(variables.MAX_ENERGY_INVALID_ID) or 0
    transaction_limits.watch(turn, changed(turn, transaction, energy_limit_wh=Decimal(limit_wh)))
