"""ISO 15118-20 AC: the messages."""

from protocols.iso15118.exi.declare import element, xml_type
from protocols.iso15118.iso20.ac.simple import AC
from protocols.iso15118.iso20.ac.types import AcCpdReqEnergyTransferMode, AcCpdResEnergyTransferMode
from protocols.iso15118.iso20.types import (
    ChargeLoopReq,
    ChargeLoopRes,
    ChargeParameterDiscoveryReq,
    ChargeParameterDiscoveryRes,
    ClReqControlMode,
    ClResControlMode,
    RationalNumber,
)


@xml_type(AC, element="AC_ChargeParameterDiscoveryReq")
class AcChargeParameterDiscoveryReq(ChargeParameterDiscoveryReq):
    """What the car can take from an AC outlet."""

    ac_cpd_req_energy_transfer_mode: AcCpdReqEnergyTransferMode = element(reference=True)


@xml_type(AC, element="AC_ChargeParameterDiscoveryRes")
class AcChargeParameterDiscoveryRes(ChargeParameterDiscoveryRes):
    """What the AC outlet can give."""

    ac_cpd_res_energy_transfer_mode: AcCpdResEnergyTransferMode = element(reference=True)


@xml_type(AC, element="AC_ChargeLoopReq")
class AcChargeLoopReq(ChargeLoopReq):
    """AC charging loop: what the car draws and wants."""

    cl_req_control_mode: ClReqControlMode = element(reference=True)


@xml_type(AC, element="AC_ChargeLoopRes")
class AcChargeLoopRes(ChargeLoopRes):
    """AC charging loop: the station's targets and readings."""

    evse_target_frequency: RationalNumber | None = element("EVSETargetFrequency", unit="Hz", default=None)
    cl_res_control_mode: ClResControlMode = element(reference=True)
