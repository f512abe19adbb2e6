"""The chain of entries inside the file: what proves it whole, and how its layout changes over time."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from actors.engine.journal import IncidentKind, JournalTooNew, Record, ledger
from actors.engine.journal.ledger import APPLICATION, EntryKind, Row, chained
from protocols.codec import encode
from tests.support.journal_messages import Note, Summary
from tests.support.journals import NOW, asides, killed, log_of, numbers, opened, written


@pytest.fixture
def path(tmp_path):
    return tmp_path / "auth.journal"


def tamper(path, *statements):
    """Change a closed journal behind its back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement, *values in statements:
            connection.execute(statement, values)


def ask(path, question):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchall()


def rewrite(path, number, data):
    """Put other bytes into one entry and make all checksums right again."""
    crc = 0
    for sequence, kind, content in ask(path, "SELECT seq, kind, data FROM entry ORDER BY seq"):
        row = Row(sequence, EntryKind(kind), data if sequence == number else content)
        crc = chained(crc, row)
        tamper(path, ("UPDATE entry SET data = ?, crc = ? WHERE seq = ?", row.data, crc, sequence))


# --- the chain ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [Row(2, EntryKind.RECORD, b"abc"), Row(1, EntryKind.GAP, b"abc"), Row(1, EntryKind.RECORD, b"abd")],
)
def test_each_part_of_an_entry_is_in_its_checksum(other):
    assert chained(0, Row(1, EntryKind.RECORD, b"abc")) != chained(0, other)


def test_the_entry_before_is_in_the_checksum():
    row = Row(2, EntryKind.RECORD, b"abc")
    assert chained(1, row) != chained(2, row)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET data = (SELECT data FROM entry WHERE seq = 2) WHERE seq = 4",
        "UPDATE entry SET crc = crc + 1 WHERE seq = 4",
        "UPDATE entry SET crc = 'text' WHERE seq = 4",
        "UPDATE entry SET crc = x'00' WHERE seq = 4",
        "UPDATE entry SET kind = 1 WHERE seq = 4",
        "UPDATE entry SET kind = 7 WHERE seq = 4",
        "UPDATE entry SET kind = 'text' WHERE seq = 4",
        "UPDATE entry SET data = 'text' WHERE seq = 4",
        "UPDATE entry SET data = x'' WHERE seq = 4",
        "UPDATE entry SET data = zeroblob(20000000) WHERE seq = 4",
        "UPDATE entry SET seq = 9 WHERE seq = 4",
        "DELETE FROM entry WHERE seq = 4",
        "INSERT INTO entry SELECT seq + 10, kind, data, crc FROM entry WHERE seq = 3",
    ],
)
def test_a_changed_entry_ends_what_is_recovered(path, statement):
    # given
    written(path, 6)
    tamper(path, (statement,))
    # when
    with opened(path) as journal:
        kept = numbers(journal)
        (incident,) = journal.incidents
        # then
        assert kept == [1, 2, 3] if "INSERT" not in statement else [1, 2, 3, 4, 5, 6]
        assert incident.kind is IncidentKind.DAMAGED
        assert incident.recovered_through == len(kept)
        assert incident.known_through == 6
        assert ask(incident.aside, "SELECT count(*) FROM entry") != [(3,)]


def test_numbers_behind_a_break_are_not_used_again(path):
    written(path, 6)
    tamper(path, ("UPDATE entry SET crc = 0 WHERE seq = 3",))
    with opened(path) as journal:
        assert journal.append(Note(number=3)).sequence == 7
    with opened(path) as journal:
        assert [record.sequence for record in journal.recover().records] == [1, 2, 7]
        assert journal.incidents == ()


def test_numbers_behind_a_break_count_without_a_mark(path):
    written(path, 6)
    tamper(path, ("UPDATE entry SET crc = 0 WHERE seq = 3",))
    path.with_name("auth.journal.lock").unlink()
    with opened(path) as journal:
        assert journal.incidents[0].known_through == 6


def test_a_wild_number_behind_a_break_is_not_believed(path):
    written(path, 6)
    tamper(path, (f"UPDATE entry SET seq = {2**62} WHERE seq = 3",))
    with opened(path) as journal:
        assert journal.append(Note(number=3)).sequence == 7


def test_records_without_their_snapshot_are_not_replayed(path):
    written(path, 6, summary=3)
    tamper(path, ("DELETE FROM entry WHERE kind = 1",))
    with opened(path) as journal:
        assert journal.recover() == (None, ())
        assert journal.incidents[0].recovered_through == 0


def test_an_intact_entry_of_an_unknown_message_ends_it(path):
    # given
    written(path, 6)
    rewrite(path, 4, encode(Note(number=4)).replace(b"note", b"nope"))
    # when
    with opened(path) as journal:
        assert numbers(journal) == [1, 2, 3]
        (incident,) = journal.incidents
    # then
    assert incident.kind is IncidentKind.UNREADABLE_RECORD
    assert "entry 4" in incident.problem
    assert "unknown tag" in incident.problem
    assert ask(incident.aside, "SELECT count(*) FROM entry") == [(6,)]


def test_a_snapshot_of_a_newer_message_version_is_kept_aside(path):
    written(path, 4, summary=3)
    rewrite(path, 4, encode(Summary(through=3)).replace(b"summary\x01", b"summary\x02"))
    with opened(path) as journal:
        assert journal.recover() == (None, ())
        assert "version 2" in journal.incidents[0].problem
        assert len(asides(path)) == 1


# --- the layout -----------------------------------------------------------------------------------


@pytest.fixture
def next_layout(monkeypatch):
    """Software that is one layout ahead of the one under test."""
    step = ("ALTER TABLE entry ADD COLUMN note TEXT", "CREATE TABLE extra (id INTEGER PRIMARY KEY)")
    monkeypatch.setattr(ledger, "STEPS", (*ledger.STEPS, step))
    return monkeypatch


def test_an_older_layout_is_migrated_with_its_records(path, next_layout):
    # given
    next_layout.undo()
    killed(path, 5, summary=2)
    # when
    next_layout.setattr(ledger, "STEPS", (*ledger.STEPS, ("CREATE TABLE extra (id INTEGER PRIMARY KEY)",)))
    with opened(path) as journal:
        # then
        assert numbers(journal) == [1, 2, 3, 4, 5]
        assert journal.incidents == ()
        journal.append(Note(number=6))
    assert ask(path, "PRAGMA user_version") == [(2,)]
    assert ask(path, "SELECT count(*) FROM extra") == [(0,)]


def test_a_migrated_file_shows_its_layout_in_its_header(path, next_layout):
    next_layout.undo()
    written(path, 2)
    next_layout.setattr(ledger, "STEPS", (*ledger.STEPS, ("CREATE TABLE extra (id INTEGER PRIMARY KEY)",)))
    with opened(path):
        assert ledger.header_layout(path) == 2


def test_a_migration_that_fails_changes_nothing(path, monkeypatch):
    # given
    written(path, 3)
    monkeypatch.setattr(ledger, "STEPS", (*ledger.STEPS, ("CREATE TABLE extra (id)", "nonsense")))
    # when
    with pytest.raises(Exception, match="syntax error"):
        opened(path)
    # then
    monkeypatch.undo()
    with opened(path) as journal:
        assert numbers(journal) == [1, 2, 3]
    assert ask(path, "PRAGMA user_version") == [(1,)]


@pytest.mark.parametrize("make", [written, killed])
def test_a_newer_layout_is_refused_and_left_alone(path, next_layout, make):
    # given
    make(path, 3)
    next_layout.undo()
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    # when
    with pytest.raises(JournalTooNew, match="layout is 2"):
        opened(path)
    # then
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


def test_a_newer_layout_that_stands_in_the_log_is_refused(path):
    # given a migration that was killed before it reached the file's header
    with opened(path) as journal:
        journal.append(Note(number=1))
        with journal._connection as connection:
            connection.execute("BEGIN")
            connection.execute(f"PRAGMA application_id = {APPLICATION | 9}")
            connection.execute("PRAGMA user_version = 9")
        image, log = path.read_bytes(), log_of(path).read_bytes()
    path.write_bytes(image)
    log_of(path).touch(0o600)
    log_of(path).write_bytes(log)
    assert ledger.header_layout(path) == 1
    # when
    for _ in range(2):
        with pytest.raises(JournalTooNew, match="layout is 9"):
            opened(path)
    # then
    assert ask(path, "SELECT count(*) FROM entry") == [(1,)]
    assert asides(path) == []


@pytest.mark.parametrize(
    "pragma", ["user_version = 9", f"application_id = {APPLICATION | 9}", "application_id = 0"]
)
def test_a_version_that_stands_in_one_place_is_damage(path, pragma):
    written(path, 3)
    tamper(path, (f"PRAGMA {pragma}",))
    with opened(path) as journal:
        assert numbers(journal) == [1, 2, 3]
        assert journal.incidents[0].kind is IncidentKind.DAMAGED
        assert "not marked" in journal.incidents[0].problem


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0"])
def test_a_short_file_claims_no_layout(path, content):
    path.write_bytes(content)
    assert ledger.header_layout(path) is None


def test_building_writes_a_file_that_needs_no_log(path):
    path.touch()
    ledger.build(
        path, [ledger.Entry(4, EntryKind.GAP, None), ledger.Entry(5, EntryKind.RECORD, Note(number=1))]
    )
    assert not log_of(path).exists()
    connection, reading = ledger.attach_and_read(path)
    connection.close()
    assert reading.problem is None
    assert reading.sequence == 5


def test_a_gap_is_no_record_for_its_owner(path):
    written(path, 3)
    path.write_bytes(b"garbage")
    opened(path).close()
    with opened(path, now=NOW) as journal:
        assert journal.recover() == (None, ())
        assert journal.append(Note(number=4)).sequence == 4
    with opened(path) as journal:
        assert journal.recover().records == (Record(4, Note(number=4)),)
