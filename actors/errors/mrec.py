"""The minimum required error codes of the ChargeX consortium, as they are told to a back-end. Pure data.

Source: row M14.9. Two errors that upstream leaves out are in the table as well: the authorization that came
too late, and the overvoltage that a monitor has found.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from protocols.errors import AcRcd, ConnectorLock, EvseBoardSupport, EvseManager, OverVoltageMonitor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from protocols.errors import ErrorType

CODES: Final[Mapping[ErrorType, str]] = MappingProxyType(
    {
        ConnectorLock.MREC1_CONNECTOR_LOCK_FAILURE: "CX001",
        EvseBoardSupport.MREC2_GROUND_FAILURE: "CX002",
        AcRcd.MREC2_GROUND_FAILURE: "CX002",
        EvseBoardSupport.MREC3_HIGH_TEMPERATURE: "CX003",
        EvseBoardSupport.MREC4_OVER_CURRENT_FAILURE: "CX004",
        EvseManager.MREC4_OVER_CURRENT_FAILURE: "CX004",
        EvseBoardSupport.MREC5_OVER_VOLTAGE: "CX005",
        EvseManager.MREC5_OVER_VOLTAGE: "CX005",
        OverVoltageMonitor.MREC5_OVER_VOLTAGE: "CX005",
        EvseBoardSupport.MREC6_UNDER_VOLTAGE: "CX006",
        EvseBoardSupport.MREC8_EMERGENCY_STOP: "CX008",
        EvseManager.MREC9_AUTHORIZATION_TIMEOUT: "CX009",
        EvseBoardSupport.MREC10_INVALID_VEHICLE_MODE: "CX010",
        EvseManager.MREC11_CABLE_CHECK_FAULT: "CX011",
        EvseBoardSupport.MREC14_PILOT_FAULT: "CX014",
        EvseBoardSupport.MREC15_POWER_LOSS: "CX015",
        EvseBoardSupport.MREC17_EVSE_CONTACTOR_FAULT: "CX017",
        EvseBoardSupport.MREC18_CABLE_OVER_TEMP_DERATE: "CX018",
        EvseBoardSupport.MREC19_CABLE_OVER_TEMP_STOP: "CX019",
        EvseBoardSupport.MREC20_PARTIAL_INSERTION: "CX020",
        EvseManager.MREC22_RESISTANCE_FAULT: "CX022",
        EvseBoardSupport.MREC23_PROXIMITY_FAULT: "CX023",
        EvseBoardSupport.MREC24_CONNECTOR_VOLTAGE_HIGH: "CX024",
        EvseBoardSupport.MREC25_BROKEN_LATCH: "CX025",
        EvseBoardSupport.MREC26_CUT_CABLE: "CX026",
    }
)
"""By error: its code."""

_BY_TYPE: Final = {kind.value: code for kind, code in CODES.items()}


def tech_code(full_type: str) -> str:
    """What a back-end is told: the code of the consortium, or the error's own type where there is none."""
    return _BY_TYPE.get(full_type, full_type)
