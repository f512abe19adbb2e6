"""EVerest's command `withdraw_authorization` (M3.8, M3.9). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.auth import grants
from actors.auth.availability import same
from actors.auth.entries import Leaving
from protocols.interfaces import auth
from protocols.types.authorization import (
    AuthorizationStatus,
    TokenValidationStatus,
    WithdrawAuthorizationResult,
)
from protocols.types.evse_manager import StopTransactionReason

if TYPE_CHECKING:
    from actors.auth.turn import Turn
    from protocols.types.authorization import IdToken, WithdrawAuthorizationRequest


def withdraw(turn: Turn, tag: int, wish: WithdrawAuthorizationRequest) -> None:
    """Take back what fits: at an EVSE, of a token, both, or everything."""
    evse_id, token = wish.evse_id, wish.id_token
    if evse_id is not None and evse_id not in turn.state.evses:
        turn.answer(tag, _reply(WithdrawAuthorizationResult.EVSE_NOT_FOUND))
        return
    waiting = _interrupt(turn, token) if evse_id is None else 0
    holding = [
        each.evse_id
        for each in turn.state.evses.values()
        if each.holder is not None
        and evse_id in (None, each.evse_id)
        and (token is None or same(token, each.holder.token.id_token))
    ]
    for each in holding:
        _take(turn, each)
    found = WithdrawAuthorizationResult.ACCEPTED
    if not waiting and not holding:
        found = WithdrawAuthorizationResult.AUTHORIZATION_NOT_FOUND
    turn.answer(tag, _reply(found))


def _reply(result: WithdrawAuthorizationResult) -> auth.WithdrawAuthorizationReply:
    return auth.WithdrawAuthorizationReply(result=result)


def _interrupt(turn: Turn, token: IdToken | None) -> int:
    """End the tokens in process that fit, and return how many there were."""
    requests = [
        each for each in turn.state.requests.values() if token is None or same(token, each.token.id_token)
    ]
    for each in requests:
        turn.end_request(each.number)
        turn.say(each.token, TokenValidationStatus.WITHDRAWN)
        grants.tell_listed(turn, each.token, grants.verdict(AuthorizationStatus.NOT_AT_THIS_TIME))
    return len(requests)


def _take(turn: Turn, evse_id: int) -> None:
    holder = turn.evse(evse_id).holder
    if holder is not None and holder.used:
        grants.stop(turn, evse_id, StopTransactionReason.DE_AUTHORIZED)
    else:
        grants.take_back(turn, evse_id, Leaving.WITHDRAWN)
