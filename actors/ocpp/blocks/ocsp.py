"""Responders' answers about the station's own chain, through the CSMS (M06).

Rows S13.7, S13.9, S18.7 to S18.10, M11.5, M11.6.

All of a round are fetched before the first is kept; if one cannot be had, none is, and the round is made
again a day later (M11.6). When the next one is due is durable, over lives of the site too; a round that a
kill or the network has cut short is made anew. The time of day counts, not how long we have run: a station
without a clock of its own learns only after its start for how long it was off.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from ocpp.v21 import call, call_result, datatypes
from ocpp.v21.enums import GetCertificateStatusEnumType, HashAlgorithmEnumType

from actors.ocpp.block import Block
from actors.ocpp.device_model import variables
from actors.ocpp.inputs import Target
from actors.ocpp.messages import CallReply, Outcome
from protocols.interfaces import evse_security
from protocols.message import Failure, FailureReason, Timestamp, message
from protocols.ocpp import payloads
from protocols.ocpp.errors import RefusalError
from protocols.types.evse_security import (
    CertificateHashData,
    CertificateStoreUpdateOperation,
    LeafCertificateType,
    OCSPRequestData,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.ocpp.inputs import Peer
    from actors.ocpp.turn import Turn
    from protocols.message import Reply

TIMER: Final = "ocsp"
SETTLE_S: Final = 1.0
"""From a new leaf to the round for it: the store tells of it twice, as news and to whoever installed it."""
SOON_S: Final = 300.0
"""After a round that the network or our own store has cut short."""
FAILED_S: Final = 86_400.0
"""After one that the CSMS could not serve (M11.6)."""
LOOK_S: Final = 3600.0
"""So often it is looked whether a round has become due because somebody has set the clock."""
CUT_SHORT: Final = frozenset({Outcome.LOST, Outcome.NOT_SENT})


@message
class Refresh:
    """When responders were asked last (S18.10)."""

    last_at: Timestamp | None = None
    """When a round was complete."""
    again_at: Timestamp | None = None
    """When the next one is due, if earlier or later than the interval has it."""

    @property
    def key(self) -> str:
        """There is one."""
        return ""


@dataclass(slots=True)
class Round:
    """One round, in this life."""

    number: int = 0
    """Replies to an earlier one are passed over."""
    open: bool = False
    wanted: list[OCSPRequestData] = field(default_factory=list)
    """Not asked yet."""
    answers: list[tuple[CertificateHashData, str]] = field(default_factory=list)
    unsaved: int = 0


# -- when ----------------------------------------------------------------------------------------------------


def refresh(turn: Turn) -> None:
    """There is a new V2G leaf: ask about its chain at once (M11.5), whatever is being asked now."""
    turn.live.of(Round).open = False
    _again(turn, SETTLE_S)


def _again(turn: Turn, after_s: float) -> None:
    state = turn.get(Refresh) or Refresh()
    turn.put(replace(state, again_at=turn.now + timedelta(seconds=after_s)))
    _arm(turn)


def _arm(turn: Turn) -> None:
    """A clock that was set back makes nobody wait for longer than the interval."""
    if not (turn.live.online and turn.live.accepted) or turn.live.of(Round).open:
        return
    due_s, longest_s = _due_s(turn), max(_interval_s(turn), FAILED_S)
    if due_s > longest_s:
        _again(turn, longest_s)
    else:
        turn.start(TIMER, min(due_s, LOOK_S))


def _interval_s(turn: Turn) -> float:
    return float(max(1, turn.model.read(variables.OCSP_INTERVAL)))


def _due_s(turn: Turn) -> float:
    """Until the next round; not positive: it is time."""
    state = turn.get(Refresh) or Refresh()
    if state.again_at is not None:
        return (state.again_at - turn.now).total_seconds()
    if state.last_at is not None:
        return _interval_s(turn) - (turn.now - state.last_at).total_seconds()
    return 0.0


def _look(turn: Turn, _rest: str) -> None:
    if _due_s(turn) > 0:
        _arm(turn)
    else:
        _begin(turn)


def _disconnected(turn: Turn) -> None:
    turn.cancel(TIMER)


def _store_updated(turn: Turn, _peer: Peer, news: evse_security.CertificateStoreUpdate) -> None:
    """A leaf that people have put there, or whose time has come."""
    update = news.update
    installed = update.operation is CertificateStoreUpdateOperation.INSTALLED
    if installed and update.leaf_certificate_type is LeafCertificateType.V2G:
        refresh(turn)


# -- a round -------------------------------------------------------------------------------------------------


def _begin(turn: Turn) -> None:
    number = turn.live.of(Round).number + 1
    turn.live.blocks[Round] = Round(number=number, open=True)
    turn.ask(Target.SECURITY, evse_security.GetV2gOcspRequestData(), "ocsp.wanted", round=number)


def _current(turn: Turn, context: Mapping[str, Any]) -> Round | None:
    now = turn.live.of(Round)
    return now if now.open and now.number == context["round"] else None


def _wanted(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    if (current := _current(turn, context)) is None:
        return
    if not isinstance(reply, evse_security.GetV2gOcspRequestDataReply):
        _failed(turn, SOON_S, str(reply))
        return
    current.wanted = list(reply.request_data.ocsp_request_data_list)
    _next(turn, current)


def _next(turn: Turn, current: Round) -> None:
    """Ask about one more; one that nobody can be asked about is passed over."""
    while current.wanted:
        data = current.wanted[0].certificate_hash_data
        url = current.wanted.pop(0).responder_url
        if data is not None and url:
            request = datatypes.OCSPRequestDataType(
                hash_algorithm=HashAlgorithmEnumType(data.hash_algorithm.value),
                issuer_name_hash=data.issuer_name_hash,
                issuer_key_hash=data.issuer_key_hash,
                serial_number=data.serial_number,
                responder_url=url,
            )
            sent = turn.call(call.GetCertificateStatus(request), "ocsp.told", round=current.number, data=data)
            if not sent:
                _failed(turn, SOON_S, "no connection")
            return
    _save(turn, current)


def _told(turn: Turn, context: Mapping[str, Any], reply: CallReply) -> None:
    """M06.FR.06 and on."""
    if (current := _current(turn, context)) is None:
        return
    if reply.outcome is not Outcome.ANSWERED:
        _failed(turn, SOON_S if reply.outcome in CUT_SHORT else FAILED_S, reply.outcome.value)
        return
    try:
        answer = payloads.of_text(call_result.GetCertificateStatus, reply.payload)
    except RefusalError as refusal:
        _failed(turn, FAILED_S, refusal.problem)
        return
    if answer.status != GetCertificateStatusEnumType.accepted or not answer.ocsp_result:
        _failed(turn, FAILED_S, f"status {answer.status}")
        return
    current.answers.append((context["data"], answer.ocsp_result))
    _next(turn, current)


def _save(turn: Turn, current: Round) -> None:
    """S13.9. The store verifies each answer by itself; one it cannot rely on counts as none."""
    current.unsaved = len(current.answers)
    for data, response in current.answers:
        command = evse_security.UpdateOcspCache(certificate_hash_data=data, ocsp_response=response)
        turn.ask(Target.SECURITY, command, "ocsp.saved", round=current.number)
    if not current.answers:
        _done(turn, 0)


def _saved(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    if (current := _current(turn, context)) is None:
        return
    if isinstance(reply, Failure):
        unreliable = reply.reason is FailureReason.INVALID
        _failed(turn, FAILED_S if unreliable else SOON_S, reply.detail)
        return
    current.unsaved -= 1
    if not current.unsaved:
        _done(turn, len(current.answers))


def _done(turn: Turn, answers: int) -> None:
    turn.live.of(Round).open = False
    turn.put(Refresh(last_at=turn.now))
    turn.note("ocsp_refreshed", answers=answers)
    _arm(turn)


def _failed(turn: Turn, again_s: float, why: str) -> None:
    turn.live.of(Round).open = False
    turn.note("ocsp_not_refreshed", warning=True, why=why, again_s=again_s)
    _again(turn, again_s)


BLOCK: Final = Block(
    name="ocsp",
    connected=_arm,
    accepted=_arm,
    disconnected=_disconnected,
    news={evse_security.CertificateStoreUpdate: _store_updated},
    replies={"ocsp.wanted": _wanted, "ocsp.told": _told, "ocsp.saved": _saved},
    timers={TIMER: _look},
)
