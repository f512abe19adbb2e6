"""How a site is spread over several hosts: which of them leads it, and who carries which EVSEs. Pure.

The leading host runs `evsite run`; each EVSE that is said to be elsewhere runs, with everything below its
supervisor, on a host that has joined (`evsite join`) and carries it. All else runs on the leading host.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from actors.engine.supervision import ChildSpec

PORT: Final = 4700
"""Where hosts speak to one another unless they are told otherwise."""
MAX_PORT: Final = 65_535
MAX_PORT_DIGITS: Final = 5


class HostsError(ValueError):
    """Addresses or EVSEs that make no site of several hosts."""


@dataclass(frozen=True, slots=True)
class Spread:
    """What the leading host knows of its site's spread."""

    address: str
    port: int
    elsewhere: frozenset[int]
    """EVSEs that are on other hosts."""

    def wiring(self) -> dict[str, Any]:
        """What makes the engine's `Host` of this: it leads itself."""
        return {"address": self.address, "port": self.port, "leader": f"{self.address}:{self.port}"}


def spread_of(listen: str | None, elsewhere: Collection[int], known: Collection[int]) -> Spread | None:
    """As the options of the leading host say; None: the site runs on one host. Raises HostsError."""
    if listen is None and elsewhere:
        raise HostsError("--elsewhere: without --listen no other host can join")
    return Spread(*place_of(listen), evses_of(elsewhere, known)) if listen is not None else None


def place_of(text: str) -> tuple[str, int]:
    """`ADDRESS[:PORT]` of an IPv4 address of one host. Raises HostsError."""
    address, colon, port = text.partition(":")
    try:
        found = ipaddress.IPv4Address(address)
    except ValueError:
        raise HostsError(f"{text!r} is no place: ADDRESS[:PORT], with an IPv4 address") from None
    if found.is_unspecified or found.is_multicast or found.is_reserved:
        raise HostsError(
            f"{address} is no address of one host: its actors listen there, and others find it there"
        )
    if not colon:
        return str(found), PORT
    digits = port.isascii() and port.isdecimal() and len(port) <= MAX_PORT_DIGITS
    if not (digits and 0 < int(port) <= MAX_PORT):
        raise HostsError(f"{text!r}: a port is a number from 1 to {MAX_PORT}")
    return str(found), int(port)


def evses_of(wanted: Collection[int], known: Collection[int]) -> frozenset[int]:
    """Numbers of EVSEs that the site has. Raises HostsError."""
    if strange := sorted(set(wanted) - set(known)):
        there = ", ".join(map(str, sorted(known)))
        raise HostsError(f"the site has no EVSE {', '.join(map(str, strange))}; it has {there}")
    return frozenset(wanted)


def capabilities(evses: Iterable[int]) -> dict[str, bool]:
    """What a host that carries these EVSEs says of itself, and what the supervisor of one requires."""
    return {f"evse:{number}": True for number in sorted(evses)}


def placed(children: Iterable[ChildSpec], elsewhere: Collection[int]) -> tuple[ChildSpec, ...]:
    """The children of the root, the supervisors of these EVSEs wherever somebody carries them."""
    return tuple(
        replace(each, requirements=capabilities((each.evse,)))
        if each.evse is not None and each.evse in elsewhere
        else each
        for each in children
    )
