"""Addresses of actors: where a process listens, and which process that is."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Final

from thespian.actors import ActorAddress

_WRITTEN: Final = re.compile(r"(?P<host>[!-~]+):(?P<port>[1-9][0-9]{0,4}):(?P<instance>[0-9a-f]{1,16})")

MAX_REMEMBERED: Final = 1024
"""Texts whose addresses are kept: whoever an actor speaks to, it speaks to again."""


@dataclass(frozen=True, slots=True, eq=False)
class SiteAddress:
    """`host:port` of a listening process and the random id it drew at its start.

    Ports are used again by the kernel, instances are not: an address never means somebody else. Instance 0
    stands for whoever listens there; only a host's admin, whose port is fixed, is addressed that way.
    """

    host: str
    port: int
    instance: int

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SiteAddress):
            return NotImplemented
        return (
            self.port == other.port
            and self.host == other.host
            and (self.instance == other.instance or not self.instance or not other.instance)
        )

    def __hash__(self) -> int:
        return hash((self.host, self.port))

    def __str__(self) -> str:
        return f"{self.host}:{self.port}:{self.instance:016x}"

    def on_same_host(self, other: SiteAddress) -> bool:
        """Whether both processes run on one host of the site."""
        return self.host == other.host


@functools.lru_cache(MAX_REMEMBERED)
def parse(text: str) -> SiteAddress:
    """The address that `str()` wrote; the same object for the same text. Raises ValueError."""
    written = _WRITTEN.fullmatch(text)
    if written is None or int(written["port"]) > 65535:  # noqa: PLR2004  # the last TCP port
        raise ValueError(f"{text!r} is not host:port:instance")
    return SiteAddress(written["host"], int(written["port"]), int(written["instance"], 16))


def text_of(address: ActorAddress) -> str:
    """How an actor's address is written in our messages."""
    return str(address.addressDetails)


def host_of(address: ActorAddress) -> str | None:
    """The host an actor's process runs on; None for an actor without a process, or a child not known yet."""
    details = address.addressDetails
    return details.host if isinstance(details, SiteAddress) else None


def address_of(text: str) -> ActorAddress:
    """The address that `text_of` wrote: of a process, or of an actor in a simulation (starts with "/").

    Raises ValueError.
    """
    return ActorAddress(text if text.startswith("/") else parse(text))
