"""What rules look at: a site that may still have errors, with the questions they share."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from actors.catalog.manifest import Requirement
    from actors.config.model import Connection, ModuleEntry, Use
    from actors.config.problems import Path


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The modules of a file as far as they could be read."""

    modules: Mapping[str, ModuleEntry]
    users: Mapping[str, tuple[Use, ...]]
    unclear: frozenset[str] = frozenset()
    """Ids of modules whose mapping could not be read, so that nothing follows from its absence."""

    @property
    def numbered(self) -> bool:
        """Whether the EVSEs are numbered from 1, each once; if not, nothing follows from their numbers."""
        numbers = [evse_number(entry) for entry in self.evse_managers()]
        return sorted(number or 0 for number in numbers) == list(range(1, len(numbers) + 1))

    def evse_managers(self) -> list[ModuleEntry]:
        """The modules that manage an EVSE, in the file's order."""
        return [entry for entry in self.modules.values() if provided(entry, "evse_manager")]

    def evses(self) -> dict[int, ModuleEntry]:
        """The manager of each EVSE by number; of two with the same number the first."""
        found: dict[int, ModuleEntry] = {}
        for entry in self.evse_managers():
            if (number := evse_number(entry)) is not None:
                found.setdefault(number, entry)
        return found

    def wires(
        self, entry: ModuleEntry, requirement: Requirement
    ) -> Iterator[tuple[Path, Connection, ModuleEntry]]:
        """The connections of a requirement to the right interface, each with its path and target."""
        for wire in entry.connections[requirement.name]:
            target = self.modules.get(wire.module_id)
            provision = target and target.manifest.provides.get(wire.implementation_id)
            if target and provision and provision.interface == requirement.interface:
                yield (*entry.path, "connections", requirement.name, wire.index), wire, target

    def target(self, entry: ModuleEntry, requirement: str) -> tuple[ModuleEntry, str] | None:
        """Module and implementation behind a single connection, if it is there and fits."""
        if requirement not in entry.manifest.requires:
            return None
        wires = self.wires(entry, entry.manifest.requires[requirement])
        return next(((target, wire.implementation_id) for _, wire, target in wires), None)


def provided(entry: ModuleEntry, interface: str) -> list[str]:
    """The implementations of an interface that a module provides."""
    return [one.name for one in entry.manifest.provides.values() if one.interface == interface]


def evse_number(entry: ModuleEntry) -> int | None:
    """The number of the EVSE that a manager manages: its own parameter, or else its mapping."""
    value = entry.parameters.get(entry.manifest.evse_parameter or "")
    if isinstance(value, int):
        return value
    mapping = entry.mapping_of(next(iter(provided(entry, "evse_manager")), ""))
    return (mapping.evse or None) if mapping else None
