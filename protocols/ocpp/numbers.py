"""Decimal numbers as OCPP writes them."""

from __future__ import annotations

from decimal import Decimal


def exact(number: float) -> Decimal:
    """A number of the wire as it was written: the parser's float is the nearest to that, and no other."""
    return Decimal(repr(number))
