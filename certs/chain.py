"""The one entry point of verification: is this leaf trusted, and if not, why not.

Used by everybody who verifies a certificate. It reads no clock, file or store; what may be trusted and when
"now" is are arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from certs.errors import CertificateError
from certs.facts import Facts, read
from certs.paths import LIMITS, Limits, index, search
from certs.pem import unique
from certs.profiles import Profile
from certs.rules import check
from certs.servers import check_server
from certs.verdict import Reason, Refused, Verdict, Verified

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from cryptography import x509

    from certs.paths import Path


class Revocation(Protocol):
    """What is known about revocation. `certs.revocation.Evidence` is one."""

    def check(self, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> Reason | None:
        """REVOKED, REVOCATION_UNKNOWN, or None if nothing speaks against the certificate."""
        ...


def verify(
    leaf: x509.Certificate,
    received: Iterable[x509.Certificate] = (),
    roots: Iterable[x509.Certificate] = (),
    *,
    profile: Profile | Sequence[Profile],
    now: datetime,
    revocation: Revocation | None = None,
    server_name: str | None = None,
    common_name_serves: bool = False,
    limits: Limits = LIMITS,
) -> Verdict:
    """Verify `leaf` with the certificates received beside it, in any order, against trusted roots.

    With several profiles the leaf has to fulfil one of them. `server_name` is the DNS name or IP address of
    the server that has shown the leaf. ValueError for a `now` without zone or no profile at all: those are
    mistakes of the caller. Whatever is wrong with the certificates is in the answer.
    """
    if now.utcoffset() is None:
        raise ValueError("`now` needs a time zone")
    profiles = (profile,) if isinstance(profile, Profile) else tuple(profile)
    if not profiles:
        raise ValueError("no profile to verify against")
    try:
        facts = read(leaf)
    except CertificateError as error:
        return Refused(reason=Reason.MALFORMED, certificate=leaf, detail=str(error))
    found = search(facts, tuple(received), tuple(roots), limits)
    refused: Refused | None = None
    for path in found.paths():
        verdict = _judge(path, _likely(profiles, facts), now, revocation)
        if isinstance(verdict, Verified) and server_name is not None:
            verdict = check_server(path, server_name, now, common_name_serves=common_name_serves) or verdict
        if isinstance(verdict, Verified):
            return verdict
        refused = refused or verdict
    return refused or found.failure


def _likely(profiles: tuple[Profile, ...], leaf: Facts) -> tuple[Profile, ...]:
    """The profiles that know the leaf's kind of key, so that a refusal speaks of the right one."""
    return tuple(one for one in profiles if leaf.kind in one.keys) or profiles


def _judge(
    path: Path, profiles: tuple[Profile, ...], now: datetime, revocation: Revocation | None
) -> Verdict:
    refusals = []
    for profile in profiles:
        refused = check(path, profile, now)
        if refused is None:
            return _revoked(path, now, revocation) or _verified(path, profile)
        refusals.append(refused)
    return refusals[0]


def _verified(path: Path, profile: Profile) -> Verified:
    return Verified(path=tuple(one.certificate for one in path), profile=profile)


def _revoked(path: Path, now: datetime, revocation: Revocation | None) -> Refused | None:
    """From the root downwards, as an issuer that is revoked cannot speak for those below it."""
    if revocation is None:
        return None
    certificates = [one.certificate for one in path]
    for position in range(len(certificates) - 2, -1, -1):
        certificate, issuer = certificates[position], certificates[position + 1]
        if (reason := revocation.check(certificate, issuer, now)) is not None:
            return Refused(reason=reason, certificate=certificate)
    return None


def ordered(certificates: Iterable[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """A leaf and its sub-CAs in order, the leaf first, each followed by its issuer; others behind them.

    The leaf is the first certificate that is no CA; if there is none, the first that has issued no other one.
    Only names and key ids are compared here. Unreadable certificates stay, at the end. No more are put in
    order than a path may have: a thousand CAs of one name must not take seconds.
    """
    received = tuple(unique(certificates))
    by_subject = index(received)
    known = [one for found in by_subject.values() for one in found]
    issuers = {one.issuer for one in known if not one.self_issued}
    leaves = [one for one in known if not one.ca] or [one for one in known if one.subject not in issuers]
    result: dict[x509.Certificate, None] = {}
    last = leaves[0] if leaves else None
    while last is not None and len(result) < LIMITS.depth:
        result[last.certificate] = None
        above = [one for one in by_subject.get(last.issuer, ()) if one.certificate not in result]
        wanted = last.authority_key_id
        last = min(above, key=lambda one: one.key_id != wanted, default=None)
    return (*result, *(one for one in received if one not in result))
