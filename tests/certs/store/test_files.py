import errno
import fcntl
import json
import os
import stat
import threading
from pathlib import Path

import pytest

from certs.store import StoreError, StoreProblem, files
from certs.store.files import Journal, Remove, Write, locked, read, replace, stage, sweep
from tests.support.disk import file_size_limit


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def anywhere(path):
    return True


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def test_a_file_gets_new_content_and_mode(tmp_path):
    replace(Write(tmp_path / "a", b"old"))
    replace(Write(tmp_path / "a", b"new", 0o600))

    assert (tmp_path / "a").read_bytes() == b"new"
    assert mode(tmp_path / "a") == 0o600
    assert names(tmp_path) == ["a"]


def test_a_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "target").write_bytes(b"kept")
    (tmp_path / "a").symlink_to(tmp_path / "target")

    replace(Write(tmp_path / "a", b"new"))

    assert (tmp_path / "target").read_bytes() == b"kept"
    assert not (tmp_path / "a").is_symlink()


def test_a_key_is_never_readable_by_others(tmp_path, monkeypatch):
    # given whatever happens to the file is watched
    seen = []
    real = os.fchmod
    monkeypatch.setattr(
        os, "fchmod", lambda fd, wanted: (seen.append(os.fstat(fd).st_mode), real(fd, wanted))
    )

    # when a key is written under a generous umask
    before = os.umask(0)
    path = stage(tmp_path, b"key", files.KEY_MODE)
    os.umask(before)

    # then it had no bits for others from the beginning
    assert [stat.S_IMODE(one) for one in seen] == [0o600]
    assert mode(path) == 0o600


def test_a_full_disk_leaves_nothing_behind(tmp_path):
    with file_size_limit(100), pytest.raises(OSError, match="large"):
        stage(tmp_path, bytes(1000), 0o644)

    assert names(tmp_path) == []


def test_a_target_that_is_a_folder_leaves_nothing_behind(tmp_path):
    (tmp_path / "a").mkdir()

    with pytest.raises(OSError, match="directory"):
        replace(Write(tmp_path / "a", b"new"))

    assert names(tmp_path) == ["a"]


def test_only_regular_files_of_bounded_size_are_read(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "link").symlink_to("a")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    before = os.listdir("/proc/self/fd")

    assert read(tmp_path / "a", 5) == b"12345"
    for name, limit in (("a", 4), ("link", 9), ("pipe", 9), ("folder", 9), ("none", 9)):
        with pytest.raises(OSError):  # noqa: PT011  # each has words of its own
            read(tmp_path / name, limit)
    assert os.listdir("/proc/self/fd") == before


def test_the_mode_of_an_existing_file_is_kept(tmp_path):
    (tmp_path / "a").touch(mode=0o640)

    assert files.mode_of(tmp_path / "a") == 0o640
    assert files.mode_of(tmp_path / "b") == 0o644


def test_several_changes_are_made_together(tmp_path):
    (tmp_path / "old").touch()

    Journal(tmp_path, anywhere).commit(
        [Write(tmp_path / "a", b"1"), Write(tmp_path / "b", b"2", 0o600), Remove(tmp_path / "old")]
    )

    assert names(tmp_path) == ["a", "b"]
    assert mode(tmp_path / "b") == 0o600


def test_a_change_that_cannot_be_staged_does_nothing(tmp_path):
    (tmp_path / "old").touch()
    steps = [Remove(tmp_path / "old"), Write(tmp_path / "a", b"1"), Write(tmp_path / "none/b", b"2")]

    with pytest.raises(FileNotFoundError):
        Journal(tmp_path, anywhere).commit(steps)

    assert names(tmp_path) == ["old"]


def test_a_journal_that_cannot_be_synced_does_nothing(tmp_path, monkeypatch):
    def fail(folder):
        raise OSError("the disk is gone")

    monkeypatch.setattr(files, "sync", fail)

    with pytest.raises(OSError, match="gone"):
        Journal(tmp_path, anywhere).commit([Write(tmp_path / "a", b"1"), Write(tmp_path / "b", b"2")])

    assert names(tmp_path) == []


@pytest.mark.parametrize("done", range(4))
def test_a_journal_is_completed_wherever_it_was_cut(tmp_path, done):
    # given a change of which the first steps are done
    (tmp_path / "old").touch()
    staged = [stage(tmp_path, b"1", 0o644), stage(tmp_path, b"2", 0o644)]
    entries = [(str(staged[0]), str(tmp_path / "a")), (str(staged[1]), str(tmp_path / "b"))]
    entries.append(("", str(tmp_path / "old")))
    (tmp_path / "journal").write_text(json.dumps(entries))
    for source, target in entries[:done]:
        Path(source).replace(target) if source else Path(target).unlink()

    # when somebody recovers, twice
    journal = Journal(tmp_path, anywhere)
    journal.recover()
    journal.recover()

    # then the whole change is there
    assert names(tmp_path) == ["a", "b"]


def test_a_journal_for_a_folder_that_is_gone_is_completed(tmp_path):
    (tmp_path / "journal").write_text(json.dumps([("", str(tmp_path / "gone/a"))]))

    Journal(tmp_path, anywhere).recover()

    assert names(tmp_path) == []


@pytest.mark.parametrize(
    "content",
    ["{", "[1]", "7", '[["", "/etc/passwd"]]', '[["", "%s/../../x"]]'],
    ids=["cut", "numbers", "number", "outside", "upwards"],
)
def test_a_journal_that_is_not_ours_is_put_aside(tmp_path, content):
    (tmp_path / "journal").write_text(content.replace("%s", str(tmp_path)))

    Journal(tmp_path, lambda path: path.is_relative_to(tmp_path)).recover()

    assert names(tmp_path) == ["journal.damaged"]


def test_only_hidden_files_of_ours_are_swept(tmp_path):
    (tmp_path / ".evsite-1").touch()
    (tmp_path / ".evsite-folder").mkdir()
    (tmp_path / ".other").touch()
    (tmp_path / "a").touch()

    sweep([tmp_path, tmp_path / "gone"])

    assert names(tmp_path) == [".evsite-folder", ".other", "a"]


def test_a_second_writer_waits_for_the_first(tmp_path):
    order = []
    inside = threading.Event()

    def second():
        inside.wait(5)
        with locked(tmp_path):
            order.append("second")

    with locked(tmp_path):
        waiting = threading.Thread(target=second)
        waiting.start()
        inside.set()
        waiting.join(0.05)
        order.append("first")
    waiting.join(5)

    assert order == ["first", "second"]


def test_a_writer_that_never_ends_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_LOCK_TRIES", 2)

    with locked(tmp_path), pytest.raises(StoreError) as error, locked(tmp_path):
        pass

    assert error.value.problem is StoreProblem.BUSY


def test_a_lock_whose_file_is_removed_meanwhile_is_taken_anew(tmp_path, monkeypatch):
    # given somebody who tidies up between the opening of the file and its locking
    real, calls = fcntl.flock, []

    def flock(descriptor, how):
        real(descriptor, how)
        calls.append(descriptor)
        if len(calls) == 1:
            (tmp_path / "lock").unlink()

    monkeypatch.setattr(fcntl, "flock", flock)

    # when the lock is taken, then it is that of the file everybody else will find
    with locked(tmp_path), pytest.raises(StoreError) as error, locked(tmp_path):
        pass
    assert error.value.problem is StoreProblem.BUSY
    assert calls[1:]


def test_a_lock_that_is_no_file_is_an_error(tmp_path):
    (tmp_path / "lock").mkdir()

    with pytest.raises(IsADirectoryError), locked(tmp_path):
        pass


def test_a_disk_that_cannot_lock_is_an_error(tmp_path, monkeypatch):
    def no_locks(descriptor, how):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    before = len(os.listdir("/proc/self/fd"))

    with pytest.raises(OSError, match="lock"), locked(tmp_path):
        pass
    assert len(os.listdir("/proc/self/fd")) == before
