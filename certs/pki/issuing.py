"""Issues certificates, right or wrong ones: what a test PKI stands on."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519
from cryptography.x509.oid import AuthorityInformationAccessOID

from certs.errors import CertificateError, Problem
from certs.keys import KeyKind, PrivateKey, PublicKey, generate_key, signing_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_USAGES: Final = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
CA_USAGES: Final = frozenset({"key_cert_sign", "crl_sign"})
_ORDERS: Final[Mapping[KeyKind, tuple[ec.EllipticCurve, int]]] = {
    KeyKind.P256: (ec.SECP256R1(), 31),
    KeyKind.P384: (ec.SECP384R1(), 47),
    KeyKind.P521: (ec.SECP521R1(), 65),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Identity:
    """A certificate, its key, and who has issued it."""

    name: str
    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)
    issuer: Identity | None = None
    """None for a root."""

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """From this certificate upwards, the root excluded."""
        return self.path[:-1] if self.issuer is not None else self.path

    @property
    def path(self) -> tuple[x509.Certificate, ...]:
        """From this certificate to its root."""
        above = self.issuer.path if self.issuer is not None else ()
        return (self.certificate, *above)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a certificate is to say, right or wrong."""

    subject: x509.Name
    not_before: datetime
    not_after: datetime
    ca: bool = False
    path_length: int | None = None
    usages: frozenset[str] | None = frozenset({"digital_signature"})
    """None leaves the extension out."""
    purposes: tuple[x509.ObjectIdentifier, ...] = ()
    names: tuple[x509.GeneralName, ...] = ()
    ocsp_url: str | None = None
    others: tuple[tuple[x509.ExtensionType, bool], ...] = ()
    """Further extensions, and whether each is critical."""
    basic_constraints: bool = True
    key_ids: bool = True


def issue(
    contents: Contents, public_key: PublicKey, issuer: Identity | None, key: PrivateKey, serial: int
) -> x509.Certificate:
    """A certificate for `public_key`, signed with `key`, which is the issuer's or, for a root, its own."""
    name = contents.subject if issuer is None else issuer.certificate.subject
    builder = (
        x509.CertificateBuilder()
        .subject_name(contents.subject)
        .issuer_name(name)
        .public_key(public_key)
        .serial_number(serial)
        .not_valid_before(contents.not_before)
        .not_valid_after(contents.not_after)
    )
    for extension, critical in _extensions(contents, public_key, issuer):
        builder = builder.add_extension(extension, critical)
    # deterministic nonces, so that the same keys, serial numbers and times give the same bytes
    nonces = True if isinstance(key, ec.EllipticCurvePrivateKey) else None
    return builder.sign(key, signing_hash(key), ecdsa_deterministic=nonces)


def _extensions(
    contents: Contents, public_key: PublicKey, issuer: Identity | None
) -> Iterator[tuple[x509.ExtensionType, bool]]:
    if contents.basic_constraints:
        yield x509.BasicConstraints(ca=contents.ca, path_length=contents.path_length), True
    if contents.usages is not None:
        yield x509.KeyUsage(**{usage: usage in contents.usages for usage in _USAGES}), True
    if contents.purposes:
        yield x509.ExtendedKeyUsage(contents.purposes), False
    if contents.key_ids:
        yield x509.SubjectKeyIdentifier.from_public_key(public_key), False
        issuing = public_key if issuer is None else issuer.certificate.public_key()
        yield x509.AuthorityKeyIdentifier.from_issuer_public_key(issuing), False  # type: ignore[arg-type]  # a CA's key
    if contents.names:
        yield x509.SubjectAlternativeName(contents.names), False
    if contents.ocsp_url is not None:
        location = x509.UniformResourceIdentifier(contents.ocsp_url)
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, location)
        yield x509.AuthorityInformationAccess([access]), False
    yield from contents.others


@dataclass(slots=True, kw_only=True)
class Mint:
    """Where serial numbers and keys come from: by default randomness, in tests a counter and a seed."""

    serials: Iterator[int] = field(default_factory=lambda: iter(x509.random_serial_number, None))
    keys: Callable[[str, KeyKind], PrivateKey] = field(default=lambda _name, kind: generate_key(kind))

    def identity(
        self,
        name: str,
        contents: Contents,
        issuer: Identity | None,
        *,
        kind: KeyKind = KeyKind.P256,
        key: PrivateKey | None = None,
    ) -> Identity:
        """A new identity with a new key, or with `key`."""
        own = key if key is not None else self.keys(name, kind)
        signing = own if issuer is None else issuer.key
        certificate = issue(contents, own.public_key(), issuer, signing, next(self.serials))
        return Identity(name=name, certificate=certificate, key=own, issuer=issuer)


def insecure_mint(seed: str, first_serial: int = 1) -> Mint:
    """The same keys and serial numbers for the same seed. For tests: who knows the seed has the keys."""
    return Mint(serials=itertools.count(first_serial), keys=lambda name, kind: _seeded(seed, name, kind))


def _seeded(seed: str, name: str, kind: KeyKind) -> PrivateKey:
    """CertificateError for RSA, whose keys cannot be derived."""
    digest = hashlib.shake_256(f"{seed}/{name}/{kind}".encode())
    if kind is KeyKind.ED25519:
        return ed25519.Ed25519PrivateKey.from_private_bytes(digest.digest(32))
    if kind is KeyKind.ED448:
        return ed448.Ed448PrivateKey.from_private_bytes(digest.digest(57))
    if kind not in _ORDERS:
        raise CertificateError(Problem.UNSUPPORTED_KEY, f"{kind} keys cannot come from a seed")
    curve, size = _ORDERS[kind]
    return ec.derive_private_key(int.from_bytes(digest.digest(size), "big") + 1, curve)


def validity(
    now: datetime, days: float, *, backdated: timedelta = timedelta(hours=1)
) -> tuple[datetime, datetime]:
    """From a little before `now`, for clocks that are behind, to `days` after it; whole seconds."""
    start = now.replace(microsecond=0)
    return start - backdated, start + timedelta(days=days)
