"""How a station finds out, on the power line, which car is plugged in where (ISO 15118-3).

Mirror of EVerest's types file `slac`.
"""

import enum


class State(enum.StrEnum):
    """How far the matching with a car has come."""

    UNMATCHED = "UNMATCHED"
    MATCHING = "MATCHING"
    MATCHED = "MATCHED"
