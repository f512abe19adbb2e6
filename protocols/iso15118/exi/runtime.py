"""What the generated code calls: the values of variable length, and the faults it can find.

Reading works on the input as a string of binary digits, so that a code or a small value is one slice and
one dictionary look-up; `p` is the position in it. Writing works on one growing integer that starts with the
EXI header, whose leading 1 keeps the length (`int.bit_length`); `a` is that integer.
Lengths are held against what remains of the input before anything of that length is made.

Source: exi-notes sections 6 and 9.
"""

from __future__ import annotations

from typing import Any, Final

MAX_NUMBER_BITS: Final = 70
"""What ten octets hold: enough for every 64-bit number."""
MAX_BIG_NUMBER_BITS: Final = 7 * 512
"""Bound on whole numbers that the schema does not bound; X.509 serial numbers have 160 bits."""
MAX_LENGTH_BITS: Final = 35
CONTINUED: Final = 128
"""An octet with this bit has another one behind it."""
BLOCK: Final = 1 << 4096
"""Long lists are collected in pieces of about this size, so that writing them stays linear."""

OCTETS: Final[dict[str, int]] = {format(value, "08b"): value for value in range(256)}
_MAX_CODE_POINT: Final = 0x10FFFF
_SURROGATES: Final = range(0xD800, 0xE000)


class Fault(Exception):  # noqa: N818  # internal: the codec turns it into an ExiError with path and offset
    """Something in a message that its declaration does not allow."""


def shown(value: object) -> str:
    """A value for an error message, never longer than a line."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004  # one line


def mismatch(b: str, p: int, bits: str) -> Fault:
    """Why the bits at `p` are not the only ones that may stand there."""
    if len(b) - p < len(bits):
        return Fault(ENDS)
    return Fault(f"event code {b[p : p + len(bits)]} where only {bits} may stand")


ENDS: Final = "the input ends too early"


def out_of_range(value: object, low: int | None, high: int | None) -> Fault:
    """A number, length or count outside its limits."""
    return Fault(f"{shown(value)} is not in {low}..{'' if high is None else high}")


def wrong_type(value: object, wanted: str) -> Fault:
    """An object of a class that cannot stand here."""
    return Fault(f"{shown(value)} is no {wanted}")


# -- reading ---------------------------------------------------------------------------------------------


def more_octets(b: str, p: int, first: int, max_bits: int) -> tuple[int, int]:
    """The rest of an unsigned number whose first octet, already read, has more behind it."""
    value = first & 127
    shift = 7
    while True:
        octet = OCTETS[b[p : p + 8]]
        p += 8
        value |= (octet & 127) << shift
        if octet < CONTINUED:
            return value, p
        shift += 7
        if shift >= max_bits:
            raise Fault(f"a number of more than {max_bits // 7} octets")


def fixed(b: str, p: int, width: int) -> int:
    """An unsigned number of `width` bits."""
    end = p + width
    if end > len(b):
        raise Fault(ENDS)
    return int(b[p:end], 2)


def _length(b: str, p: int, low: int, high: int | None, extra: int) -> tuple[int, int]:
    """The length of a string or binary, checked against its facets and against what is left to read."""
    length = OCTETS[b[p : p + 8]]
    p += 8
    if length >= CONTINUED:
        length, p = more_octets(b, p, length, MAX_LENGTH_BITS)
    length -= extra
    if length < 0:
        raise Fault("a string from a string table, and there is none")
    if length < low or (high is not None and length > high):
        raise Fault(f"length {length} is not in {low}..{'' if high is None else high}")
    if p + 8 * length > len(b):
        raise Fault(f"length {length}, but the input ends before")
    return length, p


def text_value(b: str, p: int, low: int, high: int | None) -> tuple[str, int]:
    """A string."""
    length, p = _length(b, p, low, high, 2)
    if not length:
        return "", p
    end = p + 8 * length
    raw = int(b[p:end], 2).to_bytes(length, "big")
    if raw.isascii():
        return raw.decode("ascii"), end
    points = []
    for _ in range(length):
        point = OCTETS[b[p : p + 8]]
        p += 8
        if point >= CONTINUED:
            point, p = more_octets(b, p, point, 21)
        if point > _MAX_CODE_POINT or point in _SURROGATES:
            raise Fault(f"{point:#x} is no character")
        points.append(chr(point))
    return "".join(points), p


def binary_value(b: str, p: int, low: int, high: int | None) -> tuple[bytes, int]:
    """Bytes."""
    length, p = _length(b, p, low, high, 0)
    if not length:
        return b"", p
    end = p + 8 * length
    return int(b[p:end], 2).to_bytes(length, "big"), end


def empty(b: str, p: int, low: int) -> int:
    """Accept the second form of an empty value: the element ends without any; the position behind it."""
    bits = b[p : p + 3]
    if len(bits) < 3:  # noqa: PLR2004  # width of the second-level code
        raise Fault(ENDS)
    if bits != "000":
        raise Fault(f"second-level event code {bits}: this codec knows only the end of an empty element")
    if low:
        raise Fault(f"length 0 is not in {low}..")
    return p + 3


def text_leaf(b: str, p: int, low: int, high: int | None) -> tuple[str, int]:
    """The content of an element that holds a string, its end included."""
    if b[p] == "1":
        return "", empty(b, p + 1, low)
    value, p = text_value(b, p + 1, low, high)
    if b[p] != "0":
        raise mismatch(b, p, "0")
    return value, p + 1


def binary_leaf(b: str, p: int, low: int, high: int | None) -> tuple[bytes, int]:
    """The content of an element that holds bytes, its end included."""
    if b[p] == "1":
        return b"", empty(b, p + 1, low)
    value, p = binary_value(b, p + 1, low, high)
    if b[p] != "0":
        raise mismatch(b, p, "0")
    return value, p + 1


# -- writing ---------------------------------------------------------------------------------------------


def put_number(a: int, value: int) -> int:
    """Append an unsigned number."""
    while value >= CONTINUED:
        a = a << 8 | 128 | value & 127
        value >>= 7
    return a << 8 | value


def put_signed(a: int, value: int) -> int:
    """Append a signed number."""
    if value < 0:
        return put_number(a << 1 | 1, -value - 1)
    return put_number(a << 1, value)


def put_text(a: int, value: Any, low: int, high: int | None) -> int:
    """Append a string."""
    if not isinstance(value, str):
        raise wrong_type(value, "text")
    length = len(value)
    if length < low or (high is not None and length > high):
        raise Fault(f"length {length} is not in {low}..{'' if high is None else high}")
    a = put_number(a, length + 2)
    if value.isascii():
        return a << 8 * length | int.from_bytes(value.encode("ascii"), "big")
    piece = 1
    for character in value:
        point = ord(character)
        if point in _SURROGATES:
            raise Fault(f"{point:#x} is no character")
        piece = put_number(piece, point)
        if piece > BLOCK:
            a = join(a, piece)
            piece = 1
    return join(a, piece)


def put_binary(a: int, value: Any, low: int, high: int | None) -> int:
    """Append bytes."""
    if not isinstance(value, bytes):
        raise wrong_type(value, "bytes")
    length = len(value)
    if length < low or (high is not None and length > high):
        raise Fault(f"length {length} is not in {low}..{'' if high is None else high}")
    return put_number(a, length) << 8 * length | int.from_bytes(value, "big")


def join(a: int, piece: int) -> int:
    """Append a piece that was collected behind a leading 1."""
    width = piece.bit_length() - 1
    return a << width | (piece ^ 1 << width)
