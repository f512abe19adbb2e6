"""One connection of a car: a non-blocking TCP socket, TLS where it is spoken, V2GTP frames.

Nothing here waits. Whoever owns it asks for `fileno` and `wants_write`, calls `ready`, and gets the inputs of
the core that came of it. What goes wrong is a `Disconnected`; a reason that begins with `tls` is TLS's.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from typing import TYPE_CHECKING, Final

from actors.simulation.ev.exchange import Connected, Disconnected, Received, Tls
from certs.tls import Edition, State
from protocols.iso15118 import v2gtp
from protocols.iso15118.capture.tcp import Side

if TYPE_CHECKING:
    from actors.simulation.ev.capture import Watch
    from certs.tls import ClientEndpoint

Given = Connected | Disconnected | Received
_CHUNK: Final = 64 * 1024
_VERSIONS: Final = {Edition.ISO2: "TLSv1.2", Edition.ISO20: "TLSv1.3"}


class CarLink:
    """A connection that is being made. `tls`: the car's end of the handshake, None for plain TCP.

    `watch` sees the bytes that pass.
    """

    def __init__(
        self,
        family: int,
        address: tuple[str | int, ...],
        tls: ClientEndpoint | None,
        watch: Watch | None = None,
    ) -> None:
        self._tls, self._watch = tls, watch
        self._reader = v2gtp.FrameReader()
        self._outgoing = bytearray()
        self._connecting = True
        self._open = False
        self.over = False
        """Whether the connection is gone; nothing comes any more."""
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.settimeout(0)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._refused = self._socket.connect_ex(address)

    def fileno(self) -> int:
        """For a selector."""
        return self._socket.fileno()

    @property
    def wants_write(self) -> bool:
        """Whether `ready` has something to do once the socket takes bytes."""
        return self._connecting or bool(self._outgoing)

    def send(self, data: bytes) -> None:
        """Send bytes, protected where TLS is spoken."""
        if self.over:
            return
        if self._tls is None:
            self._outgoing += data
        else:
            self._tls.write(data)
            self._outgoing += self._tls.data_to_send()
        self._flush()

    def close(self) -> None:
        """Close in order."""
        if self.over:
            return
        if self._tls is not None:
            self._tls.close()
            self._outgoing += self._tls.data_to_send()
        self._flush()
        self.drop()

    def drop(self) -> None:
        """Close without a word."""
        self.over = True
        if self._watch is not None:
            self._watch.ended()
        self._socket.close()

    def key_log_lines(self) -> tuple[str, ...]:
        """New lines for a TLS key log."""
        return self._tls.key_log_lines() if self._tls is not None else ()

    def ready(self) -> list[Given]:
        """Do what can be done now; the inputs that came of it, in order."""
        if self.over:
            return []
        if self._connecting:
            return self._connected()
        self._flush()
        try:
            data = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return []
        except OSError as error:
            return [self._lost(error.strerror or "the connection broke")]
        if self._watch is not None:
            self._watch.passed(Side.SERVER, data)
        return self._take(data)

    def _connected(self) -> list[Given]:
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code == 0 and self._refused not in {0, errno.EINPROGRESS}:
            code = self._refused
        if code:
            return [self._lost(os.strerror(code))]
        with contextlib.suppress(OSError):  # not connected yet: asked too early
            ends = self._socket.getsockname(), self._socket.getpeername()
            self._connecting = False
            if self._watch is not None:
                self._watch.opened(*ends)
        if self._connecting:
            return []
        if self._tls is None:
            self._open = True
            return [Connected(tls=None)]
        self._outgoing += self._tls.data_to_send()
        self._flush()
        return []

    def _take(self, data: bytes) -> list[Given]:
        if self._tls is None:
            return self._frames(data)
        state = self._tls.receive_data(data)
        self._outgoing += self._tls.data_to_send()
        self._flush()
        found: list[Given] = []
        if not self._open and state is State.OPEN:
            self._open = True
            version = _VERSIONS[self._tls.edition] if self._tls.edition else "TLS"
            found.append(Connected(tls=Tls(version=version, cipher=self._tls.suite or "")))
        if plain := self._tls.read():
            found += self._frames(plain)
        if state is State.FAILED and not self.over:
            found.append(self._lost(f"tls: {self._tls.failure}" if not self._open else "connection broke"))
        elif state is State.CLOSED and not self.over:
            found.append(self._lost("closed by the station"))
        return found

    def _frames(self, data: bytes) -> list[Given]:
        found: list[Given] = []
        try:
            self._reader.receive_data(data)
            while not isinstance(event := self._reader.next_event(), v2gtp.Signal):
                if isinstance(event, v2gtp.Frame):
                    found.append(Received(payload_type=event.payload_type, payload=event.payload))
        except v2gtp.V2gtpError as error:
            return [*found, self._lost(f"no V2GTP: {error}")]
        if event is v2gtp.CLOSED:
            found.append(self._lost("closed by the station"))
        return found

    def _flush(self) -> None:
        while self._outgoing:
            try:
                sent = self._socket.send(self._outgoing)
            except BlockingIOError:
                return
            except OSError:  # reading tells the reason
                self._outgoing.clear()
                return
            if self._watch is not None:
                self._watch.passed(Side.CLIENT, bytes(self._outgoing[:sent]))
            del self._outgoing[:sent]

    def _lost(self, reason: str) -> Disconnected:
        self.drop()
        return Disconnected(reason=reason)
