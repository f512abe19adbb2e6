"""Which EVSEs of a site have simulated hardware, and where its plants stand in the tree. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from actors.engine.branch import branch_config
from actors.engine.supervision import ChildSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from actors.config import ModuleEntry, SiteFile

SIMULATED: Final = frozenset(
    {
        "SimulatedBoard",
        "SimulatedSlac",
        "SimulatedDcSupply",
        "SimulatedImd",
        "SimulatedOvm",
        "SimulatedCar",
        "SimulatedCarV2g",
    }
)
"""Modules that stand at a plant."""
LINKS: Final = ("EvseV2G", "Evse15118D20", "IsoMux")
"""Modules that cars talk to."""
PLANT: Final = "actors.simulation.plant.plant_actor.PlantActor"
BRANCH: Final = "actors.engine.branch.Branch"
BRANCH_ID: Final = "simulation"


NOWHERE: Final = "it is of no single EVSE: say which by mapping, or have one for each that speaks ISO 15118"


class PlaceError(Exception):
    """Nobody can tell which EVSE's hardware a simulated module is."""


def plant_name(evse: int) -> str:
    """The name of an EVSE's plant. No module id holds a colon, so nobody else can have it."""
    return f"plant:{evse}"


def plant_of(config: Mapping[str, Any]) -> str:
    """The name of the plant that a simulated module stands at, by its configuration. Raises PlaceError."""
    if "plant" not in config:
        raise PlaceError(NOWHERE)
    return str(config["plant"])


def is_dc(site: SiteFile, evse: int) -> bool:
    """Whether direct current comes out of an EVSE."""
    manager = site.modules[site.evses[evse]] if evse in site.evses else None
    return manager is not None and manager.parameters.get("charge_mode") == "DC"


def extra_config(
    site: SiteFile,
    entry: ModuleEntry,
    evse: int | None,
    evse_of: Callable[[ModuleEntry], int | None],
) -> dict[str, Any]:
    """What a simulated module's actors are told besides their entry: their hardware, and the station's end of
    the data link.
    """
    if entry.manifest.name not in SIMULATED or evse is None:
        return {}
    links = [
        module.id
        for module in site.modules.values()
        if module.manifest.name in LINKS and evse_of(module) == evse
    ]
    # behind an IsoMux nobody listens: it comes last in LINKS, and first here
    links.sort(key=lambda link: -LINKS.index(site.modules[link].manifest.name))
    talkers = [site.modules[wire.module_id] for wire in entry.connections.get("ev", ())]
    return {
        "plant": plant_name(evse),
        "dc": is_dc(site, evse),
        "link": f"{links[0]}/charger" if links else "",
        "v2g": dict(talkers[0].parameters) if talkers else {},
    }


def plants(
    site: SiteFile, places: Iterable[tuple[ModuleEntry, int | None]], state: str
) -> tuple[ChildSpec, ...]:
    """The branch with a plant for each EVSE that has simulated hardware; nothing where there is none."""
    boards: dict[int, ModuleEntry | None] = {}
    for entry, evse in places:
        if entry.manifest.name in SIMULATED and evse is not None:
            boards.setdefault(evse, None)
            if entry.manifest.name == "SimulatedBoard":
                boards[evse] = entry
    children = [
        ChildSpec(
            id=plant_name(evse),
            actor=PLANT,
            grants={plant_name(evse): ""},
            config={
                "state": state,
                "dc": is_dc(site, evse),
                "resets_meter": board is None or bool(board.parameters["reset_powermeter_on_session_start"]),
            },
            evse=evse,
        )
        for evse, board in sorted(boards.items())
    ]
    if not children:
        return ()
    return (ChildSpec(id=BRANCH_ID, actor=BRANCH, config=branch_config(children), shutdown_s=2.0),)
