"""What a DC power supply can do, is told to do and does.

Export is towards the car, import from the car. "Nominal" is the rating where the present limit is lower.

Mirror of EVerest's types file `power_supply_DC`.
"""

import enum
from typing import Annotated

from pydantic import Field

from protocols.message import message


class Mode(enum.StrEnum):
    """Which way energy flows through a supply."""

    OFF = "Off"
    EXPORT = "Export"
    """To the car."""
    IMPORT = "Import"
    """From the car."""
    FAULT = "Fault"
    """Neither, because it is broken."""


class ChargingPhase(enum.StrEnum):
    """What the output is needed for; most supplies need not know."""

    OTHER = "Other"
    """Switching off, tests."""
    CABLE_CHECK = "CableCheck"
    PRE_CHARGE = "PreCharge"
    CHARGING = "Charging"


@message
class VoltageCurrent:
    """What a supply measures at its output."""

    voltage_v: Annotated[float, Field(alias="voltage_V")]
    current_a: Annotated[float, Field(alias="current_A")]


@message
class Capabilities:
    """The limits of a supply."""

    bidirectional: bool
    """Whether it can take energy back from the car."""
    current_regulation_tolerance_a: Annotated[float, Field(alias="current_regulation_tolerance_A")]
    """Magnitude."""
    peak_current_ripple_a: Annotated[float, Field(alias="peak_current_ripple_A")]
    """Peak to peak."""
    max_export_voltage_v: Annotated[float, Field(alias="max_export_voltage_V")]
    nominal_max_export_voltage_v: Annotated[float | None, Field(alias="nominal_max_export_voltage_V")] = None
    min_export_voltage_v: Annotated[float, Field(alias="min_export_voltage_V")]
    nominal_min_export_voltage_v: Annotated[float | None, Field(alias="nominal_min_export_voltage_V")] = None
    max_export_current_a: Annotated[float, Field(alias="max_export_current_A")]
    nominal_max_export_current_a: Annotated[float | None, Field(alias="nominal_max_export_current_A")] = None
    min_export_current_a: Annotated[float, Field(alias="min_export_current_A")]
    nominal_min_export_current_a: Annotated[float | None, Field(alias="nominal_min_export_current_A")] = None
    max_import_voltage_v: Annotated[float | None, Field(alias="max_import_voltage_V")] = None
    nominal_max_import_voltage_v: Annotated[float | None, Field(alias="nominal_max_import_voltage_V")] = None
    min_import_voltage_v: Annotated[float | None, Field(alias="min_import_voltage_V")] = None
    nominal_min_import_voltage_v: Annotated[float | None, Field(alias="nominal_min_import_voltage_V")] = None
    max_import_current_a: Annotated[float | None, Field(alias="max_import_current_A")] = None
    nominal_max_import_current_a: Annotated[float | None, Field(alias="nominal_max_import_current_A")] = None
    min_import_current_a: Annotated[float | None, Field(alias="min_import_current_A")] = None
    nominal_min_import_current_a: Annotated[float | None, Field(alias="nominal_min_import_current_A")] = None
    max_export_power_w: Annotated[float, Field(alias="max_export_power_W")]
    nominal_max_export_power_w: Annotated[float | None, Field(alias="nominal_max_export_power_W")] = None
    max_import_power_w: Annotated[float | None, Field(alias="max_import_power_W")] = None
    nominal_max_import_power_w: Annotated[float | None, Field(alias="nominal_max_import_power_W")] = None
    conversion_efficiency_import: Annotated[float | None, Field(ge=0, le=1)] = None
    """Typical, 0 to 1."""
    conversion_efficiency_export: Annotated[float | None, Field(ge=0, le=1)] = None
    """Typical, 0 to 1."""
