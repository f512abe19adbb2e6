"""Responders and revocation lists of a test PKI: what they say can be chosen, true or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.hashes import ALGORITHMS, HashAlgorithm
from certs.keys import KeyKind, signing_hash
from certs.names import subject
from certs.ocsp import Status
from certs.pki.issuing import Contents, Identity, Mint, validity

if TYPE_CHECKING:
    from collections.abc import Mapping

PERIOD: Final = timedelta(days=7)
"""From thisUpdate to nextUpdate."""
_STATUS: Final = {
    Status.GOOD: ocsp.OCSPCertStatus.GOOD,
    Status.REVOKED: ocsp.OCSPCertStatus.REVOKED,
    Status.UNKNOWN: ocsp.OCSPCertStatus.UNKNOWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """How long an answer or list counts."""

    this_update: datetime
    next_update: datetime | None

    @classmethod
    def around(cls, now: datetime, length: timedelta = PERIOD) -> Period:
        """From an hour before `now` on."""
        start = now.replace(microsecond=0) - timedelta(hours=1)
        return cls(this_update=start, next_update=start + length)


def ocsp_response(
    certificate: x509.Certificate,
    issuer: Identity,
    *,
    period: Period,
    status: Status = Status.GOOD,
    responder: Identity | None = None,
    nonce: bytes | None = None,
    algorithm: HashAlgorithm = HashAlgorithm.SHA256,
    by_name: bool = False,
) -> bytes:
    """A response about `certificate` as DER, signed by its issuer, or by `responder` with its certificate.

    `issuer` is the CA the response names; to be believed it has to be the one that issued the certificate.
    `by_name` names the responder by its subject, instead of by the hash of its key.
    """
    signer = responder or issuer
    revoked = status is Status.REVOKED
    encoding = ocsp.OCSPResponderEncoding.NAME if by_name else ocsp.OCSPResponderEncoding.HASH
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=certificate,
            issuer=issuer.certificate,
            algorithm=ALGORITHMS[algorithm],
            cert_status=_STATUS[status],
            this_update=period.this_update,
            next_update=period.next_update,
            revocation_time=period.this_update if revoked else None,
            revocation_reason=x509.ReasonFlags.key_compromise if revoked else None,
        )
        .responder_id(encoding, signer.certificate)
    )
    if responder is not None:
        builder = builder.certificates([responder.certificate])
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.sign(signer.key, signing_hash(signer.key)).public_bytes(Encoding.DER)


def refusal(status: ocsp.OCSPResponseStatus = ocsp.OCSPResponseStatus.TRY_LATER) -> bytes:
    """A response in which the responder reports an error of its own."""
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)


def responder(
    issuer: Identity, mint: Mint, *, now: datetime, kind: KeyKind = KeyKind.P256, days: float = 30
) -> Identity:
    """A responder this CA has certified to answer for it."""
    not_before, not_after = validity(now, days)
    contents = Contents(
        subject=subject(common_name=f"{issuer.name} OCSP".replace("_", " "), organization="EVSITE TEST"),
        not_before=not_before,
        not_after=not_after,
        purposes=(ExtendedKeyUsageOID.OCSP_SIGNING,),
        others=((x509.OCSPNoCheck(), False),),
    )
    return mint.identity(f"{issuer.name}_OCSP", contents, issuer, kind=kind)


def crl(
    issuer: Identity,
    *,
    period: Period,
    revoked: Mapping[int, x509.ReasonFlags] | None = None,
    number: int = 1,
) -> x509.CertificateRevocationList:
    """The list of a CA. `revoked`: serial numbers and why. ValueError for a period without end."""
    if period.next_update is None:
        raise ValueError("a list has to say when the next one comes")
    public = issuer.certificate.public_key()
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(period.this_update)
        .next_update(period.next_update)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)  # type: ignore[arg-type]  # a CA's key
    )
    for serial, reason in (revoked or {}).items():
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(serial)
            .revocation_date(period.this_update)
            .add_extension(x509.CRLReason(reason), critical=False)
            .build()
        )
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(issuer.key, signing_hash(issuer.key))
