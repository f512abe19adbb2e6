"""Reset of the station or of one EVSE (B11 to B13; rows S12.7, S12.8, M9.3, M9.9).

The station is reset by whoever provides `system`, which also keeps why it has started, for the boot
notification (S12.10). An EVSE is reset by taking it out of service and putting it back, which ends its
session and has its outlet begin anew; the rest of the site goes on.

A reset is durable from its promise to its end: a successor goes on with it, and a new life of the site, for
whatever reason it began, is its end. What a station waits for is nobody charging or being about to; EVSEs
that have come so far are out of service until then. Uploads and firmware updates are `system`'s to judge.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from ocpp.v21 import call, call_result
from ocpp.v21.enums import ResetEnumType as Kind
from ocpp.v21.enums import ResetStatusEnumType as Status
from ocpp.v21.enums import TransactionEventEnumType, TriggerReasonEnumType

from actors.ocpp.block import Block
from actors.ocpp.blocks import transaction_events, transaction_orders, transactions
from actors.ocpp.blocks.evse_conditions import Hindrance, busy, condition_of
from actors.ocpp.blocks.evse_holds import EvseHolds
from actors.ocpp.blocks.reset_entries import Hold, PendingReset, Stage
from actors.ocpp.blocks.transaction_entries import running, standing
from actors.ocpp.device_model import variables
from actors.ocpp.entries import Queued, Rank
from actors.ocpp.inputs import Target
from protocols.interfaces import system
from protocols.message import Failure
from protocols.types.evse_manager import EnableSource, StopTransactionReason
from protocols.types.system import ResetType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from actors.ocpp.turn import Turn
    from protocols.message import Reply

STATION: Final = 0
HOLDS: Final = EvseHolds(Hold, EnableSource.UNSPECIFIED, purpose="reset.held", timer="reset_hold")
"""EVSEs that are out of service for it: nobody new begins to charge there (B12)."""
GRACE_S: Final = 1.0
"""At least so long after the answer to the CSMS, which has to leave the house first (S12.8)."""
STOP_S: Final = 30.0
"""So long transactions may take to stop; those that have not end after the restart."""
FLUSH_S: Final = 10.0
"""So long the last messages of transactions may take to be acknowledged; they stay queued otherwise."""
LOOK_S: Final = 1.0
"""How often it is looked whether they have been."""
OUT_S: Final = 3.0
"""So long an EVSE that is reset is out of service."""
FAILED_S: Final = 10.0
"""Until the restart is ordered again when `system` could not be asked."""
UNDONE_S: Final = 300.0
"""Until a restart that `system` has taken on is not believed in any more."""
TYPES: Final[Mapping[str, ResetType]] = MappingProxyType(
    {Kind.immediate: ResetType.HARD, Kind.immediate_and_resume: ResetType.HARD, Kind.on_idle: ResetType.SOFT}
)


def under_way(turn: Turn, evse_id: int | None = None) -> bool:
    """Whether the station, or that EVSE, is about to be reset: nobody starts from afar any more."""
    return any(turn.get(PendingReset, str(each)) is not None for each in {STATION, evse_id or STATION})


# -- requests ------------------------------------------------------------------------------------------------


def _is_known(turn: Turn, evse_id: int, _request: call.Reset) -> Hindrance | None:
    if evse_id == STATION or evse_id in turn.settings.evses:
        return None
    return Hindrance("UnknownEvse", f"there is no EVSE {evse_id}")


def _may_be_reset(turn: Turn, evse_id: int, _request: call.Reset) -> Hindrance | None:
    """B11.FR.09, B12.FR.09: an EVSE may be reset where `EVSE.AllowReset` says so."""
    if evse_id == STATION or turn.model.read(variables.EVSE_ALLOW_RESET, evse_id):
        return None
    return Hindrance("UnsupportedRequest", f"EVSE {evse_id} cannot be reset by itself")


def _nothing_greater(turn: Turn, evse_id: int, _request: call.Reset) -> Hindrance | None:
    if evse_id == STATION or not under_way(turn):
        return None
    return Hindrance("NotEnabled", "the whole station is about to be reset")


def _can_resume(turn: Turn, evse_id: int, request: call.Reset) -> Hindrance | None:
    """B13: transactions outlive a restart of the station where variables say so, and never one of an EVSE."""
    if request.type != Kind.immediate_and_resume:
        return None
    if evse_id == STATION:
        resumes = turn.model.read(variables.RESUME_TRANSACTIONS)
        return None if resumes else Hindrance("NotEnabled", "transactions do not outlive a restart here")
    if running(turn, evse_id) is None:
        return None
    return Hindrance("TxInProgress", "a transaction does not outlive a reset of its EVSE")


CHECKS: Final = (_is_known, _may_be_reset, _nothing_greater, _can_resume)


def _reset(turn: Turn, tag: int, request: call.Reset) -> None:
    evse_id = request.evse_id or STATION
    for check in CHECKS:
        if (found := check(turn, evse_id, request)) is not None:
            _refuse(turn, tag, found)
            return
    command = system.IsResetAllowed(type=TYPES[request.type])
    turn.ask(Target.SYSTEM, command, "reset.allowed", tag=tag, evse_id=evse_id, kind=request.type)


def _allowed(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    """S12.7, B11.FR.06, B12.FR.10: `system` may know a reason against it."""
    tag, evse_id, kind = context["tag"], context["evse_id"], context["kind"]
    if not isinstance(reply, system.IsResetAllowedReply) or not reply.allowed:
        _refuse(turn, tag, Hindrance("NotEnabled", "the station cannot restart now"))
        return
    given = turn.get(PendingReset, str(evse_id))
    if given is None or (kind != Kind.on_idle and given.kind == Kind.on_idle):
        waits = kind == Kind.on_idle and any(_is_busy(turn, each) for each in _concerned(turn, evse_id))
        given = PendingReset(
            evse_id=evse_id,
            kind=kind.value,
            scheduled=waits,
            stage=Stage.WAITING if waits else Stage.STOPPING,
            site_life=turn.settings.site_life,
            entered_at=turn.now,
        )
        turn.put(given)
        _supersede(turn, evse_id)
    # B12.FR.01, B12.FR.02
    status = Status.scheduled if given.stage is Stage.WAITING else Status.accepted
    turn.respond(tag, call_result.Reset(status))
    turn.note("reset_promised", evse=evse_id, kind=given.kind, status=status.value)
    if given.stage is Stage.STOPPING:
        _interrupt(turn, given)
    _proceed(turn, given)


def _supersede(turn: Turn, evse_id: int) -> None:
    """A reset of the station does for its EVSEs too."""
    if evse_id == STATION:
        for each in turn.settings.evses:
            _forget(turn, str(each))


def _refuse(turn: Turn, tag: int, found: Hindrance) -> None:
    turn.respond(tag, call_result.Reset(Status.rejected, status_info=found.info))


def _concerned(turn: Turn, evse_id: int) -> Iterable[int]:
    return turn.settings.evses if evse_id == STATION else (evse_id,)


def _is_busy(turn: Turn, evse_id: int) -> bool:
    """Whether there is something to wait for; of an EVSE that has not said a word, there may be."""
    unknown = condition_of(turn, evse_id) is None
    return unknown or busy(turn, evse_id) or running(turn, evse_id) is not None


# -- stages --------------------------------------------------------------------------------------------------


def _proceed(turn: Turn, given: PendingReset) -> None:
    if given.entered_at > turn.now:  # the clock was set back: the stage begins anew, or would last for years
        given = replace(given, entered_at=turn.now)
        turn.put(given)
    STAGES[given.stage](turn, given)


def _enter(turn: Turn, given: PendingReset, stage: Stage) -> None:
    given = replace(given, stage=stage, entered_at=turn.now)
    turn.put(given)
    _proceed(turn, given)


def _lasts_s(turn: Turn, given: PendingReset) -> float:
    return (turn.now - given.entered_at).total_seconds()


def _wait(turn: Turn, given: PendingReset) -> None:
    """B12.FR.03, FR.07: EVSEs that are free take nobody new; when all are, it goes on."""
    waited_for = [each for each in _concerned(turn, given.evse_id) if _is_busy(turn, each)]
    for each in _concerned(turn, given.evse_id):
        if each not in waited_for:
            HOLDS.hold(turn, each)
    if not waited_for:
        _enter(turn, given, Stage.LEAVING)


def _interrupt(turn: Turn, given: PendingReset) -> None:
    """B12.FR.04, FR.08: transactions are stopped; B13: or the CSMS is told what becomes of them."""
    resumes = given.kind == Kind.immediate_and_resume and given.evse_id == STATION
    for each in _concerned(turn, given.evse_id):
        transaction = running(turn, each)
        if resumes:
            _tell(turn, each)
            continue
        HOLDS.hold(turn, each)
        if transaction is not None:
            transactions.stop(turn, transaction, StopTransactionReason.HARD_RESET)
        elif busy(turn, each):
            session_id = standing(turn, each).session_id
            transaction_orders.stop(turn, each, session_id, StopTransactionReason.HARD_RESET)


def _stop(turn: Turn, given: PendingReset) -> None:
    """Until all have stopped, or as long as they may take."""
    resumes = given.kind == Kind.immediate_and_resume
    left = [
        each
        for each in _concerned(turn, given.evse_id)
        if running(turn, each) is not None or busy(turn, each)
    ]
    if left and not resumes and _lasts_s(turn, given) < STOP_S:
        turn.start(f"reset {given.key}", STOP_S - _lasts_s(turn, given))
    else:
        _enter(turn, given, Stage.LEAVING)


def _tell(turn: Turn, evse_id: int) -> None:
    if (transaction := running(turn, evse_id)) is not None:
        telling = transaction_events.Telling(
            kind=TransactionEventEnumType.updated, trigger=TriggerReasonEnumType.reset_command, at=turn.now
        )
        transaction_events.tell(turn, transaction, standing(turn, evse_id), telling)


def _leave(turn: Turn, given: PendingReset) -> None:
    """The answer and the last messages go out, and `ResetStopDelay` passes (M9.3)."""
    lasts_s, delay_s = _lasts_s(turn, given), max(GRACE_S, turn.settings.reset_delay_s)
    waits = turn.live.online and any(each.rank is Rank.TRANSACTION for each in turn.all(Queued))
    if lasts_s < delay_s:
        turn.start(f"reset {given.key}", delay_s - lasts_s)
    elif waits and given.evse_id == STATION and lasts_s < delay_s + FLUSH_S:
        turn.start(f"reset {given.key}", LOOK_S)
    else:
        _enter(turn, given, Stage.ORDERED)


def _order(turn: Turn, given: PendingReset) -> None:
    if given.evse_id != STATION:
        _put_back(turn, given)
    elif given.taken and _lasts_s(turn, given) < UNDONE_S:
        turn.start(f"reset {given.key}", UNDONE_S - _lasts_s(turn, given))
    elif given.taken or given.tries > turn.model.read(variables.RESET_RETRIES):
        turn.note("reset_given_up", warning=True, tries=given.tries)
        _forget(turn, given.key)
        HOLDS.release_all(turn)
    else:
        turn.put(replace(given, tries=given.tries + 1))
        command = system.Reset(type=TYPES[given.kind], scheduled=given.scheduled)
        turn.ask(Target.SYSTEM, command, "reset.ordered")


def _ordered(turn: Turn, _context: Mapping[str, Any], reply: Reply) -> None:
    given = turn.get(PendingReset, str(STATION))
    if given is None or given.stage is not Stage.ORDERED:
        return  # given up, or overtaken by another one
    if isinstance(reply, Failure):
        turn.start(f"reset {given.key}", FAILED_S)
    else:
        turn.put(replace(given, taken=True, entered_at=turn.now))
        turn.start(f"reset {given.key}", UNDONE_S)


def _put_back(turn: Turn, given: PendingReset) -> None:
    """The EVSE has been out of service long enough to have begun anew, or will soon have been."""
    lasts_s = _lasts_s(turn, given)
    if lasts_s < OUT_S:
        turn.start(f"reset {given.key}", OUT_S - lasts_s)
        return
    _forget(turn, given.key)
    HOLDS.release(turn, given.evse_id)
    turn.note("evse_reset", evse=given.evse_id)


STAGES: Final[Mapping[Stage, Callable[[Turn, PendingReset], None]]] = MappingProxyType(
    {Stage.WAITING: _wait, Stage.STOPPING: _stop, Stage.LEAVING: _leave, Stage.ORDERED: _order}
)


def _forget(turn: Turn, key: str) -> None:
    turn.drop(PendingReset, key)
    turn.cancel(f"reset {key}")


# -- what moves them on --------------------------------------------------------------------------------------


def _look(turn: Turn) -> None:
    """Something may have changed at an EVSE, and all have heard it."""
    for each in list(turn.all(PendingReset)):
        if each.stage in {Stage.WAITING, Stage.STOPPING}:
            _proceed(turn, each)


def _fired(turn: Turn, rest: str) -> None:
    if (given := turn.get(PendingReset, rest)) is not None:
        _proceed(turn, given)


def _resumed(turn: Turn) -> None:
    """B11.FR.03: after a restart it is done, and the EVSEs are put back; in the same life it goes on."""
    over = False
    for each in list(turn.all(PendingReset)):
        if each.site_life != turn.settings.site_life:
            turn.drop(PendingReset, each.key)
            over = True
    HOLDS.resumed(turn, over=over)
    for each in list(turn.all(PendingReset)):
        _proceed(turn, each)


BLOCK: Final = Block(
    name="reset",
    resumed=_resumed,
    requests={call.Reset: _reset},
    settled=_look,
    replies={"reset.allowed": _allowed, "reset.ordered": _ordered, HOLDS.purpose: HOLDS.held},
    timers={"reset": _fired, HOLDS.timer: HOLDS.again},
)
