"""Signs requests as a CA of a test PKI would, by the row of the hierarchy the new leaf belongs to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from certs.names import subject_with
from certs.pki.hierarchies import ISO_ROWS, OCPP_ROWS, Edition, Options, Row, contents
from certs.pki.issuing import Identity, Mint, issue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography import x509

LEAVES: Final[Mapping[str, Row]] = {
    row.name: row for row in (*ISO_ROWS, *OCPP_ROWS) if row.name.endswith(("_LEAF", "_SERVER"))
}
"""What can be signed."""


def sign_request(
    request: x509.CertificateSigningRequest,
    issuer: Identity,
    row: Row,
    *,
    options: Options,
    edition: Edition | None,
    mint: Mint,
) -> x509.Certificate:
    """A certificate for the key and subject of the request; the row says what it may be used for.

    The DC of the row is added, as a station does not write one into its request.
    """
    wanted = contents(row, options, edition)
    named = replace(wanted, subject=subject_with(request.subject, row.component))
    public = request.public_key()
    return issue(named, public, issuer, issuer.key, next(mint.serials))  # type: ignore[arg-type]  # `load_request` has seen to it
