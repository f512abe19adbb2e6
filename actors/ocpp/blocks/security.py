"""Security events: which the CSMS is told of, and which are only logged (A04; rows S8.12, S8.20, M11.5).

Every event is published as `security_event` of interface `ocpp` and stands in the log. Those that the
standard's list marks as critical go to the CSMS besides; they wait in the queue as long as it takes. The list
is the same for 2.0.1 (appendices of edition 3) and 2.1, which has one event more.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from ocpp.v21 import call

from actors.ocpp.block import Block
from actors.ocpp.device_model import variables
from actors.ocpp.entries import Weight
from actors.ocpp.inputs import Target
from actors.ocpp.messages import Outcome, SecurityNews
from protocols import types
from protocols.errors import EvseBoardSupport
from protocols.interfaces import evse_security, ocpp, system
from protocols.message import Reply, message
from protocols.ocpp import payloads, times
from protocols.types.evse_security import CertificateStoreUpdateOperation, LeafCertificateType
from protocols.types.system import BootReason, FirmwareUpdateStatusEnum

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from actors.ocpp.entries import Queued
    from actors.ocpp.inputs import Peer
    from actors.ocpp.messages import CallReply
    from actors.ocpp.turn import Turn
    from protocols.types.evse_security import CertificateStoreUpdate

LONGEST_NAME: Final = 50
LONGEST_DETAIL: Final = 255
CRITICAL: Final[Mapping[str, bool]] = MappingProxyType(
    {
        "FirmwareUpdated": True,
        "FailedToAuthenticateAtCsms": False,
        "CsmsFailedToAuthenticate": False,
        "SettingSystemTime": True,
        "StartupOfTheDevice": True,
        "ResetOrReboot": True,
        "SecurityLogWasCleared": True,
        "ReconfigurationOfSecurityParameters": False,
        "MemoryExhaustion": True,
        "InvalidMessages": False,
        "AttemptedReplayAttacks": False,
        "TamperDetectionActivated": True,
        "InvalidFirmwareSignature": True,
        "InvalidFirmwareSigningCertificate": True,
        "InvalidCsmsCertificate": True,
        "InvalidChargingStationCertificate": True,
        "DiscardedRenewedClientCertificate": True,  # 2.1
        "InvalidTLSVersion": True,
        "InvalidTLSCipherSuite": True,
        "MaintenanceLoginAccepted": True,
        "MaintenanceLoginFailed": True,
        "CsrGenerationFailed": True,  # not in the list; libocpp's name for M11.3
    }
)
"""By event: whether the CSMS is told. One that is not here is told of only if its reporter says so."""
RESETS: Final = frozenset(
    {
        BootReason.APPLICATION_RESET,
        BootReason.FIRMWARE_UPDATE,
        BootReason.LOCAL_RESET,
        BootReason.REMOTE_RESET,
        BootReason.SCHEDULED_RESET,
        BootReason.WATCHDOG,
    }
)
"""Reasons by which a start is a `ResetOrReboot`, beside `StartupOfTheDevice`."""
FIRMWARE: Final[Mapping[FirmwareUpdateStatusEnum, str]] = MappingProxyType(
    {
        FirmwareUpdateStatusEnum.INSTALLED: "FirmwareUpdated",
        FirmwareUpdateStatusEnum.INVALID_SIGNATURE: "InvalidFirmwareSignature",
    }
)
"""What news of a firmware update mean."""
ERRORS: Final[Mapping[str, str]] = MappingProxyType(
    {EvseBoardSupport.ENCLOSURE_OPEN.value: "TamperDetectionActivated"}
)
"""What errors of the site mean, by their type; `events` hears of them."""


@message
class StartReported:
    """The start of this life of the site has been reported."""

    site_life: str

    @property
    def key(self) -> str:
        """There is one."""
        return ""


def report(
    turn: Turn,
    event_name: str,
    detail: str = "",
    *,
    critical: bool | None = None,
    at: datetime | None = None,
) -> None:
    """Tell of an event, now or as it was `at` a time; `critical` None: as the standard has it."""
    told = CRITICAL.get(event_name, False) if critical is None else critical
    at = at or turn.now
    event = types.ocpp.SecurityEvent(type=event_name, info=detail or None, critical=told, timestamp=at)
    turn.publish(ocpp.SecurityEventVar(event=event))
    turn.note("security_event", event_type=event_name, critical=told, detail=detail)
    if told:
        notification = call.SecurityEventNotification(
            timestamp=times.text_of(at),
            type=event_name[:LONGEST_NAME],
            tech_info=detail[:LONGEST_DETAIL] or None,
        )
        turn.send(notification, weight=Weight.NEVER)


def _fate(turn: Turn, queued: Queued, reply: CallReply) -> None:
    """A04.FR.02: a CSMS that is silent gets it again, behind what waits; one that refuses it has it."""
    if reply.outcome is Outcome.TIMEOUT:
        notification = payloads.of_text(call.SecurityEventNotification, queued.payload)
        turn.send(notification, weight=Weight.NEVER)


def _asked(turn: Turn, tag: int, command: ocpp.SecurityEvent) -> None:
    """S8.12."""
    event = command.event
    report(turn, event.type, event.info or "", critical=event.critical, at=event.timestamp)
    turn.answer(tag, Reply())


# -- the start ---------------------------------------------------------------------------------------------


def _resumed(turn: Turn) -> None:
    reported = turn.get(StartReported)
    if reported is None or reported.site_life != turn.settings.site_life:
        turn.ask(Target.SYSTEM, system.GetBootReason(), "security.reason")


def _reason_known(turn: Turn, _context: Mapping[str, Any], reply: Reply) -> None:
    reason = reply.boot_reason if isinstance(reply, system.GetBootReasonReply) else BootReason.UNKNOWN
    turn.put(StartReported(site_life=turn.settings.site_life))
    firmware = turn.model.read(variables.FIRMWARE_VERSION)
    report(turn, "StartupOfTheDevice", f"{reason.value}, firmware {firmware}", at=turn.settings.started_at)
    if reason in RESETS:
        report(turn, "ResetOrReboot", reason.value, at=turn.settings.started_at)


# -- what others know ----------------------------------------------------------------------------------------


def clock_set(turn: Turn, by_s: float) -> None:
    """The clock of the system was set forward, or back if negative.

    Source: `ClockCtrlr.TimeAdjustmentReportingThreshold`; without one nothing is told.
    """
    threshold_s = turn.model.find(variables.TIME_ADJUSTMENT_THRESHOLD)
    if threshold_s is not None and abs(by_s) > threshold_s:
        report(turn, "SettingSystemTime", f"by {by_s:+.0f} s")


def _link_news(turn: Turn, _peer: Peer, news: SecurityNews) -> None:
    report(turn, news.event, news.detail, at=news.at)


def renews_connection(turn: Turn, update: CertificateStoreUpdate) -> bool:
    """Whether the present connection depends on what has been installed (M11.5)."""
    ours = update.leaf_certificate_type is LeafCertificateType.CSMS
    installed = update.operation is CertificateStoreUpdateOperation.INSTALLED
    return installed and ours and turn.live.by_certificate


def _store_updated(turn: Turn, _peer: Peer, news: evse_security.CertificateStoreUpdate) -> None:
    """Of the certificate of a connection that depends on it `network` tells when it is used."""
    update = news.update
    if renews_connection(turn, update):
        return
    leaf, root = update.leaf_certificate_type, update.ca_certificate_type
    what = f"leaf {leaf}" if leaf is not None else f"root {root}"
    report(turn, "ReconfigurationOfSecurityParameters", f"certificate {update.operation}: {what}")


def _firmware(turn: Turn, _peer: Peer, news: system.FirmwareUpdateStatus) -> None:
    if (event := FIRMWARE.get(news.status.firmware_update_status)) is not None:
        report(turn, event)


BLOCK: Final = Block(
    name="security",
    resumed=_resumed,
    answers={"SecurityEventNotification": _fate},
    commands={ocpp.SecurityEvent: _asked},
    news={
        SecurityNews: _link_news,
        evse_security.CertificateStoreUpdate: _store_updated,
        system.FirmwareUpdateStatus: _firmware,
    },
    replies={"security.reason": _reason_known},
)
