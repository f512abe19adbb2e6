"""What goes to the CSMS next, and what becomes of it. Pure.

Order: a call somebody waits for, then the boot notification; once that is accepted, everything else: messages
of transactions one after the other, and beside them the others one after the other, whichever is older first.
One call is open at a time; while a message waits for its next attempt, those of other ranks go on.

What becomes of a queued message, by what became of its call:

- answered: gone.
- lost, not sent: it stays and is sent again over the next connection, under the same message id.
- refused, invalid, no answer in time: a message of a transaction is tried `MessageAttempts` times with
  `MessageAttemptInterval` times the number of attempts between them (E13). After that a refused one is given
  up, for the CSMS has taken notice of it; one without an answer stays, however long it takes: nothing of a
  transaction is lost to a back-end that is merely silent. Other messages are given up after as many attempts.
- unsendable: given up at once, and an error of the station, until another message of its action is answered.
- too old (`keep_s`): given up.

Over `Settings.queue_bytes` the lightest messages go first, the oldest of them before the younger ones:
samples, news, steps of transactions. Starts, ends, boot and security events stay whatever happens.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from actors.ocpp.device_model import variables
from actors.ocpp.entries import Queued, Rank, Weight
from actors.ocpp.inputs import SendCall
from actors.ocpp.live import Direct
from actors.ocpp.messages import CallReply, Outcome

if TYPE_CHECKING:
    from actors.ocpp.turn import Turn

TIMER: Final = "queue"
BEHIND_BOOT: Final = (Rank.TRANSACTION, Rank.ASKED, Rank.OTHER)
ATTEMPTED: Final = frozenset({Outcome.REFUSED, Outcome.INVALID, Outcome.TIMEOUT})
"""Outcomes that count as an attempt."""
PATIENT: Final = frozenset({Rank.BOOT, Rank.TRANSACTION})
"""Ranks whose messages stay while the CSMS is silent."""
LONGEST_WAIT_S: Final = 3600.0
"""Between two attempts, however many there were."""
PAUSE_S: Final = 0.5
"""After a call that did not go out: the link may be busy with one of our predecessor's, or be gone."""
SHED_TO: Final = 0.9
"""When something must go, so much of the disk's share stays: making room costs a walk over the queue."""


def resume(turn: Turn) -> None:
    """What a predecessor has left waits again."""
    for each in turn.all(Queued):
        turn.live.waiting.add(each)


def pump(turn: Turn) -> None:
    """Hand the next message to the link, if one may go, or have the timer wake us when one may."""
    live = turn.live
    if live.waiting.total_bytes > turn.settings.queue_bytes:
        _shed(turn)
    if not live.online or live.stopped or live.open_call is not None:
        return
    if live.direct:
        _hand_over(turn, live.direct.pop(0))
        return
    firsts = sorted((_due_s(turn, each), each.number, each) for each in _firsts(turn))
    if firsts and firsts[0][0] <= 0:
        _hand_over(turn, firsts[0][2])
    elif firsts:
        turn.start(TIMER, firsts[0][0])


def _hand_over(turn: Turn, made: Queued | Direct) -> None:
    turn.live.open_call = made
    turn.effects.append(SendCall(made.message_id, made.action, made.payload))


def _firsts(turn: Turn) -> list[Queued]:
    """The first message of each rank that may go out, now or later."""
    if (boot := _first(turn, Rank.BOOT)) is not None:
        return [boot]
    ranks = BEHIND_BOOT if turn.live.accepted else (Rank.ASKED,) if turn.live.pending else ()
    firsts = (_first(turn, rank) for rank in ranks)
    return [each for each in firsts if each is not None]


def _first(turn: Turn, rank: Rank) -> Queued | None:
    """The first message of a rank that somebody still wants."""
    while (key := turn.live.waiting.first(rank)) is not None:
        queued = turn.get(Queued, key)
        assert queued is not None  # the two are changed together
        if queued.keep_s is None or (turn.now - queued.made_at).total_seconds() <= queued.keep_s:
            return queued
        turn.unqueue(queued)
        turn.note("message_too_old", action=queued.action)
    return None


def _due_s(turn: Turn, queued: Queued) -> float:
    """In how long it may go; 0: now. A longer wait than there are means that the clock was set back."""
    resume_at = None if queued.rank is Rank.BOOT else turn.live.resume_at
    moments = (
        (queued.not_before, LONGEST_WAIT_S),
        (turn.live.paused_until, PAUSE_S),
        (resume_at, turn.settings.resume_delay_s),
    )
    waits = ((each - turn.now, longest_s) for each, longest_s in moments if each is not None)
    return max(
        (wait.total_seconds() for wait, longest_s in waits if 0 < wait.total_seconds() <= longest_s),
        default=0.0,
    )


def settle(turn: Turn, message_id: str, reply: CallReply | None) -> tuple[Queued | Direct, CallReply] | None:
    """Take in what became of a call; return whose fate is sealed, and how, or None.

    A fate that belongs to no open call is passed over: it is a predecessor's direct call.
    """
    made = turn.live.open_call
    if made is None or made.message_id != message_id:
        turn.note("stray_fate", message_id=message_id)
        return None
    turn.live.open_call = None
    reply = reply or CallReply(outcome=Outcome.LOST)
    if isinstance(made, Direct):
        return made, reply
    if reply.outcome is Outcome.ANSWERED:
        turn.unqueue(made)
        _goes_out(turn, made)
        return made, reply
    if reply.outcome is Outcome.UNSENDABLE:
        return _give_up(turn, made, reply)
    if reply.outcome in ATTEMPTED:
        return _tried(turn, made, reply)
    turn.live.paused_until = turn.now + timedelta(seconds=PAUSE_S)
    return None


def _tried(turn: Turn, queued: Queued, reply: CallReply) -> tuple[Queued, CallReply] | None:
    attempts = queued.attempts + 1
    exhausted = attempts >= turn.model.read(variables.MESSAGE_ATTEMPTS)
    patient = queued.rank in PATIENT and reply.outcome is Outcome.TIMEOUT
    if exhausted and not patient:
        turn.unqueue(queued)
        turn.note(
            "message_given_up",
            warning=True,
            action=queued.action,
            attempts=attempts,
            outcome=reply.outcome.value,
            code=reply.code,
        )
        return queued, reply
    wait_s = min(turn.model.read(variables.MESSAGE_ATTEMPT_INTERVAL) * attempts, LONGEST_WAIT_S)
    turn.put(replace(queued, attempts=attempts, not_before=turn.now + timedelta(seconds=wait_s)))
    return None


def _give_up(turn: Turn, queued: Queued, reply: CallReply) -> tuple[Queued, CallReply]:
    """What can never go out must not hold up those behind it."""
    turn.unqueue(queued)
    turn.note(
        "message_not_sendable",
        warning=True,
        action=queued.action,
        transaction=queued.transaction_id,
        code=reply.code,
        problem=reply.description,
    )
    turn.live.unsendable.add(queued.action)
    turn.complain(queued.action, f"{queued.action} could not be sent and is lost: {reply.description}")
    return queued, reply


def _goes_out(turn: Turn, queued: Queued) -> None:
    if queued.action in turn.live.unsendable:
        turn.live.unsendable.discard(queued.action)
        turn.content(queued.action)


def connect(turn: Turn) -> None:
    """There is a connection: what has waited for it waits longer, if the site file says so (M9.3)."""
    turn.live.resume_at = turn.now + timedelta(seconds=turn.settings.resume_delay_s)


def disconnect(turn: Turn) -> list[Direct]:
    """The connection is gone: return the calls that were waited for and never went out."""
    waiting, turn.live.direct = turn.live.direct, []
    return waiting


def _shed(turn: Turn) -> None:
    """Keep to the disk's share."""
    bound = turn.settings.queue_bytes * SHED_TO
    open_call = turn.live.open_call
    waiting = [each for each in turn.all(Queued) if each is not open_call and each.weight is not Weight.NEVER]
    for each in sorted(waiting, key=lambda each: (each.weight, each.number)):
        if turn.live.waiting.total_bytes <= bound:
            break
        turn.unqueue(each)
        turn.note("message_shed", warning=True, action=each.action, transaction=each.transaction_id)
