"""What others have been told of the store, and what is to be told next. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.certificates.messages import Inventory
from certs.profiles import Domain
from certs.store.changes import Changes, Snapshot, between

if TYPE_CHECKING:
    from collections.abc import Mapping


def packed(snapshot: Snapshot) -> Inventory:
    """A snapshot as a message."""
    return Inventory(
        authorities=_plain(snapshot.authorities),
        leaves=_plain(snapshot.leaves),
        usable=_plain(snapshot.usable),
        answers=tuple(sorted(snapshot.answers)),
    )


def unpacked(inventory: Inventory) -> Snapshot:
    """The snapshot in a message."""
    return Snapshot(
        authorities=_groups(inventory.authorities),
        leaves=_groups(inventory.leaves),
        usable=_groups(inventory.usable),
        answers=frozenset(inventory.answers),
    )


def _plain(groups: Mapping[Domain, frozenset[str]]) -> dict[str, tuple[str, ...]]:
    return {str(domain): tuple(sorted(found)) for domain, found in groups.items()}


def _groups(plain: Mapping[str, tuple[str, ...]]) -> dict[Domain, frozenset[str]]:
    return {Domain(domain): frozenset(found) for domain, found in plain.items() if domain in set(Domain)}


def news(told: Inventory | None, seen: Inventory) -> Changes:
    """What to tell others. Nothing is news to those who have been told nothing: they look for themselves."""
    if told is None or told == seen:
        return Changes()
    return between(unpacked(told), unpacked(seen))
