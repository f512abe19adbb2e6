"""What the processes of one host share to reach each other, and what a new process is told at its birth."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass, field
from typing import Any, Final

from thespian.actors import ActorAddress
from thespian.system.transport import TransportInit__Base

from actors.engine.address import SiteAddress

CONVENTION_CAPABILITY: Final = "Convention Address.IPv4"
PORT_CAPABILITY: Final = "Admin Port"
MIN_KEY: Final = 16
"""Bytes: 128 bit."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """What every process of one host shares. Inherited by fork; the key is never sent or logged.

    `host` is the address that is listened on; `key` has 32 random bytes, the same on all hosts of a site.
    """

    host: str = "127.0.0.1"
    key: bytes = field(default=b"", repr=False)


_wiring = Wiring()


def wire(wiring: Wiring) -> None:
    """Set what this process and every process forked from it use from the next transport on.

    Transports that exist keep what they were made with. Raises ValueError for a key that is too short.
    """
    global _wiring  # noqa: PLW0603  # inherited by fork: there is no caller to hand it from one process to the next
    if len(wiring.key) < MIN_KEY:
        raise ValueError(f"the site key must have at least {MIN_KEY} bytes")
    _wiring = wiring


def in_force() -> Wiring:
    """What the last call of `wire` set, in this process or in the one it was forked from."""
    return _wiring


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a process is for its peers."""

    key: bytes = field(repr=False)
    instance: int
    address: SiteAddress


@dataclass(frozen=True, slots=True)
class Endpoint(TransportInit__Base):
    """What a parent hands to the process it is about to fork."""

    addrInst: int | None  # noqa: N815  # Thespian reads it by this name
    assigned: ActorAddress | None
    admin: ActorAddress


class ExternalCopy(TransportInit__Base):
    """A second transport for another caller outside the actor system, by default on the wiring in force."""

    def __init__(self, admin: ActorAddress, wiring: Wiring | None = None) -> None:
        self.admin = admin
        self.wiring = wiring


class Addressing:
    """How a transport finds the admins of hosts."""

    @staticmethod
    def getAdminAddr(capabilities: dict[str, Any]) -> ActorAddress:  # noqa: N802  # Thespian's name
        """The address of this host's admin."""
        return ActorAddress(SiteAddress(_wiring.host, int(capabilities[PORT_CAPABILITY]), 0))

    @staticmethod
    def getAddressFromString(text: str | tuple[str, int]) -> ActorAddress:  # noqa: N802  # Thespian's name
        """The admin address written as `host:port`."""
        host, port = text if isinstance(text, tuple) else text.rsplit(":", 1)
        return ActorAddress(SiteAddress(host, int(port), 0))

    @classmethod
    def getConventionAddress(cls, capabilities: dict[str, Any]) -> list[ActorAddress] | None:  # noqa: N802  # Thespian's name
        """The addresses of the hosts that lead the site, or None for a site of one host."""
        leaders = capabilities.get(CONVENTION_CAPABILITY)
        if not leaders:
            return None
        return [
            cls.getAddressFromString(each) for each in (leaders if isinstance(leaders, list) else [leaders])
        ]

    @staticmethod
    def probeAdmin(target: ActorAddress) -> bool:  # noqa: N802  # Thespian's name
        """Whether somebody listens at the admin's address already."""
        details = target.addressDetails
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((details.host, details.port))
            except OSError as error:
                return error.errno == errno.EADDRINUSE
        return False
