"""Two hundred actors, a thousand kills: everybody is replaced, nobody twice, what is said arrives once."""

import signal
import time

import pytest

from actors.engine import messages
from actors.engine.chaos import living
from actors.engine.processes import session_processes
from protocols import codec
from protocols.message import message_types
from tests.support.crowd import CrowdRoot, Tally, TallyReply, Who, WhoReply

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


def wait_until_all_run(client, system):
    """All actors of the tree by path, once the tree and the kernel agree on who lives.

    The tree alone is not enough: a supervisor may answer before it has heard of the last kill.
    """
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        found = running(client)
        told, alive = sorted(each.pid for each in found.values()), sorted(system.actors_alive())
        if found and told == alive:
            return found
        time.sleep(0.05)
    missing, surplus = set(told) - set(alive), set(alive) - set(told)
    pytest.fail(f"{PATIENCE_S:g} s after the last kill {missing} are gone and {surplus} not in the tree")


def name_of(path):
    return path.removeprefix("site/").replace("/", "_") + "/main"


def storm(client, chaos, kills):
    """Kill that many processes: members, whole groups, the registry, several at once, some while they start.

    Every hundredth victim is stopped instead, so that it is the heartbeat that has to find it.
    """
    done = rounds = 0
    while done < kills:
        tree = client.tree(deadline_s=10)
        assert tree is not None
        rounds += 1
        pattern = {0: "*", 5: "site/registry"}.get(rounds % 10, "*/m*")
        victims = chaos.victims(tree, 1 + chaos.chance(24), pattern)
        number = signal.SIGSTOP if rounds % 20 == 1 else signal.SIGKILL
        done += chaos.kill(victims, number)
    return done


def test_a_storm_of_kills_leaves_everybody_replaced_and_nobody_twice(evsite_system, evsite_chaos):
    # given
    codec.prepare(message_types().values())
    config = {"groups": GROUPS, "members": MEMBERS, "every_s": 0.5}
    system, client = evsite_system(CrowdRoot, config, within_s=PATIENCE_S)

    # when
    done = storm(client, evsite_chaos, KILLS)
    found = wait_until_all_run(client, system)

    # then: nobody is missing and nobody runs twice
    assert done >= KILLS
    assert len({each.pid for each in found.values()}) == EVERYBODY

    # and: every name leads to the actor of that path and to no other process
    for path, actor in found.items():
        if "/m" in path:
            assert client.ask(name_of(path), Who()) == WhoReply(path=path, pid=actor.pid)

    # and: every ask had one answer, in the order it was asked
    time.sleep(2.0)  # let what is under way arrive
    tallies = [client.ask(name_of(path), Tally()) for path in found if "/m" in path]
    assert all(isinstance(tally, TallyReply) for tally in tallies)
    assert sum(tally.answered_twice for tally in tallies) == 0
    assert sum(tally.out_of_order for tally in tallies) == 0
    assert sum(tally.answered for tally in tallies) > 0
    assert all(tally.asked - tally.answered <= 6 for tally in tallies)  # those of the last second

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
