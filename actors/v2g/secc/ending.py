"""How a talk in DIN 70121 or ISO 15118-2 has ended, for the data link. Pure data."""

import enum


class Ending(enum.StrEnum):
    """What becomes of the data link when the car is gone."""

    ERROR = "Error"
    """The talk broke off."""
    TERMINATE = "Terminate"
    PAUSE = "Pause"
