"""One CALL each way at a time, over whatever connection there is (2.1 part 4, sections 4.1 to 4.4). Pure.

Ours: `call` sends one if none is open, and `Settle` says what became of it. Its answer is found by its id;
answers that come late, twice or to nobody are counted and thrown away. A call that is asked for again while
it is open, or after its answer has come, is not sent again.

The CSMS's: its payload is checked, then `Deliver` gives it to the charge point, and `answer` sends what that
says. Further calls wait meanwhile, at most `MAX_QUEUED`. A call that comes again under the same id is not
delivered again: it is answered once, or with the same answer once more. What breaks the rules is refused with
the code that the agreed version has for it, under the id -1 where its own could not be read.

One file because an id is looked up in both directions, and nothing of it makes sense alone.
"""

from __future__ import annotations

import json
import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from actors.ocpp.link.blotting import shown, shown_garbage
from actors.ocpp.link.troubles import printable
from actors.ocpp.messages import Call, CalledReply, CallReply, Outcome
from protocols.ocpp import frames, schemas
from protocols.ocpp.errors import MAX_DESCRIPTION, Code, RefusalError, wire_code
from protocols.ocpp.projection import project
from protocols.ocpp.version import Version

if TYPE_CHECKING:
    from protocols.message import Reply
    from protocols.ocpp.frames import Frame, Payload

MAX_QUEUED: Final = 16
"""Calls of the CSMS that wait for the one in hand; it should have none but that one."""
MAX_DEPTH: Final = 64
"""A payload that is nested deeper is not looked at; those of OCPP stay below ten."""
REMEMBERED: Final = 32
"""Ids by which answers that come twice, or late, are told from those that nobody asked for."""
_NO_CALL: Final = re.compile(r"\s*\[\s*[3456]\b")
"""How a frame begins that is not to be answered, whatever else is wrong with it."""


@dataclass(frozen=True, slots=True)
class Transmit:
    """Send this text; `shown` is what logs may have of it."""

    text: str
    shown: str


@dataclass(frozen=True, slots=True)
class Seen:
    """This was received, as logs may have it."""

    shown: str


@dataclass(frozen=True, slots=True)
class Opened:
    """Our call went out: say `expired` when no answer comes in time."""

    message_id: str


@dataclass(frozen=True, slots=True)
class Settle:
    """What became of our call."""

    message_id: str
    reply: CallReply


@dataclass(frozen=True, slots=True)
class Deliver:
    """Ask the charge point; say `answer` then."""

    message_id: str
    action: str
    payload: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something to be counted under this name."""

    event: str
    detail: str = ""
    invalid: bool = False
    """OCPP has a security event for it: InvalidMessages."""


Effect = Transmit | Seen | Opened | Settle | Deliver | Note


class Rpc:
    """Both directions of one station's conversation."""

    def __init__(self) -> None:
        self.version: Version | None = None
        """What the present connection speaks; None without one."""
        self._open: Call | None = None
        self._last: tuple[str, CallReply] | None = None
        """The call that was answered last; a refusal is no answer."""
        self._settled: deque[str] = deque(maxlen=REMEMBERED)
        self._given_up: deque[str] = deque(maxlen=REMEMBERED)
        self._in_hand: frames.Call | None = None
        self._waiting: deque[frames.Call] = deque()
        self._told: tuple[frames.Call, Transmit] | None = None
        """The call of the CSMS that was answered last, and how."""

    @property
    def open_id(self) -> str | None:
        """The id of our call that waits for its answer."""
        return self._open.message_id if self._open is not None else None

    def begin(self, version: Version) -> None:
        """There is a connection."""
        self.version = version

    def end(self) -> list[Effect]:
        """There is none any more: what was open is lost, what the CSMS asked is forgotten."""
        self.version = self._in_hand = self._told = None
        self._waiting.clear()
        if self._open is None:
            return []
        return [self._give_up(CallReply(outcome=Outcome.LOST, description="the connection ended"))]

    # -- ours ------------------------------------------------------------------------------------------------

    def call(self, wish: Call) -> list[Effect]:
        """Send a call, or say why not. Without any effect: it is open already."""
        if wish.message_id == self.open_id:
            return []
        if self._last is not None and wish.message_id == self._last[0]:
            return [Settle(*self._last)]
        if self.version is None or self._open is not None:
            why = "there is no connection" if self.version is None else "another call is open"
            return [Settle(wish.message_id, CallReply(outcome=Outcome.NOT_SENT, description=why))]
        try:
            frame, answered = self._made(wish, self.version)
            transmit = self._transmit(frame)
        except RefusalError as refusal:
            reply = _failed(Outcome.UNSENDABLE, refusal)
            return [Settle(wish.message_id, reply), Note("call_invalid", str(refusal))]
        if not answered:
            return [transmit, Settle(wish.message_id, CallReply(outcome=Outcome.ANSWERED))]
        self._open = wish
        return [transmit, Opened(wish.message_id)]

    def expired(self) -> list[Effect]:
        """No answer has come in time."""
        if self._open is None:
            return []
        detail = self._open.action
        settle = self._give_up(CallReply(outcome=Outcome.TIMEOUT, description="no answer in time"))
        return [settle, Note("call_timed_out", detail)]

    def _made(self, wish: Call, version: Version) -> tuple[Frame, bool]:
        """The frame of a call, and whether it is answered. RefusalError."""
        if not 0 < len(wish.message_id) <= frames.MAX_MESSAGE_ID:
            raise RefusalError(Code.RPC_FRAMEWORK_ERROR, "a message id of our own that nobody takes")
        payload = _fitted(version, wish.action, wish.payload, answer=False)
        if _is_answered(version, wish.action):
            return frames.Call(wish.message_id, wish.action, payload), True
        return frames.Send(wish.message_id, wish.action, payload), False

    def _give_up(self, reply: CallReply) -> Settle:
        assert self._open is not None
        message_id, self._open = self._open.message_id, None
        self._given_up.append(message_id)
        return Settle(message_id, reply)

    def _settle(self, reply: CallReply) -> Settle:
        assert self._open is not None
        message_id, self._open = self._open.message_id, None
        self._settled.append(message_id)
        if reply.outcome is Outcome.ANSWERED:  # what was refused is asked for again to be sent again (E13)
            self._last = message_id, reply
        return Settle(message_id, reply)

    # -- the CSMS's ------------------------------------------------------------------------------------------

    def received(self, data: bytes) -> list[Effect]:
        """A message has come."""
        if self.version is None:
            return []
        text = data.decode("utf-8", "replace")
        try:
            data.decode()  # JSON in another encoding is none here
            frame = frames.parse(text, self.version)
        except UnicodeDecodeError:
            return self._malformed(text, RefusalError(Code.RPC_FRAMEWORK_ERROR, "no UTF-8"))
        except RefusalError as refusal:
            return self._malformed(text, refusal)
        if _is_too_deep(getattr(frame, "payload", None) or getattr(frame, "details", {})):
            problem = f"nested deeper than {MAX_DEPTH}"
            return self._malformed(text, RefusalError(Code.FORMAT_VIOLATION, problem, frame.message_id))
        return [Seen(shown(frame, text)), *self._understood(frame, self.version)]

    def answer(self, message_id: str, reply: Reply) -> list[Effect]:
        """What the charge point says to the call in hand; what is no `CalledReply` means that it failed."""
        call, version = self._in_hand, self.version
        if call is None or version is None or call.message_id != message_id:
            return []
        self._in_hand = None
        notes: list[Effect] = []
        try:
            transmit = self._transmit(_answering(call, reply, version))
        except RefusalError as refusal:
            problem = RefusalError(Code.INTERNAL_ERROR, "the station could not answer")
            transmit = self._transmit(frames.error(message_id, problem, version))
            notes.append(Note("answer_invalid", f"{call.action}: {refusal}"))
        self._told = call, transmit
        return [*notes, transmit, *self._next()]

    def _understood(self, frame: Frame, version: Version) -> list[Effect]:
        match frame:
            case frames.Call():
                return self._asked(frame, version)
            case frames.CallResult():
                return self._result(frame, version)
            case frames.CallError():
                return self._error(frame)
            case frames.CallResultError():
                return [Note("answer_not_understood", _word(frame.code))]
            case _:
                return [Note("send_ignored")]

    def _asked(self, call: frames.Call, version: Version) -> list[Effect]:
        if (again := self._repeated(call, version)) is not None:
            return again
        try:
            schemas.check_received(version, call.action, call.payload)
        except RefusalError as refusal:
            return self._refuse(call, refusal, version, "call_refused", invalid=True)
        if len(self._waiting) >= MAX_QUEUED:
            crowded = RefusalError(Code.GENERIC_ERROR, "too many calls at a time")
            return self._refuse(call, crowded, version, "too_many_calls")
        self._waiting.append(call)
        return self._next()

    def _refuse(
        self, call: frames.Call, refusal: RefusalError, version: Version, event: str, *, invalid: bool = False
    ) -> list[Effect]:
        transmit = self._transmit(frames.error(call.message_id, refusal, version))
        return [transmit, Note(event, f"{_word(call.action)}: {refusal.problem}", invalid=invalid)]

    def _repeated(self, call: frames.Call, version: Version) -> list[Effect] | None:
        """What to do with a call whose id is known; None: it is not."""
        pending = (self._in_hand, *self._waiting)
        if any(each is not None and each.message_id == call.message_id for each in pending):
            return [Note("call_repeated", _word(call.action))]
        if self._told is None or self._told[0].message_id != call.message_id:
            return None
        if self._told[0] == call:
            return [Note("call_repeated", _word(call.action)), self._told[1]]
        refusal = RefusalError(Code.RPC_FRAMEWORK_ERROR, "this message id was used before")
        return self._refuse(call, refusal, version, "id_reused")

    def _next(self) -> list[Effect]:
        """Give the charge point what is next, if it has nothing in hand."""
        if self._in_hand is not None or not self._waiting:
            return []
        call = self._in_hand = self._waiting.popleft()
        return [Deliver(call.message_id, call.action, _text(call.payload))]

    def _result(self, frame: frames.CallResult, version: Version) -> list[Effect]:
        if self._open is None or frame.message_id != self._open.message_id:
            return [self._stray(frame.message_id)]
        action = self._open.action
        try:
            schemas.check_received(version, action, frame.payload, answer=True)
        except RefusalError as refusal:
            effects: list[Effect] = [self._settle(_failed(Outcome.INVALID, refusal))]
            if version is Version.V21:
                code = wire_code(refusal.code, version)
                complaint = frames.CallResultError(frame.message_id, code, refusal.problem[:MAX_DESCRIPTION])
                effects.insert(0, self._transmit(complaint))
            return [*effects, Note("result_invalid", f"{action}: {refusal}", invalid=True)]
        return [self._settle(CallReply(outcome=Outcome.ANSWERED, payload=_text(frame.payload)))]

    def _error(self, frame: frames.CallError) -> list[Effect]:
        if self._open is None or frame.message_id != self._open.message_id:
            return [self._stray(frame.message_id)]
        action = self._open.action
        code, description = frame.code[:MAX_DESCRIPTION], frame.description[:MAX_DESCRIPTION]
        reply = CallReply(outcome=Outcome.REFUSED, code=code, description=description)
        return [self._settle(reply), Note("call_was_refused", f"{action}: {_word(code)}")]

    def _stray(self, message_id: str) -> Note:
        """An answer to no open call."""
        if message_id in self._given_up:
            return Note("answer_late")
        return Note("answer_repeated" if message_id in self._settled else "answer_unknown")

    def _malformed(self, text: str, refusal: RefusalError) -> list[Effect]:
        assert self.version is not None
        note = Note("frame_malformed", str(refusal), invalid=True)
        if _NO_CALL.match(text) and refusal.code is not Code.MESSAGE_TYPE_NOT_SUPPORTED:
            return [Seen(shown_garbage(text)), note]  # an answer to an answer would never end
        reply = self._transmit(frames.error(None, refusal, self.version))
        return [Seen(shown_garbage(text)), reply, note]

    def _transmit(self, frame: Frame) -> Transmit:
        """RefusalError for a frame that is too large, or holds what is no JSON."""
        assert self.version is not None
        try:
            text = frames.encode(frame, self.version)
        except ValueError as error:
            raise RefusalError(Code.INTERNAL_ERROR, f"cannot be written: {error}") from None
        if len(text) > frames.MAX_FRAME_BYTES:
            raise RefusalError(Code.INTERNAL_ERROR, f"longer than {frames.MAX_FRAME_BYTES} bytes")
        return Transmit(text, shown(frame, text))


def _answering(call: frames.Call, reply: Reply, version: Version) -> Frame:
    """The frame that answers a call. RefusalError when the charge point's answer is none."""
    if not isinstance(reply, CalledReply):
        raise RefusalError(Code.INTERNAL_ERROR, f"{type(reply).__name__} of the charge point")
    if reply.code:
        if reply.code not in frozenset(Code):
            raise RefusalError(Code.INTERNAL_ERROR, "a code that does not exist")
        return frames.error(call.message_id, RefusalError(Code(reply.code), reply.description), version)
    return frames.CallResult(call.message_id, _fitted(version, call.action, reply.payload, answer=True))


def _fitted(version: Version, action: str, text: str, *, answer: bool) -> Payload:
    """A payload of ours as the version has it, checked. RefusalError."""
    try:
        payload: Payload = json.loads(text)
    except (ValueError, RecursionError):
        raise RefusalError(Code.INTERNAL_ERROR, "no JSON of our own") from None
    if not isinstance(payload, dict):
        raise RefusalError(Code.INTERNAL_ERROR, "no object of our own")
    if version is Version.V201:
        try:
            payload = project(version, action, payload, answer=answer)
        except KeyError:
            raise RefusalError(Code.NOT_IMPLEMENTED, f"{version.value} has no such action") from None
    schemas.check(version, action, payload, answer=answer)
    return payload


def _is_answered(version: Version, action: str) -> bool:
    """Whether anybody answers this action; what is sent by SEND nobody does."""
    try:
        schemas.schema(version, action, answer=True)
    except KeyError:
        return False
    return True


def _is_too_deep(value: Payload) -> bool:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        below = [one for each in level for one in (each.values() if isinstance(each, dict) else each)]
        level = [each for each in below if isinstance(each, dict | list)]
        if not level:
            return False
    return True


def _word(text: str) -> str:
    """A word of the peer's, for logs."""
    return printable(text[:40])


def _failed(outcome: Outcome, refusal: RefusalError) -> CallReply:
    return CallReply(outcome=outcome, code=refusal.code.value, description=refusal.problem)


def _text(payload: Payload) -> str:
    return json.dumps(payload, separators=(",", ":"))
