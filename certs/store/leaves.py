"""The station's own leaves: which there are, and which is to be used now, for whom. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from certs.names import common_name
from certs.paths import LIMITS, search

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from cryptography import x509

    from certs.facts import Facts

RESOLUTION: Final = timedelta(seconds=1)
"""Of the times in certificates."""
BySubject = dict[bytes, list["Facts"]]


@dataclass(slots=True, kw_only=True, eq=False)
class Leaf:
    """A leaf certificate, the files it is in, and its key."""

    facts: Facts
    singles: tuple[Path, ...]
    """Files with nothing else inside."""
    chains: tuple[tuple[Path, tuple[Facts, ...]], ...]
    """Files that begin with it, the longest first, and what is in each."""
    key: Path | None
    key_is_encrypted: bool = False
    is_pem: bool = True
    pool: BySubject = field(repr=False)
    """CAs that may stand above it."""
    anchors: BySubject = field(repr=False)
    """What the bundle of its domain holds."""
    _path: tuple[x509.Certificate, ...] | None = None

    @property
    def certificate(self) -> x509.Certificate:
        """The leaf itself."""
        return self.facts.certificate

    @property
    def chain(self) -> tuple[Facts, ...]:
        """What its chain file says stands above it, the leaf first, no roots."""
        whole = self.chains[0][1] if self.chains else (self.facts,)
        return tuple(one for one in whole if one is self.facts or not one.self_issued)

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file it is in."""
        return (*self.singles, *(path for path, _ in self.chains))

    @property
    def path(self) -> tuple[x509.Certificate, ...]:
        """From the leaf to an installed root, by names and signatures only; empty if it reaches none."""
        if self._path is None:
            self._path = self._search()
        return self._path

    def _search(self) -> tuple[x509.Certificate, ...]:
        received = [*self.chain[1:], *relatives([*self.chain], self.pool)]
        roots = relatives([self.facts, *received], self.anchors)
        found = search(
            self.facts,
            [one.certificate for one in received],
            [one.certificate for one in roots],
            LIMITS,
        )
        return next((tuple(one.certificate for one in path) for path in found.paths()), ())

    @property
    def issuers(self) -> tuple[x509.Certificate, ...]:
        """The leaf and its sub-CAs, verified if it reaches a root."""
        return self.path[:-1] or tuple(one.certificate for one in self.chain)

    @property
    def root_id(self) -> bytes:
        """What stands for its root: the root's key and name, or the name of whoever issued the last of it."""
        if self.path:
            root = self.path[-1]
            return root.subject.public_bytes() + root.tbs_certificate_bytes
        return self.chain[-1].issuer

    @property
    def ends(self) -> datetime:
        """When the first of its chain expires, the root included: nobody believes the leaf any longer."""
        return min(one.not_valid_after_utc for one in self.path or self.issuers)

    def is_valid(self, now: datetime) -> bool:
        """Whether its own time has come and not passed."""
        return self.facts.not_before <= now <= self.facts.not_after


def by_subject(found: Iterable[Facts]) -> BySubject:
    """Certificates by their names."""
    result: BySubject = {}
    for facts in found:
        result.setdefault(facts.subject, []).append(facts)
    return result


def relatives(start: Iterable[Facts], known: Mapping[bytes, Sequence[Facts]]) -> list[Facts]:
    """Those among the known that may stand above these, by names: a few of perhaps a thousand."""
    waiting = [facts.issuer for facts in start]
    seen: set[bytes] = set()
    found: list[Facts] = []
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for facts in known.get(name, ()):
            found.append(facts)
            waiting.append(facts.issuer)
    return found


def newest_first(leaves: Iterable[Leaf], secc_id: str | None = None) -> list[Leaf]:
    """Those made out to this EVSE before all others, then by the end of validity, latest first (M8.11)."""
    return sorted(
        leaves,
        key=lambda leaf: (
            secc_id is not None and common_name(leaf.certificate) == secc_id,
            leaf.facts.not_after,
            leaf.facts.not_before,
            leaf.certificate.serial_number,
        ),
        reverse=True,
    )


def usable(leaves: Iterable[Leaf], now: datetime, secc_id: str | None = None) -> list[Leaf]:
    """The leaves that are valid now and have their key, the best one first."""
    return newest_first((leaf for leaf in leaves if leaf.key and leaf.is_valid(now)), secc_id)


def per_root(ordered: Iterable[Leaf]) -> list[Leaf]:
    """The first leaf below each root (M8.12), installed or not.

    Leaves of one issuer with one chain are searched for once. A leaf its issuer has not signed is left out.
    """
    known: set[tuple[object, ...]] = set()
    best: dict[bytes, Leaf] = {}
    for leaf in ordered:
        above = tuple(one.certificate for one in leaf.chain[1:])
        family = (leaf.facts.issuer, leaf.facts.authority_key_id, above)
        broken = not leaf.path and leaf.chain[-1].issuer in leaf.anchors
        if family in known or broken:
            continue
        best.setdefault(leaf.root_id, leaf)
        if leaf.path:
            known.add(family)
    return list(best.values())


def covered_until(leaves: Iterable[Leaf], now: datetime, *, with_chain: bool = False) -> datetime:
    """Until when there is, from now on without a gap, a valid leaf with a key; `now` if there is none now.

    `with_chain`: a leaf counts only as long as every certificate above it.
    """
    end = now
    for leaf in sorted((leaf for leaf in leaves if leaf.key), key=lambda leaf: leaf.facts.not_before):
        if leaf.facts.not_before <= end:
            end = max(end, leaf.ends if with_chain else leaf.facts.not_after)
    return end


def next_switch(leaves: Iterable[Leaf], now: datetime) -> datetime | None:
    """When the choice may change next: a leaf becomes valid, or is no longer."""
    return min(_moments(leaves, now), default=None)


def _moments(leaves: Iterable[Leaf], now: datetime) -> Iterator[datetime]:
    for leaf in leaves:
        if leaf.key:
            after = leaf.facts.not_after + RESOLUTION  # the bound itself still belongs to it
            yield from (moment for moment in (leaf.facts.not_before, after) if moment > now)
