"""`evsite demo`: a whole Plug & Charge site, its cars and its back-end on one command.

Exit codes: those of `actors.exits`; 1 of `evsite demo crash` also when a car or the back-end noticed
anything. What a command needs is imported when it runs.
"""

from __future__ import annotations

import contextlib
import enum
import pathlib
import socket
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from actors.exits import GOOD, fail
from actors.life import StopAsked
from actors.run import Gateway, Level, Manner, Plain, State, host, load
from actors.state_directory import StateDirectory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors.demo.crash_escort import CrashEscort

SITE: Final = pathlib.Path(__file__).parents[2] / "deploy" / "demo.yaml"
RECORD: Final = "csms.jsonl"
USUAL_URL: Final = "ws://127.0.0.1:9000"
"""Where `evsite csms` listens unless it is told otherwise."""

USUAL_PORT: Final = 8080


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

Csms = Annotated[
    str, typer.Option(metavar="URL", help="With --prepare: where the back-end will be, without the identity.")
]


def demo(
    what: Shown = What.SITE,
    *,
    state: State = pathlib.Path("run"),
    plain: Plain = False,
    log_level: Level = "info",
    gateway: Gateway = None,
    prepare: Prepare = False,
    csms: Csms = USUAL_URL,
) -> None:
    """Show a whole Plug & Charge site: two EVSEs, a car at each, a back-end, until Ctrl-C.

    Certificates, the back-end and its address in the device model are made below the state directory. One car
    charges by card; the other has its contract certificate installed, and charges by it.

    Exit code 0: it was stopped, or with `crash`: nobody noticed. 1: it could not start, ended by itself, or
    somebody noticed.
    """
    if prepare:
        _prepare_only(state, csms)
        return
    stop, directory = StopAsked(), StateDirectory(state)
    site = load(SITE, gateway or str(_port()), warn=False)
    show = _Show(directory, plain=plain or not sys.stdout.isatty())
    manner = Manner(plain=plain, log_level=log_level, around=show.around)
    if what is What.CRASH:
        from actors.demo.crash_escort import lasting  # noqa: PLC0415  # see the docstring

        site = lasting(site)
        manner = replace(manner, to_file=True, escort=show.crash())
    code = host(site, directory, stop, manner)
    raise typer.Exit(code or show.judged())


def _port() -> int:
    """The Gateway's usual port, or 0 for any free one where that is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", USUAL_PORT))
        except OSError:
            return 0
    return USUAL_PORT


def _prepare_only(state: pathlib.Path, csms: str) -> None:
    from actors.demo.preparation import PreparationError, prepare  # noqa: PLC0415  # see the docstring

    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        prepare(state, csms)
    except PreparationError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
    typer.echo(f"{state}: certificates and device model are there; the back-end is expected at {csms}")


class _Show:
    """What goes on around the site: certificates, back-end, device model, and the killing."""

    def __init__(self, directory: StateDirectory, *, plain: bool) -> None:
        self._directory, self._plain = directory, plain
        self._crash: CrashEscort | None = None

    def crash(self) -> CrashEscort:
        """Who kills the actors."""
        from actors.demo.crash_escort import CrashEscort  # noqa: PLC0415  # as above

        say = typer.echo if self._plain else lambda _text: None
        self._crash = CrashEscort(self._directory.path / RECORD, self._directory.log, say)
        return self._crash

    def judged(self) -> int:
        """Print the judgement, where there was anything to judge; the exit code."""
        if self._crash is None:
            return GOOD
        from actors.demo.report import report  # noqa: PLC0415  # as above

        return report(self._crash)

    @contextlib.contextmanager
    def around(self) -> Iterator[None]:
        """Have it all while the site runs. Ends the command where something cannot be had."""
        from actors.demo import preparation  # noqa: PLC0415  # as above
        from actors.demo.backend import Backend, BackendError  # noqa: PLC0415  # as above

        path = self._directory.path
        certificates = path / preparation.CERTIFICATES
        try:
            if preparation.make_certificates(path, datetime.now(UTC)):
                typer.echo(f"a test PKI was made: {certificates}")
            backend = Backend(certificates, path / RECORD)
        except preparation.PreparationError as error:
            fail(str(error))
        except OSError as error:
            fail(f"{error.filename}: {error.strerror}")
        try:
            url = backend.started().url
            preparation.make_device_model(path / preparation.DEVICE_MODEL, url)
            typer.echo(f"a simulated back-end listens at {url}; its record: {backend.record}")
            sys.stdout.flush()
            yield
        except (BackendError, preparation.PreparationError) as error:
            fail(str(error))
        finally:
            backend.close()
