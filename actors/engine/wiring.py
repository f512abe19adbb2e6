"""What the processes of one host share to reach each other, and what a new process is told at its birth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from thespian.system.transport import TransportInit__Base

if TYPE_CHECKING:
    from thespian.actors import ActorAddress

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
