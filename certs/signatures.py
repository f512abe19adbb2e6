"""Verifies one signature over bytes, with whatever key has made it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import hashes

ACCEPTED_HASHES: Final = frozenset({"sha256", "sha384", "sha512"})
"""For OCSP responses and CRLs. Edwards curves bring their own."""


def is_whole(der: bytes, signature: bytes) -> bool:
    """Whether the signature stands in `der` as whole bytes.

    The library reads a bit string that leaves out some zero bits at its end as if it were whole, so that one
    and the same signature could be written in several ways.
    """
    return b"\0" + signature in der


def is_signature(key: object, signature: bytes, data: bytes, algorithm: hashes.HashAlgorithm | None) -> bool:
    """Whether `key` has made this signature over `data`; False too if key and hash do not go together."""
    try:
        return _verify(key, signature, data, algorithm)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False


def _verify(key: object, signature: bytes, data: bytes, algorithm: hashes.HashAlgorithm | None) -> bool:
    if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey) and algorithm is None:
        key.verify(signature, data)
        return True
    if algorithm is None or algorithm.name not in ACCEPTED_HASHES:
        return False
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, data, ec.ECDSA(algorithm))
        return True
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, data, padding.PKCS1v15(), algorithm)
        return True
    return False
