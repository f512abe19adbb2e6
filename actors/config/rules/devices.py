"""The devices an EVSE needs for what it is asked to do (rows M5.4, M5.16, M5.20, S4.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.config.problems import Severity, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.config.model import ModuleEntry
    from actors.config.report import Report
    from actors.config.rules.site import Site

DC_NEEDS: Final = ("slac", "hlc", "powersupply_DC")

ONE_EVSE_EACH: Final[Mapping[str, Severity]] = {
    "evse_board_support": Severity.ERROR,
    "connector_lock": Severity.ERROR,
    "power_supply_DC": Severity.WARNING,
    "isolation_monitor": Severity.WARNING,
    "over_voltage_monitor": Severity.WARNING,
    "ac_rcd": Severity.WARNING,
}
"""Devices of one outlet. A board or a lock cannot serve two; power electronics behind a switch may."""


def is_dc(entry: ModuleEntry) -> bool:
    """Whether an EVSE gives DC."""
    return entry.parameters.get("charge_mode") == "DC"


def speaks_iso15118(entry: ModuleEntry) -> bool:
    """Whether an EVSE is wired and configured for high level communication."""
    wired = all(entry.connections.get(name) for name in ("slac", "hlc"))
    return wired and (is_dc(entry) or entry.parameters.get("ac_hlc_enabled") is True)


def check_dc(site: Site, report: Report) -> None:
    """DC needs a power line link, ISO 15118 and a supply, or nothing will ever flow (M5.20)."""
    for entry in site.evse_managers():
        if not is_dc(entry):
            continue
        for name in DC_NEEDS:
            path = (*entry.path, "connections", name)
            if not report.source.holds(path):
                report.error(
                    path,
                    f"charge_mode is DC, and {name} is not connected",
                    f"DC needs {', '.join(DC_NEEDS)}.",
                )
        path = (*entry.path, "connections", "imd")
        if not report.source.holds(path):
            report.warning(
                path,
                "charge_mode is DC, and no isolation monitor is connected",
                "Without imd the isolation of the cable is not checked.",
            )


def check_high_level(site: Site, report: Report) -> None:
    """ISO 15118 that is switched on without its wires stays off; an EVSE id must fit its message (M5.1)."""
    for entry in site.evse_managers():
        wires = (*entry.path, "connections")
        missing = [name for name in ("slac", "hlc") if not report.source.holds((*wires, name))]
        if missing and not is_dc(entry) and entry.parameters.get("ac_hlc_enabled") is True:
            report.warning(
                (*entry.path, "config_module", "ac_hlc_enabled"),
                f"ISO 15118 is switched on, but not connected: {', '.join(missing)}",
                "Cars charge here without ISO 15118, hence without Plug & Charge.",
            )
        evse_id = entry.parameters.get("evse_id")
        if isinstance(evse_id, str) and not 7 <= len(evse_id) <= 37 and speaks_iso15118(entry):  # noqa: PLR2004  # evseIDType
            report.warning(
                (*entry.path, "config_module", "evse_id"),
                f"{quoted(evse_id)} cannot be sent to cars",
                "ISO 15118 wants 7 to 37 characters, for example DE*PNX*E1234567*1.",
            )


def check_shared_devices(site: Site, report: Report) -> None:
    """A device of one outlet is connected to one EVSE."""
    taken: dict[str, ModuleEntry] = {}
    for entry in site.evse_managers():
        for requirement in entry.manifest.requires.values():
            severity = ONE_EVSE_EACH.get(requirement.interface)
            for path, wire, _ in site.wires(entry, requirement) if severity else ():
                owner = taken.setdefault(wire.name, entry)
                if owner is not entry:
                    say = report.error if severity is Severity.ERROR else report.warning
                    say(path, f"{quoted(wire.name)} serves {quoted(owner.id)} already", "One EVSE each.")
