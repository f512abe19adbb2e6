"""Measured quantities by phase. Energy registers are exact decimals, all else is binary floating point.

Mirror of EVerest's types file `units`.
"""

from typing import Annotated

from pydantic import Field

from protocols.message import ExactNumber, message


@message
class Current:
    """Current by line; N is neutral."""

    dc_a: Annotated[float | None, Field(alias="DC")] = None
    l1_a: Annotated[float | None, Field(alias="L1")] = None
    l2_a: Annotated[float | None, Field(alias="L2")] = None
    l3_a: Annotated[float | None, Field(alias="L3")] = None
    n_a: Annotated[float | None, Field(alias="N")] = None


@message
class Voltage:
    """Voltage by phase against neutral, or across a DC output."""

    dc_v: Annotated[float | None, Field(alias="DC")] = None
    l1_v: Annotated[float | None, Field(alias="L1")] = None
    l2_v: Annotated[float | None, Field(alias="L2")] = None
    l3_v: Annotated[float | None, Field(alias="L3")] = None


@message
class Frequency:
    """Frequency by phase."""

    l1_hz: Annotated[float, Field(alias="L1")]
    l2_hz: Annotated[float | None, Field(alias="L2")] = None
    l3_hz: Annotated[float | None, Field(alias="L3")] = None


@message
class Power:
    """Active power; positive is import, negative export."""

    total_w: Annotated[float, Field(alias="total")]
    """Sum of the phases, or of a DC output."""
    l1_w: Annotated[float | None, Field(alias="L1")] = None
    l2_w: Annotated[float | None, Field(alias="L2")] = None
    l3_w: Annotated[float | None, Field(alias="L3")] = None


@message
class Energy:
    """The registers of a meter, in exact decimals."""

    total_wh: Annotated[ExactNumber, Field(alias="total")]
    """What is billed."""
    l1_wh: Annotated[ExactNumber | None, Field(alias="L1")] = None
    l2_wh: Annotated[ExactNumber | None, Field(alias="L2")] = None
    l3_wh: Annotated[ExactNumber | None, Field(alias="L3")] = None


@message
class ReactivePower:
    """Reactive power."""

    total_var: Annotated[float, Field(alias="total")]
    """Sum of the phases."""
    l1_var: Annotated[float | None, Field(alias="L1")] = None
    l2_var: Annotated[float | None, Field(alias="L2")] = None
    l3_var: Annotated[float | None, Field(alias="L3")] = None
