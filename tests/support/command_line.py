"""The command line in this process: its tree of commands is made once, as that takes longer than most do."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import typer.main
from typer.testing import CliRunner

from actors.cli import app

if TYPE_CHECKING:
    from collections.abc import Callable

_RUNNER: Final = CliRunner()


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command has left behind."""

    exit_code: int
    stdout: str
    stderr: str
    output: str
    """Both, as a terminal shows them."""


@functools.cache
def _commands() -> Callable[..., Any]:
    return typer.main.get_command(app).main


def evsite(*words: object) -> Done:
    """`evsite` with these words. What it lets fly is not caught."""
    with _RUNNER.isolation() as streams:
        try:
            _commands()(args=[str(word) for word in words], prog_name="evsite")
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        stdout, stderr, output = (stream.getvalue().decode() for stream in streams)
    return Done(exit_code=code, stdout=stdout, stderr=stderr, output=output)
