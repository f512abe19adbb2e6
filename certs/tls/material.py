"""Certificates and keys for TLS, as immutable values: who we are, and whom we trust. Pure.

Whoever reads the store builds these; contexts are built from them and never change afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from certs.chain import ordered
from certs.errors import CertificateError, Problem
from certs.facts import read
from certs.hashes import HashAlgorithm, hash_data
from certs.keys import PrivateKey, key_matches, load_key
from certs.ocsp import verify_response
from certs.ocsp_cache import cache_entry
from certs.pem import load_certificates
from certs.tls.authorities import IdentifierType
from certs.tls.editions import RULES, Edition, TlsRules, edition_of

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography import x509

    from certs.chain import Revocation

MAX_CHAIN: Final = 8
"""Certificates we show; ISO 15118 allows a leaf and two sub-CAs."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Identity:
    """A chain we show and the key of its leaf. The key never leaves it: not in repr, logs or errors.

    CertificateError: no certificate, too many, a key of another certificate, a certificate that cannot be
    read, an OCSP response that is not about the leaf.
    """

    certificates: tuple[x509.Certificate, ...]
    """The leaf first, each followed by its issuer; the root is not shown."""
    key: PrivateKey = field(repr=False)
    root: x509.Certificate | None = None
    """The root the chain leads to: a client that trusts it gets this chain. Also the issuer of the last."""
    staple: bytes | None = field(default=None, repr=False)
    """The OCSP response about the leaf as DER, as it came."""

    def __post_init__(self) -> None:
        if not self.certificates:
            raise CertificateError(Problem.EMPTY)
        if len(self.certificates) > MAX_CHAIN:
            raise CertificateError(Problem.TOO_MANY, f"{len(self.certificates)} certificates in a chain")
        for certificate in self.certificates:
            read(certificate)
        if not key_matches(self.key, self.leaf):
            raise CertificateError(Problem.OTHER_CERTIFICATE, "the key is not that of the leaf")
        if self.staple is not None:
            self._check_staple(self.staple)

    def _check_staple(self, staple: bytes) -> None:
        """Whether it is about the leaf. Whether it can be relied on depends on the time: `fresh_staple`."""
        if self.issuer is None:
            raise CertificateError(Problem.OTHER_CERTIFICATE, "a staple, but no issuer of the leaf")
        for algorithm in HashAlgorithm:
            try:
                cache_entry(hash_data(self.leaf, self.issuer, algorithm), staple)
            except CertificateError as error:
                if error.problem is not Problem.OTHER_CERTIFICATE:
                    raise
            else:
                return
        raise CertificateError(Problem.OTHER_CERTIFICATE, "the staple is about another certificate")

    @property
    def issuer(self) -> x509.Certificate | None:
        """The certificate above the leaf, if it is known."""
        return self.certificates[1] if len(self.certificates) > 1 else self.root

    @property
    def leaf(self) -> x509.Certificate:
        """The certificate of the key."""
        return self.certificates[0]

    @property
    def edition(self) -> Edition | None:
        """The edition of ISO 15118 whose rules allow the key; None if none does."""
        return edition_of(read(self.leaf).kind)

    def is_valid(self, now: datetime) -> bool:
        """Whether every certificate we show is valid now."""
        all_facts = [read(one) for one in self.certificates]
        return all(facts.not_before <= now <= facts.not_after for facts in all_facts)

    def fresh_staple(self, now: datetime) -> bytes | None:
        """The OCSP response, if a car will believe it: about the leaf, signed by who may, fresh.

        It is verified here each time (some 0.1 ms for -2, 0.4 ms for -20), as files of a cache come from
        anywhere and a responder's own certificate expires too. What it says is shown whatever it is.
        """
        if self.staple is None or self.issuer is None:
            return None
        try:
            verify_response(self.staple, self.leaf, self.issuer, now=now)
        except CertificateError:
            return None
        return self.staple


def load_identity(
    chain: bytes,
    key: bytes,
    password: bytes | None = None,
    *,
    root: x509.Certificate | None = None,
    staple: bytes | None = None,
) -> Identity:
    """An identity from PEM in memory, the chain in any order. CertificateError as for `Identity`.

    A root inside the chain is left out of what is shown.
    """
    sorted_chain = ordered(load_certificates(chain))
    shown = [one for position, one in enumerate(sorted_chain) if position == 0 or one.issuer != one.subject]
    return Identity(
        certificates=tuple(shown), key=load_key(key, password), root=root, staple=staple
    )  # the order is judged by whoever verifies it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ServerMaterial:
    """What a station shows to cars, and which cars it believes.

    CertificateError: an identity whose key no edition allows, -20 chains without roots for vehicles.
    """

    identities: tuple[Identity, ...]
    """In order of preference: the first one that fits is shown. For both editions, one for each V2G root."""
    vehicle_roots: tuple[x509.Certificate, ...] = ()
    """OEM and V2G roots that vehicle certificates of -20 may lead to."""
    revocation: Revocation | None = None
    """What is known about revoked vehicle certificates."""

    def __post_init__(self) -> None:
        editions = {identity.edition for identity in self.identities}
        if None in editions:
            raise CertificateError(Problem.UNSUPPORTED_KEY, "no edition allows the key of a leaf")
        if Edition.ISO20 in editions and not self.vehicle_roots:
            raise CertificateError(Problem.EMPTY, "chains of -20, but no root for vehicle certificates")

    def of(self, edition: Edition) -> tuple[Identity, ...]:
        """The identities of one edition, in order."""
        return tuple(identity for identity in self.identities if identity.edition is edition)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClientMaterial:
    """What a simulated car trusts and shows. CertificateError: -20 without a vehicle certificate of -20."""

    roots: tuple[x509.Certificate, ...]
    """V2G roots."""
    editions: frozenset[Edition] = frozenset({Edition.ISO2})
    identity: Identity | None = None
    """The vehicle certificate; shown only to a station of -20."""
    revocation: Revocation | None = None
    hints: IdentifierType | None = IdentifierType.CERT_SHA1_HASH
    """How trusted_ca_keys names the roots to a station of -2; None sends no such extension."""
    staple_required: bool = False
    """Refuse a station that shows no OCSP response that counts. A revoked one is refused in any case."""

    def __post_init__(self) -> None:
        if not self.editions:
            raise CertificateError(Problem.EMPTY, "no edition to speak")

    @property
    def rules(self) -> tuple[TlsRules, ...]:
        """The rows of the editions, the newer one first."""
        return tuple(rules for edition, rules in RULES.items() if edition in self.editions)
