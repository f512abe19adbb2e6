"""Reads capture files: pcap (micro- and nanoseconds, both byte orders) and pcapng. Bytes in, packets out.

Lengths are checked against what is there before anything is cut out, so memory stays within a small
multiple of the file. Source: the pcap and pcapng drafts of the IETF opsawg.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MAX_PACKET_BYTES: Final = 256 * 1024
"""More than any link type in use delivers; tcpdump's own limit."""

_PCAP_MAGICS: Final = {
    b"\xd4\xc3\xb2\xa1": ("<", 10**6),
    b"\xa1\xb2\xc3\xd4": (">", 10**6),
    b"\x4d\x3c\xb2\xa1": ("<", 10**9),
    b"\xa1\xb2\x3c\x4d": (">", 10**9),
}
_PCAP_HEADER: Final = 24
_PCAP_RECORD: Final = 16
_SECTION: Final = 0x0A0D0D0A
_INTERFACE: Final = 1
_OLD_PACKET: Final = 2
_SIMPLE: Final = 3
_ENHANCED: Final = 6
_SECRETS: Final = 10
_TLS_KEY_LOG: Final = 0x544C534B
_TIME_RESOLUTION: Final = 9
_TIME_OFFSET: Final = 14


class CaptureError(ValueError):
    """A file that is no capture, or a damaged one. `offset` is the byte where it goes wrong."""

    def __init__(self, offset: int, problem: str) -> None:
        super().__init__(f"byte {offset}: {problem}")
        self.offset, self.problem = offset, problem

    def __reduce__(self) -> tuple[type[CaptureError], tuple[int, str]]:
        return type(self), (self.offset, self.problem)


@dataclass(frozen=True, slots=True)
class Packet:
    """One captured packet."""

    time: datetime
    link_type: int
    """LINKTYPE number: 1 Ethernet, 113 Linux cooked, 276 Linux cooked v2, ..."""
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class TlsSecrets:
    """A TLS key log that the capture file brings along (pcapng decryption secrets)."""

    text: str = field(repr=False)


def is_capture(data: bytes) -> bool:
    """Whether the bytes begin as a capture file does."""
    return data[:4] in _PCAP_MAGICS or data[:4] == struct.pack(">I", _SECTION)


def read(data: bytes) -> Iterator[Packet | TlsSecrets]:
    """The packets of a capture file in order; where it is damaged, CaptureError after those before it."""
    if data[:4] in _PCAP_MAGICS:
        return _read_pcap(data)
    if is_capture(data):
        return _read_pcapng(data)
    raise CaptureError(0, "neither pcap nor pcapng")


def _read_pcap(data: bytes) -> Iterator[Packet]:
    order, per_second = _PCAP_MAGICS[data[:4]]
    if len(data) < _PCAP_HEADER:
        raise CaptureError(len(data), "the file header is cut off")
    link_type = struct.unpack_from(order + "I", data, 20)[0] & 0x0FFFFFFF
    record = struct.Struct(order + "IIII")
    at = _PCAP_HEADER
    while at < len(data):
        if len(data) - at < _PCAP_RECORD:
            raise CaptureError(at, "a packet header is cut off")
        seconds, fraction, length, _original = record.unpack_from(data, at)
        body = _cut(data, at + _PCAP_RECORD, length)
        yield Packet(_time(at, seconds * per_second + fraction, per_second), link_type, body)
        at += _PCAP_RECORD + length


def _cut(data: bytes, at: int, length: int) -> bytes:
    if length > MAX_PACKET_BYTES:
        raise CaptureError(at, f"a packet of {length} bytes is more than the {MAX_PACKET_BYTES} allowed")
    if length > len(data) - at:
        raise CaptureError(at, f"a packet of {length} bytes is cut off after {len(data) - at}")
    return data[at : at + length]


def _time(at: int, ticks: int, per_second: int, offset_s: int = 0) -> datetime:
    try:
        return EPOCH + timedelta(microseconds=ticks * 10**6 // per_second, seconds=offset_s)
    except OverflowError:
        raise CaptureError(at, "a time stamp beyond the year 9999") from None


@dataclass(frozen=True, slots=True)
class _Interface:
    link_type: int
    snap_length: int
    per_second: int
    offset_s: int


def _read_pcapng(data: bytes) -> Iterator[Packet | TlsSecrets]:
    at, order = 0, "<"
    interfaces: list[_Interface] = []
    while at < len(data):
        if len(data) - at < 12:  # noqa: PLR2004  # type, length, trailing length
            raise CaptureError(at, "a block header is cut off")
        if data[at : at + 4] == struct.pack(">I", _SECTION):
            order = _byte_order(data, at)
            interfaces = []
        kind, total = struct.unpack_from(order + "II", data, at)
        if total < 12 or total % 4 or total > len(data) - at:  # noqa: PLR2004  # as above
            raise CaptureError(at, f"a block of {total} bytes, of which {len(data) - at} are there")
        yield from _read_block(data[at + 8 : at + total - 4], at, kind, order, interfaces)
        at += total


def _byte_order(data: bytes, at: int) -> str:
    magic = data[at + 8 : at + 12]
    if magic == b"\x1a\x2b\x3c\x4d":
        return ">"
    if magic == b"\x4d\x3c\x2b\x1a":
        return "<"
    raise CaptureError(at + 8, "a section without byte order")


def _read_block(
    body: bytes, at: int, kind: int, order: str, interfaces: list[_Interface]
) -> Iterator[Packet | TlsSecrets]:
    try:
        if kind == _INTERFACE:
            interfaces.append(_interface(body, at, order))
        elif kind == _ENHANCED:
            yield _enhanced(body, at, order + "IIIII", interfaces)
        elif kind == _OLD_PACKET:
            yield _enhanced(body, at, order + "HxxIIII", interfaces)
        elif kind == _SIMPLE:
            yield _simple(body, at, order, interfaces)
        elif kind == _SECRETS:
            secrets_type, length = struct.unpack_from(order + "II", body)
            if secrets_type == _TLS_KEY_LOG:
                yield TlsSecrets(body[8 : 8 + length].decode("ascii", "replace"))
    except struct.error:
        raise CaptureError(at, f"a block of type {kind} is too short") from None


def _interface(body: bytes, at: int, order: str) -> _Interface:
    link_type, snap_length = struct.unpack_from(order + "HxxI", body)
    per_second, offset_s = 10**6, 0
    place = 8
    while place + 4 <= len(body):
        code, length = struct.unpack_from(order + "HH", body, place)
        value = body[place + 4 : place + 4 + length]
        if code == 0:
            break
        if code == _TIME_RESOLUTION and value:
            per_second = 2 ** (value[0] & 0x7F) if value[0] & 0x80 else 10 ** value[0]
            if per_second > 10**18:
                raise CaptureError(at, f"a time resolution of {value[0]:#04x}")
        if code == _TIME_OFFSET:
            offset_s = struct.unpack_from(order + "q", value)[0]
        place += 4 + (length + 3) // 4 * 4
    return _Interface(link_type, snap_length, per_second, offset_s)


def _enhanced(body: bytes, at: int, layout: str, interfaces: list[_Interface]) -> Packet:
    number, high, low, length, _original = struct.unpack_from(layout, body)
    interface = _of_number(interfaces, number, at)
    time = _time(at, high << 32 | low, interface.per_second, interface.offset_s)
    return Packet(time, interface.link_type, _cut(body, struct.calcsize(layout), length))


def _simple(body: bytes, at: int, order: str, interfaces: list[_Interface]) -> Packet:
    interface = _of_number(interfaces, 0, at)
    length = min(struct.unpack_from(order + "I", body)[0], interface.snap_length or MAX_PACKET_BYTES)
    return Packet(EPOCH, interface.link_type, _cut(body, 4, length))


def _of_number(interfaces: list[_Interface], number: int, at: int) -> _Interface:
    if number >= len(interfaces):
        raise CaptureError(at, f"a packet of interface {number}, which is not described")
    return interfaces[number]
