"""kill -9 at any instant: whatever was acknowledged is there, in order, once."""

from __future__ import annotations

import os
import select
import signal
from itertools import pairwise
from random import Random

import pytest

from actors.engine.journal import Limits
from tests.support.journal_messages import Note, Summary
from tests.support.journals import numbers, opened

LIMITS = Limits(records=80, due_share=0.6)
BATCHES = (1, 1, 1, 2, 5, 23)
ROUNDS = 100


def write_for_ever(path, acknowledge, seed):
    """Be an actor: recover, append in batches, take snapshots when due; tell each number that is safe."""
    random = Random(seed)
    with opened(path, LIMITS) as journal:
        if journal.incidents:
            os._exit(2)
        number = max(numbers(journal), default=0)
        if journal.snapshot_due:  # the predecessor did not come to it
            journal.snapshot(Summary(through=number))
        while True:
            batch = random.choice(BATCHES)
            text = "x" * random.choice((0, 50, 3000))
            due = journal.append(*(Note(number=number + 1 + i, text=text) for i in range(batch))).snapshot_due
            number += batch
            os.write(acknowledge, number.to_bytes(8, "big"))
            if due:
                journal.snapshot(Summary(through=number, text="x" * random.choice((0, 20_000))))


def run_and_kill(path, random):
    """Let a writer run for a random while, kill it; return the last number it was told is safe."""
    receive, acknowledge = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            write_for_ever(path, acknowledge, random.randrange(1 << 30))
        except BaseException:  # noqa: BLE001  # nothing may reach the test runner that was forked along
            os._exit(3)
    os.close(acknowledge)
    got = b""
    for _ in range(random.choice((0, 1, 1, 2, 4, 12))):
        got += os.read(receive, 8)
    # between two acknowledgements: up to a millisecond more
    select.select([], [], [], random.random() / 1000)
    os.kill(child, signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    while more := os.read(receive, 4096):
        got += more
    os.close(receive)
    told = [int.from_bytes(got[start : start + 8], "big") for start in range(0, len(got), 8)]
    assert all(earlier < later for earlier, later in pairwise(told))
    return told[-1] if told else 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_kill_at_any_instant_loses_nothing_acknowledged(tmp_path, seed):
    path = tmp_path / "auth.journal"
    random, safe = Random(seed), 0
    for turn in range(ROUNDS):
        safe = max(safe, run_and_kill(path, random))
        if turn % 3:
            continue  # the next writer is the successor, as after a real kill
        with opened(path, LIMITS) as journal:
            found = numbers(journal)
            assert journal.incidents == ()
        # in order, none twice, none missing, and of what was not acknowledged at most one whole batch
        assert found == [*range(1, len(found) + 1)]
        assert safe <= len(found) <= safe + max(BATCHES)
        safe = len(found)
    assert safe > ROUNDS


def test_a_kill_while_a_journal_is_made_leaves_a_good_one(tmp_path):
    random = Random(4)
    for turn in range(60):
        path = tmp_path / f"new{turn}" / "auth.journal"
        child = os.fork()
        if child == 0:
            opened(path).append(Note(number=1))
            signal.pause()
        select.select([], [], [], random.random() / 300)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with opened(path) as journal:
            assert numbers(journal) in ([], [1])
            assert journal.incidents == ()
