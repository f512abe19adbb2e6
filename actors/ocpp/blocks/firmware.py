"""Firmware updates, FirmwareStatusNotification (L01, L02; rows S12.3 to S12.5, S12.12).

Whoever provides `system` fetches, verifies and installs, and says how that goes; each status is told to the
CSMS once, in order and with the id of its request (which is `firmware_requests`'s matter). What we do
ourselves: put all EVSEs out of service before the installation is allowed, each when nobody charges there
any more. They come back when the update is over, and when the station has started again: then they are
closed anew only if `system` says that the update still waits, or goes on.

All of it is durable. A status that was published while nobody listened comes with the history that our own
`system` keeps; that of another provider is lost then. Publishing firmware for other stations (L03, L04) is
for local controllers and not served.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ocpp.v21 import call
from ocpp.v21.enums import FirmwareStatusEnumType

from actors.ocpp.block import Block
from actors.ocpp.blocks import firmware_requests, security, status, transfers
from actors.ocpp.blocks.evse_conditions import busy, condition_of
from actors.ocpp.blocks.firmware_entries import ENDS, EVENTS, STRANGER, Stage, Update
from actors.ocpp.blocks.firmware_holds import HOLDS
from actors.ocpp.blocks.transaction_entries import running
from actors.ocpp.device_model import variables
from actors.ocpp.entries import Weight
from actors.ocpp.inputs import Target
from actors.system.messages import StatusHistory
from protocols.interfaces import system
from protocols.message import Failure
from protocols.types.system import FirmwareUpdateStatusEnum as Progress
from protocols.types.system import UpdateFirmwareResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.ocpp.inputs import Peer
    from actors.ocpp.turn import Turn
    from protocols.message import Reply
    from protocols.types.system import FirmwareUpdateRequest

TIMER: Final = "firmware"
AGAIN_S: Final = 5.0
"""Until the installation is allowed again where nobody has heard it."""
LONGEST_S: Final = 86_400.0
"""So often, at least, it is looked whether the time to install has come: clocks are set."""


# -- what is asked for ---------------------------------------------------------------------------------------


def _taken(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    response = firmware_requests.answered(turn, context, reply)
    if response is not None:
        wanted = context["wanted"]
        _begin(turn, wanted, _same(turn, wanted, response))


def _same(turn: Turn, wanted: FirmwareUpdateRequest, response: UpdateFirmwareResponse) -> Update | None:
    """The update that we know, if it is the one asked for: a predecessor has asked for it as well."""
    if response is UpdateFirmwareResponse.ACCEPTED_CANCELED:
        return None
    under_way = (each for each in turn.all(Update) if each.stage is not Stage.OVER)
    return next((each for each in under_way if each.request_id == wanted.request_id), None)


def _begin(turn: Turn, wanted: FirmwareUpdateRequest, same: Update | None) -> None:
    is_history_old = same is None and firmware_requests.is_known(turn, wanted.request_id)
    if same is None:
        HOLDS.release_all(turn)
        turn.cancel(TIMER)
    turn.drop(Update, STRANGER)  # there is one at a time
    update = same or Update(request_id=wanted.request_id, site_life=turn.settings.site_life)
    signed = wanted.signature is not None
    turn.put(replace(update, asked=True, signed=signed, install_at=wanted.install_timestamp))
    if not is_history_old:
        _catch_up(turn)


def _heard_of(turn: Turn, request_id: int) -> None:
    """A status of an update that `system` has not yet said it has begun says so: the answer may be lost."""
    if (wanted := firmware_requests.begun(turn, request_id)) is not None:
        _begin(turn, wanted, None)


# -- how it goes ---------------------------------------------------------------------------------------------


def _said(turn: Turn, _peer: Peer, news: system.FirmwareUpdateStatus) -> None:
    """S12.12. One that nobody has asked for is told as well."""
    progress, request_id = news.status.firmware_update_status, news.status.request_id
    if progress is Progress.IDLE:
        return  # only an answer to a trigger (L01.FR.25)
    _heard_of(turn, request_id)
    known = (each for each in turn.all(Update) if each.request_id == request_id)
    update = next(known, None) or Update(request_id=request_id, site_life=turn.settings.site_life)
    if update.asked:
        turn.drop(Update, STRANGER)  # it is over, or was said late
    elif progress not in ENDS:
        _give_way(turn)
    _enter(turn, _tell(turn, update, progress), progress)


def _give_way(turn: Turn) -> None:
    """`system` works on something else than ours: EVSEs come back until it says that ours waits."""
    update = turn.get(Update)
    if update is not None and update.prepares:
        turn.put(replace(update, stage=Stage.UNDER_WAY))
        turn.cancel(TIMER)
        HOLDS.release_all(turn)


def _history(turn: Turn, _peer: Peer, news: StatusHistory) -> None:
    turn.live.of(transfers.Heard).history = news
    for request_id in dict.fromkeys(each.request_id for each in news.firmware):
        _heard_of(turn, request_id)
    _catch_up(turn)


def _catch_up(turn: Turn) -> None:
    """Tell what was said of an update we know while nobody listened; what counts is the last of it."""
    history = turn.live.of(transfers.Heard).history or StatusHistory()
    for update in list(turn.all(Update)):
        ours = (each for each in history.firmware if each.request_id == update.request_id)
        said = [each.firmware_update_status for each in ours]
        told = update
        for each in transfers.untold(update, said):
            told = _tell(turn, told, each)
        if said:
            _enter(turn, told, said[-1])


def _tell(turn: Turn, update: Update, progress: str) -> Update:
    """Tell the CSMS, unless it is what it was told last (L01.FR.01, FR.20)."""
    if update.told[-1:] == (progress,):
        return update
    _notify(turn, progress, update.request_id)
    if (event := EVENTS.get(progress)) is not None:
        security.report(turn, event)
    return transfers.added(update, progress)


def _notify(turn: Turn, progress: str, request_id: int | None) -> None:
    known = transfers.known(request_id)
    notification = call.FirmwareStatusNotification(FirmwareStatusEnumType(progress), request_id=known)
    turn.send(notification, weight=Weight.NEVER if progress in ENDS else Weight.NEWS)


def _enter(turn: Turn, update: Update, progress: Progress) -> None:
    """What a status means for the EVSEs; `update` is kept in any case."""
    stage = update.stage
    if progress in ENDS:
        stage = Stage.OVER
    elif progress is Progress.INSTALLING:
        stage = Stage.ALLOWED
    elif update.asked and stage is Stage.UNDER_WAY and progress in update.ready_with:
        stage = Stage.READY
    update = replace(update, stage=stage, site_life=turn.settings.site_life)
    turn.put(update)
    if stage is Stage.OVER:
        _end(turn, update)
    elif progress is Progress.INSTALLING:
        for each in turn.settings.evses:
            HOLDS.hold(turn, each)
    elif stage is Stage.READY:
        _await_time(turn, update)


def _end(turn: Turn, update: Update) -> None:
    """EVSEs come back, unless another update has them."""
    ours = turn.get(Update)
    if update.asked or ours is None or ours.stage in {Stage.UNDER_WAY, Stage.OVER}:
        turn.cancel(TIMER)
        HOLDS.release_all(turn)


# -- out of service ------------------------------------------------------------------------------------------


def _await_time(turn: Turn, update: Update) -> None:
    """EVSEs stay in service until the time to install."""
    wait_s = 0.0 if update.install_at is None else (update.install_at - turn.now).total_seconds()
    if wait_s > 0:
        turn.start(TIMER, min(wait_s, LONGEST_S))
        return
    update = replace(update, stage=Stage.CLOSING)
    turn.put(update)
    _close(turn, update)


def _close(turn: Turn, update: Update) -> None:
    """S12.5, L01.FR.06, FR.07: free EVSEs take nobody new, unless they may until all are free.

    Not while another update is asked for: leave to install might meet that one.
    """
    if firmware_requests.is_open(turn):
        return
    evses = turn.settings.evses
    in_use = [each for each in evses if running(turn, each) is not None or busy(turn, each)]
    if in_use and update.told[-1:] != (Progress.INSTALL_SCHEDULED,):
        update = _tell(turn, update, Progress.INSTALL_SCHEDULED)
        turn.put(update)
    waited_for = {*in_use, *(each for each in evses if _unheard(turn, each))}
    may_begin: bool = turn.model.read(variables.ALLOW_NEW_SESSIONS)
    if waited_for and may_begin:
        HOLDS.release_all(turn)
        return
    for each in evses:
        if each not in waited_for:
            HOLDS.hold(turn, each)
    if not waited_for and all(HOLDS.closed(turn, each) for each in evses):
        turn.put(replace(update, stage=Stage.ALLOWED))
        _allow(turn)


def _unheard(turn: Turn, evse_id: int) -> bool:
    """Whether an EVSE has not yet said how it is: somebody may charge there."""
    return condition_of(turn, evse_id) is None and not status.is_away(turn, evse_id)


def _allow(turn: Turn) -> None:
    """S12.4."""
    turn.note("firmware_installation_allowed")
    turn.ask(Target.SYSTEM, system.AllowFirmwareInstallation(), "firmware.allowed")


def _allowed(turn: Turn, _context: Mapping[str, Any], reply: Reply) -> None:
    if isinstance(reply, Failure):
        turn.start(TIMER, AGAIN_S)


def _fired(turn: Turn, _rest: str) -> None:
    update = turn.get(Update)
    if update is None:
        return
    if update.stage is Stage.READY:
        _await_time(turn, update)
    elif update.stage is Stage.ALLOWED and not update.installs:
        if firmware_requests.is_open(turn):
            turn.start(TIMER, AGAIN_S)
        else:
            _allow(turn)


def _look(turn: Turn) -> None:
    """Something may have changed at an EVSE, and all have heard it."""
    update = turn.get(Update)
    if update is not None and update.stage is Stage.CLOSING:
        _close(turn, update)


def _resumed(turn: Turn) -> None:
    """In the same life of the site it goes on; in a new one `system` has to say how the update stands."""
    before = False
    for update in [each for each in turn.all(Update) if each.site_life != turn.settings.site_life]:
        before = True
        if update.stage is not Stage.OVER:
            turn.put(replace(update, stage=Stage.UNDER_WAY, site_life=turn.settings.site_life))
    HOLDS.resumed(turn, over=before)
    firmware_requests.resumed(turn)
    _fired(turn, "")


def trigger(turn: Turn) -> None:
    """Tell the CSMS how the update stands, or that there is none (L01.FR.25, FR.26, F06)."""
    given = turn.get(Update, STRANGER), turn.get(Update)
    update = next((each for each in given if each is not None and each.stage is not Stage.OVER), None)
    if update is None:
        _notify(turn, Progress.IDLE, None)
    else:
        progress = update.told[-1] if update.told else Progress.DOWNLOAD_SCHEDULED
        _notify(turn, progress, update.request_id)


BLOCK: Final = Block(
    name="firmware",
    requests={call.UpdateFirmware: firmware_requests.update_firmware},
    news={system.FirmwareUpdateStatus: _said, StatusHistory: _history},
    replies={
        "firmware.certificate": firmware_requests.verified,
        "firmware.taken": _taken,
        "firmware.allowed": _allowed,
        HOLDS.purpose: HOLDS.held,
    },
    timers={
        TIMER: _fired,
        firmware_requests.TIMER: firmware_requests.again,
        HOLDS.timer: HOLDS.again,
    },
    settled=_look,
    resumed=_resumed,
)
