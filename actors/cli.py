"""The command line: a table of commands. Each lives with what it is about and imports the rest when it runs.

Exit codes: those of `actors.exits`.
"""

from __future__ import annotations

import os
import platform
import sys
from typing import TYPE_CHECKING, Final

import typer

from actors import exits, join, look
from actors import run as running
from actors import watch as watching
from actors.certificates import doctor_commands, pki_commands
from actors.config import commands as site_files
from actors.demo import commands as demonstration
from actors.ocpp import commands as components
from actors.simulation.csms import commands as backends
from actors.simulation.ev import commands as cars
from actors.simulation.replay import commands as records
from actors.wire import commands as messages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LIBRARIES: Final = (
    "thespian",
    "cryptography",
    "pyOpenSSL",
    "ocpp",
    "jsonschema-rs",
    "websockets",
    "msgpack",
    "pydantic",
    "PyYAML",
    "pymodbus",
    "structlog",
    "typer",
    "rich",
    "starlette",
    "uvicorn",
    "prometheus-client",
    "typing-extensions",
)
"""What a bug report should name."""


def version() -> None:
    """Print the versions of evsite, Python, the platform and the libraries it stands on."""
    from importlib import metadata  # noqa: PLC0415  # only this command needs it

    typer.echo(f"evsite {metadata.version('evsite')}")
    typer.echo(f"Python {platform.python_version()} ({platform.python_implementation()}, {sys.executable})")
    typer.echo(f"platform {platform.platform()}")
    for library in LIBRARIES:
        typer.echo(f"{library} {metadata.version(library)}")


COMMANDS: Final[tuple[Callable[..., None], ...]] = (
    site_files.check,
    site_files.init,
    site_files.schema,
    running.run,
    join.join,
    demonstration.demo,
    watching.watch,
    look.tree,
    look.metrics,
    look.kill,
    look.inject,
    messages.decode,
    messages.encode,
    cars.ev,
    records.replay,
    version,
)
"""Every command, in the order of the help; its name is the function's."""

IN_SHORT: Final[Mapping[str, str]] = {
    "check": "Check site files: what is wrong, where, and what to do.",
    "join": "Carry EVSEs of a site that another host leads.",
    "demo": "A whole site with cars and a back-end on one command.",
    "watch": "Watch a running site: EVSEs, supervision tree, messages.",
    "metrics": "Print what every actor of a running site has counted.",
    "kill": "Send a signal to an actor; its supervisor replaces it.",
    "inject": "Change the fault rules of an actor of a running site.",
    "decode": "Decode V2G messages, or captures of them, to JSON.",
    "encode": "Encode a V2G message from JSON.",
    "ev": "Run a simulated car against a station.",
    "replay": "Play the car of a recorded talk to a station.",
    "version": "Print the versions that a bug report should name.",
}
"""What the list of commands says of those whose first sentence is too long for it."""

app: Final = typer.Typer(
    name="evsite",
    help="Plug & Charge site controller: every EVSE of a site as a tree of supervised actors.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in COMMANDS:
    app.command(short_help=IN_SHORT.get(command.__name__))(command)
app.add_typer(pki_commands.app, short_help="Make, sign, install and show certificates.")
app.add_typer(doctor_commands.app)
app.add_typer(components.app, short_help="Make or check the device model of OCPP 2.x.")
app.add_typer(backends.app, short_help="Run a simulated back-end, or judge its record.")


def open_standard_streams() -> None:
    """Have something behind file descriptors 0 to 2 where whoever started the process has closed them.

    Otherwise the next file opened, say a journal, would take the place and get what is printed.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:  # a lower one was closed meanwhile
                os.dup2(opened, number)
                os.close(opened)
            os.set_inheritable(number, True)  # noqa: FBT003  # as the standard streams are
            setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False))


def main() -> None:
    """Entry point of the `evsite` script."""
    open_standard_streams()
    with exits.output_watched():
        app()


if __name__ == "__main__":
    main()
