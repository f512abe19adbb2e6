"""What keeps a store from growing without end: limits, and what is thrown away."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from certs.profiles import Domain
from certs.store.files import Remove
from certs.store.leaves import newest_first

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from certs.store.index import Index
    from certs.store.leaves import Leaf
    from certs.store.scan import Scan
    from certs.store.vault import Vault

CLEAN_UP_INTERVAL: Final = timedelta(minutes=20)
"""How often `collect` is worth calling (M8.18)."""
PREFIXES: Final[Mapping[Domain, str]] = {Domain.V2G: "SECC_LEAF", Domain.CSMS: "CSMS_LEAF"}
"""What the names of our leaves and keys begin with."""
_STAMP: Final = "%Y%m%dT%H%M%SZ"
_KEY_NAME: Final = re.compile(r"(?:SECC|CSMS)_LEAF_([0-9]{8}T[0-9]{6}Z)_[0-9a-f]{8}\.key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a store may hold (M8.18), and how long a request may stay unanswered (M8.10)."""

    entries: int = 2000
    """Files."""
    size_bytes: int = 50 * 1024 * 1024
    kept_leaves: int = 10
    """Of each domain, the newest, even if they have expired."""
    key_age: timedelta = timedelta(minutes=60)


def is_full(scan: Scan, limits: Limits) -> bool:
    """Whether nothing may be added any more, by number or by the sizes of all files together."""
    return len(scan.files) >= limits.entries or scan.bytes_used >= limits.size_bytes


def key_name(domain: Domain, now: datetime, token: str) -> str:
    """The name of a new key's file, from which its age can be told."""
    return f"{PREFIXES[domain]}_{now.astimezone(UTC):{_STAMP}}_{token}.key"


def collect(vault: Vault, now: datetime, limits: Limits) -> tuple[Path, ...]:
    """Remove keys whose request nobody has answered, and in a full store expired leaves and stray answers.

    Returns what was removed. Keys that somebody else has put there are never touched, and nothing is taken
    from leaves while one file among them cannot be read: it may need the key. StoreError, OSError.
    """
    with vault.writing() as index:
        whole = [domain for domain in index.leaves if _is_whole(vault, index, domain)]
        doomed = list(_stale_keys(index, whole, now, limits))
        if is_full(vault.scan, limits):
            for domain in whole:
                old = newest_first(index.leaves[domain])[limits.kept_leaves :]
                doomed += files_of(index, [leaf for leaf in old if now > leaf.facts.not_after])
            doomed += _stray_answers(index)
        removed = tuple(dict.fromkeys(doomed))
        vault.commit([Remove(path) for path in removed])
    return removed


def _is_whole(vault: Vault, index: Index, domain: Domain) -> bool:
    """Whether all certificates among a domain's leaves are known: every file read, every link followed."""
    folder = vault.layout.leaves[domain].certificates
    hidden = folder.exists() and not os.access(folder, os.R_OK | os.X_OK, effective_ids=True)
    led_away = any(path.parent == folder for path in vault.scan.outside)
    return index.is_whole(domain) and not hidden and not led_away


def _stale_keys(index: Index, domains: Iterable[Domain], now: datetime, limits: Limits) -> Iterator[Path]:
    needed = index.needed_keys()
    for domain in domains:
        for public, content in index.keys[domain].items():
            made = _made(content.path.name)
            if made is not None and now - made > limits.key_age and public not in needed:
                yield content.path


def _made(name: str) -> datetime | None:
    """When a request was made for this key; None if it is not one of ours."""
    if (match := _KEY_NAME.fullmatch(name)) is None:
        return None
    try:
        return datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def _stray_answers(index: Index) -> Iterator[Path]:
    for data, cached in index.ocsp.items():
        if not index.find(data):
            yield from (cached.hash_file, cached.answer)


def files_of(index: Index, doomed: Iterable[Leaf]) -> list[Path]:
    """Every file that goes with these leaves: certificate, chain, answers about them, and last the key.

    A file or key that a leaf needs which stays, stays as well.
    """
    going = list(doomed)
    staying = [
        leaf for leaves in index.leaves.values() for leaf in leaves if all(leaf is not one for one in going)
    ]
    kept = {path for leaf in staying for path in (*leaf.files, leaf.key)}
    still = {certificate for leaf in staying for certificate in leaf.issuers}
    still |= {held.facts.certificate for found in index.bundles.values() for held in found}
    found: list[Path] = []
    for leaf in going:
        found += leaf.files
        for facts in leaf.chain:
            data = index.hash_of(facts)
            cached = index.ocsp.get(data) if data is not None else None
            if cached is not None and facts.certificate not in still:
                found += (cached.hash_file, cached.answer)
    found += [leaf.key for leaf in going if leaf.key is not None]
    return [path for path in dict.fromkeys(found) if path not in kept]
