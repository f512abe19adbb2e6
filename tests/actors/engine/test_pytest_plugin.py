"""The plugin as a user of it sees it: a test file of theirs, run by their pytest."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

KILLING = """
import time
from tests.support.crowd import CrowdRoot, Who, WhoReply

def test_a_killed_member_comes_back(evsite_system, evsite_chaos):
    system, client = evsite_system(CrowdRoot, {"groups": 1, "members": 3})
    victims = evsite_chaos.victims(client.tree(), 1, "*/m*")
    evsite_chaos.kill(victims)
    name = victims[0].path.removeprefix("site/").replace("/", "_") + "/main"
    end = time.monotonic() + 10
    while time.monotonic() < end:
        reply = client.ask(name, Who(), deadline_s=0.5)
        if isinstance(reply, WhoReply) and reply.pid != victims[0].pid:
            break
    assert isinstance(reply, WhoReply) and reply.pid != victims[0].pid
    print("VICTIM", victims[0].path)
    assert FAIL_NOT
"""

SIMULATED = """
from actors.engine import faults
from tests.support.crowd import CrowdRoot, Who, WhoReply

def test_a_crashed_member_is_replaced(evsite_simulation, evsite_faults):
    from actors.engine import messages
    evsite_faults([faults.Rule(fault=faults.Fault.CRASH, actor="*/m0", tag="*.who")])
    config = {"groups": 1, "members": 2}
    evsite_simulation.start(CrowdRoot, messages.Start(path="site", lineage="site#0", config=config))
    evsite_simulation.advance(0.1)
    first = evsite_simulation.ask("g0_m0/main", Who())
    evsite_simulation.advance(0.1)
    second = evsite_simulation.ask("g0_m0/main", Who())
    assert not isinstance(first, WhoReply) and isinstance(second, WhoReply)
"""


WATCHED = """
import pytest
from actors.engine import system
from tests.support.crowd import CrowdRoot
from tests.support.engine_actors import DeadBeforeBirth

made = []

class Watched(system.System):
    def __init__(self, host):
        super().__init__(host)
        made.append(self)

system.System = Watched
"""

NO_ACTOR = """
def test_an_actor_that_cannot_be_created(evsite_system):
    with pytest.raises(Exception, match="killed by SIGKILL"):
        evsite_system(DeadBeforeBirth)
    assert made[0].processes()

def test_its_system_has_ended():
    assert len(made) == 1 and not made[0].processes()
"""

BAD_CLOSE = """
def test_a_client_that_cannot_be_closed(evsite_system):
    for _ in range(2):
        _system, client = evsite_system(CrowdRoot, {"groups": 0, "members": 0})
    def fail():
        raise OSError("no such connection")
    client.close = fail

def test_both_systems_have_ended():
    assert len(made) == 2 and not [pid for each in made for pid in each.processes()]
"""


PAGE = ROOT / "docs" / "fault-injection.md"


def example_of(page: Path, test: str) -> str:
    """The block of code of a page that holds this test."""
    blocks = re.split(r"\n(?=\S)", page.read_text(encoding="utf-8"))
    (block,) = (textwrap.dedent("\n" + each.partition("\n")[2]) for each in blocks if f"def {test}(" in each)
    return block


def run_pytest(directory: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    file = directory / "test_of_a_user.py"
    file.write_text(text)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(file), *arguments],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def victim_of(output: str) -> str:
    return next(line for line in output.splitlines() if line.startswith("VICTIM"))


def test_a_killed_process_is_replaced_in_a_users_test(tmp_path):
    done = run_pytest(tmp_path, KILLING.replace("FAIL_NOT", "True"))

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_failing_test_prints_seed_and_command_that_repeat_it(tmp_path):
    # given
    failing = KILLING.replace("FAIL_NOT", "False")
    first = run_pytest(tmp_path, failing)
    line = next(line for line in first.stdout.splitlines() if "repeat with" in line)
    seed = line.split("--evsite-seed ")[1].strip()

    # when
    again = run_pytest(tmp_path, failing, "--evsite-seed", seed)

    # then
    assert victim_of(first.stdout) == victim_of(again.stdout)


def test_a_simulation_takes_fault_rules_in_a_users_test(tmp_path):
    done = run_pytest(tmp_path, SIMULATED)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("test", ["test_a_value_outlives_its_store", "test_a_charge_outlives_its_manager"])
def test_the_examples_of_the_page_work_as_printed(tmp_path, monkeypatch, test):
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    site = ["--ac", "--evses", "1", "--ocpp", "none", "--no-pnc"]  # as docs/first-site.md makes it
    subprocess.run(["evsite", "init", "my-site", *site], cwd=tmp_path, check=True, timeout=60)

    done = run_pytest(tmp_path, example_of(PAGE, test))

    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_a_system_whose_actor_cannot_be_created_is_ended(tmp_path):
    done = run_pytest(tmp_path, WATCHED + NO_ACTOR)

    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_one_failing_close_does_not_keep_others_from_ending(tmp_path):
    done = run_pytest(tmp_path, WATCHED + BAD_CLOSE)

    assert "2 passed, 1 error" in done.stdout, done.stdout + done.stderr
    assert "no such connection" in done.stdout


def test_an_option_of_the_plugin_is_in_the_help(tmp_path):
    done = run_pytest(tmp_path, "", "--help")

    assert "--evsite-seed" in done.stdout


def test_the_seed_option_reaches_the_fixture(evsite_seed, request: pytest.FixtureRequest):
    given = request.config.getoption("--evsite-seed")

    assert given is None or evsite_seed == given
