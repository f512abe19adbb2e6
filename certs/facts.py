"""What a certificate says, read once and completely, so that nothing after this can stumble over it."""

from __future__ import annotations

import functools
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID

from certs.errors import CertificateError, Problem
from certs.keys import KeyKind, kind_of
from certs.signatures import is_whole

if TYPE_CHECKING:
    from datetime import datetime

UNDERSTOOD: Final = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.NAME_CONSTRAINTS,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER,
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    }
)
"""The extensions that may be critical. Policies restrict nothing here: any policy will do, and certificates
that demand an explicit one or map them (policyConstraints, policyMappings, inhibitAnyPolicy) are refused."""

_SHOWN: Final = 200
_MAX_EXTENSIONS: Final = 64
_UNREADABLE: Final = (
    ValueError,  # includes UnicodeDecodeError and what the ASN.1 reader raises
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    x509.InvalidVersion,
)
_E = TypeVar("_E", bound=x509.ExtensionType)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Facts:
    """One certificate, read."""

    certificate: x509.Certificate
    subject: bytes
    """DER. Names are compared byte by byte."""
    issuer: bytes
    """DER."""
    not_before: datetime
    not_after: datetime
    kind: KeyKind | None
    """None for a key no profile allows."""
    rsa_bits: int | None
    spki: bytes
    hash_name: str | None
    """Of its signature; None for Edwards curves."""
    ca: bool
    path_length: int | None
    usage: x509.KeyUsage | None
    purposes: frozenset[x509.ObjectIdentifier] | None
    key_id: bytes | None
    authority_key_id: bytes | None
    constraints: x509.NameConstraints | None
    alternative_names: tuple[x509.GeneralName, ...]
    responders: tuple[str, ...]
    """Where OCSP responders answer for it."""
    unknown_critical: tuple[str, ...]

    @property
    def self_issued(self) -> bool:
        """Whether subject and issuer are the same name."""
        return self.subject == self.issuer


@functools.lru_cache(maxsize=1024)
def read(certificate: x509.Certificate) -> Facts:
    """Everything a verification needs. CertificateError where a part cannot be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is wrong with a name is judged, not printed
            return _read(certificate)
    except CertificateError:
        raise
    except _UNREADABLE as error:
        raise CertificateError(Problem.MALFORMED, str(error)[:_SHOWN]) from None


def _read(certificate: x509.Certificate) -> Facts:
    if not is_whole(certificate.public_bytes(Encoding.DER), certificate.signature):
        raise CertificateError(Problem.MALFORMED, "a signature that is no whole number of bytes")
    extensions = certificate.extensions
    if len(extensions) > _MAX_EXTENSIONS:
        raise CertificateError(Problem.TOO_LARGE, f"{len(extensions)} extensions")
    if certificate.version is not x509.Version.v3 and len(extensions):
        raise CertificateError(Problem.MALFORMED, "extensions in a certificate of version 1")
    key = _public_key(certificate)
    basic = _extension(extensions, x509.BasicConstraints)
    purposes = _extension(extensions, x509.ExtendedKeyUsage)
    key_id = _extension(extensions, x509.SubjectKeyIdentifier)
    authority = _extension(extensions, x509.AuthorityKeyIdentifier)
    names = _extension(extensions, x509.SubjectAlternativeName)
    return Facts(
        certificate=certificate,
        subject=certificate.subject.public_bytes(),
        issuer=certificate.issuer.public_bytes(),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        kind=kind_of(key),
        rsa_bits=key.key_size if isinstance(key, rsa.RSAPublicKey) else None,
        spki=_spki(certificate),
        hash_name=_hash_name(certificate),
        ca=basic is not None and basic.ca,
        path_length=basic.path_length if basic is not None else None,
        usage=_extension(extensions, x509.KeyUsage),
        purposes=frozenset(purposes) if purposes is not None else None,
        key_id=key_id.digest if key_id is not None else None,
        authority_key_id=authority.key_identifier if authority is not None else None,
        constraints=_extension(extensions, x509.NameConstraints),
        alternative_names=tuple(names) if names is not None else (),
        responders=_responders(extensions),
        unknown_critical=tuple(
            extension.oid.dotted_string
            for extension in extensions
            if extension.critical and extension.oid not in UNDERSTOOD
        ),
    )


def _public_key(certificate: x509.Certificate) -> object:
    """The key; None for a curve or algorithm the library does not know, which the policy judges."""
    try:
        return certificate.public_key()
    except UnsupportedAlgorithm:
        return None


def _spki(certificate: x509.Certificate) -> bytes:
    try:
        return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except UnsupportedAlgorithm:
        return b""


def _hash_name(certificate: x509.Certificate) -> str | None:
    try:
        algorithm = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return "unknown"
    return algorithm.name if algorithm is not None else None


def _extension(extensions: x509.Extensions, kind: type[_E]) -> _E | None:
    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _responders(extensions: x509.Extensions) -> tuple[str, ...]:
    access = _extension(extensions, x509.AuthorityInformationAccess)
    return tuple(
        description.access_location.value
        for description in access or ()
        if description.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(description.access_location, x509.UniformResourceIdentifier)
    )


def responders(certificate: x509.Certificate) -> tuple[str, ...]:
    """The URLs of OCSP responders the certificate names. CertificateError where it cannot be read."""
    return read(certificate).responders


def signed_by(issued: Facts, issuer: Facts) -> bool:
    """Whether the issuer's key made the signature of the certificate; names must be the same bytes."""
    try:
        issued.certificate.verify_directly_issued_by(issuer.certificate)
    except (InvalidSignature, *_UNREADABLE):
        return False
    return True
