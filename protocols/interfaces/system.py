"""The whole station: firmware, logs, restarts, clock."""

from typing import ClassVar, Final

from protocols import errors, types
from protocols.message import Command, Reply, Timestamp, Var, message

NAME: Final = "system"
"""EVerest's name of the interface."""
ERRORS: Final = (errors.System,)
"""What its providers may raise."""


@message
class UpdateFirmwareReply(Reply):
    """Answer to `UpdateFirmware`."""

    response: types.system.UpdateFirmwareResponse


@message
class UpdateFirmware(Command):
    """Begin a firmware update."""

    answer: ClassVar[type[Reply]] = UpdateFirmwareReply

    firmware_update_request: types.system.FirmwareUpdateRequest


@message
class AllowFirmwareInstallation(Command):
    """Let a downloaded firmware be installed."""


@message
class UploadLogsReply(Reply):
    """Answer to `UploadLogs`."""

    response: types.system.UploadLogsResponse


@message
class UploadLogs(Command):
    """Begin an upload of logs."""

    answer: ClassVar[type[Reply]] = UploadLogsReply

    upload_logs_request: types.system.UploadLogsRequest


@message
class IsResetAllowedReply(Reply):
    """Answer to `IsResetAllowed`."""

    allowed: bool


@message
class IsResetAllowed(Command):
    """Ask whether the station may restart now."""

    answer: ClassVar[type[Reply]] = IsResetAllowedReply

    type: types.system.ResetType


@message
class Reset(Command):
    """Restart the station now."""

    type: types.system.ResetType
    scheduled: bool
    """Whether it has waited for transactions to end; for information."""


@message
class SetSystemTimeReply(Reply):
    """Answer to `SetSystemTime`."""

    accepted: bool


@message
class SetSystemTime(Command):
    """Set the clock."""

    answer: ClassVar[type[Reply]] = SetSystemTimeReply

    timestamp: Timestamp
    """The time it is."""


@message
class GetBootReasonReply(Reply):
    """Answer to `GetBootReason`."""

    boot_reason: types.system.BootReason


@message
class GetBootReason(Command):
    """Ask why the station has started."""

    answer: ClassVar[type[Reply]] = GetBootReasonReply


@message
class FirmwareUpdateStatus(Var):
    """News of an update."""

    status: types.system.FirmwareUpdateStatus


@message
class LogStatus(Var):
    """News of an upload of logs."""

    status: types.system.LogStatus
