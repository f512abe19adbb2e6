"""A CSMS on loopback, driven by hand: the server half of websockets, with sockets that never block.

It lives in the test's own thread: `step` does what can be done now.
"""

from __future__ import annotations

import json
import socket
import ssl
from typing import TYPE_CHECKING, Any

from websockets.frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, Frame
from websockets.http11 import Request
from websockets.server import ServerProtocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ALL = ("ocpp2.1", "ocpp2.0.1", "ocpp1.6")


class Station:
    """The CSMS's end of one connection."""

    def __init__(self, connection: socket.socket, csms: Csms) -> None:
        connection.settimeout(0)
        self._csms, self._socket = csms, connection
        self._tls = csms.tls.wrap_bio(*self._bios(), server_side=True) if csms.tls is not None else None
        self._shaken = csms.tls is None
        self.protocol = ServerProtocol(subprotocols=csms.subprotocols, max_size=None)
        self.request: Request | None = None
        self.frames: list[Any] = []
        """What was received, as JSON."""
        self.raw = b""
        self.pings: list[bytes] = []
        self.pongs: list[bytes] = []
        self.closed: int | None = None
        """The code with which the station said good-bye."""
        self.gone = self.deaf = False
        """`gone`: TCP is over. `deaf`: nothing is read any more."""
        self._unsent = b""

    def _bios(self) -> tuple[ssl.MemoryBIO, ssl.MemoryBIO]:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        return self._in, self._out

    # -- what a test says

    def send(self, frame: Sequence[Any] | str | bytes, *, binary: bool = False) -> None:
        """A frame of OCPP, or any text."""
        data = frame if isinstance(frame, str | bytes) else json.dumps(frame)
        data = data.encode() if isinstance(data, str) else data
        (self.protocol.send_binary if binary else self.protocol.send_text)(data)
        self.step()

    def send_fragments(self, text: str, size: int) -> None:
        """A text in fragments, with pings between."""
        parts = [text[at : at + size].encode() for at in range(0, len(text), size)]
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            if number:
                self.protocol.send_continuation(part, fin=last)
            else:
                self.protocol.send_text(part, fin=last)
            self.protocol.send_ping(b"between")
        self.step()

    def send_raw(self, data: bytes) -> None:
        """Bytes that are no websocket."""
        self.protocol.writes.append(data)
        self.step()

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Say good-bye."""
        self.protocol.send_close(code, reason)
        self.step()

    def cut(self) -> None:
        """Drop the socket without a word."""
        self._socket.close()
        self.gone = True

    # -- work

    def step(self) -> None:
        """Read, understand, write."""
        if self.gone:
            return
        data = self._receive()
        if data is not None:
            self._understand(data)
        self._send()

    def _receive(self) -> bytes | None:
        """None: nothing is there. Empty: the end."""
        if self.deaf:
            return None
        try:
            data = self._socket.recv(1 << 20)
        except BlockingIOError:
            return None
        except OSError:
            data = b""
        if self._tls is None or not data:
            return data
        self._in.write(data)
        return self._decipher()

    def _decipher(self) -> bytes | None:
        clear = b""
        try:
            if not self._shaken:
                self._tls.do_handshake()
                self._shaken = True
            while part := self._tls.read(1 << 16):
                clear += part
        except ssl.SSLWantReadError:
            return clear or None
        except ssl.SSLError:
            self._send()
            self.cut()
        return None

    def _understand(self, data: bytes) -> None:
        if not data:
            self.cut()
            return
        self.raw += data
        if self._csms.mute:
            return
        self.protocol.receive_data(data)
        for event in self.protocol.events_received():
            if isinstance(event, Request):
                self.request = event
                self._csms.upgrade(self)
            else:
                self._take(event)

    def _take(self, frame: Frame) -> None:
        if frame.opcode in (TEXT, BINARY, CONT):
            self.frames.append(json.loads(frame.data))
        elif frame.opcode is PING:
            self.pings.append(bytes(frame.data))
        elif frame.opcode is PONG:
            self.pongs.append(bytes(frame.data))
        elif frame.opcode is CLOSE:
            self.closed = self.protocol.close_rcvd.code

    def _send(self) -> None:
        clear = b"".join(self.protocol.data_to_send())
        if self._csms.pongless:
            clear = b"" if clear[:1] == b"\x8a" else clear
        if self._tls is not None:
            if clear and self._shaken:
                self._tls.write(clear)
            clear = self._out.read()
        self._unsent += clear
        while self._unsent and not self.gone:
            try:
                self._unsent = self._unsent[self._socket.send(self._unsent) :]
            except BlockingIOError:
                return
            except OSError:
                self.cut()
        if self.protocol.eof_sent and not self.gone:
            self.cut()


class Csms:
    """A server; `stations` are the connections it has had, the last one last."""

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        subprotocols: Sequence[str] | None = ALL,
        upgrade: Callable[[Station], None] | None = None,
    ) -> None:
        self.tls = tls
        self.subprotocols = list(subprotocols) if subprotocols is not None else None
        self.mute = self.pongless = False
        """`mute`: nothing is answered, the upgrade neither. `pongless`: no ping is."""
        self.stations: list[Station] = []
        self._upgrade = upgrade
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self._listener.settimeout(0)
        self.port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        """Where a station finds it."""
        return f"{'wss' if self.tls is not None else 'ws'}://127.0.0.1:{self.port}/ocpp"

    @property
    def station(self) -> Station:
        """The connection that came last."""
        return self.stations[-1]

    def upgrade(self, station: Station) -> None:
        """Answer the upgrade; what the test has said decides."""
        if self._upgrade is not None:
            self._upgrade(station)
        else:
            accept(station)

    def step(self) -> None:
        """Do what can be done now."""
        try:
            connection, _ = self._listener.accept()
        except BlockingIOError:
            pass
        else:
            self.stations.append(Station(connection, self))
        for station in self.stations:
            station.step()

    def close(self) -> None:
        """Everything is over."""
        for station in self.stations:
            station.cut()
        self._listener.close()


def accept(station: Station, choose: Callable[[list[str]], str | None] | None = None) -> None:
    """101, with the subprotocol that the server's order prefers, or what `choose` says to those offered."""
    response = station.protocol.accept(station.request)
    if choose is not None:
        offered = station.request.headers["Sec-WebSocket-Protocol"].split(", ")
        del response.headers["Sec-WebSocket-Protocol"]
        if (chosen := choose(offered)) is not None:
            response.headers["Sec-WebSocket-Protocol"] = chosen
    station.protocol.send_response(response)


def refuse(status: int) -> Callable[[Station], None]:
    """Another status than 101."""
    return lambda station: station.protocol.send_response(station.protocol.reject(status, "no\n"))
