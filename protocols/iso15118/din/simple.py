"""DIN SPEC 70121: namespaces and simple types.

Limits are those of the schema; what the values mean beyond that is decided elsewhere.
"""

from typing import Annotated, Final

from protocols.iso15118.exi.datatypes import Binary, Integer, Percent, Short, String, Text, UnsignedShort
from protocols.iso15118.exi.declare import Namespace

MSG_DEF: Final = Namespace("urn:din:70121:2012:MsgDef")
MSG_HEADER: Final = Namespace("urn:din:70121:2012:MsgHeader")
MSG_BODY: Final = Namespace("urn:din:70121:2012:MsgBody")
MSG_DATA_TYPES: Final = Namespace("urn:din:70121:2012:MsgDataTypes")
MeterStatusType = Short
PMaxType = Short
PercentValueType = Percent
FaultMsgType = Annotated[str, Text(high=64)]
ServiceNameType = Annotated[str, Text(high=32)]
ServiceScopeType = Annotated[str, Text(high=32)]
GenChallengeType = String
CertificateType = Annotated[bytes, Binary(high=1200)]
RootCertificateIdType = Annotated[str, Text(high=40)]
DhParamsType = Annotated[bytes, Binary(high=256)]
PrivateKeyType = Annotated[bytes, Binary(high=128)]
SigMeterReadingType = Annotated[bytes, Binary(high=32)]
SessionIdType = Annotated[bytes, Binary(high=8, hexadecimal=True)]
EvccIdType = Annotated[bytes, Binary(high=8, hexadecimal=True)]
EvseIdType = Annotated[bytes, Binary(high=32, hexadecimal=True)]
ServiceIdType = UnsignedShort
ContractIdType = Annotated[str, Text(high=24)]
MeterIdType = Annotated[str, Text(high=32)]
SaIdType = Short
TariffDescriptionType = Annotated[str, Text(high=32)]
UnitMultiplierType = Annotated[int, Integer(-3, 3)]
