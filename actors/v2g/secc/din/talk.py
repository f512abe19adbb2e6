"""What a talk in DIN 70121 keeps between two messages. Pure data."""

from __future__ import annotations

from actors.v2g.secc.ending import Ending
from protocols.message import message


@message
class DinTalk:
    """State of one talk beyond what all protocols share (`state.Talk`)."""

    told: bool = False
    """The car's parameters are published."""
    cable_check: bool = False
    """It was asked for."""
    pre_charge: bool = False
    """It was asked for."""
    closed: bool = False
    """The DC output was asked for, and nobody asked to open the contactors since."""
    ongoing: bool = False
    """The car was told to ask again for the station's parameters."""
    late: str = ""
    """The timer that has run down; the next response says so."""
    ending: Ending = Ending.ERROR
