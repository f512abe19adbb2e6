"""What EVSEs' managers are asked to do: one thing at a time each, until it is done. Pure.

An errand is durable before it is asked for, and is asked for again until it was carried out: by its answer,
or, where that was lost with its receiver, by what the manager's condition tells (`DONE`). It is repeated
only when it is known not to have been carried out, so a repeat never falls upon a later session.
"""

from __future__ import annotations

import dataclasses
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from actors.auth.availability import same
from actors.auth.entries import ErrandKind
from actors.auth.inputs import Do, Probe
from actors.auth.state import AWAY
from actors.evse.messages import Phase
from protocols.interfaces import evse_manager
from protocols.message import Failure, FailureReason
from protocols.types.evse_manager import StopTransactionRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.auth.entries import Errand
    from actors.auth.turn import Turn
    from actors.evse.messages import EvseCondition
    from protocols.message import Command, Reply

RETRY_S: Final = 0.2
"""Pause before an errand is asked for again whose receiver was not there."""
NOT_CARRIED_OUT: Final = frozenset({FailureReason.UNAVAILABLE, FailureReason.OVERLOADED})
NOT_KNOWN: Final = frozenset({FailureReason.CRASHED, FailureReason.TIMEOUT})


def _authorize(errand: Errand) -> Command:
    assert errand.token is not None
    assert errand.result is not None
    return evse_manager.AuthorizeResponse(provided_token=errand.token, validation_result=errand.result)


def _stop(errand: Errand) -> Command:
    assert errand.reason is not None
    return evse_manager.StopTransaction(
        request=StopTransactionRequest(reason=errand.reason, id_tag=errand.token)
    )


COMMANDS: Final[Mapping[ErrandKind, Callable[[Errand], Command]]] = MappingProxyType(
    {
        ErrandKind.AUTHORIZE: _authorize,
        ErrandKind.REJECT: _authorize,
        ErrandKind.WITHDRAW: lambda _: evse_manager.WithdrawAuthorization(),
        ErrandKind.STOP: _stop,
        ErrandKind.RESERVE: lambda errand: evse_manager.Reserve(reservation_id=errand.reservation_id),
        ErrandKind.RELEASE: lambda _: evse_manager.CancelReservation(),
    }
)
"""What each is in EVerest's interface."""


def _authorized(errand: Errand, now: EvseCondition) -> bool:
    return now.grants_taken > (errand.grants_before or 0)


def _withdrawn(errand: Errand, now: EvseCondition) -> bool:
    if now.phase is not Phase.SESSION:
        return True  # there is nothing that could be taken back
    if errand.token is None or now.token is None:
        return errand.token is not None
    return not same(now.token.id_token, errand.token.id_token)


def _stopped(errand: Errand, now: EvseCondition) -> bool:
    return now.phase is not Phase.TRANSACTION or now.session_id != errand.session_id


DONE: Final[Mapping[ErrandKind, Callable[[Errand, EvseCondition], bool]]] = MappingProxyType(
    {
        ErrandKind.AUTHORIZE: _authorized,
        ErrandKind.REJECT: lambda _errand, now: now.presented is None,
        ErrandKind.WITHDRAW: _withdrawn,
        ErrandKind.STOP: _stopped,
        ErrandKind.RESERVE: lambda errand, now: now.reservation_id == errand.reservation_id,
        ErrandKind.RELEASE: lambda _errand, now: now.reservation_id is None,
    }
)
"""Whether the condition of an EVSE tells that an errand was carried out, or is not needed any more."""


def proceed(turn: Turn, evse_id: int) -> None:
    """Ask for the first errand unless something is in hand, or not known yet."""
    live, errands = turn.live(evse_id), turn.evse(evse_id).errands
    if not errands or live.asked is not None or live.probing or live.paused:
        return
    errand = errands[0]
    if errand.kind is ErrandKind.AUTHORIZE:
        errand = dataclasses.replace(errand, grants_before=turn.evse(evse_id).grants_taken)
        turn.change_evse(evse_id, errands=(errand, *errands[1:]))
    turn.change_live(evse_id, asked=errand.number, doubtful=None)
    turn.do(Do(evse_id, errand))


def doubt(turn: Turn, evse_id: int) -> None:
    """The first errand, if there is one, may have been carried out or not: find out."""
    errands = turn.evse(evse_id).errands
    doubtful = errands[0].number if errands else None
    turn.change_live(evse_id, asked=None, doubtful=doubtful, probing=True)
    turn.do(Probe(evse_id))


def is_sent(turn: Turn, evse_id: int, errand: Errand) -> bool:
    """Whether an errand may have reached the manager."""
    live = turn.live(evse_id)
    return errand.number in (live.asked, live.doubtful)


def returned(turn: Turn, evse_id: int, number: int, reply: Reply) -> Errand | None:
    """The manager has answered, or nobody has; return the errand if it is over, and it is dropped."""
    if turn.live(evse_id).asked != number:
        return None  # of an earlier life
    turn.change_live(evse_id, asked=None)
    reason = reply.reason if isinstance(reply, Failure) else None
    if reason in NOT_KNOWN:
        doubt(turn, evse_id)
        return None
    if reason in NOT_CARRIED_OUT:
        turn.change_live(evse_id, paused=True, failures=turn.live(evse_id).failures + 1)
        turn.start(f"errand {evse_id}", RETRY_S)
        return None
    turn.change_live(evse_id, failures=0)
    errand = next((each for each in turn.evse(evse_id).errands if each.number == number), None)
    if errand is None:
        return None  # not needed any more
    if isinstance(reply, Failure):
        turn.note("errand_refused", warning=True, evse=evse_id, kind=str(errand.kind), reason=reply.detail)
    turn.drop_errand(evse_id, number)
    return errand


def retry(turn: Turn, evse_id: int) -> None:
    """The pause is over: try again, or, where nobody has been there for long, find out who is."""
    live = turn.change_live(evse_id, paused=False)
    if live.probing or live.failures >= AWAY:
        turn.change_live(evse_id, probing=True)
        turn.do(Probe(evse_id))


def probed(turn: Turn, evse_id: int, *, alive: bool) -> Errand | None:
    """All that the manager has said is known; return the first errand if it was carried out."""
    if not alive:
        turn.start(f"errand {evse_id}", RETRY_S)
        return None
    live, errands = turn.change_live(evse_id, probing=False, failures=0), turn.evse(evse_id).errands
    in_doubt = bool(errands) and live.doubtful == errands[0].number
    if not in_doubt or not _carried_out(errands[0], live.condition):
        return None
    turn.drop_errand(evse_id, errands[0].number)
    return errands[0]


def _carried_out(errand: Errand, now: EvseCondition | None) -> bool:
    """Of a manager that never says how things are, a grant counts as taken in: it must not be given twice."""
    return errand.kind is ErrandKind.AUTHORIZE if now is None else DONE[errand.kind](errand, now)
