"""What a talk leaves behind: takes what passes, gives the pieces of the bundle's files. Pure.

    recorder = Recorder(ends, facts, limits, now)
    recorder.passed(Side.CLIENT, data, now); recorder.event(frame, now)     # cheap: only kept
    for chunk in recorder.work(2): ...                                      # here it is decoded

So the link keeps while it has a car to answer, and works when it has not. What a car can make it keep is
bounded, and so is each file: after that only the last messages are held back, for the end of the file.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from actors.v2g.link import evidence_lines as lines
from actors.v2g.link.channel import Ended, Opened
from protocols.iso15118 import exi, guess, v2gtp
from protocols.iso15118.capture.agreement import Agreement
from protocols.iso15118.capture.synthesis import FILE_HEADER, Stream
from protocols.iso15118.capture.tcp import Side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from actors.v2g.link.channel import Event
    from actors.v2g.secc.exchange import Note, Tls
    from protocols.iso15118.capture.network import Endpoint

MAX_PENDING_BYTES: Final = 2 * 1024 * 1024
"""What may be kept and not worked on yet; a car that says more in so short a time is not recorded whole."""
MAX_DECODED_BYTES: Final = 64 * 1024
"""A larger payload is recorded as it is; whoever reads the bundle decodes it."""
TAIL_MESSAGES: Final = 50
TAIL_BYTES: Final = 1024 * 1024
"""The messages held back for the end of a file that is full."""
ITEM_BYTES: Final = 256
"""What keeping anything costs, whatever its size."""
_SENDERS: Final = {Side.CLIENT: lines.CAR, Side.SERVER: lines.STATION}


class Chunk(NamedTuple):
    """A piece of a file, whole lines or whole packets."""

    file: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What goes into a bundle, and how much."""

    file_bytes: int = 16 * 1024 * 1024
    """Of each file; the end of the talk is written all the same."""
    in_full: bool = True
    """Whether the lines have the decoded messages; their bytes they always have."""
    keys: bool = False
    """Whether TLS secrets may be written: somebody has asked for a key log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    side: Side
    payload_type: int
    payload: bytes
    time: datetime
    took_ms: float | None


class Recorder:
    """One talk. `ends`: car and station; `facts`: what is known of the talk before its first byte."""

    def __init__(
        self, ends: tuple[Endpoint, Endpoint], facts: Mapping[str, Any], limits: Limits, now: datetime
    ) -> None:
        self._limits = limits
        self._stream: Stream | None = Stream(*ends)
        self._agreement = Agreement()
        self._pending: deque[tuple[int, Callable[[], Iterable[Chunk]]]] = deque()
        self._pending_bytes = 0
        self._written = dict.fromkeys(lines.FILES, 0)
        self._tail: deque[_Frame] = deque(maxlen=TAIL_MESSAGES)
        self._tail_bytes = self._missing = 0
        self._holding = False
        """Messages are held back from here on: one before them is missing, or the file is full."""
        self._asked_at: datetime | None = None
        self.over = False
        """Whether the talk has ended; nothing more is kept."""
        members = {"format": lines.FORMAT, "car": str(ends[0]), "station": str(ends[1]), **facts}
        self._keep(0, lambda: self._begun(members, now))

    @property
    def pending(self) -> int:
        """How much there is to work on."""
        return len(self._pending)

    # What passes

    def passed(self, side: Side, data: bytes, now: datetime) -> None:
        """Bytes on the wire."""
        if not data or self._stream is None:
            return
        if not self._keep(len(data), lambda: self._packets(lambda stream: stream.said(side, data, now))):
            self._stream = None  # a stream with a hole in it is read by nobody

    def event(self, event: Event, now: datetime) -> None:
        """What the car's bytes have meant."""
        match event:
            case Opened(tls=tls) if tls is not None:
                self._keep(0, lambda: self._line("tls", now, _of_tls(tls)))
            case v2gtp.Frame():
                self._asked_at = now
                self._frame(
                    _Frame(
                        side=Side.CLIENT,
                        payload_type=int(event.payload_type),
                        payload=event.payload,
                        time=now,
                        took_ms=None,
                    )
                )
            case v2gtp.SkippedFrame():
                self._fact("skipped", now, {"payload_type": _hex(event.payload_type), "bytes": event.length})
            case Ended() if event.reason != "closed_by_car":
                self._fact("fault", now, {"reason": event.reason, "detail": event.detail})

    def answered(self, payload_type: int, payload: bytes, now: datetime) -> None:
        """A frame of the station."""
        took = (now - self._asked_at).total_seconds() * 1000 if self._asked_at else None
        self._asked_at = None
        self._frame(
            _Frame(
                side=Side.SERVER,
                payload_type=payload_type,
                payload=payload,
                time=now,
                took_ms=round(took, 3) if took is not None else None,
            )
        )

    def noted(self, note: Note, now: datetime) -> None:
        """Something the session has written down."""
        self._fact("note", now, {"event": note.event, "level": str(note.level), "facts": dict(note.facts)})

    def keys(self, secrets: Iterable[str]) -> None:
        """Lines of a TLS key log; left out where nobody has asked for one."""
        text = "".join(f"{line}\n" for line in secrets).encode()
        if text and self._limits.keys:
            self._keep(len(text), lambda: self._chunk(lines.KEYS, text))

    def end(self, reason: str, now: datetime, facts: Callable[[], Mapping[str, Any]]) -> None:
        """The talk is over. `facts` gives what is known of it then, and is called while working."""
        if not self.over:
            self._pending.append((0, lambda: self._ended(reason, now, facts())))
            self.over = True

    def _fact(self, kind: str, now: datetime, members: Mapping[str, Any]) -> None:
        def write() -> Iterable[Chunk]:
            return self._line(kind, now, members) if self._has_room else ()

        self._keep(len(str(members)), write)

    def _frame(self, frame: _Frame) -> None:
        if not self._keep(len(frame.payload), lambda: self._message(frame)):
            if not self._missing:
                self._pending.append((0, self._hold))
            self._missing += 1

    def _keep(self, size: int, action: Callable[[], Iterable[Chunk]]) -> bool:
        size += ITEM_BYTES
        if self.over or self._pending_bytes + size > MAX_PENDING_BYTES:
            return False
        self._pending.append((size, action))
        self._pending_bytes += size
        return True

    # Work

    def work(self, count: int) -> list[Chunk]:
        """Work on at most so many of what was kept."""
        chunks: list[Chunk] = []
        for _ in range(min(count, len(self._pending))):
            size, action = self._pending.popleft()
            self._pending_bytes -= size
            chunks += action()
        return chunks

    def _begun(self, members: Mapping[str, Any], now: datetime) -> Iterable[Chunk]:
        yield from self._line("talk", now, members)
        yield from self._chunk(lines.PACKETS, FILE_HEADER)
        yield from self._packets(lambda stream: stream.opened(now))

    def _packets(self, make: Callable[[Stream], bytes]) -> Iterable[Chunk]:
        if self._stream is not None:
            data = make(self._stream)
            if self._written[lines.PACKETS] + len(data) > self._limits.file_bytes:
                self._stream = None
            else:
                yield from self._chunk(lines.PACKETS, data)

    def _line(self, kind: str, now: datetime, members: Mapping[str, Any]) -> Iterable[Chunk]:
        return self._chunk(lines.LINES, lines.of(kind, now, members))

    @property
    def _has_room(self) -> bool:
        return self._written[lines.LINES] < self._limits.file_bytes

    def _chunk(self, file: str, data: bytes) -> Iterable[Chunk]:
        self._written[file] += len(data)
        yield Chunk(file, data)

    def _message(self, frame: _Frame) -> Iterable[Chunk]:
        if self._holding or not self._has_room:
            self._hold_back(frame)
            return ()
        return self._written_message(frame)

    def _hold(self) -> Iterable[Chunk]:
        self._holding = True
        return ()

    def _written_message(self, frame: _Frame) -> Iterable[Chunk]:
        members = self._members(frame)
        line = lines.of("message", frame.time, members)
        if len(line) > lines.MAX_LINE_BYTES:  # a few bytes of EXI may mean many of JSON
            members.pop("message", None)
            line = lines.of("message", frame.time, members)
        return self._chunk(lines.LINES, line)

    def _hold_back(self, frame: _Frame) -> None:
        self._holding = True
        self._missing += 1
        if len(self._tail) == TAIL_MESSAGES:
            self._tail_bytes -= len(self._tail.popleft().payload)
        self._tail.append(frame)
        self._tail_bytes += len(frame.payload)
        while self._tail_bytes > TAIL_BYTES:
            self._tail_bytes -= len(self._tail.popleft().payload)

    def _ended(self, reason: str, now: datetime, facts: Mapping[str, Any]) -> Iterable[Chunk]:
        if self._missing:
            at = self._tail[0].time if self._tail else now
            yield from self._line("gap", at, {"messages": self._missing - len(self._tail)})
            for frame in self._tail:
                yield from self._written_message(frame)
        whole = self._stream is not None
        yield from self._packets(lambda stream: _farewell(stream, reason, now))
        yield from self._line("end", now, {"reason": reason, "packets_whole": whole, **facts})

    def _members(self, frame: _Frame) -> dict[str, Any]:
        """The members of a message's line."""
        members: dict[str, Any] = {
            "from": _SENDERS[frame.side],
            "payload_type": _hex(frame.payload_type),
        }
        if frame.took_ms is not None:
            members["took_ms"] = frame.took_ms
        if len(frame.payload) > MAX_DECODED_BYTES:
            candidates = self._agreement.candidates(frame.payload_type)
            members["schema" if len(candidates) == 1 else "error"] = (
                candidates[0] if len(candidates) == 1 else "too large to be guessed"
            )
        else:
            self._decode(frame, members)
        members["exi_hex"] = frame.payload.hex()
        return members

    def _decode(self, frame: _Frame, members: dict[str, Any]) -> None:
        try:
            found = self._agreement.read(frame.payload_type, frame.payload)
        except guess.UnknownMessageError as error:
            members["error"] = str(error)
            return
        tree = exi.to_json(found.message)
        name, _header, content = lines.parts(tree)
        if found.schema != "app_protocol":
            members["protocol"] = self._agreement.namespace or self._agreement.protocol
        members |= {"schema": found.schema, "name": name}
        if "ResponseCode" in content:
            members["code"] = content["ResponseCode"]
        if self._limits.in_full:
            members["message"] = tree


def _farewell(stream: Stream, reason: str, now: datetime) -> bytes:
    """How the connection has ended."""
    if reason == "connection_lost":
        return stream.broken(Side.CLIENT, now)
    return stream.ended(Side.CLIENT if reason == "closed_by_car" else Side.SERVER, now)


def _hex(payload_type: int) -> str:
    return f"{payload_type:#06x}"


def _of_tls(tls: Tls) -> dict[str, Any]:
    """What was agreed on, and who the car has shown itself to be."""
    members: dict[str, Any] = {"version": tls.version, "cipher": tls.cipher}
    if tls.client_chain:
        leaf = x509.load_der_x509_certificate(tls.client_chain[0])
        members["subject"] = leaf.subject.rfc4514_string()
        members["fingerprint_sha256"] = leaf.fingerprint(hashes.SHA256()).hex()
    return members
