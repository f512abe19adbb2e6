"""Thespian's own multiprocTCPBase, for comparison: deaths it reports and how fast it talks.

Run as a program of its own (`python -m tests.benchmarks.raw_thespian`), because its actor systems outlive
whoever started them; prints one JSON object.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from thespian.actors import Actor, ActorSystem, ChildActorExited

from actors.engine.system import free_port

CHILDREN, KILLS, TRIPS = 60, 51, 1000


class Echo(Actor):
    """Answers what it is told; tells its process id when asked."""

    def receiveMessage(self, item, sender):  # noqa: N802  # Thespian's name
        if item == "pid":
            self.send(sender, ("pid", os.getpid()))
        elif item == "ping":
            self.send(sender, "pong")


class Parent(Actor):
    """Has children, counts the deaths it is told of, measures round trips."""

    def __init__(self):
        super().__init__()
        self.children, self.pids, self.deaths, self.trips = [], [], 0, []

    def receiveMessage(self, item, sender):  # noqa: N802  # Thespian's name
        match item:
            case "start":
                self.asker = sender
                self.children = [self.createActor(Echo) for _ in range(CHILDREN)]
                for child in self.children:
                    self.send(child, "pid")
            case ("pid", pid):
                self.pids.append(pid)
                if len(self.pids) == CHILDREN:
                    self.send(self.asker, self.pids)
            case "trips":
                self.asker = sender
                self.begun_s = time.perf_counter()
                self.send(self.children[0], "ping")
            case "pong":
                now_s = time.perf_counter()
                self.trips.append(now_s - self.begun_s)
                self.begun_s = now_s
                self.send(self.children[0], "ping") if len(self.trips) < TRIPS else self.send(
                    self.asker, self.trips
                )
            case ChildActorExited():
                self.deaths += 1
            case "deaths":
                self.send(sender, self.deaths)


def main() -> None:
    """Start, measure, kill, count, clean up by force."""
    capabilities = {"Admin Port": free_port("127.0.0.1"), "Process Startup Method": "fork"}
    system = ActorSystem("multiprocTCPBase", capabilities, transientUnique=True)
    pids: list[int] = []
    try:
        parent = system.createActor(Parent)
        pids = list(system.ask(parent, "start", 30))
        trips = system.ask(parent, "trips", 60)
        for pid in random.Random(1).sample(pids[1:], KILLS):  # a choice, not a secret
            os.kill(pid, signal.SIGKILL)
        time.sleep(3)
        deaths = system.ask(parent, "deaths", 10)
        json.dump({"killed": KILLS, "reported": deaths, "trips_s": trips}, sys.stdout)
        sys.stdout.flush()
    finally:
        end_everybody()


def end_everybody() -> None:
    """SIGKILL every process forked from this one: they share its command line, and outlive it otherwise."""
    mine = Path("/proc/self/cmdline").read_bytes()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int(entry.name) != os.getpid() and (entry / "cmdline").read_bytes() == mine:
                os.kill(int(entry.name), signal.SIGKILL)


if __name__ == "__main__":
    main()
