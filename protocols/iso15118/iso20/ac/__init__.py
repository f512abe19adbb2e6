"""ISO 15118-20 AC; the schema is `iso20_ac`."""

from typing import Final

from protocols.iso15118.iso20.ac.messages import (
    AcChargeLoopReq,
    AcChargeLoopRes,
    AcChargeParameterDiscoveryReq,
    AcChargeParameterDiscoveryRes,
)
from protocols.iso15118.iso20.ac.simple import AC
from protocols.iso15118.iso20.ac.types import (
    AcCpdReqEnergyTransferMode,
    AcCpdResEnergyTransferMode,
    BptAcCpdReqEnergyTransferMode,
    BptAcCpdResEnergyTransferMode,
    BptDynamicAcClReqControlMode,
    BptDynamicAcClResControlMode,
    BptScheduledAcClReqControlMode,
    BptScheduledAcClResControlMode,
    DynamicAcClReqControlMode,
    DynamicAcClResControlMode,
    ScheduledAcClReqControlMode,
    ScheduledAcClResControlMode,
)
from protocols.iso15118.iso20.simple import COMMON_TYPES
from protocols.iso15118.xmldsig import XMLDSIG

NAMESPACES: Final = (AC, COMMON_TYPES, XMLDSIG)
"""Everything that the schema of these messages reaches."""

__all__ = [
    "NAMESPACES",
    "AcChargeLoopReq",
    "AcChargeLoopRes",
    "AcChargeParameterDiscoveryReq",
    "AcChargeParameterDiscoveryRes",
    "AcCpdReqEnergyTransferMode",
    "AcCpdResEnergyTransferMode",
    "BptAcCpdReqEnergyTransferMode",
    "BptAcCpdResEnergyTransferMode",
    "BptDynamicAcClReqControlMode",
    "BptDynamicAcClResControlMode",
    "BptScheduledAcClReqControlMode",
    "BptScheduledAcClResControlMode",
    "DynamicAcClReqControlMode",
    "DynamicAcClResControlMode",
    "ScheduledAcClReqControlMode",
    "ScheduledAcClResControlMode",
]
