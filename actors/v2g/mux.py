"""IsoMux: what one link is told in place of three modules. Pure.

A link of ours speaks all protocols, so an IsoMux is a link with what the modules behind it are configured
with, and those do not run: they have no ports, and nobody else may be connected to them, which
`actors.config.rules.mux` sees to. Source: row M7.5.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.config import Connection, ModuleEntry, SiteFile

MUX: Final = "IsoMux"
VALUE_ADDED: Final = "iso15118_vas"
TAKEN: Final[Mapping[str, tuple[str, ...]]] = {
    "iso2": (
        "supported_DIN70121",
        "supported_ISO15118_2",
        "verify_contract_cert_chain",
        "auth_timeout_pnc",
        "auth_timeout_eim",
        "terminate_connection_on_failed_response",
    ),
    "iso20": (
        "supported_ISO15118_20",
        "supported_dynamic_mode",
        "supported_scheduled_mode",
        "supported_mobility_needs_mode_provided_by_secc",
        "custom_protocol_namespace",
        "negative_bidirectional_limits",
        "enable_ssl_logging",
    ),
}
"""By requirement: the parameters that hold of the module behind it. Device, TLS and SDP are the IsoMux's."""


def behind(site: SiteFile) -> frozenset[str]:
    """The ids of the modules that stand behind an IsoMux and do not run."""
    return frozenset(
        wire.module_id
        for entry in site.modules.values()
        if entry.manifest.name == MUX
        for requirement in TAKEN
        for wire in entry.connections[requirement]
    )


def united(site: SiteFile, entry: ModuleEntry) -> ModuleEntry:
    """The entry of a link; an IsoMux's with what it has of the modules behind it, all others as they are.

    Services of every provider behind it are offered to every car, whichever protocol it speaks.
    """
    if entry.manifest.name != MUX:
        return entry
    parameters = dict(entry.parameters)
    providers: dict[str, Connection] = {}
    for requirement, names in TAKEN.items():
        (wire,) = entry.connections[requirement]
        module = site.modules[wire.module_id]
        parameters |= {name: module.parameters[name] for name in names}
        providers |= {each.name: each for each in module.connections[VALUE_ADDED]}
    connections = {"security": entry.connections["security"], VALUE_ADDED: tuple(providers.values())}
    return dataclasses.replace(entry, parameters=parameters, connections=connections)
