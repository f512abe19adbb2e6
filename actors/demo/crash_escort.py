"""Kills the actors of a running demonstration one after another, and measures how soon each is back."""

from __future__ import annotations

import enum
import signal
import time
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import typer

from actors.demo.crash import Evidence, Killed, Verdict, Victim, charges, verdict, victims
from actors.engine import chaos, messages
from actors.life import End, Outcome
from actors.simulation.csms.record import from_lines
from protocols.interfaces import evse_manager
from protocols.message import Failure
from protocols.types.evse_manager import StopTransactionReason, StopTransactionRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from actors.catalog.manifest import Scalar
    from actors.config import SiteFile
    from actors.engine.client import Client
    from actors.engine.messages import TreeNode
    from actors.simulation.csms.record import Entry

CHARGE_S: Final = 90.0
"""Until both cars charge, at most."""
BACK_S: Final = 10.0
"""For a successor to work, at most."""
PAUSE_S: Final = 2.0
"""Between a successor and the next victim."""
LAST_S: Final = 7.0
"""After the last one: a meter value from each car comes by then."""
END_S: Final = 30.0
"""For the back-end to hear of the end, at most."""
LOOK_S: Final = 0.5
"""How often the record is read."""
DEADLINE_S: Final = 0.5
GATHER_S: Final = 0.1
"""Whoever has not said by then how he is counts as not back: one who has just died never will."""
GRAIN_S: Final = 0.01
"""Between two looks for a successor."""
FOREVER: Final = 86_400
PROGRAMS: Final[Mapping[str, str]] = MappingProxyType({
    "car_1": f"sleep 1;iec_wait_pwr_ready;draw_power_regulated 16,3;sleep {FOREVER};unplug",
    "car_2": "sleep 1;iso_wait_slac_matched;iso_start_v2g_session DC,Contract;iso_wait_pwr_ready;"
             f"sleep {FOREVER};unplug",
})  # fmt: skip
"""What cars do that charge until the site ends that."""
MANAGERS: Final = ("evse_1/evse", "evse_2/evse")


def lasting(site: SiteFile) -> SiteFile:
    """The same site with cars that charge until the site ends that, and have batteries for it."""
    modules = dict(site.modules)
    for module_id, program in PROGRAMS.items():
        more: dict[str, Scalar | None] = {"auto_exec_commands": program, "auto_exec_infinite": False}
        more["dc_energy_capacity"] = 60_000
        entry = modules[module_id]
        modules[module_id] = replace(entry, parameters={**entry.parameters, **more})
    return replace(site, modules=MappingProxyType(modules))


class Phase(enum.Enum):
    """How far it is."""

    PLUGGING = enum.auto()
    """Both cars are to charge first."""
    KILLING = enum.auto()
    RESTING = enum.auto()
    """All have been killed; the back-end is to hear that cars still charge."""
    ENDING = enum.auto()
    """The site has been asked to end both transactions."""
    DONE = enum.auto()


class CrashEscort:
    """An escort (`actors.life.Escort`) that kills, waits, and in the end judges."""

    def __init__(self, record: Path, log: Path, say: Callable[[str], None] = typer.echo) -> None:
        """`record` is the back-end's, `log` the site's; what was in them before does not count."""
        self.notes = "waiting until both cars charge"
        self.verdict: Verdict | None = None
        self.trouble = ""
        """Why it came to no verdict."""
        self._record, self._log, self._say = record, log, say
        self._before = _entries(record)
        self._record_from, self._log_from = _size(record), _size(log)
        self._phase, self._due_s, self._late_s = Phase.PLUGGING, 0.0, time.monotonic() + CHARGE_S
        self._left: list[Victim] = []
        self._killed: list[Killed] = []
        self._watched: tuple[str, ...] = ()
        self._began = self._ended = datetime.now(UTC)
        self._entries: list[Entry] = []
        self._read_s = 0.0

    def look(self, client: Client) -> End | None:
        """Go on where it is time to; the end when there is a verdict, or will be none."""
        now_s = time.monotonic()
        if now_s < self._due_s:
            return None
        self._due_s = now_s + LOOK_S
        if self._phase is Phase.PLUGGING:
            self._await_charging(client)
        elif self._phase is Phase.KILLING:
            self._kill_next(client)
        elif self._phase is Phase.RESTING:
            self._end(client)
        elif self._phase is Phase.ENDING:
            self._await_end()
        if self._phase in {Phase.PLUGGING, Phase.ENDING} and now_s > self._late_s:
            self._give_up(f"{self.notes}: in vain")
        return End(Outcome.STOPPED) if self._phase is Phase.DONE else None

    def _give_up(self, why: str) -> None:
        self.trouble, self._phase = why, Phase.DONE

    def _seen(self) -> list[Entry]:
        """What the back-end has recorded since we began."""
        self._entries += from_lines(self._lines())
        return self._entries

    def _lines(self) -> list[str]:
        """Whole lines of the record that are new."""
        with self._record.open("rb") as file:
            file.seek(self._record_from)
            piece = file.read()
        whole = piece.rfind(b"\n") + 1
        self._record_from += whole
        return piece[:whole].decode().splitlines()

    def _await_charging(self, client: Client) -> None:
        running = [one.transaction for one in charges(self._seen()).values() if one.runs]
        tree = client.tree(deadline_s=DEADLINE_S) if len(running) == len(MANAGERS) else None
        if tree is None:
            return
        self._watched, self._left = tuple(running), list(victims(tree))
        self._phase, self._due_s = Phase.KILLING, time.monotonic() + PAUSE_S
        self._began = datetime.now(UTC)
        self.notes = f"both cars charge: {len(self._left)} kinds of actors are killed, one after another"
        self._say(f"\n{self.notes}\n")

    def _kill_next(self, client: Client) -> None:
        victim = self._left.pop(0)
        killed = Killed(victim, _kill(client, victim))
        self._killed.append(killed)
        count = f"{len(self._killed)} of {len(self._killed) + len(self._left)}"
        self.notes = f"killed {count}: {told(killed)}"
        self._say(f"  {told(killed)}")
        self._due_s = time.monotonic() + PAUSE_S
        if not self._left:
            self._phase, self._due_s = Phase.RESTING, time.monotonic() + LAST_S
            self._late_s = self._due_s + END_S

    def _end(self, client: Client) -> None:
        """The cars have charged through all that: let the site end it in order."""
        self._seen()
        self._ended = datetime.now(UTC)
        wish = StopTransactionRequest(reason=StopTransactionReason.LOCAL)
        for name in MANAGERS:
            reply = client.ask(name, evse_manager.StopTransaction(request=wish), deadline_s=BACK_S)
            if isinstance(reply, Failure):
                self._give_up(f"{name} does not stop: {reply.detail}")
                return
        self._phase, self._late_s = Phase.ENDING, time.monotonic() + END_S
        self.notes = "all were killed; the site ends both transactions"

    def _await_end(self) -> None:
        found = charges(self._seen())
        if all(found[name].ended for name in self._watched):
            with self._log.open(encoding="utf-8", errors="replace") as log:
                log.seek(self._log_from)
                seen = Evidence(
                    before=self._before, entries=self._entries, log=log,
                    began=self._began, ended=self._ended, watched=self._watched,
                )  # fmt: skip
                self.verdict = verdict(self._killed, seen)
            self._phase = Phase.DONE


def _entries(record: Path) -> list[Entry]:
    return from_lines(record.read_text(encoding="utf-8").splitlines()) if record.exists() else []


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _kill(client: Client, victim: Victim) -> float | None:
    """SIGKILL, and how long it takes until a successor works; None when there is none in time."""
    begun_s, before = time.monotonic(), None
    while before is None and time.monotonic() - begun_s < BACK_S:  # a busy supervisor answers late
        before = _node(client, victim.path)
    if before is None or before.pid is None or not chaos.send_signal(before.pid, signal.SIGKILL):
        return None
    begun_s = time.monotonic()
    while (passed_s := time.monotonic() - begun_s) < BACK_S:
        now = _node(client, victim.path)
        if now is not None and now.pid not in {None, before.pid} and _works(now):
            return passed_s
        time.sleep(GRAIN_S)  # whoever answers about the tree has a child to start
    return None


def _works(node: TreeNode) -> bool:
    """It runs, and so does everybody below it."""
    return node.state == "Running" and node.complete and all(map(_works, node.children))


def _node(client: Client, path: str) -> TreeNode | None:
    reply = client.ask("", messages.GetTree(within_s=GATHER_S), deadline_s=DEADLINE_S)
    node = reply.node if isinstance(reply, messages.GetTreeReply) else None
    for name in path.split("/")[1:]:
        node = next((one for one in node.children if one.name == name), None) if node else None
    return node


def told(killed: Killed) -> str:
    """One line about a victim."""
    victim = killed.victim
    back = "not back" if killed.back_s is None else f"back after {killed.back_s * 1000:4.0f} ms"
    return f"{victim.kind:24} {victim.path.partition('/')[2]:30} {back}"
