"""A site from the outside: started and stopped by the command line."""

import json
import os
import re
import signal

import pytest

from actors.engine.processes import session_processes
from tests.support.running_site import PATIENCE_S, SITE, Site, evsite, wait_for


@pytest.fixture
def site(tmp_path):
    running = Site(tmp_path)
    yield running
    running.close()


def test_a_started_site_prints_its_tree_and_what_comes_later(site):
    text = site.out.read_text()

    assert re.search(r"^site +Site +Running", text, re.MULTILINE)
    assert "└─ v2g_2.link" in text
    assert "not yet available, not started:" in text


def test_ctrl_c_stops_the_site_and_leaves_no_process(site):
    code = site.stop()

    assert code == 0
    assert not list(session_processes(site.session))
    assert re.search(r"stopped in \d\.\d s$", site.out.read_text().strip())
    assert not (site.state / "site.json").exists()


def test_the_service_manager_stops_it_as_well(site):
    assert site.stop(signal.SIGTERM) == 0


def test_a_second_site_in_the_same_state_directory_is_refused(site):
    done = evsite("run", SITE, "--state", site.state)

    assert done.returncode == 1
    assert "already" in done.stderr


def test_a_killed_starter_takes_every_process_along(site):
    site.process.kill()
    site.process.wait(PATIENCE_S)

    wait_for(lambda: not list(session_processes(site.session)), "the kernel to end them")


def test_a_site_killed_before_can_be_started_again(site, tmp_path):
    site.process.kill()
    site.process.wait(PATIENCE_S)

    again = Site(tmp_path)

    assert again.stop() == 0


def test_a_root_that_dies_is_reported_with_exit_code_1(site):
    os.kill(site.tree()["pid"], signal.SIGKILL)

    assert site.process.wait(PATIENCE_S) == 1
    assert "ended by itself" in site.err.read_text()
    assert not list(session_processes(site.session))


def test_logs_are_one_json_object_a_line(site):
    site.stop()

    lines = [json.loads(line) for line in site.err.read_text().splitlines()]
    assert {"site_ready"} <= {line["event"] for line in lines}


def test_nothing_is_logged_as_wrong_in_a_quiet_run(site):
    site.stop()

    levels = {json.loads(line)["level"] for line in site.err.read_text().splitlines()}
    assert levels <= {"info", "debug"}


def test_a_wrong_site_file_starts_nothing(tmp_path):
    (tmp_path / "site.yaml").write_text("active_modules:\n  a:\n    module: Auht\n")

    done = evsite("run", tmp_path / "site.yaml", "--state", tmp_path / "state")

    assert done.returncode == 2
    assert "site.yaml:3" in done.stderr
    assert "Auth" in done.stderr
    assert not (tmp_path / "state").exists()


def test_an_unknown_log_level_is_bad_input(tmp_path):
    done = evsite("run", SITE, "--state", tmp_path, "--log-level", "loud")

    assert done.returncode == 2
