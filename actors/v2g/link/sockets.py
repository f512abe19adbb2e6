"""Sockets of a link: two TCP servers on ports of the dynamic range, and the SDP server, on one device.

On loopback there is neither a link-local address nor multicast: everything is on ::1 then, and SDP is asked
by unicast, so that simulated cars need no root.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import random
import socket
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

SDP_PORT: Final = 15118
ALL_NODES: Final = "ff02::1"
DYNAMIC_PORTS: Final = range(49152, 65536)
TRIES: Final = 100
BACKLOG: Final = 4
"""Cars that may wait for their refusal; the link serves one."""
QUIET_S: Final = 4
PROBE_EVERY_S: Final = 2
PROBES: Final = 3
"""A car's kernel that answers none of these, for ten seconds in all, is not there any more."""
UNACKNOWLEDGED_MS: Final = 10_000
"""The same for what it was sent."""
ADDRESSES: Final = Path("/proc/net/if_inet6")
_LINK_LOCAL: Final = "20"
"""How the kernel writes the scope of such an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A network device and the address a link uses on it."""

    name: str
    index: int
    address: ipaddress.IPv6Address

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can be reached."""
        return self.address.is_loopback

    def at(self, port: int) -> tuple[str, int, int, int]:
        """The socket address of a port on it."""
        return str(self.address), port, 0, 0 if self.is_loopback else self.index


def find_device(name: str) -> Device:
    """The device of that name; `auto` is the first that fits. OSError if there is none with IPv6."""
    found = [each for each in _devices() if name in (each.name, "auto")]
    for each in sorted(found, key=lambda one: one.is_loopback):
        return each
    problem = "no device has" if name == "auto" else f"{name} has not"
    raise OSError(f"{problem} an IPv6 link-local address; bring it up, or name another as `device`")


def is_there(device: Device) -> bool:
    """Whether a device is still what it was; one that was plugged in anew has another number. OSError."""
    return device in _devices()


def _devices() -> list[Device]:
    found: list[Device] = []
    try:
        lines = ADDRESSES.read_text(encoding="ascii").splitlines()
    except FileNotFoundError as error:
        raise OSError("this kernel has no IPv6") from error
    for line in lines:
        digits, index, _prefix, scope, _flags, name = line.split()
        address = ipaddress.IPv6Address(bytes.fromhex(digits))
        if scope == _LINK_LOCAL or address.is_loopback:
            found.append(Device(name=name, index=int(index, 16), address=address))
    return found


def listen(device: Device) -> socket.socket:
    """A TCP server on a free port of the dynamic range, not blocking. OSError.

    Cars were seen to refuse others: ISO 15118-2 7.7.3.1 wants 49152 to 65535, and the kernel's own choice
    begins lower.
    """
    server = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    with _closed_on_error(server):
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        _bind_somewhere(server, device)
        server.listen(BACKLOG)
        server.settimeout(0)
    return server


def look_after(connection: socket.socket) -> None:
    """Send frames at once, and notice a car that was unplugged without a word."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        (socket.TCP_NODELAY, 1),
        (socket.TCP_KEEPIDLE, QUIET_S),
        (socket.TCP_KEEPINTVL, PROBE_EVERY_S),
        (socket.TCP_KEEPCNT, PROBES),
        (socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS),
    ):
        connection.setsockopt(socket.IPPROTO_TCP, option, value)


def sdp_server(device: Device) -> socket.socket:
    """The UDP socket on which cars ask, not blocking. OSError.

    On loopback several links share one address; the first gets port 15118 and the others any. Each socket is
    of its device alone: one on loopback leaves the port of the others free, save where the kernel (before
    5.7) lets root alone say so.
    """
    server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    with _closed_on_error(server):
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        server.settimeout(0)
        with contextlib.suppress(PermissionError) if device.is_loopback else contextlib.nullcontext():
            server.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.name.encode() + b"\0")
        if device.is_loopback:
            _bind_or_any(server, device)
        else:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("::", SDP_PORT))
            group = socket.inet_pton(socket.AF_INET6, ALL_NODES) + struct.pack("@I", device.index)
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
    return server


def _bind_somewhere(server: socket.socket, device: Device) -> None:
    for port in random.sample(DYNAMIC_PORTS, TRIES):
        try:
            server.bind(device.at(port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            return
    raise OSError(errno.EADDRINUSE, f"none of {TRIES} ports on {device.name} was free")


def _bind_or_any(server: socket.socket, device: Device) -> None:
    try:
        server.bind(device.at(SDP_PORT))
    except OSError:
        server.bind(device.at(0))


def port_of(server: socket.socket) -> int:
    """The port a socket is bound to."""
    return int(server.getsockname()[1])


@contextlib.contextmanager
def _closed_on_error(resource: socket.socket) -> Iterator[None]:
    try:
        yield
    except BaseException:
        resource.close()
        raise
