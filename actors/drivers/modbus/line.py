"""The wire to a meter: a TCP connection or a serial line. Nothing here waits for anybody."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
import termios
import threading
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

CHUNK: Final = 512
SPEEDS: Final[Mapping[int, int]] = {
    int(name[1:]): getattr(termios, name) for name in dir(termios) if name[0] == "B" and name[1:].isdigit()
}
"""The speeds that the kernel knows, in Bd."""
PARITIES: Final[Mapping[str, int]] = {
    "none": 0,
    "even": termios.PARENB,
    "odd": termios.PARENB | termios.PARODD,
}


class LineError(Exception):
    """The wire cannot be used, or no more; what it says is for people."""


class Line(Protocol):
    """A wire that is being opened, or is open."""

    def ready(self) -> bool:
        """Whether it is open now. Raises LineError when it will not be."""

    def fileno(self) -> int:
        """To watch; only once it is open."""

    def send(self, data: bytes) -> None:
        """Send all of it. Raises LineError when that is not possible at once."""

    def receive(self) -> bytes:
        """What has arrived, maybe nothing. Raises LineError when nothing will come any more."""

    def close(self) -> None:
        """Give it up."""


def _said(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else str(error)


class TcpLine:
    """A connection that begins to be made at once; a name is looked up in a thread, for nothing less waits
    for nobody.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._socket: socket.socket | None = None
        self._found: list[Any] | str | None = None
        try:
            self._found = self._resolve(socket.AI_NUMERICHOST)
        except socket.gaierror:
            threading.Thread(target=self._look_up, name="resolver", daemon=True).start()

    def _resolve(self, flags: int) -> list[Any]:
        return socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM, flags=flags)

    def _look_up(self) -> None:
        try:
            self._found = self._resolve(0)
        except (OSError, UnicodeError) as error:
            self._found = f"{self._host}: {error}"

    def ready(self) -> bool:
        """As Line."""
        if self._socket is None:
            if self._found is None:
                return False
            if isinstance(self._found, str):
                raise LineError(self._found)
            self._begin(self._found[0])
        assert self._socket is not None
        if failed := self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise LineError(f"{self._host}:{self._port}: {os.strerror(failed)}")
        try:
            self._socket.getpeername()
        except OSError:
            return False
        return True

    def _begin(self, found: Any) -> None:
        family, kind, protocol, _name, address = found
        try:
            self._socket = socket.socket(family, kind, protocol)
            self._socket.settimeout(0)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            failed = self._socket.connect_ex(address)
        except OSError as error:
            raise LineError(f"{self._host}:{self._port}: {_said(error)}") from error
        if failed not in {0, errno.EINPROGRESS}:
            raise LineError(f"{self._host}:{self._port}: {os.strerror(failed)}")

    def fileno(self) -> int:
        """As Line."""
        return -1 if self._socket is None else self._socket.fileno()

    def send(self, data: bytes) -> None:
        """As Line."""
        assert self._socket is not None
        try:
            sent = self._socket.send(data)
        except OSError as error:
            raise LineError(_said(error)) from error
        if sent != len(data):
            raise LineError("the connection takes no more")

    def receive(self) -> bytes:
        """As Line."""
        assert self._socket is not None
        try:
            data = self._socket.recv(CHUNK)
        except (BlockingIOError, InterruptedError):
            return b""
        except OSError as error:
            raise LineError(_said(error)) from error
        if not data:
            raise LineError("the meter has closed the connection")
        return data

    def close(self) -> None:
        """As Line."""
        if self._socket is not None:
            self._socket.close()


class SerialLine:
    """A serial line of 8 data bits and 1 stop bit that nobody else uses meanwhile. Raises LineError."""

    def __init__(self, path: str, baud_rate: int, parity: str = "none") -> None:
        self._path = path
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise LineError(f"{path}: {_said(error)}") from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._set_up(SPEEDS[baud_rate], PARITIES[parity])
        except KeyError:
            self.close()
            raise LineError(f"{path}: no serial line has {baud_rate} Bd") from None
        except BlockingIOError:
            self.close()
            raise LineError(f"{path}: another meter uses it") from None
        except (OSError, termios.error) as error:
            self.close()
            raise LineError(f"{path}: it is no serial line: {error.args[-1]}") from error

    def _set_up(self, speed: int, parity: int) -> None:
        control = termios.CS8 | termios.CREAD | termios.CLOCAL | parity
        _i, _o, _c, _l, _is, _os, characters = termios.tcgetattr(self._fd)
        characters[termios.VMIN], characters[termios.VTIME] = 1, 0
        check = termios.INPCK if parity else 0
        termios.tcsetattr(self._fd, termios.TCSANOW, [check, 0, control, 0, speed, speed, characters])
        termios.tcflush(self._fd, termios.TCIOFLUSH)

    def ready(self) -> bool:
        """As Line."""
        return True

    def fileno(self) -> int:
        """As Line."""
        return self._fd

    def send(self, data: bytes) -> None:
        """As Line; what has arrived before is thrown away, for it answers nothing."""
        try:
            termios.tcflush(self._fd, termios.TCIFLUSH)
            sent = os.write(self._fd, data)
        except (OSError, termios.error) as error:
            raise LineError(f"{self._path}: {error.args[-1]}") from error
        if sent != len(data):
            raise LineError(f"{self._path}: it takes no more")

    def receive(self) -> bytes:
        """As Line."""
        try:
            data = os.read(self._fd, CHUNK)
        except (BlockingIOError, InterruptedError):
            return b""
        except OSError as error:
            raise LineError(f"{self._path}: {_said(error)}") from error
        if not data:
            raise LineError(f"{self._path}: it is gone")
        return data

    def close(self) -> None:
        """As Line."""
        with contextlib.suppress(OSError):
            os.close(self._fd)
