"""Authenticated, replay-safe frames between two processes. Pure: no socket, clock or randomness of its own.

One connection carries messages one way and acknowledgements the other way:

    acceptor  -> GREETING  magic, its instance id, a fresh nonce
    initiator -> OPEN      its nonce, its instance id, its own listening address
    initiator -> MESSAGE*  payload bytes an actor encoded (msgpack)
              -> CONTROL*  Thespian's own management messages (see transport.py for what they may hold)
    acceptor  -> ACK*      the highest sequence number it has taken over

Both directions are authenticated by HMAC-SHA256 under keys derived from the site key, both nonces and the
acceptor's instance id, so a frame recorded on one connection is worthless on every other one, and a frame for
a process that has died cannot reach whoever got its port afterwards. Sequence numbers count per pair of
processes, across connections: what a peer sends again after a lost connection is recognised and dropped.

Every length is checked before anything is allocated for it; an unauthenticated peer can make us hold at most
`MAX_OPEN` bytes. Nothing here looks into a payload.

Errors: `FrameError` with one of the `Refusal` kinds; the connection is of no further use then. Whole frames
fed together with the bad bytes are lost with it: nobody has acknowledged them, so their sender repeats them.
"""

from __future__ import annotations

import enum
import hmac
import struct
from dataclasses import dataclass
from typing import Final

MAGIC: Final = b"EVS1"
NONCE_SIZE: Final = 16
MAC_SIZE: Final = 16
MAX_PAYLOAD: Final = 16 * 1024 * 1024
MAX_OPEN: Final = 256

_GREETING: Final = struct.Struct(f">4sQ{NONCE_SIZE}s")
_HEADER: Final = struct.Struct(">BIQ")
"""Kind, payload length, sequence number."""
_OPEN: Final = struct.Struct(f">{NONCE_SIZE}sQ")
GREETING_SIZE: Final = _GREETING.size


class Kind(enum.IntEnum):
    """What a frame carries."""

    OPEN = 0
    MESSAGE = 1
    CONTROL = 2
    ACK = 3
    URGENT = 4
    """A message that is handed over before all that waits; heartbeats only."""


class Refusal(enum.StrEnum):
    """Why a peer's bytes were refused; also the name of the counter."""

    FORGED = "forged"
    OVERSIZED = "oversized"
    MALFORMED = "malformed"
    REPLAYED = "replayed"


class FrameError(Exception):
    """Bytes that are not an authentic frame of this connection."""

    def __init__(self, refusal: Refusal, detail: str) -> None:
        super().__init__(f"{refusal}: {detail}")
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Opened:
    """The peer has proved that it knows the site key."""

    instance: int
    address: str


@dataclass(frozen=True, slots=True)
class Received:
    """One authentic payload, in the order it was sent."""

    kind: Kind
    sequence: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The peer has taken over everything up to this sequence number."""

    sequence: int


@dataclass(frozen=True, slots=True)
class Greeted:
    """The acceptor said who it is; it has not proved anything yet."""

    instance: int


Event = Opened | Received | Acknowledged | Greeted


def _key(site_key: bytes, direction: bytes, greeting: bytes, opening: bytes) -> bytes:
    return hmac.digest(site_key, b"evsite frame key " + direction + greeting + opening, "sha256")


def _seal(key: bytes, kind: Kind, sequence: int, payload: bytes) -> bytes:
    frame = _HEADER.pack(kind, len(payload), sequence) + payload
    return frame + hmac.digest(key, frame, "sha256")[:MAC_SIZE]


class _Reader:
    """Cuts a byte stream into frames; holds no more than one frame of the size its owner allows."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def take(self, size: int) -> bytes | None:
        if len(self._buffer) < size:
            return None
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def peek_header(self, limit: int) -> tuple[Kind, int, int] | None:
        if len(self._buffer) < _HEADER.size:
            return None
        kind, length, sequence = _HEADER.unpack_from(self._buffer)
        if length > limit:
            raise FrameError(Refusal.OVERSIZED, f"{length} bytes announced, {limit} allowed")
        try:
            return Kind(kind), length, sequence
        except ValueError:
            raise FrameError(Refusal.MALFORMED, f"frame kind {kind}") from None

    def take_frame(self, length: int) -> tuple[bytes, bytes] | None:
        """Header and payload together, and the code that authenticates them."""
        frame = self.take(_HEADER.size + length + MAC_SIZE)
        return None if frame is None else (frame[:-MAC_SIZE], frame[-MAC_SIZE:])


def _check(key: bytes, frame: bytes, code: bytes) -> bytes:
    """The payload of an authentic frame. Raises FrameError(FORGED)."""
    if not hmac.compare_digest(hmac.digest(key, frame, "sha256")[:MAC_SIZE], code):
        raise FrameError(Refusal.FORGED, "wrong authentication code")
    return frame[_HEADER.size :]


class Acceptor:
    """The listening end of one connection: greets, opens messages, seals acknowledgements."""

    def __init__(self, site_key: bytes, instance: int, nonce: bytes) -> None:
        self._site_key = site_key
        self.greeting = _GREETING.pack(MAGIC, instance, nonce)
        self._reader = _Reader()
        self._inbound: bytes | None = None
        self._outbound = b""
        self._last = -1

    @property
    def opened(self) -> bool:
        """Whether the peer has proved that it knows the site key."""
        return self._inbound is not None

    def feed(self, data: bytes) -> list[Event]:
        """Take bytes from the peer; return what they complete. Raises FrameError."""
        self._reader.feed(data)
        events: list[Event] = []
        while (event := self._next()) is not None:
            events.append(event)
        return events

    def _next(self) -> Event | None:
        limit = MAX_PAYLOAD if self.opened else MAX_OPEN
        header = self._reader.peek_header(limit)
        if header is None:
            return None
        kind, length, sequence = header
        if (kind is Kind.OPEN) is self.opened or kind is Kind.ACK:
            raise FrameError(Refusal.MALFORMED, f"{kind.name} is not expected here")
        taken = self._reader.take_frame(length)
        if taken is None:
            return None
        return self._message(kind, sequence, *taken) if self._inbound else self._open(*taken)

    def _open(self, frame: bytes, code: bytes) -> Opened:
        if len(frame) < _HEADER.size + _OPEN.size:
            raise FrameError(Refusal.MALFORMED, "OPEN is too short")
        opening = frame[_HEADER.size : _HEADER.size + _OPEN.size]
        inbound = _key(self._site_key, b"out", self.greeting, opening)
        payload = _check(inbound, frame, code)
        self._inbound = inbound
        self._outbound = _key(self._site_key, b"back", self.greeting, opening)
        _nonce, instance = _OPEN.unpack(opening)
        return Opened(instance, payload[_OPEN.size :].decode("utf-8", "replace"))

    def _message(self, kind: Kind, sequence: int, frame: bytes, code: bytes) -> Received:
        payload = _check(self._inbound or b"", frame, code)
        if sequence <= self._last:
            raise FrameError(Refusal.REPLAYED, f"sequence {sequence} after {self._last}")
        self._last = sequence
        return Received(kind, sequence, payload)

    def acknowledge(self, sequence: int) -> bytes:
        """The sealed statement that everything up to `sequence` has been taken over."""
        return _seal(self._outbound, Kind.ACK, sequence, b"")


class Initiator:
    """The connecting end of one connection: opens it, seals messages, checks acknowledgements."""

    def __init__(self, site_key: bytes, instance: int, address: str, nonce: bytes) -> None:
        self._site_key = site_key
        self._opening = _OPEN.pack(nonce, instance)
        self._address = address.encode()
        self._reader = _Reader()
        self._outbound = b""
        self._inbound: bytes | None = None

    @property
    def greeted(self) -> bool:
        """Whether messages can be sealed."""
        return self._inbound is not None

    def feed(self, data: bytes) -> list[Event]:
        """Take bytes from the peer; return what they complete. Raises FrameError."""
        self._reader.feed(data)
        events: list[Event] = []
        while (event := self._next()) is not None:
            events.append(event)
        return events

    def _next(self) -> Event | None:
        if self._inbound is None:
            greeting = self._reader.take(_GREETING.size)
            return None if greeting is None else self._greeted(greeting)
        header = self._reader.peek_header(0)
        if header is None:
            return None
        kind, length, sequence = header
        if kind is not Kind.ACK:
            raise FrameError(Refusal.MALFORMED, f"{kind.name} is not expected here")
        taken = self._reader.take_frame(length)
        if taken is None:
            return None
        _check(self._inbound, *taken)
        return Acknowledged(sequence)

    def _greeted(self, greeting: bytes) -> Greeted:
        magic, instance, _nonce = _GREETING.unpack(greeting)
        if magic != MAGIC:
            raise FrameError(Refusal.MALFORMED, f"greeted with {magic!r}")
        self._outbound = _key(self._site_key, b"out", greeting, self._opening)
        self._inbound = _key(self._site_key, b"back", greeting, self._opening)
        return Greeted(instance)

    def open(self) -> bytes:
        """The frame that proves who we are; the first to be sent after the greeting."""
        return _seal(self._outbound, Kind.OPEN, 0, self._opening + self._address)

    def seal(self, kind: Kind, sequence: int, payload: bytes) -> bytes:
        """One message frame. Raises FrameError when the payload is larger than the peer would take."""
        if len(payload) > MAX_PAYLOAD:
            raise FrameError(Refusal.OVERSIZED, f"{len(payload)} bytes, {MAX_PAYLOAD} allowed")
        return _seal(self._outbound, kind, sequence, payload)
