"""What was committed is there for the successor, and a full disk loses nothing while the actor lives."""

import json
import random
import uuid
import zlib
from dataclasses import replace
from datetime import timedelta

import pytest

from actors.engine.journal import DiskFull
from actors.ocpp import keeping
from actors.ocpp.entries import Numbered, Queued, Rank, Weight
from actors.ocpp.keeping import Keeper, Pressed
from actors.ocpp.tables import Everything
from protocols import codec
from protocols.codec import CodecError, EncodeError
from tests.support.ocpp_station import START


class Log:
    """Keeps the names of what was logged."""

    def __init__(self):
        self.events = []

    def error(self, event, **_fields):
        self.events.append(event)


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def make(tmp_path, log):
    made = []

    def keeper():
        for each in made:
            each.close()
        made.append(Keeper(tmp_path / "point.journal", START, log))
        return made[-1], made[-1].recover()

    yield keeper
    made[-1].close()


def waits(number):
    return Queued(
        number=number,
        message_id=f"{number:036}",
        action="TransactionEvent",
        payload="{" + '"a":1,' * 80 + "}",
        rank=Rank.TRANSACTION,
        weight=Weight.NEVER,
        made_at=START,
    )


def last(tables):
    return tables.get(Numbered).last


def test_a_successor_has_what_was_committed(make):
    keeper, tables = make()
    keeper.commit([Numbered(last=1)], tables)
    keeper.commit([], tables)
    keeper.commit([Numbered(last=2)], tables)

    _, recovered = make()

    assert last(tables) == last(recovered) == 2


def test_many_commits_are_folded_into_a_snapshot(make, monkeypatch):
    monkeypatch.setattr(keeping, "LIMITS", keeping.Limits(records=4))
    keeper, tables = make()
    for number in range(1, 12):
        keeper.commit([Numbered(last=number)], tables)

    _, recovered = make()

    assert last(recovered) == 11


def test_entries_that_nobody_can_read_are_told_of(make, log):
    keeper, tables = make()
    keeper.commit([Numbered(last=1), Everything(entries=("AAAA",))], tables)
    log.events.clear()

    _, recovered = make()

    assert log.events == ["entry_not_readable"]
    assert recovered.get(Numbered) is None


def test_what_cannot_be_kept_changes_nothing(make):
    keeper, tables = make()
    keeper.commit([Numbered(last=1)], tables)

    with pytest.raises(CodecError):
        keeper.commit([Numbered(last=2), Numbered(last=2**70)], tables)

    _, recovered = make()
    assert last(tables) == last(recovered) == 1


def test_what_an_earlier_release_has_folded_is_read(make):
    keeper, tables = make()
    tables.apply([Numbered(last=5)])
    keeper._journal.snapshot(tables.snapshot())

    _, recovered = make()

    assert last(recovered) == 5


def test_what_a_later_release_has_pressed_is_read(make):
    keeper, tables = make()
    tables.apply([Numbered(last=5), waits(1)])
    parts = [codec.encode(Everything(entries=(each,))) for each in tables.snapshot().entries]
    keeper._journal.snapshot(Pressed(parts=tuple(zlib.compress(each) for each in parts)))

    _, recovered = make()

    assert last(recovered) == 5
    assert list(recovered.all(Queued).values()) == [waits(1)]


def test_an_entry_of_a_snapshot_that_nobody_can_read_is_told_of(make, log):
    keeper, _tables = make()
    good = codec.encode(Numbered(last=7))
    keeper._journal.snapshot(keeping._packed([b"?", good]))

    _, recovered = make()

    assert last(recovered) == 7
    assert log.events == ["entry_not_readable"]


def test_a_queue_of_more_than_an_entry_of_a_journal_is_written_and_read(make, log, monkeypatch):
    monkeypatch.setattr(keeping, "LIMITS", keeping.Limits(records=2))
    monkeypatch.setattr(codec, "MAX_BYTES", 250_000)
    keeper, tables = make()
    waiting = [waits(number) for number in range(1500)]
    tables.apply(waiting)

    keeper.commit([Numbered(last=1500)], tables)
    _, recovered = make()

    assert log.events == []
    assert list(recovered.all(Queued).values()) == waiting


def test_more_than_a_snapshot_may_hold_ends_nobody(make, log, monkeypatch):
    """Starts and ends of transactions are never given up, however long the CSMS is away."""
    monkeypatch.setattr(keeping, "LIMITS", keeping.Limits(records=8))
    keeper, tables = make()
    tried = []

    def too_large(_self):
        tried.append(1)
        raise EncodeError("x", "", "too large")

    monkeypatch.setattr(type(tables), "encoded", too_large)
    for number in range(1, 65):
        keeper.commit([Numbered(last=number)], tables)
    assert len(tried) < 8
    assert "not_written_anew" in log.events

    monkeypatch.undo()
    for number in range(65, 100):
        keeper.commit([Numbered(last=number)], tables)

    _, recovered = make()
    assert last(recovered) == last(tables) == 99


def test_a_full_disk_is_told_of_and_made_good(make, log, monkeypatch):
    keeper, tables = make()

    def full(*_records):
        raise DiskFull(keeper._journal.path, "no room")

    with monkeypatch.context() as patch:
        patch.setattr(keeper._journal, "append", full)
        keeper.commit([Numbered(last=1)], tables)
        assert last(tables) == 1
        assert log.events == ["not_durable"]
        assert keeper.is_behind
    keeper.commit([], tables)
    assert not keeper.is_behind

    _, recovered = make()
    assert last(recovered) == 1


def test_damage_is_told_of(make, tmp_path, log):
    make()[0].close()
    (tmp_path / "point.journal").write_bytes(b"no database" * 500)

    make()

    assert log.events == ["journal_damaged"]


def test_starts_and_ends_that_differ_take_little_room():
    """140,000 of them fit into what a snapshot may have."""
    chance = random.Random(1)

    def start(number):
        transaction = str(uuid.UUID(int=chance.getrandbits(128)))
        event = {
            "eventType": "Started",
            "timestamp": (START + timedelta(seconds=97.31 * number)).isoformat(),
            "seqNo": 0,
            "transactionInfo": {"transactionId": transaction, "chargingState": "EVConnected"},
            "idToken": {"idToken": f"{chance.getrandbits(56):014X}", "type": "ISO14443"},
            "meterValue": [{"sampledValue": [{"value": chance.randrange(10**7) / 10}]}],
        }
        return replace(
            waits(number),
            message_id=str(uuid.UUID(int=chance.getrandbits(128))),
            payload=json.dumps(event),
            transaction_id=transaction,
        )

    entries = [codec.encode(start(number)) for number in range(400)]
    packed = keeping._packed(entries)

    assert list(keeping._unpacked(packed)) == entries
    assert len(codec.encode(packed)) / len(entries) < codec.MAX_BYTES / 130_000
