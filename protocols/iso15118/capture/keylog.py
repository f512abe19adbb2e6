"""Reads a TLS key log (the SSLKEYLOGFILE format): which secrets belong to which client random.

Source: draft-ietf-tls-keylogfile. Secrets never show in a repr or an error.
"""

from __future__ import annotations

import re
from typing import Final

_LINE: Final = re.compile(r"([A-Z0-9_]{1,64}) ([0-9A-Fa-f]{64}) ((?:[0-9A-Fa-f]{2}){1,128})")
MASTER_SECRET: Final = "CLIENT_RANDOM"  # noqa: S105  # a label, not a secret


class KeyLogError(ValueError):
    """A line that is no key log line. `line` counts from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line} is not `LABEL client-random secret` in hexadecimal digits")
        self.line = line

    def __reduce__(self) -> tuple[type[KeyLogError], tuple[int]]:
        return type(self), (self.line,)


class KeyLog:
    """The secrets of any number of TLS connections."""

    def __init__(self) -> None:
        self._secrets: dict[tuple[str, bytes], bytes] = {}

    def add(self, text: str) -> None:
        """Add the lines of a key log; empty lines and comments are passed over. Raises KeyLogError."""
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            match = _LINE.fullmatch(line.strip())
            if match is None:
                raise KeyLogError(number)
            self._secrets[match[1], bytes.fromhex(match[2])] = bytes.fromhex(match[3])

    def secret(self, label: str, client_random: bytes) -> bytes | None:
        """The secret of a label for one connection, if the log has it."""
        return self._secrets.get((label, client_random))

    def __len__(self) -> int:
        return len(self._secrets)
