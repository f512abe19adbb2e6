"""Two hundred actors, a thousand kills: everybody is replaced, nobody twice, what is said arrives once."""

import signal
import time
from collections import Counter

import pytest

from actors.engine import messages
from actors.engine.chaos import living, send_signal
from actors.engine.processes import session_processes
from protocols import codec
from protocols.message import Failure, message_types
from tests.support.crowd import COUNTED, LEDGER, CrowdRoot, Talk, Tally, TallyReply, Who, WhoReply

GROUPS, MEMBERS = 5, 40
EVERYBODY = 2 + GROUPS + GROUPS * MEMBERS
"""Root and registry, the group supervisors, the members."""
KILLS = 1000
PATIENCE_S = 120.0

pytestmark = pytest.mark.timeout(400)


def running(client):
    """All actors of the tree by path, or nothing while some are not running."""
    tree = client.tree(deadline_s=10)
    found = {each.path: each for each in living(tree)} if tree else {}
    settled = len(found) == EVERYBODY and all(each.state == "Running" for each in found.values())
    return found if settled else {}


def wait_until_all_run(client, system, stopped=frozenset()):
    """All actors of the tree by path, once tree and kernel agree on who lives, and no stopped one does.

    The tree alone is not enough: a supervisor may answer before it has heard of the last kill, or has found
    those that hang.
    """
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        found = running(client)
        told, alive = sorted(each.pid for each in found.values()), sorted(system.actors_alive())
        if found and told == alive and not stopped & set(alive):
            return found
        time.sleep(0.05)
    missing, surplus = set(told) - set(alive), set(alive) - set(told)
    pytest.fail(f"{PATIENCE_S:g} s after the last kill {missing} are gone and {surplus} not in the tree")


def name_of(path):
    return path.removeprefix("site/").replace("/", "_") + "/main"


def members_of(found):
    return [name_of(path) for path in found if "/m" in path]


def who_serves(client, name):
    """Who answers for a name; a registry that was killed at the end may have to hear of it again first."""
    end_s = time.monotonic() + 30
    while isinstance(reply := client.ask(name, Who()), Failure) and time.monotonic() < end_s:
        time.sleep(0.1)
    return reply


class Storm:
    """Kills, round after round, and counts whom."""

    def __init__(self, system, client, chaos):
        self.system, self.client, self.chaos = system, client, chaos
        self.killed = Counter()
        self.stopped = set()

    def blow(self, kills):
        """Kill members, several at once, whole groups, the registry, and those who have not started yet.

        Now and then members are stopped instead, so that it is the heartbeat that has to find them.
        """
        rounds = 0
        while self.killed.total() < kills:
            rounds += 1
            tree = self.client.tree(deadline_s=10)
            assert tree is not None
            match rounds % 20:
                case 5:
                    self.strike("registries", tree, 1, "site/registry")
                case 10:
                    self.strike("groups", tree, 1, "site/g?")
                case 15:
                    self.strike("stopped", tree, 2, "*/m*", signal.SIGSTOP)
                case 3 | 8 | 13 | 18:
                    self.strike_newborn(tree)
                case _:
                    self.strike("members", tree, 1 + self.chaos.chance(24), "*/m*")

    def strike(self, kind, tree, count, pattern, number=signal.SIGKILL):
        victims = self.chaos.victims(tree, count, pattern)
        self.killed[kind] += self.chaos.kill(victims, number)
        if number == signal.SIGSTOP:
            self.stopped |= {each.pid for each in victims}

    def strike_newborn(self, tree):
        """Whoever has been forked and is not known to run, whether or not anybody has heard of it."""
        known = {each.pid for each in living(tree) if each.state == "Running" or "/" not in each.path}
        young = [pid for pid in self.system.actors_alive() if pid not in known]
        self.killed["newborn"] += sum(send_signal(pid, signal.SIGKILL) for pid in young[:5])


def tallies(client, names):
    """What all living members have counted, summed up."""
    total = Counter()
    for name in names:
        reply = client.ask(name, Tally(), deadline_s=30)
        assert isinstance(reply, TallyReply), reply
        total.update({kind: getattr(reply, kind) for kind in COUNTED})
    return total


def hush(client, names):
    """Have everybody stop talking; what they have counted once every ask has had its answer."""
    for name in names:
        who_serves(client, name)
        assert client.tell(name, Talk(on=False), deadline_s=30)
    end_s = time.monotonic() + PATIENCE_S
    while (total := tallies(client, names))["asked"] != total["answered"] + total["failed"]:
        assert time.monotonic() < end_s, f"some asks are never answered: {total}"
        time.sleep(0.1)
    return total


def test_a_storm_of_kills_leaves_everybody_replaced_and_nobody_twice(evsite_system, evsite_chaos):
    # given
    LEDGER.clear()
    codec.prepare(message_types().values())
    config = {"groups": GROUPS, "members": MEMBERS, "every_s": 0.5}
    system, client = evsite_system(CrowdRoot, config, within_s=PATIENCE_S)
    storm = Storm(system, client, evsite_chaos)

    # when
    storm.blow(KILLS)
    found = wait_until_all_run(client, system, storm.stopped)

    # then: nobody is missing and nobody runs twice
    assert len({each.pid for each in found.values()}) == EVERYBODY
    assert min(storm.killed[kind] for kind in ("registries", "groups", "stopped", "newborn")) > 0

    # and: every name leads to the actor of that path and to no other process
    for path, actor in found.items():
        if "/m" in path and who_serves(client, name_of(path)) != WhoReply(path=path, pid=actor.pid):
            now = wait_until_all_run(client, system)  # it was replaced since we looked
            assert who_serves(client, name_of(path)) == WhoReply(path=path, pid=now[path].pid)

    # and: every ask of the living has had an answer; in no life was there a wrong one, or one out of order
    names = members_of(found)
    after = hush(client, names)
    ever = LEDGER.totals()
    assert (ever["wrongly_answered"], ever["asked_late"], ever["told_late"]) == (0, 0, 0), storm.killed
    assert ever["answered"] > 10 * KILLS, storm.killed
    assert ever["failed"] < KILLS, storm.killed

    # and: now that the storm is over, none fails
    for name in names:
        client.tell(name, Talk(on=True), deadline_s=30)
    time.sleep(1.5)
    calm = hush(client, names)
    assert calm["answered"] >= after["answered"] + 2 * len(names)
    assert calm["failed"] == after["failed"]

    # and: it stops within five seconds and leaves nothing
    begun_s = time.monotonic()
    client.tell("", messages.Stop(within_s=3.0))
    while system.actors_alive() and time.monotonic() - begun_s < 5:
        time.sleep(0.01)
    assert not system.actors_alive()
    system.close()
    assert time.monotonic() - begun_s < 5
    assert not list(session_processes(system.admin_pid))


def test_kills_during_start_do_not_keep_a_tree_from_starting(evsite_chaos):
    # given
    from actors.engine.address import text_of  # beside the other parts of a start by hand
    from actors.engine.client import Client  # as above
    from actors.engine.system import Host, System  # as above

    codec.prepare(message_types().values())
    with System(Host()) as system, Client(text_of(system.create(CrowdRoot))) as client:
        config = {"groups": GROUPS, "members": MEMBERS}
        client.ask("", messages.Start(path="site", lineage="site#0", config=config))

        # when
        killed = 0
        while killed < 60 and not running(client):
            tree = client.tree(deadline_s=10)
            killed += evsite_chaos.kill(evsite_chaos.victims(tree, 3, "*/m*")) if tree else 0

        # then
        found = wait_until_all_run(client, system)
        assert killed
        assert len({each.pid for each in found.values()}) == EVERYBODY
