"""ISO 15118-20: the common namespace and its simple types."""

from typing import Annotated, Final

from protocols.iso15118.exi.datatypes import Binary, Integer, Percent, Text
from protocols.iso15118.exi.declare import Namespace

COMMON_TYPES: Final = Namespace("urn:iso:std:iso:15118:-20:CommonTypes", qualified_attributes=True)
NumericIdType = Annotated[int, Integer(1, 2**32 - 1)]
SessionIdType = Annotated[bytes, Binary(low=8, high=8, hexadecimal=True)]
PercentValueType = Percent
IdentifierType = Annotated[str, Text(high=255)]
NameType = Annotated[str, Text(high=80)]
DescriptionType = Annotated[str, Text(high=160)]
MeterIdType = Annotated[str, Text(high=32)]
MeterSignatureType = Annotated[bytes, Binary(high=64)]
