"""What one input changes is apart until it is durable, and comes back whole."""

import base64

import msgpack

from actors.ocpp.entries import Numbered, Queued, Rank, Weight
from actors.ocpp.tables import Dropped, Everything, Overlay, Tables
from protocols import codec
from tests.support.ocpp_station import START


def queued(number: int, **fields: object) -> Queued:
    values = {
        "number": number,
        "message_id": f"m{number}",
        "action": "Heartbeat",
        "payload": "{}",
        "rank": Rank.OTHER,
        "weight": Weight.NEWS,
        "made_at": START,
    }
    return Queued(**{**values, **fields})  # type: ignore[arg-type]  # checked by pydantic below


def filled(*numbers: int) -> Tables:
    tables = Tables()
    tables.apply(queued(each) for each in numbers)
    return tables


def test_an_overlay_shows_what_was_put_and_dropped() -> None:
    tables = filled(1, 2, 3)
    overlay = Overlay(tables)

    overlay.put(queued(2, attempts=1))
    overlay.drop(Queued, "1")
    overlay.put(queued(4))

    assert [(each.number, each.attempts) for each in overlay.all(Queued)] == [(2, 1), (3, 0), (4, 0)]
    assert overlay.get(Queued, "1") is None
    assert overlay.get(Queued, "3") == queued(3)
    assert list(tables.all(Queued)) == ["1", "2", "3"]


def test_records_hold_what_has_become_different() -> None:
    overlay = Overlay(filled(1, 2))

    overlay.put(queued(1))  # as it was
    overlay.put(queued(3))
    overlay.drop(Queued, "3")  # came and went
    overlay.drop(Queued, "9")  # was never there
    overlay.drop(Queued, "2")

    assert overlay.records == (Dropped(table="actors.ocpp.entries.queued", key="2"),)


def test_an_entry_that_is_replaced_keeps_its_place() -> None:
    tables = filled(1, 2)

    tables.apply([queued(1, attempts=3)])

    assert [each.number for each in tables.all(Queued).values()] == [1, 2]


def test_a_snapshot_gives_everything_back() -> None:
    tables = filled(1, 2)
    tables.apply([Numbered(last=2)])
    snapshot = codec.decode(codec.encode(tables.snapshot()))
    other = filled(7)

    other.apply([snapshot])

    assert other.all(Queued) == tables.all(Queued)
    assert other.get(Numbered) == Numbered(last=2)


def test_dropping_from_a_table_that_is_not_there_does_nothing() -> None:
    tables = Tables()

    tables.apply([Dropped(table="gone", key="1")])

    assert tables.snapshot().entries == ()


def test_an_entry_of_another_release_keeps_nobody_from_starting() -> None:
    unknown = base64.b64encode(msgpack.packb(["actors.ocpp.blocks.gone.entry", 1, {}])).decode()
    whole = filled(1, 2).snapshot().entries
    tables = Tables()

    tables.apply([Everything(entries=(whole[0], unknown, "no base64", whole[1]))])

    assert list(tables.all(Queued)) == ["1", "2"]
    assert len(tables.unread) == 2
    assert "actors.ocpp.blocks.gone.entry" in tables.unread[0]
