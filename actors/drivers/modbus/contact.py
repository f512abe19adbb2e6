"""How long a meter may be silent before that is an error, and when to open its line anew. Pure."""

from __future__ import annotations

from typing import Final

TRIES: Final = 3
"""So many failures on end are an error; after as many the line is opened anew."""
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0


class Contact:
    """Counts what went wrong on end."""

    def __init__(self) -> None:
        self._failures = 0
        self._openings = 0

    @property
    def broken(self) -> bool:
        """Whether it has gone wrong often enough to be an error."""
        return self._failures >= TRIES

    def succeeded(self) -> None:
        """A reading has come."""
        self._failures = self._openings = 0

    def failed(self) -> bool:
        """A reading has not come; True when the line should be opened anew."""
        self._failures += 1
        return self._failures % TRIES == 0

    def pause_s(self) -> float:
        """How long to wait before the line is opened anew: longer each time, until a reading has come."""
        pause = min(FIRST_PAUSE_S * 2.0**self._openings, LONGEST_PAUSE_S)
        self._openings = min(self._openings + 1, 16)
        return pause
