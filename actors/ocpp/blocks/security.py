"""Security events: which the CSMS is told of, and which are only logged (A04; rows S8.12, S8.20, M11.5).

Every event is published as `security_event` of interface `ocpp` and stands in the log. Those that the
standard's list marks as critical go to the CSMS besides; they wait in the queue as long as it takes. One that
the CSMS has not answered in time is said again, more and more rarely, for `LONGEST_S` at most; of all that
wait the oldest go when there are more than `MOST`. The list is the same for 2.0.1 (appendices of edition 3)
and 2.1, which has one event more.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from ocpp.v21 import call

from actors.ocpp.block import Block
from actors.ocpp.device_model import variables
from actors.ocpp.entries import Queued, Rank, Weight
from actors.ocpp.inputs import Target
from actors.ocpp.messages import Outcome, SecurityNews
from protocols import types
from protocols.errors import EvseBoardSupport
from protocols.interfaces import evse_security, ocpp, system
from protocols.message import Reply, Timestamp, message
from protocols.ocpp import payloads, times
from protocols.types.evse_security import CertificateStoreUpdateOperation, LeafCertificateType
from protocols.types.system import BootReason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from actors.ocpp.inputs import Peer
    from actors.ocpp.messages import CallReply
    from actors.ocpp.turn import Turn
    from protocols.types.evse_security import CertificateStoreUpdate

ACTION: Final = "SecurityEventNotification"
TIMER: Final = "security"
FIRST_WAIT_S: Final = 60.0
LONGEST_WAIT_S: Final = 3600.0
"""How long an event waits that the CSMS has not answered in time: at first, and at most."""
LONGEST_S: Final = 7 * 86_400.0
"""A CSMS that answers others, but not this one, for so long does not want it."""
MOST: Final = 500
"""Events that wait, all together."""
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


@message
class Unanswered:
    """An event that the CSMS has not answered in time; it is said again."""

    number: int
    payload: str
    made_at: Timestamp
    times: int
    again_at: Timestamp

    @property
    def key(self) -> str:
        """By the number it had in the queue."""
        return str(self.number)


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
        _make_room(turn)
        turn.send(notification, weight=Weight.NEVER)


# -- what waits ----------------------------------------------------------------------------------------------


def _make_room(turn: Turn) -> None:
    """Nobody is to fill the disk with events; those the CSMS would not answer go before the others."""
    held = list(turn.all(Unanswered))
    if len(held) + len(turn.live.waiting.keys[Rank.OTHER]) < MOST:
        return
    sent = turn.live.open_call
    queued = [each for each in turn.all(Queued) if each.action == ACTION and each is not sent]
    surplus = len(held) + len(queued) + 1 - MOST
    for each in held[: max(0, surplus)]:
        turn.drop(Unanswered, each.key)
        _dropped(turn, each.made_at)
    for one in queued[: max(0, surplus - len(held))]:
        turn.unqueue(one)
        _dropped(turn, one.made_at)


def _dropped(turn: Turn, made_at: datetime) -> None:
    turn.note("security_event_dropped", warning=True, made_at=made_at.isoformat())


def _fate(turn: Turn, queued: Queued, reply: CallReply) -> None:
    """A04.FR.02: a CSMS that is silent gets it again, later; one that refuses it has it."""
    if reply.outcome is not Outcome.TIMEOUT:
        return
    if (turn.now - queued.made_at).total_seconds() > LONGEST_S:
        _dropped(turn, queued.made_at)
        return
    times = queued.attempts + 1
    wait_s = min(FIRST_WAIT_S * 2 ** min(times - 1, 10), LONGEST_WAIT_S)
    turn.put(
        Unanswered(
            number=queued.number,
            payload=queued.payload,
            made_at=queued.made_at,
            times=times,
            again_at=turn.now + timedelta(seconds=wait_s),
        )
    )
    _arm(turn)


def _arm(turn: Turn) -> None:
    """Wake when the first is due; a clock that was set back makes none wait for longer than the longest."""
    waits = [(each.again_at - turn.now).total_seconds() for each in turn.all(Unanswered)]
    if waits:
        turn.start(TIMER, min(*waits, LONGEST_WAIT_S))


def _again(turn: Turn, _rest: str) -> None:
    for each in list(turn.all(Unanswered)):
        wait_s = (each.again_at - turn.now).total_seconds()
        if not 0 < wait_s <= LONGEST_WAIT_S:
            turn.drop(Unanswered, each.key)
            notification = payloads.of_text(call.SecurityEventNotification, each.payload)
            queued = turn.send(notification, weight=Weight.NEVER)
            if not turn.live.stopped:
                turn.put(replace(queued, made_at=each.made_at, attempts=each.times))
    _arm(turn)


def _asked(turn: Turn, tag: int, command: ocpp.SecurityEvent) -> None:
    """S8.12."""
    event = command.event
    report(turn, event.type, event.info or "", critical=event.critical, at=event.timestamp)
    turn.answer(tag, Reply())


# -- the start ---------------------------------------------------------------------------------------------


def _resumed(turn: Turn) -> None:
    _arm(turn)
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


BLOCK: Final = Block(
    name="security",
    resumed=_resumed,
    answers={ACTION: _fate},
    commands={ocpp.SecurityEvent: _asked},
    news={
        SecurityNews: _link_news,
        evse_security.CertificateStoreUpdate: _store_updated,
    },
    replies={"security.reason": _reason_known},
    timers={TIMER: _again},
)
