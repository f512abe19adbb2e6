"""Tests for actors/auth/keeping.py: what is written down, and what a damaged or full journal does."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from actors.auth.entries import Evse
from actors.auth.keeping import Keeper, key_of, reservations_in, value_of
from actors.auth.state import Rules, initial
from actors.engine.journal import DiskFull, Journal, Limits
from actors.engine.log import logger
from protocols.types.reservation import Reservation
from tests.support.auth_evse import NOW

FRESH = initial(Rules(), 60, "", (1, 2))
LOG = logger("test")


def state(number):
    return dataclasses.replace(
        FRESH, evses={**FRESH.evses, 1: Evse(evse_id=1, session_id=f"s{number}")}, numbered=number
    )


def recovered(path):
    keeper = Keeper(path, NOW, LOG)
    found = keeper.recover(FRESH)
    keeper.close()
    return found


def test_what_was_committed_is_recovered(tmp_path):
    keeper = Keeper(tmp_path / "j", NOW, LOG)
    keeper.commit(FRESH, state(1))
    keeper.commit(state(1), state(2))
    keeper.close()

    assert recovered(tmp_path / "j") == state(2)


def test_what_changes_nothing_durable_is_not_written(tmp_path):
    keeper = Keeper(tmp_path / "j", NOW, LOG)
    keeper.commit(FRESH, state(1))
    before = keeper._journal.sequence

    keeper.commit(state(1), dataclasses.replace(state(1), replies={1: 1}))

    assert keeper._journal.sequence == before
    keeper.close()


@pytest.fixture
def small(monkeypatch):
    """Journals that are folded after a few records."""
    real = Journal.open.__func__
    limits = Limits(records=8)
    monkeypatch.setattr(
        Journal, "open", classmethod(lambda cls, path, *, now: real(cls, path, now=now, limits=limits))
    )


@pytest.mark.usefixtures("small")
def test_a_long_journal_is_folded_and_loses_nothing(tmp_path):
    keeper = Keeper(tmp_path / "j", NOW, LOG)
    for number in range(1, 40):
        keeper.commit(state(number - 1) if number > 1 else FRESH, state(number))
    keeper.close()

    assert recovered(tmp_path / "j") == state(39)


@pytest.mark.usefixtures("small")
def test_a_snapshot_that_finds_no_room_keeps_the_records(tmp_path, monkeypatch):
    def full(self, _state):
        raise DiskFull(self.path, "no room")

    keeper = Keeper(tmp_path / "j", NOW, LOG)
    monkeypatch.setattr(Journal, "snapshot", full)

    with capture_logs() as lines:
        for number in range(1, 7):
            keeper.commit(state(number - 1) if number > 1 else FRESH, state(number))
    keeper.close()

    assert "snapshot_failed" in {line["event"] for line in lines}
    assert recovered(tmp_path / "j") == state(6)


def test_after_a_full_disk_everything_is_written_at_once(tmp_path, monkeypatch):
    keeper = Keeper(tmp_path / "j", NOW, LOG)

    def full(self, *_items):
        raise DiskFull(self.path, "no room")

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "append", full)
        with pytest.raises(DiskFull):
            keeper.commit(FRESH, state(1))

    keeper.commit(state(1), state(1))
    keeper.close()

    assert recovered(tmp_path / "j") == state(1)


def test_a_damaged_journal_is_told_of_and_keeps_nobody_from_starting(tmp_path):
    (tmp_path / "j").write_bytes(b"not a journal" * 100)

    with capture_logs() as lines:
        found = recovered(tmp_path / "j")

    assert found == FRESH
    assert "journal_damaged" in {line["event"] for line in lines}


def test_a_record_of_something_else_is_passed_over(tmp_path):
    with Journal.open(tmp_path / "j", now=NOW) as journal:
        journal.recover()
        journal.append(Evse(evse_id=1))

    assert recovered(tmp_path / "j") == FRESH


@pytest.mark.parametrize(("module", "key"), [("auth", "auth.reservations"), ("a-b.c", "a_b.c.reservations")])
def test_the_key_is_one_that_a_store_takes(module, key):
    assert key_of(module) == key


def test_reservations_survive_the_store():
    made = Reservation(reservation_id=1, id_token="X", expiry_time=NOW + timedelta(hours=1))

    assert reservations_in(value_of((made,)), LOG) == (made,)
    assert value_of(()) == ()


@pytest.mark.parametrize("value", [None, 5, "x", {"a": 1}, ({"reservation_id": 1},), (3,)])
def test_what_is_no_reservation_is_left_out(value):
    assert reservations_in(value, LOG) == ()
