"""Methods that move the simulated hardware of an EVSE: parking bay, faults, lock, meters."""

from __future__ import annotations

import enum
from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field

from actors.gateway.method import Ask, Done, Scene, Steps, form, good, simulation
from actors.gateway.methods.simulation.faults import cause, simulated_name
from actors.gateway.rpc import Code, RpcError
from actors.simulation.plant.messages import (
    DeviceError,
    Fault,
    Mend,
    Reading,
    SetBay,
    SetError,
    SetFault,
    SetReading,
)
from protocols import errors
from protocols.interfaces import ac_rcd
from protocols.message import ExactNumber
from protocols.types.error_history import Severity

if TYPE_CHECKING:
    from typing import Any

Number = Annotated[int, Field(ge=1)]
Text = Annotated[str, Field(max_length=1000)]
Register = Annotated[ExactNumber, Field(ge=0, le=10**12)]
"""Of a meter, in Wh; no larger than meters are."""


# -- the bay -------------------------------------------------------------------------------------------------


@form
class BayOccupy:
    """A car drives into the parking bay of an EVSE; it is not plugged in by that."""

    evse: Number


@form
class BayDepart:
    """The car leaves the parking bay of an EVSE."""

    evse: Number


def _bay(occupied: bool, scene: Scene, params: BayOccupy | BayDepart) -> Steps[Done]:  # noqa: FBT001  # bound by partial
    good((yield Ask(scene.site.plant(params.evse), SetBay(occupied=occupied))))
    return Done()


# -- faults --------------------------------------------------------------------------------------------------


@form
class FaultRaise:
    """Break something at an EVSE: an error by EVerest's type, or a part of the hardware as `hardware/Welded`.

    An error that comes of a broken part is caused by breaking it; any other is said by the device itself.
    """

    evse: Number
    type: str
    sub_type: Text = ""
    """Not empty: the device says the error, nothing breaks."""
    device: str | None = None
    """The name that says the error; needed where several could. Given: nothing breaks."""
    message: Text = ""
    severity: Severity = Severity.HIGH
    vendor_id: Text = ""


@form
class FaultClear:
    """Mend what `fault.raise`, `lock.fail` or a car has broken; without a type everything at the EVSE."""

    evse: Number
    type: str | None = None
    sub_type: Text = ""
    device: str | None = None


@form
class FaultState:
    """What was broken or mended."""

    evse: int
    hardware: str | None = None
    """The part of the hardware."""
    device: str | None = None
    """The name that says the error, where nothing breaks."""


def _raise(scene: Scene, params: FaultRaise) -> Steps[FaultState]:
    command = cause(
        scene.site,
        params.evse,
        params.type,
        device=params.device,
        sub_type=params.sub_type,
        message=params.message,
        severity=params.severity,
        vendor_id=params.vendor_id,
    )
    good((yield Ask(scene.site.plant(params.evse), command)))
    return _told(params.evse, command)


def _told(evse: int, command: SetFault | SetError) -> FaultState:
    if isinstance(command, SetFault):
        return FaultState(evse=evse, hardware=f"hardware/{command.fault.value}")
    return FaultState(evse=evse, device=command.error.origin)


def _clear(scene: Scene, params: FaultClear) -> Steps[FaultState]:
    plant = scene.site.plant(params.evse)
    if params.type is None:
        good((yield Ask(plant, Mend())))
        yield from _reset_rcd(scene, params.evse)
        return FaultState(evse=params.evse)
    command = cause(
        scene.site,
        params.evse,
        params.type,
        device=params.device,
        sub_type=params.sub_type,
        active=False,
    )
    good((yield Ask(plant, command)))
    if isinstance(command, SetFault) and command.fault is Fault.GROUND_FAULT:
        yield from _reset_rcd(scene, params.evse)
    return _told(params.evse, command)


def _reset_rcd(scene: Scene, evse: int) -> Steps[None]:
    """Somebody closes the residual current device again, where there is one: none does that by itself."""
    for name in scene.site.providers("ac_rcd", evse):
        good((yield Ask(name, ac_rcd.Reset())))


# -- the lock ------------------------------------------------------------------------------------------------


class Way(enum.StrEnum):
    """What the lock could not do."""

    LOCK = "lock"
    UNLOCK = "unlock"


FAILED: Final = {
    Way.LOCK: errors.ConnectorLock.CONNECTOR_LOCK_FAILED_LOCK,
    Way.UNLOCK: errors.ConnectorLock.CONNECTOR_LOCK_FAILED_UNLOCK,
}


@form
class LockFail:
    """The lock of an EVSE moves no more until `fault.clear`; it says so when it is told to move next."""

    evse: Number
    failed: Way | None = None
    """Say at once that it could not do this."""


def _lock_fail(scene: Scene, params: LockFail) -> Steps[Done]:
    plant = scene.site.plant(params.evse)
    lock = simulated_name(scene.site, params.evse, "connector_lock")
    good((yield Ask(plant, SetFault(fault=Fault.LOCK_STUCK, active=True))))
    if params.failed is not None:
        kind = FAILED[params.failed].value
        told = DeviceError(
            origin=lock, type=kind, message="the motor does not move", severity=Severity.MEDIUM
        )
        good((yield Ask(plant, SetError(error=told, active=True))))
    return Done()


# -- meters --------------------------------------------------------------------------------------------------


@form
class MeterOverride:
    """Have the simulated meters of an EVSE show something else than they measure, until `meter.release`.

    What is not given is measured. A later call replaces an earlier one. What flows goes on as it is.
    """

    evse: Number
    energy_wh: Register | None = None
    """To the car."""
    energy_back_wh: Register | None = None
    """From the car."""
    power_w: Annotated[float, Field(ge=-1e9, le=1e9)] | None = None
    voltage_v: Annotated[float, Field(ge=0, le=1e5)] | None = None
    """AC: of each phase."""
    current_a: Annotated[float, Field(ge=-1e5, le=1e5)] | None = None
    """AC: of each phase."""


@form
class MeterRelease:
    """Have the simulated meters of an EVSE show what they measure."""

    evse: Number


def _override(scene: Scene, params: MeterOverride) -> Steps[Done]:
    given: dict[str, Any] = {each.name: getattr(params, each.name) for each in fields(Reading)}
    if all(value is None for value in given.values()):
        data = {"field": "", "known": sorted(given)}
        raise RpcError(Code.PARAMS, "nothing is given that the meter is to show", data)
    return (yield from _show(scene, params.evse, Reading(**given)))


def _release(scene: Scene, params: MeterRelease) -> Steps[Done]:
    return (yield from _show(scene, params.evse, Reading()))


def _show(scene: Scene, evse: int, reading: Reading) -> Steps[Done]:
    plant = scene.site.plant(evse)
    simulated_name(scene.site, evse, "powermeter")
    good((yield Ask(plant, SetReading(reading=reading))))
    return Done()


METHODS: Final = (
    simulation("bay.occupy", BayOccupy, Done, partial(_bay, True)),  # noqa: FBT003  # as above
    simulation("bay.depart", BayDepart, Done, partial(_bay, False)),  # noqa: FBT003  # as above
    simulation("fault.raise", FaultRaise, FaultState, _raise),
    simulation("fault.clear", FaultClear, FaultState, _clear),
    simulation("lock.fail", LockFail, Done, _lock_fail),
    simulation("meter.override", MeterOverride, Done, _override),
    simulation("meter.release", MeterRelease, Done, _release),
)
