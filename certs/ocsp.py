"""Asks OCSP responders about certificates and judges what they answer (RFC 6960, RFC 9654 for the nonce).

An answer counts if it is about this certificate, signed by its issuer or by a responder the issuer has
certified for it, fresh, and - where the request had one - carries its nonce. The status itself (good,
revoked, unknown) is the answer; everything else is a CertificateError.
"""

from __future__ import annotations

import enum
import itertools
import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.errors import CertificateError, Problem
from certs.facts import Facts, read, signed_by
from certs.hashes import ALGORITHMS, HashAlgorithm
from certs.rules import has_sound_key
from certs.signatures import ACCEPTED_HASHES, is_signature, is_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_RESPONSE_BYTES: Final = 64 * 1024
"""OCPP carries at most 18,000 base64 characters (5,500 in 2.0.1)."""
MAX_SINGLE_RESPONSES: Final = 64
MAX_RESPONDERS: Final = 8
SKEW: Final = timedelta(minutes=5)
"""How far the clocks of responder and station may differ."""
MAX_AGE: Final = timedelta(days=7)
"""How long an answer without nextUpdate counts: the default period of the refresh (S18.9)."""
MAX_VALIDITY: Final = timedelta(days=366)
"""However late nextUpdate is: CAs that answer by hand do so once a year at least (CA/Browser Forum, Baseline
Requirements 4.9.10). A responder's key that got lost is not believed for ever."""
_SHOWN: Final = 200
_UNREADABLE: Final = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
_NAME_HASHES: Final = {"sha1": hashes.SHA1(), **{one.name: one for one in ALGORITHMS.values()}}  # noqa: S303  # RFC 6960 names responders' keys by SHA-1


class Status(enum.StrEnum):
    """What a responder says about a certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


_STATUS: Final = {
    ocsp.OCSPCertStatus.GOOD: Status.GOOD,
    ocsp.OCSPCertStatus.REVOKED: Status.REVOKED,
    ocsp.OCSPCertStatus.UNKNOWN: Status.UNKNOWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A verified answer about one certificate."""

    status: Status
    this_update: datetime
    expires: datetime
    """`expiry` of what the responder says."""
    revoked_at: datetime | None = None
    revocation_reason: str | None = None
    der: bytes
    """The response, as it is stapled."""

    def is_fresh(self, now: datetime, skew: timedelta = SKEW) -> bool:
        """Whether the answer may still be relied on."""
        return self.this_update - skew <= now <= self.expires + skew


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a response says about one certificate, believed or not."""

    serial_number: str
    """Hexadecimal."""
    status: Status
    this_update: datetime
    next_update: datetime | None


def statements(data: bytes) -> tuple[Statement, ...]:
    """What a response says, unverified: for people to see. CertificateError if it is none."""
    _require(len(data) <= MAX_RESPONSE_BYTES, Problem.TOO_LARGE, f"{len(data)} bytes of OCSP response")
    try:
        response = ocsp.load_der_ocsp_response(data)
        status = response.response_status
        _require(status is ocsp.OCSPResponseStatus.SUCCESSFUL, Problem.NOT_SUCCESSFUL, status.name)
        return tuple(
            Statement(
                serial_number=f"{one.serial_number:x}",
                status=_STATUS[one.certificate_status],
                this_update=one.this_update_utc,
                next_update=one.next_update_utc,
            )
            for one in itertools.islice(response.responses, MAX_SINGLE_RESPONSES)
        )
    except CertificateError:
        raise
    except _UNREADABLE as error:
        raise CertificateError(Problem.MALFORMED, str(error)[:_SHOWN]) from None


def expiry(this_update: datetime, next_update: datetime | None, max_age: timedelta = MAX_AGE) -> datetime:
    """Until when an answer counts: nextUpdate, or `max_age` behind thisUpdate where there is none.

    Never longer than `MAX_VALIDITY`.
    """
    if next_update is None:
        return this_update + max_age
    return min(next_update, this_update + MAX_VALIDITY)


def build_request(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    *,
    algorithm: HashAlgorithm = HashAlgorithm.SHA256,
    nonce: bytes | None = None,
) -> bytes:
    """A request as DER. CertificateError: certificates that cannot be read, a nonce of a wrong length."""
    try:
        builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, ALGORITHMS[algorithm])
        if nonce is not None:
            _require(1 <= len(nonce) <= 128, Problem.NONCE_MISMATCH, "a nonce has 1 to 128 bytes")  # noqa: PLR2004  # RFC 9654 2.1
            builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
        return builder.build().public_bytes(Encoding.DER)
    except CertificateError:
        raise
    except _UNREADABLE as error:
        raise CertificateError(Problem.MALFORMED, str(error)[:_SHOWN]) from None


def verify_response(
    data: bytes,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    *,
    now: datetime,
    nonce: bytes | None = None,
    skew: timedelta = SKEW,
    max_age: timedelta = MAX_AGE,
) -> Answer:
    """What a response says about `certificate`. CertificateError with the reason why it counts for nothing.

    `nonce`: that of the request; a response without one is accepted unless it was asked for, as CSMSs and
    staples bring responses that were asked for by others.
    """
    _require(len(data) <= MAX_RESPONSE_BYTES, Problem.TOO_LARGE, f"{len(data)} bytes of OCSP response")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            response = ocsp.load_der_ocsp_response(data)
            status = response.response_status
            _require(status is ocsp.OCSPResponseStatus.SUCCESSFUL, Problem.NOT_SUCCESSFUL, status.name)
            single = _about(response, certificate, issuer)
            _check_signature(response, read(issuer), now)
            _require(is_whole(data, response.signature), Problem.BAD_SIGNATURE)
            _check_extensions(response, nonce)
            return _answer(data, single, now, skew, max_age)
    except CertificateError:
        raise
    except _UNREADABLE as error:
        raise CertificateError(Problem.MALFORMED, str(error)[:_SHOWN]) from None


def _require(good: object, problem: Problem, detail: str = "") -> None:
    if not good:
        raise CertificateError(problem, detail)


def _about(
    response: ocsp.OCSPResponse, certificate: x509.Certificate, issuer: x509.Certificate
) -> ocsp.OCSPSingleResponse:
    """The newest single response about the certificate."""
    expected: dict[str, tuple[bytes, bytes, int]] = {}
    found: list[ocsp.OCSPSingleResponse] = []
    for number, single in enumerate(response.responses):
        _require(number < MAX_SINGLE_RESPONSES, Problem.TOO_MANY, "single responses")
        algorithm = _NAME_HASHES.get(single.hash_algorithm.name)
        if algorithm is None:
            continue
        if algorithm.name not in expected:
            expected[algorithm.name] = _identity(certificate, issuer, algorithm)
        if (single.issuer_name_hash, single.issuer_key_hash, single.serial_number) == expected[
            algorithm.name
        ]:
            found.append(single)
    _require(found, Problem.OTHER_CERTIFICATE)
    return max(found, key=lambda one: one.this_update_utc)


def _identity(
    certificate: x509.Certificate, issuer: x509.Certificate, algorithm: hashes.HashAlgorithm
) -> tuple[bytes, bytes, int]:
    allowed = (
        algorithm
        if isinstance(algorithm, hashes.SHA1 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512)
        else hashes.SHA256()
    )
    request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, allowed).build()
    return request.issuer_name_hash, request.issuer_key_hash, request.serial_number


def _check_signature(response: ocsp.OCSPResponse, issuer: Facts, now: datetime) -> None:
    """By the issuer, or by a responder it has certified (RFC 6960 4.2.2.2)."""
    for signer in _signers(response, issuer, now):
        key = signer.certificate.public_key()
        data, algorithm = response.tbs_response_bytes, response.signature_hash_algorithm
        _require(is_signature(key, response.signature, data, algorithm), Problem.BAD_SIGNATURE)
        return
    raise CertificateError(Problem.UNAUTHORIZED_SIGNER)


def _signers(response: ocsp.OCSPResponse, issuer: Facts, now: datetime) -> Iterator[Facts]:
    if _is_responder(response, issuer):
        yield issuer
    certificates = response.certificates
    _require(len(certificates) <= MAX_RESPONDERS, Problem.TOO_MANY, "responder certificates")
    for certificate in certificates:
        facts = read(certificate)
        if _is_responder(response, facts) and _is_delegated(facts, issuer, now):
            yield facts


def _is_responder(response: ocsp.OCSPResponse, signer: Facts) -> bool:
    """Whether the responder id of the response names this certificate."""
    if response.responder_name is not None:
        return response.responder_name.public_bytes() == signer.subject
    digest = x509.SubjectKeyIdentifier.from_public_key(signer.certificate.public_key()).digest
    return response.responder_key_hash == digest


def _is_delegated(responder: Facts, issuer: Facts, now: datetime) -> bool:
    """Certified by the issuer itself, now, to sign OCSP responses, with algorithms some profile allows.

    Its own revocation is not asked about.
    """
    purposes = responder.purposes or frozenset()
    usage = responder.usage
    return (
        ExtendedKeyUsageOID.OCSP_SIGNING in purposes
        and (usage is None or usage.digital_signature)
        and not responder.unknown_critical
        and has_sound_key(responder)
        and (responder.hash_name is None or responder.hash_name in ACCEPTED_HASHES)
        and responder.not_before <= now <= responder.not_after
        and signed_by(responder, issuer)
    )


def _check_extensions(response: ocsp.OCSPResponse, nonce: bytes | None) -> None:
    """The library shows the extensions of a single answer only where there is just one."""
    given = None
    single = response.single_extensions if len(list(response.responses)) == 1 else ()
    for extension in (*response.extensions, *single):
        if isinstance(extension.value, x509.OCSPNonce):
            given = extension.value.nonce
        elif extension.critical:
            raise CertificateError(Problem.UNSUPPORTED_EXTENSION, extension.oid.dotted_string)
    _require(nonce is None or nonce == given, Problem.NONCE_MISMATCH)


def _answer(
    data: bytes, single: ocsp.OCSPSingleResponse, now: datetime, skew: timedelta, max_age: timedelta
) -> Answer:
    this_update = single.this_update_utc
    expires = expiry(this_update, single.next_update_utc, max_age)
    reason = single.revocation_reason
    answer = Answer(
        status=_STATUS[single.certificate_status],
        this_update=this_update,
        expires=expires,
        revoked_at=single.revocation_time_utc,
        revocation_reason=reason.value if reason is not None else None,
        der=data,
    )
    _require(this_update - skew <= now, Problem.FROM_THE_FUTURE, this_update.isoformat())
    _require(answer.is_fresh(now, skew), Problem.STALE, expires.isoformat())
    return answer
