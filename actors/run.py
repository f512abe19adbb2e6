"""Command `evsite run`: start a site, show it, stop it, and start it anew when the site itself asks for that.

Whoever wants the site to stop is heard from the first moment: what has begun is ended in order, whether that
is reading a file, starting actors or running.

Exit codes: those of `actors.exits`.
"""

from __future__ import annotations

import contextlib
import enum
import gc
import os
import pathlib
import secrets
import shlex
import signal
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from actors.exits import BAD_INPUT, FAILED, GOOD, RESET, fail, refuse, tell
from actors.hosts import HostsError, spread_of
from actors.life import End, Life, Outcome, StopAsked, pause_before_next, planned
from actors.service import Service
from actors.start import prepare, started
from actors.state_directory import Running, StateDirectory, StateError, boot_id, command_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from actors.config import SiteFile
    from actors.config.loader import Amend
    from actors.hosts import Spread
    from actors.life import Escort
    from actors.log_file import LogFile


class OnReset(enum.StrEnum):
    """What becomes of a site that is reset, by its back-end or otherwise."""

    RESTART = "restart"
    """It ends in order and begins anew, in the same process."""
    EXIT = "exit"
    """It ends in order with exit code 3: whoever has started it starts it anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a site is run."""

    plain: bool = False
    to_file: bool = False
    """Its actors log to a file of the state directory also where nothing is shown live."""
    log_level: str = "info"
    on_reset: OnReset = OnReset.RESTART
    escort: Escort | None = None
    spread: Spread | None = None
    """None: all of the site runs on this host."""
    around: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext
    """Entered when the state directory is ours, before the first life, and left after the last."""


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

Gateway = Annotated[
    str | None,
    typer.Option(
        metavar="[HOST:]PORT",
        help="Where the Gateway listens; added to a site without one. Port 0: any free.",
    ),
]
TraceFile = Annotated[
    pathlib.Path | None,
    typer.Option("--trace", metavar="FILE", help="Have all that actors say to one another added here."),
]
Listen = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS[:PORT]", help="Where the other hosts of a site of several find this one."),
]
Elsewhere = Annotated[
    list[int] | None,
    typer.Option(metavar="N", help="An EVSE whose actors run on a host that joins; see evsite join."),
]
Reset = Annotated[
    OnReset, typer.Option("--on-reset", help="A reset starts the site anew in place, or ends it with code 3.")
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
    gateway: Gateway = None,
    on_reset: Reset = OnReset.RESTART,
    trace: TraceFile = None,
    listen: Listen = None,
    elsewhere: Elsewhere = None,
) -> None:
    """Start a site and show it until Ctrl-C.

    A reset of a simulated station (module System) ends the site in order; then it starts anew, or with
    `--on-reset exit` whoever has started it does that. A service manager that wants to know (systemd's
    Type=notify, WatchdogSec) is told when the site is ready, alive and stopping.

    Exit code 0: it was stopped. 1: it could not start, or it ended by itself. 2: the site file, that of the
    fault rules, or the device model of OCPP is wrong. 3: it was reset, with `--on-reset exit`.
    """
    gc.disable()  # see prepare
    from actors import logs  # noqa: PLC0415  # imported when the command runs

    stop = StopAsked()
    site = load(file, gateway)
    if log_level not in logs.LEVELS:
        refuse(f"--log-level: {log_level!r} is none of {', '.join(logs.LEVELS)}")
    if faults or fault_rules is not None:
        _enable_faults(file, fault_rules, seed)
    elif seed is not None:
        refuse("--seed: nothing is left to chance without --faults or --fault-rules")
    if trace is not None:
        _enable_trace(trace)
    spread = _spread(site, listen, elsewhere or ())
    manner = Manner(plain=plain, log_level=log_level, on_reset=on_reset, spread=spread)
    raise typer.Exit(host(site, StateDirectory(state), stop, manner))


def host(site: SiteFile, directory: StateDirectory, stop: StopAsked, manner: Manner) -> int:
    """Run a site in a state directory until it is to stop, or ends by itself; return the exit code."""
    from actors import logs  # noqa: PLC0415  # as above

    try:
        left = directory.claim()
        key = directory.made_key()
        _clear(left)
        live = sys.stdout.isatty() and not manner.plain
        with manner.around():
            if _wrong_files(site, directory):
                directory.release()
                return BAD_INPUT
            with _log_to(directory.log, wanted=live or manner.to_file) as log:
                logs.configure(manner.log_level)
                return _Host(site, directory, key, stop, log if live else None, manner).run()
    except StateError as error:
        fail(str(error))


def _wrong_files(site: SiteFile, directory: StateDirectory) -> bool:
    """Whether files of the operator that the site file names are wrong; all of that is told.

    A site that begins anew in place is not asked again: it has cars, and goes on without its back-end.
    """
    from actors.site import device_model_problems  # noqa: PLC0415  # as above

    problems = device_model_problems(site, str(directory.journals), datetime.now(UTC))
    for problem in problems:
        typer.echo(str(problem), err=True)
    if problems:
        again = shlex.join(["evsite", "check", site.file, "--state", str(directory.path)])
        tell(f"nothing was started: the device model of OCPP cannot be used. Check it again with: {again}")
    return bool(problems)


def load(file: pathlib.Path, gateway: str | None = None, *, warn: bool = True) -> SiteFile:
    """A good site file, its warnings told, its Gateway at that place; ends the command otherwise."""
    from actors.config import SiteFileError, load_site  # noqa: PLC0415  # as above

    try:
        site = load_site(file, None if gateway is None else _gateway_at(gateway))
    except SiteFileError as error:
        typer.echo("\n".join(str(problem) for problem in error.problems), err=True)
        raise typer.Exit(BAD_INPUT) from None
    for problem in site.warnings if warn else ():
        typer.echo(str(problem), err=True)
    return site


def _gateway_at(place: str) -> Amend:
    from actors.gateway_option import PlaceError, place_of, with_gateway  # noqa: PLC0415  # as above

    try:
        host, port = place_of(place)
    except PlaceError as error:
        refuse(f"--gateway: {error}")
    return lambda root: with_gateway(root, host, port)


def _spread(site: SiteFile, listen: str | None, elsewhere: Sequence[int]) -> Spread | None:
    try:
        return spread_of(listen, elsewhere, site.evses)
    except HostsError as error:
        refuse(str(error))


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


def _enable_trace(path: pathlib.Path) -> None:
    from actors.engine import tracing  # noqa: PLC0415  # as above
    from actors.gateway.picture import blots  # noqa: PLC0415  # as above

    try:
        tracing.enable(path, blots.clean)
    except OSError as error:
        refuse(f"--trace {path}: {error.strerror}")


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
def _log_to(path: pathlib.Path, *, wanted: bool) -> Iterator[LogFile | None]:
    """Let standard error, which all actors inherit, go to the log, as while the terminal shows the site."""
    from actors.log_file import LogFile  # noqa: PLC0415  # as above

    if not wanted:
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


class _Host:
    """One run of a site, however many lives that has."""

    def __init__(
        self,
        site: SiteFile,
        directory: StateDirectory,
        key: bytes,
        stop: StopAsked,
        log: LogFile | None,
        manner: Manner,
    ) -> None:
        """It is shown live where there is a `log` for what its actors say meanwhile."""
        self._site, self._directory, self._key = site, directory, key
        self._stop, self._log, self._manner = stop, log, manner
        self._service = Service.of(os.environ, os.getpid())

    def run(self) -> int:
        """Run the site until it is to stop or ends by itself; return the exit code."""
        from actors.engine.log import logger  # noqa: PLC0415  # as above

        end = End(Outcome.STOPPED)
        while not self._stop.asked:
            began_s = time.monotonic()
            end = self._live()
            if end.outcome is not Outcome.RESTARTS or self._manner.on_reset is OnReset.EXIT:
                break
            pause_s = pause_before_next(began_s, time.monotonic())
            logger("evsite.run").warning("site_restarts", reason=end.reason, pause_s=round(pause_s, 1))
            self._stop.wait(pause_s)
        self._directory.release()
        if end.outcome is Outcome.RESTARTS and not self._stop.asked:
            return RESET
        return FAILED if end.outcome is Outcome.FAILED else GOOD

    def _live(self) -> End:
        """One life of the site, from the first process to the last."""
        from actors.engine.address import text_of  # noqa: PLC0415  # as above
        from actors.engine.client import Client  # noqa: PLC0415  # as above
        from actors.engine.system import Host  # noqa: PLC0415  # as above
        from actors.site import Site  # noqa: PLC0415  # as above

        site = self._site
        running = sum(entry.manifest.available for entry in site.modules.values())
        typer.echo(
            f"starting {site.file}: {running} modules, {len(site.evses)} EVSEs; ready when every actor runs"
        )
        sys.stdout.flush()
        spread = self._manner.spread
        children = planned(site, self._directory, spread.elsewhere if spread else ())
        prepare(children)
        with started(Host(key=self._key, **(spread.wiring() if spread else {}))) as system:
            root = text_of(system.create(Site))
            self._directory.write(Running(
                file=site.file, root=root, session=system.admin_pid, starter=os.getpid(), boot_id=boot_id(),
                command=command_of(os.getpid()),
            ))  # fmt: skip
            with Client(root) as client:
                return Life(
                    site, self._directory, system, client, self._stop, self._log, self._service,
                    self._manner.escort,
                ).run(children)  # fmt: skip
