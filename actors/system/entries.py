"""What the system actor must not forget: its journal. Declarations."""

import enum

from protocols.message import message
from protocols.types.system import (
    BootReason,
    FirmwareUpdateRequest,
    FirmwareUpdateStatus,
    LogStatus,
    UploadLogsRequest,
)


@message
class UploadJob:
    """Logs that are on their way."""

    request: UploadLogsRequest
    file_name: str
    attempt: int = 1


class Stage(enum.StrEnum):
    """How far a firmware update has come; each is entered before anything is done in it."""

    SCHEDULED = "Scheduled"
    """Its time to be fetched has not come."""
    DOWNLOADING = "Downloading"
    VERIFYING = "Verifying"
    """It is here; whether it is what its maker signed is being asked."""
    WAITING = "Waiting"
    """For leave to install, and for its time."""
    INSTALLING = "Installing"
    REBOOTING = "Rebooting"
    """The next start of the machine runs it."""


@message
class UpdateJob:
    """A firmware update that is under way."""

    request: FirmwareUpdateRequest
    stage: Stage
    attempt: int = 1
    allowed: bool = False


@message
class SystemState:
    """Everything."""

    run: str = ""
    """Which run of the site this was; see `boot`."""
    machine: str = ""
    """Which run of the machine this was."""
    boot_reason: BootReason = BootReason.UNKNOWN
    """Why this run of the site has begun."""
    next_boot: BootReason | None = None
    """Why the next one will have begun."""
    upload: UploadJob | None = None
    update: UpdateJob | None = None
    log_news: tuple[LogStatus, ...] = ()
    """What was said of the last upload, and of the end of the one that it has replaced."""
    firmware_news: tuple[FirmwareUpdateStatus, ...] = ()
    """What was said of the last update."""
