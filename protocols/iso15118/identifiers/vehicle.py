"""Which car: the EVCCID of DIN/-2 (a MAC address), that of -20 (a text), and the PCID of its certificate.

Sources: ISO 15118-2 8.4.3.2.2 (the EVCC's MAC address), EVerest's `evcc_id` for the form with colons,
ISO 15118-20 `identifierType` (at most 255 characters), VDE-AR-E 2802-100-1 as quoted by a public
specification for the PCID (17 characters, 18 with the check character).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from protocols.iso15118.identifiers.error import IdentifierError

MAC_BYTES: Final = 6
EUI64_BYTES: Final = 8
_IDENTIFIER_MAX: Final = 255
_PCID: Final = re.compile(r"([0-9A-Z]{3})([0-9A-Z]{14})([0-9A-Z]?)")
_PCID_FORM: Final = "17 letters and digits, or 18 with the check character"


@dataclass(frozen=True, slots=True)
class EvccMac:
    """The EVCCID of DIN 70121 and ISO 15118-2. `str` gives AA:BB:CC:DD:EE:FF, as EVerest publishes it."""

    raw: bytes

    def __post_init__(self) -> None:
        # DIN's type has room for eight bytes, and cars with an EUI-64 use them
        if len(self.raw) not in (MAC_BYTES, EUI64_BYTES):
            raise IdentifierError(
                "EVCCID", self.raw.hex().upper(), f"{len(self.raw)} bytes are no MAC address"
            )

    @classmethod
    def parse(cls, text: str) -> EvccMac:
        """Read hexadecimal digits, bare or with `:` or `-` between the bytes. Raises IdentifierError."""
        bare = text.strip()
        if not re.fullmatch(r"[0-9A-Fa-f]{2}(?:([:-]?)[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2})*)", bare):
            raise IdentifierError(
                "EVCCID", text, "pairs of hexadecimal digits, one separator between them or none"
            )
        return cls(bytes.fromhex(re.sub("[:-]", "", bare)))

    @property
    def compact(self) -> str:
        """Capital hexadecimal digits without separators, as tokens carry it."""
        return self.raw.hex().upper()

    def __str__(self) -> str:
        return self.raw.hex(":").upper()


@dataclass(frozen=True, slots=True)
class Evccid:
    """The EVCCID of ISO 15118-20: a text. Kept as sent; equal without regard to case."""

    text: str

    def __post_init__(self) -> None:
        if not 0 < len(self.text) <= _IDENTIFIER_MAX:
            raise IdentifierError("EVCCID", self.text, f"1 to {_IDENTIFIER_MAX} characters")
        if not self.text.isprintable():
            raise IdentifierError("EVCCID", self.text, "a character that cannot be printed")

    @classmethod
    def parse(cls, text: str) -> Evccid:
        """Read the id, without blanks at its ends. Raises IdentifierError."""
        return cls(text.strip())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Evccid) and self.text.upper() == other.text.upper()

    def __hash__(self) -> int:
        return hash(self.text.upper())

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Pcid:
    """Provisioning certificate identifier: the common name of a car's OEM certificate."""

    manufacturer: str
    """World manufacturer identifier, three characters."""
    vehicle: str
    """The manufacturer's own 14 characters."""
    check_digit: str | None = None
    """Kept, not verified: the rule is not public."""

    def __post_init__(self) -> None:
        if not _PCID.fullmatch(str(self)):
            raise IdentifierError("PCID", str(self), _PCID_FORM)

    @classmethod
    def parse(cls, text: str) -> Pcid:
        """Read the id; separators `-` and case do not count. Raises IdentifierError."""
        bare = text.strip().upper().replace("-", "")
        match = _PCID.fullmatch(bare) if bare.isascii() else None
        if match is None:
            raise IdentifierError("PCID", text, _PCID_FORM)
        return cls(match[1], match[2], match[3] or None)

    def __str__(self) -> str:
        return f"{self.manufacturer}{self.vehicle}{self.check_digit or ''}"
