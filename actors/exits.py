"""How every command ends: its exit code, and one line on standard error where it is not good.

0 is good; 1 failed: it was rightly asked for, but could not be done; 2 is bad input: arguments, or a file
that was named; 3 is a site that was reset and leaves its new start to whoever has started it.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import TYPE_CHECKING, Final, NoReturn

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer

GOOD: Final = 0
FAILED: Final = 1
BAD_INPUT: Final = 2
RESET: Final = 3


class OutputError(Exception):
    """Standard output takes no more: the disk is full, or who read it has gone."""


def refuse(text: str) -> NoReturn:
    """Say what is wrong with what was given, and leave."""
    _end(text, BAD_INPUT)


def fail(text: str) -> NoReturn:
    """Say what could not be done, and leave."""
    _end(text, FAILED)


def _end(text: str, code: int) -> NoReturn:
    tell(text)
    raise typer.Exit(code)


def tell(text: str) -> None:
    """One line on standard error. The exit code still counts when nobody can read it."""
    with contextlib.suppress(OSError):
        typer.echo(f"evsite: {text}", err=True)


@contextlib.contextmanager
def output_watched() -> Iterator[None]:
    """Inside, standard output that takes no more ends the process with a line and exit code 1.

    It raises OutputError, which nobody takes for an error of the file that is being read or written.
    """
    if sys.stdout is None:  # the process was started without one, and nothing is printed
        yield
        return
    sys.stdout = _watched(sys.stdout.fileno(), sys.stdout.encoding, sys.stdout.errors)
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OutputError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is left in its buffer
        tell(f"standard output: {error}")
        sys.exit(FAILED)


def _watched(number: int, encoding: str, errors: str | None) -> io.TextIOWrapper:
    raw = _Output(number, "wb", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding=encoding, errors=errors, line_buffering=raw.isatty()
    )


class _Output(io.FileIO):
    """A file descriptor whose errors are OutputError, below every buffer."""

    def write(self, data: Buffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise OutputError(error.strerror) from error
