"""The energy tree and the limits that are set from outside (rows M15.1 to M15.3, S19.*, M9.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.config.problems import quoted
from actors.config.rules.site import provided

if TYPE_CHECKING:
    from actors.catalog.manifest import Requirement
    from actors.config.model import ModuleEntry
    from actors.config.problems import Path
    from actors.config.report import Report
    from actors.config.rules.site import Site

SCHEDULES: Final = (
    ("CompositeScheduleIntervalS", "RequestCompositeScheduleDurationS"),
    ("PublishChargingScheduleIntervalS", "PublishChargingScheduleDurationS"),
)
"""Interval and duration of composite schedules in OCPP 2.x and 1.6."""


def check_sinks(site: Site, report: Report) -> None:
    """Limits find their sink by its EVSE mapping, so each sink has one, and one of its own (S19.3, S19.4)."""
    for entry in site.modules.values():
        for requirement in entry.manifest.requires.values():
            if requirement.evse_mapped:
                _check_sinks_of(site, entry, requirement, report)


def _check_sinks_of(site: Site, entry: ModuleEntry, requirement: Requirement, report: Report) -> None:
    sinks: dict[int, str] = {}
    wires = list(site.wires(entry, requirement))
    clear = len(wires) == len(entry.connections[requirement.name])
    for path, wire, target in wires:
        mapping = target.mapping_of(wire.implementation_id)
        if mapping is not None and sinks.setdefault(mapping.evse, wire.name) == wire.name:
            continue
        clear = False
        if mapping is not None:
            report.error(
                path,
                f"{quoted(wire.name)} is of EVSE {mapping.evse}, as {quoted(sinks[mapping.evse])} is",
                "One sink for each EVSE, and one for EVSE 0.",
            )
        elif target.id not in site.unclear:
            report.error(
                path,
                f"sink {quoted(wire.name)} has no EVSE mapping",
                f"Give {quoted(target.id)} 'mapping: {{module: {{evse: N}}}}'; 0 is the whole station.",
            )
    if clear and wires and provided(entry, "ocpp") and site.numbered:
        _check_complete(site, (*entry.path, "connections", requirement.name), sinks, report)


def _check_complete(site: Site, path: Path, sinks: dict[int, str], report: Report) -> None:
    """The CSMS limits every EVSE and the station; what has no sink stays as it is (M9.10)."""
    for number in (0, *sorted(site.evses())):
        if number not in sinks:
            what = f"EVSE {number}" if number else "EVSE 0, the whole station"
            report.warning(
                path, f"there is no sink for {what}", "Limits that the CSMS sets for it are not carried out."
            )


def check_schedules(site: Site, report: Report) -> None:
    """A schedule must reach beyond the next fetch, or there are times without one (S19.9)."""
    for entry in site.modules.values():
        for interval, duration in SCHEDULES:
            interval_s, duration_s = entry.parameters.get(interval), entry.parameters.get(duration)
            if isinstance(interval_s, int) and isinstance(duration_s, int) and 0 < duration_s <= interval_s:
                report.error(
                    (*entry.path, "config_module", duration if duration in entry.given else interval),
                    f"schedules of {duration_s} s fetched every {interval_s} s leave gaps",
                    f"Make {duration} greater than {interval}.",
                )


def check_energy_tree(site: Site, report: Report) -> None:
    """Energy flows along a tree: one way to each consumer, no loop, and every EVSE in it (M15.3)."""
    parents: dict[str, str] = {}
    children: dict[str, list[str]] = {}
    for entry in site.modules.values():
        for requirement in entry.manifest.requires.values():
            if requirement.interface != "energy":
                continue
            for path, wire, target in site.wires(entry, requirement):
                if (parent := parents.setdefault(target.id, entry.id)) != entry.id:
                    report.error(
                        path,
                        f"{quoted(target.id)} gets its energy from {quoted(parent)} already",
                        "Each module of the energy tree hangs from one other.",
                    )
                elif target.id in _above(entry.id, parents):
                    report.error(
                        path, f"energy runs in a circle here, through {quoted(wire.name)}", "Cut the circle."
                    )
                children.setdefault(entry.id, []).append(target.id)
    _check_reached(site, children, report)


def _above(module_id: str, parents: dict[str, str]) -> set[str]:
    """A module and everything its energy comes through."""
    found = {module_id}
    while (module_id := parents.get(module_id, module_id)) not in found:
        found.add(module_id)
    return found


def _check_reached(site: Site, children: dict[str, list[str]], report: Report) -> None:
    """An EVSE that no energy manager reaches never gets any."""
    reached: set[str] = set()
    todo = [entry.id for entry in site.modules.values() if provided(entry, "energy_manager")]
    while todo:
        reached.add(module_id := todo.pop())
        todo.extend(child for child in children.get(module_id, ()) if child not in reached)
    for entry in site.evse_managers():
        if entry.id not in reached and provided(entry, "energy"):
            report.warning(
                entry.path,
                f"no EnergyManager shares energy with {quoted(entry.id)}",
                "Connect it to an EnergyNode that leads to the energy_trunk, "
                "or it gives all its hardware can.",
            )
