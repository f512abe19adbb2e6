"""A look into a journal says what is in it and leaves it, its lock and its log alone."""

import os
import shutil

import pytest

from actors.engine.journal import JournalLocked, JournalUnavailable, looked_into
from tests.support.journal_messages import Note
from tests.support.journals import NOW, killed, numbers, opened, written


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journals" / "auth.journal"


def look(path):
    with looked_into(path, now=NOW) as journal:
        return numbers(journal)


def content(path):
    """Every file beside the journal, byte by byte, and when it was last written."""
    return {each.name: (each.read_bytes(), each.stat().st_mtime_ns) for each in path.parent.iterdir()}


def test_a_look_works_while_the_owner_holds_the_journal(path):
    with opened(path) as journal:
        journal.append(Note(number=1))
        journal.append(Note(number=2))

        assert look(path) == [1, 2]


def test_a_look_takes_what_a_kill_left_in_the_log(path):
    killed(path, 5, summary=2)
    before = content(path)

    assert look(path) == [1, 2, 3, 4, 5]
    assert content(path) == before


def test_a_look_at_nothing_finds_and_makes_nothing(path):
    assert look(path) == []
    assert not path.parent.exists()


def test_a_look_repairs_its_copy_and_nothing_else(path):
    written(path, 3)
    path.write_bytes(b"no journal" * 500)
    before = content(path)

    with looked_into(path, now=NOW) as journal:
        assert journal.incidents
    assert content(path) == before


def test_a_look_sees_what_an_unfinished_repair_will_put_in_place(path):
    written(path, 3)
    path.rename(path.with_name(path.name + ".rebuilt"))
    before = content(path)

    assert look(path) == [1, 2, 3]
    assert content(path) == before


def test_a_journal_may_be_opened_during_a_look(path):
    written(path, 3)

    with looked_into(path, now=NOW) as copy, opened(path) as journal:
        assert numbers(copy) == numbers(journal) == [1, 2, 3]


def test_a_copy_of_two_moments_is_not_used(path, monkeypatch):
    # given an owner that writes while its file is copied
    written(path, 3)
    copy = shutil.copyfile

    def overtaken(source, target):
        copy(source, target)
        os.utime(source, ns=(0, 0))

    monkeypatch.setattr(shutil, "copyfile", overtaken)

    # then
    with pytest.raises(JournalLocked, match="being written to"):
        look(path)


def test_what_is_no_file_is_not_looked_into(path):
    path.mkdir(parents=True)

    with pytest.raises(JournalUnavailable, match="no regular file"):
        look(path)


def test_a_look_without_room_for_its_copy_is_refused(path, monkeypatch):
    written(path, 1)
    monkeypatch.setattr("tempfile.tempdir", str(path))  # a file, in which no directory can be made

    with pytest.raises(JournalUnavailable):
        look(path)
