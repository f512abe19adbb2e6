"""What sessions of one EVSE cost, for displays and bookkeeping."""

from typing import Final

from protocols import errors, types
from protocols.message import Var, message

NAME: Final = "session_cost"
"""EVerest's name of the interface."""
ERRORS: Final[tuple[type[errors.ErrorType], ...]] = ()
"""What its providers may raise."""


@message
class DefaultPrice(Var):
    """What charging costs here by default; at start and when it changes."""

    price: types.session_cost.DefaultPrice


@message
class TariffMessage(Var):
    """What charging costs one user."""

    tariff: types.session_cost.TariffMessage


@message
class SessionCost(Var):
    """What a session has cost so far, or in the end."""

    cost: types.session_cost.SessionCost
