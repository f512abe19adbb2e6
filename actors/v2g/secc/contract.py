"""Plug & Charge: the contract a car shows, what it is worth, and the token that is made of it. Pure.

How a protocol uses it, in this order:

    contract.challenge(turn)                      # in the response that carries a challenge; kept in the talk
    problem = contract.show(turn, chain, emaid)   # PaymentDetailsReq (-2) or AuthorizationReq (-20)
    # a Problem: answer it. None: hold the request; `security` has been asked
    found = contract.answered(turn, ask, reply)   # from the dialogue's `answered`, for any ask
    # WAITING: hold on. READY: the contract may be used. A Problem: answer it
    problem = contract.signed(turn, challenge, message, [ISO2])   # the signed AuthorizationReq
    contract.authorize(turn)                      # only now the token is published; then answer Ongoing

The -20 builder calls `challenge` at AuthorizationSetupRes, then at AuthorizationReq `show` without an eMAID,
`signed`, and `authorize` once `answered` says READY. Each Problem has its own response code in the tables of
the protocols. Nothing here answers the car.

Sources: ISO 15118-2 8.4.3.5 and 7.9.2.4; rows S3.6, S3.7, S21.16, M7.6 to M7.8.
"""

from __future__ import annotations

import dataclasses
import enum
import hmac
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import UnsupportedAlgorithm

from actors.v2g.secc import authorization
from actors.v2g.secc.exchange import Level
from actors.v2g.secc.state import Contract
from certs import facts, names, pem
from certs.errors import CertificateError
from protocols.interfaces import evse_security
from protocols.iso15118 import signature
from protocols.iso15118.identifiers import Emaid, IdentifierError
from protocols.types.authorization import AuthorizationType, IdToken, IdTokenType, ProvidedIdToken
from protocols.types.evse_security import CertificateValidationResult, LeafCertificateType
from protocols.types.iso15118 import CertificateHashAlgorithm, CertificateHashDataInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cryptography import x509

    from actors.v2g.secc.turn import Turn
    from protocols.message import Command, Reply
    from protocols.types.evse_security import OCSPRequestData

SECURITY: Final = "security"
VERIFY: Final = "verify contract"
OCSP: Final = "contract ocsp request data"
WITHIN_S: Final = 3.5
"""For an answer of `security`: inside the 4.5 s that PaymentDetailsRes has (ISO 15118-2 Table 109)."""
CHALLENGE_BYTES: Final = 16
TOKEN_CERTIFICATE_MAX: Final = 5500
"""Longest PEM text a token carries (`authorization.ProvidedIdToken.certificate`). A chain that has no room in
it is verified here or refused: an eMAID without its certificate would be anybody's word.
"""
TOKEN_HASHES_MAX: Final = 4


class Problem(enum.StrEnum):
    """Why a contract is not accepted. Each protocol has its response code for it."""

    UNREADABLE = "Unreadable"
    """Something in the chain is no certificate."""
    FOREIGN_EMAID = "ForeignEmaid"
    """The leaf was issued for another contract than the car names, or names none (M7.6)."""
    EXPIRED = "Expired"
    BROKEN = "Broken"
    """The certificates are not signed by each other, may not issue each other, or one is revoked."""
    NO_ROOT = "NoRoot"
    """No root here has issued it, and the CSMS may not be asked."""
    NOT_ALLOWED = "NotAllowed"
    """It could not be found out whether it is good, and the CSMS may not be asked."""
    CHALLENGE = "Challenge"
    SIGNATURE = "Signature"


class Progress(enum.StrEnum):
    """How the check of a contract stands when nothing is wrong with it so far."""

    WAITING = "Waiting"
    READY = "Ready"


JUDGED: Final[Mapping[CertificateValidationResult, Problem]] = {
    CertificateValidationResult.EXPIRED: Problem.EXPIRED,
    CertificateValidationResult.INVALID_SIGNATURE: Problem.BROKEN,
    CertificateValidationResult.INVALID_LEAF_SIGNATURE: Problem.BROKEN,
    CertificateValidationResult.INVALID_CHAIN: Problem.BROKEN,
    CertificateValidationResult.ISSUER_NOT_FOUND: Problem.NO_ROOT,
    CertificateValidationResult.UNKNOWN: Problem.NOT_ALLOWED,
}
"""What a local verification means for the car that has not found a chain valid (M7.8).

EVerest's result has no value for "revoked": it arrives as INVALID_CHAIN and fails at once, on the safe side.
"""

FORWARDED: Final = frozenset({Problem.NO_ROOT, Problem.NOT_ALLOWED})
"""What the CSMS may decide where central validation is allowed (M7.8)."""


def challenge(turn: Turn) -> bytes:
    """A fresh challenge for this connection; any earlier one is void."""
    made = turn.random(CHALLENGE_BYTES)
    turn.change(challenge=made)
    return made


def show(turn: Turn, chain: Sequence[bytes], emaid: str | None = None) -> Problem | None:
    """Take in the chain (DER, leaf first) and ask `security` about it; None when it was asked.

    `emaid` is what the request says beside the chain: it has to be the leaf's.
    """
    turn.change(contract=None)
    try:
        certificates = tuple(map(pem.load_der, chain))
        known = tuple(map(facts.read, certificates))
        named = _plain(names.common_name(certificates[0]) or "")
    except (CertificateError, ValueError) as error:
        turn.note("contract_unreadable", Level.WARNING, error=str(error))
        return Problem.UNREADABLE
    if known[0].ca:  # whoever has one could name anybody in it
        turn.note("contract_is_a_ca", Level.WARNING, named=emaid)
        return Problem.BROKEN
    if not _is_emaid(named) or (emaid is not None and named != _plain(emaid)):
        turn.note("contract_of_another", Level.WARNING, leaf=named, named=emaid)
        return Problem.FOREIGN_EMAID
    text = _pem(certificates)
    if len(text) > TOKEN_CERTIFICATE_MAX and not turn.settings.verify_contract_cert_chain:
        turn.note("contract_chain_too_long", Level.WARNING, characters=len(text))
        return Problem.BROKEN
    asks: dict[str, Command] = {}
    if turn.settings.verify_contract_cert_chain:
        kinds = (LeafCertificateType.MO, LeafCertificateType.V2G)
        asks[VERIFY] = evse_security.VerifyCertificate(certificate_chain=text, certificate_types=kinds)
    asks[OCSP] = evse_security.GetMoOcspRequestData(certificate_chain=text)
    _ask(turn, tuple(chain), named, asks)
    return None


def _ask(turn: Turn, chain: tuple[bytes, ...], emaid: str, asks: Mapping[str, Command]) -> None:
    """Ask about this contract by names of its own: what is answered about one shown before counts no more."""
    number = turn.talk.contracts_shown + 1
    names = {ask: ask if number == 1 else f"{ask} {number}" for ask in asks}
    contract = Contract(chain=chain, emaid=emaid, pending=tuple(names.values()))
    turn.change(contract=contract, contracts_shown=number)
    for ask, command in asks.items():
        turn.ask(names[ask], SECURITY, command, within_s=WITHIN_S)


def answered(turn: Turn, ask: str, reply: Reply) -> Progress | Problem:
    """`security` has answered (or failed to); what follows for the contract at hand.

    Asks of others are answered WAITING. After a Problem the contract is gone.
    """
    held = turn.talk.contract
    if held is None or ask not in held.pending:
        return Progress.WAITING
    pending = tuple(each for each in held.pending if each != ask)
    problem = None
    if ask.startswith(VERIFY):
        problem = _judged(reply)
        if problem in FORWARDED and turn.station.central_contract_validation and _fits(held.chain):
            turn.note("contract_forwarded", problem=problem)
            held, problem = dataclasses.replace(held, forwarded=True), None
    elif isinstance(reply, evse_security.GetMoOcspRequestDataReply):
        held = dataclasses.replace(held, hash_data=_hashes(reply.request_data.ocsp_request_data_list))
    else:
        turn.note("contract_ocsp_data_missing", Level.WARNING)
    if problem is not None:
        turn.note("contract_refused", Level.WARNING, problem=problem)
        turn.change(contract=None)
        return problem
    turn.change(contract=dataclasses.replace(held, pending=pending))
    return Progress.WAITING if pending else Progress.READY


def signed(
    turn: Turn, given: bytes | None, message: object, schemes: Iterable[signature.Scheme]
) -> Problem | None:
    """Whether the car signed the challenge of this talk, with the contract's key; uses the challenge up."""
    asked = turn.talk.challenge
    turn.change(challenge=b"")
    if not asked or not hmac.compare_digest(asked, given or b""):
        turn.note("contract_challenge_invalid", Level.WARNING)
        return Problem.CHALLENGE
    return None if is_signed(turn, message, schemes) else Problem.SIGNATURE


def is_signed(turn: Turn, message: object, schemes: Iterable[signature.Scheme]) -> bool:
    """Whether a message bears a whole and valid signature of the contract's key; a metering receipt too."""
    if (contract := turn.talk.contract) is None:
        return False
    try:
        key = pem.load_der(contract.chain[0]).public_key()
        signature.verify(message, key, schemes)  # type: ignore[arg-type]  # a key of another kind is refused
    except (signature.SignatureError, UnsupportedAlgorithm) as error:
        turn.note("signature_refused", Level.WARNING, error=str(error))
        return False
    return True


def authorize(turn: Turn) -> None:
    """Publish the token of the contract; to be called only after `signed` has found nothing wrong.

    Of the contract only the leaf is kept, for later signatures: what is kept is stored with every message.
    RuntimeError where there is no contract or its check has not ended: a defect of the caller.
    """
    contract = turn.talk.contract
    if contract is None or contract.pending:
        raise RuntimeError("no contract that has been checked")
    authorization.ask_pnc(turn, token(contract))
    turn.change(contract=dataclasses.replace(contract, chain=contract.chain[:1], hash_data=()))


def token(contract: Contract) -> ProvidedIdToken:
    """What is published of a contract: eMAID, chain and OCSP request data, as far as a token has room."""
    text = _pem(map(pem.load_der, contract.chain))
    return ProvidedIdToken(
        id_token=IdToken(value=contract.emaid, type=IdTokenType.EMAID),
        authorization_type=AuthorizationType.PLUG_AND_CHARGE,
        certificate=text if len(text) <= TOKEN_CERTIFICATE_MAX else None,
        iso15118_certificate_hash_data=contract.hash_data or None,
    )


def _fits(chain: Iterable[bytes]) -> bool:
    """Whether the CSMS can be shown this chain."""
    return len(_pem(map(pem.load_der, chain))) <= TOKEN_CERTIFICATE_MAX


def _is_emaid(name: str) -> bool:
    """Whether a name is an eMAID: nobody's card may be named by a contract."""
    try:
        Emaid.parse(name)
    except IdentifierError:
        return False
    return True


def _plain(emaid: str) -> str:
    return emaid.replace("-", "").upper()


def _pem(certificates: Iterable[x509.Certificate]) -> str:
    return pem.to_pem(certificates).decode()


def _judged(reply: Reply) -> Problem | None:
    if not isinstance(reply, evse_security.VerifyCertificateReply):
        return Problem.NOT_ALLOWED
    return None if reply.result is CertificateValidationResult.VALID else JUDGED[reply.result]


def _hashes(found: Iterable[OCSPRequestData]) -> tuple[CertificateHashDataInfo, ...]:
    """The entries that say what to ask and whom, the leaf's first; as many as a token holds."""
    return tuple(
        CertificateHashDataInfo(
            hash_algorithm=CertificateHashAlgorithm(data.hash_algorithm.value),
            issuer_name_hash=data.issuer_name_hash,
            issuer_key_hash=data.issuer_key_hash,
            serial_number=data.serial_number,
            responder_url=each.responder_url,
        )
        for each in found
        if (data := each.certificate_hash_data) is not None and each.responder_url
    )[:TOKEN_HASHES_MAX]
