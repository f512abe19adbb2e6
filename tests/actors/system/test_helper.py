"""Tests for actors/system/helper.py: a process of one errand, its outcome and its end."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from pathlib import Path

import pytest

from actors.system.helper import Helper, Helpers
from actors.system.outcome import Outcome
from tests.support.engine import eventually

pytestmark = pytest.mark.timeout(30)
SLEEP = {"errand": "command", "command": ["sleep", "60"]}


def outcome(helper):
    while (found := helper.look()) is None:
        select.select([helper.fileno()], [], [], 20)
    return found


def test_an_errand_ends_with_its_outcome():
    helper = Helper({"errand": "command", "command": ["true"]})

    assert outcome(helper) == (Outcome.DONE, "exit code 0")
    helper.close()


def test_a_helper_that_is_killed_has_failed():
    helper = Helper(SLEEP)
    assert helper.look() is None

    os.kill(helper._process.pid, signal.SIGKILL)

    assert outcome(helper) == (Outcome.FAILED, "the helper process has died")


def test_a_helper_dies_with_who_has_started_it():
    here, there = os.pipe()
    parent = os.fork()
    if parent == 0:
        helper = Helper(SLEEP)
        os.write(there, str(helper._process.pid).encode())
        signal.pause()
    helper_pid = int(os.read(here, 20))
    children = Path(f"/proc/{helper_pid}/task/{helper_pid}/children")
    program = int(eventually(children.read_text))  # by now it has bound itself, and its program runs
    eventually(lambda: "sleep" in Path(f"/proc/{program}/comm").read_text())

    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)

    eventually(lambda: not is_alive(helper_pid) and not is_alive(program))
    for end in (here, there):
        os.close(end)


def is_alive(pid):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_helpers_are_ended_together():
    helpers = Helpers()
    one = helpers.start("one", SLEEP)
    helpers.start("two", SLEEP)
    helpers.end("two")

    helpers.close()

    assert helpers.get("one") is None
    assert one._process.poll() == -signal.SIGKILL
