"""What is kept of resets: those promised, and EVSEs out of service for them. Declarations."""

import enum

from actors.ocpp.blocks.evse_holds import EvseHold
from protocols.message import Timestamp, message


class Stage(enum.StrEnum):
    """How far a reset has come."""

    WAITING = "Waiting"
    """For everybody to have finished by themselves (OnIdle)."""
    STOPPING = "Stopping"
    """Transactions are being stopped."""
    LEAVING = "Leaving"
    """Everything has stopped; what has to be told goes out."""
    ORDERED = "Ordered"
    """The station has been told to restart, or the EVSE is out of service."""


@message
class PendingReset:
    """A reset that the CSMS was promised."""

    evse_id: int = 0
    """0: the station."""
    kind: str
    """Of OCPP's ResetEnumType."""
    scheduled: bool
    """Whether it was to wait."""
    stage: Stage
    site_life: str
    """The life of the site in which it was promised: it is done when that is over."""
    entered_at: Timestamp
    """When its stage began."""
    tries: int = 0
    """How often the restart has been ordered."""
    taken: bool = False
    """`system` has taken the order, at `entered_at`."""

    @property
    def key(self) -> str:
        """By its EVSE."""
        return str(self.evse_id)


@message
class Hold(EvseHold):
    """An EVSE that is kept out of service for a reset, or is to be put back."""
