"""ISO 15118-20 AC: the types of its messages."""

from protocols.iso15118.exi.declare import element, xml_type
from protocols.iso15118.iso20.ac.simple import AC
from protocols.iso15118.iso20.types import (
    DynamicClReqControlMode,
    DynamicClResControlMode,
    RationalNumber,
    ScheduledClReqControlMode,
    ScheduledClResControlMode,
)


@xml_type(AC, element="AC_CPDReqEnergyTransferMode")
class AcCpdReqEnergyTransferMode:
    """What the car can take."""

    ev_maximum_charge_power: RationalNumber = element("EVMaximumChargePower", unit="W")
    ev_maximum_charge_power_l2: RationalNumber | None = element(
        "EVMaximumChargePower_L2", unit="W", default=None
    )
    ev_maximum_charge_power_l3: RationalNumber | None = element(
        "EVMaximumChargePower_L3", unit="W", default=None
    )
    ev_minimum_charge_power: RationalNumber = element("EVMinimumChargePower", unit="W")
    ev_minimum_charge_power_l2: RationalNumber | None = element(
        "EVMinimumChargePower_L2", unit="W", default=None
    )
    ev_minimum_charge_power_l3: RationalNumber | None = element(
        "EVMinimumChargePower_L3", unit="W", default=None
    )


@xml_type(AC, element="AC_CPDResEnergyTransferMode")
class AcCpdResEnergyTransferMode:
    """What the outlet can give."""

    evse_maximum_charge_power: RationalNumber = element("EVSEMaximumChargePower", unit="W")
    evse_maximum_charge_power_l2: RationalNumber | None = element(
        "EVSEMaximumChargePower_L2", unit="W", default=None
    )
    evse_maximum_charge_power_l3: RationalNumber | None = element(
        "EVSEMaximumChargePower_L3", unit="W", default=None
    )
    evse_minimum_charge_power: RationalNumber = element("EVSEMinimumChargePower", unit="W")
    evse_minimum_charge_power_l2: RationalNumber | None = element(
        "EVSEMinimumChargePower_L2", unit="W", default=None
    )
    evse_minimum_charge_power_l3: RationalNumber | None = element(
        "EVSEMinimumChargePower_L3", unit="W", default=None
    )
    evse_nominal_frequency: RationalNumber = element("EVSENominalFrequency", unit="Hz")
    maximum_power_asymmetry: RationalNumber | None = element(unit="W", default=None)
    evse_power_ramp_limitation: RationalNumber | None = element(
        "EVSEPowerRampLimitation", unit="W/s", default=None
    )
    evse_present_active_power: RationalNumber | None = element(
        "EVSEPresentActivePower", unit="W", default=None
    )
    evse_present_active_power_l2: RationalNumber | None = element(
        "EVSEPresentActivePower_L2", unit="W", default=None
    )
    evse_present_active_power_l3: RationalNumber | None = element(
        "EVSEPresentActivePower_L3", unit="W", default=None
    )


@xml_type(AC, element="BPT_AC_CPDReqEnergyTransferMode")
class BptAcCpdReqEnergyTransferMode(AcCpdReqEnergyTransferMode):
    """What the car can take and give back."""

    ev_maximum_discharge_power: RationalNumber = element("EVMaximumDischargePower", unit="W")
    ev_maximum_discharge_power_l2: RationalNumber | None = element(
        "EVMaximumDischargePower_L2", unit="W", default=None
    )
    ev_maximum_discharge_power_l3: RationalNumber | None = element(
        "EVMaximumDischargePower_L3", unit="W", default=None
    )
    ev_minimum_discharge_power: RationalNumber = element("EVMinimumDischargePower", unit="W")
    ev_minimum_discharge_power_l2: RationalNumber | None = element(
        "EVMinimumDischargePower_L2", unit="W", default=None
    )
    ev_minimum_discharge_power_l3: RationalNumber | None = element(
        "EVMinimumDischargePower_L3", unit="W", default=None
    )


@xml_type(AC, element="BPT_AC_CPDResEnergyTransferMode")
class BptAcCpdResEnergyTransferMode(AcCpdResEnergyTransferMode):
    """What the outlet can give and take back."""

    evse_maximum_discharge_power: RationalNumber = element("EVSEMaximumDischargePower", unit="W")
    evse_maximum_discharge_power_l2: RationalNumber | None = element(
        "EVSEMaximumDischargePower_L2", unit="W", default=None
    )
    evse_maximum_discharge_power_l3: RationalNumber | None = element(
        "EVSEMaximumDischargePower_L3", unit="W", default=None
    )
    evse_minimum_discharge_power: RationalNumber = element("EVSEMinimumDischargePower", unit="W")
    evse_minimum_discharge_power_l2: RationalNumber | None = element(
        "EVSEMinimumDischargePower_L2", unit="W", default=None
    )
    evse_minimum_discharge_power_l3: RationalNumber | None = element(
        "EVSEMinimumDischargePower_L3", unit="W", default=None
    )


@xml_type(AC, element="Scheduled_AC_CLReqControlMode")
class ScheduledAcClReqControlMode(ScheduledClReqControlMode):
    """AC in scheduled control mode: what the car draws, wants and can do."""

    ev_maximum_charge_power: RationalNumber | None = element("EVMaximumChargePower", unit="W", default=None)
    ev_maximum_charge_power_l2: RationalNumber | None = element(
        "EVMaximumChargePower_L2", unit="W", default=None
    )
    ev_maximum_charge_power_l3: RationalNumber | None = element(
        "EVMaximumChargePower_L3", unit="W", default=None
    )
    ev_minimum_charge_power: RationalNumber | None = element("EVMinimumChargePower", unit="W", default=None)
    ev_minimum_charge_power_l2: RationalNumber | None = element(
        "EVMinimumChargePower_L2", unit="W", default=None
    )
    ev_minimum_charge_power_l3: RationalNumber | None = element(
        "EVMinimumChargePower_L3", unit="W", default=None
    )
    ev_present_active_power: RationalNumber = element("EVPresentActivePower", unit="W")
    ev_present_active_power_l2: RationalNumber | None = element(
        "EVPresentActivePower_L2", unit="W", default=None
    )
    ev_present_active_power_l3: RationalNumber | None = element(
        "EVPresentActivePower_L3", unit="W", default=None
    )
    ev_present_reactive_power: RationalNumber | None = element(
        "EVPresentReactivePower", unit="var", default=None
    )
    ev_present_reactive_power_l2: RationalNumber | None = element(
        "EVPresentReactivePower_L2", unit="var", default=None
    )
    ev_present_reactive_power_l3: RationalNumber | None = element(
        "EVPresentReactivePower_L3", unit="var", default=None
    )


@xml_type(AC, element="Scheduled_AC_CLResControlMode")
class ScheduledAcClResControlMode(ScheduledClResControlMode):
    """AC in scheduled control mode: what the station wants and can do."""

    evse_target_active_power: RationalNumber | None = element("EVSETargetActivePower", unit="W", default=None)
    evse_target_active_power_l2: RationalNumber | None = element(
        "EVSETargetActivePower_L2", unit="W", default=None
    )
    evse_target_active_power_l3: RationalNumber | None = element(
        "EVSETargetActivePower_L3", unit="W", default=None
    )
    evse_target_reactive_power: RationalNumber | None = element(
        "EVSETargetReactivePower", unit="var", default=None
    )
    evse_target_reactive_power_l2: RationalNumber | None = element(
        "EVSETargetReactivePower_L2", unit="var", default=None
    )
    evse_target_reactive_power_l3: RationalNumber | None = element(
        "EVSETargetReactivePower_L3", unit="var", default=None
    )
    evse_present_active_power: RationalNumber | None = element(
        "EVSEPresentActivePower", unit="W", default=None
    )
    evse_present_active_power_l2: RationalNumber | None = element(
        "EVSEPresentActivePower_L2", unit="W", default=None
    )
    evse_present_active_power_l3: RationalNumber | None = element(
        "EVSEPresentActivePower_L3", unit="W", default=None
    )


@xml_type(AC, element="BPT_Scheduled_AC_CLReqControlMode")
class BptScheduledAcClReqControlMode(ScheduledAcClReqControlMode):
    """AC in scheduled control mode, both directions: what the car draws, wants and can do."""

    ev_maximum_discharge_power: RationalNumber | None = element(
        "EVMaximumDischargePower", unit="W", default=None
    )
    ev_maximum_discharge_power_l2: RationalNumber | None = element(
        "EVMaximumDischargePower_L2", unit="W", default=None
    )
    ev_maximum_discharge_power_l3: RationalNumber | None = element(
        "EVMaximumDischargePower_L3", unit="W", default=None
    )
    ev_minimum_discharge_power: RationalNumber | None = element(
        "EVMinimumDischargePower", unit="W", default=None
    )
    ev_minimum_discharge_power_l2: RationalNumber | None = element(
        "EVMinimumDischargePower_L2", unit="W", default=None
    )
    ev_minimum_discharge_power_l3: RationalNumber | None = element(
        "EVMinimumDischargePower_L3", unit="W", default=None
    )


@xml_type(AC, element="BPT_Scheduled_AC_CLResControlMode")
class BptScheduledAcClResControlMode(ScheduledAcClResControlMode):
    """AC in scheduled control mode, both directions: what the station wants and can do."""


@xml_type(AC, element="Dynamic_AC_CLReqControlMode")
class DynamicAcClReqControlMode(DynamicClReqControlMode):
    """AC in dynamic control mode: what the car draws, wants and can do."""

    ev_maximum_charge_power: RationalNumber = element("EVMaximumChargePower", unit="W")
    ev_maximum_charge_power_l2: RationalNumber | None = element(
        "EVMaximumChargePower_L2", unit="W", default=None
    )
    ev_maximum_charge_power_l3: RationalNumber | None = element(
        "EVMaximumChargePower_L3", unit="W", default=None
    )
    ev_minimum_charge_power: RationalNumber = element("EVMinimumChargePower", unit="W")
    ev_minimum_charge_power_l2: RationalNumber | None = element(
        "EVMinimumChargePower_L2", unit="W", default=None
    )
    ev_minimum_charge_power_l3: RationalNumber | None = element(
        "EVMinimumChargePower_L3", unit="W", default=None
    )
    ev_present_active_power: RationalNumber = element("EVPresentActivePower", unit="W")
    ev_present_active_power_l2: RationalNumber | None = element(
        "EVPresentActivePower_L2", unit="W", default=None
    )
    ev_present_active_power_l3: RationalNumber | None = element(
        "EVPresentActivePower_L3", unit="W", default=None
    )
    ev_present_reactive_power: RationalNumber = element("EVPresentReactivePower", unit="var")
    ev_present_reactive_power_l2: RationalNumber | None = element(
        "EVPresentReactivePower_L2", unit="var", default=None
    )
    ev_present_reactive_power_l3: RationalNumber | None = element(
        "EVPresentReactivePower_L3", unit="var", default=None
    )


@xml_type(AC, element="Dynamic_AC_CLResControlMode")
class DynamicAcClResControlMode(DynamicClResControlMode):
    """AC in dynamic control mode: what the station wants and can do."""

    evse_target_active_power: RationalNumber = element("EVSETargetActivePower", unit="W")
    evse_target_active_power_l2: RationalNumber | None = element(
        "EVSETargetActivePower_L2", unit="W", default=None
    )
    evse_target_active_power_l3: RationalNumber | None = element(
        "EVSETargetActivePower_L3", unit="W", default=None
    )
    evse_target_reactive_power: RationalNumber | None = element(
        "EVSETargetReactivePower", unit="var", default=None
    )
    evse_target_reactive_power_l2: RationalNumber | None = element(
        "EVSETargetReactivePower_L2", unit="var", default=None
    )
    evse_target_reactive_power_l3: RationalNumber | None = element(
        "EVSETargetReactivePower_L3", unit="var", default=None
    )
    evse_present_active_power: RationalNumber | None = element(
        "EVSEPresentActivePower", unit="W", default=None
    )
    evse_present_active_power_l2: RationalNumber | None = element(
        "EVSEPresentActivePower_L2", unit="W", default=None
    )
    evse_present_active_power_l3: RationalNumber | None = element(
        "EVSEPresentActivePower_L3", unit="W", default=None
    )


@xml_type(AC, element="BPT_Dynamic_AC_CLReqControlMode")
class BptDynamicAcClReqControlMode(DynamicAcClReqControlMode):
    """AC in dynamic control mode, both directions: what the car draws, wants and can do."""

    ev_maximum_discharge_power: RationalNumber = element("EVMaximumDischargePower", unit="W")
    ev_maximum_discharge_power_l2: RationalNumber | None = element(
        "EVMaximumDischargePower_L2", unit="W", default=None
    )
    ev_maximum_discharge_power_l3: RationalNumber | None = element(
        "EVMaximumDischargePower_L3", unit="W", default=None
    )
    ev_minimum_discharge_power: RationalNumber = element("EVMinimumDischargePower", unit="W")
    ev_minimum_discharge_power_l2: RationalNumber | None = element(
        "EVMinimumDischargePower_L2", unit="W", default=None
    )
    ev_minimum_discharge_power_l3: RationalNumber | None = element(
        "EVMinimumDischargePower_L3", unit="W", default=None
    )
    ev_maximum_v2x_energy_request: RationalNumber | None = element(
        "EVMaximumV2XEnergyRequest", unit="Wh", default=None
    )
    ev_minimum_v2x_energy_request: RationalNumber | None = element(
        "EVMinimumV2XEnergyRequest", unit="Wh", default=None
    )


@xml_type(AC, element="BPT_Dynamic_AC_CLResControlMode")
class BptDynamicAcClResControlMode(DynamicAcClResControlMode):
    """AC in dynamic control mode, both directions: what the station wants and can do."""
