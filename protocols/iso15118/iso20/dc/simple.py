"""ISO 15118-20 DC: namespace, simple types and enumerations."""

from typing import Final

from protocols.iso15118.exi.declare import Namespace

DC: Final = Namespace("urn:iso:std:iso:15118:-20:DC", qualified_attributes=True)
