"""Actor of the site's key-value store. Answers EVerest interface `kvs`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from actors.engine.base import handles
from actors.engine.journal import Journal, Limits
from actors.module_actor import ModuleActor
from protocols.interfaces import kvs
from protocols.message import Json, Reply, message


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
class Everything:
    """All keys and values."""

    values: dict[str, Json]


class StoreActor(ModuleActor):
    """Child of the site. Its successor recovers every value from the journal; a change is durable before it
    is answered.
    """

    limits: ClassVar[Limits] = Limits()

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, Json] = {}
        self._journal: Journal | None = None

    def on_start(self) -> None:
        """Recover what was stored."""
        path = Path(self.config["state"]) / f"{self.module_id}.journal"
        self._journal = self.own(Journal.open(path, now=self.port.clock.now(), limits=self.limits))
        for incident in self._journal.incidents:
            self.log.error("journal_damaged", incident=str(incident))
        state, records = self._journal.recover()
        if isinstance(state, Everything):
            self.values = dict(state.values)
        for record in records:
            self._apply(record.item)
        self._fold(due=self._journal.snapshot_due)

    @handles(kvs.Store)
    def handle_store(self, cmd: kvs.Store) -> Reply:
        """Put a value under a key."""
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
        assert self._journal is not None
        due = self._journal.append(change).snapshot_due
        self._apply(change)
        self._fold(due=due)
        return Reply()

    def _fold(self, *, due: bool) -> None:
        if due and self._journal is not None:
            self._journal.snapshot(Everything(values=self.values))

    def _apply(self, change: Any) -> None:
        match change:
            case Put():
                self.values[change.key] = change.value
            case Removed():
                self.values.pop(change.key, None)
