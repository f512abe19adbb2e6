"""The site: which actor stands where in the supervision tree (DESIGN 1), derived from the site file.

`plan` is pure: a checked site file in, child specifications out. `Site` is the root of the tree.
"""

from __future__ import annotations

import importlib
from dataclasses import replace
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from actors.catalog import external
from actors.energy import energy_supervisor
from actors.engine.branch import branch_config, import_actors
from actors.engine.root import REGISTRY, RootSupervisor
from actors.engine.supervision import ChildSpec, Exhausted
from actors.errors.placement import with_framework
from actors.evse.upkeep import POWER_PATH
from actors.places import evse_of, own_wires
from actors.simulation import placement
from actors.v2g import mux, upkeep
from protocols import codec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from actors.catalog.manifest import Scalar
    from actors.config import ModuleEntry, SiteFile
    from actors.engine.journal import Incident
    from actors.ocpp.device_model.problems import ComponentProblem

ROOT: Final = "site"
EVSE_SUPERVISOR: Final = "actors.evse.evse_supervisor.EvseSupervisor"


class Companion(NamedTuple):
    """An actor that stands beside a module's main actor and serves no name of the site file."""

    suffix: str
    actor: str
    serves: str = ""
    """The name below the module's under which the main actor speaks to it; empty: nobody does."""
    upkeep: Mapping[str, Any] = MappingProxyType({})
    """Fields of its specification that are not as everybody's."""
    per: str = ""
    """A requirement of the module: one such actor for each of its connections; empty: one in all."""


V2G_SESSION: Final = Companion(
    "session", "actors.v2g.session_actor.V2gSessionActor", serves="session", upkeep=upkeep.SESSION
)
COMPANIONS: Final[dict[str, tuple[Companion, ...]]] = {
    "EvseManager": (
        Companion(
            "connector",
            "actors.connector.connector_actor.ConnectorActor",
            serves="connector",
            upkeep=POWER_PATH,
            per="bsp",
        ),
    ),
    "EvseV2G": (V2G_SESSION,),
    "Evse15118D20": (V2G_SESSION,),
    "IsoMux": (V2G_SESSION,),
}
"""By module name: what it runs beside its main actor."""

OWN_NAMES: Final = {"Gateway": ("gateway",)}
"""By module name: what its main actor is called besides, by those of its branch; no site file wires these."""

ON_POWER_PATH: Final = frozenset(
    {
        "EvseManager",
        "SimulatedBoard",
        "SimulatedDcSupply",
        "SimulatedImd",
        "SimulatedOvm",
        "GenericPowermeter",
    }
)
"""Modules that hold power on: who among them falls silent makes the hardware switch off."""

ROLE: Final[Mapping[str, Any]] = {"intensity": 20, "backoff_max_s": 1.0}
"""Fields of the child specification of a program from outside: that it comes and goes is no reason to give
its role up."""

BRANCHES: Final = {
    "Auth": "actors.auth.auth_supervisor",
    "EvseSecurity": "actors.certificates.certificates_supervisor",
    "OCPP201": "actors.ocpp.ocpp_supervisor",
}
"""By module name: where the function `branch` is that puts its main actor below a supervisor of its own,
beside others that it needs. No site waits for the import of one it has not: OCPP's is half of them all."""

STAGES: Final = {
    "PersistentStore": 0,
    "EvseSecurity": 0,
    "ErrorHistory": 0,
    "Gateway": 3,
}
"""Start order, and backwards the order of stopping; what is not listed: 1, EVSEs: 2."""
OTHERS_STAGE: Final = 1
RETRY_S: Final = 10.0
"""After this time a branch that could not be kept alive is tried again; the rest works meanwhile."""
EVSE_STAGE: Final = 2


def parameters_set(
    site: SiteFile, state: str, now: datetime, tell: Callable[[Incident], None]
) -> Mapping[str, Mapping[str, Scalar]]:
    """What was set of the site's parameters since the site file was written, by module (row S20.8).

    `tell` hears of damage that was found and put right.
    """
    found: dict[str, dict[str, Scalar]] = {}
    for entry in site.modules.values():
        if entry.manifest.name == "OCPP201":
            from actors.ocpp import assembly  # noqa: PLC0415  # see BRANCHES

            config = {**config_of(entry, state), **extra_config(site, entry, evse_of(site, entry))}
            for module_id, values in assembly.parameters_set(config, now, tell).items():
                found.setdefault(module_id, {}).update(values)
    return found


def device_model_problems(site: SiteFile, state: str, now: datetime) -> tuple[ComponentProblem, ...]:
    """All that would keep the charge point from starting with the files of its device model."""
    problems: list[ComponentProblem] = []
    for entry in site.modules.values():
        if entry.manifest.name == "OCPP201":
            from actors.ocpp import assembly  # noqa: PLC0415  # see BRANCHES
            from actors.ocpp import placement as ocpp_placement  # noqa: PLC0415  # as above
            from actors.ocpp.device_model.problems import DeviceModelError  # noqa: PLC0415  # as above

            config = {**config_of(entry, state), **extra_config(site, entry, evse_of(site, entry))}
            try:
                assembly.examine(config, ocpp_placement.evses(config), now)
            except DeviceModelError as error:
                problems += error.problems
    return tuple(problems)


def plan(
    site: SiteFile, state: str, overlaid: Mapping[str, Mapping[str, Scalar]] = MappingProxyType({})
) -> tuple[ChildSpec, ...]:
    """The children of the root for a site file; `state` is the directory of the journals.

    `overlaid` are parameters that modules start with instead of those in the file. Modules that belong to
    one EVSE go below that EVSE's supervisor, those of the energy tree below one of their own, everything else
    below the root. Modules whose actors come with a later version are left out, and those behind an IsoMux.
    """
    below: dict[int, list[ChildSpec]] = {number: [] for number in site.evses}
    station: list[ChildSpec] = []
    energy: list[ChildSpec] = []
    taken = frozenset(
        f"{entry.id}.{each.suffix}"
        for entry in site.modules.values()
        for _number, each in companions_of(entry)
    )
    top = frozenset({REGISTRY, energy_supervisor.BRANCH, *(f"evse_{number}" for number in below)})
    behind = mux.behind(site)
    for entry in site.modules.values():
        if entry.manifest.available and entry.id not in behind:
            number = evse_of(site, entry)
            in_tree = entry.manifest.name in energy_supervisor.MODULES
            home = energy if in_tree else below.get(number, station) if number is not None else station
            own = replace(entry, connections=own_wires(site, entry, number))
            extra = extra_config(site, own, number)
            main, *companions = specs_of(_started(site, own, overlaid), state, number, extra)
            main = replace(main, id=child_id(entry.id, taken | top if home is station else taken))
            home.extend((main, *companions))
    if energy:
        station.append(energy_supervisor.branch(energy, OTHERS_STAGE))
    evses = [_evse(number, children) for number, children in below.items()]
    running = [(entry, evse_of(site, entry)) for entry in site.modules.values() if entry.manifest.available]
    simulation = placement.plants(site, running, state)
    return tuple(
        replace(spec, exhausted=Exhausted.GIVE_UP, retry_s=RETRY_S)
        for spec in (*simulation, *with_framework(station, chain(*below.values()), state), *evses)
    )


def _evse(number: int, children: Sequence[ChildSpec]) -> ChildSpec:
    """The supervisor of one EVSE."""
    return ChildSpec(
        id=f"evse_{number}",
        actor=EVSE_SUPERVISOR,
        config=branch_config(children),
        evse=number,
        stage=EVSE_STAGE,
        shutdown_s=3.0,
    )


def _started(site: SiteFile, entry: ModuleEntry, overlaid: Mapping[str, Mapping[str, Scalar]]) -> ModuleEntry:
    """An entry as its module starts with it."""
    entry = mux.united(site, entry)
    return replace(entry, parameters={**entry.parameters, **overlaid.get(entry.id, {})})


def extra_config(site: SiteFile, entry: ModuleEntry, evse: int | None) -> dict[str, Any]:
    """What a module's actors are told that follows from the rest of the site."""
    extra = placement.extra_config(site, entry, evse, lambda module: evse_of(site, module))
    if entry.manifest.name == "EvseManager":
        extra["managed"] = energy_supervisor.is_managed(site, entry.id)
    if entry.manifest.name == "Gateway":
        from actors.gateway.site_map import site_map  # noqa: PLC0415  # a site without one does not pay for it

        extra["site"] = site_map(site, lambda module: evse_of(site, module), mux.behind(site)).plain()
    if entry.manifest.name.startswith(external.PREFIX):
        gateway = next(each.id for each in site.modules.values() if each.manifest.name == "Gateway")
        extra["gateway"] = f"{gateway}/gateway"
        extra["provides"] = {each.name: each.interface for each in entry.manifest.provides.values()}
    if entry.manifest.name == "OCPP201":
        from actors.ocpp import placement as ocpp_placement  # noqa: PLC0415  # see BRANCHES

        extra |= ocpp_placement.extra_config(site, entry, lambda module: evse_of(site, module))
    return extra


def child_id(module_id: str, taken: frozenset[str]) -> str:
    """What a module's main actor is called among its siblings: by its id, unless one of `taken` is called so.

    No module id holds a colon, so whatever a site file calls its modules, no two children are called alike.
    """
    return f"module:{module_id}" if module_id in taken else module_id


def specs_of(
    entry: ModuleEntry, state: str, evse: int | None, extra: Mapping[str, Any] = MappingProxyType({})
) -> list[ChildSpec]:
    """The actors of one module: its main actor, which serves its names, and its companions."""
    manifest = entry.manifest
    config = {**config_of(entry, state), **extra}
    stage = STAGES.get(manifest.name, OTHERS_STAGE)
    assert manifest.actor is not None
    names = {f"{entry.id}/{each.name}": each.interface for each in manifest.provides.values()}
    names |= {f"{entry.id}/{own}": "" for own in OWN_NAMES.get(manifest.name, ())}
    main = ChildSpec(
        id=entry.id,
        actor=manifest.actor.replace(":", "."),
        grants=names,
        config=config,
        evse=evse,
        stage=stage,
        **(POWER_PATH if manifest.name in ON_POWER_PATH else {}),
        **(ROLE if manifest.name.startswith(external.PREFIX) else {}),
    )
    companions = [
        _companion(each, replace(main, config={**config, **number}), entry.id)
        for number, each in companions_of(entry)
    ]
    if (branch := BRANCHES.get(manifest.name)) is not None:
        main = importlib.import_module(branch).branch(main)
    return [main, *companions]


def companions_of(entry: ModuleEntry) -> list[tuple[dict[str, int], Companion]]:
    """What stands beside a module, each with what its configuration has besides the module's."""
    found: list[tuple[dict[str, int], Companion]] = []
    for each in COMPANIONS.get(entry.manifest.name, ()):
        if not each.per:
            found.append(({}, each))
        for number, _wire in enumerate(entry.connections.get(each.per, ()), 1):
            own = each._replace(suffix=f"{each.suffix}_{number}", serves=f"{each.serves}_{number}")
            found.append(({each.suffix: number}, own))
    return found


def _companion(companion: Companion, beside: ChildSpec, module_id: str) -> ChildSpec:
    grants = {f"{module_id}/{companion.serves}": ""} if companion.serves else {}
    named = replace(beside, id=f"{module_id}.{companion.suffix}", actor=companion.actor, grants=grants)
    return replace(named, **companion.upkeep)


def config_of(entry: ModuleEntry, state: str) -> dict[str, Any]:
    """What a module's actors are told of their entry in the site file."""
    return {
        "module": entry.id,
        "parameters": dict(entry.parameters),
        "implementations": {name: dict(values) for name, values in entry.implementation_parameters.items()},
        "connections": {name: [wire.name for wire in wires] for name, wires in entry.connections.items()},
        "state": state,
    }


class Site(RootSupervisor):
    """Root of the supervision tree. It has no successor: when it dies the kernel ends every actor, and
    `evsite run` reports it.
    """

    @classmethod
    def before_fork(cls, config: Mapping[str, Any]) -> None:
        """Import and make ready what all actors below need."""
        import_actors(_children_of(config))

    def branches(self) -> Sequence[ChildSpec]:
        """The children that `plan` made; everything they need is there before the first fork."""
        self.before_fork(self.config)
        return _children_of(self.config)


def _children_of(config: Mapping[str, Any]) -> list[ChildSpec]:
    return [codec.from_plain(ChildSpec, each) for each in config["children"]]


__all__ = ["ROOT", "Site", "plan"]
