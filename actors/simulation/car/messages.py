"""What the two halves of a simulated car say to each other: behaviour, and ISO 15118 / DIN 70121."""

import enum
from typing import Annotated, ClassVar

from pydantic import Field

from actors.simulation.plant.messages import Behaviour, DeviceError, Fault, Way
from protocols.message import Command, Reply, Var, message

__all__ = [
    "Behaviour",
    "CarReply",
    "EndTalk",
    "MakeMove",
    "Move",
    "OrderTalk",
    "PlugIn",
    "StartTalk",
    "TalkOrder",
    "TalkState",
    "Way",
]


class Move(enum.StrEnum):
    """What the driver of a car that is plugged in can do, or the car by itself."""

    UNPLUG = "unplug"
    """Pull the plug, whatever is under way."""
    STOP = "stop"
    """End the charge in order, and pull the plug then."""
    PAUSE = "pause"
    """Pilot state B; a car that talks pauses its session and closes the connection."""
    SUSPEND = "suspend"
    """Take no energy, and stay ready: pilot state C; a car that talks goes on talking."""
    RESUME = "resume"
    """Go on after a pause or a suspension; a car that has paused wakes the station by a BCB toggle."""
    READY = "ready"
    """Begin to charge, where the plug was put in by a car that was not ready."""


@message
class CarReply(Reply):
    """How the car is after a command."""

    plugged: bool
    pin: str
    """What it makes of the pilot."""
    talks: bool
    phase: str = ""
    """Of its talk."""


@message
class PlugIn(Command):
    """Plug in and behave. Failure INVALID where a car is plugged in, or the car cannot behave so."""

    answer: ClassVar[type[Reply]] = CarReply

    behaviour: Behaviour
    fault: Fault | None = None
    """What breaks after `fault_after_s`; it is mended when this car leaves."""
    error: DeviceError | None = None
    """The same, for an error that a device is to say."""
    fault_after_s: Annotated[float, Field(ge=0, le=604_800)] = 0.0


@message
class MakeMove(Command):
    """Make a move. Failure INVALID where no car is plugged in, or the car cannot make that move now."""

    answer: ClassVar[type[Reply]] = CarReply

    move: Move


class TalkOrder(enum.StrEnum):
    """What a car in its charging loop can be told."""

    STOP = "stop"
    PAUSE = "pause"
    RENEGOTIATE = "renegotiate"
    HOLD = "hold"
    """Pause until `RESUME`."""
    SUSPEND = "suspend"
    """Take no energy until `RESUME`, and go on talking."""
    RESUME = "resume"


@message
class StartTalk(Command):
    """Begin a talk with the station; one that is under way ends first. Failure INVALID for a bad script."""

    script: str
    """What the car is and does, in the YAML of `evsite ev`."""


@message
class EndTalk(Command):
    """Close the connection, as when the plug is pulled."""


@message
class OrderTalk(Command):
    """Tell the talking car what to do."""

    order: TalkOrder


@message
class TalkState(Var):
    """How the talk is; retained, said on each change."""

    number: int = 0
    """Counts the talks."""
    running: bool = False
    pin: str = "B"
    """What the car makes of the pilot."""
    phase: str = ""
    connected: bool = False
    """DC: its contactors are closed."""
    charging: bool = False
    """It is in its charging loop."""
    wants_a: float = 0.0
    """AC: what it means to take per phase."""
    battery_v: float = 0.0
    soc_percent: float = 0.0
    completed: bool = False
    outcome: str = ""
    """How the last talk ended, for people."""
