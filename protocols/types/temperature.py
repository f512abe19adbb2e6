"""Temperatures measured in a station.

Mirror of EVerest's types file `temperature`.
"""

from typing import Annotated

from pydantic import Field

from protocols.message import message


@message
class Temperature:
    """What one sensor measures."""

    temperature_c: Annotated[float, Field(alias="temperature")]
    identification: str | None = None
    """The sensor's id."""
    location: str | None = None
    """Where it sits."""
