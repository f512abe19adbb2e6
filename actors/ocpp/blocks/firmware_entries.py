"""What is kept of a firmware update, and what the statuses of one mean. Declarations."""

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ocpp.v21.enums import UpdateFirmwareStatusEnumType as Status

from actors.ocpp.blocks.transfers import Transfer
from protocols.message import Timestamp, message
from protocols.types.system import FirmwareUpdateRequest, UpdateFirmwareResponse
from protocols.types.system import FirmwareUpdateStatusEnum as Progress

STRANGER: Final = "stranger"
"""The key of an update that nobody here has asked for."""


class Stage(enum.StrEnum):
    """How far an update has come, as far as its EVSEs are concerned."""

    UNDER_WAY = "UnderWay"
    """It is being fetched and verified, or the station has restarted and nobody has said how it stands."""
    READY = "Ready"
    """It may be installed when its time has come."""
    CLOSING = "Closing"
    """EVSEs are put out of service, each when nobody charges there (S12.5)."""
    ALLOWED = "Allowed"
    """All are out of service, and it may be installed (S12.4)."""
    OVER = "Over"


@message
class Wanted:
    """A request that `system` is asked for and has not answered: it may have begun."""

    request: FirmwareUpdateRequest

    @property
    def key(self) -> str:
        """By its number."""
        return str(self.request.request_id)


@message
class Update(Transfer):
    """The update that was asked for last; beside it the one that `system` has begun by itself."""

    asked: bool = False
    """The CSMS has asked for it, and `system` has begun it."""
    signed: bool = False
    install_at: Timestamp | None = None
    """It may not be installed before."""
    stage: Stage = Stage.UNDER_WAY
    site_life: str
    """In which life of the site its stage is known."""

    @property
    def key(self) -> str:
        """There is one of either kind at a time."""
        return "" if self.asked else STRANGER

    @property
    def prepares(self) -> bool:
        """Whether EVSEs are out of service for it, or will be, and it has not begun to change anything."""
        closes = self.stage in {Stage.READY, Stage.CLOSING, Stage.ALLOWED}
        return closes and not self.installs

    @property
    def installs(self) -> bool:
        """Whether it is changing the station."""
        return not INSTALLS.isdisjoint(self.told[-1:])

    @property
    def ready_with(self) -> frozenset[Progress]:
        """Statuses after which nothing but its installation is left (L01 with, L02 without signature)."""
        fetched = Progress.SIGNATURE_VERIFIED if self.signed else Progress.DOWNLOADED
        return frozenset({fetched, Progress.INSTALL_SCHEDULED})


ENDS: Final = frozenset(
    {
        Progress.DOWNLOAD_FAILED,
        Progress.INSTALLATION_FAILED,
        Progress.INSTALLED,
        Progress.INSTALL_VERIFICATION_FAILED,
        Progress.INVALID_SIGNATURE,
    }
)
"""Statuses after which there is no update any more (FirmwareStatusEnumType)."""
INSTALLS: Final = frozenset({Progress.INSTALLING, Progress.INSTALL_REBOOTING})
"""Statuses after which nobody has to be allowed anything any more."""
EVENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        Progress.INSTALLED: "FirmwareUpdated",
        Progress.INVALID_SIGNATURE: "InvalidFirmwareSignature",  # L01.FR.03
    }
)
"""Statuses that are security events besides."""
ANSWERS: Final[Mapping[UpdateFirmwareResponse, Status]] = MappingProxyType(
    {
        UpdateFirmwareResponse.ACCEPTED: Status.accepted,
        UpdateFirmwareResponse.REJECTED: Status.rejected,  # L01.FR.27
        UpdateFirmwareResponse.ACCEPTED_CANCELED: Status.accepted_canceled,  # L01.FR.24
        UpdateFirmwareResponse.INVALID_CERTIFICATE: Status.invalid_certificate,  # L01.FR.21
        UpdateFirmwareResponse.REVOKED_CERTIFICATE: Status.revoked_certificate,
    }
)
BEGUN: Final = frozenset({UpdateFirmwareResponse.ACCEPTED, UpdateFirmwareResponse.ACCEPTED_CANCELED})
UNTRUSTED: Final = frozenset(
    {UpdateFirmwareResponse.INVALID_CERTIFICATE, UpdateFirmwareResponse.REVOKED_CERTIFICATE}
)
"""Answers that are security event InvalidFirmwareSigningCertificate besides (L01.FR.02)."""
