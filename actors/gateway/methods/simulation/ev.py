"""Methods that drive the simulated car at an EVSE."""

from __future__ import annotations

import enum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field

from actors.gateway.method import Ask, Method, Scene, Steps, form, good, not_simulated, simulation
from actors.gateway.methods.simulation.faults import cause
from actors.gateway.rpc import Code, RpcError
from actors.simulation.car.messages import Behaviour, CarReply, MakeMove, Move, PlugIn, Way
from actors.simulation.plant.messages import SetError, SetFault

if TYPE_CHECKING:
    from actors.gateway.site_map import Car

ANY_ISO15118: Final = "iso15118"
"""The newest edition that the car's module speaks."""


class Manner(enum.StrEnum):
    """How a car charges."""

    IEC61851 = "iec61851"
    """By the pilot alone."""
    DIN70121 = "din70121"
    ISO15118_2 = "iso15118-2"
    ISO15118_20 = "iso15118-20"
    ISO15118 = "iso15118"
    """The newest edition that the car's module speaks."""


class Payment(enum.StrEnum):
    """How a car that talks is authorized."""

    CONTRACT = "contract"
    """Plug & Charge."""
    EXTERNAL = "external"
    """By a card, or from afar."""


class Control(enum.StrEnum):
    """Who decides about the power of a car that talks ISO 15118-20."""

    DYNAMIC = "dynamic"
    SCHEDULED = "scheduled"


class Energy(enum.StrEnum):
    """What a car that talks asks for."""

    AC = "AC"
    DC = "DC"


Number = Annotated[int, Field(ge=1)]


@form
class EvPlugIn:
    """Plug the simulated car in and have it behave so until another method, or its time, ends that."""

    evse: Number
    connector: Number = 1
    behaviour: Manner = Manner.IEC61851
    energy: Energy | None = None
    """Of a car that talks; without it what the EVSE gives."""
    payment: Payment = Payment.EXTERNAL
    """Of a car that talks."""
    control: Control = Control.DYNAMIC
    """ISO 15118-20: the mode it prefers; in dynamic control it may pause only when the station wants that."""
    current_a: Annotated[float, Field(gt=0, le=1000)] = 16.0
    """AC: what it takes at most, per phase."""
    phases: Annotated[int, Field(ge=1, le=3)] = 3
    soc_percent: Annotated[int, Field(ge=0, le=100)] | None = None
    """How full its battery is; without it as the site file says."""
    duration_s: Annotated[float, Field(ge=0, le=604_800)] | None = None
    """After so long of charging it ends the charge in order and leaves; without it it stays."""
    ready: bool = True
    """Whether it begins by itself; else `ev.ready` has it begin."""
    fault: str | None = None
    """What breaks while it is here, as for `fault.raise`; it is mended when the car leaves."""
    fault_after_s: Annotated[float, Field(ge=0, le=604_800)] = 0.0
    """How long after the plug."""


@form
class EvState:
    """How the car is."""

    evse: int
    plugged: bool
    pilot: str
    """The state of the control pilot that the car makes: A to F."""
    talks: bool
    """Whether it talks ISO 15118 or DIN 70121."""
    phase: str
    """Of its talk; empty where there is none."""


@form
class EvPlugOut:
    """Pull the plug of the simulated car, at once or after the charge has ended in order."""

    evse: Number
    stop_first: bool = False


@form
class EvPause:
    """Have the car pause: pilot state B; a car that talks pauses its session, `ev.resume` joins it again."""

    evse: Number


@form
class EvResume:
    """Have the car go on after `ev.pause` or `ev.suspend`; one that has paused wakes the station first."""

    evse: Number


@form
class EvSuspend:
    """Have the car take no energy and stay ready: pilot state C; a car that talks goes on talking."""

    evse: Number


@form
class EvReady:
    """Have a car begin to charge that was plugged in with `ready: false`, or begin anew after its talk."""

    evse: Number


EvMove = EvPause | EvResume | EvSuspend | EvReady


def _way(scene: Scene, car: Car, params: EvPlugIn, *, dc: bool) -> Way:
    """Raises RpcError where the car has no module for it."""
    if params.behaviour is Manner.IEC61851:
        return Way.IEC61851
    if car.v2g is None:
        raise not_simulated(f"a car at EVSE {car.evse} that talks")
    if params.behaviour is not Manner.ISO15118:
        return Way(params.behaviour.value)
    says = scene.site.module(car.v2g).parameters
    newest = says.get("supported_ISO15118_20_DC" if dc else "supported_ISO15118_20_AC")
    return Way.ISO15118_20 if newest else Way.ISO15118_2


def _plug_in(scene: Scene, params: EvPlugIn) -> Steps[EvState]:
    site = scene.site
    car = site.car(params.evse)
    if site.connector(params.evse, params.connector).connector != 1:
        raise not_simulated("a car at another connector than 1")
    dc = car.dc if params.energy is None else params.energy is Energy.DC
    way = _way(scene, car, params, dc=dc)
    if way is Way.DIN70121 and (not dc or params.payment is Payment.CONTRACT):
        data = {"field": "behaviour"}
        raise RpcError(Code.PARAMS, "behaviour: din70121 charges by DC and knows no contract", data)
    broken = None if params.fault is None else cause(site, params.evse, params.fault)
    command = PlugIn(
        behaviour=Behaviour(
            way=way,
            dc=dc,
            contract=params.payment is Payment.CONTRACT,
            scheduled=params.control is Control.SCHEDULED,
            current_a=params.current_a,
            phases=params.phases,
            soc_percent=params.soc_percent,
            duration_s=params.duration_s,
            ready=params.ready,
        ),
        fault=broken.fault if isinstance(broken, SetFault) else None,
        error=broken.error if isinstance(broken, SetError) else None,
        fault_after_s=params.fault_after_s,
    )
    return _state(params.evse, good((yield Ask(car.name, command))))


def _state(evse: int, reply: CarReply) -> EvState:
    return EvState(evse=evse, plugged=reply.plugged, pilot=reply.pin, talks=reply.talks, phase=reply.phase)


def _plug_out(scene: Scene, params: EvPlugOut) -> Steps[EvState]:
    return (yield from _move(Move.STOP if params.stop_first else Move.UNPLUG, scene, params))


def _move(move: Move, scene: Scene, params: EvMove | EvPlugOut) -> Steps[EvState]:
    car = scene.site.car(params.evse)
    return _state(params.evse, good((yield Ask(car.name, MakeMove(move=move)))))


def _method(name: str, params: type[EvMove], move: Move) -> Method[EvMove, EvState]:
    return simulation(name, params, EvState, partial(_move, move))


METHODS: Final = (
    simulation("ev.plug_in", EvPlugIn, EvState, _plug_in),
    simulation("ev.plug_out", EvPlugOut, EvState, _plug_out),
    _method("ev.pause", EvPause, Move.PAUSE),
    _method("ev.resume", EvResume, Move.RESUME),
    _method("ev.suspend", EvSuspend, Move.SUSPEND),
    _method("ev.ready", EvReady, Move.READY),
)
