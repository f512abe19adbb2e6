"""ISO 15118-20 common messages: namespace, simple types and enumerations."""

import enum
from typing import Annotated, Final

from protocols.iso15118.exi.datatypes import Binary, Integer, Text, UnsignedShort
from protocols.iso15118.exi.declare import Namespace

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
    """External identification means, or Plug & Charge."""

    EIM = "EIM"
    PNC = "PnC"


class ChargeProgress(enum.StrEnum):
    """What shall happen to the flow of energy."""

    START = "Start"
    STOP = "Stop"
    STANDBY = "Standby"
    SCHEDULE_RENEGOTIATION = "ScheduleRenegotiation"


class ChannelSelection(enum.StrEnum):
    """The direction of energy."""

    CHARGE = "Charge"
    DISCHARGE = "Discharge"


class EcdhCurve(enum.StrEnum):
    """The curve of a key agreement."""

    SECP521 = "SECP521"
    X448 = "X448"


class ChargingSession(enum.StrEnum):
    """Whether the session ends or pauses."""

    PAUSE = "Pause"
    TERMINATE = "Terminate"
    SERVICE_RENEGOTIATION = "ServiceRenegotiation"


class EvCheckInStatus(enum.StrEnum):
    """How far the car is with arriving."""

    CHECK_IN = "CheckIn"
    PROCESSING = "Processing"
    COMPLETED = "Completed"


class EvCheckOutStatus(enum.StrEnum):
    """How far the car is with leaving."""

    CHECK_OUT = "CheckOut"
    PROCESSING = "Processing"
    COMPLETED = "Completed"


class EvseCheckOutStatus(enum.StrEnum):
    """Whether the car may leave now or later."""

    SCHEDULED = "Scheduled"
    COMPLETED = "Completed"


class ParkingMethod(enum.StrEnum):
    """Who parks the car and how."""

    AUTO_PARKING = "AutoParking"
    MV_GUIDE_MANUAL = "MVGuideManual"
    MANUAL = "Manual"


class PowerToleranceAcceptance(enum.StrEnum):
    """Whether the car confirms the power tolerance."""

    POWER_TOLERANCE_NOT_CONFIRMED = "PowerToleranceNotConfirmed"
    POWER_TOLERANCE_CONFIRMED = "PowerToleranceConfirmed"
