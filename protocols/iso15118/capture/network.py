"""Takes a captured packet apart down to its TCP segment or UDP datagram.

Link layers: Ethernet with VLAN tags, Linux cooked (both versions), raw IP, BSD loopback. Network: IPv6 with
its extension headers, IPv4. Whatever else a capture holds, fragments included, is passed over: `parse`
gives None for it and never raises. Checksums are not looked at: captures taken on the sender have none.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from protocols.iso15118.capture.packets import Packet

_IPV4: Final = 0x0800
_IPV6: Final = 0x86DD
_VLANS: Final = frozenset((0x8100, 0x88A8, 0x9100))
_MAX_TAGS: Final = 8
_TCP: Final = 6
_UDP: Final = 17
_FRAGMENT: Final = 44
_EXTENSIONS: Final = frozenset((0, 43, 60, 135))
"""Hop-by-hop, routing, destination options, mobility: all begin with next header and length."""


@dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    """An address and a port; `str` gives `[fe80::1]:15118` or `10.0.0.1:15118`."""

    address: str
    port: int

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class Segment:
    """One TCP segment."""

    source: Endpoint
    destination: Endpoint
    sequence: int
    syn: bool
    ack: bool
    fin: bool
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Datagram:
    """One UDP datagram."""

    source: Endpoint
    destination: Endpoint
    payload: bytes = field(repr=False)


def parse(packet: Packet) -> Segment | Datagram | None:
    """The segment or datagram in a packet; None where there is none that can be used."""
    strip = _LINKS.get(packet.link_type)
    if strip is None:
        return None
    try:
        return _network(*strip(packet.data))
    except (struct.error, IndexError, AddressValueError):
        return None


def _ethernet(data: bytes) -> tuple[int, bytes]:
    at = 12
    for _ in range(_MAX_TAGS):
        ether_type = struct.unpack_from(">H", data, at)[0]
        if ether_type not in _VLANS:
            return ether_type, data[at + 2 :]
        at += 4
    return 0, b""


def _cooked(data: bytes) -> tuple[int, bytes]:
    return struct.unpack_from(">H", data, 14)[0], data[16:]


def _cooked2(data: bytes) -> tuple[int, bytes]:
    return struct.unpack_from(">H", data)[0], data[20:]


def _raw(data: bytes) -> tuple[int, bytes]:
    return {4: _IPV4, 6: _IPV6}.get(data[0] >> 4, 0), data


def _loopback(data: bytes) -> tuple[int, bytes]:
    return _raw(data[4:])


_LINKS: Final[Mapping[int, Callable[[bytes], tuple[int, bytes]]]] = {
    0: _loopback,
    1: _ethernet,
    12: _raw,
    101: _raw,
    108: _loopback,
    113: _cooked,
    228: _raw,
    229: _raw,
    276: _cooked2,
}


def _network(ether_type: int, data: bytes) -> Segment | Datagram | None:
    if ether_type == _IPV6:
        return _ipv6(data)
    if ether_type == _IPV4:
        return _ipv4(data)
    return None


def _ipv4(data: bytes) -> Segment | Datagram | None:
    header = (data[0] & 0x0F) * 4
    total, fragment = struct.unpack_from(">HxxH", data, 2)
    if fragment & 0x3FFF:  # more to come, or not the first
        return None
    source, destination = IPv4Address(data[12:16]), IPv4Address(data[16:20])
    # a total of 0 is what segmentation offload leaves in captures on the sender
    return _transport(data[9], data[header : total or None], str(source), str(destination))


def _ipv6(data: bytes) -> Segment | Datagram | None:
    length, kind = struct.unpack_from(">HB", data, 4)
    source, destination = IPv6Address(data[8:24]), IPv6Address(data[24:40])
    rest = data[40 : 40 + length] if length else data[40:]
    while kind in _EXTENSIONS or kind == _FRAGMENT:
        if kind == _FRAGMENT:
            if struct.unpack_from(">H", rest, 2)[0] & 0xFFF9:
                return None
            kind, rest = rest[0], rest[8:]
        else:
            kind, rest = rest[0], rest[8 * (1 + rest[1]) :]
    return _transport(kind, rest, str(source), str(destination))


def _transport(kind: int, data: bytes, source: str, destination: str) -> Segment | Datagram | None:
    if kind == _UDP:
        from_port, to_port, length = struct.unpack_from(">HHH", data)
        return Datagram(Endpoint(source, from_port), Endpoint(destination, to_port), data[8:length])
    if kind != _TCP:
        return None
    from_port, to_port, sequence, offset, flags = struct.unpack_from(">HHIxxxxBB", data)
    return Segment(
        source=Endpoint(source, from_port),
        destination=Endpoint(destination, to_port),
        sequence=sequence,
        syn=bool(flags & 0x02),
        ack=bool(flags & 0x10),
        fin=bool(flags & 0x01),
        payload=data[(offset >> 4) * 4 :],
    )
