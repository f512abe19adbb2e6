"""A site from the outside: started, looked at, hurt and stopped by the command line."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from actors.engine.system import reap_session, session_processes

ROOT = Path(__file__).parents[2]
SITE = ROOT / "deploy" / "sil-2evse.yaml"
PATIENCE_S = 30.0
COMMAND = (sys.executable, "-m", "actors.cli")


def evsite(*arguments, timeout=PATIENCE_S):
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip


def wait_for(condition, what):
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        if found := condition():
            return found
        time.sleep(0.05)
    pytest.fail(f"waited {PATIENCE_S:g} s for {what}")


class Site:
    """A running `evsite run`, its output in files."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.state = directory / "state"
        self.out, self.err = directory / "out", directory / "err"
        with self.out.open("w") as out, self.err.open("w") as err:
            self.process = subprocess.Popen(
                [*COMMAND, "run", str(SITE), "--state", str(self.state), *arguments],
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True,
            )  # fmt: skip
        wait_for(lambda: "site_ready" in self.err.read_text() and self.out.read_text(), "the site to start")
        self.session = json.loads((self.state / "site.json").read_text())["session"]

    def tree(self):
        done = evsite("tree", "--json", "--state", self.state)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def stop(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE_S)
        reap_session(self.session)


@pytest.fixture
def site(tmp_path):
    running = Site(tmp_path)
    yield running
    running.close()


def find(node, name):
    if node["name"] == name:
        return node
    return next((found for child in node["children"] if (found := find(child, name))), None)


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


def test_a_killed_actor_is_replaced_and_counted(site):
    # given
    before = find(site.tree(), "v2g_1")

    # when
    killed = evsite("kill", "evse_1/v2g_1", "--state", site.state)

    # then
    assert killed.returncode == 0, killed.stderr
    assert f"SIGKILL sent to site/evse_1/v2g_1 (process {before['pid']})" in killed.stdout
    after = wait_for(
        lambda: (node := find(site.tree(), "v2g_1"))["state"] == "Running" and node["restarts"] and node,
        "the replacement",
    )
    assert after["pid"] != before["pid"]
    assert after["restarts"] == 1
    assert after["last_error"] == "killed by SIGKILL"


def test_a_stopped_actor_is_found_hung_and_replaced(site):
    evsite("kill", "evse_2/v2g_2", "--signal", "STOP", "--state", site.state)

    after = wait_for(lambda: (node := find(site.tree(), "v2g_2"))["restarts"] and node, "the replacement")

    assert "hung" in after["last_error"]


def test_the_tree_in_text_names_every_actor(site):
    done = evsite("tree", "--state", site.state)

    assert done.returncode == 0
    assert all(name in done.stdout for name in ("registry", "store", "auth", "evse_1.connector_1", "v2g_2"))


@pytest.mark.parametrize(
    ("name", "hint"),
    [("v2g_9", "did you mean 'v2g_"), ("zzz", "evsite tree lists them")],
)
def test_killing_somebody_unknown_is_bad_input_with_the_nearest_name(site, name, hint):
    done = evsite("kill", name, "--state", site.state)

    assert done.returncode == 2
    assert hint in done.stderr


def test_a_name_that_several_have_is_bad_input(site):
    done = evsite("kill", "evse_1", "--state", site.state)

    assert done.returncode == 2
    assert "site/evse_1/evse_1" in done.stderr


def test_an_unknown_signal_is_bad_input(site):
    done = evsite("kill", "auth", "--signal", "WHATEVER", "--state", site.state)

    assert done.returncode == 2


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


@pytest.mark.parametrize("command", [("tree",), ("kill", "auth")])
def test_without_a_running_site_the_way_to_start_one_is_said(tmp_path, command):
    done = evsite(*command, "--state", tmp_path)

    assert done.returncode == 1
    assert "evsite run FILE" in done.stderr
