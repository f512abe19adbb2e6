"""What a charge point must not forget: entries in tables, and what one input changes of them. Pure.

An entry is an immutable message with a `key`; its class is its table. A block puts a changed entry in place
of the old one, or drops it, in an `Overlay`; what the overlay has gathered is made durable as a whole, and
only then becomes part of the `Tables`.

    overlay = Overlay(tables)
    overlay.put(Availability(evse_id=1, operative=False))
    journal.append(*overlay.records)
    tables.apply(overlay.records)
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from protocols import codec
from protocols.message import message, tag_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class Entry(Protocol):
    """One thing that is kept."""

    @property
    def key(self) -> str:
        """What finds it in its table; "" where a table has one entry."""


E = TypeVar("E", bound=Entry)


@message
class Dropped:
    """In the journal: an entry is gone."""

    table: str
    """The tag of its class."""
    key: str


@message
class Everything:
    """In the journal: all entries, each as the codec encodes it, in Base64, in the order they were put."""

    entries: tuple[str, ...]


class Tables:
    """All entries, as they are durable."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[str, Any]] = {}
        self.unread: list[str] = []
        """What was wrong with entries that a snapshot held and nobody can read: those of another release."""

    def get(self, kind: type[E], key: str = "") -> E | None:
        """One entry, or None."""
        found: E | None = self._tables.get(tag_of(kind), {}).get(key)
        return found

    def all(self, kind: type[E]) -> Mapping[str, E]:
        """The entries of a table by their keys, in the order in which they were first put."""
        return self._tables.get(tag_of(kind), {})

    def apply(self, records: Iterable[object]) -> None:
        """Take in what has become durable; also for the records of a journal, after its snapshot."""
        for record in records:
            match record:
                case Everything(entries=entries):
                    self._tables.clear()
                    self.apply(each for each in map(self._read, entries) if each is not None)
                case Dropped(table=table, key=key):
                    self._tables.get(table, {}).pop(key, None)
                case _:
                    self._tables.setdefault(tag_of(type(record)), {})[_key(record)] = record

    def _read(self, text: str) -> object:
        """One entry of a snapshot; None for one that cannot be read: the others are worth starting with."""
        try:
            return codec.decode(base64.b64decode(text))
        except ValueError as error:  # of Base64, or of the codec
            self.unread.append(str(error))
            return None

    def restore(self, entries: Iterable[bytes]) -> None:
        """Take over what `encoded` has given in place of all there is; what nobody can read is left out."""
        self._tables.clear()
        for each in entries:
            try:
                self.apply((codec.decode(each),))
            except ValueError as error:
                self.unread.append(str(error))

    def encoded(self) -> Iterator[bytes]:
        """All entries, each as the codec has it, in the order they were put."""
        return (codec.encode(each) for table in self._tables.values() for each in table.values())

    def snapshot(self) -> Everything:
        """All of it, for a journal."""
        return Everything(entries=tuple(base64.b64encode(each).decode() for each in self.encoded()))


def _key(entry: Any) -> str:
    key: str = entry.key
    return key


class Overlay:
    """The tables as one input leaves them, without touching them."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._changed: dict[tuple[str, str], Any] = {}
        """None: dropped."""

    def get(self, kind: type[E], key: str = "") -> E | None:
        """One entry, or None."""
        changed: E | None = self._changed.get((tag_of(kind), key), _SAME)
        return self._tables.get(kind, key) if changed is _SAME else changed

    def all(self, kind: type[E]) -> Iterator[E]:
        """The entries of a table, in the order in which they were first put."""
        tag, before = tag_of(kind), self._tables.all(kind)
        for key, entry in list(before.items()):
            now = self._changed.get((tag, key), entry)
            if now is not None:
                yield now
        for (table, key), entry in list(self._changed.items()):
            if table == tag and key not in before and entry is not None:
                yield entry

    def put(self, entry: Entry) -> None:
        """Add an entry, or replace the one with its key."""
        self._changed[tag_of(type(entry)), entry.key] = entry

    def drop(self, kind: type[E], key: str = "") -> None:
        """Forget an entry, if there is one."""
        if self.get(kind, key) is not None:
            self._changed[tag_of(kind), key] = None

    @property
    def records(self) -> tuple[Any, ...]:
        """What is to be made durable: nothing for an entry that is as it was, or came and went."""
        return tuple(
            Dropped(table=table, key=key) if entry is None else entry
            for (table, key), entry in self._changed.items()
            if entry != self._tables._tables.get(table, {}).get(key)  # noqa: SLF001  # two halves of one thing
        )


_SAME: Any = object()
"""An entry that has not been changed."""
