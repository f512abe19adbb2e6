"""ISO 15118-20 wireless power transfer: namespace, simple types and enumerations."""

import enum
from typing import Annotated, Final

from protocols.iso15118.exi.datatypes import Binary, Text
from protocols.iso15118.exi.declare import Namespace

WPT: Final = Namespace("urn:iso:std:iso:15118:-20:WPT", qualified_attributes=True)
BssidType = Annotated[str, Text(high=12)]
IpaddressType = Annotated[str, Text(high=39)]
WptDataContainerType = Annotated[bytes, Binary(high=256)]


class WptFinePositioningMethod(enum.StrEnum):
    """A way to bring the car over the device."""

    MANUAL = "Manual"
    LF_TX_EV = "LF_TxEV"
    LF_TX_PRIMARY_DEVICE = "LF_TxPrimaryDevice"
    LPE = "LPE"
    PROPRIETARY = "Proprietary"


class WptPairingMethod(enum.StrEnum):
    """A way to find out which car stands on which device."""

    EXTERNAL_CONFIRMATION = "External confirmation"
    LPE = "LPE"
    LF_TX_EV = "LF_TxEV"
    LF_TX_PRIMARY_DEVICE = "LF_TxPrimaryDevice"
    OPTICAL = "Optical"
    PROPRIETARY = "Proprietary"


class WptAlignmentCheckMethod(enum.StrEnum):
    """A way to check that the car stands right."""

    POWER_CHECK = "PowerCheck"
    LPE = "LPE"
    PROPRIETARY = "Proprietary"


class WptEvpcChargeDiagnostics(enum.StrEnum):
    """What the car side of wireless charging found."""

    EVPC_NO_ISSUE = "EVPCNoIssue"
    EVPC_TEMP_OVERHEAT_DETECTED = "EVPCTempOverheatDetected"
    EVPC_POWER_TRANSFER_ANOMALY_DETECTED = "EVPCPowerTransferAnomalyDetected"
    EVPC_ANOMALY_DETECTED = "EVPCAnomalyDetected"


class WptSpcChargeDiagnostics(enum.StrEnum):
    """What the supply side of wireless charging found."""

    SPC_NO_ISSUE = "SPCNoIssue"
    SPC_FOD_DETECTED = "SPCFODDetected"
    SPC_LOP_DETECTED = "SPCLOPDetected"
    SPC_TEMP_OVERHEAT_DETECTED = "SPCTempOverheatDetected"
    SPC_POWER_TRANSFER_ANOMALY_DETECTED = "SPCPowerTransferAnomalyDetected"
    SPC_ANOMALY_DETECTED = "SPCAnomalyDetected"


class WptPowerClass(enum.StrEnum):
    """The power class of the primary device."""

    MF_WPT_1 = "MF-WPT1"
    MF_WPT_2 = "MF-WPT2"
    MF_WPT_3 = "MF-WPT3"
    MF_WPT_4 = "MF-WPT4"


class WptEvResult(enum.StrEnum):
    """What came out on the side of the car."""

    EV_RESULT_UNKNOWN = "EVResultUnknown"
    EV_RESULT_SUCCESS = "EVResultSuccess"
    EV_RESULT_FAILED = "EVResultFailed"
