"""ISO 15118-20: the types that the messages of all energy modes share."""

from protocols.iso15118 import xmldsig
from protocols.iso15118.exi.datatypes import (
    Byte,
    Short,
    UnsignedInt,
    UnsignedLong,
    UnsignedShort,
    UnsignedTime,
)
from protocols.iso15118.exi.declare import element, xml_type
from protocols.iso15118.iso20.enumerations import EvseNotification, ResponseCode
from protocols.iso15118.iso20.simple import (
    COMMON_TYPES,
    MeterIdType,
    MeterSignatureType,
    NumericIdType,
    PercentValueType,
    SessionIdType,
)
from protocols.iso15118.physical import ScaledNumber


@xml_type(COMMON_TYPES)
class MessageHeader:
    """What precedes the body of every message: the session, and a signature where one is due."""

    session_id: SessionIdType = element("SessionID")
    time_stamp: UnsignedTime
    signature: xmldsig.Signature | None = element(reference=True, default=None)


@xml_type(COMMON_TYPES, abstract=True)
class V2gMessage:
    """A complete message: header and body."""

    header: MessageHeader


@xml_type(COMMON_TYPES, abstract=True)
class V2gRequest(V2gMessage):
    """What every request has in common: the header."""


@xml_type(COMMON_TYPES, abstract=True)
class V2gResponse(V2gMessage):
    """What every response has in common: header and response code."""

    response_code: ResponseCode


@xml_type(COMMON_TYPES, abstract=True)
class ChargeParameterDiscoveryReq(V2gRequest):
    """What the car can take and wants."""


@xml_type(COMMON_TYPES, abstract=True)
class ChargeParameterDiscoveryRes(V2gResponse):
    """What the station can give, and the schedules to choose from."""


@xml_type(COMMON_TYPES)
class RationalNumber(ScaledNumber):
    """A number with a power of ten; its field says the unit."""

    exponent: Byte
    value: Short


@xml_type(COMMON_TYPES)
class DisplayParameters:
    """What the car knows about its battery, for people to read."""

    present_soc_percent: PercentValueType | None = element("PresentSOC", default=None)
    minimum_soc_percent: PercentValueType | None = element("MinimumSOC", default=None)
    target_soc_percent: PercentValueType | None = element("TargetSOC", default=None)
    maximum_soc_percent: PercentValueType | None = element("MaximumSOC", default=None)
    remaining_time_to_minimum_soc_s: UnsignedInt | None = element("RemainingTimeToMinimumSOC", default=None)
    remaining_time_to_target_soc_s: UnsignedInt | None = element("RemainingTimeToTargetSOC", default=None)
    remaining_time_to_maximum_soc_s: UnsignedInt | None = element("RemainingTimeToMaximumSOC", default=None)
    charging_complete: bool | None = None
    battery_energy_capacity: RationalNumber | None = element(unit="Wh", default=None)
    inlet_hot: bool | None = None


@xml_type(COMMON_TYPES, abstract=True)
class ChargeLoopReq(V2gRequest):
    """What the charging loop requests of all energy modes have in common."""

    display_parameters: DisplayParameters | None = None
    meter_info_requested: bool


@xml_type(COMMON_TYPES)
class EvseStatus:
    """What the station wants the car to do, and within which time."""

    notification_max_delay_s: UnsignedShort = element("NotificationMaxDelay")
    evse_notification: EvseNotification = element("EVSENotification")


@xml_type(COMMON_TYPES)
class MeterInfo:
    """A meter's reading, and its signature where the meter gives one."""

    meter_id: MeterIdType = element("MeterID")
    charged_energy_reading_wh: UnsignedLong
    bpt_discharged_energy_reading_wh: UnsignedLong | None = element(
        "BPT_DischargedEnergyReadingWh", default=None
    )
    capacitive_energy_reading_varh: UnsignedLong | None = element("CapacitiveEnergyReadingVARh", default=None)
    bpt_inductive_energy_reading_varh: UnsignedLong | None = element(
        "BPT_InductiveEnergyReadingVARh", default=None
    )
    meter_signature: MeterSignatureType | None = None
    meter_status: Short | None = None
    meter_timestamp: UnsignedTime | None = None


@xml_type(COMMON_TYPES)
class DetailedCost:
    """An amount and what one unit of it costs."""

    amount: RationalNumber
    cost_per_unit: RationalNumber


@xml_type(COMMON_TYPES)
class DetailedTax:
    """The amount of one tax."""

    tax_rule_id: NumericIdType = element("TaxRuleID")
    amount: RationalNumber


@xml_type(COMMON_TYPES)
class Receipt:
    """What charging has cost so far, by kind of cost."""

    time_anchor: UnsignedTime
    energy_costs: DetailedCost | None = None
    occupancy_costs: DetailedCost | None = None
    additional_services_costs: DetailedCost | None = None
    overstay_costs: DetailedCost | None = None
    tax_costs: tuple[DetailedTax, ...] = element(min_occurs=0, max_occurs=10, default=())


@xml_type(COMMON_TYPES, abstract=True)
class ChargeLoopRes(V2gResponse):
    """What the charging loop responses of all energy modes have in common."""

    evse_status: EvseStatus | None = element("EVSEStatus", default=None)
    meter_info: MeterInfo | None = None
    receipt: Receipt | None = None


@xml_type(COMMON_TYPES, element="CLReqControlMode", abstract=True)
class ClReqControlMode:
    """Head of the control modes that a charging loop request can be in."""


@xml_type(COMMON_TYPES, element="CLResControlMode", abstract=True)
class ClResControlMode:
    """Head of the control modes that a charging loop response can be in."""


@xml_type(COMMON_TYPES, abstract=True)
class ScheduledClReqControlMode(ClReqControlMode):
    """What the car says in scheduled control mode, whatever the kind of current."""

    ev_target_energy_request: RationalNumber | None = element(
        "EVTargetEnergyRequest", unit="Wh", default=None
    )
    ev_maximum_energy_request: RationalNumber | None = element(
        "EVMaximumEnergyRequest", unit="Wh", default=None
    )
    ev_minimum_energy_request: RationalNumber | None = element(
        "EVMinimumEnergyRequest", unit="Wh", default=None
    )


@xml_type(COMMON_TYPES, abstract=True)
class ScheduledClResControlMode(ClResControlMode):
    """What the station says in scheduled control mode, whatever the kind of current."""


@xml_type(COMMON_TYPES, abstract=True)
class DynamicClReqControlMode(ClReqControlMode):
    """What the car says in dynamic control mode, whatever the kind of current."""

    departure_time_s: UnsignedInt | None = element("DepartureTime", default=None)
    ev_target_energy_request: RationalNumber = element("EVTargetEnergyRequest", unit="Wh")
    ev_maximum_energy_request: RationalNumber = element("EVMaximumEnergyRequest", unit="Wh")
    ev_minimum_energy_request: RationalNumber = element("EVMinimumEnergyRequest", unit="Wh")


@xml_type(COMMON_TYPES, abstract=True)
class DynamicClResControlMode(ClResControlMode):
    """What the station says in dynamic control mode, whatever the kind of current."""

    departure_time_s: UnsignedInt | None = element("DepartureTime", default=None)
    minimum_soc_percent: PercentValueType | None = element("MinimumSOC", default=None)
    target_soc_percent: PercentValueType | None = element("TargetSOC", default=None)
    ack_max_delay_s: UnsignedShort | None = element("AckMaxDelay", default=None)


@xml_type(COMMON_TYPES)
class ListOfRootCertificateIds:
    """The root certificates that the car trusts."""

    root_certificate_id: tuple[xmldsig.X509IssuerSerial, ...] = element("RootCertificateID", max_occurs=20)
