"""Authorization set-up and authorization, by other means (EIM) or by contract (Plug & Charge). Pure.

A car that is refused with a WARNING may try again, with another contract or by other means, but not for ever.
The challenge stays good for the talk it was made for until a contract has been accepted under it.

Sources: ISO 15118-20 8.3.4.3.2 and 8.6.4.6.3.1, requirement ids at the lines; rows S3.*, M7.8 to M7.11.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from actors.v2g.secc import authorization, contract
from actors.v2g.secc.iso20.answers import head, ok
from actors.v2g.secc.iso20.phases import Phase, RefusedError, enter, keep, mine
from actors.v2g.secc.state import Verdict
from certs import pem
from protocols.iso15118 import exi, signature
from protocols.iso15118.iso20 import common
from protocols.iso15118.iso20.enumerations import Processing, ResponseCode
from protocols.types.authorization import CertificateStatus
from protocols.types.iso15118 import PaymentOption

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.v2g.secc.turn import Turn

SCHEMES: Final = (signature.ISO20_SECP521, signature.ISO20_ED448)
MAX_ATTEMPTS: Final = 3
"""Refusals after which the talk ends; the standard warns of cars that try for ever."""
EXPIRES_SOON: Final = timedelta(days=14)  # [V2G20-2218]

OPTIONS: Final[Mapping[common.Authorization, PaymentOption]] = {
    common.Authorization.EIM: PaymentOption.EXTERNAL_PAYMENT,
    common.Authorization.PNC: PaymentOption.CONTRACT,
}
PROBLEMS: Final[Mapping[contract.Problem, ResponseCode]] = {
    contract.Problem.UNREADABLE: ResponseCode.WARNING_CERTIFICATE_VALIDATION_ERROR,
    contract.Problem.FOREIGN_EMAID: ResponseCode.WARNING_CERTIFICATE_VALIDATION_ERROR,
    contract.Problem.EXPIRED: ResponseCode.WARNING_CERTIFICATE_EXPIRED,
    contract.Problem.BROKEN: ResponseCode.WARNING_CERTIFICATE_VALIDATION_ERROR,
    contract.Problem.NO_ROOT: ResponseCode.WARNING_E_MSP_UNKNOWN,
    contract.Problem.NOT_ALLOWED: ResponseCode.WARNING_GENERAL_PNC_AUTHORIZATION_ERROR,
    contract.Problem.CHALLENGE: ResponseCode.WARNING_CHALLENGE_INVALID,
    contract.Problem.SIGNATURE: ResponseCode.FAILED_SIGNATURE_ERROR,
}
"""What the car is told about its contract [V2G20-2210 to -2216]."""
REFUSALS: Final[Mapping[CertificateStatus | None, ResponseCode]] = {
    None: ResponseCode.WARNING_GENERAL_PNC_AUTHORIZATION_ERROR,
    CertificateStatus.ACCEPTED: ResponseCode.WARNING_GENERAL_PNC_AUTHORIZATION_ERROR,
    CertificateStatus.SIGNATURE_ERROR: ResponseCode.WARNING_CERTIFICATE_VALIDATION_ERROR,
    CertificateStatus.CERTIFICATE_EXPIRED: ResponseCode.WARNING_CERTIFICATE_EXPIRED,
    CertificateStatus.CERTIFICATE_REVOKED: ResponseCode.WARNING_CERTIFICATE_REVOKED,
    CertificateStatus.NO_CERTIFICATE_AVAILABLE: ResponseCode.WARNING_NO_CERTIFICATE_AVAILABLE,
    CertificateStatus.CERT_CHAIN_ERROR: ResponseCode.WARNING_CERTIFICATE_VALIDATION_ERROR,
    CertificateStatus.CONTRACT_CANCELLED: ResponseCode.WARNING_GENERAL_PNC_AUTHORIZATION_ERROR,
}
"""What the car is told when the contract was refused; the schema has no code for a cancelled contract."""


def handle_authorization_setup(
    _request: common.AuthorizationSetupReq, turn: Turn
) -> common.AuthorizationSetupRes:
    """Say how the car may be authorized, with a challenge where a contract is welcome."""
    told = turn.station.payment_options or (PaymentOption.EXTERNAL_PAYMENT,)
    secure = turn.talk.tls_version is not None  # rows S3.2, M7.10
    options = tuple(each for each in told if each is not PaymentOption.CONTRACT or secure)
    options = options or (PaymentOption.EXTERNAL_PAYMENT,)
    pnc = PaymentOption.CONTRACT in options
    installing = pnc and turn.station.certificate_service
    keep(turn, options=options, certificate_service=installing)
    enter(turn, Phase.AUTHORIZATION)
    challenge = contract.challenge(turn) if pnc else b""
    services = tuple(each for each, option in OPTIONS.items() if option in options)
    return common.AuthorizationSetupRes(
        **ok(turn),
        authorization_services=services,
        certificate_installation_service=installing,
        eim_as_res_authorization_mode=None if pnc else common.EimAsResAuthorizationMode(),
        pnc_as_res_authorization_mode=common.PncAsResAuthorizationMode(gen_challenge=challenge)
        if pnc
        else None,  # [V2G20-1219]
    )


def handle_authorization(request: common.AuthorizationReq, turn: Turn) -> common.AuthorizationRes:
    """Begin an authorization."""
    option = OPTIONS[request.selected_authorization_service]
    if turn.stopped:
        raise RefusedError(ResponseCode.FAILED, "stopped")
    if option not in mine(turn).options:
        return _again(turn, ResponseCode.WARNING_AUTHORIZATION_SELECTION_INVALID)  # [V2G20-2209]
    challenge = turn.talk.challenge
    authorization.choose(turn, option)
    turn.change(challenge=challenge)
    keep(turn, shown=_digest(request), problem="")
    if option is PaymentOption.EXTERNAL_PAYMENT:
        authorization.ask_eim(turn)
    elif (problem := _show(request, turn)) is not None:
        return _refused(turn, PROBLEMS[problem])
    enter(turn, Phase.AUTHORIZING)
    return _verdict(turn)


def _show(request: common.AuthorizationReq, turn: Turn) -> contract.Problem | None:
    """See whether the car shows a contract, and whether its owner has signed the challenge."""
    mode = request.pnc_a_req_authorization_mode
    if mode is None:
        return contract.Problem.UNREADABLE
    chain = mode.contract_certificate_chain
    problem = contract.show(turn, (chain.certificate, *chain.sub_certificates.certificate))
    challenge = turn.talk.challenge
    problem = problem or contract.signed(turn, mode.gen_challenge, request, SCHEMES)
    turn.change(challenge=challenge)
    return problem


def handle_authorization_again(request: common.AuthorizationReq, turn: Turn) -> common.AuthorizationRes:
    """Say how the authorization stands; only the same request may ask [V2G20-1977]."""
    if _digest(request) != mine(turn).shown:
        raise RefusedError(ResponseCode.FAILED_SEQUENCE_ERROR, "authorization_altered")
    if turn.stopped:
        raise RefusedError(ResponseCode.FAILED, "stopped")
    return _verdict(turn)


def _verdict(turn: Turn) -> common.AuthorizationRes:
    problem, verdict = mine(turn).problem, turn.authorization.verdict
    if problem:
        return _refused(turn, PROBLEMS[contract.Problem(problem)])
    if verdict is Verdict.GRANTED:
        return _granted(turn)
    eim = turn.authorization.option is PaymentOption.EXTERNAL_PAYMENT
    if verdict is Verdict.REFUSED:
        status = turn.authorization.certificate_status
        code = ResponseCode.WARNING_EIM_AUTHORIZATION_FAILURE if eim else REFUSALS[status]
        return _refused(turn, code)  # [V2G20-2230]
    if verdict is Verdict.TIMED_OUT:
        raise RefusedError(ResponseCode.FAILED, "authorization_timeout")  # row M7.9
    waiting = Processing.ONGOING_WAITING_FOR_CUSTOMER_INTERACTION if eim else Processing.ONGOING
    return common.AuthorizationRes(**ok(turn), evse_processing=waiting)


def _granted(turn: Turn) -> common.AuthorizationRes:
    authorization.told_car(turn)
    held = turn.talk.contract
    if held is not None and pem.load_der(held.chain[0]).not_valid_after_utc - turn.now <= EXPIRES_SOON:
        code = ResponseCode.OK_CERTIFICATE_EXPIRES_SOON  # the challenge may still serve a newer contract
        enter(turn, Phase.EXPIRING)
    else:
        code = ResponseCode.OK
        turn.change(challenge=b"")
        enter(turn, Phase.SERVICE_DISCOVERY)
    return common.AuthorizationRes(header=head(turn), response_code=code, evse_processing=Processing.FINISHED)


def _refused(turn: Turn, code: ResponseCode) -> common.AuthorizationRes:
    """A FAILED code ends the talk; after a WARNING the car may show something else [V2G20-1978, -2228]."""
    if code.value.startswith("FAILED"):
        raise RefusedError(code, "contract_signature")
    challenge = turn.talk.challenge
    authorization.reset(turn)
    turn.change(challenge=challenge)
    return _again(turn, code)


def _again(turn: Turn, code: ResponseCode) -> common.AuthorizationRes:
    attempts = mine(turn).attempts + 1
    if attempts >= MAX_ATTEMPTS:
        raise RefusedError(ResponseCode.FAILED, "authorization_attempts")
    keep(turn, attempts=attempts, shown=b"", problem="")
    enter(turn, Phase.AUTHORIZATION)
    return common.AuthorizationRes(header=head(turn), response_code=code, evse_processing=Processing.FINISHED)


def contract_checked(found: contract.Progress | contract.Problem, turn: Turn) -> None:
    """`security` has answered about the contract: publish its token, or keep the problem for the car."""
    if isinstance(found, contract.Problem):
        keep(turn, problem=found.value)
    elif found is contract.Progress.READY:
        contract.authorize(turn)


def _digest(request: common.AuthorizationReq) -> bytes:
    """What tells one authorization from another: all but the header."""
    mode = request.pnc_a_req_authorization_mode
    shown = exi.encode_fragment(mode, exi.Schema.ISO20_COMMON) if mode is not None else b""
    return hashlib.sha256(request.selected_authorization_service.value.encode() + shown).digest()
