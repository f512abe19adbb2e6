"""ISO 15118-20 DC: the types of its messages."""

from protocols.iso15118.exi.declare import element, xml_type
from protocols.iso15118.iso20.dc.simple import DC
from protocols.iso15118.iso20.simple import PercentValueType
from protocols.iso15118.iso20.types import (
    DynamicClReqControlMode,
    DynamicClResControlMode,
    RationalNumber,
    ScheduledClReqControlMode,
    ScheduledClResControlMode,
)


@xml_type(DC, element="DC_CPDReqEnergyTransferMode")
class DcCpdReqEnergyTransferMode:
    """What the car can take."""

    ev_maximum_charge_power: RationalNumber = element("EVMaximumChargePower", unit="W")
    ev_minimum_charge_power: RationalNumber = element("EVMinimumChargePower", unit="W")
    ev_maximum_charge_current: RationalNumber = element("EVMaximumChargeCurrent", unit="A")
    ev_minimum_charge_current: RationalNumber = element("EVMinimumChargeCurrent", unit="A")
    ev_maximum_voltage: RationalNumber = element("EVMaximumVoltage", unit="V")
    ev_minimum_voltage: RationalNumber = element("EVMinimumVoltage", unit="V")
    target_soc_percent: PercentValueType | None = element("TargetSOC", default=None)


@xml_type(DC, element="DC_CPDResEnergyTransferMode")
class DcCpdResEnergyTransferMode:
    """What the outlet can give."""

    evse_maximum_charge_power: RationalNumber = element("EVSEMaximumChargePower", unit="W")
    evse_minimum_charge_power: RationalNumber = element("EVSEMinimumChargePower", unit="W")
    evse_maximum_charge_current: RationalNumber = element("EVSEMaximumChargeCurrent", unit="A")
    evse_minimum_charge_current: RationalNumber = element("EVSEMinimumChargeCurrent", unit="A")
    evse_maximum_voltage: RationalNumber = element("EVSEMaximumVoltage", unit="V")
    evse_minimum_voltage: RationalNumber = element("EVSEMinimumVoltage", unit="V")
    evse_power_ramp_limitation: RationalNumber | None = element(
        "EVSEPowerRampLimitation", unit="W/s", default=None
    )


@xml_type(DC, element="BPT_DC_CPDReqEnergyTransferMode")
class BptDcCpdReqEnergyTransferMode(DcCpdReqEnergyTransferMode):
    """What the car can take and give back."""

    ev_maximum_discharge_power: RationalNumber = element("EVMaximumDischargePower", unit="W")
    ev_minimum_discharge_power: RationalNumber = element("EVMinimumDischargePower", unit="W")
    ev_maximum_discharge_current: RationalNumber = element("EVMaximumDischargeCurrent", unit="A")
    ev_minimum_discharge_current: RationalNumber = element("EVMinimumDischargeCurrent", unit="A")


@xml_type(DC, element="BPT_DC_CPDResEnergyTransferMode")
class BptDcCpdResEnergyTransferMode(DcCpdResEnergyTransferMode):
    """What the outlet can give and take back."""

    evse_maximum_discharge_power: RationalNumber = element("EVSEMaximumDischargePower", unit="W")
    evse_minimum_discharge_power: RationalNumber = element("EVSEMinimumDischargePower", unit="W")
    evse_maximum_discharge_current: RationalNumber = element("EVSEMaximumDischargeCurrent", unit="A")
    evse_minimum_discharge_current: RationalNumber = element("EVSEMinimumDischargeCurrent", unit="A")


@xml_type(DC, element="Scheduled_DC_CLReqControlMode")
class ScheduledDcClReqControlMode(ScheduledClReqControlMode):
    """DC in scheduled control mode: what the car draws, wants and can do."""

    ev_target_current: RationalNumber = element("EVTargetCurrent", unit="A")
    ev_target_voltage: RationalNumber = element("EVTargetVoltage", unit="V")
    ev_maximum_charge_power: RationalNumber | None = element("EVMaximumChargePower", unit="W", default=None)
    ev_minimum_charge_power: RationalNumber | None = element("EVMinimumChargePower", unit="W", default=None)
    ev_maximum_charge_current: RationalNumber | None = element(
        "EVMaximumChargeCurrent", unit="A", default=None
    )
    ev_maximum_voltage: RationalNumber | None = element("EVMaximumVoltage", unit="V", default=None)
    ev_minimum_voltage: RationalNumber | None = element("EVMinimumVoltage", unit="V", default=None)


@xml_type(DC, element="Scheduled_DC_CLResControlMode")
class ScheduledDcClResControlMode(ScheduledClResControlMode):
    """DC in scheduled control mode: what the station wants and can do."""

    evse_maximum_charge_power: RationalNumber | None = element(
        "EVSEMaximumChargePower", unit="W", default=None
    )
    evse_minimum_charge_power: RationalNumber | None = element(
        "EVSEMinimumChargePower", unit="W", default=None
    )
    evse_maximum_charge_current: RationalNumber | None = element(
        "EVSEMaximumChargeCurrent", unit="A", default=None
    )
    evse_maximum_voltage: RationalNumber | None = element("EVSEMaximumVoltage", unit="V", default=None)


@xml_type(DC, element="BPT_Scheduled_DC_CLReqControlMode")
class BptScheduledDcClReqControlMode(ScheduledDcClReqControlMode):
    """DC in scheduled control mode, both directions: what the car draws, wants and can do."""

    ev_maximum_discharge_power: RationalNumber | None = element(
        "EVMaximumDischargePower", unit="W", default=None
    )
    ev_minimum_discharge_power: RationalNumber | None = element(
        "EVMinimumDischargePower", unit="W", default=None
    )
    ev_maximum_discharge_current: RationalNumber | None = element(
        "EVMaximumDischargeCurrent", unit="A", default=None
    )


@xml_type(DC, element="BPT_Scheduled_DC_CLResControlMode")
class BptScheduledDcClResControlMode(ScheduledDcClResControlMode):
    """DC in scheduled control mode, both directions: what the station wants and can do."""

    evse_maximum_discharge_power: RationalNumber | None = element(
        "EVSEMaximumDischargePower", unit="W", default=None
    )
    evse_minimum_discharge_power: RationalNumber | None = element(
        "EVSEMinimumDischargePower", unit="W", default=None
    )
    evse_maximum_discharge_current: RationalNumber | None = element(
        "EVSEMaximumDischargeCurrent", unit="A", default=None
    )
    evse_minimum_voltage: RationalNumber | None = element("EVSEMinimumVoltage", unit="V", default=None)


@xml_type(DC, element="Dynamic_DC_CLReqControlMode")
class DynamicDcClReqControlMode(DynamicClReqControlMode):
    """DC in dynamic control mode: what the car draws, wants and can do."""

    ev_maximum_charge_power: RationalNumber = element("EVMaximumChargePower", unit="W")
    ev_minimum_charge_power: RationalNumber = element("EVMinimumChargePower", unit="W")
    ev_maximum_charge_current: RationalNumber = element("EVMaximumChargeCurrent", unit="A")
    ev_maximum_voltage: RationalNumber = element("EVMaximumVoltage", unit="V")
    ev_minimum_voltage: RationalNumber = element("EVMinimumVoltage", unit="V")


@xml_type(DC, element="Dynamic_DC_CLResControlMode")
class DynamicDcClResControlMode(DynamicClResControlMode):
    """DC in dynamic control mode: what the station wants and can do."""

    evse_maximum_charge_power: RationalNumber = element("EVSEMaximumChargePower", unit="W")
    evse_minimum_charge_power: RationalNumber = element("EVSEMinimumChargePower", unit="W")
    evse_maximum_charge_current: RationalNumber = element("EVSEMaximumChargeCurrent", unit="A")
    evse_maximum_voltage: RationalNumber = element("EVSEMaximumVoltage", unit="V")


@xml_type(DC, element="BPT_Dynamic_DC_CLReqControlMode")
class BptDynamicDcClReqControlMode(DynamicDcClReqControlMode):
    """DC in dynamic control mode, both directions: what the car draws, wants and can do."""

    ev_maximum_discharge_power: RationalNumber = element("EVMaximumDischargePower", unit="W")
    ev_minimum_discharge_power: RationalNumber = element("EVMinimumDischargePower", unit="W")
    ev_maximum_discharge_current: RationalNumber = element("EVMaximumDischargeCurrent", unit="A")
    ev_maximum_v2x_energy_request: RationalNumber | None = element(
        "EVMaximumV2XEnergyRequest", unit="Wh", default=None
    )
    ev_minimum_v2x_energy_request: RationalNumber | None = element(
        "EVMinimumV2XEnergyRequest", unit="Wh", default=None
    )


@xml_type(DC, element="BPT_Dynamic_DC_CLResControlMode")
class BptDynamicDcClResControlMode(DynamicDcClResControlMode):
    """DC in dynamic control mode, both directions: what the station wants and can do."""

    evse_maximum_discharge_power: RationalNumber = element("EVSEMaximumDischargePower", unit="W")
    evse_minimum_discharge_power: RationalNumber = element("EVSEMinimumDischargePower", unit="W")
    evse_maximum_discharge_current: RationalNumber = element("EVSEMaximumDischargeCurrent", unit="A")
    evse_minimum_voltage: RationalNumber = element("EVSEMinimumVoltage", unit="V")
