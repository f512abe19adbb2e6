"""EVSE numbers: 1 to n, once each, in order; every mapping to one that exists (rows M1.7, M9.5, M13.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.config.problems import quoted
from actors.config.rules.site import evse_number

if TYPE_CHECKING:
    from actors.catalog.manifest import Requirement
    from actors.config.model import ModuleEntry
    from actors.config.problems import Path
    from actors.config.report import Report
    from actors.config.rules.site import Site


CONNECTORS: Final = 1
"""So many connectors an EvseManager has."""


def check_evse_numbers(site: Site, report: Report) -> None:
    """Each EVSE has one manager, and their numbers run from 1 without a gap (M9.5)."""
    first = site.evses()
    managers = [(entry, evse_number(entry)) for entry in site.evse_managers()]
    for entry, number in managers:
        if number is not None and first[number] is not entry:
            report.error(
                _number_path(entry),
                f"EVSE {number} is managed by {quoted(first[number].id)} already",
                f"Give this one a number of its own, for example {_free(site)}.",
            )
    if any(number is None for _, number in managers):
        return  # a number that could not be read may be the one that seems to be missing
    for expected, number in enumerate(sorted(first), start=1):
        if number != expected:
            report.error(
                _number_path(first[number]),
                f"EVSE {number} without EVSE {expected}: EVSEs are numbered from 1 without a gap",
                f"Make this EVSE {expected}.",
            )
            return


def _number_path(entry: ModuleEntry) -> Path:
    parameter = entry.manifest.evse_parameter
    return (*entry.path, "config_module", parameter) if parameter else (*entry.path, "mapping")


def _free(site: Site) -> int:
    taken = site.evses()
    return next(number for number in range(1, len(taken) + 2) if number not in taken)


def check_evse_order(site: Site, report: Report) -> None:
    """Auth and OCPP number the EVSEs by the order of their connections (M1.7, M9.5)."""
    for entry in site.modules.values() if site.numbered else ():
        for requirement in entry.manifest.requires.values():
            if requirement.evse_order:
                _check_order(site, entry, requirement, report)


def _check_order(site: Site, entry: ModuleEntry, requirement: Requirement, report: Report) -> None:
    wires = list(site.wires(entry, requirement))
    numbers = [evse_number(target) for _, _, target in wires]
    for place, (number, (path, wire, _)) in enumerate(zip(numbers, wires, strict=True)):
        if number in numbers[:place]:
            return  # connected twice, and that is said already
        if number != wire.index + 1:
            report.error(
                path,
                f"{quoted(wire.name)} is EVSE {number}, but stands at place {wire.index + 1}",
                f"{entry.manifest.name} takes the order for the number: EVSE 1 first, then 2, and so on.",
            )
            return
    if len(wires) != len(entry.connections[requirement.name]):
        return  # one of them is wrong by itself, and that is said already
    for number, manager in site.evses().items():
        if number not in numbers and manager.parameters.get("disable_authentication") is not True:
            report.warning(
                (*entry.path, "connections", requirement.name),
                f"EVSE {number} ({quoted(manager.id)}) is not connected",
                f"Without that {entry.manifest.name} knows nothing of it.",
            )


def check_mappings(site: Site, report: Report) -> None:
    """Mappings and EVSE parameters name EVSEs of this site, and do not contradict each other (M13.4)."""
    for entry in site.modules.values():
        _check_agreement(entry, report)
    if not site.numbered:
        return
    count = len(site.evses())
    for entry in site.modules.values():
        _check_connectors(site, entry, report)
        for path, number in _numbers(entry) if count else ():
            if number > count:
                known = ", ".join(map(str, range(1, count + 1)))
                report.error(path, f"there is no EVSE {number} in this site", f"EVSEs of this site: {known}.")
    for manager in site.evse_managers():
        _check_devices(site, manager, count, report)


def _check_connectors(site: Site, entry: ModuleEntry, report: Report) -> None:
    """A mapping names a connector that its EVSE has."""
    path = (*entry.path, "mapping")
    mappings = [
        ((*path, "implementations", name), one) for name, one in entry.implementation_mappings.items()
    ]
    if entry.mapping is not None:
        mappings.append(((*path, "module"), entry.mapping))
    for place, mapping in mappings:
        manager = site.evses().get(mapping.evse)
        if manager is not None and mapping.connector is not None and mapping.connector > CONNECTORS:
            report.error(
                (*place, "connector"),
                f"EVSE {mapping.evse} ({quoted(manager.id)}) has no connector {mapping.connector}",
                f"Connectors of an EVSE: {', '.join(map(str, range(1, CONNECTORS + 1)))}.",
            )


def _numbers(entry: ModuleEntry) -> list[tuple[Path, int]]:
    """Every place of an entry that names an EVSE."""
    path = entry.path
    found: list[tuple[Path, int]] = []
    if entry.mapping is not None:
        found.append(((*path, "mapping", "module", "evse"), entry.mapping.evse))
    for name, mapping in entry.implementation_mappings.items():
        found.append(((*path, "mapping", "implementations", name, "evse"), mapping.evse))
    for name, parameter in entry.manifest.parameters.items():
        if parameter.evse and isinstance(number := entry.parameters.get(name), int):
            found.append(((*path, "config_module", name), number))
    for implementation, provision in entry.manifest.provides.items():
        for name, parameter in provision.parameters.items():
            number = entry.implementation_parameters[implementation].get(name)
            if parameter.evse and isinstance(number, int):
                found.append(((*path, "config_implementation", implementation, name), number))
    return found


def _check_agreement(entry: ModuleEntry, report: Report) -> None:
    """A module that says its EVSE twice says the same twice."""
    parameter = entry.manifest.evse_parameter
    number = entry.parameters.get(parameter or "")
    if parameter is None or not isinstance(number, int):
        return
    path = (*entry.path, "mapping")
    inner = (*path, "implementations")
    mappings = [((*inner, name), one) for name, one in entry.implementation_mappings.items()]
    if entry.mapping is not None:
        mappings.append(((*path, "module"), entry.mapping))
    for place, mapping in mappings:
        if mapping.evse != number:
            report.error(
                (*place, "evse"),
                f"mapped to EVSE {mapping.evse}, but {parameter} says EVSE {number}",
                "Make both the same.",
            )


def _check_devices(site: Site, manager: ModuleEntry, count: int, report: Report) -> None:
    """The devices of an EVSE are mapped to that EVSE or to none: their errors are told by the mapping."""
    number = evse_number(manager)
    for requirement in manager.manifest.requires.values():
        for path, wire, target in site.wires(manager, requirement):
            mapping = target.mapping_of(wire.implementation_id)
            evse = mapping.evse if mapping is not None else target.evse
            if evse and evse <= count and evse != number:
                report.error(
                    path,
                    f"{quoted(wire.name)} belongs to EVSE {evse}, and this is EVSE {number}",
                    "Connect the device of this EVSE, or correct its mapping.",
                )
