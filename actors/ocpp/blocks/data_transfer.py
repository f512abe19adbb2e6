"""DataTransfer both ways, through interface `ocpp_data_transfer` (P01, P02; rows S8.8, S14.1, S14.2).

What the site sends and receives is JSON text, as EVerest has it; what it sends that is no JSON goes out as a
text. The vendor data that OCPP calls `customData` does not travel along.
"""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from ocpp.v21 import call, call_result, datatypes
from ocpp.v21.enums import DataTransferStatusEnumType as Status

from actors.ocpp.block import Block
from actors.ocpp.inputs import Target
from actors.ocpp.messages import Outcome
from protocols.interfaces import ocpp_data_transfer
from protocols.ocpp import payloads
from protocols.ocpp.errors import RefusalError
from protocols.types.ocpp import DataTransferRequest, DataTransferResponse, DataTransferStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.ocpp.messages import CallReply
    from actors.ocpp.turn import Turn
    from protocols.message import Reply

PATIENCE_S: Final = 20.0
"""So long the vendor's module may take: shorter than a CSMS waits for an answer."""
TOLD: Final[Mapping[DataTransferStatus, Status]] = MappingProxyType(
    {
        DataTransferStatus.ACCEPTED: Status.accepted,
        DataTransferStatus.REJECTED: Status.rejected,
        DataTransferStatus.UNKNOWN_MESSAGE_ID: Status.unknown_message_id,
        DataTransferStatus.UNKNOWN_VENDOR_ID: Status.unknown_vendor_id,
        DataTransferStatus.OFFLINE: Status.rejected,  # has no meaning towards the CSMS
    }
)
FATES: Final[Mapping[Outcome, DataTransferStatus]] = MappingProxyType(
    {
        Outcome.REFUSED: DataTransferStatus.REJECTED,
        Outcome.INVALID: DataTransferStatus.REJECTED,
        Outcome.UNSENDABLE: DataTransferStatus.REJECTED,
        Outcome.TIMEOUT: DataTransferStatus.OFFLINE,
        Outcome.LOST: DataTransferStatus.OFFLINE,
        Outcome.NOT_SENT: DataTransferStatus.OFFLINE,
    }
)
"""What somebody hears who got no answer."""


# -- from the CSMS -------------------------------------------------------------------------------------------


def _received(turn: Turn, tag: int, request: call.DataTransfer) -> None:
    if not turn.is_connected(Target.DATA_TRANSFER):  # P01.FR.05
        turn.respond(tag, call_result.DataTransfer(Status.unknown_vendor_id))
        return
    given = DataTransferRequest(
        vendor_id=request.vendor_id, message_id=request.message_id, data=_text(request.data)
    )
    command = ocpp_data_transfer.DataTransfer(request=given)
    turn.ask(Target.DATA_TRANSFER, command, "data_transfer.handled", deadline_s=PATIENCE_S, tag=tag)


def _handled(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    if not isinstance(reply, ocpp_data_transfer.DataTransferReply):
        info = datatypes.StatusInfoType(reason_code="InternalError")
        turn.respond(context["tag"], call_result.DataTransfer(Status.rejected, status_info=info))
        return
    answer = reply.response
    turn.respond(context["tag"], call_result.DataTransfer(TOLD[answer.status], data=_json(answer.data)))


# -- to the CSMS ---------------------------------------------------------------------------------------------


def _asked(turn: Turn, tag: int, command: ocpp_data_transfer.DataTransfer) -> None:
    """Nothing waits for a connection; before the boot is accepted there is none for this (B02)."""
    given = command.request
    payload = call.DataTransfer(given.vendor_id, data=_json(given.data), message_id=given.message_id)
    if not turn.live.accepted or not turn.call(payload, "data_transfer.sent", tag=tag):
        _answer(turn, tag, DataTransferStatus.OFFLINE)


def _sent(turn: Turn, context: Mapping[str, Any], reply: CallReply) -> None:
    if reply.outcome is not Outcome.ANSWERED:
        _answer(turn, context["tag"], FATES[reply.outcome])
        return
    try:
        answer = payloads.of_text(call_result.DataTransfer, reply.payload)
    except RefusalError as refusal:
        turn.note("data_transfer_answer_unreadable", warning=True, problem=refusal.problem)
        _answer(turn, context["tag"], DataTransferStatus.REJECTED)
        return
    _answer(turn, context["tag"], DataTransferStatus(str(answer.status)), _text(answer.data))


def _answer(turn: Turn, tag: int, status: DataTransferStatus, data: str | None = None) -> None:
    response = DataTransferResponse(status=status, data=data)
    turn.answer(tag, ocpp_data_transfer.DataTransferReply(response=response))


# -- data ----------------------------------------------------------------------------------------------------


def _text(data: object) -> str | None:
    """Data of the CSMS as JSON text."""
    return None if data is None else json.dumps(data, separators=(",", ":"))


def _json(data: str | None) -> Any:
    """Data of the site as what goes out."""
    if data is None:
        return None
    try:
        return json.loads(data, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return data


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


BLOCK: Final = Block(
    name="data_transfer",
    requests={call.DataTransfer: _received},
    commands={ocpp_data_transfer.DataTransfer: _asked},
    replies={"data_transfer.handled": _handled, "data_transfer.sent": _sent},
)
