"""The bytes of one car's connection, as frames: plain or TLS, framing included. Pure.

    channel = Channel(endpoint)                 # or Channel(None) for plain TCP
    for event in channel.receive(data): ...     # b"" for the end of the stream
    channel.send(frame); to_send = channel.data_to_send()

Events: `Opened` once, then frames, `Skipped` for what nobody knows, and `Ended` as the last, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.serialization import Encoding

from actors.v2g.link.handshake_facts import facts_of
from actors.v2g.secc.exchange import Tls
from certs.tls import Edition, State, TlsBacklogError
from protocols.iso15118 import v2gtp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certs.tls import ServerEndpoint

MAX_UNSENT_BYTES: Final = 1024 * 1024
"""A car that does not read what it asked for is let go."""
VERSIONS: Final = {Edition.ISO2: "TLSv1.2", Edition.ISO20: "TLSv1.3"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The car may speak; `tls` is None on plain TCP."""

    tls: Tls | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Nothing more comes of this connection."""

    reason: str
    """Short, snake case; counted and logged."""
    detail: str = ""
    handshake: bool = False
    """Whether TLS had not been agreed on yet."""


Event = Opened | v2gtp.Frame | v2gtp.SkippedFrame | Ended


class Channel:
    """One connection."""

    def __init__(self, endpoint: ServerEndpoint | None) -> None:
        self._endpoint = endpoint
        self._reader = v2gtp.FrameReader()
        self._plain = bytearray()
        self._open = False
        self._over = False

    @property
    def is_open(self) -> bool:
        """Whether frames may be sent."""
        return self._open and not self._over

    @property
    def unsent_bytes(self) -> int:
        """What `data_to_send` has not given yet."""
        return len(self._plain) if self._endpoint is None else self._endpoint.unsent_bytes

    def start(self) -> Iterator[Event]:
        """What is known at once: plain TCP is open."""
        if self._endpoint is None:
            self._open = True
            yield Opened(tls=None)

    def receive(self, data: bytes) -> Iterator[Event]:
        """Take bytes of the car, empty for the end of its stream; give what they mean."""
        if self._over:
            return
        if self._endpoint is None:
            yield from self._frames(data)
        else:
            yield from self._receive_tls(self._endpoint, data)

    def send(self, payload_type: int, payload: bytes) -> None:
        """Protect one frame, header and payload in one piece. TlsBacklogError when the car does not read."""
        frame = v2gtp.encode(payload_type, payload)
        if self._endpoint is None:
            if len(self._plain) + len(frame) > MAX_UNSENT_BYTES:
                raise TlsBacklogError(f"{len(self._plain)} bytes are not sent yet")
            self._plain += frame
        else:
            self._endpoint.write(frame)

    def close(self) -> None:
        """Close in order; what is to be sent then is to be sent still."""
        self._over = True
        if self._endpoint is not None:
            self._endpoint.close()

    def data_to_send(self) -> bytes:
        """Bytes for the socket; each is given once."""
        if self._endpoint is not None:
            return self._endpoint.data_to_send()
        data = bytes(self._plain)
        self._plain.clear()
        return data

    def key_log_lines(self) -> tuple[str, ...]:
        """The secrets of the connection, for tests; empty on plain TCP."""
        return () if self._endpoint is None else self._endpoint.key_log_lines()

    def handshake_facts(self) -> dict[str, str | bool | None]:
        """What the TLS handshake was about, for people; empty on plain TCP."""
        return {} if self._endpoint is None else facts_of(self._endpoint)

    def _receive_tls(self, endpoint: ServerEndpoint, data: bytes) -> Iterator[Event]:
        state = endpoint.receive_data(data)
        if not self._open and (edition := endpoint.edition) is not None:
            self._open = True
            yield Opened(tls=tls_of(endpoint, edition))
        if clear := endpoint.read():
            yield from self._frames(clear)
        if self._over:
            return
        if state is State.FAILED:
            yield self._end("tls_failed", str(endpoint.failure), handshake=not self._open)
        elif state is State.CLOSED:
            yield from self._frames(b"")

    def _frames(self, data: bytes) -> Iterator[Event]:
        try:
            self._reader.receive_data(data)
            while not isinstance(event := self._reader.next_event(), v2gtp.Signal):
                yield event
            if event is v2gtp.CLOSED:
                yield self._end("closed_by_car")
        except v2gtp.RemoteProtocolError as error:
            yield self._end("framing_broken", str(error))

    def _end(self, reason: str, detail: str = "", *, handshake: bool = False) -> Ended:
        self._over = True
        return Ended(reason=reason, detail=detail, handshake=handshake)


def tls_of(endpoint: ServerEndpoint, edition: Edition) -> Tls:
    """What the core is told of a handshake that ended so."""
    peer = endpoint.peer
    chain = tuple(each.public_bytes(Encoding.DER) for each in peer.path[:-1]) if peer else ()
    return Tls(version=VERSIONS[edition], cipher=endpoint.suite or "", client_chain=chain)
