"""The certificates of a store for people: by whom, until when, and what is wrong. Pure; shows no key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from certs.names import describe
from certs.profiles import Domain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from certs.facts import Facts
    from certs.store.contents import Content
    from certs.store.index import Index
    from certs.store.leaves import Leaf

MOST: Final = 200
"""So many are listed; the leaves come first."""
LEAVES: Final[Mapping[Domain, str]] = {
    Domain.V2G: "SECC leaf",
    Domain.CSMS: "CSMS client",
    Domain.MF: "MF leaf",
    Domain.MO: "MO leaf",
}
"""What a domain's leaf is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One certificate."""

    kind: str
    """`SECC leaf`, `V2G root`, `V2G sub-CA`, ..."""
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    problem: str = ""
    """Why it is of no use; empty: nothing is known against it."""


def listed(index: Index, now: datetime) -> tuple[Listed, ...]:
    """The station's leaves with what stands above them, then the CAs it trusts; each certificate once."""
    found: dict[object, Listed] = {}
    for facts, one in (*_of_leaves(index, now), *_of_bundles(index, now)):
        found.setdefault(facts.certificate, one)
    return tuple(found.values())[:MOST]


def _of_leaves(index: Index, now: datetime) -> Iterator[tuple[Facts, Listed]]:
    for domain in sorted(index.leaves, key=lambda one: one is not Domain.V2G):
        for leaf in index.leaves[domain]:
            kind = LEAVES.get(domain, f"{domain} leaf")
            yield leaf.facts, _listed(kind, leaf.facts, _wrong(index, domain, leaf, now))
            for above in leaf.chain[1:]:
                yield above, _listed(f"{domain} sub-CA", above, _time(above, now))


def _of_bundles(index: Index, now: datetime) -> Iterator[tuple[Facts, Listed]]:
    for domain, bundle in index.bundles.items():
        for held in bundle:
            root = held.facts.ca and held.facts.self_issued
            kind = f"{domain} {'root' if root else 'sub-CA'}"
            yield held.facts, _listed(kind, held.facts, _time(held.facts, now))


def _listed(kind: str, facts: Facts, problem: str) -> Listed:
    return Listed(
        kind=kind,
        subject=describe(facts.certificate.subject),
        issuer=describe(facts.certificate.issuer),
        not_before=facts.not_before,
        not_after=facts.not_after,
        problem=problem,
    )


def _wrong(index: Index, domain: Domain, leaf: Leaf, now: datetime) -> str:
    if late := _time(leaf.facts, now):
        return late
    if leaf.key is None:
        return _without_key(index.called_like(leaf, domain))
    return "" if leaf.path else "no installed root has issued it"


def _without_key(beside: Content | None) -> str:
    if beside is None:
        return "its private key is missing"
    if beside.public_key is not None:
        return f"its private key is missing: that in {beside.path.name} is another one"
    return f"its private key cannot be read: {beside.path.name}"


def _time(facts: Facts, now: datetime) -> str:
    if now > facts.not_after:
        return "expired"
    return "not valid yet" if now < facts.not_before else ""
