"""A site on two hosts with a cable between them: placed by capability, lost, and taken back.

Real network namespaces and the periods as they are in production. The same on loopback addresses, in more
variations: tests/actors/engine/test_hosts.py.
"""

import contextlib
import os
import signal
import time

import pytest

from actors.engine.chaos import living
from actors.engine.hosts import NOWHERE
from actors.engine.system import Host
from tests.support.engine import KEY, eventually, listeners, nodes, running, system
from tests.support.engine_actors import House, Relay, Who, WhoReply
from tests.support.network import Cable, cable

__all__ = ["cable"]

ONE, TWO = Cable.ADDRESSES
EVSE = "site/evse_3"
CONFIG = {
    "children": [
        {"id": "near"},
        {
            "id": "evse_3",
            "actor": "Floor",
            "requirements": {"evse:3": True},
            "config": {"children": [{"id": "board"}, {"id": "meter"}]},
        },
    ]
}
"""The leading host has no third EVSE; who has one runs its supervisor and everybody below."""

pytestmark = pytest.mark.timeout(180)


class Site:
    """Two hosts and somebody on the first of them who looks at the tree."""

    def __init__(self, stack, cable):
        self.cable, self._stack = cable, stack
        host = Host(address=ONE, port=4700, leader=f"{ONE}:4700", key=KEY)
        self.first, self.client = stack.enter_context(cable.run(0, running(House, CONFIG, host=host)))

    def join(self):
        """Start the second host, which carries the third EVSE."""
        host = Host(address=TWO, port=4700, leader=f"{ONE}:4700", key=KEY, capabilities={"evse:3": True})
        self.second = self._stack.enter_context(self.cable.run(1, system(host)))

    def ask(self, name, command, **kwargs):
        with self.cable.inside(0):
            return self.client.ask(name, command, **kwargs)

    def tree(self):
        with self.cable.inside(0):
            return self.client.tree()

    def evse(self):
        return nodes(self.tree()).get(EVSE)

    def placed(self, within_s=20.0):
        return eventually(lambda: (node := self.evse()) and node.state == "Running" and node, within_s)

    def lost(self, within_s=20.0):
        return eventually(lambda: (node := self.evse()) and node.state == "Failed" and node, within_s)


@pytest.fixture
def site(cable):
    with contextlib.ExitStack() as stack:
        yield Site(stack, cable)


def test_an_evse_runs_where_its_hardware_is(site):
    # given a site that has started without the host of its third EVSE
    assert (site.evse().state, site.evse().last_error) == ("Failed", NOWHERE)
    # when that host joins
    site.join()
    node = site.placed()
    # then the EVSE's actors run there, and only there
    found = nodes(site.tree())
    assert {found[path].host for path in found if path.startswith(EVSE)} == {TWO}
    assert {found[path].host for path in found if not path.startswith(EVSE)} == {ONE}
    ours = {node.pid, *(child.pid for child in node.children)}
    assert set(site.second.processes()) == {site.second.admin_pid, *ours}
    assert not ours & {each.pid for each in living(site.tree())}
    # and everybody can talk to everybody
    assert site.ask("near/main", Relay(name="board/main")).host == TWO
    assert site.ask("board/main", Relay(name="near/main")).host == ONE
    assert site.ask("board/main", Relay(name="meter/main")).host == TWO
    # and nobody listens anywhere but on the one configured interface
    for made, address in ((site.first, ONE), (site.second, TWO)):
        bound = {each for pid in made.processes() for each, _port in listeners(pid)}
        assert bound == {"".join(f"{int(part):02X}" for part in reversed(address.split(".")))}


def test_a_pulled_cable_costs_one_evse_until_it_is_plugged_in_again(site):
    # given a site on two hosts
    site.join()
    before = site.placed()
    theirs = set(site.second.processes()) - {site.second.admin_pid}
    # when the cable is pulled
    site.cable.pull()
    begun_s = time.monotonic()
    lost = site.lost()
    noticed_s = time.monotonic() - begun_s
    # then it is noticed within seconds, the EVSE waits, and the rest of the site has not crashed once
    assert noticed_s < 10
    assert lost.last_error == NOWHERE
    assert isinstance(site.ask("near/main", Who()), WhoReply)
    found = nodes(site.tree())
    assert (found["site/near"].restarts, found["site/registry"].restarts) == (0, 0)
    # and the other host ends what it can no longer answer for
    eventually(lambda: not theirs & set(site.second.processes()), within_s=20)
    # when the cable is plugged in again
    site.cable.plug()
    after = eventually(lambda: (node := site.placed()) and node.pid != before.pid and node, within_s=20)
    # then the EVSE is placed there again, once, and its names lead to the new actors
    eventually(lambda: len(site.second.processes()) == 1 + 3)
    assert after.host == TWO
    reply = eventually(
        lambda: isinstance(got := site.ask("board/main", Who(), deadline_s=2), WhoReply) and got, within_s=10
    )
    assert reply.pid in site.second.processes()
    assert site.ask("near/main", Relay(name="meter/main")).host == TWO


def test_a_cable_pulled_for_a_moment_costs_nothing(site):
    site.join()
    before = site.placed()
    site.cable.pull()
    time.sleep(1.0)
    site.cable.plug()
    # then everything that was said meanwhile arrives
    assert site.ask("near/main", Relay(name="board/main", deadline_s=10), deadline_s=12).host == TWO
    time.sleep(1.0)
    after = site.placed()

    assert (after.pid, after.restarts) == (before.pid, before.restarts)


def test_a_host_that_loses_its_power_is_noticed_and_taken_back(site):
    # given
    site.join()
    site.placed()
    # when every process of the second host ends at once, and the cable is dead too: nobody says goodbye
    site.cable.pull()
    os.kill(site.second.admin_pid, signal.SIGKILL)
    begun_s = time.monotonic()
    site.lost()
    # then
    assert time.monotonic() - begun_s < 10
    # when it has booted again
    site.cable.plug()
    with site.cable.inside(1):
        site.second.close()
    site.join()
    node = site.placed()
    # then
    assert node.host == TWO
    assert node.pid in site.second.processes()
    assert site.ask("near/main", Relay(name="board/main")).host == TWO


def test_a_site_whose_leader_is_lost_leaves_nothing_running_elsewhere(site):
    site.join()
    site.placed()
    site.cable.pull()
    os.kill(site.first.admin_pid, signal.SIGKILL)

    eventually(lambda: site.second.processes() == [site.second.admin_pid], within_s=20)
