"""What a board can do and how it is, for AC and DC.

Mirror of EVerest's types file `evse_board_support`.
"""

import enum
from typing import Annotated

from pydantic import Field

from protocols.message import message


class BoardConnectorType(enum.StrEnum):
    """The AC outlet of a board: a fixed cable or a socket."""

    IEC62196_TYPE2_CABLE = "IEC62196Type2Cable"
    IEC62196_TYPE2_SOCKET = "IEC62196Type2Socket"


@message
class HardwareCapabilities:
    """The limits of a board's power path; for a DC charger those of its AC side.

    Import is from the grid, export to the grid. Currents are per phase.
    """

    max_current_a_import: Annotated[float, Field(alias="max_current_A_import")]
    min_current_a_import: Annotated[float, Field(alias="min_current_A_import")]
    """Less may be asked for and may mean a pause."""
    max_phase_count_import: Annotated[int, Field(ge=1, le=3)]
    min_phase_count_import: Annotated[int, Field(ge=1, le=3)]
    max_current_a_export: Annotated[float, Field(alias="max_current_A_export")]
    min_current_a_export: Annotated[float, Field(alias="min_current_A_export")]
    """Less may be asked for and may mean a pause."""
    max_phase_count_export: Annotated[int, Field(ge=1, le=3)]
    min_phase_count_export: Annotated[int, Field(ge=1, le=3)]
    supports_changing_phases_during_charging: bool
    """Whether it can switch between one and three phases under load."""
    supports_cp_state_e: Annotated[bool, Field(alias="supports_cp_state_E")]
    """Whether it can pull the control pilot to 0 V."""
    max_plug_temperature_c: Annotated[float | None, Field(alias="max_plug_temperature_C")] = None
    """Above this the plug is too hot to go on."""
    connector_type: BoardConnectorType
    """The outlet the board serves."""


@message
class Telemetry:
    """Slow readings of a board's own health."""

    evse_temperature_c: Annotated[float, Field(alias="evse_temperature_C")]
    plug_temperature_c: Annotated[float | None, Field(alias="plug_temperature_C")] = None
    fan_rpm: float
    """0 when it stands still or there is none."""
    supply_voltage_12v: Annotated[float, Field(alias="supply_voltage_12V")]
    """Volts on the rail that should carry 12."""
    supply_voltage_minus_12v: Annotated[float, Field(alias="supply_voltage_minus_12V")]
    """Volts on the rail that should carry -12."""
    relais_on: bool
    """Whether the car is being supplied."""


class PowerOnOffReason(enum.StrEnum):
    """What the output contactors are closed or opened for."""

    DC_CABLE_CHECK = "DCCableCheck"
    DC_PRE_CHARGE = "DCPreCharge"
    FULL_POWER_CHARGING = "FullPowerCharging"
    POWER_OFF = "PowerOff"


@message
class PowerOnOff:
    """Leave to close the output contactors, and what for."""

    allow_power_on: bool
    """False means open them now."""
    reason: PowerOnOffReason
    """Tells a DC power path how much current to expect."""
