"""Leaves that the CSMS signs: SignCertificate and CertificateSigned (A02, A03).

Rows S13.4, S13.11, M11.3 to M11.5, M11.7.

One request is open at a time; other kinds wait for their turn. A request that is not followed by a
certificate is made anew, with a new key, after a wait that doubles each time; then it is given up. Where it
stands is durable, and so are the request ids by which OCPP 2.1 tells certificates apart.
"""

from __future__ import annotations

import enum
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from ocpp.v21 import call, call_result
from ocpp.v21.enums import (
    CertificateSignedStatusEnumType,
    CertificateSigningUseEnumType,
    GenericStatusEnumType,
)

from actors.certificates import messages as certificates
from actors.ocpp.block import Block
from actors.ocpp.blocks import certificate_tables as tables
from actors.ocpp.blocks import ocsp, security
from actors.ocpp.blocks.certificate_tables import Kind
from actors.ocpp.blocks.evse_conditions import Hindrance
from actors.ocpp.blocks.iso15118_switches import installs_leaves
from actors.ocpp.device_model import variables
from actors.ocpp.inputs import Target
from actors.ocpp.messages import CallReply, Outcome
from protocols.interfaces import evse_security
from protocols.message import Timestamp, message
from protocols.ocpp import payloads
from protocols.ocpp.errors import RefusalError
from protocols.ocpp.version import Version
from protocols.types.evse_security import (
    GetCertificateSignRequestStatus,
    InstallCertificateResult,
    LeafCertificateType,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.ocpp.turn import Turn
    from protocols.message import Command, Reply

TIMER: Final = "csr"
SHORTEST_WAIT_S: Final = 10.0
"""Whatever `CertSigningWaitMinimum` says (M11.3)."""
LONGEST_WAIT_S: Final = 7 * 86_400.0
MOST_IDS: Final = 8
"""So many of the last request ids are remembered: a certificate may come late."""
LONGEST_CHAIN: Final = 10_000
"""Characters that OCPP allows, where `MaxCertificateChainSize` says nothing."""
NOT_GENERATED: Final = "CsrGenerationFailed"
INVALID: Final = "InvalidChargingStationCertificate"
_Signed = CertificateSignedStatusEnumType


class Phase(enum.StrEnum):
    """How far it has come to a new certificate of a kind."""

    IDLE = "Idle"
    WAITING = "Waiting"
    """For its turn, or for the CSMS to be there."""
    MAKING = "Making"
    """The store makes key and request."""
    SENT = "Sent"


@message
class Signing:
    """One kind of certificate."""

    kind: Kind
    phase: Phase = Phase.IDLE
    attempts: int = 0
    """Requests that were sent without a certificate having come."""
    due_at: Timestamp | None = None
    """Sent: when it is done again, or given up."""
    ids: tuple[int, ...] = ()
    """Request ids, the last one last."""
    asked: bool = False
    """The CSMS has asked for it: it goes out even while it keeps our boot pending (B02.FR.02)."""

    @property
    def key(self) -> str:
        """By the kind."""
        return self.kind.value


def _of(turn: Turn, kind: Kind) -> Signing:
    return turn.get(Signing, kind.value) or Signing(kind=kind)


def _open(turn: Turn) -> Signing | None:
    """The one that has its turn."""
    phases = {Phase.MAKING, Phase.SENT}
    return next((each for each in turn.all(Signing) if each.phase in phases), None)


# -- asking --------------------------------------------------------------------------------------------------


def sign(turn: Turn, kind: Kind, *, asked: bool = False) -> None:
    """Have a new certificate of a kind signed, unless that is under way; `asked`: the CSMS wants it."""
    signing = _of(turn, kind)
    if signing.phase is Phase.IDLE:
        turn.put(replace(signing, phase=Phase.WAITING, attempts=0, due_at=None, asked=asked))
        _next(turn)


def trigger(turn: Turn, kind: Kind) -> Hindrance | None:
    """TriggerMessage for a kind of certificate (A02.FR.02, M11.7); what is under way begins anew.

    Returns why not; None: it will be sent.
    """
    if kind is not Kind.STATION and not installs_leaves(turn.model):
        return Hindrance("NotEnabled", "V2G certificates are not installed by the CSMS")
    if _subject(turn, kind) is None:
        return Hindrance("MissingDevModelInfo", "a part of the subject has no value")
    signing = _of(turn, kind)
    if signing.phase is Phase.SENT:
        turn.put(replace(signing, attempts=0, asked=True))
        _make(turn, kind)
    else:
        sign(turn, kind, asked=True)
    return None


def _subject(turn: Turn, kind: Kind) -> tuple[str, str, str] | None:
    """C, O and CN; None if any is missing (M11.4)."""
    leaf = tables.LEAVES[kind]
    parts = [turn.model.find(each) or "" for each in (leaf.country, leaf.organization, leaf.common_name)]
    country, organization, common_name = (each.strip() for each in parts)
    return (country, organization, common_name) if country and organization and common_name else None


def _may_go(turn: Turn, signing: Signing) -> bool:
    """Whether there is a CSMS to sign it."""
    return turn.live.online and (turn.live.accepted or (turn.live.pending and signing.asked))


def _next(turn: Turn) -> None:
    """Give the next one its turn."""
    if _open(turn) is None:
        waiting = (each for each in turn.all(Signing) if each.phase is Phase.WAITING)
        first = next((each for each in waiting if _may_go(turn, each)), None)
        if first is not None:
            _make(turn, first.kind)


def _make(turn: Turn, kind: Kind) -> None:
    """Have a new key made, and a request for it (A02.FR.03, A02.FR.05)."""
    turn.cancel(TIMER)
    if (subject := _subject(turn, kind)) is None:
        turn.note("subject_incomplete", warning=True, certificate=kind.value)
        _close(turn, kind)
        return
    turn.put(replace(_of(turn, kind), phase=Phase.MAKING, due_at=None))
    turn.ask(Target.SECURITY, _command(turn, kind, *subject), "csr.made", kind=kind)


def _command(turn: Turn, kind: Kind, country: str, organization: str, common: str) -> Command:
    """Cars of ISO 15118-20 take another kind of key, for which EVerest's interface has no word."""
    leaf = tables.LEAVES[kind]
    in_chip = turn.model.read(leaf.in_chip)
    if kind is Kind.V2G20:
        return certificates.GenerateIso20SigningRequest(
            country=country, organization=organization, common=common, use_tpm=in_chip
        )
    return evse_security.GenerateCertificateSigningRequest(
        certificate_type=leaf.type,
        country=country,
        organization=organization,
        common=common,
        use_tpm=in_chip,
    )


def _made(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    signing = _of(turn, context["kind"])
    if signing.phase is not Phase.MAKING:
        return
    if not isinstance(reply, evse_security.GenerateCertificateSigningRequestReply):
        turn.note("csr_not_made", warning=True, why=str(reply))
        _wait(turn, signing)
        return
    status, csr = reply.result.status, reply.result.csr
    if status is not GetCertificateSignRequestStatus.ACCEPTED or not csr:
        security.report(turn, NOT_GENERATED, f"{signing.kind.value}: {status.value}")  # M11.3
        _close(turn, signing.kind)
        return
    request_id = turn.number() if turn.version is Version.V21 else None
    request = call.SignCertificate(
        csr, CertificateSigningUseEnumType(signing.kind.value), request_id=request_id
    )
    if not turn.call(request, "csr.sent", kind=signing.kind):
        return  # it is made anew once the CSMS is back
    ids = signing.ids if request_id is None else (*signing.ids, request_id)[-MOST_IDS:]
    _wait(turn, replace(signing, ids=ids))


def _wait(turn: Turn, signing: Signing) -> None:
    """A02.FR.17, A02.FR.18."""
    minimum_s = max(SHORTEST_WAIT_S, float(turn.model.read(variables.CSR_WAIT_MINIMUM)))
    after_s = min(minimum_s * 2.0 ** min(signing.attempts, 32), LONGEST_WAIT_S)
    due_at = turn.now + timedelta(seconds=after_s)
    turn.put(replace(signing, phase=Phase.SENT, attempts=signing.attempts + 1, due_at=due_at))
    turn.start(TIMER, after_s)


def _sent(turn: Turn, context: Mapping[str, Any], reply: CallReply) -> None:
    """A refusal ends it; without an answer the certificate may come all the same, or the wait ends."""
    if reply.outcome is not Outcome.ANSWERED:
        turn.note("csr_not_answered", warning=True, outcome=reply.outcome.value, code=reply.code)
        return
    try:
        answer = payloads.of_text(call_result.SignCertificate, reply.payload)
    except RefusalError as refusal:
        turn.note("csr_not_answered", warning=True, outcome=refusal.problem)
        return
    if answer.status != GenericStatusEnumType.accepted:
        turn.note("csr_rejected", warning=True, certificate=context["kind"].value)
        _close(turn, context["kind"])


def _late(turn: Turn, _rest: str) -> None:
    signing = _open(turn)
    if signing is None or signing.phase is not Phase.SENT:
        return
    if signing.attempts > turn.model.read(variables.CSR_REPEATS):  # A02.FR.19
        turn.note("csr_given_up", warning=True, certificate=signing.kind.value, attempts=signing.attempts)
        _close(turn, signing.kind)
    else:
        _make(turn, signing.kind)


def _close(turn: Turn, kind: Kind) -> None:
    """It is over, one way or the other: the next one's turn."""
    signing = _of(turn, kind)
    if signing.phase is Phase.IDLE:
        return
    if signing.phase is not Phase.WAITING:
        turn.cancel(TIMER)
    turn.put(replace(signing, phase=Phase.IDLE, attempts=0, due_at=None))
    _next(turn)


def _ready(turn: Turn) -> None:
    """The CSMS is there, perhaps again: go on with what is under way (M11.1)."""
    signing = _open(turn)
    if signing is None:
        _next(turn)
    elif not _may_go(turn, signing):
        return
    elif signing.due_at is None:
        _make(turn, signing.kind)
    else:
        turn.start(TIMER, min((signing.due_at - turn.now).total_seconds(), LONGEST_WAIT_S))


def _disconnected(turn: Turn) -> None:
    turn.cancel(TIMER)


# -- the certificate -----------------------------------------------------------------------------------------


def _signed(turn: Turn, tag: int, request: call.CertificateSigned) -> None:
    """A02.FR.06: the store verifies it. Done twice it is done once."""
    kind = _kind_of(turn, request)
    if kind is None:
        _reject(turn, tag, "NotFound", "no such request")
    elif len(request.certificate_chain.encode()) > _longest(turn):  # A02.FR.16
        _reject(turn, tag, "TooLargeElement", "MaxCertificateChainSize")
    else:
        command = evse_security.UpdateLeafCertificate(
            certificate_chain=request.certificate_chain, certificate_type=tables.LEAVES[kind].type
        )
        turn.ask(Target.SECURITY, command, "csr.installed", tag=tag, kind=kind)


def _reject(turn: Turn, tag: int, reason: str, text: str = "") -> None:
    info = tables.status_info(reason, text)
    turn.respond(tag, call_result.CertificateSigned(_Signed.rejected, status_info=info))


def _kind_of(turn: Turn, request: call.CertificateSigned) -> Kind | None:
    """Of a certificate: by its request, else by its type, else that of the request that is open."""
    named = None if request.certificate_type is None else Kind(str(request.certificate_type))
    if request.request_id is not None:
        asked = next((each.kind for each in turn.all(Signing) if request.request_id in each.ids), None)
        return asked if named in {None, asked} else None
    signing = _open(turn)
    return named or (Kind.STATION if signing is None else signing.kind)


def _longest(turn: Turn) -> int:
    longest = turn.model.find(variables.MAX_CHAIN_SIZE)
    return LONGEST_CHAIN if longest is None else longest


def _installed(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    kind, tag = context["kind"], context["tag"]
    if not isinstance(reply, evse_security.UpdateLeafCertificateReply):
        turn.note("store_silent", warning=True, command="update_leaf_certificate", why=str(reply))
        _reject(turn, tag, "InternalError")
        return
    accepted = reply.result is InstallCertificateResult.ACCEPTED
    status, info = _Signed.accepted if accepted else _Signed.rejected, tables.not_installed(reply.result)
    turn.respond(tag, call_result.CertificateSigned(status, status_info=info))
    if not accepted:
        security.report(turn, INVALID, f"{kind.value}: {reply.result.value}")  # A02.FR.07
    elif tables.LEAVES[kind].type is LeafCertificateType.V2G:
        ocsp.refresh(turn)  # M11.5
    _close(turn, kind)


BLOCK: Final = Block(
    name="csr",
    requests={call.CertificateSigned: _signed},
    connected=_ready,
    accepted=_ready,
    disconnected=_disconnected,
    replies={"csr.made": _made, "csr.sent": _sent, "csr.installed": _installed},
    timers={TIMER: _late},
)
