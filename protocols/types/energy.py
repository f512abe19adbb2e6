"""What the nodes of the energy tree ask for and what the energy manager grants them.

Import means from the grid to the car, export the other way. The root side of a node faces the grid, the
leaves side the cars.

Mirror of EVerest's types file `energy`.
"""

import enum
from typing import Annotated

from pydantic import Field

from protocols.message import ExactNumber, Timestamp, message
from protocols.types import energy_price_information, powermeter


@message
class NumberWithSource:
    """A value and who set it; its unit is in the name of the field that holds it."""

    value: float
    """In the unit of the holding field."""
    source: str
    """Who set it, for people who look for the reason of a limit."""


@message
class IntegerWithSource:
    """A whole number and who set it; its unit is in the name of the field that holds it."""

    value: int
    """In the unit of the holding field."""
    source: str
    """Who set it, for people who look for the reason of a limit."""


class NodeType(enum.StrEnum):
    """What a node of the energy tree stands for."""

    UNDEFINED = "Undefined"
    EVSE = "Evse"
    GENERIC = "Generic"
    """A fuse, a cable or anything else that only limits."""


class EvseState(enum.StrEnum):
    """What an EVSE is doing, as far as distributing energy cares."""

    UNPLUGGED = "Unplugged"
    WAIT_FOR_AUTH = "WaitForAuth"
    WAIT_FOR_ENERGY = "WaitForEnergy"
    PREPARE_CHARGING = "PrepareCharging"
    PAUSED_EV = "PausedEV"
    """The car paused."""
    PAUSED_EVSE = "PausedEVSE"
    """The station paused."""
    CHARGING = "Charging"
    FINISHED = "Finished"
    DISABLED = "Disabled"


@message
class LimitsReq:
    """The limits a node states about itself. AC currents are per phase."""

    total_power_w: Annotated[NumberWithSource | None, Field(alias="total_power_W")] = None
    """Not negative. DC, or on top of the AC limits."""
    ac_max_current_a: Annotated[NumberWithSource | None, Field(alias="ac_max_current_A")] = None
    """Not negative."""
    ac_min_current_a: Annotated[NumberWithSource | None, Field(alias="ac_min_current_A")] = None
    """Below this the node does not work at all; 6 A for a car on AC."""
    ac_max_phase_count: IntegerWithSource | None = None
    """1 to 3; absent means not limited."""
    ac_min_phase_count: IntegerWithSource | None = None
    """1 to 3; absent means not limited."""
    ac_supports_changing_phases_during_charging: bool | None = None
    """Whether the number of phases may change while a car charges."""
    ac_number_of_active_phases: Annotated[int | None, Field(ge=1, le=3)] = None
    """The number of phases the car is offered now."""


@message
class LimitsRes:
    """The limits a node is granted; a negative value means export. AC currents are per phase."""

    total_power_w: Annotated[NumberWithSource | None, Field(alias="total_power_W")] = None
    """DC, or on top of the AC limits."""
    ac_max_current_a: Annotated[NumberWithSource | None, Field(alias="ac_max_current_A")] = None
    ac_max_phase_count: IntegerWithSource | None = None
    """Absent means not limited."""


@message
class OptimizerTarget:
    """What the user of one EVSE wants to reach."""

    energy_amount_needed_kwh: Annotated[float | None, Field(alias="energy_amount_needed")] = None
    """What the car lacks to its goal."""
    charge_to_max_percent: float | None = None
    """Charge the battery no further than this."""
    car_battery_soc_percent: Annotated[float | None, Field(alias="car_battery_soc", ge=0, le=100)] = None
    """Where the battery is now."""
    leave_time: Timestamp | None = None
    """The goals must be met by then, at the least cost."""
    price_limit_per_kwh: Annotated[ExactNumber | None, Field(alias="price_limit")] = None
    """Below this price charge in any case; in the currency of the price schedule."""
    full_autonomy: bool | None = None
    """Take nothing from the grid, only energy made on site."""


@message
class FrequencyWattPoint:
    """One point of a curve that sets power by grid frequency."""

    frequency_hz: Annotated[float, Field(alias="frequency_Hz")]
    total_power_w: Annotated[float, Field(alias="total_power_W")]


@message
class SetpointType:
    """A value to steer to, positive for charging, negative for discharging.

    At most one of current, power and frequency table is given. There are no set points per phase.
    """

    ac_current_a: Annotated[float | None, Field(alias="ac_current_A")] = None
    """Per phase."""
    total_power_w: Annotated[float | None, Field(alias="total_power_W")] = None
    frequency_table: tuple[FrequencyWattPoint, ...] | None = None
    """At least two points; empty means none is set."""
    priority: Annotated[int, Field(ge=0, le=1000)]
    """0 goes first, 1000 last."""
    source: str
    """Who set it."""


@message
class ScheduleSetpointEntry:
    """The set point from one moment on, until the next entry."""

    timestamp: Timestamp
    """When it begins to hold."""
    setpoint: SetpointType | None = None


@message
class ScheduleReqEntry:
    """The limits a node states from one moment on, until the next entry."""

    timestamp: Timestamp
    """When they begin to hold."""
    limits_to_root: LimitsReq
    """Towards the grid."""
    limits_to_leaves: LimitsReq
    """Towards the cars."""
    conversion_efficiency: Annotated[float | None, Field(ge=0, le=1)] = None
    """Share of the root side's power that reaches the leaves side, 0 to 1; absent means 1."""
    price_per_kwh: energy_price_information.PricePerkWh | None = None


@message
class ScheduleResEntry:
    """The limits a node is granted from one moment on, until the next entry."""

    timestamp: Timestamp
    """When they begin to hold."""
    limits_to_root: LimitsRes
    """Towards the grid."""
    price_per_kwh: energy_price_information.PricePerkWh | None = None


@message
class EnergyFlowRequest:
    """What one node and everything below it needs; the request of the root describes the site.

    The first entry of each schedule holds already now, whatever its time says.
    """

    children: tuple["EnergyFlowRequest", ...]
    """The requests of the nodes directly below."""
    uuid: str
    """Names the node; the grant comes back under it."""
    node_type: NodeType
    priority_request: bool | None = None
    """True asks the energy manager to decide at once."""
    evse_state: EvseState | None = None
    optimizer_target: OptimizerTarget | None = None
    """What the user of this EVSE wants."""
    energy_usage_root: powermeter.Powermeter | None = None
    """Measured towards the grid."""
    energy_usage_leaves: powermeter.Powermeter | None = None
    """Measured towards the cars."""
    schedule_import: tuple[ScheduleReqEntry, ...]
    """Values are not negative."""
    schedule_export: tuple[ScheduleReqEntry, ...]
    """Values are not negative."""
    schedule_setpoints: tuple[ScheduleSetpointEntry, ...]


@message
class EnforcedLimits:
    """What the energy manager grants one node."""

    uuid: str
    """The node it is for."""
    valid_for_s: Annotated[int, Field(alias="valid_for")]
    """Without a newer grant within this time consumption must stop."""
    limits_root_side: LimitsRes
    """What must be kept now."""
    schedule: tuple[ScheduleResEntry, ...]
    """What is planned; for information, never for limiting. Export is negative."""


@message
class ExternalLimits:
    """Limits laid on one node from outside the tree, for instance by the CSMS.

    The first entry of each schedule holds already now, the last one for ever.
    """

    schedule_import: tuple[ScheduleReqEntry, ...]
    schedule_export: tuple[ScheduleReqEntry, ...]
    schedule_setpoints: tuple[ScheduleSetpointEntry, ...]
