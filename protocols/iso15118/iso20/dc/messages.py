"""ISO 15118-20 DC: the messages."""

from protocols.iso15118.exi.declare import element, xml_type
from protocols.iso15118.iso20.dc.simple import DC
from protocols.iso15118.iso20.dc.types import DcCpdReqEnergyTransferMode, DcCpdResEnergyTransferMode
from protocols.iso15118.iso20.enumerations import Processing
from protocols.iso15118.iso20.types import (
    ChargeLoopReq,
    ChargeLoopRes,
    ChargeParameterDiscoveryReq,
    ChargeParameterDiscoveryRes,
    ClReqControlMode,
    ClResControlMode,
    RationalNumber,
    V2gRequest,
    V2gResponse,
)


@xml_type(DC, element="DC_ChargeParameterDiscoveryReq")
class DcChargeParameterDiscoveryReq(ChargeParameterDiscoveryReq):
    """What the car can take from a DC outlet."""

    dc_cpd_req_energy_transfer_mode: DcCpdReqEnergyTransferMode = element(reference=True)


@xml_type(DC, element="DC_ChargeParameterDiscoveryRes")
class DcChargeParameterDiscoveryRes(ChargeParameterDiscoveryRes):
    """What the DC outlet can give."""

    dc_cpd_res_energy_transfer_mode: DcCpdResEnergyTransferMode = element(reference=True)


@xml_type(DC, element="DC_CableCheckReq")
class DcCableCheckReq(V2gRequest):
    """Ask for the isolation test of the cable."""


@xml_type(DC, element="DC_CableCheckRes")
class DcCableCheckRes(V2gResponse):
    """Whether the isolation test is done."""

    evse_processing: Processing = element("EVSEProcessing")


@xml_type(DC, element="DC_PreChargeReq")
class DcPreChargeReq(V2gRequest):
    """Bring the output to the voltage of the battery."""

    ev_processing: Processing = element("EVProcessing")
    ev_present_voltage: RationalNumber = element("EVPresentVoltage", unit="V")
    ev_target_voltage: RationalNumber = element("EVTargetVoltage", unit="V")


@xml_type(DC, element="DC_PreChargeRes")
class DcPreChargeRes(V2gResponse):
    """The voltage reached so far."""

    evse_present_voltage: RationalNumber = element("EVSEPresentVoltage", unit="V")


@xml_type(DC, element="DC_ChargeLoopReq")
class DcChargeLoopReq(ChargeLoopReq):
    """DC charging loop: what the car wants now."""

    ev_present_voltage: RationalNumber = element("EVPresentVoltage", unit="V")
    cl_req_control_mode: ClReqControlMode = element(reference=True)


@xml_type(DC, element="DC_ChargeLoopRes")
class DcChargeLoopRes(ChargeLoopRes):
    """DC charging loop: what flows now, and the limits."""

    evse_present_current: RationalNumber = element("EVSEPresentCurrent", unit="A")
    evse_present_voltage: RationalNumber = element("EVSEPresentVoltage", unit="V")
    evse_power_limit_achieved: bool = element("EVSEPowerLimitAchieved")
    evse_current_limit_achieved: bool = element("EVSECurrentLimitAchieved")
    evse_voltage_limit_achieved: bool = element("EVSEVoltageLimitAchieved")
    cl_res_control_mode: ClResControlMode = element(reference=True)


@xml_type(DC, element="DC_WeldingDetectionReq")
class DcWeldingDetectionReq(V2gRequest):
    """Ask for the output voltage while the car tests its contactors."""

    ev_processing: Processing = element("EVProcessing")


@xml_type(DC, element="DC_WeldingDetectionRes")
class DcWeldingDetectionRes(V2gResponse):
    """The output voltage."""

    evse_present_voltage: RationalNumber = element("EVSEPresentVoltage", unit="V")
