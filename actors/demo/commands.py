"""`evsite demo`: a whole Plug & Charge site, its cars and its back-end on one command.

Exit codes: those of `actors.exits`; 1 of `evsite demo crash` also when a car or the back-end noticed
anything. What a command needs is imported when it runs.
"""

from __future__ import annotations

import contextlib
import enum
import pathlib
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from actors.exits import fail
from actors.life import StopAsked
from actors.run import Level, Manner, Plain, State, host, load
from actors.state_directory import StateDirectory

if TYPE_CHECKING:
    from collections.abc import Iterator

SITE: Final = pathlib.Path(__file__).parents[2] / "deploy" / "demo.yaml"
RECORD: Final = "csms.jsonl"
USUAL_URL: Final = "ws://127.0.0.1:9000"
"""Where `evsite csms` listens unless it is told otherwise."""


class What(enum.StrEnum):
    """What is shown."""

    SITE = "site"
    """A site that charges cars."""
    CRASH = "crash"
    """The same while its actors are killed one after another."""


Shown = Annotated[
    What, typer.Argument(metavar="[crash]", help="crash: kill every kind of actor while cars charge.")
]
Prepare = Annotated[
    bool, typer.Option("--prepare", help="Only make certificates and device model, for `evsite run`.")
]


def demo(
    what: Shown = What.SITE,
    *,
    state: State = pathlib.Path("run"),
    plain: Plain = False,
    log_level: Level = "info",
    prepare: Prepare = False,
) -> None:
    """Show a whole Plug & Charge site: two EVSEs, a car at each, a back-end, until Ctrl-C.

    Certificates, the back-end and its address in the device model are made below the state directory. One car
    charges by card; the other has its contract certificate installed, and charges by it.

    Exit code 0: it was stopped, or with `crash`: nobody noticed. 1: it could not start, ended by itself, or
    somebody noticed.
    """
    if prepare:
        _prepare_only(state)
        return
    stop, directory = StopAsked(), StateDirectory(state)
    site = load(SITE, warn=False)

    @contextlib.contextmanager
    def around() -> Iterator[None]:
        with _surroundings(directory):
            yield

    manner = Manner(plain=plain, log_level=log_level, around=around)
    raise typer.Exit(host(site, directory, stop, manner))


def _prepare_only(state: pathlib.Path) -> None:
    from actors.demo.preparation import PreparationError, prepare  # noqa: PLC0415  # see the docstring

    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        prepare(state, USUAL_URL)
    except PreparationError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
    typer.echo(f"{state}: certificates and device model are there; the back-end is expected at {USUAL_URL}")


@contextlib.contextmanager
def _surroundings(directory: StateDirectory) -> Iterator[None]:
    """Certificates, back-end and the device model that knows it. Ends the command where they cannot be had."""
    from actors.demo import preparation  # noqa: PLC0415  # as above
    from actors.demo.backend import Backend, BackendError  # noqa: PLC0415  # as above

    try:
        made = preparation.make_certificates(directory.path, datetime.now(UTC))
        if made:
            typer.echo(f"a test PKI was made: {directory.path / preparation.CERTIFICATES}")
        backend = Backend(directory.path / preparation.CERTIFICATES, directory.path / RECORD)
    except preparation.PreparationError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
    try:
        url = backend.started().url
        preparation.make_device_model(directory.path / preparation.DEVICE_MODEL, url)
        typer.echo(f"a simulated back-end listens at {url}, and records to {backend.record}")
        sys.stdout.flush()
        yield
    except (BackendError, preparation.PreparationError) as error:
        fail(str(error))
    finally:
        backend.close()
