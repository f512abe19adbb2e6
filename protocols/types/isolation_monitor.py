"""What an isolation monitor measures on a DC output.

Mirror of EVerest's types file `isolation_monitor`.
"""

from typing import Annotated

from pydantic import Field

from protocols.message import message


@message
class IsolationMeasurement:
    """One measurement between the DC lines and earth."""

    resistance_f_ohm: Annotated[float, Field(alias="resistance_F_Ohm")]
    """Of the DC lines against protective earth."""
    voltage_v: Annotated[float | None, Field(alias="voltage_V")] = None
    """Between the two lines."""
    voltage_to_earth_l1e_v: Annotated[float | None, Field(alias="voltage_to_earth_l1e_V")] = None
    voltage_to_earth_l2e_v: Annotated[float | None, Field(alias="voltage_to_earth_l2e_V")] = None
