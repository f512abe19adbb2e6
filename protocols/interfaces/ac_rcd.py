"""A residual current device that guards an AC outlet.

It switches off by itself, in hardware; this interface tests, resets and observes it.
"""

from typing import ClassVar, Final

from protocols import errors
from protocols.message import Command, Reply, Var, message

NAME: Final = "ac_rcd"
"""EVerest's name of the interface."""
ERRORS: Final = (errors.AcRcd,)
"""What its providers may raise."""


@message
class SelfTest(Command):
    """Have the device test itself; a failure is raised as the error `Selftest`."""


@message
class ResetReply(Reply):
    """Answer to `Reset`."""

    reset: bool
    """Whether it is closed now."""


@message
class Reset(Command):
    """Close the device again after it has tripped; not every hardware can."""

    answer: ClassVar[type[Reply]] = ResetReply


@message
class RcdCurrentMA(Var):
    """Residual current, for information only."""

    everest_name: ClassVar[str | None] = "rcd_current_mA"

    current_ma: float
