"""Certificate signing requests: who they are for, and how they are made and read.

Subject rules: OCPP 2.x takes the device model's variables (M11.4), 1.6 its configuration keys (M12.8).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from certs import names
from certs.errors import CertificateError, Problem
from certs.keys import KeyKind, PrivateKey, generate_key, kind_of, signing_hash
from certs.signatures import is_whole

if TYPE_CHECKING:
    from certs.profiles import Profile

DEFAULT_COUNTRY: Final = "DE"
"""What SeccLeafSubjectCountry counts as when it is not set (M12.8)."""
MAX_REQUEST_BYTES: Final = 16 * 1024
_BLOCK: Final = re.compile(
    rb"-----BEGIN ((?:NEW )?CERTIFICATE REQUEST)-----[^-]{1,16384}-----END \1-----",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The subject of a request."""

    common_name: str
    organization: str
    country: str

    def name(self) -> x509.Name:
        """The subject as C, O, CN. CertificateError for parts that cannot be written."""
        return names.subject(
            common_name=self.common_name, organization=self.organization, country=self.country
        )


def _subject(**parts: str | None) -> Subject:
    for what, value in parts.items():
        if not value or not value.strip():
            raise CertificateError(Problem.BAD_SUBJECT, f"{what} is not set")
    return Subject(**{what: value.strip() for what, value in parts.items() if value})


def csms_subject(*, charge_box_serial: str | None, organization: str | None, country: str | None) -> Subject:
    """For the leaf shown to the CSMS, in OCPP 2.x (M11.4). CertificateError if any part is missing: no CSR.

    ChargeBoxSerialNumber, SecurityCtrlr.OrganizationName, ISO15118Ctrlr.CountryName.
    """
    return _subject(common_name=charge_box_serial, organization=organization, country=country)


def secc_subject(*, secc_id: str | None, organization: str | None, country: str | None) -> Subject:
    """For the leaf shown to cars, in OCPP 2.x (M11.4). CertificateError if any part is missing: no CSR.

    SeccId, OrganizationName and CountryName of ISO15118Ctrlr.
    """
    return _subject(common_name=secc_id, organization=organization, country=country)


def secc_subject_ocpp16(
    *,
    common_name: str | None,
    serial: str | None,
    organization: str | None,
    cpo_name: str | None,
    country: str | None,
) -> Subject:
    """For the leaf shown to cars, in OCPP 1.6 (M12.8). CertificateError if no organization is known: no CSR.

    SeccLeafSubjectCommonName, else the serial number; SeccLeafSubjectOrganization, else CpoName;
    SeccLeafSubjectCountry, else DE.
    """
    return _subject(
        common_name=common_name or serial,
        organization=organization or cpo_name,
        country=country or DEFAULT_COUNTRY,
    )


def build_request(key: PrivateKey, subject: Subject) -> x509.CertificateSigningRequest:
    """A request for this subject, signed by its own key. CertificateError for a subject that is none."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject.name())
    return builder.sign(key, signing_hash(key))


def new_request(
    subject: Subject, profile: Profile | None = None, *, kind: KeyKind | None = None
) -> tuple[PrivateKey, x509.CertificateSigningRequest]:
    """A new key, of `kind` or as the profile has it (P-256 without either), and the request for it."""
    default = profile.default_key if profile is not None else KeyKind.P256
    key = generate_key(kind or default)
    return key, build_request(key, subject)


def request_to_pem(request: x509.CertificateSigningRequest) -> bytes:
    """The request as PEM."""
    return request.public_bytes(Encoding.PEM)


def load_request(data: bytes | str) -> x509.CertificateSigningRequest:
    """The one request of a PEM text or of DER bytes, signed by its own key.

    CertificateError: too large, no request, a key nobody supports, a signature that is not the key's.
    """
    raw = data.encode("utf-8", "replace") if isinstance(data, str) else data
    if len(raw) > MAX_REQUEST_BYTES:
        raise CertificateError(Problem.TOO_LARGE, f"{len(raw)} bytes of request")
    block = _BLOCK.search(raw)
    try:
        request = x509.load_pem_x509_csr(block.group()) if block else x509.load_der_x509_csr(raw)
        supported = kind_of(request.public_key()) is not None
        good = request.is_signature_valid and is_whole(request.public_bytes(Encoding.DER), request.signature)
    except UnsupportedAlgorithm:
        raise CertificateError(Problem.UNSUPPORTED_KEY) from None
    except (ValueError, TypeError, x509.InvalidVersion) as error:
        raise CertificateError(Problem.MALFORMED, str(error)[:200]) from None
    if not supported:
        raise CertificateError(Problem.UNSUPPORTED_KEY)
    if not good:
        raise CertificateError(Problem.BAD_SIGNATURE)
    return request
