import os
import signal

import pytest

from actors.engine.journal import DiskFull, IncidentKind, Journal, JournalLocked, Limits
from actors.ocpp.device_model.characteristics import Reason
from actors.ocpp.device_model.value_journal import ValueJournal
from protocols.types.ocpp import AttributeEnum
from tests.support.device_model import name
from tests.support.journals import NOW, asides

ONE = name("One", evse_id=1, connector_id=2, instance="x", kind=AttributeEnum.MAX_SET)
TWO = name("Two")


def opened(path):
    return ValueJournal.open(path / "device_model_storage.db", now=NOW)


def texts(journal):
    return {key: entry.value for key, entry in journal.entries.items()}


def test_a_value_survives_that_its_process_is_killed(tmp_path):
    # S20.16
    if (child := os.fork()) == 0:
        try:
            opened(tmp_path).put(ONE, "kept", "csms")
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)

    journal = opened(tmp_path)

    assert texts(journal) == {ONE: "kept"}
    assert not journal.incidents
    journal.close()


def test_a_damaged_file_is_set_aside_and_told_of(tmp_path):
    journal = opened(tmp_path)
    journal.put(ONE, "lost", "csms")
    journal.close()
    (path,) = tmp_path.glob("*.journal")
    path.write_bytes(b"not a database" * 1000)

    journal = opened(tmp_path)

    assert texts(journal) == {}
    assert IncidentKind.DAMAGED in {one.kind for one in journal.incidents}
    assert asides(path)
    journal.put(TWO, "new", "csms")
    journal.close()


def test_a_file_of_everest_under_the_name_is_left_alone(tmp_path):
    theirs = tmp_path / "device_model_storage.db"
    theirs.write_bytes(b"SQLite format 3\0 theirs")

    opened(tmp_path).close()

    assert theirs.read_bytes() == b"SQLite format 3\0 theirs"


def test_a_file_is_open_once(tmp_path):
    journal = opened(tmp_path)

    with pytest.raises(JournalLocked):
        opened(tmp_path)
    journal.close()


def test_a_look_sees_the_values_that_somebody_else_holds(tmp_path):
    journal = opened(tmp_path)
    journal.put(ONE, "kept", "csms")

    with ValueJournal.look(tmp_path / "device_model_storage.db", now=NOW) as copy:
        copy.put(TWO, "of the copy", "csms")
        assert texts(copy) == {ONE: "kept", TWO: "of the copy"}
    assert texts(journal) == {ONE: "kept"}
    journal.close()


def test_many_changes_are_folded_and_all_come_back(tmp_path):
    path = tmp_path / "x.journal"
    journal = ValueJournal(Journal.open(path, now=NOW, limits=Limits(records=4)))
    for number in range(9):
        journal.put(ONE, str(number), "internal", "file")
    journal.put(TWO, "two", "csms")
    journal.drop([TWO])
    journal.close()

    journal = ValueJournal(Journal.open(path, now=NOW))

    assert texts(journal) == {ONE: "8"}
    assert (journal.entries[ONE].value_source, journal.entries[ONE].configured) == ("internal", "file")
    journal.close()


def test_a_full_disk_refuses_a_value_and_changes_nothing(tmp_path, monkeypatch):
    journal = opened(tmp_path)
    journal.put(ONE, "old", "csms")

    def full(self, *_):
        raise DiskFull(self.path, "no space left")

    monkeypatch.setattr(Journal, "append", full)
    refusal = journal.put(ONE, "new", "csms")
    journal.drop([ONE])

    assert refusal is not None
    assert refusal.reason is Reason.OUT_OF_STORAGE
    monkeypatch.undo()
    journal.close()
    journal = opened(tmp_path)
    assert texts(journal) == {ONE: "old"}
    journal.close()
