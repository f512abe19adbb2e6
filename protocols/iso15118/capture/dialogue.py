"""Finds the V2G dialogue in captured packets: SDP, supportedAppProtocol, and every message after it.

A connection is followed if its first bytes are V2GTP, in the clear or under TLS that the key log opens.
The schema of a message follows from the protocol that car and station agreed on; where that was not seen,
the message is guessed (`guess`), and a guess that finds DIN or -2 holds for the rest of the connection.
What cannot be read becomes an entry with `error`; nothing is raised.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from protocols.iso15118 import guess, sdp, v2gtp
from protocols.iso15118.capture.agreement import Agreement
from protocols.iso15118.capture.network import Datagram, Segment, parse
from protocols.iso15118.capture.tcp import Connections, Side
from protocols.iso15118.capture.tls import TlsReader, looks_like_tls

if TYPE_CHECKING:
    from datetime import datetime

    from protocols.iso15118.capture.keylog import KeyLog
    from protocols.iso15118.capture.network import Endpoint
    from protocols.iso15118.capture.packets import Packet
    from protocols.iso15118.capture.tcp import Connection

_V2GTP: Final = bytes((v2gtp.VERSION, v2gtp.INVERSE_VERSION))
_ENOUGH: Final = 2
"""Bytes that tell V2GTP and TLS from anything else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message of the dialogue, or what went wrong in its place."""

    time: datetime
    source: Endpoint
    destination: Endpoint
    transport: str
    """UDP, TCP or TLS."""
    protocol: v2gtp.Protocol | None = None
    payload_type: int | None = None
    schema: str | None = None
    payload: bytes = field(default=b"", repr=False)
    message: Any = None
    """The decoded message, or an SDP message."""
    error: str | None = None


class Dialogue:
    """Feed it the packets of a capture in order; it gives the entries that each of them completes."""

    def __init__(self, secrets: KeyLog) -> None:
        self._secrets = secrets
        self._connections = Connections()
        self._links: dict[Connection, _Link] = {}

    def feed(self, packet: Packet) -> list[Entry]:
        """Take one packet; return the entries it completes."""
        found = parse(packet)
        if isinstance(found, Datagram):
            return _discovery(packet.time, found)
        if isinstance(found, Segment):
            connection = self._connections.of(found)
            link = self._links.get(connection)
            if link is None:
                link = self._links[connection] = _Link(connection, self._secrets)
            return link.feed(packet.time, found)
        return []

    def finish(self) -> list[Entry]:
        """What was still missing when the capture ended."""
        return [entry for link in self._links.values() for entry in link.finish()]


def _discovery(time: datetime, datagram: Datagram) -> list[Entry]:
    if sdp.PORT not in (datagram.source.port, datagram.destination.port):
        return []
    message: sdp.Message | None = None
    error = None
    try:
        message = sdp.decode(datagram.payload)
    except v2gtp.RemoteProtocolError as problem:
        error = str(problem)
    return [
        Entry(
            time=time,
            source=datagram.source,
            destination=datagram.destination,
            transport="UDP",
            payload_type=message.payload_type if message is not None else None,
            payload=datagram.payload,
            message=message,
            error=error,
        )
    ]


class _Link:
    """One TCP connection, from segments to messages."""

    def __init__(self, connection: Connection, secrets: KeyLog) -> None:
        self._connection = connection
        self._secrets = secrets
        self._held: dict[Side, bytes] = {}
        self._is_v2g: bool | None = None
        self._tls: TlsReader | None = None
        self._readers: dict[Side, v2gtp.FrameReader | None] = {side: v2gtp.FrameReader() for side in Side}
        self._agreement = Agreement()
        self._time: datetime | None = None

    def feed(self, time: datetime, segment: Segment) -> list[Entry]:
        """Take one segment; return the entries it completes."""
        self._time = time
        side = self._connection.side_of(segment)
        data = self._connection.feed(segment)
        if not data or (self._is_v2g is False and self._tls is None):
            return []
        data = self._held.pop(side, b"") + data
        if self._tls is None and self._is_v2g is None:
            if len(data) < _ENOUGH:
                self._held[side] = data
                return []
            if looks_like_tls(data):
                self._tls = TlsReader(self._secrets)
        if self._tls is None:
            return self._plain(time, side, data)
        return self._secured(self._tls, time, side, data)

    def _secured(self, tls: TlsReader, time: datetime, side: Side, data: bytes) -> list[Entry]:
        failed = tls.error is not None
        entries = []
        for sender, plain in tls.feed(side, data):
            entries += self._plain(time, sender, plain)
        if tls.error is not None and not failed:
            entries.append(self._entry(time, side, error=f"TLS: {tls.error}"))
        return entries

    def _plain(self, time: datetime, side: Side, data: bytes) -> list[Entry]:
        if self._is_v2g is None:
            self._is_v2g = _V2GTP.startswith(data[:_ENOUGH])
        reader = self._readers[side]
        if not self._is_v2g or reader is None:
            return []
        entries = []
        try:
            reader.receive_data(data)
            while not isinstance(event := reader.next_event(), v2gtp.Signal):
                entries.append(self._frame(time, side, event))
        except v2gtp.RemoteProtocolError as error:
            self._readers[side] = None
            entries.append(self._entry(time, side, error=f"V2GTP: {error}"))
        return entries

    def _frame(self, time: datetime, side: Side, event: v2gtp.Frame | v2gtp.SkippedFrame) -> Entry:
        if isinstance(event, v2gtp.SkippedFrame):
            error = f"a payload of {event.length} bytes of unknown type"
            return self._entry(time, side, payload_type=event.payload_type, error=error)
        before = self._agreement.protocol
        facts: dict[str, Any] = {"payload_type": int(event.payload_type), "payload": event.payload}
        if not self._agreement.candidates(event.payload_type):
            return self._entry(time, side, error="this payload type has no place on TCP", **facts)
        try:
            found = self._agreement.read(event.payload_type, event.payload)
        except guess.UnknownMessageError as error:
            schema = next(iter(error.reasons), None)
            return self._entry(time, side, schema=schema, error=str(error), **facts)
        protocol = before if before or found.schema == "app_protocol" else self._agreement.protocol
        return self._entry(time, side, protocol, schema=found.schema, message=found.message, **facts)

    def finish(self) -> list[Entry]:
        """What was still missing at the end."""
        if self._time is None or not (self._is_v2g or self._tls is not None):
            return []
        entries = []
        for side in Side:
            direction, reader = self._connection.direction(side), self._readers[side]
            if direction.lost or direction.waiting_bytes:
                entries.append(
                    self._entry(self._time, side, error="TCP: segments are missing in the capture")
                )
            elif reader is not None and reader.pending_bytes:
                what = "sender stops" if direction.ended else "capture ends"
                problem = f"V2GTP: the {what} in a frame, after {reader.pending_bytes} bytes"
                entries.append(self._entry(self._time, side, error=problem))
        return entries

    def _entry(
        self,
        time: datetime,
        side: Side,
        protocol: v2gtp.Protocol | None = None,
        **facts: Any,
    ) -> Entry:
        ends = (self._connection.client, self._connection.server)
        source, destination = ends if side is Side.CLIENT else ends[::-1]
        transport = "TCP" if self._tls is None else "TLS"
        return Entry(
            time=time, source=source, destination=destination, transport=transport, protocol=protocol, **facts
        )
