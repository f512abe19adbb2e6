"""PaymentDetails, Authorization, and the contract certificates that a car fetches. Pure.

Source: ISO 15118-2 8.4.3.6, 8.4.3.7, 8.4.3.10 and 8.4.3.11; rows S3.4 to S3.16 and M7.6 to M7.12.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

from actors.v2g.secc import authorization, contract
from actors.v2g.secc.contract import Problem, Progress
from actors.v2g.secc.exchange import Answered, Expired, Level, Told
from actors.v2g.secc.iso2.answers import RESPONSES, Answer, answer
from actors.v2g.secc.iso2.limits import LIMIT_S, Timer
from actors.v2g.secc.iso2.phase import Phase
from actors.v2g.secc.state import Verdict
from protocols.interfaces import iso15118_extensions as extensions
from protocols.iso15118 import exi, iso2
from protocols.iso15118.exi import UnixTime
from protocols.iso15118.iso2 import EvseProcessing, ResponseCode
from protocols.iso15118.signature import ISO2
from protocols.types.authorization import AuthorizationStatus, CertificateStatus
from protocols.types.iso15118 import (
    CertificateActionEnum,
    ExiResponseStatus,
    PaymentOption,
    RequestExiStreamSchema,
    ResponseExiStreamStatus,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.v2g.secc.conversation import Cause
    from actors.v2g.secc.state import Authorization
    from actors.v2g.secc.turn import Turn

EXI_MAX: Final = 5600
"""Longest request that OCPP carries, in base64 (`RequestExiStreamSchema`)."""

PROBLEMS: Final[Mapping[Problem, ResponseCode]] = {
    Problem.UNREADABLE: ResponseCode.FAILED_CERT_CHAIN_ERROR,
    Problem.FOREIGN_EMAID: ResponseCode.FAILED_CERT_CHAIN_ERROR,
    Problem.EXPIRED: ResponseCode.FAILED_CERTIFICATE_EXPIRED,
    Problem.BROKEN: ResponseCode.FAILED_CERT_CHAIN_ERROR,
    Problem.NO_ROOT: ResponseCode.FAILED_NO_CERTIFICATE_AVAILABLE,
    Problem.NOT_ALLOWED: ResponseCode.FAILED_CERTIFICATE_NOT_ALLOWED_AT_THIS_EVSE,
    Problem.CHALLENGE: ResponseCode.FAILED_CHALLENGE_INVALID,
    Problem.SIGNATURE: ResponseCode.FAILED_SIGNATURE_ERROR,
}
"""What is wrong with a contract, in this protocol's codes (M7.6 to M7.8)."""

CERTIFICATE_REJECTS: Final[Mapping[CertificateStatus, ResponseCode]] = {
    CertificateStatus.SIGNATURE_ERROR: ResponseCode.FAILED_SIGNATURE_ERROR,
    CertificateStatus.CERTIFICATE_EXPIRED: ResponseCode.FAILED_CERTIFICATE_EXPIRED,
    CertificateStatus.CERTIFICATE_REVOKED: ResponseCode.FAILED_CERTIFICATE_REVOKED,
    CertificateStatus.NO_CERTIFICATE_AVAILABLE: ResponseCode.FAILED_NO_CERTIFICATE_AVAILABLE,
    CertificateStatus.CERT_CHAIN_ERROR: ResponseCode.FAILED_CERT_CHAIN_ERROR,
    CertificateStatus.CONTRACT_CANCELLED: ResponseCode.FAILED_CONTRACT_CANCELED,
}
"""Why a contract was rejected, when its certificate was the reason."""

REJECTS: Final[Mapping[AuthorizationStatus, ResponseCode]] = {
    AuthorizationStatus.NOT_ALLOWED_TYPE_EVSE: ResponseCode.FAILED_CERTIFICATE_NOT_ALLOWED_AT_THIS_EVSE,
    AuthorizationStatus.NOT_AT_THIS_LOCATION: ResponseCode.FAILED_CERTIFICATE_NOT_ALLOWED_AT_THIS_EVSE,
}
"""Why a contract was rejected otherwise; what is in neither table is FAILED."""


def handle_payment_details(request: iso2.PaymentDetailsReq, turn: Turn) -> Answer:
    """Take in the contract and have it looked at."""
    chain = request.contract_signature_cert_chain
    above = chain.sub_certificates.certificate if chain.sub_certificates is not None else ()
    problem = contract.show(turn, (chain.certificate, *above), request.emaid)
    return None if problem is None else PROBLEMS[problem]


def resume_payment_details(request: iso2.PaymentDetailsReq, turn: Turn, cause: Cause) -> Answer:
    """Give the challenge once the contract has been looked at."""
    if not isinstance(cause, Answered):
        return None
    found = contract.answered(turn, cause.ask, cause.reply)
    if isinstance(found, Problem):
        return PROBLEMS[found]
    if found is Progress.WAITING:
        return None
    turn.change(phase=Phase.AUTHORIZATION.value)
    now = UnixTime.of(turn.now)
    return answer(request, turn, gen_challenge=contract.challenge(turn), evse_time_stamp=now)


def handle_authorization(message: iso2.V2gMessage, turn: Turn) -> Answer:
    """Ask who decides, once and after the contract's signature; then repeat `Ongoing` until the verdict."""
    request: Any = message.body.body_element
    verdict = turn.authorization.verdict
    by_contract = turn.authorization.option is PaymentOption.CONTRACT
    if turn.stopped:
        return ResponseCode.FAILED
    if verdict is Verdict.NONE and by_contract:
        problem = contract.signed(turn, request.gen_challenge, message, [ISO2])
        if problem is not None:
            return PROBLEMS[problem]
        contract.authorize(turn)
    elif verdict is Verdict.NONE:
        authorization.ask_eim(turn)
    elif verdict is Verdict.GRANTED:
        turn.change(phase=Phase.PARAMETERS.value)
        authorization.told_car(turn)
        return answer(request, turn)
    elif verdict is not Verdict.WAITING:
        return rejected(turn.authorization)
    ongoing = (
        EvseProcessing.ONGOING if by_contract else EvseProcessing.ONGOING_WAITING_FOR_CUSTOMER_INTERACTION
    )
    return answer(request, turn, evse_processing=ongoing)


def rejected(given: Authorization) -> ResponseCode:
    """The response code for a refusal, or for a verdict that has not come in time."""
    if given.verdict is Verdict.TIMED_OUT or given.option is not PaymentOption.CONTRACT:
        return ResponseCode.FAILED
    by_certificate = CERTIFICATE_REJECTS.get(given.certificate_status) if given.certificate_status else None
    by_status = REJECTS.get(given.status) if given.status else None
    return by_certificate or by_status or ResponseCode.FAILED


def handle_certificate_installation(_request: iso2.CertificateInstallationReq, turn: Turn) -> Answer:
    """Pass the request on to the CSMS as it is."""
    return _pass_on(turn, CertificateActionEnum.INSTALL)


def handle_certificate_update(_request: iso2.CertificateUpdateReq, turn: Turn) -> Answer:
    """Pass the request on to the CSMS as it is."""
    return _pass_on(turn, CertificateActionEnum.UPDATE)


def _pass_on(turn: Turn, action: CertificateActionEnum) -> Answer:
    text = base64.b64encode(turn.talk.held).decode()
    if len(text) > EXI_MAX:
        turn.note("certificate_request_too_long", Level.WARNING, length=len(text))
        return ResponseCode.FAILED
    turn.publish(
        extensions.Iso15118CertificateRequest(
            request=RequestExiStreamSchema(
                exi_request=text, iso15118_schema_version=turn.talk.namespace[:50], certificate_action=action
            )
        )
    )
    turn.start(Timer.CERTIFICATE, LIMIT_S[Timer.CERTIFICATE])
    return None


ACTIONS: Final[Mapping[type[iso2.BodyElement], CertificateActionEnum]] = {
    iso2.CertificateInstallationReq: CertificateActionEnum.INSTALL,
    iso2.CertificateUpdateReq: CertificateActionEnum.UPDATE,
}


def resume_certificate(request: iso2.BodyElement, turn: Turn, cause: Cause) -> Answer:
    """Pass the CSMS's response on as it is; FAILED when it has none, a wrong one or none in time (M7.12).

    One that comes late for another car is not this one's: the session it was made for is named in it.
    """
    if isinstance(cause, Expired) and cause.timer == Timer.CERTIFICATE:
        turn.note("certificate_response_late", Level.WARNING)
        return ResponseCode.FAILED
    if not isinstance(cause, Told) or not isinstance(cause.command, extensions.SetGetCertificateResponse):
        return None
    given = cause.command.certificate_response
    if given.certificate_action is not ACTIONS[type(request)]:
        return None
    response = _usable(given, RESPONSES[type(request)][0])
    if response is not None and response.header.session_id not in (turn.talk.session_id, bytes(8)):
        turn.note("certificate_response_foreign", Level.WARNING)
        return None
    turn.cancel(Timer.CERTIFICATE)
    if response is None:
        turn.note("certificate_response_unusable", Level.WARNING, status=given.status)
        return ResponseCode.FAILED
    turn.change(phase=Phase.CONTRACT.value)
    return base64.b64decode(given.exi_response or "")


def _usable(given: ResponseExiStreamStatus, kind: type[iso2.BodyElement]) -> iso2.V2gMessage | None:
    """The CSMS's response if it is the one the car waits for; whether it is good is for the car to judge."""
    if given.status is not ExiResponseStatus.ACCEPTED:
        return None
    try:
        response = base64.b64decode(given.exi_response or "", validate=True)
        message = exi.decode(response, exi.Schema.ISO2)
    except ValueError:  # not base64, or not of this protocol
        return None
    fits = isinstance(message, iso2.V2gMessage) and isinstance(message.body.body_element, kind)
    return message if fits else None
