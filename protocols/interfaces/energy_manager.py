"""The root of the energy tree: distributes what the site has. It has neither commands nor variables; it works
through the `energy` interfaces that it requires.
"""

from typing import Final

from protocols import errors

NAME: Final = "energy_manager"
"""EVerest's name of the interface."""
ERRORS: Final[tuple[type[errors.ErrorType], ...]] = ()
"""What its providers may raise."""
