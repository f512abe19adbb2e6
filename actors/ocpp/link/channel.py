"""One connection to the CSMS as bytes: TLS, the upgrade of HTTP, websocket frames. Pure.

    channel = Channel(target, versions, context)      # context None: without TLS
    list(channel.start()); to_send = channel.data_to_send()
    for event in channel.receive(data): ...           # b"" for the end of the stream

Events: `Opened` once, then `Message` and `Pong`, and `Ended` as the last. Pings of the peer are answered.
Compression is not offered, messages have at most `frames.MAX_FRAME_BYTES`, and of what is to be sent at most
`MAX_UNSENT_BYTES` wait for a peer that does not read.

A CSMS that chooses none of several versions offered is left (Trouble.VERSION). If one was offered and none
chosen, that one is spoken: such back-ends were seen, and there is nothing else it could be.
"""

from __future__ import annotations

import contextlib
import logging
import re
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from websockets.client import ClientProtocol
from websockets.frames import BINARY, CLOSE, CONT, PONG, TEXT, CloseCode, Frame
from websockets.protocol import OPEN

from actors.ocpp.link import troubles
from actors.ocpp.link.troubles import Mishap
from actors.ocpp.messages import Trouble
from certs.errors import CertificateError
from protocols.ocpp.frames import MAX_FRAME_BYTES
from protocols.ocpp.version import Version, agreed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from websockets.http11 import Request, Response

    from actors.ocpp.link.target import Target

MAX_UNSENT_BYTES: Final = 4 * 1024 * 1024
"""A peer that does not read that much is left."""
MAX_HEAD_BYTES: Final = 64 * 1024
"""What may come before the upgrade is agreed on."""
PRIVATE_CODES: Final = range(3000, 5000)
"""Codes of a good-bye that libraries and applications have for themselves."""
_CHUNK: Final = 65536
_STATUS_LINE: Final = 16
"""Bytes of an answer that hold its status."""
_STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3})")
_SILENT: Final = logging.getLogger("evsite.websocket_to_csms")
"""The library would log headers, and with them the password."""
_SILENT.setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True, slots=True)
class Opened:
    """Frames of OCPP may be sent."""

    version: Version
    assumed: bool
    """The CSMS has chosen none, and there was one only."""


@dataclass(frozen=True, slots=True)
class Message:
    """A whole message, text or binary."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to a ping, or none."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing more comes of this connection; what is to be sent still is a good-bye."""

    mishap: Mishap


Event = Opened | Message | Pong | Ended


class Channel:
    """One connection, from the first byte to the last."""

    def __init__(self, target: Target, versions: Sequence[Version], context: ssl.SSLContext | None) -> None:
        self._target, self._versions = target, tuple(versions)
        self._protocol = ClientProtocol(
            target.uri,
            subprotocols=[each.value for each in self._versions],  # type: ignore[misc]  # a NewType of str
            max_size=MAX_FRAME_BYTES,
            logger=_SILENT,
        )
        self._tls = _Tls(context, target.uri.host) if context is not None else None
        self._outgoing = bytearray()
        self._parts = bytearray()
        self._head, self._head_bytes = b"", 0
        self._over = False
        self.version: Version | None = None
        """What was agreed; None until `Opened`."""

    @property
    def unsent_bytes(self) -> int:
        """What `data_to_send` has not given yet."""
        return len(self._outgoing)

    @property
    def stage(self) -> str:
        """What is being waited for, for people."""
        if self.version is not None:
            return "frames"
        return "TLS" if self._tls is not None and not self._tls.is_open else "the answer to the upgrade"

    def start(self) -> Iterator[Event]:
        """The TCP connection stands."""
        try:
            if self._tls is None:
                self._request()
            else:
                self._tls.advance()
        except ssl.SSLError as error:
            yield self._end(troubles.of_tls(error))
        self._collect()

    def receive(self, data: bytes) -> Iterator[Event]:
        """Take bytes of the peer, empty for the end of its stream; give what they mean."""
        if self._over:
            return
        try:
            yield from self._receive(data)
        except ssl.SSLError as error:
            yield self._end(troubles.of_tls(error))
        except CertificateError as error:
            yield self._end(Mishap(Trouble.CERTIFICATE, troubles.printable(str(error))))
        self._collect()

    def overdue(self, limit_s: float) -> Mishap:
        """What to say when nothing came of the connection in time."""
        if (found := _STATUS.match(self._head)) is not None:
            return troubles.of_status(int(found[1]))  # its end is what did not come
        return Mishap(Trouble.UNREACHABLE, f"{self.stage} did not come within {limit_s:g} s")

    def dropped(self, error: OSError) -> Mishap:
        """What to say when the socket failed."""
        if self.version is None:
            return troubles.dropped()
        return Mishap(Trouble.LOST, error.strerror or type(error).__name__)

    def send(self, text: str) -> bool:
        """Send a frame of OCPP; False when nothing can be sent (any more)."""
        if self._over or self.version is None or self._protocol.state is not OPEN:
            return False
        self._protocol.send_text(text.encode())
        self._collect()
        return True

    @property
    def is_clogged(self) -> bool:
        """Whether the peer does not read what it is sent."""
        return len(self._outgoing) > MAX_UNSENT_BYTES

    def ping(self, payload: bytes) -> None:
        """Ask whether the peer is there."""
        if not self._over and self._protocol.state is OPEN:
            self._protocol.send_ping(payload)
            self._collect()

    def close(self, code: int) -> bool:
        """Say good-bye; False when there is nobody to wait for. A code nobody may send becomes 1000."""
        if self._over or self._protocol.state is not OPEN:
            self._over = True
            return False
        self._protocol.send_close(code if _may_be_sent(code) else CloseCode.NORMAL_CLOSURE)
        self._collect()
        return True

    def data_to_send(self) -> bytes:
        """Bytes for the socket; each is given once."""
        data = bytes(self._outgoing)
        self._outgoing.clear()
        return data

    def _receive(self, data: bytes) -> Iterator[Event]:
        if self._tls is None:
            yield from self._receive_clear(data, over=not data)
            return
        was_open = self._tls.is_open
        clear, over = self._tls.receive(data)
        if self._tls.is_open and not was_open:
            self._request()
        if clear or (over and self._tls.is_open):
            yield from self._receive_clear(clear, over=over)
        elif over:
            yield self._end(Mishap(Trouble.LOST, "the connection ended in the TLS handshake"))

    def _receive_clear(self, data: bytes, *, over: bool) -> Iterator[Event]:
        if self.version is None:
            self._head_bytes += len(data)
            self._head += data[: _STATUS_LINE - len(self._head)]
        if data:
            self._protocol.receive_data(data)
        if over:
            self._protocol.receive_eof()
        for event in self._protocol.events_received():
            if not self._over:
                yield from self._understand(event)
        if self._over:
            return
        if (failed := self._protocol.handshake_exc) is not None:
            yield self._end(troubles.of_upgrade(failed, len(self._versions)))
        elif (broken := self._protocol.parser_exc) is not None:
            yield self._end(troubles.of_framing(broken))
        elif self.version is None and self._head_bytes > MAX_HEAD_BYTES:
            yield self._end(Mishap(Trouble.REFUSED, "the answer to the upgrade does not end"))

    def _understand(self, event: Request | Response | Frame) -> Iterator[Event]:
        if not isinstance(event, Frame):
            yield from self._upgraded()
        elif event.opcode in (TEXT, BINARY, CONT):
            self._parts += event.data
            if event.fin:
                message = bytes(self._parts)
                self._parts.clear()
                yield Message(message)
        elif event.opcode is PONG:
            yield Pong(bytes(event.data))
        elif event.opcode is CLOSE:  # else a ping, which the library has answered
            yield self._end(troubles.of_close(self._protocol.close_rcvd))

    def _upgraded(self) -> Iterator[Event]:
        """There is an answer to the upgrade, and if it was not refused, a choice."""
        if self._protocol.handshake_exc is not None:
            return
        chosen = self._protocol.subprotocol
        self.version = agreed(chosen, self._versions)
        assumed = chosen is None and len(self._versions) == 1
        if assumed:
            self.version = self._versions[0]
        if self.version is None:
            if self._protocol.state is OPEN:  # a good-bye of the CSMS may have come with its answer
                self._protocol.send_close(CloseCode.PROTOCOL_ERROR)
            yield self._end(troubles.no_version(len(self._versions), chosen=False))
        else:
            yield Opened(self.version, assumed)

    def _request(self) -> None:
        request = self._protocol.connect()
        if self._target.authorization is not None:
            request.headers["Authorization"] = self._target.authorization
        self._protocol.send_request(request)

    def _collect(self) -> None:
        """Take what the websocket wants to send, and protect it."""
        clear = b"".join(self._protocol.data_to_send())
        if self._tls is None:
            self._outgoing += clear
        else:
            self._tls.send(clear)
            self._outgoing += self._tls.data_to_send()

    def _end(self, mishap: Mishap) -> Ended:
        """Whoever hears of the end reads no further: what is still to be said has to be there before."""
        self._over = True
        with contextlib.suppress(ssl.SSLError):  # of a TLS that is broken only its alert can be sent
            self._collect()
        return Ended(mishap)


def _may_be_sent(code: int) -> bool:
    """Whether a close frame may hold this code (RFC 6455 7.4)."""
    reserved = {CloseCode.NO_STATUS_RCVD, CloseCode.ABNORMAL_CLOSURE, CloseCode.TLS_HANDSHAKE}
    return code in frozenset(CloseCode) - reserved or code in PRIVATE_CODES


class _Tls:
    """TLS over memory. Whoever receives bytes gets them all deciphered: nothing is kept back."""

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._in, self._out, server_hostname=host)
        self.is_open = False

    def advance(self) -> None:
        """Go on with the handshake as far as it goes. ssl.SSLError."""
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return
        self.is_open = True

    def receive(self, data: bytes) -> tuple[bytes, bool]:
        """What bytes of the peer mean, and whether its stream has ended. ssl.SSLError."""
        if data:
            self._in.write(data)
        else:
            self._in.write_eof()
        if not self.is_open:
            try:
                self.advance()
            except ssl.SSLEOFError:
                return b"", True
        return self._read() if self.is_open else (b"", False)

    def _read(self) -> tuple[bytes, bool]:
        clear = bytearray()
        try:
            while part := self._object.read(_CHUNK):
                clear += part
        except ssl.SSLWantReadError:
            return bytes(clear), False
        except ssl.SSLEOFError:
            return bytes(clear), True
        return bytes(clear), True

    def send(self, clear: bytes) -> None:
        """Protect bytes."""
        if clear and self.is_open:
            self._object.write(clear)

    def data_to_send(self) -> bytes:
        """Bytes for the socket."""
        return self._out.read()
