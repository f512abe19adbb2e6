"""The storage of source OCPP: values that the library owns, in one SQLite file (rows S20.7, S20.16)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.ocpp.device_model.storage import Kept, StoredValue, ValueSource

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from actors.ocpp.device_model.characteristics import Refusal
    from actors.ocpp.device_model.names import AttributeName
    from actors.ocpp.device_model.value_journal import ValueJournal


class SqliteStorage:
    """Keeps every value in its journal: DeviceModelDatabasePath."""

    def __init__(self, journal: ValueJournal) -> None:
        self._journal = journal

    def load(self) -> Mapping[AttributeName, StoredValue]:
        """Every value it holds."""
        return {
            name: StoredValue(entry.value, ValueSource(entry.value_source))
            for name, entry in self._journal.entries.items()
        }

    def write(self, name: AttributeName, stored: StoredValue) -> Kept | Refusal:
        """Keep one value durably."""
        return self._journal.put(name, stored.value, stored.source) or Kept.NOW

    def forget(self, names: Collection[AttributeName]) -> None:
        """Hold these values no longer."""
        self._journal.drop(names)
