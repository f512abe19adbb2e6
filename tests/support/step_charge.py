"""A Plug & Charge session whose actors die in a step of your choice: every step, every kind of actor.

At EVSE 1 of a `step_site` a DC car is plugged in anew for each case; it charges by contract over TLS, and in
the step that the case names an actor of the kind that it names is killed. `step_verdict` judges what is seen.
"""

from __future__ import annotations

import contextlib
import json
import math
import signal
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from actors.engine import chaos
from actors.engine.faults import Fault, Rule
from actors.gateway.client import CallError
from tests.support.step_matrix import (
    ASKER,
    EXACT,
    FLOWS_WH,
    HOLD,
    HOLDERS,
    LAST,
    METER,
    NAMES,
    STEPS,
    hardware,
)
from tests.support.step_site import PATIENCE_S, until

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping, Sequence

    from actors.simulation.csms.record import Entry
    from tests.support.step_matrix import Case, Exact, Step, Told
    from tests.support.step_site import Site

LOOK_S: Final = 0.002
TAKES_CAR: Final = "EvseSupervisor"
WAKE_S: Final = 0.5
HELD_S: Final = 0.3
"""So long the last message of a short step is held back."""


@dataclass(slots=True)
class Death:
    """One that is planned, and how it came."""

    case: Case
    path: str
    pid: int
    exact: Exact | None
    at: datetime | None = None
    """When; None: not yet."""
    due_s: float | None = None
    """When it is to be, by the monotonic clock."""
    late: bool = False
    """The next step had begun: another chance is needed to strike this one."""


@dataclass(slots=True, kw_only=True)
class Seen:
    """What was seen of one charge, from before the plug until the back-end knows of its end."""

    deaths: list[Death]
    began: datetime
    trace: list[Told] = field(default_factory=list)
    log: list[Told] = field(default_factory=list)
    record: Sequence[Entry] = ()
    """All of it, from the start of the site."""
    known: frozenset[str] = frozenset()
    """Transactions that were in the record before."""
    trouble: list[str] = field(default_factory=list)
    """What did not happen in time."""
    starved: float = 0.0
    """The part of the time that an actor of the site waited for a core, of the one that waited longest."""


class Charge:
    """A car at EVSE 1, from plug to unplug, and the deaths meanwhile: none of them takes another along."""

    def __init__(self, site: Site, cases: Sequence[Case], chance: random.Random) -> None:
        self._site, self._chance = site, chance
        found = site.victims()
        nobody = ("site/auth/request", 0)  # it is born later
        self._deaths = [
            Death(case, *found.get(case.kind, nobody), EXACT.get((case.step, case.kind))) for case in cases
        ]
        site.trace.lines(), site.log.lines()  # of before
        known = frozenset(site.transactions())
        self.seen = Seen(deaths=self._deaths, began=datetime.now(UTC), known=known)
        self._waited, self._began_s = site.waited_s(), time.monotonic()
        self._plugged = self._finished = False
        self._wakes_s: float | None = None
        """When a car that has died is told to begin anew."""
        self._moved_wh = self._read_wh = self._struck_wh = 0.0
        """What has flowed to the car; what of it was read; what had flowed when the last one died."""
        self._talks_anew = False
        """Its link has died, and it is to come to its charging loop by another talk."""
        self._opened: dict[str, datetime] = {}
        """When each step began."""

    def run(self) -> Seen:
        """Do it."""
        rules = self._prepare()
        for death in self._deaths:
            if death.case.step == "step 0":
                self._kill(death)
        try:
            self._plug()
            self._until(self._is_charged, "the car to charge")
            self._wakes_s = None
            self._insist("ev.plug_out", evse=1, stop_first=True)
            self._until(lambda: all(death.at for death in self._deaths), "all to have died")
            if self._wakes_s is not None:
                self._until(self._site.runs, "the car to be there again")
                self._insist("ev.plug_out", evse=1)
        except TimeoutError as error:
            self.seen.trouble.append(str(error))
            self._insist("ev.plug_out", evse=1)
        with contextlib.suppress(TimeoutError):
            self._until(self._is_over, "the session to be over")
        for name in rules:
            self._site.inject(name)
        try:
            until(self._site.whole, "everybody to run, and EVSE 1 to be free")
        except TimeoutError as error:
            self.seen.trouble.append(str(error))
        self._look()
        for death in self._deaths:
            death.late = self._is_late(death)
        self.seen.starved = self._starved()
        self.seen.log = [json.loads(line) for line in self._site.log.lines() if line.startswith("{")]
        self.seen.record = tuple(self._site.record())
        return self.seen

    def _prepare(self) -> Mapping[str, Sequence[Rule]]:
        rules: dict[str, list[Rule]] = {}
        for death in self._deaths:
            exact, step = death.exact, death.case.step
            if exact is not None and not exact.late:
                rules.setdefault(exact.name, []).append(_deadly(exact))
            if step in HOLD:
                name, tag = HOLD[step]
                rules.setdefault(name, []).append(
                    Rule(fault=Fault.DELAY, kind="publish", tag=tag, seconds=HELD_S)
                )
            if step == "step 4":
                self._site.hesitate(HELD_S)
        for name, each in rules.items():
            until(lambda name=name, each=each: self._site.inject(name, *each), f"{name} to take rules")
        return rules

    def _plug(self) -> None:
        self._insist("ev.plug_in", evse=1, behaviour="iso15118-2", payment="contract")

    def _insist(self, method: str, **params: Any) -> None:
        """Until it is done: who does it may die, and then nobody says whether it was done."""
        end_s = time.monotonic() + PATIENCE_S
        while True:
            try:
                self._site.call(method, **params)
            except CallError as error:
                if "plugged" in str(error.data):
                    return
                if time.monotonic() > end_s:
                    self.seen.trouble.append(f"{method}: {error}")
                    return
                time.sleep(0.1)  # the plug of the last car is on its way out
            else:
                return

    def _until(self, what: Callable[[], Any], told: str) -> None:
        end_s = time.monotonic() + PATIENCE_S
        while not what():
            self._look()
            if time.monotonic() > end_s:
                raise TimeoutError(f"waited {PATIENCE_S:g} s for {told}")
            time.sleep(LOOK_S)  # files of other processes tell nobody that they have grown

    def _starved(self) -> float:
        before, now = self._waited, self._site.waited_s()
        most_s = max((now[pid] - before[pid] for pid in before.keys() & now.keys()), default=0.0)
        return most_s / (time.monotonic() - self._began_s)

    # -- what is waited for --------------------------------------------------------------------------------

    def _is_charged(self) -> bool:
        """It has been given enough since the last one died that is not to die in the end."""
        left = [death for death in self._deaths if death.at is None and death.case.step != LAST]
        return not left and not self._talks_anew and self._read_wh >= self._struck_wh + FLOWS_WH

    def _is_over(self) -> bool:
        told = self._site.transactions() if self._finished else {}
        return self._finished and all(told[name] for name in told.keys() - self.seen.known)

    # -- what happens --------------------------------------------------------------------------------------

    def _look(self) -> None:
        for text in self._site.trace.lines():
            line = json.loads(text)
            self.seen.trace.append(line)
            self._go_on(line)
        for death in self._deaths:
            if death.at is None:
                self._see_to(death)
        if self._wakes_s is not None and LAST not in self._opened and time.monotonic() >= self._wakes_s:
            self._wake()

    def _go_on(self, line: Told) -> None:
        """A line of the trace; what was before the plug is the car's before."""
        plant = hardware(line)
        self._plugged = self._plugged or bool(plant.get("plugged"))
        if not self._plugged:
            return
        self._moved_wh = float(plant.get("energy_wh", self._moved_wh))
        if line["tag"] == "powermeter.powermeter" and line["name"] == METER:
            read_wh = float(line["content"]["powermeter"]["energy_Wh_import"]["total"])
            self._read_wh = min(read_wh, self._moved_wh)  # not what the car before has left there
        self._finished = self._finished or _ends(line)
        if self._talks_anew and line["tag"] == "iso15118_charger.current_demand_started":
            self._talks_anew, self._struck_wh = False, self._moved_wh
        for step in STEPS:
            if step.name not in self._opened and step.opens(line):
                self._opened[step.name] = datetime.fromisoformat(line["time"])
                self._open(step)

    def _open(self, step: Step) -> None:
        now_s = time.monotonic()
        for death in self._deaths:
            if death.case.step != step.name:
                continue
            if death.exact is None:
                death.due_s = now_s + self._chance.uniform(0.0, step.late_s)
            elif death.exact.late:
                self._site.inject(death.exact.name, _deadly(death.exact))

    def _wake(self) -> None:
        """The simulated car stands below its EVSE's supervisor and has died with it, as no real one would."""
        try:
            self._site.call("ev.ready", evse=1)
        except CallError:  # it does not live yet, or talks already
            self._wakes_s = time.monotonic() + WAKE_S
        else:
            self._wakes_s = math.inf

    def _see_to(self, death: Death) -> None:
        if death.exact is not None:
            if not _lives(death.pid):
                self._died(death)
        elif death.due_s is not None and time.monotonic() >= death.due_s:
            self._kill(death)

    def _kill(self, death: Death) -> None:
        if death.case.kind == ASKER:
            death.path, death.pid = self._site.victims().get(ASKER, (death.path, 0))
        if not death.pid or not chaos.send_signal(death.pid, signal.SIGKILL):
            self.seen.trouble.append(f"there was no {death.case.kind} to be killed")
        self._died(death)

    def _died(self, death: Death) -> None:
        death.at = datetime.now(UTC)
        self._struck_wh = self._moved_wh
        self._talks_anew = self._talks_anew or death.case.kind in HOLDERS
        if death.case.kind == TAKES_CAR:
            self._wakes_s = time.monotonic() + WAKE_S

    def _is_late(self, death: Death) -> bool:
        """The next step had begun."""
        later = NAMES[NAMES.index(death.case.step) + 1 :]
        begun = [self._opened[name] for name in later if name in self._opened]
        return death.exact is None and death.at is not None and any(at < death.at for at in begun)


def _deadly(exact: Exact) -> Rule:
    return Rule(fault=Fault.KILL, tag=exact.tag, moment=exact.moment)


def _ends(line: Told) -> bool:
    """The session at EVSE 1 is over."""
    told = line["tag"] == "evse_manager.session_event" and line["name"] == "evse_1/evse"
    return told and line["content"]["event"].get("event") == "SessionFinished"


def _lives(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # hundreds of times a second
            return file.read().rpartition(b")")[2].split()[0] not in {b"Z", b"X"}
    except OSError:
        return False
