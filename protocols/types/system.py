"""Firmware, logs, restarts and the clock of the whole station.

Mirror of EVerest's types file `system`.
"""

import enum
from typing import Annotated

from pydantic import Field

from protocols.message import Timestamp, message


@message
class FirmwareUpdateRequest:
    """Which firmware to fetch and when. EVerest lets further fields pass; we refuse them."""

    retries: Annotated[int | None, Field(ge=1)] = None
    """Attempts to download."""
    retry_interval_s: int | None = None
    """Between attempts."""
    request_id: int
    location: str
    """URI of the image."""
    retrieve_timestamp: Timestamp | None = None
    """Not to be fetched earlier."""
    install_timestamp: Timestamp | None = None
    """Not to be installed earlier."""
    signing_certificate: str | None = None
    """PEM."""
    signature: str | None = None
    """Over the image, base64."""


class UpdateFirmwareResponse(enum.StrEnum):
    """Whether an update begins, and if not why not."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    ACCEPTED_CANCELED = "AcceptedCanceled"
    """It begins; a running one was given up for it."""
    INVALID_CERTIFICATE = "InvalidCertificate"
    REVOKED_CERTIFICATE = "RevokedCertificate"


@message
class UploadLogsRequest:
    """Which logs to send where. EVerest lets further fields pass; we refuse them."""

    retries: Annotated[int | None, Field(ge=1)] = None
    """Attempts to upload."""
    retry_interval_s: int | None = None
    """Between attempts."""
    oldest_timestamp: Timestamp | None = None
    latest_timestamp: Timestamp | None = None
    location: str
    """URL to send them to."""
    type: str | None = None
    """Which log; OCPP knows `SecurityLog` and `DiagnosticsLog`."""
    request_id: int | None = None


class UploadLogsStatus(enum.StrEnum):
    """Whether an upload begins."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    ACCEPTED_CANCELED = "AcceptedCanceled"
    """It begins; a running one was given up for it."""


@message
class UploadLogsResponse:
    """Whether an upload begins, and under which name."""

    file_name: str | None = None
    """Under which the log will be found."""
    upload_logs_status: UploadLogsStatus


class LogStatusEnum(enum.StrEnum):
    """How far an upload of logs has come."""

    BAD_MESSAGE = "BadMessage"
    """The server's protocol was not understood."""
    IDLE = "Idle"
    """Nothing is being uploaded."""
    NOT_SUPPORTED_OPERATION = "NotSupportedOperation"
    """The server cannot do this."""
    PERMISSION_DENIED = "PermissionDenied"
    UPLOADED = "Uploaded"
    UPLOAD_FAILURE = "UploadFailure"
    UPLOADING = "Uploading"
    ACCEPTED_CANCELED = "AcceptedCanceled"
    """It was given up for a newer one."""


@message
class LogStatus:
    """News of an upload of logs."""

    log_status: LogStatusEnum
    request_id: int


class FirmwareUpdateStatusEnum(enum.StrEnum):
    """How far an update has come."""

    DOWNLOADED = "Downloaded"
    DOWNLOAD_FAILED = "DownloadFailed"
    DOWNLOADING = "Downloading"
    DOWNLOAD_SCHEDULED = "DownloadScheduled"
    DOWNLOAD_PAUSED = "DownloadPaused"
    IDLE = "Idle"
    """No update is under way."""
    INSTALLATION_FAILED = "InstallationFailed"
    INSTALLING = "Installing"
    INSTALLED = "Installed"
    INSTALL_REBOOTING = "InstallRebooting"
    """About to restart into the new firmware."""
    INSTALL_SCHEDULED = "InstallScheduled"
    """Downloaded; the installation waits for its time."""
    INSTALL_VERIFICATION_FAILED = "InstallVerificationFailed"
    """The image is damaged; it will not be installed."""
    INVALID_SIGNATURE = "InvalidSignature"
    """The image is not what its maker signed; it will not be installed."""
    SIGNATURE_VERIFIED = "SignatureVerified"


@message
class FirmwareUpdateStatus:
    """News of an update."""

    firmware_update_status: FirmwareUpdateStatusEnum
    request_id: int


class ResetType(enum.StrEnum):
    """How much a restart may disturb."""

    SOFT = "Soft"
    """End transactions in good order first."""
    HARD = "Hard"
    """At once."""
    NOT_SPECIFIED = "NotSpecified"


class BootReason(enum.StrEnum):
    """Why the station has started."""

    APPLICATION_RESET = "ApplicationReset"
    """The software restarted itself."""
    FIRMWARE_UPDATE = "FirmwareUpdate"
    LOCAL_RESET = "LocalReset"
    POWER_UP = "PowerUp"
    REMOTE_RESET = "RemoteReset"
    SCHEDULED_RESET = "ScheduledReset"
    TRIGGERED = "Triggered"
    """The CSMS asked for a boot notification."""
    UNKNOWN = "Unknown"
    WATCHDOG = "Watchdog"
