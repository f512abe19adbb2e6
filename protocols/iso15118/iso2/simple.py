"""ISO 15118-2: namespaces and simple types.

Limits are those of the schema; what the values mean beyond that is decided elsewhere.
"""

from typing import Annotated, Final

from protocols.iso15118.exi.datatypes import Binary, Integer, Percent, Short, Text, UnsignedShort
from protocols.iso15118.exi.declare import Namespace

MSG_DEF: Final = Namespace("urn:iso:15118:2:2013:MsgDef", qualified_attributes=True)
MSG_HEADER: Final = Namespace("urn:iso:15118:2:2013:MsgHeader", qualified_attributes=True)
MSG_BODY: Final = Namespace("urn:iso:15118:2:2013:MsgBody", qualified_attributes=True)
MSG_DATA_TYPES: Final = Namespace("urn:iso:15118:2:2013:MsgDataTypes", qualified_attributes=True)
PercentValueType = Percent
FaultMsgType = Annotated[str, Text(high=64)]
ServiceNameType = Annotated[str, Text(high=32)]
ServiceScopeType = Annotated[str, Text(high=64)]
MaxNumPhasesType = Annotated[int, Integer(1, 3)]
MeterStatusType = Short
GenChallengeType = Annotated[bytes, Binary(low=16, high=16)]
CertificateType = Annotated[bytes, Binary(high=800)]
DhPublicKeyType = Annotated[bytes, Binary(high=65)]
PrivateKeyType = Annotated[bytes, Binary(high=48)]
SigMeterReadingType = Annotated[bytes, Binary(high=64)]
SessionIdType = Annotated[bytes, Binary(high=8, hexadecimal=True)]
EvccIdType = Annotated[bytes, Binary(high=6, hexadecimal=True)]
EvseIdType = Annotated[str, Text(low=7, high=37)]
ServiceIdType = UnsignedShort
EmaidType = Annotated[str, Text(low=14, high=15)]
MeterIdType = Annotated[str, Text(high=32)]
SaIdType = Annotated[int, Integer(1, 255)]
TariffDescriptionType = Annotated[str, Text(high=32)]
UnitMultiplierType = Annotated[int, Integer(-3, 3)]
