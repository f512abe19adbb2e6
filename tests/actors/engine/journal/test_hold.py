"""Who holds a journal, and the high-water mark that a holder leaves."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sqlite3
from contextlib import closing

import pytest

from actors.engine.journal import JournalLocked
from actors.engine.journal.hold import Hold
from actors.engine.journal.journal import _after_fork_in_child
from actors.engine.journal.place import Place
from tests.support.journal_messages import Note
from tests.support.journals import NOW, log_of, numbers, opened, written

FORK = multiprocessing.get_context("fork")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "auth.journal"


def in_child(action):
    """Run an action in a forked child that ends as a Python program does; return its exit code."""
    child = os.fork()
    if child == 0:
        try:
            action()
        except BaseException:  # noqa: BLE001  # nothing may reach the test runner that was forked along
            os._exit(1)
        gc.collect()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def refuses(path):
    try:
        opened(path)
    except JournalLocked:
        return
    raise AssertionError


# --- who holds it ---------------------------------------------------------------------------------


def test_a_second_opener_in_this_process_is_refused(path):
    with opened(path), pytest.raises(JournalLocked, match="this process"):
        opened(path)
    opened(path).close()


def test_another_name_of_the_directory_does_not_help(path, tmp_path):
    (tmp_path / "alias").symlink_to(tmp_path)
    with opened(path), pytest.raises(JournalLocked, match="this process"):
        opened(tmp_path / "alias" / "auth.journal")


def test_a_refused_opener_does_not_loosen_the_hold(path):
    with opened(path) as journal:
        with pytest.raises(JournalLocked):
            opened(path)
        assert in_child(lambda: refuses(path)) == 0
        journal.append(Note(number=1))


def test_a_second_process_is_refused(path):
    with opened(path) as journal:
        journal.append(Note(number=1))
        assert in_child(lambda: refuses(path)) == 0
        journal.append(Note(number=2))
    with opened(path) as journal:
        assert numbers(journal) == [1, 2]


def test_a_holder_that_is_no_journal_locks_too(path):
    written(path, 1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("SELECT * FROM entry").fetchall()
        with pytest.raises(JournalLocked):
            opened(path)
    opened(path).close()


def test_nobody_else_can_read_an_open_journal(path):
    with (
        opened(path),
        closing(sqlite3.connect(path, timeout=0)) as other,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("SELECT * FROM entry")


def test_a_killed_holder_does_not_block_its_successor(path):
    # given a holder with a child of its own that outlives it
    ready, told = os.pipe()
    holder = os.fork()
    if holder == 0:
        journal = opened(path)
        journal.append(Note(number=1))
        orphan = os.fork()
        if orphan:
            os.write(told, orphan.to_bytes(4, "big"))
        signal.pause()
    orphan = int.from_bytes(os.read(ready, 4), "big")
    with pytest.raises(JournalLocked, match="another process"):
        opened(path)
    # when
    os.kill(holder, signal.SIGKILL)
    os.waitpid(holder, 0)
    # then
    with opened(path) as journal:
        assert numbers(journal) == [1]
        assert journal.incidents == ()
    os.kill(orphan, signal.SIGKILL)
    os.close(ready)
    os.close(told)


def test_a_forked_child_finds_the_journal_closed(path):
    with opened(path) as journal:

        def child():
            assert journal.closed
            journal.close()
            refuses(path)

        assert in_child(child) == 0
        assert not journal.closed


def test_the_end_of_a_forked_child_leaves_the_log(path):
    # given a child that ends with all clean-up a Python process does
    with opened(path) as journal:
        journal.append(Note(number=1))
        child = FORK.Process(target=gc.collect)
        child.start()
        child.join()
        assert child.exitcode == 0
        # then
        assert log_of(path).exists()
        journal.append(Note(number=2))
        image, log = path.read_bytes(), log_of(path).read_bytes()
    path.write_bytes(image)
    log_of(path).touch(0o600)
    log_of(path).write_bytes(log)
    with opened(path) as journal:
        assert numbers(journal) == [1, 2]


def test_what_is_left_to_the_parent_can_never_be_closed(path):
    # given the step that a forked child takes, in this process
    journal = opened(path)
    journal.append(Note(number=1))
    closed = opened(path.with_name("other"))
    closed.close()
    # when
    _after_fork_in_child()
    journal.close()
    gc.collect()
    # then
    assert journal.closed
    assert log_of(path).exists()


def test_a_child_forked_after_closing_is_no_concern(path):
    journal = opened(path)
    journal.close()
    assert in_child(lambda: opened(path).close()) == 0


# --- the high-water mark --------------------------------------------------------------------------


def test_the_mark_is_the_last_acknowledged_number(path):
    written(path, 3)
    hold = Hold.take(Place(path, NOW))
    assert hold.mark == 3
    hold.release()


@pytest.mark.parametrize("content", [b"", b"short", b"\0" * 7 + b"\x63" + b"wrong", bytes(12), b"\xff" * 40])
def test_a_damaged_mark_counts_as_none(path, content):
    written(path, 3)
    path.with_name("auth.journal.lock").write_bytes(content)
    with opened(path) as journal:
        assert journal.incidents == ()
        assert numbers(journal) == [1, 2, 3]


def test_a_lost_mark_is_set_again_when_opened(path):
    written(path, 3)
    path.with_name("auth.journal.lock").unlink()
    opened(path).close()
    hold = Hold.take(Place(path, NOW))
    assert hold.mark == 3
    hold.release()


def test_a_mark_that_cannot_be_written_is_no_failure(path):
    hold = Hold.take(Place(path, NOW))
    read_only = os.open(os.devnull, os.O_RDONLY)
    os.dup2(read_only, hold._descriptor)
    os.close(read_only)
    hold.set_mark(7)

    assert hold.mark == 0
    hold.release()
