"""Private keys: kinds, generation, PEM with and without password, and whether one goes with a certificate."""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from certs.errors import CertificateError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cryptography import x509

PrivateKey = (
    ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey | rsa.RSAPrivateKey
)
PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | ed448.Ed448PublicKey | rsa.RSAPublicKey

MAX_KEY_BYTES: Final = 64 * 1024
"""An RSA key of 16,384 bits takes 12 KiB of PEM."""


class KeyKind(enum.StrEnum):
    """The kinds of key that some profile allows."""

    P256 = "secp256r1"
    P384 = "secp384r1"
    P521 = "secp521r1"
    ED25519 = "ed25519"
    ED448 = "ed448"
    RSA = "rsa"


_CURVES: Final[Mapping[KeyKind, ec.EllipticCurve]] = {
    KeyKind.P256: ec.SECP256R1(),
    KeyKind.P384: ec.SECP384R1(),
    KeyKind.P521: ec.SECP521R1(),
}
_OTHERS: Final[tuple[tuple[type[object], KeyKind], ...]] = (
    (ed25519.Ed25519PublicKey, KeyKind.ED25519),
    (ed448.Ed448PublicKey, KeyKind.ED448),
    (rsa.RSAPublicKey, KeyKind.RSA),
)
_PRIVATE: Final = (
    ec.EllipticCurvePrivateKey,
    ed25519.Ed25519PrivateKey,
    ed448.Ed448PrivateKey,
    rsa.RSAPrivateKey,
)
_BEGIN: Final = re.compile(rb"-----BEGIN ((?:EC |RSA |ENCRYPTED )?PRIVATE KEY)-----")
_RSA_BITS: Final = 3072

HASHES: Final[Mapping[KeyKind, hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None]] = {
    KeyKind.P256: hashes.SHA256(),
    KeyKind.P384: hashes.SHA384(),
    KeyKind.P521: hashes.SHA512(),
    KeyKind.ED25519: None,
    KeyKind.ED448: None,
    KeyKind.RSA: hashes.SHA256(),
}
"""What a key signs with: as strong as the key; Edwards curves bring their own hash."""


def generate_key(kind: KeyKind = KeyKind.P256, *, rsa_bits: int = _RSA_BITS) -> PrivateKey:
    """A new private key from the operating system's randomness."""
    makers: Mapping[KeyKind, Callable[[], PrivateKey]] = {
        KeyKind.ED25519: ed25519.Ed25519PrivateKey.generate,
        KeyKind.ED448: ed448.Ed448PrivateKey.generate,
        KeyKind.RSA: lambda: rsa.generate_private_key(65537, rsa_bits),
    }
    if (curve := _CURVES.get(kind)) is not None:
        return ec.generate_private_key(curve)
    return makers[kind]()


def kind_of(key: object) -> KeyKind | None:
    """The kind of a public key; None if no profile allows it."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return next((kind for kind, curve in _CURVES.items() if curve.name == key.curve.name), None)
    return next((kind for other, kind in _OTHERS if isinstance(key, other)), None)


def signing_hash(key: PrivateKey) -> hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None:
    """What this key signs certificates and requests with. CertificateError for a curve nobody asks for."""
    kind = kind_of(key.public_key())
    if kind is None:
        raise CertificateError(Problem.UNSUPPORTED_KEY)
    return HASHES[kind]


def key_to_pem(key: PrivateKey, password: bytes | None = None) -> bytes:
    """PKCS #8 as PEM, encrypted if there is a password that is not empty."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption(),
    )


def load_key(data: bytes, password: bytes | None = None) -> PrivateKey:
    """The first private key inside PEM text, or a DER key. The password is used only if the key asks for one.

    CertificateError: too large, not a key, an unsupported kind, password missing or wrong.
    """
    if len(data) > MAX_KEY_BYTES:
        raise CertificateError(Problem.TOO_LARGE, f"{len(data)} bytes of key")
    block = _block(data)
    try:
        key = _load(block or data, password, pem=block is not None)
    except CertificateError:
        raise
    except UnsupportedAlgorithm:
        raise CertificateError(Problem.UNSUPPORTED_KEY) from None
    except ValueError:
        problem = Problem.PASSWORD_WRONG if block and b"ENCRYPTED" in block else Problem.NOT_A_KEY
        raise CertificateError(problem) from None
    if not isinstance(key, _PRIVATE) or kind_of(key.public_key()) is None:
        raise CertificateError(Problem.UNSUPPORTED_KEY)
    return key


def _block(data: bytes) -> bytes | None:
    """The first PEM block with a private key; other blocks, such as EC PARAMETERS, may stand before it."""
    begin = _BEGIN.search(data)
    if begin is None:
        return None
    mark = b"-----END " + begin[1] + b"-----"
    end = data.find(mark, begin.end())
    return data[begin.start() : end + len(mark)] if end >= 0 else None


def _load(data: bytes, password: bytes | None, *, pem: bool) -> object:
    load = serialization.load_pem_private_key if pem else serialization.load_der_private_key
    try:
        return load(data, None)
    except TypeError:  # it is encrypted
        if not password:
            raise CertificateError(Problem.PASSWORD_MISSING) from None
        return load(data, password)


def public_bytes(key: PublicKey) -> bytes:
    """The SubjectPublicKeyInfo, by which keys are compared."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def key_matches(key: PrivateKey, certificate: x509.Certificate | x509.CertificateSigningRequest) -> bool:
    """Whether the certificate or request is for this key."""
    try:
        public = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return False
    encoded = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return encoded == public_bytes(key.public_key())
