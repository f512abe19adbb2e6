"""What a board reports about control pilot, proximity pilot and its power switches.

Mirror of EVerest's types file `board_support_common`.
"""

import enum
from typing import Annotated

from pydantic import Field

from protocols.message import message


class BspEventKind(enum.StrEnum):
    """Control pilot states of IEC 61851-1 by their letter, and what the contactors did."""

    A = "A"
    """No vehicle."""
    B = "B"
    """Vehicle connected, not ready."""
    C = "C"
    """Vehicle wants energy."""
    D = "D"
    """Vehicle wants energy and ventilation."""
    E = "E"
    """Pilot at 0 V: no supply equipment, or a short."""
    F = "F"
    """Supply equipment not available."""
    POWER_ON = "PowerOn"
    """The contactors have closed, confirmed by their feedback."""
    POWER_OFF = "PowerOff"
    """The contactors have opened and are not welded, confirmed by their feedback."""
    DISCONNECTED = "Disconnected"
    """Car side only: not connected to any station."""


@message
class BspEvent:
    """One change on the control pilot or the output contactors."""

    event: BspEventKind
    """What happened."""


class Ampacity(enum.StrEnum):
    """Current rating that the proximity resistor of a cable codes."""

    NONE = "None"
    """No cable."""
    A_13 = "A_13"
    """13 A."""
    A_20 = "A_20"
    """20 A."""
    A_32 = "A_32"
    """32 A."""
    A_63_3PH_70_1PH = "A_63_3ph_70_1ph"
    """63 A on three phases, 70 A on one."""


@message
class ProximityPilot:
    """What the proximity pilot tells about the cable in the socket."""

    ampacity: Ampacity
    """The current the cable can carry."""


@message
class BspMeasurement:
    """Momentary readings of a board's pilot and residual current circuits."""

    proximity_pilot: ProximityPilot
    rcd_current_ma: Annotated[float | None, Field(alias="rcd_current_mA")] = None
    """Residual current."""
    cp_pwm_duty_cycle_percent: Annotated[float, Field(alias="cp_pwm_duty_cycle")]
    """0 to 100."""
