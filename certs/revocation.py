"""What is known about revocation, gathered for one verification: OCSP responses and lists, judged when asked.

A response or list that cannot be verified counts as absent: whoever sends garbage must not be able to
revoke a certificate, nor to clear one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from certs.crl import verify_crl
from certs.errors import CertificateError
from certs.ocsp import Status, verify_response
from certs.verdict import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cryptography import x509


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """OCSP responses (DER) and CRLs that are at hand, in any order. Fulfils `chain.Revocation`.

    `required` refuses every certificate below the root that nothing says is good; without it such a
    certificate passes. Revoked by any of them is revoked.
    """

    responses: tuple[bytes, ...] = ()
    crls: tuple[x509.CertificateRevocationList, ...] = ()
    required: bool = False

    def check(self, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> Reason | None:
        """REVOKED, REVOCATION_UNKNOWN, or None if nothing speaks against the certificate."""
        found = tuple(self._statuses(certificate, issuer, now))
        if Status.REVOKED in found:
            return Reason.REVOKED
        if self.required and Status.GOOD not in found:
            return Reason.REVOCATION_UNKNOWN
        return None

    def _statuses(
        self, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime
    ) -> Iterator[Status]:
        for response in self.responses:
            try:
                yield verify_response(response, certificate, issuer, now=now).status
            except CertificateError:
                continue
        for crl in self.crls:
            try:
                entry = verify_crl(crl, issuer, now=now).find(certificate.serial_number)
            except CertificateError:
                continue
            yield Status.GOOD if entry is None else Status.REVOKED
