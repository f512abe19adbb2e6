"""What has come and gone in a store between two looks at it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives import hashes

from certs.ocsp import SKEW
from certs.store.leaves import next_switch
from protocols.types import evse_security as types

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from cryptography import x509

    from certs.profiles import Domain
    from certs.store.contents import Cached
    from certs.store.index import Index

Operation = types.CertificateStoreUpdateOperation
Groups = dict["Domain", frozenset[str]]

_INSTANT: Final = timedelta(microseconds=1)
"""The end of an answer still belongs to it."""
_DIGITS: Final = 32
"""Of a SHA-256: enough to tell certificates apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What to tell others: publish each update (M8.19), and let TLS take up new answers of responders."""

    updates: tuple[types.CertificateStoreUpdate, ...] = ()
    ocsp: bool = False

    def __bool__(self) -> bool:
        return bool(self.updates) or self.ocsp


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What others have been told of: shortened hashes, the same in every process."""

    authorities: Groups
    leaves: Groups
    """Those that have their key; again with another chain."""
    usable: Groups
    """Those of them that were valid at the moment of the look; none without a moment."""
    answers: frozenset[str]
    """Answers of responders that can be used, at a moment those that were fresh; and revocation lists."""


def snapshot(index: Index, now: datetime | None = None) -> Snapshot:
    """The state others would see, at a moment or whatever the time."""
    usable: Groups = {domain: frozenset() for domain in index.leaves}
    if now is not None:
        usable = {domain: _leaves(index, domain, now) for domain in index.leaves}
    return Snapshot(
        authorities={domain: frozenset(map(_digest, index.certificates(domain))) for domain in index.bundles},
        leaves={domain: _leaves(index, domain, None) for domain in index.leaves},
        usable=usable,
        answers=frozenset(
            (
                *(_answer(one) for one in index.ocsp.values() if _counts(one, now)),
                *(one.fingerprint(hashes.SHA256()).hex()[:_DIGITS] for one in index.revocations),
            )
        ),
    )


def _leaves(index: Index, domain: Domain, now: datetime | None) -> frozenset[str]:
    return frozenset(
        "".join(_digest(one.certificate) for one in leaf.chain)
        for leaf in index.leaves[domain]
        if leaf.key is not None and (now is None or leaf.is_valid(now))
    )


def _digest(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex()[:_DIGITS]


def _counts(cached: Cached, now: datetime | None) -> bool:
    return cached.entry is not None and (now is None or cached.entry.is_fresh(now))


def _answer(cached: Cached) -> str:
    assert cached.entry is not None
    digest = hashes.Hash(hashes.SHA256())
    digest.update(cached.entry.der)
    return digest.finalize().hex()[:_DIGITS]


def next_moment(index: Index, now: datetime) -> datetime | None:
    """When time alone will change the snapshot next: a leaf begins or ends, an answer does."""
    moments = [next_switch(leaves, now) for leaves in index.leaves.values()]
    for cached in index.ocsp.values():
        if cached.entry is not None:
            begins, ends = cached.entry.this_update - SKEW, cached.entry.expires + SKEW + _INSTANT
            moments += [one for one in (begins, ends) if one > now]
    return min((one for one in moments if one is not None), default=None)


def between(old: Snapshot, new: Snapshot) -> Changes:
    """What has come and gone; a leaf counts as installed when its time begins, as deleted when it is over."""
    found = (
        *(authority(*one) for one in _operations(old.authorities, new.authorities)),
        *(leaf(*one) for one in _operations(old.leaves, new.leaves)),
        *(leaf(*one) for one in _operations(old.usable, new.usable)),
    )
    return Changes(updates=tuple(dict.fromkeys(found)), ocsp=old.answers != new.answers)


def _operations(
    old: Mapping[Domain, Iterable[str]], new: Mapping[Domain, Iterable[str]]
) -> Iterator[tuple[Domain, Operation]]:
    for domain, found in new.items():
        before, now = frozenset(old.get(domain, ())), frozenset(found)
        if now - before:
            yield domain, Operation.INSTALLED
        if before - now:
            yield domain, Operation.DELETED


def authority(domain: Domain, operation: Operation) -> types.CertificateStoreUpdate:
    """A CA certificate came or went."""
    return types.CertificateStoreUpdate(
        operation=operation, ca_certificate_type=types.CaCertificateType(domain.value)
    )


def leaf(domain: Domain, operation: Operation) -> types.CertificateStoreUpdate:
    """A leaf came or went."""
    return types.CertificateStoreUpdate(
        operation=operation, leaf_certificate_type=types.LeafCertificateType(domain.value)
    )
