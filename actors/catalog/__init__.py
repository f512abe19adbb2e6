"""The catalog: every module a site file can name, with its manifest (DESIGN 5).

    from actors.catalog import CATALOG, find
    find("YetiSimulator").name      # 'SimulatedBoard': EVerest's simulators are mapped to ours

A module without an actor (`manifest.available` is False) is known to the checker; only starting it has to
wait for a later version.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from actors.catalog import (
    auth,
    drivers,
    energy,
    evse,
    external,
    iso15118,
    ocpp,
    security,
    simulation,
    system,
)
from actors.catalog.manifest import Manifest, named

if TYPE_CHECKING:
    from collections.abc import Mapping

CATALOG: Final[Mapping[str, Manifest]] = named(
    *auth.MANIFESTS,
    *evse.MANIFESTS,
    *iso15118.MANIFESTS,
    *security.MANIFESTS,
    *ocpp.MANIFESTS,
    *energy.MANIFESTS,
    *system.MANIFESTS,
    *drivers.MANIFESTS,
    *simulation.MANIFESTS,
    *external.MANIFESTS,
)
"""Every manifest by its proper name."""

NAMES: Final[Mapping[str, Manifest]] = MappingProxyType(
    {name: manifest for manifest in CATALOG.values() for name in manifest.names}
)
"""Every manifest by every name a site file may use."""

NOT_OURS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "EvseSlac": "there is no driver for power line modems yet; SimulatedSlac serves a simulated site",
        "EvseSlacNeo": "there is no driver for power line modems yet; SimulatedSlac serves a simulated site",
        "OCPPmulti": "write OCPP for OCPP 1.6 or OCPP201 for OCPP 2.0.1 and 2.1",
        "SerialCommHub": f"leave it out; {drivers.SERIAL_HUB_ADVICE}",
        "Setup": "leave it out: the network is set up outside of evsite",
        "PacketSniffer": "leave it out: evidence_path of the V2G module records each talk with a car",
        "YamlStore": "write PersistentStore",
        "YetiDriver": "there is no driver for this board yet; SimulatedBoard serves a simulated site",
    }
)
"""Modules of EVerest that evsite does not have, each with what to do instead."""


def find(name: str) -> Manifest | None:
    """The manifest a module name of a site file means, or None."""
    return NAMES.get(name)


__all__ = ["CATALOG", "NAMES", "NOT_OURS", "Manifest", "find"]
