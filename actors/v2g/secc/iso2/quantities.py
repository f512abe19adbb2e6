"""Physical values of ISO 15118-2 from plain numbers. Pure.

What the station has told is bounded by its interface, so it always has a form on the wire.
"""

from __future__ import annotations

from protocols.iso15118.iso2 import PhysicalValue, UnitSymbol


def volts(number_v: float) -> PhysicalValue:
    """A voltage."""
    return PhysicalValue.nearest(number_v, UnitSymbol.V)


def amperes(number_a: float) -> PhysicalValue:
    """A current."""
    return PhysicalValue.nearest(number_a, UnitSymbol.A)


def watts(number_w: float) -> PhysicalValue:
    """A power."""
    return PhysicalValue.nearest(number_w, UnitSymbol.W)
