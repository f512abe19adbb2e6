"""Full and failing disks, and how they are told apart."""

from __future__ import annotations

import errno
import pickle
import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest

from actors.engine.journal import (
    DiskFull,
    EntryTooLarge,
    JournalError,
    JournalFull,
    JournalLocked,
    JournalTooNew,
    JournalUnavailable,
)
from actors.engine.journal.errors import from_os, from_sqlite
from tests.support.disk import descriptors_left, file_size_limit, fill, needs_root, small_disk
from tests.support.journal_messages import Note, Summary
from tests.support.journals import log_of, notes, numbers, opened, written

KINDS = (DiskFull, EntryTooLarge, JournalFull, JournalLocked, JournalTooNew, JournalUnavailable)


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_names_the_file_and_the_remedy(kind):
    error = kind(Path("/var/x"), "broken")
    assert isinstance(error, JournalError)
    assert str(error) == f"/var/x: broken; {kind.advice}"
    assert len(kind.advice) > 20


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_survives_the_way_between_processes(kind):
    error = pickle.loads(pickle.dumps(kind(Path("/var/x"), "broken")))
    assert (type(error), error.path, error.problem) == (kind, Path("/var/x"), "broken")


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, DiskFull),
        (errno.EDQUOT, DiskFull),
        (errno.EFBIG, DiskFull),
        (errno.EROFS, JournalUnavailable),
        (errno.EACCES, JournalUnavailable),
    ],
)
def test_only_missing_room_is_called_a_full_disk(number, kind):
    assert type(from_os(OSError(number, "reason"), Path("/var/x"))) is kind


def test_an_error_without_a_code_makes_the_journal_unavailable(tmp_path):
    assert type(from_sqlite(sqlite3.ProgrammingError("misuse"), tmp_path / "x")) is JournalUnavailable


def test_a_spent_quota_is_a_full_disk_and_passes(tmp_path):
    path = tmp_path / "auth.journal"
    with opened(path) as journal:
        # given a log that has grown larger than the file
        for note in notes(1, 9):
            journal.append(note)
        assert log_of(path).stat().st_size > path.stat().st_size + 8192
        # when
        with file_size_limit(log_of(path).stat().st_size + 1000), pytest.raises(DiskFull, match="large"):
            journal.append(Note(number=10))
        # then
        assert not journal.closed
        assert journal.append(Note(number=10)).sequence == 10
    with opened(path) as journal:
        assert numbers(journal) == [*range(1, 11)]


def test_a_snapshot_on_a_full_disk_leaves_all_records(tmp_path):
    path = tmp_path / "auth.journal"
    with opened(path) as journal:
        journal.append(*notes(1, 3))
        with file_size_limit(log_of(path).stat().st_size), pytest.raises(DiskFull):
            journal.snapshot(Summary(through=3, text="x" * 100_000))
        journal.append(Note(number=4))
    with opened(path) as journal:
        assert numbers(journal) == [1, 2, 3, 4]


def test_a_database_at_its_page_limit_is_a_full_disk(tmp_path):
    path = tmp_path / "auth.journal"
    with opened(path) as journal:
        journal._connection.execute("PRAGMA max_page_count = 3")
        with pytest.raises(DiskFull, match="full"):
            journal.append(*notes(1, 100, "x" * 500))
        journal._connection.execute("PRAGMA max_page_count = 1000")
        assert journal.append(*notes(1, 2)).sequence == 2
    with opened(path) as journal:
        assert numbers(journal) == [1, 2]


def test_a_new_journal_on_a_full_disk_is_refused(tmp_path):
    path = tmp_path / "auth.journal"
    with file_size_limit(1000), pytest.raises(DiskFull):
        opened(path)
    assert not path.exists()
    opened(path).close()


def test_a_repair_without_room_leaves_the_damaged_file(tmp_path):
    # given
    path = written(tmp_path / "auth.journal", 3)
    damaged = path.read_bytes()[:5000]
    path.write_bytes(damaged)
    # when
    with file_size_limit(4096), pytest.raises(DiskFull):
        opened(path)
    # then
    assert path.read_bytes() == damaged
    with opened(path) as journal:
        assert journal.incidents


def test_a_place_below_a_file_is_unavailable(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(JournalUnavailable, match="File exists"):
        opened(tmp_path / "file" / "auth.journal")


def test_a_directory_that_cannot_be_made_is_unavailable():
    with pytest.raises(JournalUnavailable, match="/proc"):
        opened(Path("/proc/evsite/auth.journal"))


def test_no_descriptor_left_makes_the_journal_unavailable(tmp_path):
    path = written(tmp_path / "auth.journal", 1)
    before = path.read_bytes()
    for left in range(3):
        with descriptors_left(left), pytest.raises(JournalUnavailable):
            opened(path)
    assert path.read_bytes() == before
    with opened(path) as journal:
        assert journal.incidents == ()


@needs_root
def test_a_really_full_disk_loses_nothing_acknowledged(tmp_path):
    with small_disk(tmp_path / "disk", 1 << 20) as disk:
        path, count = disk / "auth.journal", 1
        with opened(path) as journal:
            journal.append(Note(number=count))
            # when
            ballast = fill(disk)
            with suppress(DiskFull):
                while True:
                    journal.append(Note(number=count + 1, text="x" * 1000))
                    count += 1
            # then: nothing acknowledged is lost and the journal can be used again
            journal.close()
        with opened(path) as journal:
            assert numbers(journal) == [*range(1, count + 1)]
            ballast.unlink()
            journal.append(Note(number=count + 1))
        with opened(path) as journal:
            assert numbers(journal) == [*range(1, count + 2)]
            assert journal.incidents == ()


@needs_root
def test_a_really_full_disk_refuses_a_new_journal(tmp_path):
    with small_disk(tmp_path / "disk", 1 << 20) as disk:
        ballast = fill(disk)
        with pytest.raises(DiskFull):
            opened(disk / "auth.journal")
        ballast.unlink()
        opened(disk / "auth.journal").close()
