"""Where the record goes: a file that is appended to, readable for its owner only."""

from __future__ import annotations

import os
import pathlib  # noqa: TC003  # the signature says it
from typing import TYPE_CHECKING

from actors.simulation.csms.record import to_line

if TYPE_CHECKING:
    from actors.simulation.csms.record import Entry

MODE = 0o600
"""Passwords travel in SetVariables and SetNetworkProfile."""


class Sink:
    """Writes entries to a file. OSError when it cannot be opened; a disk that is full is told once."""

    def __init__(self, path: pathlib.Path) -> None:
        self._file = os.fdopen(
            os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, MODE), "w", encoding="utf-8"
        )
        self.trouble: str | None = None

    def write(self, entry: Entry) -> None:
        """Append one line, and let others read it at once."""
        try:
            self._file.write(to_line(entry) + "\n")
            self._file.flush()
        except OSError as error:
            self.trouble = self.trouble or str(error.strerror)

    def close(self) -> None:
        """Close the file."""
        try:
            self._file.close()
        except OSError as error:
            self.trouble = self.trouble or str(error.strerror)
