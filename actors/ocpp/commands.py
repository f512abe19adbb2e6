"""`evsite components`: device-model directories of OCPP 2.x, made and checked outside of a site.

Exit codes: those of `actors.exits`; what a command needs is imported when it runs.
"""

from __future__ import annotations

import pathlib
from typing import TYPE_CHECKING, Annotated, Final

import typer

from actors.exits import BAD_INPUT, GOOD, fail, refuse

if TYPE_CHECKING:
    from actors.ocpp.device_model.component import Component
    from actors.ocpp.device_model.model import DeviceModel

MAX_EVSES: Final = 128
"""S9.1"""
MAX_CONNECTORS: Final = 4
_ADVICE: Final = "The station leaves it out; see InternalCtrlr.NetworkConnectionProfiles."

app: Final = typer.Typer(
    name="components",
    help="Make and check the device model of OCPP 2.x, a directory of component files.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Directory = Annotated[pathlib.Path, typer.Argument(help="The directory that DeviceModelConfigPath names.")]


@app.command()
def init(
    directory: Directory,
    *,
    evses: Annotated[int, typer.Option(min=1, max=MAX_EVSES, help="How many EVSEs.")] = 2,
    connectors: Annotated[int, typer.Option(min=1, max=MAX_CONNECTORS, help="How many each one has.")] = 1,
    kind: Annotated[str, typer.Option("--type", help="Type of the connectors, as OCPP calls it.")] = "cType2",
    power_w: Annotated[
        int, typer.Option(min=1, max=10_000_000, help="Most power of an EVSE, in W.")
    ] = 22_000,
    phases: Annotated[int, typer.Option(min=0, max=3, help="Phases of the supply; 0: not known, DC.")] = 3,
) -> None:
    """Write the shipped component files and one for each EVSE and connector; edit them as you need.

    A site whose directory is not there does the same at its first start, for its own EVSEs.
    """
    from actors.ocpp.assembly import lay_out  # noqa: PLC0415  # see the module's docstring
    from actors.ocpp.device_model.generation import Evse, Outlet  # noqa: PLC0415  # as above
    from protocols.types.evse_manager import ConnectorTypeEnum  # noqa: PLC0415  # as above

    if kind not in {each.value for each in ConnectorTypeEnum}:
        refuse(f"{kind} is no connector type of OCPP, for example cType2 or cCCS2")
    if directory.exists():
        refuse(f"{directory} is there already")
    outlets = (Outlet(type=kind, supply_phases=phases),) * connectors
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        lay_out(directory, [Evse(max_power_w=power_w, supply_phases=phases, connectors=outlets)] * evses)
    except OSError as error:
        fail(f"{directory}: {error.strerror}")
    typer.echo(f"{directory}: {_count(evses, 'EVSE')} with {_count(connectors, 'connector')} each")


def _count(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"


@app.command()
def check(directory: Directory) -> None:
    """Check component files: everything that is wrong, where it is and what to do."""
    from actors.ocpp.device_model.directory import load_directory  # noqa: PLC0415  # as above
    from actors.ocpp.device_model.problems import DeviceModelError  # noqa: PLC0415  # as above

    try:
        components = load_directory(directory)
        model = _require(components)
    except DeviceModelError as error:
        for problem in error.problems:
            typer.echo(str(problem))
        raise typer.Exit(BAD_INPUT) from None
    count = sum(len(each.variables) for each in components)
    typer.echo(f"{directory}: {len(components)} components, {count} variables")
    for reason in _out_of_reach(model):
        typer.echo(f"{directory}: warning: {reason}\n    {_ADVICE}")
    raise typer.Exit(GOOD)


def _require(components: tuple[Component, ...]) -> DeviceModel:
    """What a station must have; DeviceModelError. The model without what a station has stored."""
    from actors.ocpp.device_model.composed_storage import ComposedStorage  # noqa: PLC0415  # as above
    from actors.ocpp.device_model.model import DeviceModel  # noqa: PLC0415  # as above
    from actors.ocpp.device_model.requirement import require  # noqa: PLC0415  # as above

    model = DeviceModel(components, ComposedStorage({}, {}))
    require(model)
    return model


def _out_of_reach(model: DeviceModel) -> tuple[str, ...]:
    """Why a station would not dial the back-ends of its profiles, in the words it has for that itself."""
    from actors.ocpp.blocks.network_orders import read_orders  # noqa: PLC0415  # as above
    from actors.ocpp.link.dialling import Dialler  # noqa: PLC0415  # as above

    reading = read_orders(model, 0)
    dialler = Dialler(lambda: 0.0)
    dialler.order(reading.orders)
    return (*reading.problems, *((dialler.left_out,) if dialler.left_out else ()))
