"""The engine: how fast actors start, talk and come back, what they weigh, beside Thespian's own base."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any

import structlog

from actors.engine import messages
from actors.engine.address import text_of
from actors.engine.chaos import Chaos, find, living
from actors.engine.client import Client
from actors.engine.system import Host, System
from protocols import codec
from protocols.message import message_types
from tests.benchmarks.machine import Figure, describe, in_ms, print_table, pss_kib
from tests.support.crowd import Burst, CrowdRoot, Measure, Spin, TookReply, Who, WhoReply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KILLS, HANGS, TRIPS, BURSTS, BURST, STARTS = 200, 10, 3000, 20, 500, 5
QUICK = {"heartbeat_s": 0.08, "deadline_s": 0.08}
"""As for a V2G session in its charging loop."""


@contextlib.contextmanager
def tree(groups: int, members: int, **spec: float) -> Iterator[tuple[System, Client, float]]:
    """A running tree, and the seconds it took from nothing to ready."""
    begun_s = time.perf_counter()
    with System(Host()) as system, Client(text_of(system.create(CrowdRoot))) as client:
        # without back-off: the same actor is killed again and again, and it is the mechanism that counts
        config = {"groups": groups, "members": members, "spec": {"backoff_s": 0.0, **spec}}
        client.ask("", messages.Start(path="site", lineage="site#0", config=config), deadline_s=60)
        reply = client.ask("", messages.AwaitReady(), deadline_s=60)
        if not isinstance(reply, messages.AwaitReadyReply):
            fail(f"a tree of {groups} times {members} actors did not start: {reply}")
        yield system, client, time.perf_counter() - begun_s


def sizes() -> Iterator[Figure]:
    """Start, stop and weight of trees of several sizes."""
    for groups, members in ((1, 10), (5, 20), (10, 30)):
        count = groups * members
        started, stopped, weights = [], [], []
        for _ in range(STARTS):
            with tree(groups, members) as (system, client, started_s):
                everybody = [each.pid for each in living(client.tree(deadline_s=10) or fail("no tree"))]
                weights.append(sum(pss_kib(pid) for pid in everybody) / len(everybody) / 1024)
                begun_s = time.perf_counter()
                client.tell("", messages.Stop(within_s=3.0))
                while system.actors_alive():
                    time.sleep(0.002)
                stopped.append(time.perf_counter() - begun_s)
                started.append(started_s)
        yield in_ms(f"start of {count} actors, from nothing to ready", started)
        yield in_ms(f"shutdown of {count} actors", stopped, None, 5000)
        weight = max(weights)
        yield Figure(f"PSS per actor, {count} actors", f"{weight:.1f} MiB", "", "<= 12 MiB", weight <= 12)


def fail(text: str) -> Any:
    """End the benchmark."""
    raise SystemExit(text)


def measured(client: Client, by: str, command: Measure | Burst) -> list[float]:
    reply = client.ask(by, command, deadline_s=60)
    return list(reply.each_s) if isinstance(reply, TookReply) else fail(f"{by}: {reply}")


def talk(client: Client) -> Iterator[Figure]:
    """Round trips one after the other, and many at once."""
    trips = measured(client, "g0_m0/main", Measure(name="g0_m1/main", times=TRIPS))
    yield in_ms("round trip actor to actor and back", trips[100:])
    yield from compare_with_thespian(trips[100:])
    rates = [
        2 * BURST / measured(client, "g0_m0/main", Burst(name="g0_m1/main", times=BURST))[0]
        for _ in range(BURSTS)
    ]
    yield Figure(f"messages per second between two actors (n={BURSTS})", f"{sorted(rates)[BURSTS // 2]:,.0f}")


def back_after(client: Client, victim: str, strike: Callable[[int], object]) -> float:
    """Seconds from the strike to the answer of the replacement, asked for through another actor."""
    node = find(client.tree(deadline_s=5) or fail("no tree"), f"site/g0/{victim}") or fail("no victim")
    begun_s = time.perf_counter()
    strike(node.pid)
    while True:
        measured(client, "g0_m0/main", Measure(name=f"g0_{victim}/main", times=1))
        reply = client.ask(f"g0_{victim}/main", Who(), deadline_s=0.2)
        if isinstance(reply, WhoReply) and reply.pid != node.pid:
            return time.perf_counter() - begun_s


def deaths(client: Client) -> Iterator[Figure]:
    """Kills, until the replacement serves."""
    chaos = Chaos(1)
    killed = []
    for _ in range(KILLS):
        killed.append(back_after(client, f"m{1 + chaos.chance(9)}", lambda pid: os.kill(pid, signal.SIGKILL)))
        time.sleep(0.02)
    yield in_ms("kill -9 to the replacement's first answer", killed, 30, 150)


def hangs(client: Client, settings: str, bar_ms: float) -> Iterator[Figure]:
    """Hangs of both kinds, until the replacement serves."""
    victims = [f"m{1 + number % 9}" for number in range(HANGS)]
    stopped = [back_after(client, each, lambda pid: os.kill(pid, signal.SIGSTOP)) for each in victims]
    yield in_ms(f"hang (SIGSTOP) to the replacement's first answer, {settings}", stopped, None, bar_ms)
    busy = [
        back_after(client, each, lambda _pid, name=f"g0_{each}/main": client.tell(name, Spin()))
        for each in victims
    ]
    yield in_ms(f"hang (endless loop) to the replacement's first answer, {settings}", busy, None, bar_ms)


def compare_with_thespian(ours_s: list[float]) -> Iterator[Figure]:
    """The same on Thespian's own base, in the same run."""
    with tempfile.TemporaryFile("w+") as out:  # no pipe: what it leaves behind would keep that open
        subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.raw_thespian"],
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL, timeout=120,
            start_new_session=True, check=False,
        )  # fmt: skip
        out.seek(0)
        try:
            theirs = json.loads(out.read())
        except ValueError:
            yield Figure("Thespian's own base", "did not run")
            return
    yield in_ms("  the same on Thespian's multiprocTCPBase", theirs["trips_s"][100:])
    median = sorted(theirs["trips_s"])[len(theirs["trips_s"]) // 2]
    yield Figure("  Thespian's p50 over ours", f"{median / sorted(ours_s)[len(ours_s) // 2]:.1f}")
    share = f"{theirs['reported']} of {theirs['killed']}"
    yield Figure("  deaths Thespian reports when many die at once", share)


def together() -> Iterator[Figure]:
    """How many of as many simultaneous deaths ours reports."""
    with tree(1, 60) as (_system, client, _started_s):
        found = client.tree(deadline_s=5) or fail("no tree")
        killed = Chaos(1).kill(Chaos(1).victims(found, 51, "*/m*"))
        time.sleep(3)
        group = (client.tree(deadline_s=5) or fail("no tree")).children[1]
        seen = sum(child.restarts for child in group.children)
    yield Figure(
        "deaths ours reports when as many die at once", f"{seen} of {killed}", "", "all", seen == killed
    )


def main() -> int:
    """Print the table; return 1 when a bar was missed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    codec.prepare(message_types().values())
    machine = describe()
    figures = list(sizes())
    with tree(1, 10) as (_system, client, _started_s):
        figures += talk(client)
        figures += deaths(client)
        figures += hangs(client, "default settings", 1000)
    with tree(1, 10, **QUICK) as (_system, client, _started_s):
        figures += hangs(client, "settings of a V2G session", 200)
    figures += together()
    return 0 if print_table(f"engine: {machine}", figures) else 1


if __name__ == "__main__":
    sys.exit(main())
