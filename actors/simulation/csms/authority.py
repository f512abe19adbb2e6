"""What the simulated back-end does with the keys of the test PKI: it answers like its responders, signs like
its CAs, and has contracts to install. Pure.

`identities` are those of `certs.pki`, by name: the CAs with their keys, `CPS_LEAF` and `MO_LEAF` with theirs.
A certificate counts as good when a CA of the PKI has issued it and neither the script nor one of its lists
says that it is revoked, as with a responder that works from lists.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from actors.simulation.csms.script import Certificates, Pem
from certs import names, pki
from certs.crl import verify_crl
from certs.errors import CertificateError, Problem
from certs.hashes import ALGORITHMS, HashAlgorithm, HashData
from certs.keys import KeyKind, kind_of, signing_hash
from certs.pem import to_pem
from certs.pki.hierarchies import contents
from certs.requests import load_request
from certs.verdict import Reason
from protocols.iso15118.key_transport import ed448_contract_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from certs.pki import Edition, Identity
    from certs.profiles import Domain

_SERIAL: Final = re.compile("(0[xX])?[0-9a-fA-F]{1,40}")
BACKDATED: Final = timedelta(hours=1)


class Use(enum.StrEnum):
    """What a certificate is asked for, by OCPP's names."""

    STATION = "ChargingStationCertificate"
    V2G = "V2GCertificate"
    V2G20 = "V2G20Certificate"


class Standing(enum.StrEnum):
    """What is known about a certificate; the values are those of OCPP's CertificateStatusEnumType."""

    GOOD = "Good"
    REVOKED = "Revoked"
    UNKNOWN = "Unknown"


_STATUS: Final = {
    Standing.GOOD: ocsp.OCSPCertStatus.GOOD,
    Standing.REVOKED: ocsp.OCSPCertStatus.REVOKED,
}


@dataclass(kw_only=True)
class Authority:
    """The CAs of one test PKI. It keeps nothing but the contracts it has made."""

    identities: Mapping[str, Identity]
    serials: Mapping[str, int] = field(default_factory=dict)
    """By name: the serial numbers of further certificates, to be revoked."""
    lists: tuple[x509.CertificateRevocationList, ...] = ()
    settings: Certificates = field(default_factory=Certificates)
    mint: pki.Mint = field(default_factory=pki.Mint)
    random: Callable[[int], bytes]
    _contracts: dict[tuple[str, Edition], Identity] = field(default_factory=dict)
    _issuers: dict[tuple[HashAlgorithm, str, str], Identity] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for identity in self.identities.values():
            if not _is_ca(identity.certificate):
                continue
            for algorithm, digest in ALGORITHMS.items():
                own = identity.certificate
                asked = ocsp.OCSPRequestBuilder().add_certificate(own, own, digest).build()
                named = hashes.Hash(digest)  # the request names the issuer of `own`, not `own` itself
                named.update(own.subject.public_bytes())
                key = (algorithm, named.finalize().hex(), asked.issuer_key_hash.hex())
                self._issuers[key] = identity

    def roots(self, *domains: Domain) -> tuple[x509.Certificate, ...]:
        """The roots of these hierarchies, of both editions."""
        prefixes = tuple(f"{domain}_ROOT_CA" for domain in domains)
        return tuple(one.certificate for name, one in self.identities.items() if name.startswith(prefixes))

    def intermediates(self, domain: Domain) -> tuple[x509.Certificate, ...]:
        """The sub-CAs of a hierarchy."""
        prefix = f"{domain}_SUB_CA"
        return tuple(one.certificate for name, one in self.identities.items() if name.startswith(prefix))

    def issuer_of(self, data: HashData) -> Identity | None:
        """The CA that hash data names; None: it is none of ours."""
        return self._issuers.get((data.algorithm, data.issuer_name_hash, data.issuer_key_hash))

    def standing(self, data: HashData, now: datetime) -> Standing:
        """What is known about the certificate with this hash data."""
        issuer = self.issuer_of(data)
        if issuer is None:
            return Standing.UNKNOWN
        return self._standing(int(data.serial_number, 16), issuer.certificate, now)

    def check(self, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> Reason | None:
        """For `certs.chain.verify`: REVOKED, or None if nothing speaks against the certificate."""
        revoked = self._standing(certificate.serial_number, issuer, now) is Standing.REVOKED
        return Reason.REVOKED if revoked else None

    def _standing(self, serial: int, issuer: x509.Certificate, now: datetime) -> Standing:
        if serial in self._revoked():
            return Standing.REVOKED
        for listed in self.lists:
            try:
                if verify_crl(listed, issuer, now=now).find(serial) is not None:
                    return Standing.REVOKED
            except CertificateError:  # of another CA, or too old
                continue
        return Standing.GOOD

    def _revoked(self) -> set[int]:
        """The serial numbers that the script names, or whose certificates it names."""
        found = (self.serial_of(one) for one in self.settings.revoked)
        return {serial for serial in found if serial is not None}

    def serial_of(self, text: str) -> int | None:
        """The serial number of the certificate with this name, or the one that is written here."""
        if text in self.identities:
            return self.identities[text].certificate.serial_number
        if text in self.serials:
            return self.serials[text]
        return int(text, 16) if _SERIAL.fullmatch(text) else None

    def next_update(self, now: datetime) -> datetime:
        """Until when our answers of now count."""
        return now.replace(microsecond=0) + timedelta(days=self.settings.ocsp_days)

    def ocsp_response(self, data: HashData, now: datetime) -> bytes | None:
        """An answer as DER, signed by the CA; None if no CA of ours has issued the certificate."""
        issuer, standing = self.issuer_of(data), self.standing(data, now)
        if issuer is None:
            return None
        start = now.replace(microsecond=0) - BACKDATED
        revoked = standing is Standing.REVOKED
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response_by_hash(
                bytes.fromhex(data.issuer_name_hash),
                bytes.fromhex(data.issuer_key_hash),
                int(data.serial_number, 16),
                ALGORITHMS[data.algorithm],
                _STATUS[standing],
                start,
                self.next_update(now),
                start if revoked else None,
                x509.ReasonFlags.key_compromise if revoked else None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, issuer.certificate)
        )
        return builder.sign(issuer.key, signing_hash(issuer.key)).public_bytes(Encoding.DER)

    def sign(self, request: str, use: Use, now: datetime) -> str:
        """The chain for a request, as the PEM text of CertificateSigned. CertificateError.

        A V2G certificate is of the edition whose profile allows the key.
        """
        asked = load_request(request)
        wanted = self.settings.organization
        given = names.attributes(asked.subject, x509.NameOID.ORGANIZATION_NAME)
        if wanted is not None and given != (wanted,):
            raise CertificateError(Problem.BAD_SUBJECT, f"O is not {wanted}")
        row, edition = self._leaf_of(use, asked)
        issuer = self._issuer(row.issuer, edition)
        options = pki.Options(now=now, leaf_days=self.settings.leaf_days)
        leaf = pki.sign_request(asked, issuer, row, options=options, edition=edition, mint=self.mint)
        above = issuer.path if self.settings.with_root else issuer.path[:-1]
        return written([leaf, *above], self.settings)

    def _leaf_of(self, use: Use, asked: x509.CertificateSigningRequest) -> tuple[pki.Row, Edition | None]:
        if use is Use.STATION:
            return pki.LEAVES["CSMS_LEAF"], None
        kind = kind_of(asked.public_key())
        editions = [pki.Edition.ISO20] if use is Use.V2G20 else list(pki.Edition)
        for edition in editions:
            if kind in pki.LEAF_PROFILES[f"SECC_LEAF{pki.SUFFIXES[edition]}"].keys:
                return pki.LEAVES["SECC_LEAF"], edition
        raise CertificateError(Problem.UNSUPPORTED_KEY, f"{kind} for a {use}")

    def _issuer(self, name: str | None, edition: Edition | None) -> Identity:
        suffix = pki.SUFFIXES[edition] if edition is not None else ""
        found = self.identities.get(f"{name}{suffix}")
        if found is None:
            raise CertificateError(Problem.EMPTY, f"the PKI has no {name}{suffix}")
        return found

    def leaf(self, name: str, edition: Edition) -> Identity:
        """A leaf of the PKI with its key, of one edition. CertificateError if there is none."""
        return self._issuer(name, edition)

    def contract(self, emaid: str | None, edition: Edition, now: datetime) -> Identity:
        """The contract of this eMAID, made once; None: the one the PKI came with. CertificateError."""
        ready = self.identities.get(f"MO_LEAF{pki.SUFFIXES[edition]}")
        if ready is not None and emaid in {None, names.common_name(ready.certificate)}:
            return ready
        if emaid is None:
            raise CertificateError(Problem.EMPTY, "the PKI has no contract")
        if (emaid, edition) not in self._contracts:
            self._contracts[emaid, edition] = self._new_contract(emaid, edition, now)
        return self._contracts[emaid, edition]

    def _new_contract(self, emaid: str, edition: Edition, now: datetime) -> Identity:
        row = pki.LEAVES["MO_LEAF"]
        issuer = self._issuer(row.issuer, edition)
        options = pki.Options(now=now, emaid=emaid, leaf_days=self.settings.leaf_days)
        wanted = contents(row, options, edition)
        kind = kind_of(issuer.certificate.public_key())
        key: Any = ed448_contract_key(self.random) if kind is KeyKind.ED448 else None
        made = self.mint.identity(f"MO_LEAF {emaid}", wanted, issuer, kind=kind, key=key)  # type: ignore[arg-type]  # a CA's kind is known
        return replace(made, name=emaid)


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def written(chain: list[x509.Certificate], settings: Certificates) -> str:
    """A chain as the script wants it written."""
    ordered = chain[::-1] if settings.leaf_last else chain
    blocks = []
    for one in ordered:
        block = to_pem([one]).decode("ascii")
        if settings.pem is Pem.SUBJECT_LINES:
            block = f"subject={one.subject.rfc4514_string()}\nissuer={one.issuer.rfc4514_string()}\n{block}"
        blocks.append(block)
    text = "".join(blocks)
    return text.replace("\n", "\r\n") if settings.pem is Pem.CRLF else text
