"""The signature schemes of the standards: which key, which hashes, under which names.

-2: ECDSA with secp256r1 and SHA-256 [V2G2-770]. -20: ECDSA with secp521r1 and SHA-512, or Ed448 with SHAKE256
as digest [V2G20-2473 to -2476]; ECDSA values are r and s, each at its full length, one behind the other
[V2G20-1000]. The length of a SHAKE256 digest is not stated where these names are defined; 64 bytes are
taken, as RFC 8702 does.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from protocols.iso15118.signature.error import Problem, SignatureError

if TYPE_CHECKING:
    from collections.abc import Callable

PrivateKey = ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey
PublicKey = ec.EllipticCurvePublicKey | ed448.Ed448PublicKey

CANONICAL_EXI: Final = "http://www.w3.org/TR/canonical-exi/"
"""Canonicalization and transform; peers send it with and without the slash at its end."""


@dataclass(frozen=True, slots=True, eq=False)
class Scheme:
    """One way to sign: the algorithms, their names on the wire, and the key they need."""

    signature_uri: str
    digest_uri: str
    digest: Callable[[bytes], bytes]
    curve: type[ec.EllipticCurve] | None
    """None for Ed448."""
    hash_algorithm: hashes.HashAlgorithm | None

    def sign(self, key: PrivateKey, data: bytes) -> bytes:
        """The SignatureValue over `data`. SignatureError for a key of another kind."""
        if self.curve is None or self.hash_algorithm is None:
            if not isinstance(key, ed448.Ed448PrivateKey):
                raise SignatureError(Problem.WRONG_KEY, self.signature_uri)
            return key.sign(data)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, self.curve):
            raise SignatureError(Problem.WRONG_KEY, self.signature_uri)
        size = (key.curve.key_size + 7) // 8
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(self.hash_algorithm)))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    def verify(self, key: PublicKey, signature: bytes, data: bytes) -> None:
        """See that `signature` is that of `key` over `data`. SignatureError if not."""
        try:
            if self.curve is None or self.hash_algorithm is None:
                if not isinstance(key, ed448.Ed448PublicKey):
                    raise SignatureError(Problem.WRONG_KEY, self.signature_uri)
                key.verify(signature, data)
                return
            if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, self.curve):
                raise SignatureError(Problem.WRONG_KEY, self.signature_uri)
            size = (key.curve.key_size + 7) // 8
            if len(signature) != 2 * size:
                raise SignatureError(
                    Problem.INVALID_SIGNATURE, f"{len(signature)} bytes instead of {2 * size}"
                )
            r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
            key.verify(encode_dss_signature(r, s), data, ec.ECDSA(self.hash_algorithm))
        except InvalidSignature:
            raise SignatureError(Problem.INVALID_SIGNATURE) from None


ISO2: Final = Scheme(
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "http://www.w3.org/2001/04/xmlenc#sha256",
    lambda data: hashlib.sha256(data).digest(),
    ec.SECP256R1,
    hashes.SHA256(),
)
ISO20_SECP521: Final = Scheme(
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
    "http://www.w3.org/2001/04/xmlenc#sha512",
    lambda data: hashlib.sha512(data).digest(),
    ec.SECP521R1,
    hashes.SHA512(),
)
ISO20_ED448: Final = Scheme(
    "urn:iso:std:iso:15118:-20:Security:xmldsig#Ed448",
    "urn:iso:std:iso:15118:-20:Security:xmlenc#SHAKE256",
    lambda data: hashlib.shake_256(data).digest(64),
    None,
    None,
)
