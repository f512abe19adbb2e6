"""What a journal needs in the long run: bounded room, and a bounded time to read it again."""

from __future__ import annotations

import os
import time
from contextlib import suppress

import pytest

from actors.engine.journal import JournalFull, Limits
from tests.support.journal_messages import Note, Summary
from tests.support.journals import log_of, notes, numbers, opened

LIMITS = Limits(records=2000, records_bytes=400_000)


def test_a_hundred_thousand_appends_stay_in_bounded_room(tmp_path):
    # given
    path, largest = tmp_path / "auth.journal", []
    with opened(path, LIMITS) as journal:
        # when
        for number in range(1, 100_001, 10):
            if journal.append(*notes(number, number + 9, "x" * 60)).snapshot_due:
                journal.snapshot(Summary(through=number + 9, text="x" * 50_000))
            largest.append(journal.size_bytes)
        assert log_of(path).stat().st_size <= 2 * 1024 * 1024
    # then: no more after the whole way than after a tenth of it, and within what Limits says
    assert max(largest) <= max(largest[:1000]) * 1.05
    assert path.stat().st_size <= 2 * (50_100 + LIMITS.records_bytes) + 40 * LIMITS.records
    with opened(path, LIMITS) as journal:
        assert len(numbers(journal)) == 100_000
        assert journal.sequence > 100_000


@pytest.mark.parametrize("size", [1, 700, 2100, 4100, 9000])
def test_records_of_any_size_stay_within_the_stated_bound(tmp_path, size):
    path = tmp_path / "auth.journal"
    with opened(path, LIMITS) as journal:
        number = 1
        with suppress(JournalFull):
            while True:
                batch = notes(number, number + 3, "x" * size)
                journal.append(*batch)
                number += len(batch)
        journal.snapshot(Summary(through=number, text="x" * 50_000))
        journal.append(*batch)
    assert path.stat().st_size <= 2 * (50_100 + LIMITS.records_bytes) + 40 * LIMITS.records


def test_a_huge_snapshot_does_not_leave_a_huge_log(tmp_path):
    path = tmp_path / "auth.journal"
    with opened(path) as journal:
        for through in range(1, 6):
            journal.snapshot(Summary(through=through, text="x" * 4_000_000))
        journal.append(Note(number=6))
        assert log_of(path).stat().st_size <= 2 * 1024 * 1024
        assert path.stat().st_size <= 2 * 4_000_000 + 100_000


def test_ten_thousand_records_are_back_within_a_second(tmp_path):
    # given
    path = tmp_path / "auth.journal"
    with opened(path) as journal:
        for number in range(1, 10_001, 100):
            journal.append(*notes(number, number + 99, "x" * 180))
    # when: processor time of this process, for the machine may be busy; the benchmark has the figures
    start = time.process_time()
    with opened(path) as journal:
        state, records = journal.recover()
    # then
    assert (state, len(records)) == (None, 10_000)
    assert time.process_time() - start < 1


def test_a_large_state_is_recovered_within_a_second(tmp_path):
    path = tmp_path / "auth.journal"
    text = os.urandom(5_000_000).hex()
    with opened(path) as journal:
        journal.snapshot(Summary(through=1, text=text))
    start = time.process_time()
    with opened(path) as journal:
        assert journal.recover().state == Summary(through=1, text=text)
    assert time.process_time() - start < 1


def test_what_was_handed_over_is_not_kept(tmp_path):
    with opened(tmp_path / "auth.journal") as journal:
        journal.recover()
        assert journal._reading is None
