"""A disk that is full under the log: what is lost is lines, and no actor."""

from pathlib import Path

import pytest

from actors.engine.processes import session_processes
from tests.support.running_site import Site, evsite, find, wait_for


@pytest.fixture
def site(tmp_path):
    """A running site that can write nothing to its log."""
    running = Site(tmp_path, "--log-level", "debug", log=Path("/dev/full"))
    yield running
    running.close()


def replaced(site, names):
    """The tree, when each of these actors has been replaced once and everybody runs."""
    tree = site.tree()
    found = [find(tree, name) for name in names] if tree else []
    return all(node["restarts"] == 1 and node["state"] == "Running" for node in found) and tree


def test_deaths_under_a_log_on_a_full_disk_cost_one_actor_each(site):
    # given
    names = ["v2g_1", "evse_2.connector_1", "error_history", "registry"]
    before = site.tree()
    # when
    for name in names:
        assert evsite("kill", name, "--state", site.state).returncode == 0
    after = wait_for(lambda: replaced(site, names), "the replacements")
    # then
    assert after["pid"] == before["pid"]
    assert [find(after, name)["pid"] for name in ("evse_1", "evse_2", "store")] == [
        find(before, name)["pid"] for name in ("evse_1", "evse_2", "store")
    ]
    # and it stops as it would with a log
    assert site.stop() == 0
    assert not list(session_processes(site.session))
