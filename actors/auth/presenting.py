"""What happens to a presented token (M2.1 to M2.16, M3.1 to M3.3). Pure.

Its status goes Processing, then Accepted or not, then to exactly one end: UsedToStart, UsedToStop, Rejected,
TimedOut or Withdrawn. One presentation is good for one EVSE.
"""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from actors.auth import grants, selection
from actors.auth.availability import candidates, same
from actors.auth.entries import Request, Stage
from actors.auth.inputs import Validate
from actors.auth.reservations import book
from actors.auth.reservations.book import Claim
from protocols.types.authorization import (
    AuthorizationStatus,
    AuthorizationType,
    IdToken,
    TokenValidationStatus,
    ValidationResult,
)
from protocols.types.evse_manager import StopTransactionReason

if TYPE_CHECKING:
    from actors.auth.entries import Errand
    from actors.auth.inputs import Judged, Presented, RequestLost, VerdictChanged
    from actors.auth.turn import Turn
    from protocols.types.authorization import ProvidedIdToken

ATTEMPTS: Final = 2
"""So often the validators are asked when the actor that asks them dies."""


UNKNOWN: Final = grants.verdict(AuthorizationStatus.UNKNOWN)
NO_EVSE: Final = grants.verdict(AuthorizationStatus.NOT_AT_THIS_TIME)
"""Nothing that the token could have is available, or all is reserved for others (M2.7, M2.8, M2.14)."""
ELSEWHERE: Final = grants.verdict(AuthorizationStatus.NOT_AT_THIS_LOCATION)
RUNS_ALREADY: Final = grants.verdict(AuthorizationStatus.CONCURRENT_TX)


def presented(turn: Turn, given: Presented) -> None:
    """Somebody presents a token."""
    token = given.token
    if _in_process(turn, token):
        if not _chosen_by_user(turn, token):
            turn.note("token_in_process", type=str(token.authorization_type))
        return
    request = Request(number=turn.number(), token=token)
    turn.say(token, TokenValidationStatus.PROCESSING)
    if _stops_by_itself(turn, token):
        turn.say(token, TokenValidationStatus.USED_TO_STOP)
    elif (hopeless := _hopeless(turn, token)) is not None:
        reject(turn, request, hopeless)
    elif token.prevalidated:
        parent = dataclasses.replace(grants.ACCEPTED, parent_id_token=token.parent_id_token)
        verdict = use(turn, request, parent)  # M2.9
        if verdict is not None:
            reject(turn, request, verdict)
    else:
        turn.put_request(request)
        turn.do(Validate(request.number, token))


def _in_process(turn: Turn, token: ProvidedIdToken) -> bool:
    """Whether the same token is in process, or granted and not used yet (M2.3)."""
    if any(same(each.token.id_token, token.id_token) for each in turn.state.requests.values()):
        return True
    holders = (each.holder for each in turn.state.evses.values())
    return any(
        each is not None and not each.used and same(each.token.id_token, token.id_token) for each in holders
    )


def _chosen_by_user(turn: Turn, token: ProvidedIdToken) -> bool:
    """Whether this presentation says which EVSE a waiting token is meant for (UserInput)."""
    if turn.state.rules.selection_algorithm != selection.USER_INPUT or len(token.connectors or ()) != 1:
        return False
    for request in turn.state.requests.values():
        if request.stage is Stage.WAITING and same(request.token.id_token, token.id_token):
            assert request.result is not None
            free = set(_free(turn, request.token, request.result)).intersection(token.connectors or ())
            if free:
                _settle(turn, request, free.pop())
                return True
    return False


def _stops_by_itself(turn: Turn, token: ProvidedIdToken) -> bool:
    """Stop the transaction that a card has started, or that its group's card has (M2.6)."""
    if token.authorization_type is not AuthorizationType.RFID:
        return False
    listed = token.connectors if token.connectors is not None else sorted(turn.state.evses)
    for each in listed:
        holder = turn.evse(each).holder if each in turn.state.evses else None
        if holder is not None and holder.used:
            own: tuple[IdToken | None, ...] = (holder.token.id_token, holder.result.parent_id_token)
            if any(same(one, token.id_token) for one in own):
                grants.stop(turn, each, StopTransactionReason.LOCAL, token)
                return True
    return False


def _hopeless(turn: Turn, token: ProvidedIdToken) -> ValidationResult | None:
    """Why no verdict could help, if so: then no validator is asked (M2.7, M2.8)."""
    possible = candidates(turn.state.evses, token)
    if not possible:
        return ELSEWHERE
    holders = (each.holder for each in turn.state.evses.values())
    has_parent = any(each is not None and each.result.parent_id_token is not None for each in holders)
    master = turn.state.settings.master_pass_group_id
    if not turn.available(possible) and not has_parent and not master:
        return NO_EVSE
    who = book.bearer(token)
    standings = [book.standing(turn.state, each, who) for each in possible]
    reserved = all(each.claim is Claim.OTHERS and not each.has_parent for each in standings)
    return NO_EVSE if reserved else None


# -- verdicts ----------------------------------------------------------------------------------------------


def judged(turn: Turn, given: Judged) -> None:
    """A validator has answered: the first that accepts wins, the others are not waited for (M2.10)."""
    request = turn.state.requests.get(given.number)
    if request is None or request.stage is not Stage.VALIDATING:
        return
    verdict = given.result or UNKNOWN
    if verdict.authorization_status is AuthorizationStatus.ACCEPTED:
        kept = use(turn, request, verdict)
        if kept is None:
            return
        verdict = kept
    weightier = request.refusal is None or request.refusal.authorization_status is AuthorizationStatus.UNKNOWN
    request = dataclasses.replace(request, refusal=verdict if weightier else request.refusal)
    if given.last:
        reject(turn, request, request.refusal or UNKNOWN)
    else:
        turn.put_request(request)


def lost(turn: Turn, given: RequestLost) -> None:
    """Who asks the validators has died: once more, then nobody knows the token."""
    request = turn.state.requests.get(given.number)
    if request is None or request.stage is not Stage.VALIDATING:
        return
    if request.attempts < ATTEMPTS:
        turn.put_request(dataclasses.replace(request, attempts=request.attempts + 1))
        turn.do(Validate(request.number, request.token))
    else:
        reject(turn, request, request.refusal or UNKNOWN)


def use(turn: Turn, request: Request, result: ValidationResult) -> ValidationResult | None:
    """Do what an accepted token is good for; or say why it is good for nothing here, and do nothing."""
    token = request.token
    possible = candidates(turn.state.evses, token)
    parent = result.parent_id_token
    master = turn.state.settings.master_pass_group_id
    if parent is not None and master and parent.value.casefold() == master.casefold():
        return _master_pass(turn, request, possible)
    free = _free(turn, token, result)
    group = [each for each in possible if _is_of_group(turn, each, token, parent)]
    if group and not (free and turn.state.rules.prioritize_authorization):  # M1.4
        return _group(turn, request, group)
    if result.evse_ids is not None and not set(result.evse_ids).intersection(possible):
        return ELSEWHERE  # M2.13
    if not free:
        return NO_EVSE
    turn.say(token, TokenValidationStatus.ACCEPTED, result)
    evse_id = selection.at_once(turn, free, token, result)
    if evse_id is not None:
        turn.end_request(request.number)
        grants.grant(turn, evse_id, request, result)
        return None
    timeout = timedelta(seconds=turn.state.settings.connection_timeout_s)
    turn.put_request(
        dataclasses.replace(
            request, stage=Stage.WAITING, result=result, since=turn.now, until=turn.now + timeout
        )
    )
    turn.start(f"request {request.number}", timeout.total_seconds())
    return None


def _free(turn: Turn, token: ProvidedIdToken, result: ValidationResult) -> list[int]:
    possible = candidates(turn.state.evses, token)
    allowed = [each for each in possible if result.evse_ids is None or each in result.evse_ids]
    return selection.free_for(turn, allowed, token, result)


def _is_of_group(turn: Turn, evse_id: int, token: ProvidedIdToken, parent: IdToken | None) -> bool:
    """Whether an EVSE is held by somebody else of the same group."""
    holder = turn.evse(evse_id).holder
    return (
        holder is not None
        and same(holder.result.parent_id_token, parent)
        and not same(holder.token.id_token, token.id_token)
    )


def _master_pass(turn: Turn, request: Request, possible: list[int]) -> ValidationResult | None:
    """Stop every transaction, start none (M2.11)."""
    running = [each for each in possible if (one := turn.evse(each).holder) and one.used]
    for each in running:
        grants.stop(turn, each, StopTransactionReason.MASTER_PASS, request.token)
    if not running:
        return NO_EVSE
    _stopped(turn, request)
    return None


def _group(turn: Turn, request: Request, group: list[int]) -> ValidationResult | None:
    """Stop the transaction of somebody of the same group; who has not begun yet is in process (M2.12)."""
    running = [each for each in group if (one := turn.evse(each).holder) and one.used]
    if not running:
        return RUNS_ALREADY
    grants.stop(turn, running[0], StopTransactionReason.LOCAL, request.token)
    _stopped(turn, request)
    return None


def _stopped(turn: Turn, request: Request) -> None:
    turn.end_request(request.number)
    turn.say(request.token, TokenValidationStatus.USED_TO_STOP)


def reject(turn: Turn, request: Request, verdict: ValidationResult) -> None:
    """A token is good for nothing; the EVSEs it lists are told, so that a car need not wait (M2.15)."""
    turn.end_request(request.number)
    turn.say(request.token, TokenValidationStatus.REJECTED)
    grants.tell_listed(turn, request.token, verdict)


# -- waiting -----------------------------------------------------------------------------------------------


def serve(turn: Turn) -> None:
    """Give EVSEs where cars wait to tokens that wait, those who came first before others (M3.2)."""
    waiting = (each for each in turn.state.requests.values() if each.stage is Stage.WAITING)
    for request in sorted(waiting, key=lambda each: each.number):
        assert request.result is not None
        assert request.since is not None
        evse_id = selection.later(turn, _free(turn, request.token, request.result), request.since)
        if evse_id is not None:
            _settle(turn, request, evse_id)


def _settle(turn: Turn, request: Request, evse_id: int) -> None:
    assert request.result is not None
    turn.end_request(request.number)
    grants.grant(turn, evse_id, request, request.result)


def waited(turn: Turn, number: int) -> None:
    """A token has waited for a car as long as it may."""
    request = turn.state.requests.get(number)
    if request is not None and request.stage is Stage.WAITING:
        turn.end_request(number)
        turn.say(request.token, TokenValidationStatus.TIMED_OUT)
        grants.tell_listed(turn, request.token, grants.verdict(AuthorizationStatus.TIMEOUT))


def move(turn: Turn, evse_id: int, told: Errand) -> None:
    """Give a grant that cannot reach its EVSE to another one, if the token may have it."""
    holder = turn.evse(evse_id).holder
    assert holder is not None
    free = _free(turn, holder.token, holder.result)
    other = selection.at_once(turn, free, holder.token, holder.result)
    if other is None or holder.leaving is not None:
        return
    grants.untell(turn, evse_id, told)
    turn.change_evse(evse_id, holder=None)
    turn.cancel(f"evse {evse_id}")
    request = Request(number=holder.request, token=holder.token)
    grants.grant(turn, other, request, holder.result)


def verdict_changed(turn: Turn, given: VerdictChanged) -> None:
    """A validator's second thoughts about the token of an EVSE (M2.17)."""
    evse = turn.state.evses.get(given.update.connector_id)
    if evse is None or evse.holder is None:
        turn.note("verdict_about_nobody", evse=given.update.connector_id)
        return
    result = given.update.validation_result
    turn.change_evse(evse.evse_id, holder=dataclasses.replace(evse.holder, result=result))
    if result.authorization_status is AuthorizationStatus.ACCEPTED:
        turn.say(evse.holder.token, TokenValidationStatus.ACCEPTED, result)
