"""ISO 15118-20 common messages: prices and tariffs."""

from protocols.iso15118.exi.datatypes import String, UnsignedByte, UnsignedInt, UnsignedShort, UnsignedTime
from protocols.iso15118.exi.declare import attribute, element, xml_type
from protocols.iso15118.iso20.common.simple import COMMON_MESSAGES, CurrencyType, LanguageType
from protocols.iso15118.iso20.simple import DescriptionType, IdentifierType, NameType, NumericIdType
from protocols.iso15118.iso20.types import RationalNumber


@xml_type(COMMON_MESSAGES)
class EvPriceRule:
    """A price that the car asks, from a power on."""

    energy_fee: RationalNumber
    power_range_start: RationalNumber = element(unit="W")


@xml_type(COMMON_MESSAGES)
class EvPriceRuleStack:
    """The prices that the car asks for a while."""

    duration_s: UnsignedInt = element("Duration")
    ev_price_rule: tuple[EvPriceRule, ...] = element("EVPriceRule", max_occurs=8)


@xml_type(COMMON_MESSAGES)
class EvPriceRuleStackList:
    """The car's prices, one stack after the other in time."""

    ev_price_rule_stack: tuple[EvPriceRuleStack, ...] = element("EVPriceRuleStack", max_occurs=1024)


@xml_type(COMMON_MESSAGES)
class EvAbsolutePriceSchedule:
    """The prices that the car asks over time."""

    time_anchor: UnsignedTime
    currency: CurrencyType
    price_algorithm: IdentifierType
    ev_price_rule_stacks: EvPriceRuleStackList = element("EVPriceRuleStacks")


@xml_type(COMMON_MESSAGES, abstract=True)
class PriceSchedule:
    """What price schedules of both kinds have in common."""

    time_anchor: UnsignedTime
    price_schedule_id: NumericIdType = element("PriceScheduleID")
    price_schedule_description: DescriptionType | None = None


@xml_type(COMMON_MESSAGES)
class PriceLevelScheduleEntry:
    """A price level for a while."""

    duration_s: UnsignedInt = element("Duration")
    price_level: UnsignedByte


@xml_type(COMMON_MESSAGES)
class PriceLevelScheduleEntryList:
    """Price levels, one after the other in time."""

    price_level_schedule_entry: tuple[PriceLevelScheduleEntry, ...] = element(max_occurs=1024)


@xml_type(COMMON_MESSAGES)
class PriceLevelSchedule(PriceSchedule):
    """Price levels over time; signed by its Id."""

    number_of_price_levels: UnsignedByte
    price_level_schedule_entries: PriceLevelScheduleEntryList
    id: String | None = attribute(default=None)


@xml_type(COMMON_MESSAGES)
class TaxRule:
    """A tax and what it applies to."""

    tax_rule_id: NumericIdType = element("TaxRuleID")
    tax_rule_name: NameType | None = None
    tax_rate: RationalNumber
    tax_included_in_price: bool | None = None
    applies_to_energy_fee: bool
    applies_to_parking_fee: bool
    applies_to_overstay_fee: bool
    applies_minimum_maximum_cost: bool


@xml_type(COMMON_MESSAGES)
class TaxRuleList:
    """The taxes that prices refer to."""

    tax_rule: tuple[TaxRule, ...] = element(max_occurs=10)


@xml_type(COMMON_MESSAGES)
class PriceRule:
    """Prices from a power on."""

    energy_fee: RationalNumber
    parking_fee: RationalNumber | None = None
    parking_fee_period_s: UnsignedInt | None = element("ParkingFeePeriod", default=None)
    carbon_dioxide_emission: UnsignedShort | None = None
    renewable_generation_percentage: UnsignedByte | None = None
    power_range_start: RationalNumber = element(unit="W")


@xml_type(COMMON_MESSAGES)
class PriceRuleStack:
    """The prices for a while."""

    duration_s: UnsignedInt = element("Duration")
    price_rule: tuple[PriceRule, ...] = element(max_occurs=8)


@xml_type(COMMON_MESSAGES)
class PriceRuleStackList:
    """Prices, one stack after the other in time."""

    price_rule_stack: tuple[PriceRuleStack, ...] = element(max_occurs=1024)


@xml_type(COMMON_MESSAGES)
class OverstayRule:
    """A fee from a time of overstaying on."""

    overstay_rule_description: DescriptionType | None = None
    start_time_s: UnsignedInt = element("StartTime")
    overstay_fee: RationalNumber
    overstay_fee_period_s: UnsignedInt = element("OverstayFeePeriod")


@xml_type(COMMON_MESSAGES)
class OverstayRuleList:
    """What staying too long costs."""

    overstay_time_threshold_s: UnsignedInt | None = element("OverstayTimeThreshold", default=None)
    overstay_power_threshold: RationalNumber | None = element(unit="W", default=None)
    overstay_rule: tuple[OverstayRule, ...] = element(max_occurs=5)


@xml_type(COMMON_MESSAGES)
class AdditionalService:
    """A service that costs extra, and what."""

    service_name: NameType
    service_fee: RationalNumber


@xml_type(COMMON_MESSAGES)
class AdditionalServiceList:
    """Services that cost extra."""

    additional_service: tuple[AdditionalService, ...] = element(max_occurs=5)


@xml_type(COMMON_MESSAGES)
class AbsolutePriceSchedule(PriceSchedule):
    """Prices in a currency over time, with taxes and fees; signed by its Id."""

    currency: CurrencyType
    language: LanguageType
    price_algorithm: IdentifierType
    minimum_cost: RationalNumber | None = None
    maximum_cost: RationalNumber | None = None
    tax_rules: TaxRuleList | None = None
    price_rule_stacks: PriceRuleStackList
    overstay_rules: OverstayRuleList | None = None
    additional_selected_services: AdditionalServiceList | None = None
    id: String | None = attribute(default=None)
