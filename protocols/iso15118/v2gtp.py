"""V2GTP, the framing of every V2G message: eight bytes of header, then one message. No socket, no clock.

`FrameReader` takes whatever chunks a transport delivers and gives whole frames, in the manner of h11:

    reader.receive_data(chunk)
    while (event := reader.next_event()) is not NEED_DATA:
        ...

A header that is wrong, or announces more than the limit, raises `RemoteProtocolError` before a byte of its
payload is kept; the reader then stays closed. A payload type that nobody knows is not an error: its
payload is passed over without being kept and reported as `SkippedFrame` [V2G20-092].

Source: ISO 15118-2 7.8.3, ISO 15118-20 7.8.3 Tables 13 and 14, DIN SPEC 70121 8.7.
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION: Final = 0x01
INVERSE_VERSION: Final = 0xFE
HEADER_BYTES: Final = 8
DEFAULT_MAX_PAYLOAD_BYTES: Final = 256 * 1024
"""Larger than any message a real peer sends (a -2 certificate installation has about 9 kB)."""

_HEADER: Final = struct.Struct(">BBHI")
_UINT16: Final = 0xFFFF
_COMPACT_BYTES: Final = 64 * 1024


class PayloadType(enum.IntEnum):
    """What a frame carries: ISO 15118-20 Table 14; -2 and DIN know `EXI` and the plain SDP pair."""

    EXI = 0x8001
    """supportedAppProtocol before a protocol is agreed; every message of -2 and DIN afterwards."""
    COMMON = 0x8002
    AC = 0x8003
    DC = 0x8004
    ACDP = 0x8005
    WPT = 0x8006
    SCHEDULE_RENEGOTIATION = 0x8101
    METERING_CONFIRMATION = 0x8102
    ACDP_SYSTEM_STATUS = 0x8103
    PARKING_STATUS = 0x8104
    SDP_REQUEST = 0x9000
    SDP_RESPONSE = 0x9001
    SDP_REQUEST_WIRELESS = 0x9002
    SDP_RESPONSE_WIRELESS = 0x9003


class Protocol(enum.StrEnum):
    """The protocols that supportedAppProtocol can agree on, by their namespace."""

    DIN = "urn:din:70121:2012:MsgDef"
    ISO2 = "urn:iso:15118:2:2013:MsgDef"
    ISO20_AC = "urn:iso:std:iso:15118:-20:AC"
    ISO20_DC = "urn:iso:std:iso:15118:-20:DC"
    ISO20_ACDP = "urn:iso:std:iso:15118:-20:ACDP"
    ISO20_WPT = "urn:iso:std:iso:15118:-20:WPT"


_KNOWN: Final = frozenset(map(int, PayloadType))

_COMMON_20: Final[Mapping[int, str]] = {
    PayloadType.COMMON: "iso20_common",
    PayloadType.SCHEDULE_RENEGOTIATION: "iso20_common",
    PayloadType.METERING_CONFIRMATION: "iso20_common",
    PayloadType.PARKING_STATUS: "iso20_common",  # VehicleCheckIn/Out are declared there
}

SCHEMAS: Final[Mapping[Protocol | None, Mapping[int, str]]] = {
    None: {PayloadType.EXI: "app_protocol"},
    Protocol.DIN: {PayloadType.EXI: "din_msgdef"},
    Protocol.ISO2: {PayloadType.EXI: "iso2_msgdef"},
    Protocol.ISO20_AC: {**_COMMON_20, PayloadType.AC: "iso20_ac"},
    Protocol.ISO20_DC: {**_COMMON_20, PayloadType.DC: "iso20_dc"},
    Protocol.ISO20_ACDP: {
        **_COMMON_20,
        PayloadType.ACDP: "iso20_acdp",
        PayloadType.ACDP_SYSTEM_STATUS: "iso20_acdp",
        PayloadType.DC: "iso20_dc",  # ACDP moves its energy with the DC messages
    },
    Protocol.ISO20_WPT: {**_COMMON_20, PayloadType.WPT: "iso20_wpt"},
}
"""Which EXI schema a payload type means once a protocol (or, as None, none yet) has been agreed."""


class V2gtpError(ValueError):
    """Anything that is wrong on the V2GTP layer."""


class LocalProtocolError(V2gtpError):
    """We were asked to send or to do something that the protocol does not allow."""


class RemoteProtocolError(V2gtpError):
    """The peer sent something that is no V2GTP.

    `offset` is the position, in bytes since the reader was made, of the field at fault; `field` is its name.
    """

    def __init__(self, field: str, offset: int, problem: str) -> None:
        super().__init__(f"{field} at byte {offset}: {problem}")
        self.field, self.offset, self.problem = field, offset, problem

    def __reduce__(self) -> tuple[type[RemoteProtocolError], tuple[str, int, str]]:
        return type(self), (self.field, self.offset, self.problem)


@dataclass(frozen=True, slots=True)
class Frame:
    """One whole frame of a known payload type."""

    payload_type: PayloadType
    payload: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Header and payload in one piece, to be written in one go: some cars read once per message."""
        return encode(self.payload_type, self.payload)


@dataclass(frozen=True, slots=True)
class SkippedFrame:
    """A frame of a payload type that nobody knows; its payload was passed over."""

    payload_type: int
    length: int
    """Bytes of payload."""


class Signal(enum.Enum):
    """What `next_event` gives when it has no frame."""

    NEED_DATA = "NEED_DATA"
    """Nothing more to say until `receive_data` is called."""
    CLOSED = "CLOSED"
    """The peer has ended the stream, cleanly between two frames."""


NEED_DATA: Final = Signal.NEED_DATA
CLOSED: Final = Signal.CLOSED


def encode(payload_type: int, payload: bytes, *, max_payload_bytes: int = DEFAULT_MAX_PAYLOAD_BYTES) -> bytes:
    """The bytes of one frame. Raises LocalProtocolError for an empty or over-long payload."""
    if not 0 <= payload_type <= _UINT16:
        raise LocalProtocolError(f"payload type {payload_type:#x} does not fit 16 bits")
    if not 0 < len(payload) <= max_payload_bytes:
        raise LocalProtocolError(f"a payload has 1 to {max_payload_bytes} bytes, not {len(payload)}")
    return _HEADER.pack(VERSION, INVERSE_VERSION, payload_type, len(payload)) + payload


def read_header(data: bytes | bytearray | memoryview, offset: int, max_payload_bytes: int) -> tuple[int, int]:
    """Payload type and payload length of the header at the start of `data`, checked [V2G2-087 ff.].

    `offset` is only used to say where in the stream the header stands. Raises RemoteProtocolError.
    """
    version, inverse, payload_type, length = _HEADER.unpack_from(data)
    if version != VERSION:
        raise RemoteProtocolError("protocol version", offset, f"{version:#04x} is not {VERSION:#04x}")
    if inverse != INVERSE_VERSION:
        raise RemoteProtocolError(
            "inverse protocol version", offset + 1, f"{inverse:#04x} is not {INVERSE_VERSION:#04x}"
        )
    if length == 0:
        raise RemoteProtocolError("payload length", offset + 4, "a frame without payload")
    if length > max_payload_bytes:
        raise RemoteProtocolError(
            "payload length", offset + 4, f"{length} bytes are more than the {max_payload_bytes} allowed"
        )
    return payload_type, length


def schema_of(payload_type: int, protocol: Protocol | None) -> str:
    """The EXI schema of a payload, given the agreed protocol (None: none yet).

    Raises RemoteProtocolError when the payload type has no place there.
    """
    schema = SCHEMAS[protocol].get(payload_type)
    if schema is None:
        agreed = protocol.name if protocol else "no protocol agreed"
        raise RemoteProtocolError("payload type", 2, f"{payload_type:#06x} has no place with {agreed}")
    return schema


class FrameReader:
    """Cuts a byte stream into frames. Keeps at most what was received and not yet taken.

    `max_payload_bytes` bounds what one frame may announce.
    """

    def __init__(self, *, max_payload_bytes: int = DEFAULT_MAX_PAYLOAD_BYTES) -> None:
        self._max_payload_bytes = max_payload_bytes
        self._buffer = bytearray()
        self._start = 0
        self._offset = 0
        self._to_skip = 0
        self._skipped: SkippedFrame | None = None
        self._ended = False
        self._failed: RemoteProtocolError | None = None

    @property
    def offset(self) -> int:
        """Bytes of the stream that have been turned into events."""
        return self._offset

    @property
    def pending_bytes(self) -> int:
        """Bytes received that no event has used yet."""
        return len(self._buffer) - self._start

    def receive_data(self, data: bytes) -> None:
        """Add what the transport delivered; `b""` says that the peer has ended the stream.

        Raises LocalProtocolError for data after the end, and the old error again after a failure.
        """
        if self._failed is not None:
            raise self._failed
        if not data:
            self._ended = True
            return
        if self._ended:
            raise LocalProtocolError("data after the end of the stream")
        if self._to_skip:
            passed = min(self._to_skip, len(data))
            self._to_skip -= passed
            self._offset += passed
            data = data[passed:]
        self._buffer += data

    def next_event(self) -> Frame | SkippedFrame | Signal:
        """The next frame, or why there is none. Raises RemoteProtocolError, then always the same one."""
        if self._failed is not None:
            raise self._failed
        try:
            return self._next_event()
        except RemoteProtocolError as error:
            self._failed = error
            self._buffer.clear()
            self._start = 0
            raise

    def _next_event(self) -> Frame | SkippedFrame | Signal:
        if self._skipped is not None and not self._to_skip:
            event, self._skipped = self._skipped, None
            return event
        if self.pending_bytes < HEADER_BYTES or self._to_skip:
            return self._without_frame()
        with memoryview(self._buffer) as view, view[self._start : self._start + HEADER_BYTES] as header:
            payload_type, length = read_header(header, self._offset, self._max_payload_bytes)
        if payload_type not in _KNOWN:
            return self._skip(payload_type, length)
        if self.pending_bytes < HEADER_BYTES + length:
            return self._without_frame()
        begin = self._start + HEADER_BYTES
        payload = bytes(self._buffer[begin : begin + length])
        self._take(HEADER_BYTES + length)
        return Frame(PayloadType(payload_type), payload)

    def _skip(self, payload_type: int, length: int) -> Frame | SkippedFrame | Signal:
        self._take(HEADER_BYTES)
        here = min(length, self.pending_bytes)
        self._take(here)
        self._to_skip = length - here
        self._skipped = SkippedFrame(payload_type, length)
        return self._next_event()

    def _take(self, count: int) -> None:
        self._start += count
        self._offset += count
        if self._start == len(self._buffer) or self._start > _COMPACT_BYTES:
            del self._buffer[: self._start]
            self._start = 0

    def _without_frame(self) -> Signal:
        if not self._ended:
            return NEED_DATA
        if self.pending_bytes or self._to_skip:
            raise RemoteProtocolError(
                "stream", self._offset + self.pending_bytes, "the peer ended it in the middle of a frame"
            )
        return CLOSED
