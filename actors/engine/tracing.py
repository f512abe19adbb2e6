"""A trace: what the actors of a site say to one another, one JSON object a line, for people and for tests.

`enable` is called before the actor system is started, and every process inherits the trace. A command, a
reply or what is merely told is a line when it is sent, a variable when it is published, heard or not. What
the engine says to itself (starts, heartbeats, registrations) is not in it. A line is there before its message
is on its way, so causes stand before their effects, whichever processes they are in.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final

from actors.engine import envelope
from actors.engine.envelope import Kind
from actors.engine.faults import ENGINE
from protocols import codec
from protocols.message import tag_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from actors.engine.handling import Context

KINDS: Final = {Kind.TELL: "tell", Kind.REQUEST: "command", Kind.RESPONSE: "reply", Kind.PUBLISH: "variable"}


class Trace:
    """The trace of this process and of those forked from it."""

    current: ClassVar[Trace | None] = None

    def __init__(self, path: Path, clean: Callable[[Any], Any]) -> None:
        self._path, self._clean = path, clean
        self._file = self._pid = -1
        self._open()

    def sent(self, frame: bytes) -> None:
        """A frame is sent to another actor. Of a reply `replied` has told, which knows more of it."""
        letter = envelope.unpack(frame)
        tag = envelope.tag_in(letter.payload)
        if letter.kind is not Kind.RESPONSE and letter.about and not tag.startswith(ENGINE):
            self._write(letter.kind, letter.sender, letter.about, codec.decode(letter.payload), letter.id)

    def replied(self, path: str, to: Context, reply: object) -> None:
        """The actor at this path answers a request."""
        if to.about and not to.tag.startswith(ENGINE):
            self._write(Kind.RESPONSE, path, to.about, reply, to.id, to.sender)

    def published(self, path: str, name: str, variable: object) -> None:
        """A variable is published under a name by the actor at this path."""
        self._write(Kind.PUBLISH, path, name, variable, 0)

    def _write(self, kind: Kind, path: str, name: str, item: object, number: int, asker: str = "") -> None:
        line = {
            "time": datetime.now(UTC).isoformat(timespec="microseconds"),
            "from": path,
            **({"to": asker} if kind is Kind.RESPONSE else {}),
            "kind": KINDS[kind],
            "name": name,
            "tag": tag_of(type(item)),
            "content": self._clean(codec.to_plain(item)),
        }
        if number:
            line["id"] = number
        try:
            if self._pid != os.getpid():
                self._open()
            os.write(self._file, f"{json.dumps(line)}\n".encode())  # as one: other processes write there, too
        except OSError:  # a trace that cannot be written stops nobody
            return

    def _open(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._file, self._pid = os.open(self._path, flags, 0o600), os.getpid()


def enable(path: Path, clean: Callable[[Any], Any]) -> None:
    """Have the actor system that is started next leave a trace, added to the file if there is one.

    `clean` gets the content of each message as plain values and returns what of it may be seen.

    Raises OSError.
    """
    Trace.current = Trace(path, clean)


def disable() -> None:
    """Actor systems started later leave no trace."""
    Trace.current = None
