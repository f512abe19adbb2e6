"""What the two halves of a simulated car say to each other: behaviour, and ISO 15118 / DIN 70121."""

import enum

from protocols.message import Command, Var, message


class TalkOrder(enum.StrEnum):
    """What a car in its charging loop can be told."""

    STOP = "stop"
    PAUSE = "pause"
    RENEGOTIATE = "renegotiate"


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
