"""Decides about certificates that somebody hands us: install, trust, or why not. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from certs import chain, pem, profiles
from certs.errors import CertificateError
from certs.facts import Facts, read, signed_by
from certs.paths import LIMITS, search
from certs.profiles import Domain, Profile
from certs.revocation import Evidence
from certs.rules import has_sound_key
from certs.store.leaves import relatives
from certs.verdict import Reason, Refused, Result, Verdict
from protocols.types import evse_security as types

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from cryptography import x509

    from certs.store.index import Index

Installed = types.InstallCertificateResult
Validation = types.CertificateValidationResult

INSTALL_RESULTS: Final[Mapping[Result, Installed]] = {
    Result.VALID: Installed.ACCEPTED,
    Result.EXPIRED: Installed.EXPIRED,
    Result.INVALID_SIGNATURE: Installed.INVALID_SIGNATURE,
    Result.INVALID_LEAF_SIGNATURE: Installed.INVALID_SIGNATURE,
    Result.ISSUER_NOT_FOUND: Installed.NO_ROOT_CERTIFICATE_INSTALLED,
    Result.INVALID_CHAIN: Installed.INVALID_CERTIFICATE_CHAIN,
    Result.UNKNOWN: Installed.INVALID_CERTIFICATE_CHAIN,
}
"""What the outcome of a verification is called when a leaf was to be installed (M8.8)."""

INSTALL_REASONS: Final[Mapping[Reason, Installed]] = {
    Reason.SUBJECT: Installed.INVALID_COMMON_NAME,
    Reason.MALFORMED: Installed.INVALID_FORMAT,
}
"""Where the reason says more than the outcome."""


ANCHORS: Final[Mapping[Domain, Domain]] = {Domain.OEM: Domain.V2G, Domain.CPS: Domain.V2G}
"""Domains without a bundle of their own, and the one whose roots count for them."""


_BELOW: Final[Mapping[Domain, tuple[Domain, ...]]] = {
    Domain.CSMS: (Domain.CSMS,),
    Domain.MF: (Domain.MF,),
    Domain.MO: (Domain.MO,),
    Domain.V2G: (Domain.V2G, Domain.MO, *ANCHORS),
}
"""The leaves that may hang below the CAs of a bundle; contracts also below a V2G root (M8.9)."""


def judge_authority(facts: Facts, index: Index, domain: Domain, now: datetime) -> Installed:
    """Whether a CA certificate may go into a bundle (M8.7).

    A root must have signed itself, a sub-CA must reach a root of the bundle, and the key must be one that
    some kind of leaf may have above it. One whose time has not come is welcome: roots are rolled out before
    they are needed.
    """
    if now > facts.not_after:
        return Installed.EXPIRED
    if not facts.certificate.subject.rdns:
        return Installed.INVALID_COMMON_NAME
    if not facts.ca or not _has_a_use(facts, domain):
        return Installed.INVALID_CERTIFICATE_CHAIN
    if facts.self_issued:
        return Installed.ACCEPTED if signed_by(facts, facts) else Installed.INVALID_SIGNATURE
    above = relatives([facts], index.anchors[domain])
    found = search(facts, (), [one.certificate for one in above], LIMITS)
    if any(True for _ in found.paths()):
        return Installed.ACCEPTED
    return INSTALL_RESULTS[found.failure.result]


def _has_a_use(facts: Facts, domain: Domain) -> bool:
    """Whether any row allows this CA's key, and the hash of the signature where that counts."""
    return any(
        facts.kind in row.keys
        and has_sound_key(facts, row.min_rsa_bits)
        and (facts.self_issued or facts.hash_name is None or facts.hash_name in row.hashes)
        for row in profiles.profiles_of(_BELOW[domain])
    )


def read_chain(text: str | bytes) -> tuple[x509.Certificate, ...]:
    """A chain whose first certificate is the one that is asked about. CertificateError if it cannot be read.

    Never another one: whoever asks takes the name and the key of the first, so that is what has to be judged.
    """
    received = pem.load_certificates(text)
    read(received[0])
    return received


def read_any_order(text: str | bytes) -> tuple[x509.Certificate, ...]:
    """A chain put in order, the leaf first, for who goes on with this order. CertificateError as above."""
    received = chain.ordered(pem.load_certificates(text))
    read(received[0])
    return received


def judge_chain(
    received: tuple[x509.Certificate, ...],
    index: Index,
    domains: Iterable[Domain],
    rows: tuple[Profile, ...],
    now: datetime,
    *,
    today: datetime | None = None,
) -> Verdict:
    """Verify a chain, the leaf first, against the roots of all these domains.

    What the cached answers of responders and the lists in the store say about revocation counts. `today`,
    where a chain is verified as of another day: what is said as of then counts, too.
    """
    readable = [facts for facts in map(_facts, received) if facts is not None]
    near = [facts for domain in domains for facts in relatives(readable, index.anchors[domain])]
    serials = {f"{one.certificate.serial_number:x}" for one in (*readable, *near)}
    answers = tuple(
        cached.entry.der
        for data, cached in index.ocsp.items()
        if cached.entry is not None and data.serial_number in serials
    )
    issuers = {one.issuer for one in (*readable, *near)}
    lists = tuple(one for one in index.revocations if one.issuer.public_bytes() in issuers)
    evidence = _Evidence(Evidence(responses=answers, crls=lists), today or now)
    return chain.verify(
        received[0],
        received[1:],
        [one.certificate for one in near],
        profile=rows,
        now=now,
        revocation=evidence if answers or lists else None,
    )


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What is known about revocation, as of the day of a verification and as of today."""

    known: Evidence
    today: datetime

    def check(self, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> Reason | None:
        days = dict.fromkeys((now, self.today))
        return next(filter(None, (self.known.check(certificate, issuer, day) for day in days)), None)


def _facts(certificate: x509.Certificate) -> Facts | None:
    try:
        return read(certificate)
    except CertificateError:
        return None


def judge(certificates: Iterable[bytes], index: Index, domains: tuple[Domain, ...], now: datetime) -> Verdict:
    """Verify the first of these in DER, with the others in any order. OEM and CPS lead to V2G roots."""
    try:
        received = tuple(map(pem.load_der, islice(certificates, pem.MAX_CERTIFICATES)))
        read(received[0])
    except (CertificateError, IndexError) as error:
        return Refused(reason=Reason.MALFORMED, detail=str(error))
    rows = rows_for(domains)
    if not rows:
        return Refused(reason=Reason.ISSUER_NOT_FOUND, detail="no domain was asked for")
    return judge_chain(received, index, (ANCHORS.get(domain, domain) for domain in domains), rows, now)


def judge_leaf(
    received: tuple[x509.Certificate, ...], index: Index, domain: Domain, now: datetime
) -> tuple[Installed, tuple[x509.Certificate, ...]]:
    """Whether a leaf may become one of the station's, and its path from leaf to root if so (M8.8).

    A renewed leaf may come before its time: it is verified as of the moment from which it will be used. What
    has been revoked by now is revoked, though the answer that says so will be too old by then.
    """
    moment = max(now, received[0].not_valid_before_utc)
    verdict = judge_chain(received, index, (domain,), profiles.STATION_LEAVES[domain], moment, today=now)
    if isinstance(verdict, Refused):
        result = INSTALL_REASONS.get(verdict.reason, INSTALL_RESULTS[verdict.result])
        return result, ()
    return Installed.ACCEPTED, verdict.path


def rows_for(domains: Iterable[Domain]) -> tuple[Profile, ...]:
    """The kinds of leaf that are meant by these domains.

    V2G beside MO means contracts whose hierarchy hangs below a V2G root (M8.9), not leaves of stations.
    """
    wanted = frozenset(domains)
    if Domain.MO in wanted:
        wanted -= {Domain.V2G}
    return profiles.profiles_of(wanted)


def validate(text: str, index: Index, domains: tuple[Domain, ...], now: datetime) -> Validation:
    """Whether the first certificate is trusted in one of the domains (M8.9); others help in any order.

    What cannot be read is Unknown.
    """
    rows = rows_for(domains)
    if not rows:
        return Validation.UNKNOWN
    try:
        received = read_chain(text)
    except CertificateError:
        return Validation.UNKNOWN
    return Validation(judge_chain(received, index, domains, rows, now).result.value)
