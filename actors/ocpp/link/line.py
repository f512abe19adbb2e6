"""The socket below a channel: connects to one address after the other, reads, and writes what can be written.

Nothing blocks. `fd` is that of an epoll of its own, for the engine watches for reading only: it is readable
whenever there is something to do, the end of a connect and room to write included. Whatever fails is told as
the channel's `Ended`.
"""

from __future__ import annotations

import errno
import os
import select
import socket
from typing import TYPE_CHECKING, Final

from actors.ocpp.link.channel import Ended
from actors.ocpp.link.troubles import Mishap
from actors.ocpp.messages import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from actors.ocpp.link.channel import Channel, Event
    from actors.ocpp.link.resolver import Address

READ_BYTES: Final = 65536
QUIET_S: Final = 30
PROBE_EVERY_S: Final = 10
PROBES: Final = 3
"""A CSMS whose kernel answers none of these, for a minute in all, is not there any more."""
UNACKNOWLEDGED_MS: Final = 60_000
"""The same for what it was sent."""
_OPTIONS: Final = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, QUIET_S),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, PROBE_EVERY_S),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, PROBES),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS),
)


class Line:
    """One connection to a CSMS, from the first try to connect on."""

    def __init__(self, channel: Channel, addresses: Sequence[Address], interface: str | None = None) -> None:
        self.channel = channel
        self._left = list(addresses)
        self._interface = interface
        self._epoll = select.epoll()
        self._socket: socket.socket | None = None
        self._connected = False
        self._unsent = b""
        self._problem = "the name has no address"
        self._writing = False
        self.written_bytes = 0
        """What the kernel has taken so far."""
        self.fd = self._epoll.fileno()

    @property
    def is_connected(self) -> bool:
        """Whether TCP stands."""
        return self._connected

    @property
    def is_idle(self) -> bool:
        """Whether all that was to be sent has been."""
        return not self._unsent and not self.channel.unsent_bytes

    def connect(self) -> Iterator[Event]:
        """Try the next address; `Ended` when there is none left."""
        self._drop()
        while self._left:
            family, where = self._left.pop(0)
            try:
                self._begin(family, where)
            except OSError as error:
                self._drop()
                self._problem = f"{where[0]}: {error.strerror or error}"
            else:
                self._problem = f"{where[0]}: no answer"
                return
        yield Ended(Mishap(Trouble.UNREACHABLE, self._problem))

    def advance(self) -> Iterator[Event]:
        """Do what can be done now."""
        if self._socket is None:
            return
        if not self._connected:
            yield from self._finish_connecting(self._socket)
            return
        if (failed := self.flush()) is not None:
            yield failed
            return
        try:
            data = self._socket.recv(READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            yield Ended(self.channel.dropped(error))
            return
        yield from self.channel.receive(data)

    def flush(self) -> Ended | None:
        """Write what can be written; what the CSMS does not take stays with the channel, which bounds it."""
        if self._socket is None or not self._connected:
            return None
        while unsent := self._unsent or self.channel.data_to_send():
            self._unsent = unsent
            try:
                sent = self._socket.send(unsent)
            except (BlockingIOError, InterruptedError):
                break
            except OSError as error:
                return Ended(self.channel.dropped(error))
            self._unsent = unsent[sent:]
            self.written_bytes += sent
        if self._writing is not bool(self._unsent):
            self._writing = bool(self._unsent)
            self._want(self._socket)
        return None

    def close(self) -> None:
        """Let go of everything; what is unsent is lost."""
        self._drop()
        self._left.clear()
        self._epoll.close()

    def _begin(self, family: socket.AddressFamily, where: tuple[object, ...]) -> None:
        made = self._socket = socket.socket(family, socket.SOCK_STREAM)
        made.settimeout(0)
        for level, option, value in _OPTIONS:
            made.setsockopt(level, option, value)
        if self._interface is not None:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, self._interface.encode() + b"\0")
        self._epoll.register(made.fileno(), select.EPOLLOUT)
        code = made.connect_ex(where)
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, os.strerror(code))

    def _finish_connecting(self, made: socket.socket) -> Iterator[Event]:
        if code := made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._problem = f"{self._problem.partition(': ')[0]}: {os.strerror(code)}"
            yield from self.connect()
            return
        try:
            made.getpeername()
        except OSError:
            return  # woken for nothing
        self._connected = True
        self._left.clear()
        self._want(made)
        yield from self.channel.start()
        if (failed := self.flush()) is not None:
            yield failed

    def _want(self, connected: socket.socket) -> None:
        """Wait for bytes, and for room where some are left to be written."""
        writing = select.EPOLLOUT if self._writing else 0
        self._epoll.modify(connected.fileno(), select.EPOLLIN | writing)

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()  # the epoll forgets it by itself
        self._socket, self._connected = None, False
