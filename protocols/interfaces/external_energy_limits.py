"""Limits laid on one node of the energy tree from outside, by the CSMS for instance."""

from typing import Final

from protocols import errors, types
from protocols.message import Command, message

NAME: Final = "external_energy_limits"
"""EVerest's name of the interface."""
ERRORS: Final[tuple[type[errors.ErrorType], ...]] = ()
"""What its providers may raise."""


@message
class SetExternalLimits(Command):
    """Replace the limits laid on this node."""

    value: types.energy.ExternalLimits
    """The limits."""
