"""What stands behind an IsoMux (row M7.5): one link does the work of all three modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from actors.config.problems import quoted

if TYPE_CHECKING:
    from actors.config.model import ModuleEntry
    from actors.config.report import Report
    from actors.config.rules.site import Site

MUX: Final = "IsoMux"


class Side(NamedTuple):
    """One of the two modules behind an IsoMux: its requirements and its name."""

    charger: str
    extensions: str
    module: str


SIDES: Final = (Side("iso2", "ext2", "EvseV2G"), Side("iso20", "ext20", "Evse15118D20"))


def check_muxes(site: Site, report: Report) -> None:
    """An IsoMux leads to one module for each protocol, and nobody else is connected to those."""
    for entry in site.modules.values():
        if entry.manifest.name == MUX:
            for side in SIDES:
                _check_side(site, report, entry, side)


def _check_side(site: Site, report: Report, mux: ModuleEntry, side: Side) -> None:
    found = site.target(mux, side.charger)
    if found is None:
        return
    module, _ = found
    path = (*mux.path, "connections")
    if module.manifest.name != side.module:
        report.error(
            (*path, side.charger),
            f"{quoted(module.id)} is no {side.module}",
            f"Behind {side.charger} stands a module {side.module}.",
        )
        return
    extensions = site.target(mux, side.extensions)
    if extensions is not None and extensions[0] is not module:
        report.error(
            (*path, side.extensions),
            f"{quoted(extensions[0].id)} is not the module behind {side.charger}",
            f"Connect {side.charger} and {side.extensions} to the same module.",
        )
    _check_users(site, report, mux, module)


def _check_users(site: Site, report: Report, mux: ModuleEntry, module: ModuleEntry) -> None:
    for name in module.manifest.provides:
        for use in site.users.get(f"{module.id}/{name}", ()):
            if use.module_id != mux.id:
                report.error(
                    ("active_modules", use.module_id, "connections", use.requirement),
                    f"{quoted(module.id)} stands behind {quoted(mux.id)} and answers nobody else",
                    f"Connect {mux.id}/{name} instead.",
                )
