"""A running site looked at and hurt by the command line."""

import contextlib
import json
import os
import pty
import signal
import subprocess

import pytest
from typer.testing import CliRunner

from actors.cli import app
from tests.support.running_site import COMMAND, ROOT, Site, evsite, find, wait_for


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """One site for all: who hurts it waits until it is whole again."""
    running = Site(tmp_path_factory.mktemp("looked_at"))
    yield running
    running.close()


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

    after = wait_for(
        lambda: (node := find(site.tree(), "v2g_2"))["state"] == "Running" and node["restarts"] and node,
        "the replacement",
    )

    assert "hung" in after["last_error"]


def test_the_tree_in_text_names_every_actor(site):
    done = evsite("tree", "--state", site.state)

    assert done.returncode == 0
    assert all(name in done.stdout for name in ("registry", "store", "auth", "evse_1.connector_1", "v2g_2"))


def test_the_certificate_manager_stands_beside_its_workers(site):
    branch = find(site.tree(), "certificates")

    assert [(one["name"], one["state"]) for one in branch["children"]] == [
        (name, "Running") for name in ("worker_1", "worker_2", "worker_3", "manager")
    ]
    assert (site.state / "certs/ca/v2g/V2G_ROOT_CA.pem").exists()


def test_the_metrics_of_every_actor_are_told(site):
    done = evsite("metrics", "--state", site.state)
    told = json.loads(evsite("metrics", "--json", "--state", site.state).stdout)

    assert done.returncode == 0
    assert all(name in done.stdout for name in ("site/registry", "site/evse_1/v2g_1"))
    counted = {each["actor"]: each for each in told["actors"]}
    assert counted["site/auth"]["received"] > 0
    assert counted["site/auth"]["handler_p50_s"] > 0
    assert (told["silent"], told["admin_refused"]) == ([], {})


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


@pytest.mark.parametrize("name", ["WHATEVER", "0", "99", "-9", "SIG", "\u0669"])
def test_an_unknown_signal_is_bad_input(tmp_path, name):
    done = CliRunner().invoke(app, ["kill", "auth", f"--signal={name}", "--state", str(tmp_path)])

    assert done.exit_code == 2
    assert "there is no signal" in done.stderr


def test_a_signal_is_known_by_name_and_number(site):
    told = [
        evsite("kill", "store", "--signal", name, "--state", site.state).stdout
        for name in ("CONT", "sigcont", "18")
    ]

    assert all(line.startswith("SIGCONT sent to site/store ") for line in told)


def test_a_tree_is_not_watched_as_json(tmp_path):
    done = evsite("tree", "--json", "--watch", "--state", tmp_path)

    assert done.returncode == 2
    assert "exclude each other" in done.stderr


@pytest.mark.parametrize("command", [("tree",), ("metrics",), ("kill", "auth")])
def test_without_a_running_site_the_way_to_start_one_is_said(tmp_path, command):
    done = CliRunner().invoke(app, [*command, "--state", str(tmp_path)])

    assert done.exit_code == 1
    assert "evsite run FILE" in done.stderr


def test_the_tree_can_be_watched_until_ctrl_c(site):
    # given
    leader, follower = pty.openpty()
    watching = subprocess.Popen(
        [*COMMAND, "tree", "--watch", "--state", str(site.state)],
        cwd=ROOT, stdin=follower, stdout=follower, stderr=follower, start_new_session=True,
        # whoever runs the tests in the background may have them ignore it
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # no threads here
    )  # fmt: skip
    os.close(follower)
    try:
        shown = b""
        while shown.count(b"registry") < 2:
            shown += os.read(leader, 65536)

        # when
        watching.send_signal(signal.SIGINT)

        # then: it draws once more, so somebody has to read until it has let go of the terminal
        with contextlib.suppress(OSError):
            while os.read(leader, 65536):
                pass
        assert watching.wait(10) == 0
    finally:
        watching.kill()
        watching.wait(10)
        os.close(leader)


def test_rules_are_injected_into_one_actor_of_a_running_site(tmp_path):
    # given
    (tmp_path / "rules.yaml").write_text("- {fault: jump_clock, seconds: 60}\n- {fault: drop, target: x}\n")
    (tmp_path / "wrong.yaml").write_text("- {fault: flood}\n")
    site = Site(tmp_path, "--faults", file=ROOT / "deploy" / "minimal-ac.yaml")
    # when
    with contextlib.closing(site):
        done = evsite("inject", "auth/main", tmp_path / "rules.yaml", "--state", site.state)
        nobody = evsite("inject", "nobody/main", tmp_path / "rules.yaml", "--state", site.state)
        wrong = evsite("inject", "auth/main", tmp_path / "wrong.yaml", "--state", site.state)
    # then
    assert (done.returncode, done.stdout) == (0, "2 fault rules are in force at auth/main\n")
    assert (nobody.returncode, wrong.returncode) == (2, 2)
    assert "nobody/main" in nobody.stderr
    assert "rule 1" in wrong.stderr


def test_a_site_without_fault_injection_refuses_rules(site, tmp_path):
    (tmp_path / "rules.yaml").write_text("[]\n")

    done = evsite("inject", "auth/main", tmp_path / "rules.yaml", "--state", site.state)

    assert done.returncode == 1
    assert "without fault injection" in done.stderr
