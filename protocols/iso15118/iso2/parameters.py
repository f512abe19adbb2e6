"""ISO 15118-2: status and charging parameters of car and station."""

from protocols.iso15118.exi.datatypes import UnsignedInt, UnsignedShort
from protocols.iso15118.exi.declare import element, xml_type
from protocols.iso15118.iso2.data_types import PhysicalValue
from protocols.iso15118.iso2.enumerations import (
    DcEvErrorCode,
    DcEvseStatusCode,
    EvseNotification,
    IsolationLevel,
)
from protocols.iso15118.iso2.simple import MSG_DATA_TYPES, PercentValueType


@xml_type(MSG_DATA_TYPES, element="EVSEStatus", abstract=True)
class EvseStatus:
    """What the station wants the car to do, and within which time."""

    notification_max_delay_s: UnsignedShort = element("NotificationMaxDelay")
    evse_notification: EvseNotification = element("EVSENotification")


@xml_type(MSG_DATA_TYPES, element="AC_EVSEStatus")
class AcEvseStatus(EvseStatus):
    """Status of an AC outlet."""

    rcd: bool = element("RCD")


@xml_type(MSG_DATA_TYPES, element="EVStatus", abstract=True)
class EvStatus:
    """What every status of a car has in common."""


@xml_type(MSG_DATA_TYPES, element="DC_EVSEStatus")
class DcEvseStatus(EvseStatus):
    """Status of a DC outlet."""

    evse_isolation_status: IsolationLevel | None = element("EVSEIsolationStatus", default=None)
    evse_status_code: DcEvseStatusCode = element("EVSEStatusCode")


@xml_type(MSG_DATA_TYPES, element="DC_EVStatus")
class DcEvStatus(EvStatus):
    """Status of the car in DC charging."""

    ev_ready: bool = element("EVReady")
    ev_error_code: DcEvErrorCode = element("EVErrorCode")
    ev_ress_soc_percent: PercentValueType = element("EVRESSSOC")


@xml_type(MSG_DATA_TYPES, element="EVChargeParameter", abstract=True)
class EvChargeParameter:
    """What the car's parameters have in common."""

    departure_time_s: UnsignedInt | None = element("DepartureTime", default=None)


@xml_type(MSG_DATA_TYPES, element="AC_EVChargeParameter")
class AcEvChargeParameter(EvChargeParameter):
    """What the car needs and takes in AC charging."""

    e_amount: PhysicalValue = element(unit="Wh")
    ev_max_voltage: PhysicalValue = element("EVMaxVoltage", unit="V")
    ev_max_current: PhysicalValue = element("EVMaxCurrent", unit="A")
    ev_min_current: PhysicalValue = element("EVMinCurrent", unit="A")


@xml_type(MSG_DATA_TYPES, element="DC_EVChargeParameter")
class DcEvChargeParameter(EvChargeParameter):
    """What the car needs and takes in DC charging."""

    dc_ev_status: DcEvStatus = element("DC_EVStatus")
    ev_maximum_current_limit: PhysicalValue = element("EVMaximumCurrentLimit", unit="A")
    ev_maximum_power_limit: PhysicalValue | None = element("EVMaximumPowerLimit", unit="W", default=None)
    ev_maximum_voltage_limit: PhysicalValue = element("EVMaximumVoltageLimit", unit="V")
    ev_energy_capacity: PhysicalValue | None = element("EVEnergyCapacity", unit="Wh", default=None)
    ev_energy_request: PhysicalValue | None = element("EVEnergyRequest", unit="Wh", default=None)
    full_soc_percent: PercentValueType | None = element("FullSOC", default=None)
    bulk_soc_percent: PercentValueType | None = element("BulkSOC", default=None)


@xml_type(MSG_DATA_TYPES, element="EVSEChargeParameter", abstract=True)
class EvseChargeParameter:
    """What the station's parameters have in common."""


@xml_type(MSG_DATA_TYPES, element="AC_EVSEChargeParameter")
class AcEvseChargeParameter(EvseChargeParameter):
    """What an AC outlet gives."""

    ac_evse_status: AcEvseStatus = element("AC_EVSEStatus")
    evse_nominal_voltage: PhysicalValue = element("EVSENominalVoltage", unit="V")
    evse_max_current: PhysicalValue = element("EVSEMaxCurrent", unit="A")


@xml_type(MSG_DATA_TYPES, element="DC_EVSEChargeParameter")
class DcEvseChargeParameter(EvseChargeParameter):
    """What a DC outlet gives."""

    dc_evse_status: DcEvseStatus = element("DC_EVSEStatus")
    evse_maximum_current_limit: PhysicalValue = element("EVSEMaximumCurrentLimit", unit="A")
    evse_maximum_power_limit: PhysicalValue = element("EVSEMaximumPowerLimit", unit="W")
    evse_maximum_voltage_limit: PhysicalValue = element("EVSEMaximumVoltageLimit", unit="V")
    evse_minimum_current_limit: PhysicalValue = element("EVSEMinimumCurrentLimit", unit="A")
    evse_minimum_voltage_limit: PhysicalValue = element("EVSEMinimumVoltageLimit", unit="V")
    evse_current_regulation_tolerance: PhysicalValue | None = element(
        "EVSECurrentRegulationTolerance", unit="A", default=None
    )
    evse_peak_current_ripple: PhysicalValue = element("EVSEPeakCurrentRipple", unit="A")
    evse_energy_to_be_delivered: PhysicalValue | None = element(
        "EVSEEnergyToBeDelivered", unit="Wh", default=None
    )


@xml_type(MSG_DATA_TYPES, element="EVPowerDeliveryParameter", abstract=True)
class EvPowerDeliveryParameter:
    """What goes with a request for power delivery."""


@xml_type(MSG_DATA_TYPES, element="DC_EVPowerDeliveryParameter")
class DcEvPowerDeliveryParameter(EvPowerDeliveryParameter):
    """The state of DC charging at a request for power delivery."""

    dc_ev_status: DcEvStatus = element("DC_EVStatus")
    bulk_charging_complete: bool | None = None
    charging_complete: bool
