"""ISO 15118-2: schedules, tariffs and charging profiles."""

from typing import Annotated

from protocols.iso15118.exi.datatypes import Integer, String, UnsignedByte, UnsignedInt
from protocols.iso15118.exi.declare import attribute, element, xml_type
from protocols.iso15118.iso2.data_types import PhysicalValue
from protocols.iso15118.iso2.enumerations import CostKind
from protocols.iso15118.iso2.simple import (
    MSG_DATA_TYPES,
    MaxNumPhasesType,
    SaIdType,
    TariffDescriptionType,
    UnitMultiplierType,
)


@xml_type(MSG_DATA_TYPES, element="SASchedules", abstract=True)
class SaSchedules:
    """What every kind of schedule offer has in common."""


@xml_type(MSG_DATA_TYPES, element="TimeInterval", abstract=True)
class Interval:
    """What every way of saying a time has in common."""


@xml_type(MSG_DATA_TYPES, element="Entry", abstract=True)
class Entry:
    """What every entry of a schedule has in common: its time."""

    time_interval: Interval = element(reference=True)


@xml_type(MSG_DATA_TYPES)
class Cost:
    """One kind of cost."""

    cost_kind: CostKind = element("costKind")
    amount: UnsignedInt = element("amount")
    amount_multiplier: UnitMultiplierType | None = element("amountMultiplier", default=None)


@xml_type(MSG_DATA_TYPES)
class ConsumptionCost:
    """The costs above a level of consumption."""

    start_value: PhysicalValue = element("startValue")
    cost: tuple[Cost, ...] = element(max_occurs=3)


@xml_type(MSG_DATA_TYPES, element="SalesTariffEntry")
class SalesTariffEntry(Entry):
    """The price level from a point in time on."""

    e_price_level: UnsignedByte | None = None
    consumption_cost: tuple[ConsumptionCost, ...] = element(min_occurs=0, max_occurs=3, default=())


@xml_type(MSG_DATA_TYPES)
class SalesTariff:
    """Prices over time, signed by the mobility operator; for the number of entries see PMaxSchedule."""

    sales_tariff_id: SaIdType = element("SalesTariffID")
    sales_tariff_description: TariffDescriptionType | None = None
    num_e_price_levels: UnsignedByte | None = None
    sales_tariff_entry: tuple[SalesTariffEntry, ...] = element(reference=True, max_occurs=1024)
    id: String | None = attribute(default=None)


@xml_type(MSG_DATA_TYPES, element="PMaxScheduleEntry")
class PMaxScheduleEntry(Entry):
    """The power limit from a point in time on."""

    p_max: PhysicalValue = element(unit="W")


@xml_type(MSG_DATA_TYPES)
class PMaxSchedule:
    """The power limit over time.

    Send fewer than 1024 entries: implementations disagree about what follows the last of 1024. Many cars
    hold no more than 12.
    """

    p_max_schedule_entry: tuple[PMaxScheduleEntry, ...] = element(reference=True, max_occurs=1024)


@xml_type(MSG_DATA_TYPES)
class SaScheduleTuple:
    """A limit over time and the tariff that goes with it."""

    sa_schedule_tuple_id: SaIdType = element("SAScheduleTupleID")
    p_max_schedule: PMaxSchedule
    sales_tariff: SalesTariff | None = None


@xml_type(MSG_DATA_TYPES, element="SAScheduleList")
class SaScheduleList(SaSchedules):
    """Up to three schedules to choose from."""

    sa_schedule_tuple: tuple[SaScheduleTuple, ...] = element("SAScheduleTuple", max_occurs=3)


@xml_type(MSG_DATA_TYPES, element="RelativeTimeInterval")
class RelativeTimeInterval(Interval):
    """An interval that starts so many seconds after the schedule."""

    start_s: Annotated[int, Integer(0, 16_777_214)] = element("start")
    duration_s: Annotated[int, Integer(0, 86_400)] | None = element("duration", default=None)


@xml_type(MSG_DATA_TYPES)
class ProfileEntry:
    """The power from a point in time on."""

    charging_profile_entry_start_s: UnsignedInt = element("ChargingProfileEntryStart")
    charging_profile_entry_max_power: PhysicalValue = element(unit="W")
    charging_profile_entry_max_number_of_phases_in_use: MaxNumPhasesType | None = None


@xml_type(MSG_DATA_TYPES)
class ChargingProfile:
    """The power that the car means to draw over time."""

    profile_entry: tuple[ProfileEntry, ...] = element(max_occurs=24)
