"""The CSMS starts and stops transactions: RequestStartTransaction, RequestStopTransaction (F01 to F04).

Rows S8.6, S8.7, S9.4, M2.9.

A start is a token that we provide, as a card reader does; Auth does the rest. It carries the remote start id
through Auth and the EVSE manager back to the transaction that it begins. Until Auth has decided, the start is
durable. What is published reaches nobody who is away, so the token is provided again, by a successor too,
until Auth has said a word of it; Auth passes over a token that it has in hand (M2.3).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from ocpp.v21 import call, call_result
from ocpp.v21.enums import RequestStartStopStatusEnumType as Status

from actors.ocpp.block import Block
from actors.ocpp.blocks import charging_profiles, transactions
from actors.ocpp.blocks.evse_conditions import Hindrance, condition_of
from actors.ocpp.blocks.remote_start_checks import CHECKS, registered, token_of
from actors.ocpp.blocks.transaction_entries import Transaction, all_running, standing
from actors.ocpp.device_model import variables
from actors.ocpp.inputs import Target
from protocols.interfaces import auth, auth_token_provider, reservation
from protocols.message import Timestamp, message
from protocols.ocpp import payloads
from protocols.types.authorization import (
    AuthorizationType,
    ProvidedIdToken,
    TokenValidationStatus,
)
from protocols.types.evse_manager import StopTransactionReason
from protocols.types.reservation import ReservationCheck, ReservationCheckStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.ocpp.inputs import Peer
    from actors.ocpp.turn import Turn
    from protocols.message import Reply

AGAIN_S: Final = 5.0
"""Until a token is provided again of which Auth has not said a word."""
TIMES: Final = 4
"""So often it is provided in a life."""
MARGIN_S: Final = 30.0
"""So much longer than `EVConnectionTimeOut` a start is kept: validation takes its time too."""
DECIDED: Final = frozenset(
    {
        TokenValidationStatus.REJECTED,
        TokenValidationStatus.TIMED_OUT,
        TokenValidationStatus.WITHDRAWN,
        TokenValidationStatus.USED_TO_STOP,
    }
)
"""Nothing will come of a start after these."""
MINE: Final = frozenset({ReservationCheckStatus.NOT_RESERVED, ReservationCheckStatus.RESERVED_FOR_TOKEN})
"""Reservations that the token may charge in spite of, or because of."""


@message
class RemoteStart:
    """A start that the CSMS was told to be accepted, until a transaction has taken it."""

    token: ProvidedIdToken
    """Its `request_id` is the remote start id."""
    until: Timestamp
    """By then Auth has decided."""
    heard: bool = False
    """Auth has it in hand."""
    charging_profile: str = ""
    """The payload of its charging profile, which goes to the transaction (F01.FR.10)."""

    @property
    def key(self) -> str:
        """By its remote start id."""
        return str(self.token.request_id)


@dataclass(slots=True)
class Provided:
    """How often tokens were provided in this life, by remote start id."""

    times: dict[str, int] = field(default_factory=dict)


# -- starting ------------------------------------------------------------------------------------------------


def _start(turn: Turn, tag: int, request: call.RequestStartTransaction) -> None:
    known = _taken(turn, request.remote_start_id)
    if known is not None:  # asked again by a CSMS that has not heard our answer
        _accept(turn, tag, known.transaction_id)
        return
    for check in CHECKS:
        if (found := check(turn, request)) is not None:
            _refuse(turn, tag, found)
            return
    start = _made(turn, request)
    evse_id = request.evse_id
    condition = None if evse_id is None else condition_of(turn, evse_id)
    if condition is None or condition.reservation_id is None or not turn.is_connected(Target.RESERVATION):
        _carry_out(turn, tag, start)
        return
    group = start.token.parent_id_token
    check_ = ReservationCheck(
        evse_id=evse_id,
        id_token=start.token.id_token.value,
        group_id_token=None if group is None else group.value,
    )
    command = reservation.ExistsReservation(request=check_)
    turn.ask(Target.RESERVATION, command, "remote_transactions.reserved", tag=tag, start=start)


def _reserved(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    """F01.FR.21, F01.FR.22. Without an answer Auth judges as well (M2.14)."""
    if isinstance(reply, reservation.ExistsReservationReply) and reply.status not in MINE:
        _refuse(turn, context["tag"], Hindrance("NotEnabled", "it is reserved for somebody else"))
        return
    _carry_out(turn, context["tag"], context["start"])


def _made(turn: Turn, request: call.RequestStartTransaction) -> RemoteStart:
    token, group = token_of(request.id_token), request.group_id_token
    assert token is not None  # it was checked
    profile = request.charging_profile if charging_profiles.works(turn) else None
    patience_s = turn.model.read(variables.CONNECTION_TIMEOUT) + MARGIN_S
    return RemoteStart(
        token=ProvidedIdToken(
            request_id=request.remote_start_id,
            id_token=token,
            parent_id_token=None if group is None else token_of(group),
            authorization_type=AuthorizationType.OCPP,
            connectors=None if request.evse_id is None else (request.evse_id,),
            prevalidated=not turn.model.read(variables.AUTHORIZE_REMOTE_START),  # F01.FR.01, FR.02; M2.9
        ),
        until=turn.now + timedelta(seconds=patience_s),
        charging_profile="" if profile is None else payloads.to_text(profile),
    )


def _carry_out(turn: Turn, tag: int, start: RemoteStart) -> None:
    turn.put(start)
    connectors = start.token.connectors
    there = None if connectors is None else transactions.running(turn, connectors[0])
    _accept(turn, tag, None if there is None else there.transaction_id)  # F01.FR.13
    _provide(turn, start)


def _provide(turn: Turn, start: RemoteStart) -> None:
    times = turn.live.of(Provided).times
    times[start.key] = times.get(start.key, 0) + 1
    turn.publish(auth_token_provider.ProvidedToken(token=start.token))
    turn.start(f"remote_start {start.key}", (start.until - turn.now).total_seconds())
    turn.start(f"remote_again {start.key}", AGAIN_S)


def _again(turn: Turn, key: str) -> None:
    start = turn.get(RemoteStart, key)
    if start is None or start.heard or _granted(turn, start):
        return
    if turn.live.of(Provided).times.get(key, 0) < TIMES:
        _provide(turn, start)
    else:
        turn.note("token_unheard", warning=True, remote_start_id=start.token.request_id)


def _accept(turn: Turn, tag: int, transaction_id: str | None) -> None:
    answer = call_result.RequestStartTransaction(Status.accepted, transaction_id=transaction_id)
    turn.respond(tag, answer)


def _refuse(turn: Turn, tag: int, found: Hindrance) -> None:
    turn.respond(tag, call_result.RequestStartTransaction(Status.rejected, status_info=found.info))


# -- what comes of it ----------------------------------------------------------------------------------------


def _is_of(token: ProvidedIdToken | None, remote_start_id: int | None) -> bool:
    by_csms = token is not None and token.authorization_type is AuthorizationType.OCPP
    return by_csms and token is not None and token.request_id == remote_start_id


def _taken(turn: Turn, remote_start_id: int | None) -> Transaction | None:
    """The transaction that a remote start has begun, or been taken into."""
    for each in all_running(turn):
        token = each.token or standing(turn, each.evse_id).token
        if _is_of(token, remote_start_id):
            return each
    return None


def _granted(turn: Turn, start: RemoteStart) -> bool:
    """Whether an EVSE has it, with a transaction or without one yet."""
    return any(_is_of(standing(turn, each).token, start.token.request_id) for each in turn.settings.evses)


def _look(turn: Turn) -> None:
    """See whether a transaction has taken a start: its charging profile counts from then on."""
    for each in list(turn.all(RemoteStart)):
        if (taken := _taken(turn, each.token.request_id)) is None:
            continue
        _forget(turn, each)
        if each.charging_profile:
            charging_profiles.bind(turn, each.charging_profile, taken)


def _decided(turn: Turn, _peer: Peer, news: auth.TokenValidationStatus) -> None:
    token = news.status.token
    start = turn.get(RemoteStart, str(token.request_id)) if _is_of(token, token.request_id) else None
    if start is None:
        return
    if news.status.status in DECIDED:
        _forget(turn, start)
    elif not start.heard:
        turn.put(replace(start, heard=True))
        turn.cancel(f"remote_again {start.key}")


def _forget(turn: Turn, start: RemoteStart) -> None:
    turn.drop(RemoteStart, start.key)
    turn.live.of(Provided).times.pop(start.key, None)
    turn.cancel(f"remote_start {start.key}")
    turn.cancel(f"remote_again {start.key}")


def _expired(turn: Turn, key: str) -> None:
    """Nothing has come of it so far; one that an EVSE has is waited for on."""
    start = turn.get(RemoteStart, key)
    if start is None:
        return
    if _granted(turn, start):
        turn.start(f"remote_start {key}", MARGIN_S)
        return
    _forget(turn, start)
    turn.note("remote_start_expired", remote_start_id=start.token.request_id)


def _resumed(turn: Turn) -> None:
    """A token of which Auth has not said a word is provided again, unless an EVSE has it."""
    for each in list(turn.all(RemoteStart)):
        left_s = (each.until - turn.now).total_seconds()
        if each.heard or _granted(turn, each) or left_s <= 0:
            turn.start(f"remote_start {each.key}", max(left_s, MARGIN_S))
        else:
            _provide(turn, each)


# -- stopping ------------------------------------------------------------------------------------------------


def _stop(turn: Turn, tag: int, request: call.RequestStopTransaction) -> None:
    """F03.FR.07: accepted while it runs, however often; F03.FR.08: else rejected."""
    found = transactions.by_id(turn, request.transaction_id)
    if (refusal := registered(turn, request)) is not None:
        _refuse_stop(turn, tag, refusal)
    elif found is None or found.ended:
        _refuse_stop(turn, tag, Hindrance("TxNotFound", "no such transaction runs"))
    else:
        turn.respond(tag, call_result.RequestStopTransaction(Status.accepted))
        transactions.stop(turn, found, StopTransactionReason.REMOTE)


def _refuse_stop(turn: Turn, tag: int, found: Hindrance) -> None:
    turn.respond(tag, call_result.RequestStopTransaction(Status.rejected, status_info=found.info))


BLOCK: Final = Block(
    name="remote_transactions",
    resumed=_resumed,
    requests={call.RequestStartTransaction: _start, call.RequestStopTransaction: _stop},
    settled=_look,
    news={auth.TokenValidationStatus: _decided},
    replies={"remote_transactions.reserved": _reserved},
    timers={"remote_start": _expired, "remote_again": _again},
)
