"""What has come and gone in a store between two looks at it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocols.types import evse_security as types

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    from certs.profiles import Domain
    from certs.store.index import Index

Operation = types.CertificateStoreUpdateOperation


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What to tell others: publish each update (M8.19), and let TLS take up new answers of responders."""

    updates: tuple[types.CertificateStoreUpdate, ...] = ()
    ocsp: bool = False

    def __bool__(self) -> bool:
        return bool(self.updates) or self.ocsp


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What others have been told of."""

    authorities: Mapping[Domain, frozenset[Hashable]]
    leaves: Mapping[Domain, frozenset[Hashable]]
    answers: frozenset[Hashable]


def snapshot(index: Index) -> Snapshot:
    """The state others would see now. A leaf counts once its key is there, and again with another chain."""
    return Snapshot(
        authorities={domain: frozenset(index.certificates(domain)) for domain in index.bundles},
        leaves={
            domain: frozenset(
                tuple(one.certificate for one in leaf.chain) for leaf in leaves if leaf.key is not None
            )
            for domain, leaves in index.leaves.items()
        },
        answers=frozenset(one.entry.der for one in index.ocsp.values() if one.entry is not None),
    )


def between(old: Snapshot, new: Snapshot) -> Changes:
    """What has come and gone."""
    return Changes(
        updates=(
            *_of_authorities(old.authorities, new.authorities),
            *_of_leaves(old.leaves, new.leaves),
        ),
        ocsp=old.answers != new.answers,
    )


def _of_authorities(
    old: Mapping[Domain, frozenset[Hashable]], new: Mapping[Domain, frozenset[Hashable]]
) -> Iterator[types.CertificateStoreUpdate]:
    for domain, operation in _operations(old, new):
        yield authority(domain, operation)


def _of_leaves(
    old: Mapping[Domain, frozenset[Hashable]], new: Mapping[Domain, frozenset[Hashable]]
) -> Iterator[types.CertificateStoreUpdate]:
    for domain, operation in _operations(old, new):
        yield leaf(domain, operation)


def _operations(
    old: Mapping[Domain, frozenset[Hashable]], new: Mapping[Domain, frozenset[Hashable]]
) -> Iterator[tuple[Domain, Operation]]:
    for domain, now in new.items():
        if now - old[domain]:
            yield domain, Operation.INSTALLED
        if old[domain] - now:
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
