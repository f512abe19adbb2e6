"""How uploads and updates go on: what may begin, how often is tried, what an outcome means. Pure.

Source: OCPP 2.0.1 part 2, N01 (log), L01 and L02 (firmware); requirement rows S12.3-S12.12, M15.4.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar
from urllib.parse import urlsplit

from actors.system.entries import Stage
from actors.system.outcome import Outcome
from protocols.types.evse_security import CertificateValidationResult
from protocols.types.system import (
    FirmwareUpdateStatusEnum,
    LogStatusEnum,
    UpdateFirmwareResponse,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from actors.system.entries import UpdateJob

SCHEMES: Final = frozenset({"file", "http", "https"})
MAX_LOCATION: Final = 2048
_NAME: Final = re.compile(r"[^A-Za-z0-9]+")


UPLOADED: Final[Mapping[Outcome, LogStatusEnum]] = {
    Outcome.DONE: LogStatusEnum.UPLOADED,
    Outcome.FAILED: LogStatusEnum.UPLOAD_FAILURE,
    Outcome.DENIED: LogStatusEnum.PERMISSION_DENIED,
    Outcome.BAD_MESSAGE: LogStatusEnum.BAD_MESSAGE,
    Outcome.NOT_SUPPORTED: LogStatusEnum.NOT_SUPPORTED_OPERATION,
}
"""What the end of an upload is called."""

CERTIFICATES: Final[Mapping[CertificateValidationResult, UpdateFirmwareResponse]] = {
    CertificateValidationResult.VALID: UpdateFirmwareResponse.ACCEPTED,
}
"""What a maker's certificate means for an update; every other one is invalid."""

REPLACEABLE: Final = frozenset({Stage.SCHEDULED, Stage.DOWNLOADING, Stage.VERIFYING, Stage.WAITING})
"""In these stages an update gives way to a newer one; later it has begun to change the machine."""

UNFINISHED: Final[Mapping[Stage, FirmwareUpdateStatusEnum]] = {
    Stage.SCHEDULED: FirmwareUpdateStatusEnum.DOWNLOAD_SCHEDULED,
    Stage.DOWNLOADING: FirmwareUpdateStatusEnum.DOWNLOADING,
    Stage.INSTALLING: FirmwareUpdateStatusEnum.INSTALLING,
    Stage.REBOOTING: FirmwareUpdateStatusEnum.INSTALL_REBOOTING,
}
"""What is told when a stage is entered."""


SECURITY_LOG: Final = "SecurityLog"
"""OCPP's name of the log of security events; every other one is the whole log."""
SECURITY_WORD: Final = "security_event"
"""In the lines of a log that belong to it."""


class Tries(NamedTuple):
    """How often something is tried, and how long is waited in between."""

    attempts: int
    pause_s: float


T = TypeVar("T")


def with_status(history: tuple[T, ...], status: T) -> tuple[T, ...]:
    """What was said so far and is said now; what is said again is no news."""
    return history if history[-1:] == (status,) else (*history, status)


def tries(retries: int | None, interval_s: int | None, default: Tries) -> Tries:
    """What a request says, or what holds where it says nothing."""
    return Tries(
        default.attempts if retries is None else retries,
        default.pause_s if interval_s is None else max(0.0, float(interval_s)),
    )


def is_reachable(location: str) -> bool:
    """Whether a location is one that we can send to or fetch from; nobody is asked."""
    if len(location) > MAX_LOCATION or not location.isprintable():
        return False
    try:
        parts = urlsplit(location)
        named = parts.hostname or parts.scheme == "file"
        _port = parts.port
    except ValueError:
        return False
    return parts.scheme in SCHEMES and bool(named) and bool(parts.path or parts.netloc)


def file_name(kind: str | None, now: datetime) -> str:
    """What an upload is called: its kind and time, in letters that every server takes."""
    plain = _NAME.sub("", kind or "")[:40] or "DiagnosticsLog"
    return f"{plain}_{now:%Y%m%dT%H%M%S%f}Z.tar.gz"


def to_install(job: UpdateJob, now: datetime) -> bool:
    """Whether a verified image may be installed now: leave is given, and its time has come."""
    moment = job.request.install_timestamp
    return job.stage is Stage.WAITING and job.allowed and (moment is None or moment <= now)


def after_download(job: UpdateJob) -> tuple[FirmwareUpdateStatusEnum, Stage]:
    """What is told of an image that is here, and what comes next."""
    stage = Stage.VERIFYING if job.request.signature is not None else Stage.WAITING
    return FirmwareUpdateStatusEnum.DOWNLOADED, stage
