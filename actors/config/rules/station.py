"""What a station has once, and paths that must differ (rows S3.10, M8.4)."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from actors.catalog.security import CA_PARAMETERS, LEAF_PARAMETERS
from actors.config.problems import quoted
from actors.config.rules.site import provided

if TYPE_CHECKING:
    from actors.config.model import ModuleEntry
    from actors.config.report import Report
    from actors.config.rules.site import Site

SINGLES: Final = ("auth", "evse_security", "ocpp", "energy_manager", "system", "error_history")
"""Interfaces that one module of a site provides: two would each believe to be the only one."""


STORE_FILE: Final = "sqlite_db_file_path"
"""The parameter of key-value stores that names their file."""


def check_singles(site: Site, report: Report) -> None:
    """One Auth, one certificate manager, one link to the CSMS (S3.10)."""
    for interface in SINGLES:
        owners: list[ModuleEntry] = [one for one in site.modules.values() if provided(one, interface)]
        for entry in owners[1:]:
            report.error(
                (*entry.path, "module"),
                f"{quoted(owners[0].id)} provides {interface} already",
                "A site has one of them. Remove one.",
            )


def check_certificate_paths(site: Site, report: Report) -> None:
    """Leaves do not lie where roots are (M8.4)."""
    for entry in site.modules.values():
        roots = {_normal(entry, name): name for name in CA_PARAMETERS if name in entry.parameters}
        for name in LEAF_PARAMETERS:
            if name in entry.parameters and (other := roots.get(_normal(entry, name))) is not None:
                report.error(
                    (*entry.path, "config_module", name if name in entry.given else other),
                    f"{name} and {other} are the same place",
                    "Keep leaf certificates apart from root certificates.",
                )


def check_store_files(site: Site, report: Report) -> None:
    """Two stores do not keep their values in one file, which only one of them could open."""
    owners: dict[str, ModuleEntry] = {}
    for entry in site.modules.values():
        if STORE_FILE not in entry.manifest.parameters or entry.parameters.get(STORE_FILE) is None:
            continue
        first = owners.setdefault(_normal(entry, STORE_FILE), entry)
        if first is not entry:
            report.error(
                (*entry.path, "config_module", STORE_FILE),
                f"{quoted(first.id)} keeps its values in the same file",
                f"Give each a {STORE_FILE} of its own.",
            )


def _normal(entry: ModuleEntry, parameter: str) -> str:
    return posixpath.normpath(str(entry.parameters[parameter]))
