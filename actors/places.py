"""Which EVSE a module belongs to, and which of an EVSE's wires are its own. Pure.

EVerest's files for several simulated EVSEs wire one SLAC, one ISO 15118 stack and one talking car to all
of them, of which only one is to speak ISO 15118. There is one piece of simulated hardware for each EVSE here,
so such modules are of the EVSE that speaks, and the others do without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.config.rules.devices import speaks_iso15118

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.config import ModuleEntry, SiteFile
    from actors.config.model import Connection

SHARED: Final = frozenset({"store"})
"""Requirements of an EVSE's manager that are no device of the EVSE: it has them in common with others."""
TALK: Final = frozenset({"slac", "hlc", "ev"})
"""Requirements of an EVSE's manager, and of its simulated car, by which they talk."""
CAR: Final = "SimulatedCar"
MANAGER: Final = "EvseManager"


def evse_of(site: SiteFile, entry: ModuleEntry) -> int | None:
    """The EVSE a module belongs to: by its own entry, else by the one EVSE whose manager has it as a device,
    or whose simulated car talks by it. Where several talk by it: the only one of them that speaks ISO 15118.

    Who else uses it does not count; OCPP and the like use the devices of every EVSE.
    """
    if entry.evse is not None:
        return entry.evse
    uses = [use for name, uses in site.users.items() if name.partition("/")[0] == entry.id for use in uses]
    managers = {module: number for number, module in site.evses.items()}
    having = {
        (managers[use.module_id], use.requirement)
        for use in uses
        if use.module_id in managers and use.requirement not in SHARED
    } or {
        (number, use.requirement)
        for use in uses
        if use.requirement in TALK
        and (number := site.modules[use.module_id].evse) is not None
        and number in site.evses
    }
    numbers = {number for number, _requirement in having}
    if len(numbers) > 1 and all(requirement in TALK for _number, requirement in having):
        numbers = {each for each in numbers if speaks_iso15118(site.modules[site.evses[each]])}
    return numbers.pop() if len(numbers) == 1 else None


def own_wires(site: SiteFile, entry: ModuleEntry, evse: int | None) -> Mapping[str, tuple[Connection, ...]]:
    """The connections of a module, without those by which a manager or a car would talk over the devices of
    another EVSE.
    """
    if entry.manifest.name not in {MANAGER, CAR}:
        return entry.connections
    return {
        requirement: tuple(
            wire
            for wire in wires
            if requirement not in TALK or evse_of(site, site.modules[wire.module_id]) in {evse, None}
        )
        for requirement, wires in entry.connections.items()
    }
