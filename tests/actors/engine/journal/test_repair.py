"""Damage of every kind: what is recovered and reported, and that the next start finds a whole journal."""

from __future__ import annotations

import os
import signal

import pytest

from actors.engine.journal import DiskFull, IncidentKind, JournalUnavailable
from actors.engine.journal.place import Place
from tests.support.disk import descriptors_left, file_size_limit
from tests.support.journal_messages import Note
from tests.support.journals import (
    COUNT,
    STAMP,
    SUMMARY,
    asides,
    check_damaged,
    damage_images,
    fresh_path,
    killed,
    log_of,
    notes,
    numbers,
    opened,
    restore,
    written,
)


@pytest.fixture
def path():
    with fresh_path() as path:
        yield path


@pytest.fixture(scope="module")
def images():
    return damage_images()


# --- chosen damage --------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"garbage", b"\0" * 20_000, b"SQLite format 3\0" * 300])
def test_a_file_of_garbage_is_replaced_and_kept(path, content):
    # given
    written(path, 3)
    path.write_bytes(content)
    # when
    with opened(path) as journal:
        (incident,) = journal.incidents
        assert journal.recover() == (None, ())
        assert journal.append(Note(number=4)).sequence > 3
    # then
    assert incident.kind is IncidentKind.DAMAGED
    assert (incident.recovered_through, incident.known_through) == (0, 3)
    assert asides(path) == [f"auth.journal.damaged-{STAMP}"]
    assert path.with_name(asides(path)[0]).read_bytes() == content


def test_the_damaged_log_is_kept_as_it_was_found(path):
    # given
    killed(path, 5)
    log = bytearray(log_of(path).read_bytes())
    log[-100] ^= 1
    log_of(path).write_bytes(log)
    # when
    with opened(path) as journal:
        (incident,) = journal.incidents
        kept = numbers(journal)
    # then
    assert kept == [1, 2, 3, 4]
    assert incident.kind is IncidentKind.MISSING_RECORDS
    assert (incident.recovered_through, incident.known_through) == (4, 5)
    assert path.with_name(f"auth.journal.damaged-{STAMP}-wal").read_bytes() == log


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_a_log_cut_short_is_noticed(path, share):
    killed(path, 9)
    log = log_of(path).read_bytes()
    log_of(path).write_bytes(log[: int(len(log) * share)])
    with opened(path) as journal:
        assert journal.incidents[0].kind is IncidentKind.MISSING_RECORDS
        kept = numbers(journal)
        assert kept == [*range(1, len(kept) + 1)]
        assert journal.append(Note(number=len(kept) + 1)).sequence == 10


def test_a_log_torn_behind_the_last_commit_is_no_damage(path):
    killed(path, 9)
    with log_of(path).open("ab") as log:
        log.write(b"\0" * 3000)
    with opened(path) as journal:
        assert journal.incidents == ()
        assert len(numbers(journal)) == 9


def test_a_removed_journal_is_noticed(path):
    written(path, 3)
    path.unlink()
    with opened(path) as journal:
        (incident,) = journal.incidents
        assert (incident.kind, incident.aside) == (IncidentKind.MISSING_RECORDS, None)
        assert journal.append(Note(number=4)).sequence == 4


def test_an_older_copy_in_its_place_is_noticed(path):
    written(path, 3)
    copy = path.read_bytes()
    with opened(path) as journal:
        journal.append(*notes(4, 6))
    path.write_bytes(copy)
    with opened(path) as journal:
        assert numbers(journal) == [1, 2, 3]
        assert journal.incidents[0].kind is IncidentKind.MISSING_RECORDS
        assert (journal.incidents[0].recovered_through, journal.incidents[0].known_through) == (3, 6)


def test_a_journal_removed_with_its_mark_starts_afresh(path):
    written(path, 3)
    for file in path.parent.iterdir():
        file.unlink()
    with opened(path) as journal:
        assert journal.incidents == ()
        assert journal.append(Note(number=1)).sequence == 1


def test_garbage_beside_the_journal_is_ignored(path):
    # given what other tools leave behind; ours keeps the log's index in memory
    killed(path, 4)
    for suffix in ("-shm", "-journal"):
        path.with_name(path.name + suffix).write_bytes(b"\x5a" * 40_000)
        path.with_name(path.name + suffix).chmod(0o600)
    with opened(path) as journal:
        assert numbers(journal) == [1, 2, 3, 4]
        assert journal.incidents == ()


def test_damage_to_one_journal_leaves_its_neighbour_alone(path):
    neighbour = killed(path.with_name("ocpp.journal"), 4)
    written(path, 3)
    path.write_bytes(b"garbage")
    opened(path).close()
    with opened(neighbour) as journal:
        assert numbers(journal) == [1, 2, 3, 4]
        assert journal.incidents == ()


def test_damage_where_no_entry_lies_is_repaired_too(path):
    # given a list of free pages, damaged
    written(path, 60, summary=50, text="x" * 500)
    content = bytearray(path.read_bytes())
    trunk = int.from_bytes(content[32:36], "big")
    assert trunk
    content[(trunk - 1) * 4096 : trunk * 4096] = b"\x77" * 4096
    path.write_bytes(content)
    # when
    with opened(path) as journal:
        (incident,) = journal.incidents
        # then
        assert len(numbers(journal)) == 60
        assert incident.kind is IncidentKind.DAMAGED
        assert incident.recovered_through == incident.known_through
    with opened(path) as journal:
        assert journal.incidents == ()


def test_damage_found_while_writing_is_repaired_at_the_next_start(path):
    # given a page that is read again only when it is needed
    written(path, 200, text="x" * 300)
    journal = opened(path)
    journal._connection.execute("PRAGMA shrink_memory").close()
    content = path.read_bytes()
    path.write_bytes(content[:4096] + bytes(len(content) - 4096))
    # when
    with pytest.raises(JournalUnavailable, match="malformed"):
        journal.append(Note(number=201))
    # then
    assert journal.closed
    with opened(path) as successor:
        assert successor.incidents[0].kind is IncidentKind.DAMAGED


def test_a_disk_that_loses_what_it_was_given_is_unavailable(path, monkeypatch):
    written(path, 3)
    path.write_bytes(b"garbage")
    finish = Place.finish_building

    def lose(place):
        place.named(".building").write_bytes(b"something else")
        finish(place)

    monkeypatch.setattr(Place, "finish_building", lose)
    with pytest.raises(JournalUnavailable, match="cannot be read"):
        opened(path)
    monkeypatch.undo()
    opened(path).close()


@pytest.mark.parametrize("room", [0, 4096, 8192, 12_288, 16_384])
def test_a_repair_either_succeeds_or_leaves_everything(path, images, room):
    # given
    restore(path.parent, images["closed"])
    damaged = bytearray(path.read_bytes())
    damaged[damaged.rindex(b"xxx")] ^= 1
    path.write_bytes(damaged)
    # when
    with file_size_limit(room), pytest.raises(DiskFull):
        opened(path)
    # then
    assert path.read_bytes() == damaged
    assert check_damaged(path) >= SUMMARY


@pytest.mark.parametrize("left", range(1, 8))
def test_a_repair_without_descriptors_leaves_everything(path, images, left):
    restore(path.parent, images["closed"])
    damaged = bytearray(path.read_bytes())
    damaged[damaged.rindex(b"xxx")] ^= 1
    path.write_bytes(damaged)
    with descriptors_left(left):
        try:
            opened(path).close()
        except JournalUnavailable:
            assert path.read_bytes() == damaged
    assert check_damaged(path) >= SUMMARY


# --- a repair that is killed ----------------------------------------------------------------------


STEPS = ["tidy", "start_building", "finish_building", "set_aside", "put_in_place"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("after", [False, True])
def test_a_repair_may_be_killed_at_every_step(path, images, step, after):
    # given damage behind which entries are lost, in a journal whose log matters
    restore(path.parent, images["killed"])
    log = bytearray(log_of(path).read_bytes())
    log[-300] ^= 1
    log_of(path).write_bytes(log)
    # when
    child = os.fork()
    if child == 0:
        real = getattr(Place, step)

        def deadly(place, *arguments):
            if after:
                real(place, *arguments)
            os.kill(os.getpid(), signal.SIGKILL)

        setattr(Place, step, deadly)
        opened(path)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    # then
    assert check_damaged(path) == COUNT - 1
