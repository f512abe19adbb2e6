"""What drivers say of their devices beyond EVerest's interfaces.

EVerest's variables tell what has changed; somebody who begins to listen in the middle of a charge has to know
how things are. These are retained, said anew on each change, and need not be said by a driver that is no
actor of evsite: whoever listens takes what they say from EVerest's variables as well.
"""

from __future__ import annotations

from protocols import types  # noqa: TC001  # the codec resolves the fields' types at run time
from protocols.message import Var, message


@message
class BoardState(Var):
    """How the pilot and the contactor of a board are; published under its name as `evse_board_support`."""

    pin: types.board_support_common.BspEventKind | None = None
    """A to F; None: not known yet."""
    power_on: bool | None = None
    """Whether the contactor is closed, by its feedback; None: not known yet."""


@message
class LockState(Var):
    """What the motor's feedback says; published under its name as `connector_lock`."""

    locked: bool


@message
class BayState(Var):
    """What the sensor of an EVSE's parking bay says; EVerest has no interface for one."""

    occupied: bool
