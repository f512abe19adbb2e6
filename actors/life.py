"""One life of a site, seen from the terminal of `evsite run`: started, shown, ended, and why it has ended."""

from __future__ import annotations

import contextlib
import enum
import os
import signal
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import typer

from actors.exits import tell
from actors.hosts import placed

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from types import FrameType

    from actors.config import SiteFile
    from actors.engine.client import Client
    from actors.engine.supervision import ChildSpec
    from actors.engine.system import System
    from actors.log_file import LogFile
    from actors.service import Service
    from actors.state_directory import StateDirectory
    from actors.watch import Line

READY_S: Final = 30.0
REFRESH_S: Final = 0.5
SLOW_START_S: Final = 3.0
"""After so long, and again and again, a start says who is waited for."""
TREE_S: Final = 10.0
"""For the one tree that is printed: a site of many EVSEs on a busy machine needs more than a glance."""
STOP_S: Final = 5.0
DRAW_S: Final = 0.25
"""Between two looks at what the Gateway tells."""
LOOK_S: Final = 0.05
"""How soon a wish to stop is heeded."""
ANSWER_S: Final = 1.0
"""For the root to show that it lives, before the service manager is told so."""
SHORTEST_LIFE_S: Final = 5.0
"""From the start of one life to that of the next: a back-end that resets again and again gets no storm."""


class Outcome(enum.Enum):
    """How a life has ended."""

    STOPPED = enum.auto()
    """The user wanted it so."""
    FAILED = enum.auto()
    """It did not start, or ended by itself."""
    RESTARTS = enum.auto()
    """The site wants another one."""


class End(NamedTuple):
    """The end of a life."""

    outcome: Outcome
    reason: str = ""
    """Why there is to be another one: EVerest's boot reason."""
    abrupt: bool = False
    """It ends as when the power fails: nobody is told."""


class Escort(Protocol):
    """Who goes along with a site that runs."""

    notes: str
    """What it is about, for people who watch."""

    def look(self, client: Client) -> End | None:
        """Do what is to be done now, in little time; an end of the site where there is no more to do."""


def pause_before_next(began_s: float, now_s: float) -> float:
    """How long the next life has to wait for its start, in seconds, when the last one began then. Pure."""
    return max(0.0, SHORTEST_LIFE_S - (now_s - began_s))


class StopAsked:
    """Whether the user, or the service manager, wants the site to stop."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def wait(self, within_s: float) -> None:
        """Until they do, at most that long."""
        end_s = time.monotonic() + within_s
        while not self.asked and time.monotonic() < end_s:
            time.sleep(LOOK_S)  # a signal handler cannot wake whoever waits for an event

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


def planned(
    site: SiteFile, directory: StateDirectory, elsewhere: Collection[int] = ()
) -> tuple[ChildSpec, ...]:
    """The children of the root for the life that begins now, with what has been set of their parameters.

    `elsewhere` are EVSEs that other hosts carry.
    """
    from actors.site import parameters_set, plan  # noqa: PLC0415  # imported when the command runs

    state = str(directory.journals)
    overlaid = parameters_set(site, state, datetime.now(UTC), lambda incident: tell(str(incident)))
    return placed(plan(site, state, overlaid), elsewhere)


class Life:
    """One run of the processes of a site. `run` it once."""

    def __init__(
        self,
        site: SiteFile,
        directory: StateDirectory,
        system: System,
        client: Client,
        stop: StopAsked,
        log: LogFile | None,
        service: Service,
        escort: Escort | None = None,
    ) -> None:
        self._site, self._directory = site, directory
        self._system, self._client, self._stop, self._log = system, client, stop, log
        self._service, self._escort = service, escort

    def run(self, children: Sequence[ChildSpec]) -> End:
        """Start the tree of these, show it, stop it; return how it ended."""
        if self._stop.asked or not self._start(children):
            return self._not_started()
        self._service.ready(f"{self._site.file}: {len(self._site.evses)} EVSEs")
        end = self._show()
        if end.outcome is Outcome.FAILED:
            where = f"; {self._directory.log} says why" if self._log else ""
            typer.echo(f"evsite: the site has ended by itself{where}", err=not self._log)
            return end
        if end.outcome is Outcome.RESTARTS:
            typer.echo(f"the site restarts: {end.reason}")
            self._service.status(f"the site restarts: {end.reason}")
        if end.abrupt:
            self._cut_power()
        else:
            self._stop_site()
        return end

    def _show(self) -> End:
        if self._log is None:
            return self._show_plain()
        line = self._line()
        return self._show_live(self._log) if line is None else self._show_screen(self._log, line)

    def _not_started(self) -> End:
        if self._stop.asked:
            self._stop_site()
            return End(Outcome.STOPPED)
        within = f" within {READY_S:g} s" if self._system.alive else ""
        typer.echo(f"evsite: the site did not start{within}", err=not self._log)
        self._print_tree()
        return End(Outcome.FAILED)

    def _start(self, children: Sequence[ChildSpec]) -> bool:
        from actors.engine import messages  # noqa: PLC0415  # as above
        from actors.engine.branch import branch_config  # noqa: PLC0415  # as above
        from actors.site import ROOT  # noqa: PLC0415  # as above
        from protocols.message import Failure  # noqa: PLC0415  # as above

        config = branch_config(children)
        first = messages.Start(path=ROOT, lineage=f"{ROOT}#{os.getpid()}", config=config)
        begun_s = said_s = time.monotonic()
        reply = self._client.ask("", first, deadline_s=READY_S)
        while not self._stop.asked and time.monotonic() - begun_s < READY_S and self._system.alive:
            reply = self._client.ask("", messages.AwaitReady(), deadline_s=REFRESH_S)
            if not isinstance(reply, Failure):
                self._say(f"ready after {time.monotonic() - begun_s:.1f} s")
                return True
            if time.monotonic() - said_s >= SLOW_START_S:
                said_s = time.monotonic()
                self._say_awaited()
        return False

    def _say_awaited(self) -> None:
        from actors.live import awaited  # noqa: PLC0415  # as above

        tree = self._client.tree(deadline_s=REFRESH_S)
        text = "site (no answer)" if tree is None else awaited(tree)
        if text:
            self._say(f"waiting for {text}")

    def _say(self, text: str) -> None:
        typer.echo(text)
        sys.stdout.flush()

    def _print_tree(self) -> None:
        from actors.live import as_text  # noqa: PLC0415  # as above

        tree = self._client.tree(deadline_s=TREE_S if self._system.alive else REFRESH_S)
        if tree is not None:
            typer.echo(as_text(tree))

    def _notes(self) -> str:
        later = sorted({entry.manifest.name for entry in self._site.not_yet_available()})
        return f"not yet available, not started: {', '.join(later)}" if later else ""

    def _over(self, within_s: float) -> End | None:
        """How this life is over, or None when it goes on; what the site says is listened to for so long."""
        from actors.engine import messages  # noqa: PLC0415  # as above

        end_s = time.monotonic() + within_s
        while not self._stop.asked:
            for news in self._client.told(LOOK_S):
                if isinstance(news, messages.RestartSite):
                    return End(Outcome.RESTARTS, news.reason, abrupt=news.abrupt)
            self._show_that_it_lives()
            if self._escort is not None and (end := self._escort.look(self._client)) is not None:
                return end
            if time.monotonic() >= end_s:
                return None if self._system.alive else End(Outcome.FAILED)
        return End(Outcome.STOPPED)

    def _show_that_it_lives(self) -> None:
        """Tell the service manager, who ends a site that is silent, as long as its root answers."""
        from actors.engine import messages  # noqa: PLC0415  # as above
        from protocols.message import Failure  # noqa: PLC0415  # as above

        if self._service.sign_due(time.monotonic()):
            reply = self._client.ask("", messages.Tick(), deadline_s=ANSWER_S)
            if not isinstance(reply, Failure):
                self._service.alive(time.monotonic())

    def _show_plain(self) -> End:
        """Print the tree once and wait; return how it ended."""
        self._print_tree()
        if notes := self._notes():
            typer.echo(notes)
        if url := self._gateway_url():
            typer.echo(f"web page {url}/")
        sys.stdout.flush()
        while (end := self._over(REFRESH_S / 5)) is None:
            pass
        return end

    def _show_live(self, log: LogFile) -> End:
        """Draw the tree again and again; return how it ended."""
        from rich.console import Console, Group  # noqa: PLC0415  # as above
        from rich.live import Live  # noqa: PLC0415  # as above

        from actors.live import as_table, count  # noqa: PLC0415  # as above

        end: End | None = None
        with Live(console=Console(), auto_refresh=False, screen=False) as view:
            while end is None:
                tree = self._client.tree(deadline_s=REFRESH_S)
                if tree is not None:
                    total, running = count(tree)
                    footer = (
                        f"{running} of {total} actors run. Ctrl-C stops the site. Log: {self._directory.log}"
                    )
                    title = f"evsite  {self._site.file}"
                    view.update(Group(as_table(tree, title, footer), self._notes()), refresh=True)
                log.rotate()
                end = self._over(REFRESH_S)
        return end

    def _show_screen(self, log: LogFile, line: Line) -> End:
        """Draw what the site's Gateway tells; return how it ended."""
        from rich.console import Console  # noqa: PLC0415  # as above
        from rich.live import Live  # noqa: PLC0415  # as above

        console, end, drawn_s = Console(), None, 0.0
        more = f"Ctrl-C stops the site    log {self._directory.log}"
        with contextlib.closing(line), Live(console=console, auto_refresh=False, screen=True) as view:
            while end is None:
                if line.take_in() or time.monotonic() - drawn_s >= REFRESH_S:
                    drawn_s = time.monotonic()
                    notes = self._escort.notes if self._escort is not None else self._notes()
                    view.update(line.screen(console.size, more, notes), refresh=True)
                line.told.clear()
                log.rotate()
                end = self._over(DRAW_S)
        return end

    def _gateway_url(self) -> str | None:
        """Where the site's Gateway is; None: it has none, or not yet."""
        from actors.gateway.whereabouts import said_where  # noqa: PLC0415  # as above
        from actors.gateway_option import gateway_of  # noqa: PLC0415  # as above

        return said_where(self._directory.path) if gateway_of(self._site) is not None else None

    def _line(self) -> Line | None:
        """To the site's Gateway, as whoever may read its files; None: it has none."""
        from actors.gateway.guard import token_to_observe  # noqa: PLC0415  # as above
        from actors.gateway.whereabouts import said_where  # noqa: PLC0415  # as above
        from actors.gateway_option import gateway_of  # noqa: PLC0415  # as above
        from actors.watch import Line  # noqa: PLC0415  # as above

        found = gateway_of(self._site)
        if found is None or not self._site.modules[found].manifest.available:
            return None
        values, state = self._site.modules[found].parameters, self._directory.path
        token = ""
        with contextlib.suppress(OSError, ValueError):  # a file that is no good is told of by the Gateway
            if values["token_file"]:
                token = token_to_observe((state / str(values["token_file"])).read_text(encoding="utf-8"))
        ca = state / str(values["certificate"]) if values["certificate"] else None
        return Line(lambda: said_where(state), token, ca)

    def _stop_site(self) -> None:
        from actors.engine import messages  # noqa: PLC0415  # as above

        begun_s = time.monotonic()
        if self._stop.asked:
            self._service.stopping()
        self._client.tell("", messages.Stop(within_s=STOP_S), deadline_s=1.0)
        while self._system.actors_alive() and time.monotonic() - begun_s < STOP_S:
            time.sleep(0.02)  # they are no children of ours: nobody tells when they have ended
        left = len(self._system.actors_alive())
        note = f", {left} processes by force" if left else ""
        typer.echo(f"stopped in {time.monotonic() - begun_s:.1f} s{note}")

    def _cut_power(self) -> None:
        from actors.engine.processes import reap_session  # noqa: PLC0415  # as above

        killed = len(reap_session(self._system.admin_pid))
        typer.echo(f"the power has failed: {killed} processes died")
