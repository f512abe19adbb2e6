"""Registration at the CSMS, heartbeats, and the clock they carry (OCPP 2.1 part 2, B01 to B03, G02).

A station registers once per life of the site, not at each reconnect and not when this actor alone begins
anew; but again with the back-end of another profile, to which it has come because the first cannot be reached
or is not wanted any more (B10.FR.10). Until the CSMS accepts, nothing else goes out but what it has asked for
while it keeps us pending, and the interval it has named is kept over reconnects and deaths. What it has said,
and which back-ends have ever accepted this station, is durable.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from ocpp.v21 import call, call_result, datatypes, enums

from actors.ocpp.block import Block
from actors.ocpp.blocks import security
from actors.ocpp.blocks.network_orders import read_orders
from actors.ocpp.device_model import variables
from actors.ocpp.entries import Queued, Rank, Weight
from actors.ocpp.inputs import Target
from actors.ocpp.live import Direct
from actors.ocpp.messages import Outcome
from protocols import types
from protocols.interfaces import ocpp, system
from protocols.message import Failure, Timestamp, message
from protocols.ocpp import payloads, times
from protocols.ocpp.errors import RefusalError
from protocols.types.system import BootReason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from actors.ocpp.messages import CallReply
    from actors.ocpp.turn import Turn
    from protocols.message import Reply

RETRY_S: Final = 60.0
"""Between two attempts to register when the CSMS names no interval (B02.FR.06, B03.FR.03)."""
LONGEST_RETRY_S: Final = 86_400
"""Whatever interval the CSMS names: who never registered again would be out of its reach."""
LONGEST_INTERVAL_S: Final = 2**31 - 1
"""Of heartbeats; JSON knows no bound, what keeps and carries the number does."""
_Status = enums.RegistrationStatusEnumType


@message
class Registration:
    """How far this station has come to register in a life of the site."""

    site_life: str
    accepted: bool = False
    response: types.ocpp.BootNotificationResponse | None = None
    """The last answer."""
    again_at: Timestamp | None = None
    """Before this the next attempt may not be made (B02, B03)."""
    wait_s: float = 0.0
    """How long that was when it was set: a clock that is set back makes nobody wait for longer."""
    slot: int | None = None
    """Of the profile over which the answer came: another back-end has not answered yet. None: not known."""

    @property
    def key(self) -> str:
        """There is one."""
        return ""


@message
class Acquaintance:
    """A back-end that has accepted this station, in this life of the site or an earlier one."""

    url: str

    @property
    def key(self) -> str:
        """By its address."""
        return self.url


def serves(turn: Turn) -> bool:
    """Whether the station is in service for a CSMS (B01 to B03, "Transactions before being accepted").

    It is once the CSMS has accepted its boot, and from an earlier life of the site on while no back-end it is
    meant for can be asked: it is merely offline then. It is not while the boot is pending or rejected, or
    when none of those back-ends has ever accepted it.
    """
    live = turn.live
    if live.accepted:
        return True
    if live.pending or live.rejected:
        return False
    return any(turn.get(Acquaintance, url) is not None for url in _addresses(turn).values())


def undecided(turn: Turn) -> bool:
    """Whether the CSMS has not said yet, in this life of the site, what it thinks of our boot."""
    live = turn.live
    return not (live.accepted or live.pending or live.rejected)


def _addresses(turn: Turn) -> dict[int, str]:
    """The back-ends this station is meant for, by slot."""
    return {each.slot: each.url for each in read_orders(turn.model, 0).orders.profiles}


def _acquaint(turn: Turn) -> None:
    """Remember who has accepted us; of those that are no longer meant for us nothing is kept."""
    addresses, slot = _addresses(turn), _slot(turn)
    for each in list(turn.all(Acquaintance)):
        if each.url not in addresses.values():
            turn.drop(Acquaintance, each.key)
    if slot is not None and (url := addresses.get(slot)) is not None:
        turn.put(Acquaintance(url=url))


# -- registering -------------------------------------------------------------------------------------------


def _resumed(turn: Turn) -> None:
    registration = turn.get(Registration)
    if registration is not None and registration.site_life == turn.settings.site_life:
        _recall(turn, registration)
        return
    turn.put(Registration(site_life=turn.settings.site_life))
    for each in list(turn.all(Queued)):  # of an earlier life of the site, with its reason
        if each.rank is Rank.BOOT:
            turn.unqueue(each)


def _recall(turn: Turn, registration: Registration) -> None:
    """What the CSMS has said to a predecessor holds; who subscribes now hears of it."""
    turn.live.accepted = registration.accepted
    if (response := registration.response) is not None:
        turn.live.pending = response.status is types.ocpp.RegistrationStatus.PENDING
        turn.live.rejected = response.status is types.ocpp.RegistrationStatus.REJECTED
        turn.publish(ocpp.BootNotificationResponse(response=response), retain=True)


def _connected(turn: Turn) -> None:
    if turn.live.accepted and _elsewhere(turn):
        turn.live.accepted = False
        turn.put(Registration(site_life=turn.settings.site_life))
    if turn.live.accepted:
        _beat_later(turn)
    elif (wait_s := _wait_s(turn)) > 0:
        turn.start("register", wait_s)
    else:
        register(turn)


def _elsewhere(turn: Turn) -> bool:
    """B10.FR.10: whether this is another profile than the one over which we were accepted."""
    registration, now = turn.get(Registration), _slot(turn)
    before = None if registration is None else registration.slot
    return None not in {before, now} and before != now


def _wait_s(turn: Turn) -> float:
    """How long this back-end wants to be left alone; 0: it may be told of our boot."""
    registration = turn.get(Registration)
    if registration is None or registration.again_at is None or registration.slot != _slot(turn):
        return 0.0
    return min((registration.again_at - turn.now).total_seconds(), registration.wait_s)


def _slot(turn: Turn) -> int | None:
    return None if turn.live.link is None else turn.live.link.slot


def _again(turn: Turn, wait_s: float) -> None:
    """Register once more, later."""
    registration = turn.get(Registration) or Registration(site_life=turn.settings.site_life)
    at = turn.now + timedelta(seconds=wait_s)
    turn.put(replace(registration, again_at=at, wait_s=wait_s, slot=_slot(turn)))
    turn.start("register", wait_s)


def _disconnected(turn: Turn) -> None:
    turn.cancel("heartbeat")
    turn.cancel("register")


def register(turn: Turn) -> None:
    """Send a boot notification, once the reason for the start is known."""
    turn.ask(Target.SYSTEM, system.GetBootReason(), "boot.reason")


def _reason_known(turn: Turn, _context: Mapping[str, Any], reply: Reply) -> None:
    notify(turn, reply.boot_reason if isinstance(reply, system.GetBootReasonReply) else BootReason.UNKNOWN)


def notify(turn: Turn, reason: BootReason) -> None:
    """Queue a boot notification unless one waits already."""
    if any(each.rank is Rank.BOOT for each in turn.all(Queued)):
        return
    model = turn.model
    iccid, imsi = model.find(variables.ICCID), model.find(variables.IMSI)
    station = datatypes.ChargingStationType(
        model=model.read(variables.CHARGE_POINT_MODEL)[:20],
        vendor_name=model.read(variables.CHARGE_POINT_VENDOR)[:50],
        firmware_version=model.read(variables.FIRMWARE_VERSION)[:50],
        serial_number=model.read(variables.BOX_SERIAL_NUMBER)[:25],
        modem=datatypes.ModemType(iccid=iccid or None, imsi=imsi or None) if iccid or imsi else None,
    )
    model.put(variables.STATION_MODEL, station.model)  # part 2, appendix: what the boot says
    model.put(variables.STATION_VENDOR, station.vendor_name)
    notification = call.BootNotification(station, enums.BootReasonEnumType(reason.value))
    turn.send(notification, rank=Rank.BOOT, weight=Weight.NEVER)


def _notified(turn: Turn, _queued: Queued, reply: CallReply) -> None:
    """B01 to B03. An answer that was given up on counts as a rejection without interval."""
    if reply.outcome is not Outcome.ANSWERED or (answer := _read(turn, reply)) is None:
        _again(turn, RETRY_S)
        return
    moment = _moment(turn, answer.current_time)
    interval_s = min(max(answer.interval, 0), LONGEST_INTERVAL_S)
    turn.live.pending = answer.status == _Status.pending
    turn.live.rejected = answer.status == _Status.rejected
    response = types.ocpp.BootNotificationResponse(
        status=types.ocpp.RegistrationStatus(str(answer.status)),
        current_time=moment or turn.now,
        interval_s=interval_s,
        status_info=_status_info(answer.status_info),
    )
    accepted = answer.status == _Status.accepted
    registration = Registration(
        site_life=turn.settings.site_life, accepted=accepted, response=response, slot=_slot(turn)
    )
    turn.put(registration)
    if accepted:
        turn.cancel("register")  # the CSMS may have triggered this boot before its time
        turn.live.accepted = True
        _acquaint(turn)
        if interval_s > 0:
            turn.model.put(variables.HEARTBEAT_INTERVAL, interval_s)
        _beat_later(turn)
    else:
        _again(turn, float(min(interval_s, LONGEST_RETRY_S)) if interval_s > 0 else RETRY_S)
    turn.note("registration", status=str(answer.status), interval_s=interval_s)
    if moment is not None:
        _set_clock(turn, moment)
    turn.publish(ocpp.BootNotificationResponse(response=response), retain=True)


def _read(turn: Turn, reply: CallReply) -> call_result.BootNotification | None:
    try:
        return payloads.of_text(call_result.BootNotification, reply.payload)
    except RefusalError as refusal:
        turn.note("boot_answer_unreadable", warning=True, problem=refusal.problem)
        return None


def _status_info(info: datatypes.StatusInfoType | None) -> types.ocpp.StatusInfoType | None:
    if info is None:
        return None
    return types.ocpp.StatusInfoType(reason_code=info.reason_code, additional_info=info.additional_info)


# -- heartbeats and clock ----------------------------------------------------------------------------------


def beat(turn: Turn) -> bool:
    """Send a heartbeat unless one is on its way; return False without a connection.

    A CSMS that is slower than the interval would have them pile up, before everything that is queued.
    """
    ways = (turn.live.open_call, *turn.live.direct)
    if any(isinstance(each, Direct) and each.action == "Heartbeat" for each in ways):
        return True
    return turn.call(call.Heartbeat(), "boot.heartbeat")


def _beat(turn: Turn, _rest: str) -> None:
    beat(turn)
    _beat_later(turn)


def _beat_later(turn: Turn) -> None:
    turn.start("heartbeat", float(max(1, turn.model.read(variables.HEARTBEAT_INTERVAL))))


def reschedule(turn: Turn) -> None:
    """The interval may have changed: the next heartbeat is timed anew."""
    if turn.live.online and turn.live.accepted:
        _beat_later(turn)


def _beaten(turn: Turn, _context: Mapping[str, Any], reply: CallReply) -> None:
    if reply.outcome is Outcome.ANSWERED:
        text = json.loads(reply.payload).get("currentTime", "")
        if (moment := _moment(turn, text)) is not None:
            _set_clock(turn, moment)


def _moment(turn: Turn, text: str) -> datetime | None:
    try:
        return times.moment_of(text)
    except ValueError:
        turn.note("time_unreadable", warning=True, text=text[: times.MAX_CHARACTERS])
        return None


def _set_clock(turn: Turn, moment: datetime) -> None:
    """S12.9, where the site lets heartbeats set the clock (`ClockCtrlr.TimeSource`)."""
    if "Heartbeat" in turn.model.read(variables.TIME_SOURCE):
        by_s = (moment - turn.now).total_seconds()
        turn.ask(Target.SYSTEM, system.SetSystemTime(timestamp=moment), "boot.clock", by_s=by_s)


def _clock_set(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    if isinstance(reply, Failure) or not getattr(reply, "accepted", False):
        turn.note("clock_not_set", warning=True)
    else:
        security.clock_set(turn, context["by_s"])


BLOCK: Final = Block(
    name="boot",
    resumed=_resumed,
    connected=_connected,
    disconnected=_disconnected,
    answers={"BootNotification": _notified},
    replies={"boot.reason": _reason_known, "boot.heartbeat": _beaten, "boot.clock": _clock_set},
    timers={"heartbeat": _beat, "register": lambda turn, _rest: register(turn)},
)
