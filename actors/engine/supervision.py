"""How a supervisor decides. Pure: `now_s` and chance are arguments, what is to be done is returned.

Child specifications are data, as in Erlang/OTP. What differs from OTP: intensity and period count per child,
not per supervisor, so one child that keeps failing does not use up the budget of its siblings; restarts are
delayed by a growing back-off; and a supervisor may be told to give a child up and carry on without it.

One file because every event may concern every state of every child.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Final

from actors.engine.hang import MAX_PATIENCE, NEWBORN, Vitals, hung
from actors.engine.supervision_spec import (
    Action,
    AllStarted,
    AllStopped,
    ChildSpec,
    Create,
    Escalate,
    Exhausted,
    GaveUp,
    Kill,
    Probe,
    Restart,
    State,
    Strategy,
    Terminate,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "MAX_PATIENCE",
    "Action",
    "AllStarted",
    "AllStopped",
    "Child",
    "ChildSpec",
    "Create",
    "Escalate",
    "Exhausted",
    "GaveUp",
    "Kill",
    "Probe",
    "Restart",
    "State",
    "Strategy",
    "Supervision",
    "Terminate",
    "Vitals",
    "hung",
]


STOP_PATIENCE: Final = 2
"""So many times as long as a child has for its end, one that only lacks a core has at most."""
LATE_SHARE: Final = 0.125
"""A missing pong is looked for again after this share of its deadline; who comes later looks once more.

A supervisor that lacks a core itself, or a machine that stood still, must not take everybody for hung.
"""
CALM_S: Final = 1.0
"""A child is not pinged more often while the site is being started: nobody depends on it yet, and those that
are still to start want the cores."""
_MAX_DOUBLINGS: Final = 1000
"""Two to this power is still a float."""


class Child:
    """One child and its record."""

    def __init__(self, spec: ChildSpec, first_life: int = 0) -> None:
        self.spec = spec
        self._first_life = first_life
        self.state = State.STOPPED
        self.pid: int | None = None
        self.restarts = 0
        self.last_error: str | None = None
        self.since_s = 0.0
        self.recent: deque[float] = deque()
        self.pinged_s: float | None = None
        self.ping = 0
        self.check_s = 0.0
        self.looks = 0
        """How often its pong, or its end, was looked for and was missing."""
        self.next_ping_s = 0.0
        self.due_s: float | None = None
        """Latest start or end, or time of the next attempt."""
        self.vitals: Vitals | None = None
        self.told_s = 0.0
        """When it was asked to stop."""
        self.started_once = False
        self.remote = False
        """It runs on another host, of whose load nothing is known."""
        self.unplaced = False
        """No host could carry it when it was last tried."""
        self.restart_after_stop = False
        self.together = False
        """It is restarted with siblings: none of them is created before all have ended."""

    @property
    def life(self) -> int:
        """The number of its life: higher than that of any earlier one under its id."""
        return self._first_life + self.restarts


class Supervision:
    """The children of one supervisor: takes what happens to them, returns what to do."""

    def __init__(self, specs: Iterable[ChildSpec], strategy: Strategy = Strategy.ONE_FOR_ONE) -> None:
        self.children: dict[str, Child] = {}
        self.strategy = strategy
        self.stopping = False
        self.calm = False
        """The site is still being started: see CALM_S."""
        self._all_started = False
        self._together_s = 0.0
        """Not before then are those created that are restarted together."""
        self._next_life = 0
        """Higher than any life of a child that is forgotten."""
        for spec in specs:
            self.add(spec)

    def add(self, spec: ChildSpec) -> None:
        """Take up a child that is not started yet. Raises ValueError when the id is taken."""
        if spec.id in self.children:
            raise ValueError(f"two children are called {spec.id!r}")
        self.children[spec.id] = Child(spec, self._next_life)

    # -- what happens --------------------------------------------------------------------------------------

    def start(self) -> list[Action]:
        """Begin with the children of the lowest stage."""
        return self._start_next_stage()

    def created(self, child_id: str, now_s: float) -> None:
        """The child's process is being made."""
        child = self.children[child_id]
        child.state, child.since_s, child.pid = State.STARTING, now_s, None
        child.due_s = now_s + child.spec.start_s
        child.pinged_s = None

    def started(self, child_id: str, pid: int, now_s: float, *, remote: bool = False) -> list[Action]:
        """The child reports that it can work."""
        child = self.children[child_id]
        if child.state is not State.STARTING:
            return []
        child.state, child.pid, child.due_s = State.RUNNING, pid, None
        child.started_once, child.remote = True, remote
        child.next_ping_s = now_s + self._heartbeat_s(child.spec)
        return [*self._start_next_stage(), *self._revive_together(now_s)]

    def unplaced(self, child_id: str, reason: str, now_s: float) -> list[Action]:
        """No host of the site can carry the child now. It has not failed: it waits, and the rest goes on."""
        child = self.children[child_id]
        child.pid, child.pinged_s, child.due_s, child.since_s = None, None, None, now_s
        if self.stopping:
            child.state = State.STOPPED
            return self._stop_next_stage()
        together, child.together = child.together, False
        together = together and child.spec.restart is not Restart.TEMPORARY
        if child.state is State.STOPPING and not (child.restart_after_stop or together):
            child.state = State.STOPPED
            return self._retire(child, now_s)
        child.state, child.due_s = State.FAILED, now_s + child.spec.retry_s
        child.unplaced = child.started_once = True
        child.last_error = reason
        return [GaveUp(child_id, reason), *self._start_next_stage(), *self._revive_together(now_s)]

    def placeable(self, child_id: str) -> list[Action]:
        """A host that can carry the child has joined."""
        child = self.children[child_id]
        return self._revive(child) if child.state is State.FAILED and child.unplaced else []

    def died(self, child_id: str, reason: str, *, clean: bool, now_s: float, chance: float) -> list[Action]:
        """The child's process has ended; `chance` in 0…1 makes the jitter."""
        child = self.children[child_id]
        before = child.state
        if before in (State.STOPPED, State.FAILED, State.BACKOFF):
            return []
        child.state, child.pid, child.pinged_s, child.due_s = State.STOPPED, None, None, None
        child.since_s = now_s
        if self.stopping:
            return self._stop_next_stage()
        if child.together:
            return self._ended_together(child, now_s)
        if before is State.STOPPING:
            return self._revive(child) if child.restart_after_stop else self._retire(child, now_s)
        if not clean:
            child.last_error = reason
        wanted = child.spec.restart is Restart.PERMANENT or (
            child.spec.restart is Restart.TRANSIENT and not clean
        )
        if not wanted:
            return self._retire(child, now_s)
        return self._replace(child, reason, now_s, chance)

    def probed(self, child_id: str, vitals: Vitals | None) -> None:
        """The child has been pinged, and this is how it was then."""
        self.children[child_id].vitals = vitals

    def pong(self, child_id: str, number: int, now_s: float) -> None:
        """The child answered a ping."""
        child = self.children[child_id]
        if child.pinged_s is not None and number == child.ping:
            child.pinged_s = None
            child.next_ping_s = now_s + self._heartbeat_s(child.spec)

    def rouse(self, now_s: float) -> None:
        """The site runs: from now on everybody is pinged as often as its specification says."""
        self.calm = False
        for child in self.children.values():
            child.next_ping_s = min(child.next_ping_s, now_s + child.spec.heartbeat_s)

    def doubt(self, name: str, now_s: float) -> None:
        """Whoever serves the name is due for its next ping now, unless it owes an answer to one."""
        for child in self.children.values():
            if name in child.spec.grants and child.state is State.RUNNING:
                child.next_ping_s = min(child.next_ping_s, now_s)

    def tick(self, now_s: float, vitals: Mapping[str, Vitals | None]) -> list[Action]:
        """Look at every clock: pings, starts, stops, attempts. `vitals` of children that owe something."""
        actions: list[Action] = []
        for child in list(self.children.values()):
            actions += self._tick(child, now_s, vitals.get(child.spec.id))
        return actions + self._revive_together(now_s)

    def owing(self, by_s: float = math.inf) -> list[str]:
        """Children that owe the answer to a ping, their start or end, and are to be looked at by then."""
        owing = (State.STARTING, State.STOPPING)
        return [
            child.spec.id
            for child in self.children.values()
            if (child.pinged_s is not None and child.check_s <= by_s)
            or (child.state in owing and child.due_s is not None and child.due_s <= by_s)
        ]

    def next_s(self) -> float | None:
        """When `tick` has something to do next."""
        moments: list[float] = []
        for child in self.children.values():
            if child.due_s is not None:
                moments.append(child.due_s)
            if child.state is State.RUNNING:
                moments.append(child.next_ping_s if child.pinged_s is None else child.check_s)
        if self._next_together():
            moments.append(self._together_s)
        return min(moments, default=None)

    def stop(self) -> list[Action]:
        """End all children, the highest stage first."""
        self.stopping = True
        for child in self.children.values():
            child.together = False
            if child.state in (State.BACKOFF, State.FAILED):
                child.state, child.due_s = State.STOPPED, None
        return self._stop_next_stage()

    def terminating(self, child_id: str, now_s: float, vitals: Vitals | None = None) -> None:
        """The child has been asked to stop, and this is how it was then."""
        child = self.children[child_id]
        child.state, child.pinged_s = State.STOPPING, None
        child.told_s, child.vitals, child.looks = now_s, vitals, 0
        child.due_s = now_s + child.spec.shutdown_s

    def restart(self, child_id: str) -> list[Action]:
        """Replace a child on purpose; it costs nothing of its budget.

        Without effect on one that is being replaced with its siblings, and once all are to stop.
        """
        child = self.children[child_id]
        if self.stopping or child.together:
            return []
        if child.state in (State.STARTING, State.RUNNING):
            child.restart_after_stop = True
            return [Terminate(child_id)]
        if child.state is State.STOPPING:
            child.restart_after_stop = True
            return []
        its_turn_is_to_come = child.state is State.STOPPED and not child.started_once
        return [] if its_turn_is_to_come else self._revive(child)

    # -- how it decides ------------------------------------------------------------------------------------

    def _heartbeat_s(self, spec: ChildSpec) -> float:
        return max(spec.heartbeat_s, CALM_S) if self.calm else spec.heartbeat_s

    def _tick(self, child: Child, now_s: float, vitals: Vitals | None) -> list[Action]:
        late = child.due_s is not None and child.due_s <= now_s
        match child.state:
            case State.STARTING if late:
                return self._not_started(child, now_s, vitals)
            case State.STOPPING if late:
                return self._not_stopped(child, now_s, vitals)
            case State.BACKOFF | State.FAILED if late:
                return self._revive(child)
            case State.RUNNING:
                return self._heartbeat(child, now_s, vitals)
        return []

    def _not_started(self, child: Child, now_s: float, vitals: Vitals | None) -> list[Action]:
        """In time; one that only lacks a core is waited for as one that owes a pong is."""
        start_s = child.spec.start_s
        if not hung(now_s - child.since_s, start_s, NEWBORN, vitals):
            child.due_s = now_s + start_s / 4
            return []
        child.due_s = now_s + start_s
        return [Kill(child.spec.id, f"did not start within {start_s:g} s")]

    def _not_stopped(self, child: Child, now_s: float, vitals: Vitals | None) -> list[Action]:
        """In time; as with a pong, who only lacks a core is waited for, but not long: its supervisor is to
        end in its time, too. Whoever is looked at late is looked at again: the news of its end may wait.
        """
        shutdown_s = child.spec.shutdown_s
        late_s = now_s - (child.due_s or now_s)
        ended = vitals is not None and vitals.state in "ZX"
        if child.looks < MAX_PATIENCE and (ended or late_s > shutdown_s * LATE_SHARE):
            child.looks += 1
            child.told_s += late_s
            child.due_s = now_s + shutdown_s * LATE_SHARE
            return []
        silent_s = now_s - child.told_s
        if silent_s < shutdown_s * STOP_PATIENCE and not hung(silent_s, shutdown_s, child.vitals, vitals):
            child.due_s = now_s + shutdown_s / 4
            return []
        child.due_s = now_s + shutdown_s
        return [Kill(child.spec.id, f"did not stop within {shutdown_s:g} s")]

    def _heartbeat(self, child: Child, now_s: float, vitals: Vitals | None) -> list[Action]:
        spec = child.spec
        deadline_s = spec.deadline_s * (MAX_PATIENCE if child.remote else 1)
        if child.pinged_s is None:
            if now_s < child.next_ping_s:
                return []
            child.ping += 1
            child.pinged_s, child.vitals, child.looks = now_s, None, 0
            child.check_s = now_s + deadline_s
            return [Probe(spec.id, child.ping)]
        if now_s < child.check_s:
            return []
        late_s = now_s - child.check_s
        away = late_s > deadline_s * LATE_SHARE
        if away:
            child.pinged_s += late_s  # nobody was silent while nobody listened
        child.looks += 1
        if child.looks == 1 or (away and child.looks < MAX_PATIENCE):
            child.check_s = now_s + deadline_s * LATE_SHARE
            return []  # the pong may have come and wait to be read
        silent_s = now_s - child.pinged_s
        child.check_s = now_s + deadline_s / 4
        if hung(silent_s, deadline_s, child.vitals, vitals):
            child.pinged_s, child.next_ping_s = None, now_s + spec.heartbeat_s
            return [Kill(spec.id, f"hung: silent for {silent_s:.3f} s")]
        return []

    def _revive(self, child: Child) -> list[Action]:
        child.restart_after_stop = child.unplaced = child.together = False
        child.due_s = None
        child.restarts += 1
        return [Create(child.spec.id)]

    def _retire(self, child: Child, now_s: float) -> list[Action]:
        """It has ended for good; if it never started, its stage waits for it no longer."""
        child.started_once = True
        if child.spec.restart is Restart.TEMPORARY:
            del self.children[child.spec.id]
            self._next_life = max(self._next_life, child.life + 1)
        return [*self._start_next_stage(), *self._revive_together(now_s)]

    def _replace(self, child: Child, reason: str, now_s: float, chance: float) -> list[Action]:
        spec = child.spec
        while child.recent and child.recent[0] <= now_s - spec.period_s:
            child.recent.popleft()
        child.recent.append(now_s)
        if len(child.recent) > spec.intensity:
            return self._exhaust(child, reason, now_s)
        due_s = now_s + self._delay(spec, len(child.recent) - 1, chance)
        others = self._affected(child)
        if others or any(each.together for each in self.children.values()):
            return self._restart_together(child, others, now_s, due_s)
        if due_s <= now_s:
            return self._revive(child)
        child.state, child.due_s = State.BACKOFF, due_s
        return []

    def _restart_together(
        self, child: Child, others: list[Child], now_s: float, due_s: float
    ) -> list[Action]:
        child.state = State.BACKOFF
        for each in (child, *others):
            each.together = True
        self._together_s = max(due_s, self._together_s)
        return [*(Terminate(other.spec.id) for other in others), *self._revive_together(now_s)]

    def _ended_together(self, child: Child, now_s: float) -> list[Action]:
        """One of those that are restarted together has ended."""
        if child.spec.restart is Restart.TEMPORARY:
            child.together = False
            return self._retire(child, now_s)
        child.state = State.BACKOFF
        return self._revive_together(now_s)

    def _next_together(self) -> list[Child]:
        """Those of the lowest stage, when all that are restarted together have ended."""
        group = [child for child in self.children.values() if child.together]
        if not group or any(child.state is not State.BACKOFF for child in group):
            return []
        stage = min(child.spec.stage for child in group)
        starting = (child for child in self.children.values() if child.state is State.STARTING)
        if any(child.spec.stage < stage for child in starting):
            return []
        return [child for child in group if child.spec.stage == stage]

    def _revive_together(self, now_s: float) -> list[Action]:
        """Go on with those that are restarted together, as far as it is time."""
        if now_s < self._together_s:
            return []
        return [action for child in self._next_together() for action in self._revive(child)]

    @staticmethod
    def _delay(spec: ChildSpec, earlier: int, chance: float) -> float:
        if earlier == 0:
            return 0.0
        delay_s = min(spec.backoff_max_s, spec.backoff_s * 2.0 ** min(earlier - 1, _MAX_DOUBLINGS))
        return delay_s * (1 - spec.jitter + 2 * spec.jitter * chance)

    def _exhaust(self, child: Child, reason: str, now_s: float) -> list[Action]:
        spec = child.spec
        text = f"{spec.id} failed {len(child.recent)} times within {spec.period_s:g} s, last: {reason}"
        if spec.exhausted != Exhausted.GIVE_UP:
            return [Escalate(text)]
        child.state, child.due_s = State.FAILED, now_s + spec.retry_s
        child.recent.clear()
        child.started_once = True
        return [GaveUp(spec.id, text), *self._start_next_stage(), *self._revive_together(now_s)]

    def _affected(self, child: Child) -> list[Child]:
        alive = [each for each in self.children.values() if each.state in (State.STARTING, State.RUNNING)]
        if self.strategy is Strategy.ONE_FOR_ONE:
            return []
        if self.strategy is Strategy.ONE_FOR_ALL:
            return alive
        order = list(self.children)
        return [each for each in alive if order.index(each.spec.id) > order.index(child.spec.id)]

    def _start_next_stage(self) -> list[Action]:
        """Start the next stage when everybody below it has started once, and nobody is about to again."""
        if self.stopping or self._all_started or any(child.together for child in self.children.values()):
            return []
        waiting = [child for child in self.children.values() if not child.started_once]
        if not waiting:
            self._all_started = True
            return [AllStarted()]
        stage = min(child.spec.stage for child in waiting)
        fresh = [child for child in waiting if child.spec.stage == stage and child.state is State.STOPPED]
        return [Create(child.spec.id) for child in fresh]

    def _stop_next_stage(self) -> list[Action]:
        alive = [child for child in self.children.values() if child.state is not State.STOPPED]
        if not alive:
            return [AllStopped()]
        stage = max(child.spec.stage for child in alive)
        running = (State.STARTING, State.RUNNING)
        return [
            Terminate(child.spec.id)
            for child in alive
            if child.spec.stage == stage and child.state in running
        ]
