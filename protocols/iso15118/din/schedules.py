"""DIN SPEC 70121: schedules, tariffs and charging profiles."""

from protocols.iso15118.din.enumerations import CostKind
from protocols.iso15118.din.simple import (
    MSG_DATA_TYPES,
    PMaxType,
    SaIdType,
    TariffDescriptionType,
    UnitMultiplierType,
)
from protocols.iso15118.exi.datatypes import String, UnsignedByte, UnsignedInt
from protocols.iso15118.exi.declare import attribute, element, xml_type


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

    start_value: UnsignedInt = element("startValue")
    cost: tuple[Cost, ...] = element(min_occurs=0, default=())


@xml_type(MSG_DATA_TYPES, element="SalesTariffEntry")
class SalesTariffEntry(Entry):
    """The price level from a point in time on."""

    e_price_level: UnsignedByte
    consumption_cost: tuple[ConsumptionCost, ...] = element(min_occurs=0, default=())


@xml_type(MSG_DATA_TYPES)
class SalesTariff:
    """Prices over time, signed by the mobility operator."""

    sales_tariff_id: SaIdType = element("SalesTariffID")
    sales_tariff_description: TariffDescriptionType | None = None
    num_e_price_levels: UnsignedByte
    sales_tariff_entry: tuple[SalesTariffEntry, ...] = element(reference=True)
    id: String = attribute()


@xml_type(MSG_DATA_TYPES, element="PMaxScheduleEntry")
class PMaxScheduleEntry(Entry):
    """The power limit from a point in time on."""

    p_max_w: PMaxType = element("PMax")


@xml_type(MSG_DATA_TYPES)
class PMaxSchedule:
    """The power limit over time."""

    p_max_schedule_id: SaIdType = element("PMaxScheduleID")
    p_max_schedule_entry: tuple[PMaxScheduleEntry, ...] = element(reference=True)


@xml_type(MSG_DATA_TYPES)
class SaScheduleTuple:
    """A limit over time and the tariff that goes with it."""

    sa_schedule_tuple_id: SaIdType = element("SAScheduleTupleID")
    p_max_schedule: PMaxSchedule
    sales_tariff: SalesTariff | None = None


@xml_type(MSG_DATA_TYPES, element="SAScheduleList")
class SaScheduleList(SaSchedules):
    """Up to three schedules to choose from."""

    sa_schedule_tuple: tuple[SaScheduleTuple, ...] = element("SAScheduleTuple")


@xml_type(MSG_DATA_TYPES, element="RelativeTimeInterval")
class RelativeTimeInterval(Interval):
    """An interval that starts so many seconds after the schedule."""

    start_s: UnsignedInt = element("start")
    duration_s: UnsignedInt | None = element("duration", default=None)


@xml_type(MSG_DATA_TYPES)
class ProfileEntry:
    """The power from a point in time on."""

    charging_profile_entry_start_s: UnsignedInt = element("ChargingProfileEntryStart")
    charging_profile_entry_max_power_w: PMaxType = element("ChargingProfileEntryMaxPower")


@xml_type(MSG_DATA_TYPES)
class ChargingProfile:
    """The power that the car means to draw over time."""

    sa_schedule_tuple_id: SaIdType = element("SAScheduleTupleID")
    profile_entry: tuple[ProfileEntry, ...]
