"""Command `evsite run`: start a site, show it, stop it.

Whoever wants the site to stop is heard from the first moment: what has begun is ended in order, whether that
is reading a file, starting actors or running.

Exit codes: those of `actors.exits`.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pathlib
import secrets
import shlex
import signal
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from actors.exits import BAD_INPUT, FAILED, GOOD, fail, refuse, tell
from actors.state_directory import Running, StateDirectory, StateError, boot_id, command_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from actors.config import SiteFile
    from actors.engine.client import Client
    from actors.engine.system import System
    from actors.log_file import LogFile

READY_S: Final = 30.0
REFRESH_S: Final = 0.5
TREE_S: Final = 10.0
"""For the one tree that is printed: a site of many EVSEs on a busy machine needs more than a glance."""
STOP_S: Final = 5.0

File = Annotated[pathlib.Path, typer.Argument(metavar="FILE", help="The site file.", show_default=False)]
State = Annotated[
    pathlib.Path,
    typer.Option(
        metavar="DIR", envvar="EVSITE_STATE", help="Directory of the running site: key, journals, log."
    ),
]
Plain = Annotated[bool, typer.Option("--plain", help="No live view: print the tree once, log to stderr.")]
Level = Annotated[
    str, typer.Option(metavar="LEVEL", help="Least severe log lines to keep: debug, info, warning, error.")
]
Faults = Annotated[bool, typer.Option("--faults", help="Allow fault injection while the site runs.")]

FaultRules = Annotated[
    pathlib.Path | None,
    typer.Option(
        metavar="FILE", help="YAML or JSON file of fault rules in force from the start; implies --faults."
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(metavar="N", help="Seed of the fault rules' chances; without it one is drawn and printed."),
]


def run(
    file: File,
    *,
    state: State = pathlib.Path("run"),
    plain: Plain = False,
    log_level: Level = "info",
    faults: Faults = False,
    fault_rules: FaultRules = None,
    seed: Seed = None,
) -> None:
    """Start a site and show its supervision tree until Ctrl-C.

    Exit code 0: it was stopped. 1: it could not start, or it ended by itself. 2: the site file, or that of
    the fault rules, is wrong.
    """
    from actors import logs  # noqa: PLC0415  # imported when the command runs

    stop = _StopAsked()
    site = _load(file)
    if log_level not in logs.LEVELS:
        refuse(f"--log-level: {log_level!r} is none of {', '.join(logs.LEVELS)}")
    if faults or fault_rules is not None:
        _enable_faults(file, fault_rules, seed)
    elif seed is not None:
        refuse("--seed: nothing is left to chance without --faults or --fault-rules")
    directory = StateDirectory(state)
    try:
        left = directory.claim()
        key = directory.made_key()
        _clear(left)
        with _log_to(directory.log, live=sys.stdout.isatty() and not plain) as log:
            logs.configure(log_level)
            code = _run(site, directory, key, stop, log)
    except StateError as error:
        fail(str(error))
    raise typer.Exit(code)


def _load(file: pathlib.Path) -> SiteFile:
    from actors.config import SiteFileError, load_site  # noqa: PLC0415  # as above

    try:
        site = load_site(file)
    except SiteFileError as error:
        typer.echo("\n".join(str(problem) for problem in error.problems), err=True)
        raise typer.Exit(BAD_INPUT) from None
    for problem in site.warnings:
        typer.echo(str(problem), err=True)
    return site


def _enable_faults(file: pathlib.Path, rules: pathlib.Path | None, seed: int | None) -> None:
    """Put the rules in force for all processes of the site, and say how to have the same run again."""
    from actors import fault_rules  # noqa: PLC0415  # as above
    from actors.engine import faults  # noqa: PLC0415  # as above

    seed = secrets.randbelow(2**32) if seed is None else seed
    try:
        faults.enable(fault_rules.load(rules) if rules else (), seed=seed)
    except faults.FaultRuleError as error:
        refuse(str(error))
    given = ["--fault-rules", str(rules)] if rules else ["--faults"]
    again = shlex.join(["evsite", "run", str(file), *given, "--seed", str(seed)])
    typer.echo(f"fault injection: seed {seed}; repeat with: {again}")


def _clear(left: Running | None) -> None:
    """End what a predecessor that was killed may have left."""
    from actors.engine.system import session_processes  # noqa: PLC0415  # as above

    if left is None or left.boot_id != boot_id():
        return
    for pid in session_processes(left.session):
        if command_of(pid) == left.command:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                typer.echo(f"evsite: ended process {pid}, left over from an earlier run", err=True)


@contextlib.contextmanager
def _log_to(path: pathlib.Path, *, live: bool) -> Iterator[LogFile | None]:
    """Let standard error, which all actors inherit, go to the log while the terminal shows the tree."""
    from actors.log_file import LogFile  # noqa: PLC0415  # as above

    if not live:
        yield None
        return
    log, number = LogFile(path), sys.stderr.fileno()
    usual = os.dup(number)
    try:
        try:
            log.take_over(number)
        except OSError as error:
            raise StateError(f"{path} cannot be written: {error.strerror}") from error
        yield log
    finally:
        os.dup2(usual, number)
        os.close(usual)


def _run(
    site: SiteFile,
    directory: StateDirectory,
    key: bytes,
    stop: _StopAsked,
    log: LogFile | None,
) -> int:
    """Run a site until it is to stop or ends by itself; return the exit code.

    It is shown live where there is a `log` for what its actors say meanwhile.
    """
    from actors.engine.address import text_of  # noqa: PLC0415  # as above
    from actors.engine.client import Client  # noqa: PLC0415  # as above
    from actors.engine.system import Host, System  # noqa: PLC0415  # as above
    from actors.site import Site  # noqa: PLC0415  # as above

    _prepare(site)
    if stop.asked:
        directory.release()
        return GOOD
    with System(Host(key=key)) as system:
        root = text_of(system.create(Site))
        directory.write(Running(
            file=site.file, root=root, session=system.admin_pid, starter=os.getpid(), boot_id=boot_id(),
            command=command_of(os.getpid()),
        ))  # fmt: skip
        with Client(root) as client:
            code = _Session(site, directory, system, client, stop, log).run()
    directory.release()
    return code


def _prepare(site: SiteFile) -> None:
    """Import and build before the first fork what every actor process would otherwise do by itself.

    Nothing of it is ever thrown away: the collector would only look through it again and again.
    """
    from actors.engine.branch import import_actors  # noqa: PLC0415  # as above
    from actors.engine.root import REGISTRY_ACTOR  # noqa: PLC0415  # as above
    from actors.engine.supervisor import load  # noqa: PLC0415  # as above
    from actors.site import plan  # noqa: PLC0415  # as above
    from protocols import codec, interfaces, message  # noqa: PLC0415  # as above

    gc.disable()
    interfaces.load_all()
    load(REGISTRY_ACTOR)
    import_actors(plan(site, state=""))
    codec.prepare(message.message_types().values())
    gc.enable()
    gc.collect()
    forget = getattr(sys, "_clear_internal_caches", None) or sys._clear_type_cache  # noqa: SLF001  # no other way
    forget()  # each process would write over the entries, and so copy their pages
    gc.freeze()


class _StopAsked:
    """Whether the user, or the service manager, wants the site to stop."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


class _Session:
    """One run of a site, seen from the terminal."""

    def __init__(
        self,
        site: SiteFile,
        directory: StateDirectory,
        system: System,
        client: Client,
        stop: _StopAsked,
        log: LogFile | None,
    ) -> None:
        self._site, self._directory = site, directory
        self._system, self._client, self._stop, self._log = system, client, stop, log

    def run(self) -> int:
        """Start the tree, show it, stop it; return the exit code."""
        started = not self._stop.asked and self._start()
        if started and (self._show_plain() if self._log is None else self._show_live(self._log)):
            where = f"; {self._directory.log} says why" if self._log else ""
            typer.echo(f"evsite: the site has ended by itself{where}", err=not self._log)
            return FAILED
        if started or self._stop.asked:
            self._end()
            return GOOD
        typer.echo("evsite: the site did not start", err=not self._log)
        self._print_tree()
        return FAILED

    def _start(self) -> bool:
        from actors.engine import messages  # noqa: PLC0415  # as above
        from actors.site import ROOT, parameters_set, plan  # noqa: PLC0415  # as above
        from protocols import codec  # noqa: PLC0415  # as above
        from protocols.message import Failure  # noqa: PLC0415  # as above

        state = str(self._directory.journals)
        overlaid = parameters_set(self._site, state, datetime.now(UTC), lambda incident: tell(str(incident)))
        children = [codec.to_plain(spec) for spec in plan(self._site, state, overlaid)]
        first = messages.Start(path=ROOT, lineage=f"{ROOT}#{os.getpid()}", config={"children": children})
        begun_s = time.monotonic()
        reply = self._client.ask("", first, deadline_s=READY_S)
        while not self._stop.asked and time.monotonic() - begun_s < READY_S:
            reply = self._client.ask("", messages.AwaitReady(), deadline_s=REFRESH_S)
            if not isinstance(reply, Failure):
                return True
            if not self._system.alive:
                break
        return False

    def _print_tree(self) -> None:
        from actors.live import as_text  # noqa: PLC0415  # as above

        tree = self._client.tree(deadline_s=TREE_S if self._system.alive else REFRESH_S)
        if tree is not None:
            typer.echo(as_text(tree))

    def _notes(self) -> str:
        later = sorted({entry.manifest.name for entry in self._site.not_yet_available()})
        return f"not yet available, not started: {', '.join(later)}" if later else ""

    def _show_plain(self) -> bool:
        """Print the tree once and wait; return whether the site ended by itself."""
        self._print_tree()
        if notes := self._notes():
            typer.echo(notes)
        sys.stdout.flush()
        while not self._stop.asked:
            time.sleep(REFRESH_S / 5)
            if not self._system.alive:
                return True
        return False

    def _show_live(self, log: LogFile) -> bool:
        """Draw the tree again and again; return whether the site ended by itself."""
        from rich.console import Console, Group  # noqa: PLC0415  # as above
        from rich.live import Live  # noqa: PLC0415  # as above

        from actors.live import as_table, count  # noqa: PLC0415  # as above

        console = Console()
        with Live(console=console, auto_refresh=False, screen=False) as view:
            while not self._stop.asked:
                tree = self._client.tree(deadline_s=REFRESH_S)
                if tree is not None:
                    total, running = count(tree)
                    footer = (
                        f"{running} of {total} actors run. Ctrl-C stops the site. Log: {self._directory.log}"
                    )
                    title = f"evsite  {self._site.file}"
                    view.update(Group(as_table(tree, title, footer), self._notes()), refresh=True)
                if not self._system.alive:
                    return True
                log.rotate()
                self._pause()
        return False

    def _pause(self) -> None:
        end_s = time.monotonic() + REFRESH_S
        while not self._stop.asked and time.monotonic() < end_s:
            time.sleep(0.05)

    def _end(self) -> None:
        from actors.engine import messages  # noqa: PLC0415  # as above

        begun_s = time.monotonic()
        self._client.tell("", messages.Stop(within_s=STOP_S), deadline_s=1.0)
        while self._system.actors_alive() and time.monotonic() - begun_s < STOP_S:
            time.sleep(0.02)
        left = len(self._system.actors_alive())
        note = f", {left} processes by force" if left else ""
        typer.echo(f"stopped in {time.monotonic() - begun_s:.1f} s{note}")
