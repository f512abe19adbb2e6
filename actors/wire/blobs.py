"""What people paste, one line a message: hexadecimal digits or base64. Turns it into bytes, or refuses it."""

from __future__ import annotations

import base64
import contextlib
import re
from typing import Final

MAX_INPUT_BYTES: Final = 512 * 1024 * 1024
"""A file larger than this is refused: it is read whole."""

BEGINNINGS: Final = (b"\x80", b"\x01\xfe")
"""How EXI and V2GTP begin."""

_SEPARATORS: Final = re.compile(r"[\s:,_-]+")
_HEX: Final = re.compile(r"(?:0[xX])?((?:[0-9A-Fa-f]{2})+)")
_SHOWN: Final = 40


class BlobError(ValueError):
    """A text that is neither hexadecimal nor base64."""

    def __init__(self, text: str) -> None:
        shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
        super().__init__(f"{shown!r} is neither hexadecimal digits nor base64")
        self.text = shown

    def __reduce__(self) -> tuple[type[BlobError], tuple[str]]:
        return type(self), (self.text,)


def readings(text: str) -> list[bytes]:
    """The ways to read one line as bytes, the likeliest first. Raises BlobError when there is none.

    Hexadecimal digits may have `0x` before and blanks, colons, commas, hyphens or underscores between them.
    Base64 may be that of URLs and without padding; as many words are base64 too, it counts only if it
    begins as EXI or V2GTP does. Digits that are both are read both ways.
    """
    found = []
    digits = _HEX.fullmatch(_SEPARATORS.sub("", text.replace("0x", "").replace("0X", "")))
    if digits is not None:
        found.append(bytes.fromhex(digits[1]))
    bare = text.strip().translate({ord("-"): "+", ord("_"): "/"})
    with contextlib.suppress(ValueError):  # binascii's error is one
        data = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
        if data.startswith(BEGINNINGS):
            found.append(data)
    if not found:
        raise BlobError(text.strip())
    return found


def lines_of(text: str) -> list[str]:
    """The messages in a text: its lines, without empty ones and comments (`#`)."""
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
