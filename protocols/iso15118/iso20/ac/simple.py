"""ISO 15118-20 AC: namespace, simple types and enumerations."""

from typing import Final

from protocols.iso15118.exi.declare import Namespace

AC: Final = Namespace("urn:iso:std:iso:15118:-20:AC", qualified_attributes=True)
