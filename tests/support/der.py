"""Takes DER apart and puts it together again, for structures our libraries do not write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from certs.pki import Identity

SEQUENCE = 0x30


def write(tag: int, *contents: bytes) -> bytes:
    """One element."""
    content = b"".join(contents)
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 + len(length)]) + length + content


def read(data: bytes) -> list[tuple[int, bytes, bytes]]:
    """The elements that stand behind each other: tag, content, and all of it."""
    found = []
    while data:
        tag, size, start = data[0], data[1], 2
        if size >= 128:
            start += size - 128
            size = int.from_bytes(data[2:start], "big")
        found.append((tag, data[start : start + size], data[: start + size]))
        data = data[start + size :]
    return found


def inside(data: bytes) -> list[tuple[int, bytes, bytes]]:
    """The elements inside the one element there is."""
    return read(read(data)[0][1])


def without_version(certificate: bytes) -> bytes:
    """The certificate as one of version 1, which has no version field. Its signature does not fit."""
    tbs, algorithm, signature = inside(certificate)
    parts = [whole for _, _, whole in inside(tbs[2])[1:]]
    return write(SEQUENCE, write(SEQUENCE, *parts), algorithm[2], signature[2])


def ocsp_answers(response: bytes) -> list[bytes]:
    """The SingleResponses of an OCSP response."""
    return [whole for _, _, whole in inside(_answers_of(_basic(response)[0][2])[2])]


def ocsp_merge(response: bytes, answers: Sequence[bytes], signer: Identity) -> bytes:
    """The response with these SingleResponses instead of its own, signed by a P-256 key."""

    tbs, algorithm, _signature, *rest = _basic(response)
    own = _answers_of(tbs[2])
    parts = [write(SEQUENCE, *answers) if part == own else part[2] for part in inside(tbs[2])]
    to_sign = write(SEQUENCE, *parts)
    assert isinstance(signer.key, ec.EllipticCurvePrivateKey)
    signature = signer.key.sign(to_sign, ec.ECDSA(hashes.SHA256()))
    basic = write(SEQUENCE, to_sign, algorithm[2], write(3, b"\0", signature), *(one[2] for one in rest))
    status, outer = inside(response)
    oid = inside(outer[1])[0][2]
    return write(SEQUENCE, status[2], write(0xA0, write(SEQUENCE, oid, write(4, basic))))


def _basic(response: bytes) -> list[tuple[int, bytes, bytes]]:
    outer = inside(response)[1]
    return inside(inside(outer[1])[1][1])


def _answers_of(tbs: bytes) -> tuple[int, bytes, bytes]:
    return next(part for part in inside(tbs) if part[0] == SEQUENCE)
