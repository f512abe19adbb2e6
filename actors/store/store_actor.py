"""Actor of the site's key-value store. Answers EVerest interface `kvs`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from actors.engine.base import handles
from actors.engine.journal import DiskFull, EntryTooLarge, Journal, JournalError, JournalFull, Limits
from actors.module_actor import ModuleActor
from actors.store.contents import Contents
from protocols import codec
from protocols.codec import CodecError
from protocols.interfaces import kvs
from protocols.message import Failure, FailureReason, Json, Reply, message

if TYPE_CHECKING:
    from collections.abc import Mapping


@message
class Put:
    """A value was stored under a key."""

    key: str
    value: Json = None


@message
class Removed:
    """A key was removed."""

    key: str


@message
class Entry:
    """One key and its value."""

    key: str
    value: Json = None


@message
class Everything:
    """All keys and values."""

    version: ClassVar[int] = 2

    entries: tuple[Entry, ...]


@codec.upgrades(Everything, from_version=1)
def _entries_of_an_object(body: dict[str, Any]) -> dict[str, Any]:
    """Version 1 was one JSON object, which a codec takes in only up to a number of keys."""
    return {"entries": [{"key": key, "value": value} for key, value in body["values"].items()]}


FILE: Final = "sqlite_db_file_path"
"""The parameter that names the store's file; a relative one lies among the journals of the site."""
SUFFIX: Final = ".journal"
"""Behind that name, so that a file of EVerest's, which is laid out differently, stays what it is."""
ENVELOPE_BYTES: Final = 64
"""What a snapshot has around its entries, at most."""


class StoreActor(ModuleActor):
    """Child of the site. Its successor recovers every value from the journal; a change is durable before it
    is answered. What cannot be kept is refused before it is written, with `Failure`: Invalid for a value that
    no journal could hold, Overloaded where there is no room left.
    """

    limits: ClassVar[Limits] = Limits()

    def __init__(self) -> None:
        super().__init__()
        self._contents = Contents(self.limits.snapshot_bytes - ENVELOPE_BYTES)
        self._journal: Journal | None = None

    @property
    def values(self) -> Mapping[str, Json]:
        """Every value by its key."""
        return self._contents.values

    def on_start(self) -> None:
        """Recover what was stored."""
        path = Path(self.config["state"]) / f"{self.parameters[FILE]}{SUFFIX}"
        self._journal = self.own(Journal.open(path, now=self.port.clock.now(), limits=self.limits))
        for incident in self._journal.incidents:
            self.log.error("journal_damaged", incident=str(incident))
        state, records = self._journal.recover()
        if isinstance(state, Everything):
            for entry in state.entries:
                self._contents.put(entry.key, entry.value, _size_bytes(entry))
        for record in records:
            self._apply(record.item)
        self._fold()

    @handles(kvs.Store)
    def handle_store(self, cmd: kvs.Store) -> Reply:
        """Put a value under a key."""
        entry = Entry(key=cmd.key, value=cmd.value)
        try:
            size_bytes = _size_bytes(entry)
        except CodecError as error:
            return Failure(reason=FailureReason.INVALID, detail=str(error))
        if (problem := self._contents.refusal(cmd.key, size_bytes)) is not None:
            return Failure(reason=FailureReason.OVERLOADED, detail=problem)
        return self._commit(Put(key=cmd.key, value=cmd.value))

    @handles(kvs.Load)
    def handle_load(self, cmd: kvs.Load) -> kvs.LoadReply:
        """The value under a key, null when there is none."""
        return kvs.LoadReply(value=self.values.get(cmd.key))

    @handles(kvs.Delete)
    def handle_delete(self, cmd: kvs.Delete) -> Reply:
        """Remove a key; one that is not there is no error."""
        return self._commit(Removed(key=cmd.key)) if cmd.key in self.values else Reply()

    @handles(kvs.Exists)
    def handle_exists(self, cmd: kvs.Exists) -> kvs.ExistsReply:
        """Whether there is a value under a key."""
        return kvs.ExistsReply(exists=cmd.key in self.values)

    def _commit(self, change: Put | Removed) -> Reply:
        """Make a change durable, then make it; one that cannot be durable changes nothing."""
        try:
            self._append(change)
        except EntryTooLarge as error:
            return Failure(reason=FailureReason.INVALID, detail=str(error))
        except (JournalFull, DiskFull) as error:
            return Failure(reason=FailureReason.OVERLOADED, detail=str(error))
        self._apply(change)
        self._fold()
        return Reply()

    def _append(self, change: Put | Removed) -> None:
        assert self._journal is not None
        try:
            self._journal.append(change)
        except JournalFull:  # little was left, and this is much
            if not self._fold(full=True):
                raise
            self._journal.append(change)

    def _fold(self, *, full: bool = False) -> bool:
        """Let a snapshot replace the records when it is due; return whether it has.

        One that cannot be made keeps nobody from starting or from an answer: the records stay what counts. A
        journal that broke meanwhile refuses the next change, and a successor opens it again.
        """
        assert self._journal is not None
        if not (full or self._journal.snapshot_due):
            return False
        entries = tuple(Entry(key=key, value=value) for key, value in self.values.items())
        try:
            self._journal.snapshot(Everything(entries=entries))
        except (JournalError, CodecError) as error:
            self.log.error("snapshot_failed", problem=str(error), keys=len(entries))
            return False
        return True

    def _apply(self, change: Any) -> None:
        match change:
            case Put():
                entry = Entry(key=change.key, value=change.value)
                self._contents.put(change.key, change.value, _size_bytes(entry))
            case Removed():
                self._contents.remove(change.key)


def _size_bytes(entry: Entry) -> int:
    """What an entry takes in a snapshot, at most. Raises CodecError for one that no snapshot can hold."""
    return len(codec.encode(Everything(entries=(entry,))))
