"""Who pays: EMAID and the contract id of DIN SPEC 91286, with their check characters.

Sources: ISO 15118-2 Annex H, DIN SPEC 91286. The rules of both check characters were worked out from and
verified against published ids, eleven EMAIDs and seven DIN contract ids; the test holds them.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from typing import Final

from protocols.iso15118.identifiers.error import IdentifierError

_ALPHABET: Final = string.digits + string.ascii_uppercase


def emaid_check_digit(body: str) -> str:
    """The check character over the 14 characters of an EMAID. Raises IdentifierError.

    Each character's index in 0-9A-Z is split into a pair modulo 2 (index // 9) and a pair modulo 3
    (index % 9); the pairs of all 15 characters, times rising powers of a matrix per modulus, add up to zero.
    """
    if not re.fullmatch(r"[0-9A-Z]{14}", body):
        raise IdentifierError("EMAID", body, "a check character is over 14 digits and capital letters")
    two = [0, 0]
    three = [0, 0]
    # Horner from the right, with x * P2 = (x1, x0 + x1) mod 2 and x * P3 = (x1, x0 + 2 x1) mod 3
    for character in reversed(body):
        index = _ALPHABET.index(character)
        q0, q1 = divmod(index // 9, 2)
        r0, r1 = divmod(index % 9, 3)
        two = [(two[1] + q1) % 2, (two[0] + q0 + two[1] + q1) % 2]
        three = [(three[1] + r1) % 3, (three[0] + r0 + 2 * (three[1] + r1)) % 3]
    # the check character's own pair stands at the 15th power: undo 15 steps, then negate
    for _ in range(15):
        two = [(two[1] - two[0]) % 2, two[0]]
        three = [(three[1] - 2 * three[0]) % 3, three[0]]
    quotient = 2 * (-two[0] % 2) + (-two[1] % 2)
    return _ALPHABET[9 * quotient + 3 * (-three[0] % 3) + (-three[1] % 3)]


def din_check_digit(body: str) -> str:
    """The check character over the 11 characters of a DIN SPEC 91286 contract id. Raises IdentifierError.

    A letter counts as its two digits (A = 1, 0); the digits times rising powers of two, modulo 11; 10 is X.
    """
    if not re.fullmatch(r"[0-9A-Z]{11}", body):
        raise IdentifierError(
            "DIN contract id", body, "a check character is over 11 digits and capital letters"
        )
    digits = "".join(str(_ALPHABET.index(character)) for character in body)
    rest = sum(int(digit) << place for place, digit in enumerate(digits)) % 11
    return "0123456789X"[rest]


_EMAID: Final = re.compile(r"([A-Z]{2})(-?)([0-9A-Z]{3})\2([0-9A-Z]{9})(?:\2([0-9A-Z]))?")
_DIN_CONTRACT: Final = re.compile(r"([A-Z]{2})([-*]?)([0-9A-Z]{3})\2([0-9A-Z]{6})(?:\2([0-9X]))?")


_DIN_FORM: Final = "two letters, three and six letters or digits, and a check character"


@dataclass(frozen=True, slots=True)
class Emaid:
    """E-mobility account identifier: who has the contract. `str` gives the form without separators."""

    country: str
    provider: str
    instance: str
    check_digit: str | None = None

    def __post_init__(self) -> None:
        if not _EMAID.fullmatch(self.hyphenated):
            raise IdentifierError("EMAID", self.hyphenated, _why_not_emaid(self.hyphenated))

    @classmethod
    def parse(cls, text: str, *, verify: bool = False) -> Emaid:
        """Read an EMAID with or without hyphens and check character, in any case. Raises IdentifierError.

        With `verify`, a check character that is there must be right. Without, it may be anything: contracts
        with a wrong one are in use, and `check_digit_is_right` tells.
        """
        match = _EMAID.fullmatch(text.strip().upper()) if text.isascii() else None
        if match is None:
            raise IdentifierError("EMAID", text, _why_not_emaid(text))
        emaid = cls(match[1], match[3], match[4], match[5])
        if verify and emaid.check_digit_is_right is False:
            expected = emaid_check_digit(str(emaid)[:14])
            raise IdentifierError("EMAID", text, f"its check character should be {expected}")
        return emaid

    @property
    def check_digit_is_right(self) -> bool | None:
        """Whether the check character fits; None if there is none."""
        if self.check_digit is None:
            return None
        return self.check_digit == emaid_check_digit(str(self)[:14])

    @property
    def hyphenated(self) -> str:
        """The form for people: DE-8AA-CA2B3C4D5-L."""
        parts = (self.country, self.provider, self.instance, self.check_digit)
        return "-".join(part for part in parts if part)

    @property
    def complete(self) -> Emaid:
        """The same with its right check character."""
        return Emaid(self.country, self.provider, self.instance, emaid_check_digit(str(self)[:14]))

    def same_contract(self, other: Emaid) -> bool:
        """Whether both name one contract, when a check character may be missing on either side."""
        if self.check_digit is None or other.check_digit is None:
            return str(self)[:14] == str(other)[:14]
        return self == other

    def __str__(self) -> str:
        return f"{self.country}{self.provider}{self.instance}{self.check_digit or ''}"


def _why_not_emaid(text: str) -> str:
    if not text.isascii():
        return "only ASCII letters, digits and hyphens"
    bare = text.strip().upper().replace("-", "")
    if len(bare) not in (14, 15):
        return f"14 characters, or 15 with the check character; this has {len(bare)}"
    if not bare.isalnum():
        return "only letters and digits, and hyphens between its parts"
    if not bare[:2].isalpha():
        return "begins with a country code of two letters"
    return "hyphens after the country, the provider and the instance, or none at all"


@dataclass(frozen=True, slots=True)
class DinContractId:
    """Contract id of DIN SPEC 91286, as in DIN 70121's ContractID. `str` gives DE-8AA-123A56-3."""

    country: str
    provider: str
    instance: str
    check_digit: str | None = None

    def __post_init__(self) -> None:
        if not _DIN_CONTRACT.fullmatch(str(self)):
            raise IdentifierError("DIN contract id", str(self), _DIN_FORM)

    @classmethod
    def parse(cls, text: str, *, verify: bool = False) -> DinContractId:
        """Read the id, with `-`, `*` or nothing between its parts, in any case. Raises IdentifierError."""
        match = _DIN_CONTRACT.fullmatch(text.strip().upper()) if text.isascii() else None
        if match is None:
            raise IdentifierError("DIN contract id", text, _DIN_FORM)
        contract = cls(match[1], match[3], match[4], match[5])
        if verify and contract.check_digit not in (None, contract.right_check_digit):
            raise IdentifierError(
                "DIN contract id", text, f"its check character should be {contract.right_check_digit}"
            )
        return contract

    @property
    def right_check_digit(self) -> str:
        """What the check character should be."""
        return din_check_digit(f"{self.country}{self.provider}{self.instance}")

    def to_emaid(self) -> Emaid:
        """The EMAID of the same contract: two zeros, the instance and the DIN check character."""
        check = self.check_digit or self.right_check_digit
        if not check.isdigit():
            raise IdentifierError("DIN contract id", str(self), "check character X has no place in an EMAID")
        return Emaid(self.country, self.provider, f"00{self.instance}{check}").complete

    def __str__(self) -> str:
        parts = (self.country, self.provider, self.instance, self.check_digit)
        return "-".join(part for part in parts if part)
