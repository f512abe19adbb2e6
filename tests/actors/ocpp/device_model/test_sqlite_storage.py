from actors.ocpp.device_model.characteristics import Reason, Refusal
from actors.ocpp.device_model.sqlite_storage import SqliteStorage
from actors.ocpp.device_model.storage import StoredValue, ValueSource
from actors.ocpp.device_model.value_journal import ValueJournal
from tests.support.device_model import name
from tests.support.journals import NOW


def test_a_value_that_finds_no_room_is_refused(tmp_path, monkeypatch):
    journal = ValueJournal.open(tmp_path / "x.db", now=NOW)
    monkeypatch.setattr(journal, "put", lambda *_: Refusal(Reason.OUT_OF_STORAGE, "full"))

    outcome = SqliteStorage(journal).write(name("One"), StoredValue("1", ValueSource.CSMS))

    assert outcome == Refusal(Reason.OUT_OF_STORAGE, "full")
    journal.close()


def test_who_set_a_value_is_kept(tmp_path):
    # S20.7, M11.10
    journal = ValueJournal.open(tmp_path / "x.db", now=NOW)
    storage = SqliteStorage(journal)
    for number, source in enumerate(ValueSource):
        storage.write(name(str(number)), StoredValue("1", source))

    assert [stored.source for stored in storage.load().values()] == list(ValueSource)
    journal.close()
