"""The storage handed to the device model: it routes each variable to its one source (S20.18). Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from actors.ocpp.device_model.names import Place
from actors.ocpp.device_model.storage import NO_STORAGE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from actors.ocpp.device_model.characteristics import Refusal
    from actors.ocpp.device_model.component import Component, Source
    from actors.ocpp.device_model.names import AttributeName
    from actors.ocpp.device_model.storage import Kept, Storage, StoredValue


class ComposedStorage:
    """One storage out of several, one per source.

    A value that lies in a storage which is not its variable's source is not handed out: the source has
    changed since, and the file named the new one.
    """

    def __init__(self, storages: Mapping[Source, Storage], sources: Mapping[Place, Source]) -> None:
        self._storages = dict(storages)
        self._sources = dict(sources)

    def load(self) -> Mapping[AttributeName, StoredValue]:
        """Every value, from its own source (row S20.19)."""
        values = {}
        for source, storage in self._storages.items():
            strangers = []
            for name, stored in storage.load().items():
                if self._sources.get(name.place) is source:
                    values[name] = stored
                else:
                    strangers.append(name)
            storage.forget(strangers)
        return values

    def write(self, name: AttributeName, stored: StoredValue) -> Kept | Refusal:
        """Keep one value with its source, and nowhere else."""
        storage = self._of(name)
        return NO_STORAGE if storage is None else storage.write(name, stored)

    def forget(self, names: Collection[AttributeName]) -> None:
        """Hold these values no longer."""
        by_source = defaultdict(list)
        for name in names:
            by_source[self._sources.get(name.place)].append(name)
        for source, group in by_source.items():
            if source is not None and source in self._storages:
                self._storages[source].forget(group)

    def _of(self, name: AttributeName) -> Storage | None:
        source = self._sources.get(name.place)
        return None if source is None else self._storages.get(source)


def sources_of(components: Iterable[Component]) -> Mapping[Place, Source]:
    """Where the value of each declared variable comes from."""
    return {
        Place(component.name, name): variable.source
        for component in components
        for name, variable in component.variables.items()
    }
