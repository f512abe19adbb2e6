"""A site from the outside: started and stopped by the command line."""

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from actors.engine.client import Client
from actors.engine.processes import session_processes
from actors.engine.wiring import Wiring
from actors.exits import RESET
from actors.ocpp.assembly import lay_out
from actors.ocpp.device_model.generation import Evse
from actors.simulation.plant.messages import CutPower, PowerFails
from actors.state_directory import StateDirectory, command_of
from actors.system.messages import ExpectPowerUp
from protocols.interfaces import system
from protocols.message import Failure
from protocols.types.system import BootReason, ResetType
from tests.support.running_site import COMMAND, PATIENCE_S, ROOT, SITE, Site, evsite, find, wait_for

LATER = """
  api:
    module: EvAPI
    connections: {ev_manager: [{module_id: car_1, implementation_id: ev_manager}]}
"""
"""A module that comes with a later version."""


@pytest.fixture
def small(tmp_path):
    """A site of one EVSE that can be reset: it starts with a third of the work of the shipped one."""
    file = tmp_path / "site.yaml"
    file.write_text(f"{(ROOT / 'deploy' / 'minimal-ac.yaml').read_text()}\n  system: {{module: System}}\n")
    return file


@pytest.fixture
def site(tmp_path, small):
    running = Site(tmp_path, file=small)
    yield running
    running.close()


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """A site that nobody disturbed until Ctrl-C, with the exit code of that."""
    directory = tmp_path_factory.mktemp("ended")
    file = directory / "site.yaml"
    file.write_text(f"{SITE.read_text()}{LATER}")
    running = Site(directory, "--trace", str(directory / "trace.jsonl"), file=file)
    yield running, running.stop()
    running.close()


def test_a_started_site_prints_its_tree_and_what_comes_later(ended):
    text = ended[0].out.read_text()

    assert re.search(r"^site +Site +Running", text, re.MULTILINE)
    assert "└─ car_2_v2g" in text
    assert "not yet available, not started: CarGateway" in text


def test_a_start_says_what_it_starts_and_when_it_is_ready(ended):
    first, second, *_ = ended[0].out.read_text().splitlines()

    file = ended[0].state.parent / "site.yaml"
    assert first == f"starting {file}: 25 modules, 2 EVSEs; ready when every actor runs"
    assert re.fullmatch(r"ready after \d+\.\d s|waiting for site.*", second)


def test_ctrl_c_stops_the_site_and_leaves_no_process(ended):
    site, code = ended

    assert code == 0
    assert not list(session_processes(site.session))
    assert re.search(r"stopped in \d\.\d s$", site.out.read_text().strip())
    assert not (site.state / "site.json").exists()


def ask_system(site, command, name="system/main"):
    """Ask the station's `system`, as a back-end that resets it would have OCPP do, or somebody else."""
    state = StateDirectory(site.state)
    with Client(state.running().root, Wiring(key=state.key())) as client:
        return client.ask(name, command)


def test_a_reset_ends_the_site_in_order_and_begins_it_anew(site):
    # when a site that was switched on is reset
    assert ask_system(site, system.GetBootReason()).boot_reason == BootReason.POWER_UP
    before, first = site.tree(), site.session
    ask_system(site, system.Reset(type=ResetType.SOFT, scheduled=False))

    # then it ends and has another life, which knows why, and which other commands find
    told = "the site restarts: RemoteReset"
    wait_for(lambda: "Running" in site.out.read_text().partition(told)[2], "the second life")
    site.session = json.loads((site.state / "site.json").read_text())["session"]
    assert site.session != first
    assert not list(session_processes(first))
    assert ask_system(site, system.GetBootReason()).boot_reason == BootReason.REMOTE_RESET
    assert evsite("kill", "store", "--state", site.state).returncode == 0
    assert site.tree()["pid"] != before["pid"]

    # when the power fails, then everybody dies at once, and the site begins anew with that
    second = site.session
    for name, command in (
        ("system/main", ExpectPowerUp()),
        ("plant:1", PowerFails()),
    ):
        assert not isinstance(ask_system(site, command, name), Failure)
    ask_system(site, CutPower(), "plant:1")  # who answers may be dead before the answer is here
    cut = "the power has failed: "
    wait_for(lambda: "Running" in site.out.read_text().partition(cut)[2], "the third life")
    site.session = json.loads((site.state / "site.json").read_text())["session"]
    assert not list(session_processes(second))
    assert ask_system(site, system.GetBootReason()).boot_reason == BootReason.POWER_UP

    # when it is reset once more, and the service manager wants it to stop meanwhile
    ask_system(site, system.Reset(type=ResetType.SOFT, scheduled=True))
    wait_for(lambda: "the site restarts: ScheduledReset" in site.out.read_text(), "its end")
    code = site.stop(signal.SIGTERM)

    # then that is its end, and the log has all of it
    assert code == 0
    assert not (site.state / "site.json").exists()
    lines = [json.loads(line) for line in site.err.read_text().splitlines()]
    reasons = [line["reason"] for line in lines if line["event"] == "site_restarts"]
    assert reasons == ["RemoteReset", "PowerUp", "ScheduledReset"]


def test_a_reset_can_be_left_to_whoever_starts_the_site(tmp_path, small):
    # given a site that is to end when it is reset
    site = Site(tmp_path, "--on-reset", "exit", file=small)
    try:
        # when it is reset
        ask_system(site, system.Reset(type=ResetType.SOFT, scheduled=False))

        # then it ends in order with a code of its own, and its next start knows why
        assert site.process.wait(PATIENCE_S) == RESET
        assert not (site.state / "site.json").exists()
    finally:
        site.close()
    again = Site(tmp_path, file=small)
    reason = ask_system(again, system.GetBootReason()).boot_reason
    again.close()
    assert reason == BootReason.REMOTE_RESET


@pytest.fixture
def starting(tmp_path):
    """Begins `evsite run` and waits only until a file of its state directory is there."""
    begun = []

    def begin(name):
        with (tmp_path / "out").open("w") as out, (tmp_path / "err").open("w") as err:
            process = subprocess.Popen(
                [*COMMAND, "run", str(SITE), "--state", str(tmp_path / "state")],
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True,
            )  # fmt: skip
        begun.append(process)
        wait_for((tmp_path / "state" / name).exists, name)
        return process

    yield begin
    for process in begun:
        if process.poll() is None:
            process.kill()
            process.wait(PATIENCE_S)


@pytest.mark.parametrize(
    ("begun", "number"),
    [("lock", signal.SIGTERM), ("engine.key", signal.SIGINT), ("site.json", signal.SIGTERM)],
    ids=str,
)
def test_a_stop_during_the_start_is_an_orderly_end(starting, tmp_path, begun, number):
    process = starting(begun)

    process.send_signal(number)

    assert process.wait(PATIENCE_S) == 0
    assert "Traceback" not in (tmp_path / "err").read_text()
    assert not (tmp_path / "state" / "site.json").exists()
    assert command_line(process) not in {command_of(int(pid)) for pid in os.listdir("/proc") if pid.isdigit()}


def command_line(process):
    """All processes of a site share it; this one names a directory that no other site has."""
    return " ".join(process.args)


def test_make_run_dies_quietly_of_ctrl_c(tmp_path):
    # given a make that does not take itself for a part of the one that runs the tests
    outer = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}
    environ = {name: value for name, value in os.environ.items() if name not in outer}
    with (tmp_path / "out").open("w") as out, (tmp_path / "err").open("w") as err:
        made = subprocess.Popen(
            ["make", "--old-file=.venv/.ready", "run", f"BIN={Path(sys.executable).parent}",
             f"STATE={tmp_path / 'state'}"],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True, env=environ,
        )  # fmt: skip
    try:
        wait_for(lambda: "site_ready" in (tmp_path / "err").read_text(), "the site to start")

        # when: a terminal tells everybody in the foreground
        os.killpg(made.pid, signal.SIGINT)
        made.wait(PATIENCE_S)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(made.pid, signal.SIGKILL)
        made.wait(PATIENCE_S)

    # then
    told = [line for line in (tmp_path / "err").read_text().splitlines() if not line.startswith("{")]
    assert told == []
    assert re.search(r"stopped in \d\.\d s$", (tmp_path / "out").read_text().strip())


def run_in_terminal(*arguments):
    """Run a command on a terminal of its own; return its exit code and what it showed."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        cwd=ROOT, stdin=follower, stdout=follower, stderr=follower, start_new_session=True,
    )  # fmt: skip
    os.close(follower)
    shown = b""
    with contextlib.suppress(OSError):  # how Linux says that nobody is left at the other end
        while piece := os.read(leader, 65536):
            shown += piece
    os.close(leader)
    return process.wait(PATIENCE_S), shown.decode()


@pytest.mark.parametrize("name", ["evsite.log", "site.json"])
def test_a_directory_in_place_of_a_file_is_told_in_one_line(tmp_path, small, name):
    (tmp_path / "state" / name).mkdir(parents=True)

    code, shown = run_in_terminal("run", small, "--state", tmp_path / "state")

    assert code == 1
    assert f"{name} cannot be written" in shown
    assert "Traceback" not in shown


def test_a_second_site_in_the_same_state_directory_is_refused(site):
    done = evsite("run", SITE, "--state", site.state)

    assert done.returncode == 1
    assert "already" in done.stderr


def test_a_killed_starter_takes_all_along_and_can_be_started_again(site, small, tmp_path):
    site.process.kill()
    site.process.wait(PATIENCE_S)

    wait_for(lambda: not list(session_processes(site.session)), "the kernel to end them")
    again = Site(tmp_path, file=small)
    assert again.stop() == 0
    again.close()


def test_a_root_that_dies_is_reported_with_exit_code_1(site):
    os.kill(site.tree()["pid"], signal.SIGKILL)

    assert site.process.wait(PATIENCE_S) == 1
    assert "ended by itself" in site.err.read_text()
    assert not list(session_processes(site.session))


def test_logs_are_one_json_object_a_line(ended):
    lines = [json.loads(line) for line in ended[0].err.read_text().splitlines()]
    assert {"site_ready"} <= {line["event"] for line in lines}


def test_nothing_is_logged_as_wrong_in_a_quiet_run(ended):
    lines = [json.loads(line) for line in ended[0].err.read_text().splitlines()]
    warned = {line["event"] for line in lines if line["level"] not in {"info", "debug"}}
    assert warned <= {"v2g_without_tls"}  # which is right: no certificate has been installed


def test_a_trace_has_what_the_actors_said_from_the_start(ended):
    said = [json.loads(line) for line in ended[0].out.with_name("trace.jsonl").read_text().splitlines()]

    assert {"command", "reply", "variable"} <= {each["kind"] for each in said}
    assert {f"site/evse_{number}/evse_{number}" for number in (1, 2)} <= {each["from"] for each in said}


def test_a_trace_that_cannot_be_written_starts_nothing(tmp_path):
    done = evsite("run", SITE, "--state", tmp_path / "state", "--trace", tmp_path / "none/trace")

    assert done.returncode == 2
    assert "--trace" in done.stderr
    assert "No such file" in done.stderr


def test_a_wrong_site_file_starts_nothing(tmp_path):
    (tmp_path / "site.yaml").write_text("active_modules:\n  a:\n    module: Auht\n")

    done = evsite("run", tmp_path / "site.yaml", "--state", tmp_path / "state")

    assert done.returncode == 2
    assert "site.yaml:3" in done.stderr
    assert "Auth" in done.stderr
    assert not (tmp_path / "state").exists()


def test_a_wrong_device_model_starts_nothing_and_is_told(tmp_path):
    # given component files of which two are damaged
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    lay_out(state / "component_config", [Evse(), Evse()])
    (state / "component_config" / "standardized" / "TxCtrlr.json").write_text('{"name": 7}')
    (state / "component_config" / "custom" / "EVSE_1.json").write_text("{")

    done = evsite("run", SITE, "--state", state)
    checked = evsite("components", "check", state / "component_config")

    # then it is told as by the command that checks them, and nothing has been started
    assert done.returncode == checked.returncode == 2
    told = done.stderr.splitlines()
    assert told[:-1] == checked.stdout.splitlines()
    assert told[-1].endswith(f"evsite check {SITE} --state {state}")
    assert "starting" not in done.stdout
    assert not (state / "journals").exists()
    assert not (state / "site.json").exists()


def test_an_unknown_log_level_is_bad_input(tmp_path):
    done = evsite("run", SITE, "--state", tmp_path, "--log-level", "loud")

    assert done.returncode == 2


@pytest.fixture(scope="module")
def hindered(tmp_path_factory):
    """Output and tree of a site in which fault rules keep two actors from starting, one for ever."""
    directory = tmp_path_factory.mktemp("hindered")
    rules = directory / "rules.yaml"
    rules.write_text(
        "- {fault: fail_constructor, actor: site/auth, times: 2}\n"
        "- {fault: fail_constructor, actor: site/evse_2/board_2, times: 1000}\n"
    )
    site = Site(directory, "--fault-rules", rules, "--seed", "7")
    tree = site.tree()
    code = site.stop()
    site.close()
    assert code == 0
    return rules, site.out.read_text(), tree


def test_fault_rules_are_in_force_from_the_start(hindered):
    rules, text, tree = hindered
    auth = find(tree, "auth")

    told = text.splitlines()[0]
    assert told == f"fault injection: seed 7; repeat with: evsite run {SITE} --fault-rules {rules} --seed 7"
    assert auth["restarts"] == 2
    assert "constructor of site/auth fails" in auth["last_error"]


def test_a_driver_that_never_starts_is_named_and_the_rest_runs(hindered):
    _rules, text, tree = hindered

    assert re.search(
        r"^waiting for .*site/evse_2/board_2 \(.*constructor of site/evse_2/board_2", text, re.MULTILINE
    )
    assert re.search(r"^ready after \d+\.\d s$", text, re.MULTILINE)
    assert find(tree, "board_2")["state"] == "Failed"
    states = {find(tree, name)["state"] for name in ("evse_2.connector_1", "v2g_2.session", "evse_1", "auth")}
    assert states == {"Running"}


@pytest.mark.parametrize(
    ("rules", "arguments", "told"),
    [
        ("- {fault: flood}", [], "rule 1"),
        ("- {fault: disk_full}", [], "can only be injected into a running actor"),
        (None, ["--seed", "1"], "--seed"),
    ],
)
def test_wrong_fault_rules_start_nothing(tmp_path, rules, arguments, told):
    if rules is not None:
        (tmp_path / "rules.yaml").write_text(rules)
        arguments = ["--fault-rules", tmp_path / "rules.yaml"]

    done = evsite("run", SITE, "--state", tmp_path / "state", *arguments)

    assert done.returncode == 2
    assert told in done.stderr
    assert not (tmp_path / "state").exists()
