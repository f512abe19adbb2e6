"""A checked site file: what runs, how it is configured and how it is wired. Immutable.

`SiteFile` is what the rest of evsite reads; it exists only for files without errors. Names of implementations
are `module_id/implementation_id`, as everywhere in evsite.
"""

from __future__ import annotations

import dataclasses
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from actors.catalog.manifest import Manifest, Scalar
    from actors.config.document import Source
    from actors.config.problems import Path, Position, Problem


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One wire from a requirement to an implementation."""

    module_id: str
    implementation_id: str
    index: int = 0
    """Its place in the file's list, from 0."""

    @property
    def name(self) -> str:
        """The name that commands are sent to."""
        return f"{self.module_id}/{self.implementation_id}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """The other end of a wire: who is connected to an implementation, under which requirement."""

    module_id: str
    requirement: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TierMapping:
    """Where something belongs in the three tiers of OCPP 2 (row M13.4). EVSE 0 is the whole station."""

    evse: int
    connector: int | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ModuleAccess:
    """What a module may do with one other module's configuration."""

    allow_read: bool = False
    allow_write: bool = False
    allow_set_read_only: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AccessRights:
    """What a module may do with the configuration of others (row M13.5)."""

    allow_global_read: bool = False
    allow_global_write: bool = False
    allow_set_read_only: bool = False
    modules: Mapping[str, ModuleAccess] = dataclasses.field(default_factory=lambda: MappingProxyType({}))

    def may_write(self, module_id: str, *, read_only: bool) -> bool:
        """Whether a parameter there may be changed; `read_only`: one not made to change while running."""
        one = self.modules.get(module_id, ModuleAccess())
        if read_only and not (self.allow_set_read_only or one.allow_set_read_only):
            return False
        return self.allow_global_write or one.allow_write

    def may_read(self, module_id: str) -> bool:
        """Whether the parameters of that module may be read."""
        return self.allow_global_read or self.modules.get(module_id, ModuleAccess()).allow_read


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ModuleEntry:
    """One module of the site."""

    id: str
    manifest: Manifest
    written_name: str
    """The module's name as the file has it; `manifest.name` is the proper one."""
    parameters: Mapping[str, Scalar | None]
    """Every parameter by its proper name, defaults filled in; None for an optional one that is absent."""
    given: frozenset[str]
    """The parameters that stand in the file."""
    implementation_parameters: Mapping[str, Mapping[str, Scalar | None]]
    """The same per provided implementation."""
    connections: Mapping[str, tuple[Connection, ...]]
    """For every requirement of the manifest, in the file's order."""
    mapping: TierMapping | None = None
    implementation_mappings: Mapping[str, TierMapping] = dataclasses.field(
        default_factory=lambda: MappingProxyType({})
    )
    access: AccessRights = dataclasses.field(default_factory=AccessRights)
    telemetry_id: int | None = None
    capabilities: tuple[str, ...] = ()
    standalone: bool = False

    @property
    def path(self) -> Path:
        """Where the entry stands in the file."""
        return ("active_modules", self.id)

    def mapping_of(self, implementation_id: str) -> TierMapping | None:
        """The mapping that holds for an implementation; None: it belongs to the station as a whole."""
        return self.implementation_mappings.get(implementation_id, self.mapping)

    @property
    def evse(self) -> int | None:
        """The EVSE the module belongs to, by its mapping or else its own parameter; None: the station."""
        if self.mapping is not None:
            return self.mapping.evse or None
        value = self.parameters.get(self.manifest.evse_parameter or "")
        return value if isinstance(value, int) and value else None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SiteFile:
    """A site: its modules and what follows from them as a whole."""

    file: str
    modules: Mapping[str, ModuleEntry]
    settings: Mapping[str, Scalar]
    evses: Mapping[int, str]
    """The module that manages each EVSE, by EVSE number, ascending."""
    users: Mapping[str, tuple[Use, ...]]
    """For every provided name, who is connected to it."""
    warnings: tuple[Problem, ...]
    source: Source = dataclasses.field(repr=False, compare=False)

    def provided(self) -> Mapping[str, str]:
        """Every provided name with its EVerest interface."""
        return MappingProxyType(
            {
                f"{entry.id}/{provision.name}": provision.interface
                for entry in self.modules.values()
                for provision in entry.manifest.provides.values()
            }
        )

    def providers(self, interface: str) -> Iterator[tuple[ModuleEntry, str]]:
        """The modules that provide an interface, each with the implementation's id."""
        for entry in self.modules.values():
            for provision in entry.manifest.provides.values():
                if provision.interface == interface:
                    yield entry, provision.name

    def connected(self, module_id: str, requirement: str) -> tuple[str, ...]:
        """The names connected to a requirement, in the file's order; none if there is no such requirement."""
        return tuple(wire.name for wire in self.modules[module_id].connections.get(requirement, ()))

    def mapping_of(self, name: str) -> TierMapping | None:
        """The mapping of a provided name."""
        module_id, _, implementation_id = name.partition("/")
        return self.modules[module_id].mapping_of(implementation_id)

    def not_yet_available(self) -> tuple[ModuleEntry, ...]:
        """The modules whose actors come with a later version."""
        return tuple(entry for entry in self.modules.values() if not entry.manifest.available)

    def position_of(self, path: Path) -> Position:
        """Where something stands in the file, or where it would stand."""
        return self.source.locate(path)
