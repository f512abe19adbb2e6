"""What energy costs, now and as forecast. Prices are exact decimals.

Mirror of EVerest's types file `energy_price_information`.
"""

from typing import Annotated

from pydantic import Field

from protocols.message import ExactNumber, Timestamp, message


@message
class PricePerkWh:
    """The price of energy from one moment on, until the next entry."""

    timestamp: Timestamp
    """When it begins to hold."""
    value_per_kwh: Annotated[ExactNumber, Field(alias="value")]
    """In the main unit of the currency."""
    currency: Annotated[str, Field(min_length=3, max_length=3)]
    """ISO 4217 code."""


@message
class EnergyPriceSchedule:
    """The price forecast; the first entry of each list holds already now."""

    schedule_import: tuple[PricePerkWh, ...]
    """What energy from the grid costs."""
    schedule_export: tuple[PricePerkWh, ...]
    """What energy to the grid earns."""
