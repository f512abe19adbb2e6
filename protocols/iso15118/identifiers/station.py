"""Where the energy comes from: EVSEID in its ISO and its DIN form, and the SECCID of a controller.

Sources: ISO 15118-2 Annex H.2 (7 to 37 characters), DIN SPEC 91286 for the numeric form and EVerest's
`evse_id_din` for its hexadecimal notation (A for the separator). The SECCID's form comes from a public
description with one example; its check character follows no rule that could be verified, so it is kept
and not checked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from protocols.iso15118.identifiers.error import IdentifierError

EVSEID_MAX_CHARACTERS: Final = 37
_EVSEID: Final = re.compile(r"([A-Z]{2})(\*?)([0-9A-Z]{3})\2E([0-9A-Z](?:[0-9A-Z*]{0,29}[0-9A-Z])?)")
_DIN_TEXT: Final = re.compile(r"\+?([1-9][0-9]{0,2})\*([0-9]{3,6})\*([0-9][0-9*]{0,31})")
_DIN_FORM: Final = "country (1 to 3 digits), operator (3 to 6) and outlet (up to 32), * between"
_SECCID_FORM: Final = "two letters, three letters or digits, S, up to 32 letters or digits"
_SECCID: Final = re.compile(r"([A-Z]{2})(-?)([0-9A-Z]{3})\2S\2([0-9A-Z]{1,32}?)(?:-([0-9A-Z]))?")


@dataclass(frozen=True, slots=True)
class Evseid:
    """EVSE id in the form of ISO 15118, DE*ABC*E123*1. Equal when they differ by separators or case only."""

    country: str
    operator: str
    outlet: str
    """What follows the E, without separators."""

    def __post_init__(self) -> None:
        if not _EVSEID.fullmatch(self.compact):
            raise IdentifierError("EVSEID", str(self), _why_not_evseid(str(self)))

    @classmethod
    def parse(cls, text: str) -> Evseid:
        """Read the id, with or without `*` after country and operator. Raises IdentifierError."""
        match = _EVSEID.fullmatch(text.strip().upper()) if text.isascii() else None
        if match is None or len(text.strip()) > EVSEID_MAX_CHARACTERS:
            raise IdentifierError("EVSEID", text, _why_not_evseid(text))
        return cls(match[1], match[3], match[4].replace("*", ""))

    @property
    def compact(self) -> str:
        """Without separators: DEABCE1231."""
        return f"{self.country}{self.operator}E{self.outlet}"

    def __str__(self) -> str:
        return f"{self.country}*{self.operator}*E{self.outlet}"


def _why_not_evseid(text: str) -> str:
    bare = text.strip().upper()
    if not bare.isascii():
        return "only ASCII letters, digits and *"
    if not 7 <= len(bare) <= EVSEID_MAX_CHARACTERS:  # noqa: PLR2004  # evseIDType
        return f"7 to {EVSEID_MAX_CHARACTERS} characters; this has {len(bare)}"
    if not bare[:2].isalpha():
        return "begins with a country code of two letters"
    if bare.replace("*", "")[5:6] != "E":
        return "an E follows the country and the three characters of the operator"
    return "country, operator, E and outlet of letters and digits, with * between them"


@dataclass(frozen=True, slots=True)
class DinEvseid:
    """EVSE id in the form of DIN SPEC 91286, +49*80737*45678, as DIN 70121 carries it in hexadecimal."""

    country: str
    operator: str
    outlet: str

    def __post_init__(self) -> None:
        if not _DIN_TEXT.fullmatch(str(self)):
            raise IdentifierError("DIN EVSEID", str(self), _DIN_FORM)

    @classmethod
    def parse(cls, text: str) -> DinEvseid:
        """Read +49*80737*45678 or its hexadecimal notation 49A80737A45678. Raises IdentifierError."""
        bare = text.strip().upper()
        if bare.isascii() and re.fullmatch(r"[0-9]+(?:A[0-9]+)+", bare):
            bare = bare.replace("A", "*")
        match = _DIN_TEXT.fullmatch(bare) if bare.isascii() else None
        if match is None:
            raise IdentifierError(
                "DIN EVSEID",
                text,
                "country (1 to 3 digits), operator (3 to 6) and outlet (up to 32), * between",
            )
        return cls(match[1], match[2], match[3])

    @classmethod
    def from_bytes(cls, raw: bytes) -> DinEvseid:
        """Read the bytes of a DIN message. Raises IdentifierError, also for a lone `00`."""
        return cls.parse(raw.hex())

    def __bytes__(self) -> bytes:
        """The bytes for a DIN message. Raises IdentifierError for an odd number of digits.

        DIN names no filling digit, so an id that does not fill its last byte cannot be sent.
        """
        digits = str(self).lstrip("+").replace("*", "A")
        if len(digits) % 2:
            raise IdentifierError(
                "DIN EVSEID", str(self), f"{len(digits)} half bytes do not fill whole bytes"
            )
        return bytes.fromhex(digits)

    def __str__(self) -> str:
        return f"+{self.country}*{self.operator}*{self.outlet}"


@dataclass(frozen=True, slots=True)
class Seccid:
    """Id of a supply equipment communication controller (ISO 15118-20): DE-ABC-S-0123-4."""

    country: str
    operator: str
    controller: str
    check_digit: str | None = None
    """Kept, not verified."""

    def __post_init__(self) -> None:
        if not _SECCID.fullmatch(str(self)):
            raise IdentifierError("SECCID", str(self), _SECCID_FORM)

    @classmethod
    def parse(cls, text: str) -> Seccid:
        """Read the id, hyphens optional except before a check character. Raises IdentifierError."""
        match = _SECCID.fullmatch(text.strip().upper()) if text.isascii() else None
        if match is None:
            raise IdentifierError("SECCID", text, _SECCID_FORM)
        return cls(match[1], match[3], match[4], match[5])

    def __str__(self) -> str:
        parts = (self.country, self.operator, "S", self.controller, self.check_digit)
        return "-".join(part for part in parts if part)
