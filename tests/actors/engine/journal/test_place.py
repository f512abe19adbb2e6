"""What happens to files that are not as they should be, and to a repair that was cut short."""

from __future__ import annotations

import os
import socket
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from actors.engine.journal import IncidentKind, JournalUnavailable
from actors.engine.journal.place import ASIDES_KEPT
from tests.support.disk import NOBODY, as_nobody, needs_root
from tests.support.journal_messages import Note
from tests.support.journals import NOW, STAMP, asides, log_of, notes, numbers, opened, written


@pytest.fixture
def path(tmp_path):
    return tmp_path / "auth.journal"


# --- what is not as it should be ------------------------------------------------------------------


def a_directory(path):
    path.mkdir()
    (path / "inside").write_bytes(b"kept")


def a_symbolic_link(path):
    target = path.with_name("elsewhere")
    target.write_bytes(b"kept")
    path.symlink_to(target)


def a_dangling_link(path):
    path.symlink_to(path.with_name("nowhere"))


def a_pipe(path):
    os.mkfifo(path)


def a_socket(path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


@pytest.mark.parametrize("make", [a_directory, a_symbolic_link, a_dangling_link, a_pipe, a_socket])
@pytest.mark.parametrize("suffix", ["", "-wal", "-journal", ".lock", ".rebuilt", ".building"])
def test_what_is_no_file_is_moved_out_of_the_way(path, make, suffix):
    # given
    make(path.with_name(path.name + suffix))
    kind = stat.S_IFMT(path.with_name(path.name + suffix).lstat().st_mode)
    # when
    with opened(path) as journal:
        journal.append(Note(number=1))
        (incident,) = journal.incidents
    # then
    aside = path.with_name(f"auth.journal.damaged-{STAMP}{suffix}")
    assert (incident.kind, incident.aside) == (IncidentKind.NOT_A_FILE, str(aside))
    assert stat.S_IFMT(aside.lstat().st_mode) == kind
    with opened(path) as journal:
        assert numbers(journal) == [1]
        assert journal.incidents == ()


def test_a_link_is_moved_but_never_followed(path):
    a_symbolic_link(path)
    opened(path).close()
    assert path.with_name("elsewhere").read_bytes() == b"kept"


def test_names_that_are_taken_are_not_overwritten(path):
    for _ in range(3):
        a_directory(path)
        opened(path).close()
        path.unlink()
    assert asides(path) == [f"auth.journal.damaged-{STAMP}{again}" for again in ("", "-2", "-3")]


@pytest.mark.parametrize("mode", [0o000, 0o400, 0o644, 0o666])
def test_permissions_are_put_right_and_reported(path, mode):
    written(path, 2).chmod(mode)
    with opened(path) as journal:
        (incident,) = journal.incidents
        assert numbers(journal) == [1, 2]
    assert (incident.kind, incident.aside) == (IncidentKind.PERMISSIONS, None)
    assert incident.recovered_through == incident.known_through == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@needs_root
@pytest.mark.parametrize("suffix", ["", ".lock"])
def test_a_file_of_somebody_else_is_set_aside(open_folder, suffix):
    # given
    folder = open_folder / "own"
    path = written(folder / "auth.journal", 2)
    for file in (folder, path, path.with_name("auth.journal.lock")):
        os.chown(file, NOBODY, NOBODY)
    os.chown(path.with_name(path.name + suffix), 0, 0)
    # when
    with as_nobody(), opened(path) as journal:
        kinds = {incident.kind for incident in journal.incidents}
        kept = numbers(journal)
    # then
    assert IncidentKind.PERMISSIONS in kinds
    assert kept == ([] if suffix == "" else [1, 2])


@needs_root
def test_a_directory_that_cannot_be_changed_is_unavailable(open_folder):
    with as_nobody(), pytest.raises(JournalUnavailable, match="Permission denied"):
        opened(open_folder / "auth.journal")


def test_only_the_newest_damaged_files_are_kept(path):
    # given more damage than is kept, a directory among it, and a clock that was set back at last
    a_directory(path)
    opened(path, now=NOW - timedelta(days=1)).close()
    for day in [*range(ASIDES_KEPT + 3), -5]:
        path.write_bytes(b"garbage")
        with opened(path, now=NOW + timedelta(days=day)) as journal:
            newest = journal.incidents[0].aside
    # then
    assert len(asides(path)) == ASIDES_KEPT + 2
    assert newest.endswith(asides(path)[0])
    assert path.with_name("auth.journal.damaged-20260228T120000.000250Z").is_dir()


def test_a_new_file_is_durable_before_it_is_named(path, monkeypatch):
    # given a record of what is synced and renamed
    done, sync, rename = [], os.fsync, Path.rename

    def noted_sync(descriptor):
        done.append(("sync", Path(f"/proc/self/fd/{descriptor}").resolve().name))
        sync(descriptor)

    def noted_rename(old, new):
        done.append(("rename", new.name))
        return rename(old, new)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(Path, "rename", noted_rename)
    # when
    opened(path / "auth.journal").close()
    # then
    assert done == [
        ("sync", path.parent.name),
        ("sync", "auth.journal.building"),
        ("rename", "auth.journal.rebuilt"),
        ("sync", path.name),
        ("rename", "auth.journal"),
        ("sync", path.name),
    ]


# --- a repair that was cut short ------------------------------------------------------------------


@pytest.mark.parametrize("moved", ["nothing", "the file"])
def test_a_repair_cut_short_is_completed_by_the_next(path, moved):
    # given a complete new file, and an old one of which some has been moved already
    written(path, 3)
    path.rename(path.with_name("auth.journal.rebuilt"))
    if moved == "nothing":
        path.touch(0o600)
        path.write_bytes(b"old")
    log_of(path).touch(0o600)
    log_of(path).write_bytes(b"old log")
    # when
    with opened(path) as journal:
        (incident,) = journal.incidents
        # then
        assert incident.kind is IncidentKind.REPAIR_FINISHED
        assert numbers(journal) == [1, 2, 3]
        assert incident.aside == str(path.with_name(f"auth.journal.damaged-{STAMP}")) + "-wal" * (
            moved != "nothing"
        )
    assert not path.with_name("auth.journal.rebuilt").exists()


def test_a_repair_cut_short_names_what_was_moved(path):
    written(path, 3)
    path.rename(path.with_name("auth.journal.rebuilt"))
    for name in ("20260101T000000.000000Z", "20260101T000000.000000Z-wal"):
        path.with_name(f"auth.journal.damaged-{name}").write_bytes(b"old")
    with opened(path) as journal:
        (incident,) = journal.incidents
    assert incident.aside == str(path.with_name("auth.journal.damaged-20260101T000000.000000Z"))


def test_a_first_file_cut_short_is_no_incident(path):
    written(path, 3)
    path.rename(path.with_name("auth.journal.rebuilt"))
    with opened(path) as journal:
        assert journal.incidents == ()
        assert numbers(journal) == [1, 2, 3]


def test_a_new_file_that_is_incomplete_is_worthless(path):
    # given
    written(path, 3)
    for suffix in (".building", ".building-journal", ".building-wal"):
        path.with_name(path.name + suffix).touch(0o600)
        path.with_name(path.name + suffix).write_bytes(b"half")
    # when: nothing is wrong, then something is
    with opened(path) as journal:
        assert numbers(journal) == [1, 2, 3]
        assert journal.incidents == ()
    path.write_bytes(path.read_bytes()[:-1])
    with opened(path) as journal:
        assert journal.incidents
        journal.append(*notes(4, 5))
    assert not path.with_name("auth.journal.building").exists()
