"""ISO 15118-20 common messages: namespace, simple types and enumerations."""

import enum
from typing import Annotated, Final

from protocols.iso15118.exi.datatypes import Binary, Integer, Text, UnsignedShort
from protocols.iso15118.exi.declaration import Namespace

COMMON_MESSAGES: Final = Namespace("urn:iso:std:iso:15118:-20:CommonMessages", qualified_attributes=True)
GenChallengeType = Annotated[bytes, Binary(low=16, high=16)]
ServiceIdType = UnsignedShort
MaxSupportingPointsScheduleTupleType = Annotated[int, Integer(12, 1024)]
DhPublicKeyType = Annotated[bytes, Binary(low=133, high=133)]
Secp521EncryptedPrivateKeyType = Annotated[bytes, Binary(low=94, high=94)]
X448EncryptedPrivateKeyType = Annotated[bytes, Binary(low=84, high=84)]
TpmEncryptedPrivateKeyType = Annotated[bytes, Binary(low=206, high=206)]
CurrencyType = Annotated[str, Text(high=3)]
LanguageType = Annotated[str, Text(high=3)]
CertificateType = Annotated[bytes, Binary(high=1600)]


class Authorization(enum.StrEnum):
    """Values of the authorization."""

    EIM = "EIM"
    PNC = "PnC"


class ChargeProgress(enum.StrEnum):
    """Values of the charge progress."""

    START = "Start"
    STOP = "Stop"
    STANDBY = "Standby"
    SCHEDULE_RENEGOTIATION = "ScheduleRenegotiation"


class ChannelSelection(enum.StrEnum):
    """Values of the channel selection."""

    CHARGE = "Charge"
    DISCHARGE = "Discharge"


class EcdhCurve(enum.StrEnum):
    """Values of the ecdh curve."""

    SECP521 = "SECP521"
    X448 = "X448"


class ChargingSession(enum.StrEnum):
    """Values of the charging session."""

    PAUSE = "Pause"
    TERMINATE = "Terminate"
    SERVICE_RENEGOTIATION = "ServiceRenegotiation"


class EvCheckInStatus(enum.StrEnum):
    """Values of the ev check in status."""

    CHECK_IN = "CheckIn"
    PROCESSING = "Processing"
    COMPLETED = "Completed"


class EvCheckOutStatus(enum.StrEnum):
    """Values of the ev check out status."""

    CHECK_OUT = "CheckOut"
    PROCESSING = "Processing"
    COMPLETED = "Completed"


class EvseCheckOutStatus(enum.StrEnum):
    """Values of the evse check out status."""

    SCHEDULED = "Scheduled"
    COMPLETED = "Completed"


class ParkingMethod(enum.StrEnum):
    """Values of the parking method."""

    AUTO_PARKING = "AutoParking"
    MV_GUIDE_MANUAL = "MVGuideManual"
    MANUAL = "Manual"


class PowerToleranceAcceptance(enum.StrEnum):
    """Values of the power tolerance acceptance."""

    POWER_TOLERANCE_NOT_CONFIRMED = "PowerToleranceNotConfirmed"
    POWER_TOLERANCE_CONFIRMED = "PowerToleranceConfirmed"
