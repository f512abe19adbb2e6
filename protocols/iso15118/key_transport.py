"""How the private key of a new contract travels from the mobility operator to the car, in both directions.

-2 (secp256r1): one-pass ECDH between a fresh key of the sender and the receiver's certificate key; the first
16 bytes of SHA-256(00000001 | Z | 01 55 56) are the AES-128 key; the field is a 16-byte IV, then AES-CBC
without padding over the 32-byte key. CBC proves nothing, so `open_iso2` insists that the key fits the
contract certificate [V2G2-814 to -823].

-20 (secp521r1, or X448): the same agreement; the first 32 bytes of SHA-512(00000001 | Z | 01 55 56) are the
AES-256 key [V2G20-2535]; the field is a 12-byte IV, the ciphertext (66 bytes for a secp521r1 contract, 56
for an Ed448 one), a 16-byte tag [V2G20-2497 to -2510]; the additional data are the PCID and, in capital
hexadecimal digits, the contract certificate's subject key identifier [V2G20-2492]. The curve of the
agreement and that of the contract are independent.

Nothing here puts a private key into an exception or a repr. Randomness is an argument.

What could not be verified, or contradicts itself:
- [V2G20-2492] counts 16 bytes for the key identifier, which is eight bytes in digits (RFC 5280 method 2).
  A certificate with a 20-byte identifier gives 40; the identifier is taken as the certificate has it.
- [V2G20-2495] sends an X448 public key in 57 bytes (04, then RFC 7748's 56), while the published schema
  fixes DHPublicKey at 133. We fill up with zeros where asked to (`pad_dh_public_key`) and accept both.
- An Ed448 private key has 57 bytes (RFC 8032), the field has room for 56. `ed448_contract_key` makes keys
  whose last byte is zero, so that 56 carry everything; other Ed448 keys are refused by `seal_iso20`, and
  a received one is accepted if it fits the certificate read in this way.
- TPM_EncryptedPrivateKey (for cars with a TPM 2.0) is not opened here: only the car's TPM can.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, x448
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

if TYPE_CHECKING:
    from collections.abc import Callable

    from protocols.iso15118.identifiers import Pcid

    Random = Callable[[int], bytes]
    Iso20Receiver = ec.EllipticCurvePublicKey | x448.X448PublicKey
    Iso20ReceiverKey = ec.EllipticCurvePrivateKey | x448.X448PrivateKey
    Iso20Contract = ec.EllipticCurvePublicKey | ed448.Ed448PublicKey
    Iso20ContractKey = ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey

OTHER_INFO: Final = b"\x01UV"
"""Algorithm id, party U (who sends the key), party V (the car)."""
DH_PUBLIC_KEY_BYTES: Final = 133
"""The length of -20's DHPublicKey in the published schema."""

_CBC_IV_BYTES: Final = 16
_GCM_IV_BYTES: Final = 12
_GCM_TAG_BYTES: Final = 16
_P256_BYTES: Final = 32
_P521_BYTES: Final = 66
_X448_BYTES: Final = 56
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_P521_ORDER: Final = int(
    "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03b"
    "b5c9b8899c47aebb6fb71e91386409",
    16,
)
_UNCOMPRESSED: Final = b"\x04"
_DRAWS: Final = 128


class KeyTransportError(ValueError):
    """A contract key that cannot be sealed or opened. The text never holds key material."""


@dataclass(frozen=True, slots=True)
class SealedIso2:
    """The two fields of a -2 CertificateInstallationRes or CertificateUpdateRes."""

    encrypted_private_key: bytes = field(repr=False)
    """ContractSignatureEncryptedPrivateKey: 48 bytes."""
    dh_public_key: bytes
    """DHpublickey: 65 bytes, uncompressed point."""


@dataclass(frozen=True, slots=True)
class SealedIso20:
    """The fields of a -20 SignedInstallationData."""

    ecdh_curve: str
    """ECDHCurve: SECP521 or X448."""
    dh_public_key: bytes
    """DHPublicKey: 133 bytes, or 57 for X448 when it is not filled up."""
    element: str
    """SECP521_EncryptedPrivateKey (94 bytes) or X448_EncryptedPrivateKey (84 bytes)."""
    encrypted_private_key: bytes = field(repr=False)


def seal_iso2(
    contract_key: ec.EllipticCurvePrivateKey, receiver: ec.EllipticCurvePublicKey, *, random: Random
) -> SealedIso2:
    """Encrypt a contract key for the car whose certificate has the public key `receiver`.

    `random(count)` gives that many secret random bytes. Raises KeyTransportError for other curves.
    """
    _require_curve(contract_key.curve, ec.SECP256R1, "the contract key")
    _require_curve(receiver.curve, ec.SECP256R1, "the receiver's key")
    ephemeral = _fresh_key(ec.SECP256R1(), _P256_ORDER, random)
    session_key = _derive(ephemeral.exchange(ec.ECDH(), receiver), hashes.SHA256(), 16)
    iv = random(_CBC_IV_BYTES)
    secret = contract_key.private_numbers().private_value.to_bytes(_P256_BYTES, "big")
    encryptor = Cipher(algorithms.AES(session_key), modes.CBC(iv)).encryptor()
    sealed = iv + encryptor.update(secret) + encryptor.finalize()
    return SealedIso2(sealed, _point(ephemeral.public_key()))


def open_iso2(
    encrypted_private_key: bytes,
    dh_public_key: bytes,
    receiver_key: ec.EllipticCurvePrivateKey,
    contract: ec.EllipticCurvePublicKey,
) -> ec.EllipticCurvePrivateKey:
    """Decrypt a contract key with the car's own key, and see that it belongs to the contract certificate.

    Raises KeyTransportError when a length or curve is wrong, the point is not on the curve, or the key that
    comes out is not that of `contract` [V2G2-823]; which of the two inputs was damaged cannot be told.
    """
    _require_curve(receiver_key.curve, ec.SECP256R1, "the receiver's key")
    _require_curve(contract.curve, ec.SECP256R1, "the contract certificate's key")
    if len(encrypted_private_key) != _CBC_IV_BYTES + _P256_BYTES:
        raise KeyTransportError(f"an encrypted -2 key has 48 bytes, not {len(encrypted_private_key)}")
    peer = _read_point(ec.SECP256R1(), dh_public_key, 2 * _P256_BYTES + 1)
    session_key = _derive(receiver_key.exchange(ec.ECDH(), peer), hashes.SHA256(), 16)
    iv, ciphertext = encrypted_private_key[:_CBC_IV_BYTES], encrypted_private_key[_CBC_IV_BYTES:]
    decryptor = Cipher(algorithms.AES(session_key), modes.CBC(iv)).decryptor()
    return _ec_key(decryptor.update(ciphertext) + decryptor.finalize(), contract, ec.SECP256R1(), _P256_ORDER)


def additional_data(pcid: Pcid, contract_key_identifier: bytes) -> bytes:
    """The data that -20 authenticates beside the key [V2G20-2492]: PCID, then the identifier in digits."""
    return f"{pcid}{contract_key_identifier.hex().upper()}".encode("ascii")


def seal_iso20(
    contract_key: Iso20ContractKey,
    receiver: Iso20Receiver,
    *,
    pcid: Pcid,
    contract_key_identifier: bytes,
    random: Random,
    pad_dh_public_key: bool = False,
) -> SealedIso20:
    """Encrypt a -20 contract key for a car.

    `receiver` is the public key of the car's OEM certificate (secp521r1) or the X448 key of its alternative
    subject key. `contract_key_identifier` is the subject key identifier of the contract certificate.
    Raises KeyTransportError for other curves, and for an Ed448 key that does not fit the field.
    """
    element, secret = _secret_of(contract_key)
    if isinstance(receiver, x448.X448PublicKey):
        curve = "X448"
        ephemeral = x448.X448PrivateKey.from_private_bytes(random(_X448_BYTES))
        shared = ephemeral.exchange(receiver)
        public = _UNCOMPRESSED + ephemeral.public_key().public_bytes_raw()
    else:
        _require_curve(receiver.curve, ec.SECP521R1, "the receiver's key")
        curve = "SECP521"
        fresh = _fresh_key(ec.SECP521R1(), _P521_ORDER, random)
        shared = fresh.exchange(ec.ECDH(), receiver)
        public = _point(fresh.public_key())
    iv = random(_GCM_IV_BYTES)
    data = additional_data(pcid, contract_key_identifier)
    sealed = iv + AESGCM(_derive(shared, hashes.SHA512(), 32)).encrypt(iv, secret, data)
    if pad_dh_public_key:
        public = public.ljust(DH_PUBLIC_KEY_BYTES, b"\0")
    return SealedIso20(curve, public, element, sealed)


def open_iso20(
    encrypted_private_key: bytes,
    dh_public_key: bytes,
    receiver_key: Iso20ReceiverKey,
    contract: Iso20Contract,
    *,
    pcid: Pcid,
    contract_key_identifier: bytes,
) -> Iso20ContractKey:
    """Decrypt a -20 contract key with the car's own key, and see that it belongs to the contract certificate.

    Raises KeyTransportError when a length or curve is wrong, the public key is not on the curve, the tag
    does not fit (wrong receiver, PCID, certificate or damaged data), or the key is not that of `contract`.
    """
    size = _X448_BYTES if isinstance(contract, ed448.Ed448PublicKey) else _P521_BYTES
    if len(encrypted_private_key) != _GCM_IV_BYTES + size + _GCM_TAG_BYTES:
        raise KeyTransportError(f"{len(encrypted_private_key)} bytes are no encrypted key of {size} bytes")
    if isinstance(receiver_key, x448.X448PrivateKey):
        shared = _x448_shared(receiver_key, dh_public_key)
    else:
        _require_curve(receiver_key.curve, ec.SECP521R1, "the receiver's key")
        peer = _read_point(ec.SECP521R1(), dh_public_key, 2 * _P521_BYTES + 1)
        shared = receiver_key.exchange(ec.ECDH(), peer)
    iv, sealed = encrypted_private_key[:_GCM_IV_BYTES], encrypted_private_key[_GCM_IV_BYTES:]
    data = additional_data(pcid, contract_key_identifier)
    try:
        secret = AESGCM(_derive(shared, hashes.SHA512(), 32)).decrypt(iv, sealed, data)
    except InvalidTag:
        raise KeyTransportError("the authentication tag does not fit") from None
    if isinstance(contract, ed448.Ed448PublicKey):
        return _ed448_key(secret, contract)
    _require_curve(contract.curve, ec.SECP521R1, "the contract certificate's key")
    return _ec_key(secret, contract, ec.SECP521R1(), _P521_ORDER)


def ed448_contract_key(random: Random) -> ed448.Ed448PrivateKey:
    """A new Ed448 key that fits the 56 bytes of X448_EncryptedPrivateKey: its last byte is zero."""
    return ed448.Ed448PrivateKey.from_private_bytes(random(_X448_BYTES) + b"\0")


def _secret_of(key: Iso20ContractKey) -> tuple[str, bytes]:
    if isinstance(key, ed448.Ed448PrivateKey):
        raw = key.private_bytes_raw()
        if raw[-1]:
            raise KeyTransportError("an Ed448 key of 57 significant bytes does not fit the field of 56")
        return "X448_EncryptedPrivateKey", raw[:-1]
    _require_curve(key.curve, ec.SECP521R1, "the contract key")
    return "SECP521_EncryptedPrivateKey", key.private_numbers().private_value.to_bytes(_P521_BYTES, "big")


def _derive(shared: bytes, algorithm: hashes.HashAlgorithm, length: int) -> bytes:
    return ConcatKDFHash(algorithm=algorithm, length=length, otherinfo=OTHER_INFO).derive(shared)


def _require_curve(curve: ec.EllipticCurve, wanted: type[ec.EllipticCurve], what: str) -> None:
    if not isinstance(curve, wanted):
        raise KeyTransportError(f"{what} is on {curve.name}, not {wanted.name}")


def _fresh_key(curve: ec.EllipticCurve, order: int, random: Random) -> ec.EllipticCurvePrivateKey:
    size = (order.bit_length() + 7) // 8
    for _ in range(_DRAWS):
        scalar = int.from_bytes(random(size), "big") >> (8 * size - order.bit_length())
        if 0 < scalar < order:
            return ec.derive_private_key(scalar, curve)
    raise RuntimeError(f"the source of randomness gave no usable key in {_DRAWS} draws")


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _read_point(curve: ec.EllipticCurve, data: bytes, size: int) -> ec.EllipticCurvePublicKey:
    if len(data) != size or data[:1] != _UNCOMPRESSED:
        raise KeyTransportError(f"a public key on {curve.name} has {size} bytes and begins with 04")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(curve, data)
    except ValueError:
        raise KeyTransportError(f"the public key is no point on {curve.name}") from None


def _x448_shared(key: x448.X448PrivateKey, data: bytes) -> bytes:
    filling = data[1 + _X448_BYTES :]
    if data[:1] != _UNCOMPRESSED or len(data) not in (1 + _X448_BYTES, DH_PUBLIC_KEY_BYTES) or any(filling):
        raise KeyTransportError("an X448 public key has 57 bytes beginning with 04, or zeros up to 133")
    try:
        return key.exchange(x448.X448PublicKey.from_public_bytes(data[1 : 1 + _X448_BYTES]))
    except ValueError:
        raise KeyTransportError("the X448 public key is a point of low order") from None


def _ec_key(
    secret: bytes, contract: ec.EllipticCurvePublicKey, curve: ec.EllipticCurve, order: int
) -> ec.EllipticCurvePrivateKey:
    scalar = int.from_bytes(secret, "big")
    if 0 < scalar < order:
        key = ec.derive_private_key(scalar, curve)
        if key.public_key() == contract:
            return key
    raise KeyTransportError("the key that came out is not that of the contract certificate")


def _ed448_key(secret: bytes, contract: ed448.Ed448PublicKey) -> ed448.Ed448PrivateKey:
    key = ed448.Ed448PrivateKey.from_private_bytes(secret + b"\0")
    if key.public_key() != contract:
        raise KeyTransportError("the key that came out is not that of the contract certificate")
    return key
