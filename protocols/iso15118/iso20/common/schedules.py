"""ISO 15118-20 common messages: power schedules and profiles."""

from protocols.iso15118.exi.datatypes import UnsignedInt, UnsignedTime
from protocols.iso15118.exi.declare import element, xml_type
from protocols.iso15118.iso20.common.prices import (
    AbsolutePriceSchedule,
    EvAbsolutePriceSchedule,
    PriceLevelSchedule,
)
from protocols.iso15118.iso20.common.simple import COMMON_MESSAGES, PowerToleranceAcceptance
from protocols.iso15118.iso20.simple import NumericIdType, PercentValueType
from protocols.iso15118.iso20.types import RationalNumber


@xml_type(COMMON_MESSAGES)
class EvPowerScheduleEntry:
    """The power that the car offers for a while."""

    duration_s: UnsignedInt = element("Duration")
    power: RationalNumber = element(unit="W")


@xml_type(COMMON_MESSAGES)
class EvPowerScheduleEntryList:
    """The car's power offers, one after the other in time."""

    ev_power_schedule_entry: tuple[EvPowerScheduleEntry, ...] = element(
        "EVPowerScheduleEntry", max_occurs=1024
    )


@xml_type(COMMON_MESSAGES)
class EvPowerSchedule:
    """The power that the car offers over time."""

    time_anchor: UnsignedTime
    ev_power_schedule_entries: EvPowerScheduleEntryList = element("EVPowerScheduleEntries")


@xml_type(COMMON_MESSAGES)
class EvEnergyOffer:
    """What the car offers to give back, and for what price."""

    ev_power_schedule: EvPowerSchedule = element("EVPowerSchedule")
    ev_absolute_price_schedule: EvAbsolutePriceSchedule = element("EVAbsolutePriceSchedule")


@xml_type(COMMON_MESSAGES)
class ScheduledSeReqControlMode:
    """Scheduled control: what the car needs, and what it offers back."""

    departure_time_s: UnsignedInt | None = element("DepartureTime", default=None)
    ev_target_energy_request: RationalNumber | None = element(
        "EVTargetEnergyRequest", unit="Wh", default=None
    )
    ev_maximum_energy_request: RationalNumber | None = element(
        "EVMaximumEnergyRequest", unit="Wh", default=None
    )
    ev_minimum_energy_request: RationalNumber | None = element(
        "EVMinimumEnergyRequest", unit="Wh", default=None
    )
    ev_energy_offer: EvEnergyOffer | None = element("EVEnergyOffer", default=None)


@xml_type(COMMON_MESSAGES)
class DynamicSeReqControlMode:
    """Dynamic control: what the car needs and by when."""

    departure_time_s: UnsignedInt = element("DepartureTime")
    minimum_soc_percent: PercentValueType | None = element("MinimumSOC", default=None)
    target_soc_percent: PercentValueType | None = element("TargetSOC", default=None)
    ev_target_energy_request: RationalNumber = element("EVTargetEnergyRequest", unit="Wh")
    ev_maximum_energy_request: RationalNumber = element("EVMaximumEnergyRequest", unit="Wh")
    ev_minimum_energy_request: RationalNumber = element("EVMinimumEnergyRequest", unit="Wh")
    ev_maximum_v2x_energy_request: RationalNumber | None = element(
        "EVMaximumV2XEnergyRequest", unit="Wh", default=None
    )
    ev_minimum_v2x_energy_request: RationalNumber | None = element(
        "EVMinimumV2XEnergyRequest", unit="Wh", default=None
    )


@xml_type(COMMON_MESSAGES)
class PowerScheduleEntry:
    """A power for a while, by phase where the phases differ."""

    duration_s: UnsignedInt = element("Duration")
    power: RationalNumber = element(unit="W")
    power_l2: RationalNumber | None = element("Power_L2", unit="W", default=None)
    power_l3: RationalNumber | None = element("Power_L3", unit="W", default=None)


@xml_type(COMMON_MESSAGES)
class PowerScheduleEntryList:
    """Power limits, one after the other in time."""

    power_schedule_entry: tuple[PowerScheduleEntry, ...] = element(max_occurs=1024)


@xml_type(COMMON_MESSAGES)
class PowerSchedule:
    """The power limit over time."""

    time_anchor: UnsignedTime
    available_energy: RationalNumber | None = element(unit="Wh", default=None)
    power_tolerance: RationalNumber | None = element(unit="W", default=None)
    power_schedule_entries: PowerScheduleEntryList


@xml_type(COMMON_MESSAGES)
class ChargingSchedule:
    """A power schedule and the prices that go with it."""

    power_schedule: PowerSchedule
    absolute_price_schedule: AbsolutePriceSchedule | None = element(
        choice="schedule", optional_choice=True, default=None
    )
    price_level_schedule: PriceLevelSchedule | None = element(
        choice="schedule", optional_choice=True, default=None
    )


@xml_type(COMMON_MESSAGES)
class ScheduleTuple:
    """A charging schedule, and a discharging one where energy can flow back."""

    schedule_tuple_id: NumericIdType = element("ScheduleTupleID")
    charging_schedule: ChargingSchedule
    discharging_schedule: ChargingSchedule | None = None


@xml_type(COMMON_MESSAGES)
class ScheduledSeResControlMode:
    """Scheduled control: the schedules to choose from."""

    schedule_tuple: tuple[ScheduleTuple, ...] = element(max_occurs=3)


@xml_type(COMMON_MESSAGES)
class DynamicSeResControlMode:
    """Dynamic control: the goals, and the prices."""

    departure_time_s: UnsignedInt | None = element("DepartureTime", default=None)
    minimum_soc_percent: PercentValueType | None = element("MinimumSOC", default=None)
    target_soc_percent: PercentValueType | None = element("TargetSOC", default=None)
    absolute_price_schedule: AbsolutePriceSchedule | None = element(
        choice="schedule", optional_choice=True, default=None
    )
    price_level_schedule: PriceLevelSchedule | None = element(
        choice="schedule", optional_choice=True, default=None
    )


@xml_type(COMMON_MESSAGES)
class EvPowerProfileEntryList:
    """Power values, one after the other in time."""

    ev_power_profile_entry: tuple[PowerScheduleEntry, ...] = element("EVPowerProfileEntry", max_occurs=2048)


@xml_type(COMMON_MESSAGES)
class ScheduledEvpptControlMode:
    """Scheduled control: the schedule the profile keeps to."""

    selected_schedule_tuple_id: NumericIdType = element("SelectedScheduleTupleID")
    power_tolerance_acceptance: PowerToleranceAcceptance | None = None


@xml_type(COMMON_MESSAGES)
class DynamicEvpptControlMode:
    """Dynamic control: nothing more to say."""


@xml_type(COMMON_MESSAGES)
class EvPowerProfile:
    """The power that the car means to draw over time."""

    time_anchor: UnsignedTime
    dynamic_evppt_control_mode: DynamicEvpptControlMode | None = element(
        "Dynamic_EVPPTControlMode", choice="evppt_control_mode", default=None
    )
    scheduled_evppt_control_mode: ScheduledEvpptControlMode | None = element(
        "Scheduled_EVPPTControlMode", choice="evppt_control_mode", default=None
    )
    ev_power_profile_entries: EvPowerProfileEntryList = element("EVPowerProfileEntries")


@xml_type(COMMON_MESSAGES)
class ScheduledSmdtControlMode:
    """Scheduled control: which schedule was charged by."""

    selected_schedule_tuple_id: NumericIdType = element("SelectedScheduleTupleID")
