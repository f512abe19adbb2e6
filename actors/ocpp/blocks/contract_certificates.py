"""Contract certificates for cars: Get15118EVCertificate (M01, M02; rows S16.2, S16.3, M7.12).

A car waits a few seconds only, so nothing of this is durable: without a CSMS that can be asked it is told so
at once. What goes either way is not touched. Whether an answer still comes in time, and for the right car, is
known where the car is.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Final

from ocpp.v21 import call, call_result
from ocpp.v21.enums import CertificateActionEnumType, Iso15118EVCertificateStatusEnumType

from actors.ocpp.block import Block
from actors.ocpp.blocks.iso15118_switches import installs_contracts
from actors.ocpp.inputs import Target
from actors.ocpp.messages import CallReply, Outcome
from protocols.interfaces import iso15118_extensions
from protocols.iso15118 import exi
from protocols.iso15118.iso20 import common
from protocols.iso15118.iso20.common.simple import COMMON_MESSAGES
from protocols.message import Failure
from protocols.ocpp import payloads
from protocols.ocpp.errors import RefusalError
from protocols.ocpp.version import Version
from protocols.types.iso15118 import (
    MAX_EXI_RESPONSE,
    CertificateActionEnum,
    ExiResponseStatus,
    RequestExiStreamSchema,
    ResponseExiStreamStatus,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.ocpp.inputs import Peer
    from actors.ocpp.turn import Turn
    from protocols.message import Reply


def _wanted(turn: Turn, peer: Peer, news: iso15118_extensions.Iso15118CertificateRequest) -> None:
    """S16.3."""
    request, evse_id = news.request, peer.number
    if not installs_contracts(turn.model):
        _tell(turn, evse_id, request.certificate_action, "installation is not enabled")
        return
    if not turn.live.accepted:
        _tell(turn, evse_id, request.certificate_action, "the CSMS has not accepted this station")
        return
    most, emaids = _wishes(request) if turn.version is Version.V21 else (None, None)
    wish = call.Get15118EVCertificate(
        action=CertificateActionEnumType(request.certificate_action.value),
        exi_request=request.exi_request,
        iso_15118_schema_version=request.iso15118_schema_version,
        maximum_contract_certificate_chains=most,
        prioritized_emaids=emaids,
    )
    sent = turn.call(wish, "contract.answer", evse_id=evse_id, action=request.certificate_action)
    if not sent:
        _tell(turn, evse_id, request.certificate_action, "no connection")


def _wishes(request: RequestExiStreamSchema) -> tuple[int | None, list[str] | None]:
    """How many contracts a car of ISO 15118-20 can take, and which of them first (M01 of OCPP 2.1)."""
    if request.iso15118_schema_version != COMMON_MESSAGES.uri:
        return None, None
    try:
        data = base64.b64decode(request.exi_request, validate=True)
        asked = exi.decode(data, exi.Schema.ISO20_COMMON)
    except (binascii.Error, exi.DecodeError):
        return None, None  # the CSMS judges it, not we
    if not isinstance(asked, common.CertificateInstallationReq):
        return None, None
    emaids = None if asked.prioritized_emaids is None else list(asked.prioritized_emaids.emaid)
    return asked.maximum_contract_certificate_chains, emaids


def _answered(turn: Turn, context: Mapping[str, Any], reply: CallReply) -> None:
    """S16.2."""
    evse_id, action = context["evse_id"], context["action"]
    if reply.outcome is not Outcome.ANSWERED:
        _tell(turn, evse_id, action, reply.outcome.value)
        return
    try:
        answer = payloads.of_text(call_result.Get15118EVCertificate, reply.payload)
    except RefusalError as refusal:
        _tell(turn, evse_id, action, refusal.problem)
        return
    if answer.status != Iso15118EVCertificateStatusEnumType.accepted:
        _tell(turn, evse_id, action, "the CSMS has none")
    elif not 0 < len(answer.exi_response) <= MAX_EXI_RESPONSE:
        _tell(turn, evse_id, action, f"an answer of {len(answer.exi_response)} characters")
    else:
        _tell(turn, evse_id, action, exi_response=answer.exi_response)


def _tell(
    turn: Turn, evse_id: int, action: CertificateActionEnum, why: str = "", exi_response: str | None = None
) -> None:
    """Let the car go on, with a contract or without."""
    status = ExiResponseStatus.FAILED if exi_response is None else ExiResponseStatus.ACCEPTED
    if exi_response is None:
        turn.note("contract_not_installed", warning=True, evse=evse_id, why=why)
    response = ResponseExiStreamStatus(status=status, exi_response=exi_response, certificate_action=action)
    command = iso15118_extensions.SetGetCertificateResponse(certificate_response=response)
    turn.ask(Target.EXTENSIONS_15118, command, "contract.told", number=evse_id, evse_id=evse_id)


def _told(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    if isinstance(reply, Failure):
        turn.note("contract_not_delivered", warning=True, evse=context["evse_id"], why=str(reply))


BLOCK: Final = Block(
    name="contract_certificates",
    news={iso15118_extensions.Iso15118CertificateRequest: _wanted},
    replies={"contract.answer": _answered, "contract.told": _told},
)
