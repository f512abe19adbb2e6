"""Tests for actors/system/helper.py: a process of one errand, its outcome and its end."""

from __future__ import annotations

import os
import select
import signal

import pytest

from actors.system.helper import Helper, Helpers
from actors.system.outcome import Outcome

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


def test_helpers_are_ended_together():
    helpers = Helpers()
    one = helpers.start("one", SLEEP)
    helpers.start("two", SLEEP)
    helpers.end("two")

    helpers.close()

    assert helpers.get("one") is None
    assert one._process.poll() == -signal.SIGKILL
