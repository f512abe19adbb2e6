"""What becomes of a grant: it is used, runs out, is taken back or lost (M3.4 to M3.9). Pure.

A token holds its EVSE from the moment of the grant until the EVSE's manager has said that it does so no more.
It is never granted twice, and its status ends in exactly one way whatever happens in between.
"""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from actors.auth import errands
from actors.auth.availability import same
from actors.auth.entries import ErrandKind, Holder, Leaving
from actors.auth.reservations import book, making
from actors.auth.state import AWAY
from actors.evse.messages import Phase
from protocols.message import Failure
from protocols.types.authorization import (
    AuthorizationStatus,
    TokenValidationStatus,
    ValidationResult,
)
from protocols.types.evse_manager import StopTransactionReason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.auth.entries import Errand, Request
    from actors.auth.turn import Turn
    from protocols.message import Reply
    from protocols.types.authorization import ProvidedIdToken

MAX_REFUSALS: Final = 8
"""So many refusals wait for a manager that is away."""
NO_GRANT: Final[Mapping[Leaving, AuthorizationStatus]] = {
    Leaving.TIMED_OUT: AuthorizationStatus.TIMEOUT,
    Leaving.WITHDRAWN: AuthorizationStatus.NOT_AT_THIS_TIME,
}
LAST_WORD: Final[Mapping[Leaving, TokenValidationStatus]] = {
    Leaving.TIMED_OUT: TokenValidationStatus.TIMED_OUT,
    Leaving.WITHDRAWN: TokenValidationStatus.WITHDRAWN,
}


def verdict(status: AuthorizationStatus) -> ValidationResult:
    """A verdict of our own."""
    return ValidationResult(authorization_status=status, tariff_messages=())


ACCEPTED: Final = verdict(AuthorizationStatus.ACCEPTED)


def grant(turn: Turn, evse_id: int, request: Request, result: ValidationResult) -> None:
    """Give an EVSE to an accepted token (M3.4), redeeming what is reserved for it (M2.14)."""
    booking = book.standing(turn.state, evse_id, book.bearer(request.token, result)).booking
    redeemed = booking.reservation.reservation_id if booking else None
    if redeemed is not None:
        making.remove(turn, redeemed)
    evse = turn.evse(evse_id)
    if evse.held not in (None, redeemed):
        turn.add_errand(evse_id, ErrandKind.RELEASE)  # held for all: it would refuse any other id
    told = dataclasses.replace(result, reservation_id=redeemed)
    timeout = timedelta(seconds=turn.state.settings.connection_timeout_s)
    holder = Holder(request=request.number, token=request.token, result=result, until=turn.now + timeout)
    turn.change_evse(evse_id, holder=holder, held=None)
    turn.add_errand(
        evse_id,
        ErrandKind.AUTHORIZE,
        request=request.number,
        token=request.token,
        result=told,
    )
    turn.start(f"evse {evse_id}", timeout.total_seconds())


def stop(
    turn: Turn, evse_id: int, reason: StopTransactionReason, token: ProvidedIdToken | None = None
) -> None:
    """Stop the transaction of an EVSE; once is enough."""
    evse = turn.evse(evse_id)
    if any(each.kind is ErrandKind.STOP and each.session_id == evse.session_id for each in evse.errands):
        return
    turn.add_errand(evse_id, ErrandKind.STOP, reason=reason, token=token, session_id=evse.session_id)


def take_back(turn: Turn, evse_id: int, why: Leaving) -> None:
    """Take a grant back that is not used; a second reason does not matter any more."""
    evse = turn.evse(evse_id)
    holder = evse.holder
    if holder is None or holder.used or holder.leaving is not None:
        return
    turn.change_evse(evse_id, holder=dataclasses.replace(holder, leaving=why))
    turn.cancel(f"evse {evse_id}")
    told = _of(turn, evse_id, ErrandKind.AUTHORIZE, holder.request)
    if told is not None and not errands.is_sent(turn, evse_id, told):
        untell(turn, evse_id, told)
        left(turn, evse_id, holder.request)
        tell_listed(turn, holder.token, verdict(NO_GRANT[why]))  # a car may still wait for its answer
    else:
        turn.add_errand(evse_id, ErrandKind.WITHDRAW, request=holder.request, token=holder.token)


def untell(turn: Turn, evse_id: int, errand: Errand) -> None:
    """An EVSE will not be told something; a reservation that this would have redeemed it still holds."""
    turn.drop_errand(evse_id, errand.number)
    if errand.result is not None and errand.result.reservation_id is not None:
        turn.change_evse(evse_id, held=errand.result.reservation_id)


def left(turn: Turn, evse_id: int, request: int) -> None:
    """An EVSE is not the token's any more, though no transaction has started: say its last word."""
    evse = turn.evse(evse_id)
    holder = evse.holder
    if holder is None or holder.used or holder.request != request:
        return
    if _was_used(turn, evse_id, holder):
        used(turn, evse_id, holder.token)
        freed(turn, evse_id)
        return
    for errand in evse.errands:
        about = errand.request == request and errand.kind in (ErrandKind.AUTHORIZE, ErrandKind.WITHDRAW)
        if about and not errands.is_sent(turn, evse_id, errand):
            untell(turn, evse_id, errand)
    turn.change_evse(evse_id, holder=None)
    turn.cancel(f"evse {evse_id}")
    turn.say(holder.token, LAST_WORD[holder.leaving or Leaving.WITHDRAWN])
    watch_car(turn, evse_id)


def _was_used(turn: Turn, evse_id: int, holder: Holder) -> bool:
    """Whether a transaction has begun with a grant and ended while nobody was listening."""
    condition = turn.live(evse_id).condition
    return (
        condition is not None
        and holder.grants_before is not None
        and condition.grants_used == holder.grants_before + 1
    )


def tell_listed(turn: Turn, token: ProvidedIdToken, verdict: ValidationResult) -> None:
    """Tell the EVSEs that a token lists what became of it."""
    for each in dict.fromkeys(token.connectors or ()):
        if each in turn.state.evses:
            _forget_refusals(turn, each)
            turn.add_errand(each, ErrandKind.REJECT, token=token, result=verdict)


def _forget_refusals(turn: Turn, evse_id: int) -> None:
    """Of a manager that is away for long only the newest refusals matter."""
    waiting = [
        each
        for each in turn.evse(evse_id).errands
        if each.kind is ErrandKind.REJECT and not errands.is_sent(turn, evse_id, each)
    ]
    for each in waiting[: -MAX_REFUSALS + 1]:
        turn.drop_errand(evse_id, each.number)


def watch_car(turn: Turn, evse_id: int) -> None:
    """From now on the car at an EVSE waits for somebody to be authorized (M1.6, M3.7)."""
    evse = turn.evse(evse_id)
    if evse.plugged_at is not None and evse.holder is None and not evse.plug_in_timeout:
        turn.start(f"evse {evse_id}", turn.state.settings.connection_timeout_s)


def timed_out(turn: Turn, evse_id: int) -> None:
    """The time of an EVSE's grant, or of the car that waits there, is over (M3.5, M3.7)."""
    evse = turn.evse(evse_id)
    if evse.holder is not None:
        take_back(turn, evse_id, Leaving.TIMED_OUT)
    elif (
        evse.plugged_at is not None and turn.state.rules.plug_in_timeout_enabled and len(turn.state.evses) > 1
    ):
        turn.change_evse(evse_id, plug_in_timeout=True)
        turn.add_errand(evse_id, ErrandKind.WITHDRAW)


def used(turn: Turn, evse_id: int, token: ProvidedIdToken) -> None:
    """A transaction has started with a token, granted here or not."""
    holder = turn.evse(evse_id).holder
    if holder is None or not same(holder.token.id_token, token.id_token):
        if holder is not None and not holder.used:
            left(turn, evse_id, holder.request)
        parent = dataclasses.replace(ACCEPTED, parent_id_token=token.parent_id_token)
        turn.change_evse(evse_id, holder=Holder(request=0, token=token, result=parent, used=True))
        turn.cancel(f"evse {evse_id}")
        return
    if holder.used:
        return
    turn.change_evse(evse_id, holder=dataclasses.replace(holder, used=True, until=None, leaving=None))
    turn.cancel(f"evse {evse_id}")
    if (withdrawal := _of(turn, evse_id, ErrandKind.WITHDRAW, holder.request)) is not None:
        turn.drop_errand(evse_id, withdrawal.number)
    turn.say(holder.token, TokenValidationStatus.USED_TO_START)
    if holder.leaving is Leaving.WITHDRAWN:
        stop(turn, evse_id, StopTransactionReason.DE_AUTHORIZED)  # M3.9


def freed(turn: Turn, evse_id: int) -> None:
    """The transaction of an EVSE is over; who is to be its next holder stays."""
    evse = turn.evse(evse_id)
    if evse.holder is not None and evse.holder.used:
        turn.change_evse(evse_id, holder=None)


def check(turn: Turn, evse_id: int) -> None:
    """Compare a grant that the EVSE has been told of with what its manager says of itself."""
    condition, holder = turn.live(evse_id).condition, turn.evse(evse_id).holder
    if condition is None or holder is None or holder.used:
        return
    if _of(turn, evse_id, ErrandKind.AUTHORIZE, holder.request) is not None:
        return
    if condition.token is not None and same(condition.token.id_token, holder.token.id_token):
        if condition.phase is Phase.OVER:
            used(turn, evse_id, holder.token)
            freed(turn, evse_id)
    elif holder.grants_before is None or condition.grants_taken > holder.grants_before:
        left(turn, evse_id, holder.request)  # the session ended before it was used, or took it back


def authorized(turn: Turn, evse_id: int, errand: Errand, reply: Reply | None) -> None:
    """The manager has taken a grant in, or will not."""
    if isinstance(reply, Failure):
        left(turn, evse_id, errand.request)
        return
    holder = turn.evse(evse_id).holder
    if holder is not None and holder.request == errand.request:
        holder = dataclasses.replace(holder, grants_before=errand.grants_before)
        turn.change_evse(evse_id, holder=holder)
    check(turn, evse_id)


def unreachable(turn: Turn, evse_id: int) -> Errand | None:
    """The errand that tells an EVSE of its grant, if that should go elsewhere: nobody is there for long."""
    evse, live = turn.evse(evse_id), turn.live(evse_id)
    holder = evse.holder
    if holder is None or holder.used or live.failures < AWAY or evse.plugged_at is not None:
        return None
    told = _of(turn, evse_id, ErrandKind.AUTHORIZE, holder.request)
    return told if told is not None and not errands.is_sent(turn, evse_id, told) else None


def _of(turn: Turn, evse_id: int, kind: ErrandKind, request: int) -> Errand | None:
    return next(
        (each for each in turn.evse(evse_id).errands if each.kind is kind and each.request == request), None
    )
