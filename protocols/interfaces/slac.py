"""The power line modem's side of one outlet: which car is it, and does the link stand (ISO 15118-3)."""

from typing import Annotated, Final

from pydantic import Field

from protocols import errors, types
from protocols.message import Command, Var, message

NAME: Final = "slac"
"""EVerest's name of the interface."""
ERRORS: Final = (errors.Generic,)
"""What its providers may raise."""


@message
class Reset(Command):
    """Start over."""

    enable: bool
    """False stays idle afterwards."""


@message
class EnterBcd(Command):
    """Tell that the pilot shows a car now."""


@message
class LeaveBcd(Command):
    """Tell that the pilot shows no car any more."""


@message
class DlinkTerminate(Command):
    """Give up the data link for good."""


@message
class DlinkError(Command):
    """Give up the data link and match the car anew."""


@message
class DlinkPause(Command):
    """Keep the match and let the modem sleep."""


@message
class State(Var):
    """How far the matching has come."""

    state: types.slac.State


@message
class DlinkReady(Var):
    """The data link came up or went down."""

    ready: bool


@message
class RequestErrorRoutine(Var):
    """The car must be woken by the pilot for another try."""


@message
class EvMacAddress(Var):
    """The car's network address, upper case."""

    mac_address: Annotated[str, Field(pattern=r"^[A-F0-9]{2}(:[A-F0-9]{2}){5}$")]
