"""The addresses of a host, without the actor having to wait for them.

The C library's resolver is the one that knows what the machine's administrator has configured, and it blocks.
It is called in a thread of its own, for the time of one look-up. A child process could be killed, but forking
one that holds the TLS connection and the engine's sockets, or starting an interpreter for each attempt, costs
more than a thread that is left behind. Whoever gives up on a look-up closes it; the thread ends when the
resolver does, by its own time-outs, and no more than `MAX_LEFT` are left so.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_LEFT: Final = 4
"""Look-ups at a time, those that were given up included."""
MAX_ADDRESSES: Final = 8
"""Addresses of a host that are tried."""

Address = tuple[socket.AddressFamily, tuple[Any, ...]]
"""Family, and what `connect` takes."""
_left: Final = threading.BoundedSemaphore(MAX_LEFT)


def address_of(host: str, port: int) -> Address | None:
    """The address that a host is by itself; None for a name, which has to be looked up."""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return None
    return (socket.AF_INET, (host, port)) if found.version == _IPV4 else (socket.AF_INET6, (host, port))


_IPV4: Final = 4


class Lookup:
    """One look-up; `fd` is readable when there is a result. OSError when too many are under way."""

    def __init__(self, host: str, port: int, resolve: Callable[..., Any] = socket.getaddrinfo) -> None:
        if not _left.acquire(blocking=False):
            raise OSError(f"{MAX_LEFT} earlier look-ups of names have not ended yet")
        self._result: list[tuple[Address, ...] | OSError] = []
        self._near, far = socket.socketpair()
        self._near.settimeout(0)
        self.fd = self._near.fileno()
        arguments = (resolve, host, port, self._result, far)
        threading.Thread(target=_look_up, args=arguments, name="name resolution", daemon=True).start()

    def result(self) -> tuple[Address, ...]:
        """The addresses, in the order in which they should be tried. OSError: there are none, or not yet."""
        if not self._result:
            raise OSError("the name has not been looked up yet")
        found = self._result[0]
        if isinstance(found, OSError):
            raise found
        return found

    def close(self) -> None:
        """Let go of it, whether it has ended or not."""
        self._near.close()


def _look_up(
    resolve: Callable[..., Any], host: str, port: int, result: list[Any], far: socket.socket
) -> None:
    try:
        found = resolve(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        result.append(tuple((each[0], each[4]) for each in found)[:MAX_ADDRESSES])
    except OSError as error:
        result.append(error)
    except UnicodeError:
        result.append(OSError("no name that could be looked up"))
    finally:
        _left.release()
        with contextlib.suppress(OSError):
            far.send(b"\0")
        far.close()
