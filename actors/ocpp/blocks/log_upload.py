"""GetLog and LogStatusNotification: logs go where the CSMS wants them (N01; rows S12.6, S12.11, M15.4).

Whoever provides `system` packs and sends them, and says how that goes; each status is told to the CSMS once,
in order and with the id of its request. What was told is durable. A status that was published while nobody
listened comes with the history that our own `system` keeps; that of another provider is lost then.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from ocpp.v21 import call, call_result
from ocpp.v21.enums import LogEnumType, UploadLogStatusEnumType
from ocpp.v21.enums import LogStatusEnumType as Status

from actors.ocpp.block import Block
from actors.ocpp.blocks import transfers
from actors.ocpp.blocks.evse_conditions import Hindrance
from actors.ocpp.entries import Weight
from actors.ocpp.inputs import Target
from actors.system.messages import StatusHistory
from protocols.interfaces import system
from protocols.message import message
from protocols.ocpp import times
from protocols.types.system import LogStatusEnum as Progress
from protocols.types.system import UploadLogsRequest, UploadLogsStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.ocpp.inputs import Peer
    from actors.ocpp.turn import Turn
    from protocols.message import Reply

SERVED: Final = frozenset({LogEnumType.diagnostics_log, LogEnumType.security_log})
"""There is no data collector here (2.1, N11)."""
UNDER_WAY: Final = Progress.UPLOADING
"""All other statuses are the end of an upload."""
ANSWERS: Final[Mapping[UploadLogsStatus, Status]] = MappingProxyType(
    {
        UploadLogsStatus.ACCEPTED: Status.accepted,
        UploadLogsStatus.REJECTED: Status.rejected,
        UploadLogsStatus.ACCEPTED_CANCELED: Status.accepted_canceled,  # N01.FR.12
    }
)
LONGEST_NAME: Final = 255


@message
class LogUpload(transfers.Transfer):
    """The upload that was asked for last."""

    @property
    def key(self) -> str:
        """There is one at a time."""
        return ""

    @property
    def over(self) -> bool:
        """Whether nothing more is expected of it."""
        return bool(self.told) and self.told[-1] != UNDER_WAY


# -- the request ---------------------------------------------------------------------------------------------


def _get_log(turn: Turn, tag: int, request: call.GetLog) -> None:
    """S12.6, N01.FR.01. Where the logs go, and whether they can, `system` judges."""
    if request.log_type not in SERVED:
        _refuse(turn, tag, Hindrance("UnsupportedParam", f"there is no {request.log_type} here"))
        return
    try:
        oldest = times.moment_if(request.log.oldest_timestamp)
        latest = times.moment_if(request.log.latest_timestamp)
    except ValueError:
        _refuse(turn, tag, Hindrance("InvalidValue", "a time cannot be read"))
        return
    wanted = UploadLogsRequest(
        retries=transfers.attempts(request.retries),
        retry_interval_s=request.retry_interval,
        oldest_timestamp=oldest,
        latest_timestamp=latest,
        location=request.log.remote_location,
        type=LogEnumType(request.log_type).value,
        request_id=request.request_id,
    )
    command = system.UploadLogs(upload_logs_request=wanted)
    turn.ask(Target.SYSTEM, command, "log_upload.taken", tag=tag, request_id=request.request_id)


def _refuse(turn: Turn, tag: int, found: Hindrance) -> None:
    turn.respond(tag, call_result.GetLog(Status.rejected, status_info=found.info))


def _taken(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    tag, request_id = context["tag"], context["request_id"]
    if not isinstance(reply, system.UploadLogsReply):
        _refuse(turn, tag, Hindrance("InternalError", "the logs cannot be uploaded now"))
        return
    status, name = reply.response.upload_logs_status, reply.response.file_name
    named = name[:LONGEST_NAME] if name else None
    turn.respond(tag, call_result.GetLog(ANSWERS[status], filename=named))
    if status is UploadLogsStatus.REJECTED:
        return
    before = turn.get(LogUpload)
    is_history_old = before is not None and before.request_id == request_id
    if status is UploadLogsStatus.ACCEPTED_CANCELED and before is not None and not before.over:
        _tell(turn, before, Progress.ACCEPTED_CANCELED)  # N01.FR.20
        before = None
    if before is None or before.over or before.request_id != request_id:
        turn.put(LogUpload(request_id=request_id))
    if not is_history_old:
        _catch_up(turn)


# -- how it goes ---------------------------------------------------------------------------------------------


def _said(turn: Turn, _peer: Peer, news: system.LogStatus) -> None:
    """S12.11. One that nobody has asked for is told as well."""
    progress, request_id = news.status.log_status, news.status.request_id
    if progress is Progress.IDLE:
        return  # only an answer to a trigger (N01.FR.13)
    upload = turn.get(LogUpload)
    if upload is None or upload.request_id != request_id:
        upload = LogUpload(request_id=request_id)
    if upload.told[-1:] != (progress,):
        _tell(turn, upload, progress)


def _history(turn: Turn, _peer: Peer, news: StatusHistory) -> None:
    turn.live.of(transfers.Heard).history = news
    _catch_up(turn)


def _catch_up(turn: Turn) -> None:
    """Tell what was said of our upload while nobody listened."""
    history, upload = turn.live.of(transfers.Heard).history, turn.get(LogUpload)
    if history is None or upload is None:
        return
    said = [each.log_status for each in history.logs if each.request_id == upload.request_id]
    for each in transfers.untold(upload, said):
        upload = _tell(turn, upload, each)


def _tell(turn: Turn, upload: LogUpload, progress: str) -> LogUpload:
    _notify(turn, progress, upload.request_id)
    upload = transfers.added(upload, progress)
    turn.put(upload)
    return upload


def _notify(turn: Turn, progress: str, request_id: int | None) -> None:
    """N01.FR.07: with the id of the request; without one only where there is none."""
    known = transfers.known(request_id)
    notification = call.LogStatusNotification(UploadLogStatusEnumType(progress), request_id=known)
    turn.send(notification, weight=Weight.NEWS if progress == UNDER_WAY else Weight.NEVER)


def trigger(turn: Turn) -> None:
    """Tell the CSMS how the upload stands, or that there is none (N01.FR.13, F06)."""
    upload = turn.get(LogUpload)
    if upload is None or upload.over:
        _notify(turn, Progress.IDLE, None)
    else:
        _notify(turn, UNDER_WAY, upload.request_id)


BLOCK: Final = Block(
    name="log_upload",
    requests={call.GetLog: _get_log},
    news={system.LogStatus: _said, StatusHistory: _history},
    replies={"log_upload.taken": _taken},
)
