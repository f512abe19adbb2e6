"""The motor that locks a plug in a socket."""

from typing import Final

from protocols import errors
from protocols.message import Command, message

NAME: Final = "connector_lock"
"""EVerest's name of the interface."""
ERRORS: Final = (errors.ConnectorLock,)
"""What its providers may raise."""


@message
class Lock(Command):
    """Lock the plug; a failure is raised as an error."""


@message
class Unlock(Command):
    """Release the plug; a failure is raised as an error."""
