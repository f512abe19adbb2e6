"""Certificate revocation lists: verified once, then asked about serial numbers (RFC 5280 5 and 6.3).

Only whole lists of a CA about its own certificates are supported: delta lists and lists with an issuing
distribution point are refused, as their absence of an entry would not mean what it seems to.
"""

from __future__ import annotations

import base64
import binascii
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from certs.errors import CertificateError, Problem
from certs.facts import read
from certs.ocsp import SKEW
from certs.signatures import ACCEPTED_HASHES, is_whole

if TYPE_CHECKING:
    from datetime import datetime, timedelta

MAX_BYTES: Final = 4 * 1024 * 1024
_BLOCK: Final = re.compile(rb"-----BEGIN X509 CRL-----([^-]*)-----END X509 CRL-----")
_SHOWN: Final = 200
_UNREADABLE: Final = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    x509.InvalidVersion,
)
_UNDERSTOOD: Final = (x509.CRLNumber, x509.AuthorityKeyIdentifier)
_REMOVED: Final = x509.ReasonFlags.remove_from_crl


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One revoked certificate."""

    revoked_at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedCrl:
    """A list whose issuer and freshness are known."""

    issuer: bytes
    """DER of the issuer's name."""
    spki: bytes
    """The issuer's key, as CAs of the same name may have several."""
    this_update: datetime
    expires: datetime
    crl: x509.CertificateRevocationList

    def is_fresh(self, now: datetime, skew: timedelta = SKEW) -> bool:
        """Whether the list may still be relied on."""
        return self.this_update - skew <= now <= self.expires + skew

    def covers(self, issuer: x509.Certificate) -> bool:
        """Whether the list speaks about what this CA has issued."""
        facts = read(issuer)
        return facts.subject == self.issuer and facts.spki == self.spki

    def find(self, serial_number: int) -> Entry | None:
        """The entry of a serial number; None if it is not revoked."""
        try:
            revoked = self.crl.get_revoked_certificate_by_serial_number(serial_number)
            return _entry(revoked) if revoked is not None else None
        except _UNREADABLE as error:
            raise CertificateError(Problem.MALFORMED, str(error)[:_SHOWN]) from None


def _entry(revoked: x509.RevokedCertificate) -> Entry | None:
    reason = None
    for extension in revoked.extensions:
        if isinstance(extension.value, x509.CRLReason):
            reason = extension.value.reason
    if reason is _REMOVED:
        return None
    return Entry(revoked_at=revoked.revocation_date_utc, reason=reason.value if reason else None)


def load_crl(data: bytes) -> x509.CertificateRevocationList:
    """A list from PEM or DER. CertificateError: too large, no list."""
    if len(data) > MAX_BYTES:
        raise CertificateError(Problem.TOO_LARGE, f"{len(data)} bytes of CRL")
    block = _BLOCK.search(data)
    try:
        der = base64.b64decode(b"".join(block[1].split()), validate=True) if block else data
    except binascii.Error:
        raise CertificateError(Problem.BAD_PEM, "not base64") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return x509.load_der_x509_crl(der)
    except _UNREADABLE as error:
        raise CertificateError(Problem.MALFORMED, str(error)[:_SHOWN]) from None


def verify_crl(
    crl: x509.CertificateRevocationList,
    issuer: x509.Certificate,
    *,
    now: datetime,
    skew: timedelta = SKEW,
) -> VerifiedCrl:
    """The list, if it is this CA's, signed by it, complete and fresh. CertificateError if not."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _verify(crl, issuer, now, skew)
    except CertificateError:
        raise
    except _UNREADABLE as error:
        raise CertificateError(Problem.MALFORMED, str(error)[:_SHOWN]) from None


def _verify(
    crl: x509.CertificateRevocationList, issuer: x509.Certificate, now: datetime, skew: timedelta
) -> VerifiedCrl:
    facts = read(issuer)
    if crl.issuer.public_bytes() != facts.subject:
        raise CertificateError(Problem.OTHER_CERTIFICATE, "the list of another issuer")
    if facts.usage is not None and not facts.usage.crl_sign:
        raise CertificateError(Problem.UNAUTHORIZED_SIGNER, "its key may not sign lists")
    key, algorithm = issuer.public_key(), crl.signature_hash_algorithm
    whole = is_whole(crl.public_bytes(Encoding.DER), crl.signature)
    accepted = algorithm is None or algorithm.name in ACCEPTED_HASHES
    if not whole or not accepted or not crl.is_signature_valid(key):  # type: ignore[arg-type]  # other keys raise TypeError
        raise CertificateError(Problem.BAD_SIGNATURE)
    for extension in crl.extensions:
        if extension.critical and not isinstance(extension.value, _UNDERSTOOD):
            raise CertificateError(Problem.UNSUPPORTED_EXTENSION, extension.oid.dotted_string)
    expires = crl.next_update_utc
    if expires is None:
        raise CertificateError(Problem.STALE, "the list does not say when the next one comes")
    found = VerifiedCrl(
        issuer=facts.subject, spki=facts.spki, this_update=crl.last_update_utc, expires=expires, crl=crl
    )
    if now < found.this_update - skew:
        raise CertificateError(Problem.FROM_THE_FUTURE, found.this_update.isoformat())
    if not found.is_fresh(now, skew):
        raise CertificateError(Problem.STALE, expires.isoformat())
    return found
