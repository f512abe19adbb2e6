"""ISO 15118-20 automatic connection device: the messages."""

from protocols.iso15118.exi.datatypes import Short
from protocols.iso15118.exi.declare import element, xml_type
from protocols.iso15118.iso20.acdp.simple import (
    ACDP,
    ElectricalChargingDeviceStatus,
    IsolationStatus,
    MechanicalChargingDeviceStatus,
)
from protocols.iso15118.iso20.acdp.types import EvTechnicalStatus
from protocols.iso15118.iso20.enumerations import Processing
from protocols.iso15118.iso20.types import V2gRequest, V2gResponse


@xml_type(ACDP, element="ACDP_VehiclePositioningReq")
class AcdpVehiclePositioningReq(V2gRequest):
    """Ask where the car stands under the connection device."""

    ev_mobility_status: bool = element("EVMobilityStatus")
    ev_positioning_support: bool = element("EVPositioningSupport")


@xml_type(ACDP, element="ACDP_VehiclePositioningRes")
class AcdpVehiclePositioningRes(V2gResponse):
    """How far the car is from where it should stand."""

    evse_processing: Processing = element("EVSEProcessing")
    evse_positioning_support: bool = element("EVSEPositioningSupport")
    ev_relative_x_deviation: Short = element("EVRelativeXDeviation")
    ev_relative_y_deviation: Short = element("EVRelativeYDeviation")
    contact_window_xc: Short
    contact_window_yc: Short
    ev_in_charge_position: bool = element("EVInChargePosition")


@xml_type(ACDP, element="ACDP_ConnectReq")
class AcdpConnectReq(V2gRequest):
    """Bring the connection device to the car."""

    ev_electrical_charging_device_status: ElectricalChargingDeviceStatus = element(
        "EVElectricalChargingDeviceStatus"
    )


@xml_type(ACDP, element="ACDP_DisconnectReq")
class AcdpDisconnectReq(AcdpConnectReq):
    """Take the connection device away from the car."""


@xml_type(ACDP, element="ACDP_ConnectRes")
class AcdpConnectRes(V2gResponse):
    """How far the connection is."""

    evse_processing: Processing = element("EVSEProcessing")
    evse_electrical_charging_device_status: ElectricalChargingDeviceStatus = element(
        "EVSEElectricalChargingDeviceStatus"
    )
    evse_mechanical_charging_device_status: MechanicalChargingDeviceStatus = element(
        "EVSEMechanicalChargingDeviceStatus"
    )


@xml_type(ACDP, element="ACDP_DisconnectRes")
class AcdpDisconnectRes(AcdpConnectRes):
    """How far the disconnection is."""


@xml_type(ACDP, element="ACDP_SystemStatusReq")
class AcdpSystemStatusReq(V2gRequest):
    """State of the car while connected by the device."""

    ev_technical_status: EvTechnicalStatus = element("EVTechnicalStatus")


@xml_type(ACDP, element="ACDP_SystemStatusRes")
class AcdpSystemStatusRes(V2gResponse):
    """State of the station while connected by the device."""

    evse_mechanical_charging_device_status: MechanicalChargingDeviceStatus = element(
        "EVSEMechanicalChargingDeviceStatus"
    )
    evse_ready_to_charge: bool = element("EVSEReadyToCharge")
    evse_isolation_status: IsolationStatus = element("EVSEIsolationStatus")
    evse_disabled: bool = element("EVSEDisabled")
    evse_utility_interrupt_event: bool = element("EVSEUtilityInterruptEvent")
    evse_emergency_shutdown: bool = element("EVSEEmergencyShutdown")
    evse_malfunction: bool = element("EVSEMalfunction")
    ev_in_charge_position: bool = element("EVInChargePosition")
    ev_association_status: bool = element("EVAssociationStatus")
