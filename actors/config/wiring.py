"""Connections between modules: both ends must exist, fit, and be there once."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from actors.config.model import Use
from actors.config.problems import did_you_mean, quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from actors.catalog.manifest import Requirement
    from actors.config.model import Connection, ModuleEntry
    from actors.config.problems import Path
    from actors.config.report import Report


def check_wiring(modules: Mapping[str, ModuleEntry], broken: Collection[str], report: Report) -> None:
    """Report every connection that leads nowhere, to the wrong interface, or twice to the same place.

    `broken` are ids of entries with an error of their own: connections to them are not reported again.
    """
    for entry in modules.values():
        for requirement in entry.manifest.requires.values():
            _check_requirement(entry, requirement, modules, broken, report)
        for module_id in entry.access.modules:
            if module_id not in modules and module_id not in broken:
                path = (*entry.path, "access", "config", "modules", module_id)
                _no_module(module_id, path, modules, report, key=True)


def _check_requirement(
    entry: ModuleEntry,
    requirement: Requirement,
    modules: Mapping[str, ModuleEntry],
    broken: Collection[str],
    report: Report,
) -> None:
    seen: dict[str, int] = {}
    for wire in entry.connections[requirement.name]:
        path: Path = (*entry.path, "connections", requirement.name, wire.index)
        first = seen.setdefault(wire.name, wire.index)
        if first != wire.index:
            report.error(path, f"{quoted(wire.name)} is connected twice", "Keep one.")
        elif (target := modules.get(wire.module_id)) is not None:
            _check_target(wire, target, requirement, path, report)
        elif wire.module_id not in broken:
            _no_module(wire.module_id, (*path, "module_id"), modules, report)


def _no_module(
    module_id: str, path: Path, modules: Mapping[str, ModuleEntry], report: Report, *, key: bool = False
) -> None:
    text = f"there is no module {quoted(module_id)} in this site"
    report.error(path, text, did_you_mean(module_id, modules), key=key)


def _check_target(
    wire: Connection, target: ModuleEntry, requirement: Requirement, path: Path, report: Report
) -> None:
    provides = target.manifest.provides
    fitting = [one.name for one in provides.values() if one.interface == requirement.interface]
    provision = provides.get(wire.implementation_id)
    if provision is None:
        report.error(
            (*path, "implementation_id"),
            f"{quoted(target.id)} ({target.manifest.name}) provides no {quoted(wire.implementation_id)}",
            did_you_mean(wire.implementation_id, fitting or provides),
        )
    elif provision.interface != requirement.interface:
        advice = f"Of {quoted(target.id)}, {' or '.join(map(quoted, fitting))} fits." if fitting else ""
        report.error(
            (*path, "implementation_id"),
            f"{quoted(wire.name)} is {provision.interface}, but {requirement.name} needs "
            f"{requirement.interface}",
            advice,
        )


def users_of(modules: Mapping[str, ModuleEntry]) -> Mapping[str, tuple[Use, ...]]:
    """For every provided name of the site, who is connected to it."""
    users: dict[str, list[Use]] = {
        f"{entry.id}/{name}": [] for entry in modules.values() for name in entry.manifest.provides
    }
    for entry in modules.values():
        for requirement, wires in entry.connections.items():
            for wire in wires:
                users.get(wire.name, []).append(Use(module_id=entry.id, requirement=requirement))
    return MappingProxyType({name: tuple(uses) for name, uses in users.items()})
