"""How a site gets its energy tree: the energy manager and the nodes below one supervisor."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from actors.engine.branch import Branch, branch_config
from actors.engine.supervision import ChildSpec, Exhausted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from actors.config import SiteFile

ENERGY: Final = "energy_grid"
"""The implementation under which nodes and EVSEs stand in the tree."""
NODE: Final = "EnergyNode"
BRANCH: Final = "energy"
"""What the supervisor is called below the root."""
MODULES: Final = frozenset({NODE, "EnergyManager"})
"""Whose actors stand below it, whatever EVSE they are mapped to: a fuse outlives the EVSE behind it."""
RETRY_S: Final = 10.0
SHUTDOWN_S: Final = 3.0


class EnergySupervisor(Branch):
    """Child of the site. Its successor starts manager and nodes anew; the nodes have their journals, and the
    EVSEs say again what they need. Grants that were given meanwhile hold as long as they are valid for.
    """


def branch(children: Sequence[ChildSpec], stage: int) -> ChildSpec:
    """The supervisor of these manager and nodes. One that cannot be kept alive is given up for a while, and
    the others work on.
    """
    patient = [replace(each, exhausted=Exhausted.GIVE_UP, retry_s=RETRY_S) for each in children]
    return ChildSpec(
        id=BRANCH,
        actor=f"{EnergySupervisor.__module__}.{EnergySupervisor.__qualname__}",
        config=branch_config(patient),
        stage=stage,
        shutdown_s=SHUTDOWN_S,
    )


def is_managed(site: SiteFile, module: str) -> bool:
    """Whether somebody grants power to what this module takes from the energy tree: whoever it is connected
    to, for a node only if that one is managed in turn. A tree without a manager grants nothing.
    """
    for use in site.users.get(f"{module}/{ENERGY}", ()):
        manifest = site.modules[use.module_id].manifest
        if manifest.available and (manifest.name != NODE or is_managed(site, use.module_id)):
            return True
    return False
