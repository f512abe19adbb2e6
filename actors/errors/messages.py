"""How errors travel between actors.

An implementation says its whole set of standing errors on each change, retained for late subscribers, under
its own name. Nothing is lost when an actor on either side is replaced: who subscribes is told what stands,
and a successor's first word clears what its predecessor had raised and does not stand any more.
"""

from typing import Final

from protocols import types
from protocols.message import Var, message

FRAMEWORK: Final = "site:errors/framework"
"""The name under which the error framework speaks of the whole site; no module can be called so."""


@message
class Standing:
    """One error that stands, or stood."""

    error: types.error_history.ErrorObject
    vendor_id: str = ""
    """Whose error it is, for those that are a vendor's own."""
    evse: int | None = None
    """The EVSE its origin is mapped to; None or 0: the station."""
    connector: int | None = None


@message
class StandingErrors(Var):
    """Every error of one implementation that stands at this moment, oldest first."""

    errors: tuple[Standing, ...]


@message
class ErrorRaised(Var):
    """An error of any implementation of the site began to stand; published by the error framework."""

    standing: Standing


@message
class ErrorCleared(Var):
    """An error of any implementation of the site stands no longer; published by the error framework."""

    standing: Standing
