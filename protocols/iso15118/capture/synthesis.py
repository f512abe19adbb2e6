"""Writes the two byte streams of one TCP connection as a pcap file, as if it had been captured. Pure.

Whoever holds a socket sees bytes, not packets. The packets around them are made up here: a handshake of
three, segments that fit an Ethernet frame, and an end, with the sequence numbers, acknowledgements and
checksums that such a connection would have. What the bytes are, and when they passed, is real. The link
type is raw IP, so that no hardware addresses have to be made up.

    stream = Stream(client, server)
    file.write(FILE_HEADER + stream.opened(now))
    file.write(stream.said(Side.CLIENT, data, now))

Source: the pcap draft of the IETF opsawg; RFC 8200, RFC 791, RFC 9293.
"""

from __future__ import annotations

import struct
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Final

from protocols.iso15118.capture.packets import EPOCH
from protocols.iso15118.capture.tcp import Side

if TYPE_CHECKING:
    from datetime import datetime

    from protocols.iso15118.capture.network import Endpoint

RAW_IP: Final = 101
"""LINKTYPE_RAW: a packet begins with its IP header."""
FILE_HEADER: Final = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, RAW_IP)
SEGMENT_BYTES: Final = 1440
"""Payload of a segment: what an Ethernet frame holds behind the headers of IPv6 and TCP."""
_TCP: Final = 6
_FIN, _SYN, _RST, _PSH, _ACK = 0x01, 0x02, 0x04, 0x08, 0x10
_WINDOW: Final = 65535
_INITIAL: Final = {Side.CLIENT: 1_000_000, Side.SERVER: 2_000_000}
"""The sequence numbers of the two SYN: any will do, and these are the same every time."""
_OTHER: Final = {Side.CLIENT: Side.SERVER, Side.SERVER: Side.CLIENT}
_MODULUS: Final = 1 << 32
_TICK: Final = EPOCH.resolution
"""A microsecond."""


class Stream:
    """One connection; each call gives the records that belong into the file next."""

    def __init__(self, client: Endpoint, server: Endpoint) -> None:
        self._ports = {Side.CLIENT: client.port, Side.SERVER: server.port}
        addresses = {Side.CLIENT: ip_address(client.address), Side.SERVER: ip_address(server.address)}
        self._addresses = {side: each.packed for side, each in addresses.items()}
        self._is_v6 = isinstance(addresses[Side.CLIENT], IPv6Address)
        self._next = dict(_INITIAL)

    def opened(self, now: datetime) -> bytes:
        """The client has connected."""
        syn = self._segment(Side.CLIENT, b"", _SYN, now)
        answer = self._segment(Side.SERVER, b"", _SYN | _ACK, now)
        return syn + answer + self._segment(Side.CLIENT, b"", _ACK, now)

    def said(self, side: Side, data: bytes, now: datetime) -> bytes:
        """One end has sent bytes, and the other has got them."""
        pieces = [data[at : at + SEGMENT_BYTES] for at in range(0, len(data), SEGMENT_BYTES)]
        last = len(pieces) - 1
        return b"".join(
            self._segment(side, piece, _ACK | (_PSH if number == last else 0), now)
            for number, piece in enumerate(pieces)
        )

    def ended(self, side: Side, now: datetime) -> bytes:
        """One end has closed, and the other has followed."""
        other = _OTHER[side]
        return (
            self._segment(side, b"", _FIN | _ACK, now)
            + self._segment(other, b"", _FIN | _ACK, now)
            + self._segment(side, b"", _ACK, now)
        )

    def broken(self, side: Side, now: datetime) -> bytes:
        """The connection is gone without a word of this end."""
        return self._segment(side, b"", _RST | _ACK, now)

    def _segment(self, side: Side, payload: bytes, flags: int, now: datetime) -> bytes:
        other = _OTHER[side]
        sequence = self._next[side]
        acknowledged = self._next[other] if flags & _ACK else 0
        self._next[side] = (sequence + len(payload) + bool(flags & (_SYN | _FIN))) % _MODULUS
        offset = 0x50  # five words of header
        ports = (self._ports[side], self._ports[other])
        head = struct.pack(">HHIIBBHHH", *ports, sequence, acknowledged, offset, flags, _WINDOW, 0, 0)
        addresses = self._addresses[side] + self._addresses[other]
        # the two families differ in the width of two fields, which does not change the sum
        pseudo = addresses + struct.pack(">II", len(head) + len(payload), _TCP)
        check = struct.pack(">H", _checksum(pseudo + head + payload))
        packet = self._ip(addresses, head[:16] + check + head[18:] + payload)
        ticks = (now - EPOCH) // _TICK
        times = (ticks // 10**6 % _MODULUS, ticks % 10**6)
        return struct.pack("<IIII", *times, len(packet), len(packet)) + packet

    def _ip(self, addresses: bytes, payload: bytes) -> bytes:
        if self._is_v6:
            return struct.pack(">IHBB", 6 << 28, len(payload), _TCP, 64) + addresses + payload
        total = 20 + len(payload)
        head = struct.pack(">BBHHHBBH", 0x45, 0, total, 0, 0x4000, 64, _TCP, 0) + addresses
        return head[:10] + struct.pack(">H", _checksum(head)) + head[12:] + payload


def _checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071). A number is its own sum of 16-bit digits, modulo 2**16 - 1."""
    total = int.from_bytes(data + b"\0" * (len(data) % 2), "big") % 0xFFFF
    return 0xFFFF - total
