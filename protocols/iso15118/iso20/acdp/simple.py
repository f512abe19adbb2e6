"""ISO 15118-20 automatic connection device: namespace, simple types and enumerations."""

import enum
from typing import Final

from protocols.iso15118.exi.declare import Namespace

ACDP: Final = Namespace("urn:iso:std:iso:15118:-20:ACDP", qualified_attributes=True)


class CpStatus(enum.StrEnum):
    """The state of the control pilot."""

    STATE_A = "StateA"
    STATE_B = "StateB"
    STATE_C = "StateC"
    STATE_D = "StateD"
    STATE_E = "StateE"


class ErrorCode(enum.StrEnum):
    """Why the car cannot charge, if it cannot."""

    OK_NO_EV_ERROR = "OK_NoEVError"
    FAILED = "FAILED"
    FAILED_EMERGENCY_EVENT = "FAILED_EmergencyEvent"
    FAILED_BREAKER = "FAILED_Breaker"
    FAILED_RESS_TEMPERATURE_INHIBIT = "FAILED_RESSTemperatureInhibit"
    FAILED_RESS = "FAILED_RESS"
    FAILED_CHARGING_CURRENT_DIFFERENTIAL = "FAILED_ChargingCurrentDifferential"
    FAILED_CHARGING_VOLTAGE_OUT_OF_RANGE = "FAILED_ChargingVoltageOutOfRange"
    FAILED_RESERVED1 = "FAILED_Reserved1"
    FAILED_RESERVED2 = "FAILED_Reserved2"


class IsolationStatus(enum.StrEnum):
    """What the isolation monitor says."""

    INVALID = "Invalid"
    SAFE = "Safe"
    WARNING = "Warning"
    FAULT = "Fault"


class ElectricalChargingDeviceStatus(enum.StrEnum):
    """The state of the control pilot at the device."""

    STATE_A = "State_A"
    STATE_B = "State_B"
    STATE_C = "State_C"
    STATE_D = "State_D"


class MechanicalChargingDeviceStatus(enum.StrEnum):
    """Where the moving part of the device is."""

    HOME = "Home"
    MOVING = "Moving"
    END_POSITION = "EndPosition"
