"""How a site logs: structlog, one JSON object a line, each process by itself to the same stream.

Lines go to standard error, which all processes share; a line is written in one call, so lines do not mix.
Nothing is kept back: a line that does not fit on a full disk raises OSError to whoever logs, which actors do
through `actors.engine.log`. Secrets are never given to a logger; this module does not search for them.
"""

from __future__ import annotations

import errno
import logging
import os
import sys
from typing import TYPE_CHECKING, TextIO

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable

LEVELS = ("debug", "info", "warning", "error")


def configure(level: str = "info", stream: TextIO | None = None, *, for_people: bool = False) -> None:
    """Set up logging for this process and all that are forked from it. Raises ValueError for a bad level."""
    if level not in LEVELS:
        raise ValueError(f"{level!r} is none of {', '.join(LEVELS)}")
    renderer = (
        structlog.dev.ConsoleRenderer(colors=False) if for_people else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.UnicodeDecoder(),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=_factory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )


def _factory(stream: TextIO) -> Callable[..., object]:
    try:
        lines = Lines(stream.fileno())
    except OSError:  # it is no file: a test has put something else in its place
        return structlog.WriteLoggerFactory(stream)
    return lambda *_names: lines


class Lines:
    """Writes lines to a file descriptor, past every buffer: what a full disk refuses is not kept.

    A buffer would, and every process forked meanwhile would write its copy of it later.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._torn = False

    def write(self, line: str) -> None:
        """Write one line. Raises OSError when it did not go out whole; the next one then begins anew."""
        data = f"{line}\n".encode("utf-8", "backslashreplace")
        if self._torn:
            data = b"\n" + data
        written = os.write(self._number, data)
        self._torn = written < len(data) and (written > 0 or self._torn)
        if written < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    debug = info = warning = error = critical = msg = write
