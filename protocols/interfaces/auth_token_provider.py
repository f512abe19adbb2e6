"""A source of tokens: a card reader, a remote start, a car that shows its contract."""

from typing import Final

from protocols import errors, types
from protocols.message import Var, message

NAME: Final = "auth_token_provider"
"""EVerest's name of the interface."""
ERRORS: Final = (errors.Generic,)
"""What its providers may raise."""


@message
class ProvidedToken(Var):
    """Somebody wants to charge, or to stop."""

    token: types.authorization.ProvidedIdToken
