"""The requests and answers of an evidence bundle, in the order in which the car has sent them. Pure."""

from __future__ import annotations

import dataclasses
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from actors.v2g.link import evidence_lines as lines
from protocols.iso15118 import exi

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

MAX_BYTES: Final = 64 * 1024 * 1024
"""Of messages; more is refused, as all of them are kept in memory."""
MESSAGE_BYTES: Final = 512
"""What a message costs beside its bytes."""
MAX_PAUSE_S: Final = 60.0
"""No station waits longer for a request; a record that says so was tampered with."""
MAX_NOTES: Final = 100
MAX_WAITING: Final = 16
"""Requests without an answer that an answer may be for: a car sends one after the other."""
LEFT: Final = frozenset({"closed_by_car", "connection_lost"})
"""Reasons of an end that are the car's doing: an answer may be missing because of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One request of the car, and what was answered."""

    request: lines.Message
    pause_s: float
    """Since the answer before it, or since the request before it where that had none."""
    answer: lines.Message | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A recorded talk."""

    steps: tuple[Step, ...]
    talk: Mapping[str, Any] = field(default_factory=dict)
    """The members of its first line."""
    tls_version: str | None = None
    """None on plain TCP."""
    namespace: str | None = None
    """What was agreed on."""
    open_end: bool = False
    """The last answer may be missing though there was one: the car has left, or the record breaks off."""
    notes: tuple[str, ...] = ()
    """What of the talk cannot be played."""


class Recording:
    """Takes the lines of a bundle one by one."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._waiting: deque[int] = deque(maxlen=MAX_WAITING)
        self._last: datetime | None = None
        self._notes: list[str] = []
        self._size = 0
        self._over = False
        self._left = True
        self._facts: dict[str, lines.Fact] = {}
        self._namespace: str | None = None

    def take(self, one: lines.Fact | lines.Message) -> None:
        """One line. EvidenceError where there are too many."""
        if isinstance(one, lines.Message):
            self._size += len(one.payload) + MESSAGE_BYTES
            if self._size > MAX_BYTES:
                raise lines.EvidenceError(one.line, f"more than {MAX_BYTES} bytes of messages")
            if not self._over:
                self._look_at(one)
                self._message(dataclasses.replace(one, message=None))
        elif one.kind == "gap":
            self._over = True
            self._note(f"line {one.line}: messages are missing here; what follows is not replayed")
        elif one.kind in ("skipped", "fault") and not self._over:
            self._note(f"line {one.line}: what the car sent was no message; it is not replayed")
        elif one.kind == "end":
            self._left = str(one.members.get("reason")) in LEFT
            self._facts[one.kind] = one
        else:
            self._facts.setdefault(one.kind, one)

    def _look_at(self, one: lines.Message) -> None:
        if one.name == "SessionSetupReq":
            _name, header, _content = lines.parts(exi.to_json(one.message))
            if str(header.get("SessionID", "")).strip("0"):
                self._note(f"line {one.line}: joins a session that a station knows only from then")
        elif one.sender == lines.CAR and one.error is not None:
            self._note(f"line {one.line}: no message, sent as it was: {one.error}")

    def _message(self, one: lines.Message) -> None:
        self._namespace = self._namespace or one.protocol
        if one.sender == lines.CAR:
            pause_s = (one.time - self._last).total_seconds() if self._last else 0.0
            pause_s = min(MAX_PAUSE_S, max(0.0, pause_s))
            self._waiting.append(len(self._steps))
            self._steps.append(Step(request=one, pause_s=pause_s, answer=None))
        else:
            self._answer(one)
        self._last = one.time

    def _answer(self, one: lines.Message) -> None:
        """To the request it is made for, or else to the first that has none."""
        fitting = [place for place in self._waiting if _answers(one.name, self._steps[place].request.name)]
        for place in [*fitting, *self._waiting][:1]:
            self._steps[place] = dataclasses.replace(self._steps[place], answer=one)
            self._waiting.remove(place)
            return
        self._note(f"line {one.line}: nobody had asked for {one.name or 'this'}")

    def _note(self, text: str) -> None:
        if len(self._notes) < MAX_NOTES:
            self._notes.append(text)

    def finish(self) -> Record:
        """The record. EvidenceError without a single request."""
        if not self._steps:
            raise lines.EvidenceError(1, "the car has not sent a single message")
        if "end" not in self._facts:
            self._note("the record breaks off: its end is missing")
        tls = self._facts.get("tls")
        return Record(
            steps=tuple(self._steps),
            talk=self._facts["talk"].members,
            tls_version=str(tls.members.get("version")) if tls is not None else None,
            namespace=self._namespace,
            open_end=self._left or self._over,
            notes=tuple(self._notes),
        )


def read(raw: Iterable[bytes]) -> Record:
    """The record in the lines of a bundle. EvidenceError names the line that is damaged."""
    recording = Recording()
    for one in lines.read(raw):
        recording.take(one)
    return recording.finish()


def _answers(answer: str, request: str) -> bool:
    return bool(request) and answer.removesuffix("Res") == request.removesuffix("Req")
