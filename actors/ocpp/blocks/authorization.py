"""Who may charge: `auth_token_validator`, by list, cache and CSMS (C; rows S8.1 to S8.4, M10.7 to M10.11).

Which of them decides is in the tables of `authorization_rules`, and for contracts in those of
`authorization_contracts`. How one stands is asked anew at every step, so a connection that comes or goes in
between counts. Nothing of a judgement is durable: whoever waits for it when this actor dies asks again.

A later change of a verdict (`validate_result_update`, S8.5) comes with the answer to a transaction event;
`transaction_answers` publishes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from ocpp.v21 import call, call_result, datatypes, enums

from actors.ocpp.block import Block
from actors.ocpp.blocks import authorization_cache, local_list
from actors.ocpp.blocks.authorization_contracts import (
    NO_ROOT,
    NOT_OFFLINE,
    NOT_SHOWN,
    OFFLINE,
    ONLINE,
    Hashes,
    Refused,
    Way,
    hashes_from,
    hashes_of,
)
from actors.ocpp.blocks.authorization_entries import CachedToken, info_of
from actors.ocpp.blocks.authorization_results import allowed_of, price_texts_of, refusal, result_of
from actors.ocpp.blocks.authorization_rules import (
    TABLE,
    Reach,
    Standing,
    Verdict,
    barred,
    means,
    standing,
)
from actors.ocpp.blocks.authorization_waiting import BUSY_S, is_busy, left_s, link_said
from actors.ocpp.blocks.transaction_events import worded
from actors.ocpp.device_model import variables
from actors.ocpp.inputs import Target
from actors.ocpp.messages import Outcome
from protocols.interfaces import auth_token_validator, evse_security
from protocols.ocpp import payloads
from protocols.ocpp.errors import RefusalError
from protocols.types.authorization import AuthorizationStatus as Status
from protocols.types.authorization import CertificateStatus, IdTokenType
from protocols.types.evse_security import CertificateValidationResult, LeafCertificateType

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from actors.ocpp.blocks.authorization_entries import ListedToken
    from actors.ocpp.messages import CallReply
    from actors.ocpp.turn import Turn
    from protocols.message import Reply
    from protocols.types.authorization import IdToken, ProvidedIdToken, ValidationResult

FREE: Final = frozenset({IdTokenType.CENTRAL, IdTokenType.NO_AUTHORIZATION})
"""Accepted without asking anybody (C03.FR.01, C05.FR.01, C06)."""
PATIENCE_S: Final = 20.0
"""So long after a token was presented the CSMS is waited for: Auth waits 30 s for us."""
FATES: Final[Mapping[Outcome, Reach]] = MappingProxyType(
    {Outcome.LOST: Reach.CUT_OFF, Outcome.NOT_SENT: Reach.CUT_OFF, Outcome.TIMEOUT: Reach.SILENT}
)
"""Outcomes after which the station judges by itself; after others the CSMS has had its say."""


@dataclass(frozen=True, slots=True)
class Case:
    """One token that somebody waits for the verdict on."""

    tag: int
    token: ProvidedIdToken
    since: datetime
    reach: Reach = Reach.UNTRIED
    found: CertificateValidationResult = CertificateValidationResult.UNKNOWN
    """What the check of its contract has found."""


@dataclass(slots=True)
class Open:
    """By tag: the cases that the CSMS was asked about."""

    cases: dict[str, Case] = field(default_factory=dict)
    held: dict[str, Case] = field(default_factory=dict)
    """By tag: those that wait for a word about the boot or the connection (`authorization_waiting`)."""


def _answer(turn: Turn, case: Case, result: ValidationResult) -> None:
    turn.note("token_judged", status=result.authorization_status.value, type=case.token.id_token.type.value)
    turn.answer(case.tag, auth_token_validator.ValidateTokenReply(validation_result=result))


def _validate(turn: Turn, tag: int, command: auth_token_validator.ValidateToken) -> None:
    _judge(turn, Case(tag, command.provided_token, turn.now))


def _judge(turn: Turn, case: Case) -> None:
    kind, bars = case.token.id_token.type, barred(turn)
    if not bars and (kind in FREE or not turn.model.read(variables.AUTH_ENABLED)):  # M10.7
        _answer(turn, case, refusal(Status.ACCEPTED))
    elif (wait_s := left_s(turn, case.since)) > 0:
        turn.live.of(Open).held[str(case.tag)] = case
        turn.start(f"authorize_held {case.tag}", wait_s)
    elif bars:  # nobody charges before a CSMS has accepted the station
        turn.note("station_not_accepted", warning=True, unless="TxCtrlr.TxBeforeAcceptedEnabled")
        _answer(turn, case, refusal(Status.UNKNOWN))
    elif kind is IdTokenType.EMAID:
        _judge_contract(turn, case)
    else:
        _by_rules(turn, case)


def _take_up(turn: Turn, rest: str) -> None:
    if (case := turn.live.of(Open).held.pop(rest, None)) is not None:
        _judge(turn, case)


def _settled(turn: Turn) -> None:
    """Whoever has waited for what is known now need not any more."""
    for tag, case in list(turn.live.of(Open).held.items()):
        if left_s(turn, case.since) <= 0:
            turn.cancel(f"authorize_held {tag}")
            _take_up(turn, tag)


# -- tokens of any kind --------------------------------------------------------------------------------------


def _by_rules(turn: Turn, case: Case, certificate: CertificateStatus | None = None) -> None:
    """M10.11."""
    now = means(turn, case.reach)
    entry, stands = _known(turn, case.token.id_token) if now.consults else (None, Standing.NOWHERE)
    verdict = TABLE[stands, now.asks]
    if verdict is Verdict.ASK:
        _ask(turn, case)
    elif entry is not None and verdict is Verdict.AS_KEPT:
        if isinstance(entry, CachedToken):
            authorization_cache.use(turn, entry)
        result = result_of(turn, info_of(entry))
        _answer(turn, case, replace(result, certificate_status=certificate))
    elif verdict is Verdict.EXPIRED:
        _answer(turn, case, refusal(Status.EXPIRED, certificate))
    elif now.trusts_unknown:
        _answer(turn, case, refusal(Status.ACCEPTED, certificate))
    else:
        status = Status.TIMEOUT if case.reach is Reach.SILENT else Status.UNKNOWN
        _answer(turn, case, refusal(status, certificate))


def _known(turn: Turn, token: IdToken) -> tuple[CachedToken | ListedToken | None, Standing]:
    """What is kept of a token: the list goes before the cache.

    An entry that has expired stays until the CSMS has said something new: without it, a card that has
    expired would be one that nobody knows, and offline those may charge.
    """
    model = turn.model
    entry: CachedToken | ListedToken | None = local_list.find(turn, token)
    settled = model.read(variables.LIST_NO_POST_AUTHORIZE)
    if entry is None:
        entry = authorization_cache.find(turn, token)
        settled = model.read(variables.CACHE_NO_POST_AUTHORIZE)
    return entry, standing(entry, turn.now, settled=settled)


# -- contracts -----------------------------------------------------------------------------------------------


def _judge_contract(turn: Turn, case: Case) -> None:
    token, asks = case.token, means(turn, case.reach).asks
    if token.certificate is None and not token.iso15118_certificate_hash_data:
        _answer(turn, case, refusal(*NOT_SHOWN))
    elif token.iso15118_certificate_hash_data and asks:  # M10.8
        _ask(turn, case, hashes_of(token))
    elif token.certificate is None:
        _offline(turn, case)
    else:
        command = evse_security.VerifyCertificate(
            certificate_chain=token.certificate,
            certificate_types=(LeafCertificateType.MO, LeafCertificateType.V2G),
        )
        turn.ask(Target.SECURITY, command, "authorization.verified", case=case)


def _verified(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    case: Case = context["case"]
    if isinstance(reply, evse_security.VerifyCertificateReply):
        case = replace(case, found=reply.result)
    if not means(turn, case.reach).asks:
        _offline(turn, case)
    elif isinstance(way := ONLINE[case.found], Refused):  # M10.9
        _answer(turn, case, refusal(*way))
    elif way is Way.CENTRALLY:
        _centrally(turn, case)
    else:
        command = evse_security.GetMoOcspRequestData(certificate_chain=case.token.certificate or "")
        turn.ask(Target.SECURITY, command, "authorization.hashed", case=case)


def _hashed(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    case: Case = context["case"]
    hashes: Hashes = ()
    if isinstance(reply, evse_security.GetMoOcspRequestDataReply):
        hashes = hashes_from(reply.request_data.ocsp_request_data_list)
    if not means(turn, case.reach).asks:
        _offline(turn, case)
    elif hashes:
        _ask(turn, case, hashes)
    else:
        _centrally(turn, case)


def _centrally(turn: Turn, case: Case) -> None:
    if turn.model.read(variables.CENTRAL_VALIDATION):
        _ask(turn, case, certificate=case.token.certificate)
    else:
        _answer(turn, case, refusal(*NO_ROOT))


def _offline(turn: Turn, case: Case) -> None:
    """M10.10."""
    way = OFFLINE[case.found]
    if not turn.model.read(variables.VALIDATION_OFFLINE):
        _answer(turn, case, refusal(NOT_OFFLINE))
    elif isinstance(way, Refused):
        _answer(turn, case, refusal(*way))
    elif not means(turn, case.reach).consults:
        _answer(turn, case, refusal(Status.UNKNOWN, CertificateStatus.ACCEPTED))
    else:
        _by_rules(turn, case, CertificateStatus.ACCEPTED)


# -- the CSMS ------------------------------------------------------------------------------------------------


def _ask(turn: Turn, case: Case, hashes: Hashes = (), certificate: str | None = None) -> None:
    question = call.Authorize(
        id_token=_worded(turn, case.token),
        certificate=certificate,
        iso_15118_certificate_hash_data=list(hashes) or None,
    )
    turn.call(question, "authorization.authorized", case=case)
    turn.live.of(Open).cases[str(case.tag)] = case
    turn.start(f"authorize {case.tag}", PATIENCE_S - (turn.now - case.since).total_seconds())


def _impatient(turn: Turn, rest: str) -> None:
    """The CSMS has had its time; what it still says is for the next one with this token."""
    if (case := turn.live.of(Open).cases.pop(rest, None)) is not None:
        turn.note("csms_silent", warning=True)
        _judge(turn, replace(case, reach=Reach.SILENT))


def _worded(turn: Turn, token: ProvidedIdToken) -> datatypes.IdTokenType:
    """A token as the CSMS hears of it; the car is known where it is meant for one EVSE alone."""
    meant = token.connectors or ()
    return worded(turn, token, meant[0] if len(meant) == 1 else None)


def _again(turn: Turn, rest: str) -> None:
    """The link was busy with a call of our predecessor's, perhaps with the very same question."""
    if (case := turn.live.of(Open).cases.pop(rest, None)) is not None:
        turn.cancel(f"authorize {rest}")
        _judge(turn, case)


def _authorized(turn: Turn, context: Mapping[str, Any], reply: CallReply) -> None:
    case: Case = context["case"]
    if is_busy(turn, reply):  # our patience goes on running out
        turn.start(f"authorize_again {case.tag}", BUSY_S)
        return
    waits = turn.live.of(Open).cases.pop(str(case.tag), None) is not None
    turn.cancel(f"authorize {case.tag}")
    answer = _read(turn, reply)
    if answer is not None:
        _learn(turn, case, answer)
    if not waits:
        return
    if answer is not None:
        _answer(turn, case, _result(turn, answer))
    elif (reach := FATES.get(reply.outcome)) is not None:
        _judge(turn, replace(case, reach=reach))
    else:
        _answer(turn, case, refusal(Status.UNKNOWN))


def _read(turn: Turn, reply: CallReply) -> call_result.Authorize | None:
    """What the CSMS has answered; None when it has not, or nobody can read it."""
    problem = reply.code
    if reply.outcome is Outcome.ANSWERED:
        try:
            return payloads.of_text(call_result.Authorize, reply.payload)
        except RefusalError as error:
            problem = error.problem
    turn.note("no_verdict", warning=True, outcome=reply.outcome.value, problem=problem)
    return None


def _is_good(answer: call_result.Authorize) -> bool:
    """A contract needs the good word of the CSMS for its certificate, too, where it says one (C07)."""
    about = answer.certificate_status
    return about is None or about == enums.AuthorizeCertificateStatusEnumType.accepted


def _learn(turn: Turn, case: Case, answer: call_result.Authorize) -> None:
    if _is_good(answer):
        authorization_cache.learn(turn, _worded(turn, case.token), answer.id_token_info)
    else:
        authorization_cache.forget(turn, case.token.id_token)


def _result(turn: Turn, answer: call_result.Authorize) -> ValidationResult:
    result, about = result_of(turn, answer.id_token_info), answer.certificate_status
    status = result.authorization_status
    prices = price_texts_of(answer) if turn.model.read(variables.TARIFF_ENABLED) else ()
    if status is Status.ACCEPTED and not _is_good(answer):
        status = Status.INVALID
    return replace(
        result,
        authorization_status=status,
        certificate_status=None if about is None else CertificateStatus(str(about)),
        tariff_messages=prices + result.tariff_messages,
        allowed_energy_transfer_modes=allowed_of(answer),
    )


BLOCK: Final = Block(
    name="authorization",
    commands={auth_token_validator.ValidateToken: _validate},
    replies={
        "authorization.verified": _verified,
        "authorization.hashed": _hashed,
        "authorization.authorized": _authorized,
    },
    timers={"authorize": _impatient, "authorize_held": _take_up, "authorize_again": _again},
    link_said=link_said,
    settled=_settled,
)
