"""The promises of an open journal."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta, timezone

import pytest

from actors.engine.journal import (
    Appended,
    EntryTooLarge,
    Journal,
    JournalFull,
    JournalUnavailable,
    Limits,
    Record,
)
from protocols.codec import CodecError, DecodeError, EncodeError
from tests.support.disk import break_descriptors
from tests.support.journal_messages import Misnumbered, Note, Positive, Summary
from tests.support.journals import NOW, asides, log_of, notes, numbers, opened, written


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journals" / "auth.journal"


def test_a_new_journal_is_empty_and_whole(path):
    with opened(path) as journal:
        assert journal.recover() == (None, ())
        assert journal.incidents == ()
        assert journal.sequence == 0


def test_records_come_back_in_the_order_they_were_appended(path):
    written(path, 3)
    with opened(path) as journal:
        state, records = journal.recover()
    assert state is None
    assert records == tuple(Record(number, Note(number=number)) for number in (1, 2, 3))


def test_a_snapshot_replaces_all_records_before_it(path):
    # given
    with opened(path) as journal:
        journal.append(*notes(1, 5))
        # when
        assert journal.snapshot(Summary(through=5)) == 6
        journal.append(Note(number=6))
    # then
    with opened(path) as journal:
        assert journal.recover() == (Summary(through=5), (Record(7, Note(number=6)),))


def test_a_later_snapshot_replaces_an_earlier_one(path):
    with opened(path) as journal:
        journal.snapshot(Summary(through=1))
        journal.snapshot(Summary(through=2))
    with opened(path) as journal:
        assert journal.recover() == (Summary(through=2), ())


def test_several_records_are_numbered_as_one_append(path):
    with opened(path) as journal:
        assert journal.append(*notes(1, 3)) == Appended(sequence=3, snapshot_due=False)
        assert journal.append(Note(number=4)).sequence == 4


def test_an_append_of_nothing_changes_nothing(path):
    with opened(path) as journal:
        journal.append(Note(number=1))
        assert journal.append().sequence == 1
    with opened(path) as journal:
        assert numbers(journal) == [1]


def test_numbers_go_on_after_the_journal_was_reopened(path):
    written(path, 4, summary=2)
    with opened(path) as journal:
        assert journal.sequence == 5
        assert journal.append(Note(number=5)).sequence == 6


def test_the_file_is_private_and_so_is_its_directory(path):
    with opened(path) as journal:
        journal.append(Note(number=1))
        files = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert files == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_was_recovered_is_handed_over_only_once(path):
    with opened(path) as journal:
        journal.recover()
        with pytest.raises(RuntimeError, match="handed over already"):
            journal.recover()


def test_a_naive_time_is_refused_before_anything_is_touched(path):
    with pytest.raises(ValueError, match="aware"):
        Journal.open(path, now=datetime(2026, 1, 1))  # noqa: DTZ001  # the point of the test
    assert not path.parent.exists()


def test_names_of_damaged_files_carry_universal_time(path):
    written(path, 1)
    path.write_bytes(b"garbage")
    there = NOW.astimezone(timezone(timedelta(hours=5)))
    with opened(path, now=there) as journal:
        assert journal.incidents[0].at == NOW
        assert journal.incidents[0].at.tzinfo is UTC
    assert asides(path) == ["auth.journal.damaged-20260301T120000.000250Z"]


def test_over_the_bound_of_records_nothing_is_written(path):
    with opened(path, Limits(records=3)) as journal:
        journal.append(*notes(1, 2))
        with pytest.raises(JournalFull, match="2 records"):
            journal.append(*notes(3, 4))
        assert journal.append(Note(number=3)).sequence == 3
    with opened(path) as journal:
        assert numbers(journal) == [1, 2, 3]


def test_over_the_bound_of_bytes_a_snapshot_makes_room(path):
    with opened(path, Limits(records_bytes=1000)) as journal:
        journal.append(Note(number=1, text="x" * 600))
        with pytest.raises(JournalFull):
            journal.append(Note(number=2, text="x" * 600))
        journal.snapshot(Summary(through=1))
        journal.append(Note(number=2, text="x" * 600))
    with opened(path) as journal:
        assert numbers(journal) == [1, 2]


def test_a_recovered_journal_over_its_bound_opens_and_asks(path):
    written(path, 5)
    with opened(path, Limits(records=3)) as journal:
        assert journal.snapshot_due
        with pytest.raises(JournalFull):
            journal.append(Note(number=6))
        assert numbers(journal) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("limits", [Limits(records=4), Limits(records_bytes=240)])
def test_a_snapshot_is_due_from_half_the_bound_on(path, limits):
    with opened(path, limits) as journal:
        assert not journal.append(Note(number=1, text="x" * 20)).snapshot_due
        journal.append(Note(number=2, text="x" * 20))
        assert journal.append().snapshot_due
        journal.snapshot(Summary(through=2))
        assert not journal.snapshot_due


@pytest.mark.parametrize("limits", [Limits(records=2), Limits(records_bytes=150)])
def test_a_batch_that_never_fits_is_not_called_full(path, limits):
    with opened(path, limits) as journal, pytest.raises(EntryTooLarge):
        journal.append(*notes(1, 3, "x" * 20))


def test_a_snapshot_over_its_bound_leaves_the_records(path):
    with opened(path, Limits(snapshot_bytes=100)) as journal:
        journal.append(Note(number=1))
        with pytest.raises(EntryTooLarge):
            journal.snapshot(Summary(through=1, text="x" * 100))
    with opened(path) as journal:
        assert numbers(journal) == [1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"records": 0},
        {"records_bytes": 0},
        {"records_bytes": 1 << 30},
        {"snapshot_bytes": 0},
        {"snapshot_bytes": 1 << 30},
        {"due_share": 0.0},
        {"due_share": 1.1},
    ],
)
def test_limits_out_of_bounds_are_refused_by_name(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Limits(**wrong)


def test_what_could_not_be_read_back_is_never_written(path):
    with opened(path) as journal:
        with pytest.raises(CodecError, match="limit"):
            journal.append(Note(number=1), Positive(limit_w=-1.0))
        with pytest.raises(CodecError, match="limit"):
            journal.snapshot(Positive(limit_w=-1.0))
        with pytest.raises(DecodeError, match="version 0"):
            journal.append(Misnumbered(number=1))
        with pytest.raises(DecodeError, match="version 0"):
            journal.snapshot(Misnumbered(number=1))
        with pytest.raises(EncodeError, match="not declared"):
            journal.append("text")
        journal.append(Note(number=1))
    with opened(path) as journal:
        assert numbers(journal) == [1]


def test_the_size_counts_the_file_and_its_log(path):
    with opened(path) as journal:
        journal.append(Note(number=1, text="x" * 10_000))
        assert journal.size_bytes == path.stat().st_size + log_of(path).stat().st_size > 10_000
        journal.close()
        assert journal.size_bytes == path.stat().st_size
        assert not log_of(path).exists()


def test_a_closed_journal_refuses_and_closes_again(path):
    journal = opened(path)
    assert not journal.closed
    journal.close()
    journal.close()
    assert journal.closed
    with pytest.raises(JournalUnavailable, match="closed"):
        journal.append(Note(number=1))
    with pytest.raises(JournalUnavailable, match="closed"):
        journal.snapshot(Summary(through=1))


def test_a_journal_nobody_refers_to_makes_way(path):
    journal = opened(path)
    journal.append(Note(number=1))
    del journal
    with opened(path) as successor:
        assert numbers(successor) == [1]


@pytest.mark.parametrize("fault", ["write", "sync"])
def test_a_failing_disk_closes_the_journal_for_good(path, fault):
    # given
    journal = opened(path)
    journal.append(Note(number=1))
    # when
    break_descriptors(log_of(path), fault)
    with pytest.raises(JournalUnavailable, match="disk I/O error"):
        journal.append(Note(number=2))
    # then
    assert journal.closed
    with opened(path) as successor:
        assert numbers(successor) == [1]
