"""Several hosts, one site. Here the hosts are addresses of the loopback; with real links: test_two_hosts."""

import contextlib
import os
import signal

import pytest

from actors.engine import hosts, messages, outgoing
from actors.engine.hosts import ANYWHERE, NOWHERE, PLACE, carries
from actors.engine.outgoing import Patience
from actors.engine.system import Host, free_port
from actors.engine.transport import Wiring
from tests.support.engine import KEY, LOOPBACK, eventually, listeners, nodes, running, system
from tests.support.engine_actors import House, Relay, Who, WhoReply

ONE, TWO = "127.0.0.1", "127.0.0.2"
EVSE = {
    "id": "evse_3",
    "requirements": {"evse:3": True},
    "heartbeat_s": 0.1,
    "deadline_s": 0.1,
    "retry_s": 60.0,
}
SITE = {"children": [{"id": "near"}, EVSE]}
SUBTREE = {
    "children": [
        {"id": "near"},
        {**EVSE, "actor": "Floor", "grants": {}, "config": {"children": [{"id": "board"}, {"id": "meter"}]}},
    ]
}


@pytest.mark.parametrize(
    ("capabilities", "requirements", "fits"),
    [
        ({}, None, True),
        ({}, {}, True),
        ({}, {"evse:3": True}, False),
        ({"evse:3": False}, {"evse:3": True}, False),
        ({"evse:3": True, "evse:4": True}, {"evse:3": True}, True),
        ({"evse:3": True}, {"evse:3": True, "evse:4": True}, False),
        ({}, {PLACE: "site/evse_3"}, True),
        ({ANYWHERE: True}, {"evse:3": True}, True),
    ],
)
def test_a_host_carries_what_it_has_everything_for(capabilities, requirements, fits):
    assert carries(capabilities, requirements) is fits


@pytest.fixture(autouse=True)
def _hurry(monkeypatch):
    """Everything that takes seconds takes tenths: the processes inherit it."""
    monkeypatch.setattr(hosts, "CHECK_IN_S", 0.2)
    monkeypatch.setattr(hosts, "WATCH_S", 0.2)
    monkeypatch.setattr(outgoing, "OTHER_HOST", Patience(connect_s=0.4, give_up_s=0.8, retry_s=0.05))
    monkeypatch.setattr(outgoing, "SILENCE_MS", 600)


class Site:
    """The leading host with its tree, and a second host that comes and goes."""

    def __init__(self, stack: contextlib.ExitStack, config, *, key: bytes = KEY) -> None:
        self._port = free_port(TWO)
        leader = f"{ONE}:{free_port(ONE)}"
        self._leader, self._key = leader, key
        self.second = None
        self._stack, self._config = stack, config

    def lead(self) -> None:
        address, _, port = self._leader.partition(":")
        host = Host(address=address, port=int(port), leader=self._leader, key=KEY)
        self.first, self.client = self._stack.enter_context(running(House, self._config, host=host))

    def join(self):
        """Start the second host, which carries the third EVSE."""
        capabilities = {"evse:3": True}
        host = Host(
            address=TWO, port=self._port, leader=self._leader, key=self._key, capabilities=capabilities
        )
        self.second = self._stack.enter_context(system(host))
        return self.second

    def evse(self):
        return nodes(self.client.tree()).get("site/evse_3")

    def placed(self, *, other_than=None, within_s=10.0):
        """The EVSE's node once it runs on the second host; its process is not the one named."""

        def look():
            node = self.evse()
            return node if node and node.state == "Running" and node.pid != other_than else None

        return eventually(look, within_s)

    def lost(self, within_s=10.0):
        """The EVSE's node once it is known that nobody carries it."""
        return eventually(lambda: (node := self.evse()) and node.state == "Failed" and node, within_s)


@pytest.fixture
def site():
    with contextlib.ExitStack() as stack:
        made = Site(stack, SITE)
        made.lead()
        yield made


@pytest.fixture
def subtree():
    with contextlib.ExitStack() as stack:
        made = Site(stack, SUBTREE)
        made.lead()
        made.join()
        made.placed()
        yield made


def test_a_child_that_nobody_can_carry_waits_and_the_site_runs(site):
    node = site.evse()

    assert (node.state, node.last_error, node.restarts, node.pid) == ("Failed", NOWHERE, 0, None)
    assert isinstance(site.client.ask("near/main", Who()), WhoReply)


def test_a_child_is_placed_as_soon_as_its_host_joins(site):
    second = site.join()
    node = site.placed()

    assert node.host == TWO
    assert node.pid in second.processes()
    assert site.client.ask("evse_3/main", Who()) == WhoReply(path="site/evse_3", pid=node.pid, host=TWO)


def test_actors_of_two_hosts_ask_each_other(site):
    site.join()
    site.placed()

    assert site.client.ask("near/main", Relay(name="evse_3/main")).host == TWO
    assert site.client.ask("evse_3/main", Relay(name="near/main")).host == ONE


def test_every_host_listens_on_its_own_address_only(site):
    second = site.join()
    site.placed()

    assert {address for pid in site.first.processes() for address, _ in listeners(pid)} == {LOOPBACK}
    assert {address for pid in second.processes() for address, _ in listeners(pid)} == {"0200007F"}


def test_a_supervisor_brings_its_children_along(subtree):
    found = nodes(subtree.client.tree())

    assert {found[f"site/evse_3/{name}"].host for name in ("board", "meter")} == {TWO}
    assert subtree.client.ask("board/main", Relay(name="near/main")).host == ONE


def test_a_child_that_dies_elsewhere_is_replaced_there_with_its_reason(site):
    second = site.join()
    before = site.placed()
    os.kill(before.pid, signal.SIGKILL)
    after = site.placed(other_than=before.pid)

    assert (after.host, after.last_error, after.restarts) == (TWO, "killed by SIGKILL", 2)
    assert set(second.processes()) == {second.admin_pid, after.pid}


def test_a_child_that_hangs_elsewhere_is_ended_and_replaced(site):
    second = site.join()
    before = site.placed()
    os.kill(before.pid, signal.SIGSTOP)
    after = site.placed(other_than=before.pid)

    assert after.last_error.startswith("hung: silent for")
    eventually(lambda: set(second.processes()) == {second.admin_pid, after.pid})


def test_a_host_that_leaves_in_order_takes_its_actors_along(subtree, capfd):
    capfd.readouterr()
    subtree.second.close()
    assert subtree.lost().last_error == NOWHERE
    # and no budget is spent on it: nobody has failed
    assert "could not be created" not in capfd.readouterr().out
    # and the rest of the site does not mind
    assert isinstance(subtree.client.ask("near/main", Who()), WhoReply)
    # when it comes back
    subtree.join()
    node = subtree.placed()
    assert node.host == TWO
    eventually(lambda: isinstance(subtree.client.ask("board/main", Who()), WhoReply))


def test_a_host_that_dies_at_once_is_noticed_and_its_actors_wait(subtree):
    os.kill(subtree.second.admin_pid, signal.SIGKILL)
    subtree.lost()
    subtree.second.close()
    subtree.join()

    assert subtree.placed().host == TWO


def test_a_host_out_of_reach_is_noticed_and_taken_back(subtree):
    # given a host that is silent, as behind a broken link
    before = set(subtree.second.processes())
    for pid in before:
        os.kill(pid, signal.SIGSTOP)
    subtree.lost(within_s=20)
    # when it is heard again
    for pid in before:
        os.kill(pid, signal.SIGCONT)
    node = subtree.placed(within_s=20)
    # then of what ran there before nothing is left beside the admin
    eventually(lambda: set(subtree.second.processes()) & before == {subtree.second.admin_pid})
    assert node.pid not in before
    eventually(lambda: len(subtree.second.processes()) == 4)
    eventually(lambda: isinstance(subtree.client.ask("meter/main", Who(), deadline_s=1), WhoReply))


def test_a_place_has_one_process_when_its_supervisor_is_built_anew():
    floor = {"id": "floor", "actor": "Floor", "config": {"children": [EVSE]}}
    with contextlib.ExitStack() as stack:
        site = Site(stack, {"children": [floor]})
        site.lead()
        second = site.join()
        path = "site/floor/evse_3"
        before = eventually(
            lambda: (node := nodes(site.client.tree()).get(path)) and node.state == "Running" and node
        )
        # when the supervisor on the leading host dies, which nobody tells the second host
        os.kill(nodes(site.client.tree())["site/floor"].pid, signal.SIGKILL)
        # then its successor has the place cleared before it uses it
        after = eventually(
            lambda: (
                (node := nodes(site.client.tree()).get(path))
                and node.state == "Running"
                and node.pid != before.pid
                and node
            )
        )
        eventually(lambda: set(second.processes()) == {second.admin_pid, after.pid})


def test_actors_do_not_outlive_the_leading_host():
    with contextlib.ExitStack() as stack:
        site = Site(stack, SUBTREE)
        site.lead()
        second = site.join()
        site.placed()
        # when everything on the leading host dies at once
        os.kill(site.first.admin_pid, signal.SIGKILL)
        # then what it has placed elsewhere ends too, and the other host waits for it to return
        eventually(lambda: second.processes() == [second.admin_pid])


def test_a_host_with_another_key_is_not_admitted():
    with contextlib.ExitStack() as stack:
        site = Site(stack, SITE, key=bytes(32))
        site.lead()
        site.join()
        with pytest.raises(AssertionError, match="not within"):
            site.placed(within_s=1.5)

        assert site.evse().state == "Failed"


def test_a_system_of_one_host_asks_nobody(capfd):
    with running(House, SITE, host=Host(capabilities={"evse:3": True})) as (made, client):
        node = nodes(client.tree())["site/evse_3"]

        assert (node.state, node.host) == ("Running", ONE)
        assert node.pid in made.processes()
        assert isinstance(client.ask("", messages.GetTree()), messages.GetTreeReply)
        assert made.wiring != Wiring()
