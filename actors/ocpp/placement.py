"""What the actors of an OCPP module are told that follows from the rest of the site (M9.4, M9.5). Pure."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from actors.catalog.external import PREFIX
from actors.ocpp.inputs import Peer, Target
from actors.simulation.placement import SIMULATED, plant_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from actors.config import ModuleEntry, SiteFile

OF_AN_EVSE: Final = frozenset({Target.ENERGY_SINK, Target.EXTENSIONS_15118})
"""Requirements whose connections are told apart by the EVSE they belong to, 0 being the station."""


def extra_config(
    site: SiteFile, entry: ModuleEntry, evse_of: Callable[[ModuleEntry], int | None]
) -> dict[str, Any]:
    """Whom the charge point speaks to, how many connectors each EVSE has, which managers are programs from
    outside, whether anything is simulated, and the parameters of all modules, which variables of source SITE
    show.
    """
    return {
        "peers": [
            [target.value, number, name]
            for target in Target
            for number, name in _peers(site, entry, target, evse_of)
        ],
        "evses": {
            str(number): max(1, len(site.connected(wire.module_id, "bsp")))
            for number, wire in enumerate(entry.connections.get(Target.EVSE_MANAGER, ()), 1)
        },
        "outside": [
            number
            for number, wire in enumerate(entry.connections.get(Target.EVSE_MANAGER, ()), 1)
            if site.modules[wire.module_id].manifest.name.startswith(PREFIX)
        ],
        "bays": list(_bays(site, entry, evse_of)),
        "simulated": any(module.manifest.name in SIMULATED for module in site.modules.values()),
        "modules": {
            module.id: {
                "name": module.manifest.name,
                "evse": module.evse,
                "parameters": dict(module.parameters),
                "may_write": entry.access.may_write(module.id, read_only=False),
                "may_set_read_only": entry.access.may_write(module.id, read_only=True),
            }
            for module in site.modules.values()
        },
    }


def _bays(
    site: SiteFile, entry: ModuleEntry, evse_of: Callable[[ModuleEntry], int | None]
) -> Iterator[list[Any]]:
    """The number of each EVSE whose parking bay has a sensor, and who speaks for that: simulated hardware."""
    simulated = {evse_of(module) for module in site.modules.values() if module.manifest.name in SIMULATED}
    for number, wire in enumerate(entry.connections.get(Target.EVSE_MANAGER, ()), 1):
        evse = evse_of(site.modules[wire.module_id])
        if evse is not None and evse in simulated:
            yield [number, plant_name(evse)]


def _peers(
    site: SiteFile, entry: ModuleEntry, target: Target, evse_of: Callable[[ModuleEntry], int | None]
) -> list[tuple[int, str]]:
    wires = entry.connections.get(target.value, ())
    if target not in OF_AN_EVSE:
        return [(number, wire.name) for number, wire in enumerate(wires, 1)]
    found = []
    for wire in wires:
        mapping = site.mapping_of(wire.name)
        number = mapping.evse if mapping is not None else evse_of(site.modules[wire.module_id])
        found.append((number or 0, wire.name))
    return found


def peers(config: Mapping[str, Any]) -> Mapping[Peer, str]:
    """The names behind each connection, from what `extra_config` has put there."""
    return MappingProxyType({Peer(Target(target), number): name for target, number, name in config["peers"]})


def evses(config: Mapping[str, Any]) -> Mapping[int, int]:
    """How many connectors each EVSE has."""
    return MappingProxyType({int(number): count for number, count in config["evses"].items()})
