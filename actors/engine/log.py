"""The engine's log: structlog's, save that a line which cannot be written harms nobody.

A full disk under the log, a reader that has gone or a field that cannot be shown is no failure of the actor
that had something to say. Such lines are counted, and told of with the first line that can be written again.
How lines look and where they go is the host application's choice (`structlog.configure`); none of it is
relied on here.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from typing import Self


class Lost:
    """How many lines this process could not write, and why the last of them."""

    def __init__(self) -> None:
        self.lines = 0
        self.reason = ""

    def add(self, error: Exception) -> None:
        """Count one more."""
        self.lines += 1
        self.reason = type(error).__name__
        if isinstance(error, OSError):
            self.reason = f"{self.reason}: {error.strerror}"

    def clear(self) -> None:
        """They have been told of, or were another process's."""
        self.lines = 0


LOST = Lost()
os.register_at_fork(after_in_child=LOST.clear)


class Log:
    """A bound logger of which no method raises."""

    def __init__(self, logger: Any) -> None:
        self._logger = logger

    def bind(self, **fields: Any) -> Self:
        """A logger whose lines have these fields as well."""
        return type(self)(self._logger.bind(**fields))

    def unbind(self, *fields: str) -> Self:
        """A logger whose lines do not have these fields, whether or not this one's have."""
        return type(self)(self._logger.bind().try_unbind(*fields))

    def debug(self, event: str, **fields: Any) -> None:
        """Say what only a developer wants to know."""
        self._say("debug", event, fields)

    def info(self, event: str, **fields: Any) -> None:
        """Say what has happened as it should."""
        self._say("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Say what was not to be expected, and has been dealt with."""
        self._say("warning", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """Say what has failed."""
        self._say("error", event, fields)

    def exception(self, event: str, **fields: Any) -> None:
        """Say what has failed, with the exception that is being handled."""
        self._say("exception", event, fields)

    def _say(self, level: str, event: str, fields: dict[str, Any]) -> None:
        try:
            getattr(self._logger, level)(event, **fields)
        except Exception as error:  # noqa: BLE001  # whatever it is, no line is worth an actor
            LOST.add(error)
            return
        if LOST.lines:
            with contextlib.suppress(Exception):  # that line was not written but left out by its level, say
                self._logger.error("log_lines_lost", lines=LOST.lines, reason=LOST.reason)
                LOST.clear()


def logger(name: str) -> Log:
    """The logger of that name."""
    return Log(structlog.get_logger(name))
