"""The session id: eight bytes, chosen by the station, never zero.

Sources: ISO 15118-2 8.4.3.2.2 [V2G2-753 ff.], ISO 15118-20 8.3.4.3.1; zero means "no session yet" and is
refused here, because stations that accepted it could be made to resume somebody else's session.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from protocols.iso15118.identifiers.error import IdentifierError

if TYPE_CHECKING:
    from collections.abc import Callable

SESSION_ID_BYTES: Final = 8
_DRAWS: Final = 8


@dataclass(frozen=True, slots=True)
class SessionId:
    """A session id. `str` gives sixteen capital hexadecimal digits."""

    raw: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.raw) != SESSION_ID_BYTES:
            raise IdentifierError("session id", self.raw.hex().upper(), f"{len(self.raw)} bytes are not 8")
        if not any(self.raw):
            raise IdentifierError("session id", str(self), "zero stands for no session")

    @classmethod
    def parse(cls, text: str) -> SessionId:
        """Read sixteen hexadecimal digits. Raises IdentifierError."""
        if not re.fullmatch(r"[0-9A-Fa-f]{16}", text):
            raise IdentifierError("session id", text, "sixteen hexadecimal digits")
        return cls(bytes.fromhex(text))

    @classmethod
    def requested(cls, raw: bytes) -> SessionId | None:
        """What a car's SessionSetupReq asks to resume; None when it asks for a new session.

        Zero of any length, and any length but eight, is a request for a new session: -2 allows up to
        eight bytes there and cars were seen to send a single zero.
        """
        if len(raw) != SESSION_ID_BYTES or not any(raw):
            return None
        return cls(raw)

    @classmethod
    def fresh(cls, random: Callable[[int], bytes], *, unlike: SessionId | None = None) -> SessionId:
        """A new id from `random(count)`, a source of that many random bytes, different from `unlike`.

        Raises RuntimeError when the source keeps giving zeros or the same id: it is broken then.
        """
        for _ in range(_DRAWS):
            raw = random(SESSION_ID_BYTES)
            if any(raw) and (unlike is None or raw != unlike.raw):
                return cls(raw)
        raise RuntimeError(f"the source of randomness gave no usable session id in {_DRAWS} draws")

    def __str__(self) -> str:
        return self.raw.hex().upper()
