"""The errors that actors raise and clear, by the lists that the interfaces refer to.

An error's value is its full type, `<list>/<name>` in EVerest's spelling, and `meaning` says what it stands
for. Names that begin with MREC are the minimum required error codes of the ChargeX consortium. An interface
module names the lists its providers may raise from in `ERRORS`.
"""

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Self


class ErrorType(enum.StrEnum):
    """One list of errors; each member's value is the error's full type."""

    meaning: str
    """What the error stands for, for people."""

    def __new__(cls, full_type: str, meaning: str) -> Self:
        """Make a member whose value is the full type alone."""
        member = str.__new__(cls, full_type)
        member._value_ = full_type
        member.meaning = meaning
        return member

    @property
    def list_name(self) -> str:
        """The list the error belongs to, in EVerest's spelling."""
        return self.value.partition("/")[0]

    @property
    def short_name(self) -> str:
        """The error's name within its list, in EVerest's spelling."""
        return self.value.partition("/")[2]


class AcRcd(ErrorType):
    """What a residual current device reports."""

    SELFTEST = "ac_rcd/Selftest", "The device failed its own test and needs replacing."
    DC = "ac_rcd/DC", "It tripped on direct current."
    AC = "ac_rcd/AC", "It tripped on alternating current."
    MREC2_GROUND_FAILURE = "ac_rcd/MREC2GroundFailure", "Ground fault; raised along with the finer error."
    VENDOR_ERROR = "ac_rcd/VendorError", "The vendor's own; the session stops."
    VENDOR_WARNING = "ac_rcd/VendorWarning", "The vendor's own; charging may go on."


class ConnectorLock(ErrorType):
    """What the motor of a connector lock reports."""

    CONNECTOR_LOCK_CAP_NOT_CHARGED = (
        "connector_lock/ConnectorLockCapNotCharged",
        "The capacitor that drives the motor in a power failure did not charge in time.",
    )
    CONNECTOR_LOCK_UNEXPECTED_OPEN = (
        "connector_lock/ConnectorLockUnexpectedOpen",
        "Found open while it should be locked.",
    )
    CONNECTOR_LOCK_UNEXPECTED_CLOSE = (
        "connector_lock/ConnectorLockUnexpectedClose",
        "Found locked while it should be open.",
    )
    CONNECTOR_LOCK_FAILED_LOCK = "connector_lock/ConnectorLockFailedLock", "Told to lock, and still open."
    CONNECTOR_LOCK_FAILED_UNLOCK = (
        "connector_lock/ConnectorLockFailedUnlock",
        "Told to open, and still locked.",
    )
    MREC1_CONNECTOR_LOCK_FAILURE = (
        "connector_lock/MREC1ConnectorLockFailure",
        "Lock failure on the station's side; raised along with the finer error.",
    )
    VENDOR_ERROR = "connector_lock/VendorError", "The vendor's own; the session stops."
    VENDOR_WARNING = "connector_lock/VendorWarning", "The vendor's own; charging may go on."


class EvseBoardSupport(ErrorType):
    """What the board at an outlet reports."""

    DIODE_FAULT = "evse_board_support/DiodeFault", "The diode in the car's pilot circuit is shorted."
    VENTILATION_NOT_AVAILABLE = (
        "evse_board_support/VentilationNotAvailable",
        "The car asks for ventilation, and there is none.",
    )
    BROWN_OUT = "evse_board_support/BrownOut", "The board's own supply dipped."
    ENERGY_MANAGEMENT = (
        "evse_board_support/EnergyManagement",
        "Energy management failed, so no energy can be given.",
    )
    PERMANENT_FAULT = "evse_board_support/PermanentFault", "Broken until repaired."
    MREC2_GROUND_FAILURE = "evse_board_support/MREC2GroundFailure", "Residual current protection has tripped."
    MREC3_HIGH_TEMPERATURE = (
        "evse_board_support/MREC3HighTemperature",
        "The station is hot and gives less power.",
    )
    MREC4_OVER_CURRENT_FAILURE = (
        "evse_board_support/MREC4OverCurrentFailure",
        "Overcurrent protection has tripped.",
    )
    MREC5_OVER_VOLTAGE = "evse_board_support/MREC5OverVoltage", "The voltage to the car is too high."
    MREC6_UNDER_VOLTAGE = "evse_board_support/MREC6UnderVoltage", "The voltage to the car is too low."
    MREC8_EMERGENCY_STOP = "evse_board_support/MREC8EmergencyStop", "Somebody pressed the emergency stop."
    MREC10_INVALID_VEHICLE_MODE = (
        "evse_board_support/MREC10InvalidVehicleMode",
        "The car is in a state in which it cannot charge.",
    )
    MREC14_PILOT_FAULT = "evse_board_support/MREC14PilotFault", "The control pilot is out of range."
    MREC15_POWER_LOSS = "evse_board_support/MREC15PowerLoss", "No mains, no power."
    MREC17_EVSE_CONTACTOR_FAULT = (
        "evse_board_support/MREC17EVSEContactorFault",
        "A contactor does not open or close, or is welded.",
    )
    MREC18_CABLE_OVER_TEMP_DERATE = (
        "evse_board_support/MREC18CableOverTempDerate",
        "Cable or plug is hot; less power is given.",
    )
    MREC19_CABLE_OVER_TEMP_STOP = (
        "evse_board_support/MREC19CableOverTempStop",
        "Cable or plug is too hot; the session stops.",
    )
    MREC20_PARTIAL_INSERTION = "evse_board_support/MREC20PartialInsertion", "The plug is not all the way in."
    MREC23_PROXIMITY_FAULT = "evse_board_support/MREC23ProximityFault", "The proximity pilot is out of range."
    MREC24_CONNECTOR_VOLTAGE_HIGH = (
        "evse_board_support/MREC24ConnectorVoltageHigh",
        "Voltage at the connector before or after charging.",
    )
    MREC25_BROKEN_LATCH = "evse_board_support/MREC25BrokenLatch", "The plug's latch is broken."
    MREC26_CUT_CABLE = "evse_board_support/MREC26CutCable", "The cable is cut."
    TILT_DETECTED = "evse_board_support/TiltDetected", "The station leans."
    WATER_INGRESS_DETECTED = "evse_board_support/WaterIngressDetected", "There is water in the station."
    ENCLOSURE_OPEN = "evse_board_support/EnclosureOpen", "A door or panel is open."
    VENDOR_ERROR = "evse_board_support/VendorError", "The vendor's own; the session stops."
    VENDOR_WARNING = "evse_board_support/VendorWarning", "The vendor's own; charging may go on."
    COMMUNICATION_FAULT = (
        "evse_board_support/CommunicationFault",
        "The hardware does not answer, or answers badly.",
    )


class EvseManager(ErrorType):
    """What the manager of an EVSE reports."""

    INTERNAL = "evse_manager/Internal", "It has lost track of what is going on."
    MREC4_OVER_CURRENT_FAILURE = "evse_manager/MREC4OverCurrentFailure", "The car draws more than it may."
    MREC5_OVER_VOLTAGE = "evse_manager/MREC5OverVoltage", "The output voltage is too high."
    MREC9_AUTHORIZATION_TIMEOUT = (
        "evse_manager/MREC9AuthorizationTimeout",
        "A car was plugged in and nobody was authorized in time.",
    )
    POWERMETER_TRANSACTION_START_FAILED = (
        "evse_manager/PowermeterTransactionStartFailed",
        "The meter would not begin a transaction.",
    )
    INOPERATIVE = "evse_manager/Inoperative", "Charging is not possible, mostly because of another error."
    MREC22_RESISTANCE_FAULT = (
        "evse_manager/MREC22ResistanceFault",
        "Isolation became too low while energy flowed.",
    )
    MREC11_CABLE_CHECK_FAULT = "evse_manager/MREC11CableCheckFault", "The cable check failed."
    VOLTAGE_PLAUSIBILITY_FAULT = (
        "evse_manager/VoltagePlausibilityFault",
        "Devices at the same output have measured different voltages for too long.",
    )


class Generic(ErrorType):
    """What any device may report."""

    COMMUNICATION_FAULT = "generic/CommunicationFault", "The device does not answer, or answers badly."
    VENDOR_ERROR = "generic/VendorError", "The vendor's own."
    VENDOR_WARNING = "generic/VendorWarning", "The vendor's own; not grave."


class IsolationMonitor(ErrorType):
    """What ails an isolation monitor itself; low isolation is a measurement, not an error."""

    DEVICE_FAULT = "isolation_monitor/DeviceFault", "The device can no longer be relied on."
    COMMUNICATION_FAULT = (
        "isolation_monitor/CommunicationFault",
        "The device does not answer, or answers badly.",
    )
    VENDOR_ERROR = "isolation_monitor/VendorError", "The vendor's own; the session stops."
    VENDOR_WARNING = "isolation_monitor/VendorWarning", "The vendor's own; charging may go on."


class OverVoltageMonitor(ErrorType):
    """What an overvoltage monitor reports, after it has acted."""

    MREC5_OVER_VOLTAGE = (
        "over_voltage_monitor/MREC5OverVoltage",
        "It has shut the output down; high severity means as an emergency.",
    )
    DEVICE_FAULT = "over_voltage_monitor/DeviceFault", "The device no longer works."
    COMMUNICATION_FAULT = (
        "over_voltage_monitor/CommunicationFault",
        "The device does not answer, or answers badly.",
    )
    VENDOR_ERROR = "over_voltage_monitor/VendorError", "The vendor's own; the session stops."
    VENDOR_WARNING = "over_voltage_monitor/VendorWarning", "The vendor's own; charging may go on."


class PaymentTerminal(ErrorType):
    """What a bank card terminal reports."""

    TERMINAL_ID_NOT_SET = "payment_terminal/TerminalIdNotSet", "It has not been given its terminal id."
    INCORRECT_DEVICE_ID = "payment_terminal/IncorrectDeviceId", "Its device id is not the one expected."
    GENERIC_PAYMENT_TERMINAL_ERROR = (
        "payment_terminal/GenericPaymentTerminalError",
        "Anything else that the terminal complains about.",
    )


class PowerSupplyDc(ErrorType):
    """What a DC power supply reports. All but the warning stop the session; set points are still obeyed."""

    COMMUNICATION_FAULT = (
        "power_supply_DC/CommunicationFault",
        "The supply does not answer, or answers badly.",
    )
    HARDWARE_FAULT = "power_supply_DC/HardwareFault", "The supply says it is broken."
    OVER_TEMPERATURE = (
        "power_supply_DC/OverTemperature",
        "Too hot to deliver anything; less power for heat is a change of capabilities instead.",
    )
    UNDER_TEMPERATURE = "power_supply_DC/UnderTemperature", "Too cold to work."
    UNDER_VOLTAGE_AC = "power_supply_DC/UnderVoltageAC", "Input voltage too low."
    OVER_VOLTAGE_AC = "power_supply_DC/OverVoltageAC", "Input voltage too high."
    UNDER_VOLTAGE_DC = "power_supply_DC/UnderVoltageDC", "Output voltage too low."
    OVER_VOLTAGE_DC = "power_supply_DC/OverVoltageDC", "Output voltage too high."
    OVER_CURRENT_AC = "power_supply_DC/OverCurrentAC", "Input current too high."
    OVER_CURRENT_DC = "power_supply_DC/OverCurrentDC", "Output current too high."
    VENDOR_ERROR = "power_supply_DC/VendorError", "The vendor's own; the session stops."
    VENDOR_WARNING = "power_supply_DC/VendorWarning", "The vendor's own; charging may go on."


class System(ErrorType):
    """What the station as a whole reports."""

    COMMUNICATION_FAULT = (
        "system/CommunicationFault",
        "Something underneath does not answer, or answers badly.",
    )


LISTS: Final[tuple[type[ErrorType], ...]] = (
    AcRcd,
    ConnectorLock,
    EvseBoardSupport,
    EvseManager,
    Generic,
    IsolationMonitor,
    OverVoltageMonitor,
    PaymentTerminal,
    PowerSupplyDc,
    System,
)
"""Every list of errors."""

ERROR_TYPES: Final[Mapping[str, ErrorType]] = MappingProxyType(
    {error.value: error for errors in LISTS for error in errors}
)
"""Every error by its full type."""


def error_type(full_type: str) -> ErrorType:
    """The error of a full type such as `evse_manager/Internal`. Raises ValueError for any other text."""
    if (found := ERROR_TYPES.get(full_type)) is None:
        raise ValueError(f"no error has the type {full_type!r}")
    return found
