"""What of an EVSE's hardware, and of the world around it, outlives a power loss: what needs none. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from actors.simulation.plant.messages import Fault, World

if TYPE_CHECKING:
    from actors.simulation.plant.hardware import Hardware


def world_of(hardware: Hardware) -> World:
    """What is there when the power fails. A car opens its own contactors then."""
    return World(
        car=replace(hardware.car, connected=False),
        locked=hardware.locked,
        lock_wanted=hardware.lock_wanted,
        stored_uj=hardware.stored_uj,
        back_uj=hardware.back_uj,
        faults=tuple(sorted(hardware.faults)),
        errors=tuple(hardware.errors.values()),
        reading=hardware.reading,
        occupied=hardware.occupied,
    )


def put_into(hardware: Hardware, world: World) -> None:
    """Power is back; the contactor of the station is open, everything else as it was."""
    hardware.car = world.car
    hardware.locked, hardware.lock_wanted = world.locked, world.lock_wanted
    hardware.stored_uj, hardware.back_uj = world.stored_uj, world.back_uj
    hardware.faults, hardware.errors = set(world.faults), {each.key: each for each in world.errors}
    hardware.reading, hardware.occupied = world.reading, world.occupied
    hardware.tripped = Fault.GROUND_FAULT in hardware.faults
