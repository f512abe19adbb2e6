"""A node of the energy tree, as its parent sees it."""

from typing import Final

from protocols import errors, types
from protocols.message import Command, Var, message

NAME: Final = "energy"
"""EVerest's name of the interface."""
ERRORS: Final[tuple[type[errors.ErrorType], ...]] = ()
"""What its providers may raise."""


@message
class EnforceLimits(Command):
    """Grant energy to this node and the nodes below."""

    value: types.energy.EnforcedLimits
    """The grant."""


@message
class EnergyFlowRequest(Var):
    """What this node and the nodes below it need."""

    request: types.energy.EnergyFlowRequest
