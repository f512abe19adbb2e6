"""Puts the two byte streams of a TCP connection together again from captured segments.

Retransmissions and overlaps are dropped, early segments wait their turn, up to a limit; a hole that is never
filled ends the stream with `lost` set. Sequence numbers wrap as TCP's do (RFC 9293).
"""

from __future__ import annotations

import enum
import heapq
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from protocols.iso15118.capture.network import Endpoint, Segment

MAX_WAITING_BYTES: Final = 1024 * 1024
_MODULUS: Final = 1 << 32
_HALF: Final = 1 << 31


def _ahead(sequence: int, of: int) -> int:
    """How many bytes `sequence` lies ahead of `of`; negative when it lies behind."""
    return (sequence - of + _HALF) % _MODULUS - _HALF


class Side(enum.Enum):
    """The two ends of a connection."""

    CLIENT = "client"
    """Who opened it: the car."""
    SERVER = "server"


class Direction:
    """One of the two streams: feed it segments in the order of the capture, it gives the bytes in theirs."""

    def __init__(self) -> None:
        self._initial: int | None = None
        self._position = 0
        self._waiting: list[tuple[int, bytes]] = []
        self._end: int | None = None
        self.waiting_bytes = 0
        """Bytes that wait behind a hole."""
        self.lost = False
        """A hole could not be filled; nothing more comes."""

    @property
    def ended(self) -> bool:
        """The sender has closed this stream, and everything up to there was seen."""
        return self._end is not None and self._position >= self._end

    def feed(self, segment: Segment) -> bytes:
        """Take one segment; return the bytes that now follow on those returned before."""
        start = segment.sequence + segment.syn
        if self._initial is None:
            self._initial = start
        place = self._position + _ahead(start, self._initial + self._position)
        if segment.fin:
            self._end = place + len(segment.payload)
        if self.lost or place + len(segment.payload) <= self._position:
            return b""
        heapq.heappush(self._waiting, (place, segment.payload))
        self.waiting_bytes += len(segment.payload)
        pieces = []
        while self._waiting and self._waiting[0][0] <= self._position:
            pieces.append(self._pop())
        if self.waiting_bytes > MAX_WAITING_BYTES:
            self.lost = True
            self._waiting.clear()
            self.waiting_bytes = 0
        return b"".join(pieces)

    def _pop(self) -> bytes:
        place, payload = heapq.heappop(self._waiting)
        self.waiting_bytes -= len(payload)
        new = payload[self._position - place :]
        self._position += len(new)
        return new


class Connection:
    """Both streams of one connection; `client` opened it."""

    def __init__(self, first: Segment) -> None:
        opened_by_peer = first.syn and first.ack
        self.client: Endpoint = first.destination if opened_by_peer else first.source
        self.server: Endpoint = first.source if opened_by_peer else first.destination
        self._initial = first.sequence if first.syn and not first.ack else None
        self._directions = {Side.CLIENT: Direction(), Side.SERVER: Direction()}

    def side_of(self, segment: Segment) -> Side:
        """Which end sent a segment."""
        return Side.CLIENT if segment.source == self.client else Side.SERVER

    def direction(self, side: Side) -> Direction:
        """The stream that one end sends."""
        return self._directions[side]

    def is_reopened_by(self, segment: Segment) -> bool:
        """Whether a segment of the same two endpoints opens a new connection."""
        if not segment.syn or segment.ack:
            return False
        return segment.source != self.client or segment.sequence != self._initial

    def feed(self, segment: Segment) -> bytes:
        """Take one segment of this connection; return the bytes that follow on in its direction."""
        return self._directions[self.side_of(segment)].feed(segment)


class Connections:
    """Finds for each segment of a capture the connection it belongs to."""

    def __init__(self) -> None:
        self._open: dict[tuple[Endpoint, Endpoint], Connection] = {}

    def of(self, segment: Segment) -> Connection:
        """The connection of a segment; a new one when it is the first."""
        one, other = sorted((segment.source, segment.destination))
        connection = self._open.get((one, other))
        if connection is None or connection.is_reopened_by(segment):
            connection = self._open[one, other] = Connection(segment)
        return connection
