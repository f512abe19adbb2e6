"""ISO 15118-20 DC; the schema is `iso20_dc`."""

from typing import Final

from protocols.iso15118.iso20.dc.messages import (
    DcCableCheckReq,
    DcCableCheckRes,
    DcChargeLoopReq,
    DcChargeLoopRes,
    DcChargeParameterDiscoveryReq,
    DcChargeParameterDiscoveryRes,
    DcPreChargeReq,
    DcPreChargeRes,
    DcWeldingDetectionReq,
    DcWeldingDetectionRes,
)
from protocols.iso15118.iso20.dc.simple import DC
from protocols.iso15118.iso20.dc.types import (
    BptDcCpdReqEnergyTransferMode,
    BptDcCpdResEnergyTransferMode,
    BptDynamicDcClReqControlMode,
    BptDynamicDcClResControlMode,
    BptScheduledDcClReqControlMode,
    BptScheduledDcClResControlMode,
    DcCpdReqEnergyTransferMode,
    DcCpdResEnergyTransferMode,
    DynamicDcClReqControlMode,
    DynamicDcClResControlMode,
    ScheduledDcClReqControlMode,
    ScheduledDcClResControlMode,
)
from protocols.iso15118.iso20.simple import COMMON_TYPES
from protocols.iso15118.xmldsig import XMLDSIG

NAMESPACES: Final = (DC, COMMON_TYPES, XMLDSIG)
"""Everything that the schema of these messages reaches."""

__all__ = [
    "NAMESPACES",
    "BptDcCpdReqEnergyTransferMode",
    "BptDcCpdResEnergyTransferMode",
    "BptDynamicDcClReqControlMode",
    "BptDynamicDcClResControlMode",
    "BptScheduledDcClReqControlMode",
    "BptScheduledDcClResControlMode",
    "DcCableCheckReq",
    "DcCableCheckRes",
    "DcChargeLoopReq",
    "DcChargeLoopRes",
    "DcChargeParameterDiscoveryReq",
    "DcChargeParameterDiscoveryRes",
    "DcCpdReqEnergyTransferMode",
    "DcCpdResEnergyTransferMode",
    "DcPreChargeReq",
    "DcPreChargeRes",
    "DcWeldingDetectionReq",
    "DcWeldingDetectionRes",
    "DynamicDcClReqControlMode",
    "DynamicDcClResControlMode",
    "ScheduledDcClReqControlMode",
    "ScheduledDcClResControlMode",
]
