"""What the Gateway knows of its site before anybody speaks: who is there, what they offer, what is simulated.

Pure; made from the checked site file where the tree is planned, handed over as plain configuration. Modules
that are not started have no place in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from actors.gateway.method import adapter, form, no_such, not_simulated
from actors.simulation.placement import SIMULATED, is_dc, plant_name
from protocols.message import Json  # noqa: TC001  # pydantic reads the annotations

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from actors.config import ModuleEntry, SiteFile

READER: Final = "DummyTokenProviderManual"
OCPP_VERSIONS: Final = {"OCPP": "1.6", "OCPP201": "2.x"}


@form
class Module:
    """One module that runs."""

    id: str
    kind: str
    """Its module name, the proper one."""
    evse: int | None
    """The EVSE it belongs to; None: the station."""
    provides: dict[str, str]
    """Interface by name: `auth/main` is an `auth`."""
    connections: dict[str, tuple[str, ...]]
    """Names by requirement, in the file's order."""
    parameters: dict[str, Json]
    """As in the file, defaults filled in, without secrets."""

    def name_of(self, interface: str) -> str | None:
        """Its name for an interface, the first where there are several."""
        return next((name for name, offered in self.provides.items() if offered == interface), None)


@form
class Connector:
    """One outlet."""

    connector: int
    type: str


@form
class Evse:
    """One EVSE."""

    evse: int
    module: str
    """The id of its EvseManager."""
    manager: str
    """The name that serves `evse_manager`."""
    id: str
    """What cars are told."""
    mode: str
    """AC or DC."""
    connectors: tuple[Connector, ...]
    devices: dict[str, tuple[str, ...]]
    """Names by requirement of the EvseManager: bsp, powermeter_grid_side, hlc, ..."""
    plant: str | None
    """The name of its simulated hardware."""


@form
class Car:
    """A simulated car."""

    module: str
    evse: int
    name: str
    """Serves `car_simulator`."""
    v2g: str | None
    """The module of its ISO 15118 side."""
    dc: bool
    contract: bool
    """Whether it can charge by contract: TLS, and a language that has Plug & Charge."""


@form
class Reader:
    """A card reader whose cards come over the Gateway."""

    module: str
    name: str
    """What people call it: its `mqtt_topic`, or else its module."""
    provider: str
    """Serves `auth_token_provider`."""


@form
class Ocpp:
    """The link to the CSMS."""

    module: str
    version: str
    """1.6, or 2.x."""
    name: str
    """Serves `ocpp`."""


@form
class SiteMap:
    """The site."""

    file: str
    modules: tuple[Module, ...] = ()
    evses: tuple[Evse, ...] = ()
    cars: tuple[Car, ...] = ()
    readers: tuple[Reader, ...] = ()
    ocpp: Ocpp | None = None

    @property
    def simulated(self) -> bool:
        """Whether any part of the site is simulated."""
        return any(each.kind in SIMULATED or each.kind == READER for each in self.modules)

    @property
    def names(self) -> dict[str, str]:
        """Every name with its interface."""
        return {name: offered for each in self.modules for name, offered in each.provides.items()}

    def providers(self, interface: str, evse: int | None = None) -> tuple[str, ...]:
        """The names that serve an interface, of one EVSE only if that is given."""
        return tuple(
            name
            for each in self.modules
            if evse is None or each.evse == evse
            for name, offered in each.provides.items()
            if offered == interface
        )

    def interface_of(self, name: str) -> str:
        """The interface behind a name. Raises RpcError."""
        names = self.names
        if (found := names.get(name)) is None:
            raise no_such("name", name, names)
        return found

    def module(self, module_id: str) -> Module:
        """The module of that id. Raises RpcError."""
        for each in self.modules:
            if each.id == module_id:
                return each
        raise no_such("module", module_id, (each.id for each in self.modules))

    def evse(self, number: int) -> Evse:
        """The EVSE of that number. Raises RpcError."""
        for each in self.evses:
            if each.evse == number:
                return each
        raise no_such("EVSE", number, (each.evse for each in self.evses))

    def connector(self, evse: int, number: int) -> Connector:
        """An outlet of an EVSE. Raises RpcError."""
        connectors = self.evse(evse).connectors
        for each in connectors:
            if each.connector == number:
                return each
        raise no_such("connector", number, (each.connector for each in connectors))

    def plant(self, evse: int) -> str:
        """The simulated hardware of an EVSE. Raises RpcError."""
        if (found := self.evse(evse).plant) is None:
            raise not_simulated(f"the hardware of EVSE {evse}")
        return found

    def car(self, evse: int) -> Car:
        """The simulated car at an EVSE, the first where there are several. Raises RpcError."""
        number = self.evse(evse).evse
        for each in self.cars:
            if each.evse == number:
                return each
        raise not_simulated(f"the car at EVSE {number}")

    def reader(self, name: str | None = None) -> Reader:
        """The reader of that name or module; without one: the first. Raises RpcError."""
        if not self.readers:
            raise not_simulated("a card reader")
        for each in self.readers:
            if name is None or name in {each.name, each.module}:
                return each
        raise no_such("reader", name or "", (each.name for each in self.readers))

    def csms(self) -> Ocpp:
        """The link to the CSMS. Raises RpcError."""
        if self.ocpp is None:
            raise no_such("module of OCPP at this site", "", ())
        return self.ocpp

    def plain(self) -> dict[str, Any]:
        """As configuration."""
        plain: dict[str, Any] = adapter(SiteMap).dump_python(self, mode="json")
        return plain


def of_plain(plain: dict[str, Any]) -> SiteMap:
    """What `SiteMap.plain` gave."""
    site: SiteMap = adapter(SiteMap).validate_python(plain, strict=False)
    return site


def site_map(
    site: SiteFile, evse_of: Callable[[ModuleEntry], int | None], unused: Collection[str] = ()
) -> SiteMap:
    """The map of a site file. `unused`: ids of modules that are not started though they could be."""
    runs = [entry for entry in site.modules.values() if entry.manifest.available and entry.id not in unused]
    modules = tuple(_module(entry, evse_of(entry)) for entry in runs)
    simulated = {each.evse for each in modules if each.kind in SIMULATED}
    by_id = {each.id: each for each in modules}
    return SiteMap(
        file=site.file,
        modules=modules,
        evses=tuple(
            _evse(number, by_id[manager], simulated=number in simulated)
            for number, manager in site.evses.items()
            if manager in by_id
        ),
        cars=tuple(_cars(site, modules)),
        readers=tuple(
            Reader(
                module=entry.id,
                name=str(entry.implementation_parameters["main"].get("mqtt_topic") or entry.id),
                provider=f"{entry.id}/main",
            )
            for entry in runs
            if entry.manifest.name == READER
        ),
        ocpp=next((_ocpp(each) for each in modules if each.kind in OCPP_VERSIONS), None),
    )


def _module(entry: ModuleEntry, evse: int | None) -> Module:
    known = entry.manifest.parameters
    return Module(
        id=entry.id,
        kind=entry.manifest.name,
        evse=evse,
        provides={f"{entry.id}/{each.name}": each.interface for each in entry.manifest.provides.values()},
        connections={name: tuple(wire.name for wire in wires) for name, wires in entry.connections.items()},
        parameters={name: value for name, value in entry.parameters.items() if not known[name].secret},
    )


def _evse(number: int, manager: Module, *, simulated: bool) -> Evse:
    kind = str(manager.parameters.get("connector_type") or "Unknown")
    outlets = range(1, max(1, len(manager.connections.get("bsp", ()))) + 1)
    return Evse(
        evse=number,
        module=manager.id,
        manager=manager.name_of("evse_manager") or f"{manager.id}/evse",
        id=str(manager.parameters.get("evse_id") or ""),
        mode=str(manager.parameters.get("charge_mode") or "AC"),
        connectors=tuple(Connector(connector=outlet, type=kind) for outlet in outlets),
        devices=manager.connections,
        plant=plant_name(number) if simulated else None,
    )


def _cars(site: SiteFile, modules: tuple[Module, ...]) -> Iterator[Car]:
    by_id = {each.id: each for each in modules}
    for each in modules:
        name = each.name_of("car_simulator")
        if name is None or each.evse is None:
            continue
        talker = next(
            (
                by_id[module]
                for wire in each.connections.get("ev", ())
                if (module := wire.partition("/")[0]) in by_id and by_id[module].evse in {each.evse, None}
            ),
            None,
        )
        says = talker.parameters if talker is not None else {}
        speaks = ("supported_ISO15118_2", "supported_ISO15118_20_AC", "supported_ISO15118_20_DC")
        yield Car(
            module=each.id,
            evse=each.evse,
            name=name,
            v2g=talker.id if talker is not None else None,
            dc=is_dc(site, each.evse),
            contract=bool(says.get("tls_active")) and any(says.get(one) for one in speaks),
        )


def _ocpp(module: Module) -> Ocpp:
    name = module.name_of("ocpp") or f"{module.id}/main"
    return Ocpp(module=module.id, version=OCPP_VERSIONS[module.kind], name=name)
