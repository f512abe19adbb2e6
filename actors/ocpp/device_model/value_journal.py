"""The file behind a storage of device-model values: SQLite, and it survives a kill (row S20.16).

It is a journal of the engine, whose promises are in `actors.engine.journal`: what `put` returned for is on
the disk, a damaged file is set aside and told of in `incidents`, its layout has a version, and it is open in
one process at a time. EVerest's own file under the same name is left as it is: ours has `.journal` appended.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, Self

from actors.engine.journal import DiskFull, EntryTooLarge, Journal, looked_into
from actors.ocpp.device_model.characteristics import Reason, Refusal
from actors.ocpp.device_model.entries import AllValues, ValueForgotten, ValueSet
from actors.ocpp.device_model.names import AttributeName, ComponentName, VariableName

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from actors.engine.journal import Incident

SUFFIX: Final = ".journal"


class ValueJournal:
    """Entries by the attribute they belong to, durable."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._entries: dict[AttributeName, ValueSet] = {}
        state, records = journal.recover()
        for item in (*(state.values if isinstance(state, AllValues) else ()), *(one.item for one in records)):
            if isinstance(item, ValueSet):
                self._entries[_name_of(item)] = item
            else:
                self._entries.pop(_name_of(item), None)

    @classmethod
    def open(cls, path: Path, *, now: datetime) -> Self:
        """Open, or make, the file for the path that a site file gives. Raises as `Journal.open` does."""
        return cls(Journal.open(path.with_name(path.name + SUFFIX), now=now))

    @classmethod
    @contextmanager
    def look(cls, path: Path, *, now: datetime) -> Iterator[Self]:
        """A copy of what `open` would open: neither locked nor changed. Raises as `looked_into` does."""
        with looked_into(path.with_name(path.name + SUFFIX), now=now) as journal:
            yield cls(journal)

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """What was found damaged when the file was opened, and put right."""
        return self._journal.incidents

    @property
    def entries(self) -> Mapping[AttributeName, ValueSet]:
        """Everything it holds, to be read only."""
        return self._entries

    def put(
        self, name: AttributeName, value: str, value_source: str, configured: str | None = None
    ) -> Refusal | None:
        """Keep an entry; a refusal says that there is no room, and nothing has changed."""
        entry = ValueSet(**_fields(name), value=value, value_source=value_source, configured=configured)
        try:
            self._append(entry)
        except (DiskFull, EntryTooLarge) as error:
            return Refusal(Reason.OUT_OF_STORAGE, error.problem)
        self._entries[name] = entry
        return None

    def drop(self, names: Collection[AttributeName]) -> None:
        """Hold these entries no longer. On a full disk they come back at the next start."""
        gone = [name for name in names if name in self._entries]
        for name in gone:
            del self._entries[name]
        with suppress(DiskFull):
            self._append(*(ValueForgotten(**_fields(name)) for name in gone))

    def close(self) -> None:
        """Let a successor open the file."""
        self._journal.close()

    def _append(self, *items: ValueSet | ValueForgotten) -> None:
        if self._journal.snapshot_due:
            self._journal.snapshot(AllValues(values=tuple(self._entries.values())))
        self._journal.append(*items)


def _fields(name: AttributeName) -> dict[str, Any]:
    component, variable, kind = name
    return {
        "component": component.name,
        "component_instance": component.instance,
        "evse_id": component.evse_id,
        "connector_id": component.connector_id,
        "variable": variable.name,
        "variable_instance": variable.instance,
        "attribute": kind,
    }


def _name_of(item: ValueSet | ValueForgotten) -> AttributeName:
    return AttributeName(
        ComponentName(item.component, item.component_instance, item.evse_id, item.connector_id),
        VariableName(item.variable, item.variable_instance),
        item.attribute,
    )
