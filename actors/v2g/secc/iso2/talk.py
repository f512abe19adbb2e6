"""What a talk in ISO 15118-2 keeps between two messages. Pure data."""

from __future__ import annotations

from actors.v2g.secc.ending import Ending
from protocols.message import Timestamp, message


@message
class Reading:
    """The meter reading that a car was sent and has to sign."""

    meter_id: str
    reading_wh: int
    at: int
    """Seconds since 1970."""


@message
class Iso2Talk:
    """State of one talk beyond what all protocols share (`state.Talk`)."""

    services: tuple[int, ...] = ()
    """The services the car has selected."""
    told: bool = False
    """The car's parameters of this negotiation are published."""
    p_max_w: float | None = None
    """The power of the schedule the car was offered last."""
    cable_check: bool = False
    """It was asked for in this negotiation."""
    pre_charge: bool = False
    """It was asked for in this negotiation."""
    closed: bool = False
    """The contactors were asked to close, or the DC output was asked for, and nobody asked to open since."""
    ongoing: bool = False
    """The car was told to ask again for the station's parameters."""
    late: str = ""
    """The timer that has run down; the next response says so."""
    receipt: Reading | None = None
    """What the car has to sign now."""
    receipt_at: Timestamp | None = None
    """When a receipt was last asked for."""
    renegotiation_at: Timestamp | None = None
    """When the car was last asked to negotiate anew."""
    bidirectional: bool = False
    """The car takes part in SAE J2847/2."""
    ending: Ending = Ending.ERROR
