"""ISO 15118-20 automatic connection device; the schema is `iso20_acdp`."""

from typing import Final

from protocols.iso15118.iso20.acdp.messages import (
    AcdpConnectReq,
    AcdpConnectRes,
    AcdpDisconnectReq,
    AcdpDisconnectRes,
    AcdpSystemStatusReq,
    AcdpSystemStatusRes,
    AcdpVehiclePositioningReq,
    AcdpVehiclePositioningRes,
)
from protocols.iso15118.iso20.acdp.simple import (
    ACDP,
    CpStatus,
    ElectricalChargingDeviceStatus,
    ErrorCode,
    IsolationStatus,
    MechanicalChargingDeviceStatus,
)
from protocols.iso15118.iso20.acdp.types import (
    EvTechnicalStatus,
)
from protocols.iso15118.iso20.simple import COMMON_TYPES
from protocols.iso15118.xmldsig import XMLDSIG

NAMESPACES: Final = (ACDP, COMMON_TYPES, XMLDSIG)
"""Everything that the schema of these messages reaches."""

__all__ = [
    "NAMESPACES",
    "AcdpConnectReq",
    "AcdpConnectRes",
    "AcdpDisconnectReq",
    "AcdpDisconnectRes",
    "AcdpSystemStatusReq",
    "AcdpSystemStatusRes",
    "AcdpVehiclePositioningReq",
    "AcdpVehiclePositioningRes",
    "CpStatus",
    "ElectricalChargingDeviceStatus",
    "ErrorCode",
    "EvTechnicalStatus",
    "IsolationStatus",
    "MechanicalChargingDeviceStatus",
]
