"""Hung actors are replaced in time; actors that only lack a core are not touched."""

import os
import signal
import subprocess
import sys
import time

import pytest

from actors.engine import vitals
from actors.engine.faults import Fault, Rule
from protocols.message import Reply
from tests.support.engine import eventually, nodes, pids, running
from tests.support.engine_actors import (
    Burn,
    House,
    Load,
    Note,
    Notes,
    NotesReply,
    Relay,
    Spam,
    Who,
    WhoReply,
    Work,
)

QUICK = {"heartbeat_s": 0.08, "deadline_s": 0.08}
"""As for a V2G session in its charging loop, of which 0.2 s are asked."""


def house(**spec):
    return {"children": [{"id": "a", **spec}, {"id": "b"}]}


def silence_until_killed(client, strike):
    """Seconds from the strike to the end of the process, less what all who take part waited for a core.

    They are the process, its supervisor and this one: on a busy machine each adds to what is measured.
    """
    found = pids(client)
    victim, others = found["site/a"], (found["site"], os.getpid())
    before = last = vitals.read(victim)
    waited_s = sum(vitals.read(each).waited_s for each in others)
    begun_s = time.monotonic()
    strike(victim)
    while (seen := vitals.read(victim)) is not None and seen.state not in "ZX":
        assert time.monotonic() - begun_s < 20
        last = seen
        time.sleep(0.001)
    ended_s = time.monotonic()
    waited_s = sum(vitals.read(each).waited_s for each in others) - waited_s
    return ended_s - begun_s - waited_s - (last.waited_s - before.waited_s)


def serves_again(client, before):
    return eventually(
        lambda: (
            isinstance(now := client.ask("a/main", Who(), deadline_s=1), WhoReply)
            and now.pid != before
            and now
        )
    )


@pytest.mark.parametrize(("spec", "bound_s"), [({}, 1.0), (QUICK, 0.2)])
def test_a_stopped_actor_is_replaced_in_time(spec, bound_s):
    with running(House, house(**spec)) as (_made, client):
        for _ in range(5):
            before = pids(client)["site/a"]
            silent_s = silence_until_killed(client, lambda pid: os.kill(pid, signal.SIGSTOP))
            serves_again(client, before)
            eventually(lambda: pids(client))

            assert silent_s < bound_s
        assert nodes(client.tree())["site/a"].last_error.startswith("hung: silent for")


@pytest.mark.parametrize(("spec", "bound_s"), [({}, 1.0), (QUICK, 0.2)])
def test_an_actor_in_an_endless_loop_is_replaced_in_time(spec, bound_s):
    with running(House, house(**spec)) as (_made, client):
        before = pids(client)["site/a"]
        silent_s = silence_until_killed(client, lambda _pid: client.tell("a/main", Burn(seconds=60)))
        serves_again(client, before)

        assert silent_s < bound_s


@pytest.mark.parametrize("fault", [Fault.HANG_STOPPED, Fault.HANG_BUSY])
def test_an_injected_hang_ends_in_a_replacement(fault, evsite_faults):
    evsite_faults([Rule(fault=fault, actor="site/a", tag="*.note")])
    with running(House, house(**QUICK)) as (_made, client):
        before = pids(client)["site/a"]
        client.tell("a/main", Note(text="hang here"))

        assert serves_again(client, before)


def test_a_supervisor_that_hangs_is_replaced_with_its_subtree():
    floor = {"id": "a", "actor": "Floor", "config": {"children": [{"id": "x"}]}}
    with running(House, {"children": [floor]}) as (made, client):
        before = pids(client)
        os.kill(before["site/a"], signal.SIGSTOP)
        after = eventually(lambda: (now := pids(client)) and now["site/a"] != before["site/a"] and now)

        assert after["site/a/x"] != before["site/a/x"]
        eventually(lambda: set(made.processes()) == {made.admin_pid, *after.values()})


def test_an_actor_that_is_busy_with_many_short_handlers_is_not_taken_for_hung():
    # given a supervisor with a little patience, and work for several times that
    with running(House, house(heartbeat_s=0.1, deadline_s=0.2)) as (_made, client):
        before = pids(client)["site/a"]
        reply = client.ask("b/main", Load(name="a/main", count=40, cpu_s=0.03), deadline_s=60)
        # then all of it is done, by the same actor
        assert type(reply) is Reply
        assert pids(client)["site/a"] == before


def test_an_actor_under_a_flood_of_notes_is_not_taken_for_hung():
    # given eight who say more at once than can be handled in many deadlines
    senders = [{"id": f"s{number}", "deadline_s": 20.0} for number in range(8)]
    with running(House, {"children": [{"id": "a", **QUICK}, *senders]}) as (_made, client):
        before = pids(client)["site/a"]
        for each in senders:  # who has to find out first where the receiver is holds less back
            assert isinstance(client.ask(f"{each['id']}/main", Relay(name="a/main")), WhoReply)
        for each in senders:
            client.tell(f"{each['id']}/main", Spam(name="a/main", count=3000, size=20))
        # then all of it is taken in, by the same actor
        eventually(lambda: client.ask("a/main", Notes()) == NotesReply(count=24_000), 60)
        assert pids(client)["site/a"] == before


BURNER = "import os\nos.sched_setaffinity(0, {%d})\nwhile True: pass"


@pytest.fixture
def burners():
    """Processes that keep one core busy; the core."""
    core = max(os.sched_getaffinity(0))
    command = [sys.executable, "-c", BURNER % core]
    made = [
        subprocess.Popen(command, start_new_session=True) for _ in range(12)
    ]  # each a group to the scheduler
    yield core
    for each in made:
        each.kill()
        each.wait()


def test_an_actor_that_lacks_a_core_is_not_taken_for_hung(burners):
    # given an actor on a core that a dozen others keep busy
    with running(House, house(heartbeat_s=0.05, deadline_s=0.15)) as (_made, client):
        pid = pids(client)["site/a"]
        os.sched_setaffinity(pid, {burners})
        before, slowest_s = vitals.read(pid), 0.0
        # when it has work to do that takes far longer than it may be silent
        for _ in range(6):
            begun_s = time.monotonic()
            client.ask("a/main", Work(cpu_s=0.03), deadline_s=30)
            slowest_s = max(slowest_s, time.monotonic() - begun_s)
        after = vitals.read(pid)
        # then it was silent and waiting, and lives
        assert slowest_s > 0.25
        assert after.waited_s - before.waited_s > 1
        assert nodes(client.tree())["site/a"].restarts == 0
