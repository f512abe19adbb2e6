"""The authorization cache: what it keeps, for how long and how much (C10, C11)."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ocpp.v21 import call, datatypes, enums

from actors.ocpp.blocks import authorization_cache as cache
from actors.ocpp.blocks.authorization_entries import CachedToken, fingerprint, size_bytes
from actors.ocpp.device_model import variables
from protocols.ocpp.version import Version
from protocols.types.authorization import IdToken, IdTokenType
from tests.support.ocpp_station import START, Station

Status = enums.AuthorizationStatusEnumType
BOUND = 1024 * 1024


@pytest.fixture
def station() -> Station:
    station = Station(blocks=(cache.BLOCK,))
    station.connect()
    return station


def learn(station: Station, value: str = "A", kind: str = "ISO14443", **info: Any) -> None:
    id_token = datatypes.IdTokenType(id_token=value, type=kind)
    verdict = datatypes.IdTokenInfoType(**{"status": Status.accepted, **info})
    station.turn(lambda turn: cache.learn(turn, id_token, verdict))


def find(station: Station, value: str = "A") -> CachedToken | None:
    found: list[CachedToken | None] = []
    token = IdToken(value=value, type=IdTokenType.ISO14443)
    station.turn(lambda turn: found.append(cache.find(turn, token)))
    return found[0]


def use(station: Station, entry: CachedToken) -> None:
    station.turn(lambda turn: cache.use(turn, entry))


def forget(station: Station, value: str) -> None:
    token = IdToken(value=value, type=IdTokenType.ISO14443)
    station.turn(lambda turn: cache.forget(turn, token))


def kept(station: Station) -> list[CachedToken]:
    return list(station.tables.all(CachedToken).values())


def counted(station: Station) -> int:
    return station.model.read(variables.CACHE_STORAGE)


def test_what_the_csms_said_is_there_after_a_kill(station: Station) -> None:
    learn(station, cache_expiry_date_time="2026-03-02T00:00:00Z")

    station.restart()

    entry = find(station)
    assert entry is not None
    assert entry.accepted
    assert entry.expires_at == START + timedelta(hours=12)
    assert counted(station) == size_bytes(entry)


def test_a_new_word_of_the_csms_replaces_the_old(station: Station) -> None:
    learn(station, personal_message=datatypes.MessageContentType("Hello", enums.MessageFormatEnumType.utf8))
    station.later(5)

    learn(station, status=Status.blocked)

    (entry,) = kept(station)
    assert not entry.accepted
    assert entry.uses == 2
    assert (entry.stored_at, entry.used_at) == (START, START + timedelta(seconds=5))
    assert counted(station) == size_bytes(entry)


def test_saying_the_same_twice_at_once_is_saying_it_once(station: Station) -> None:
    learn(station)
    counted_once = counted(station)

    learn(station)

    assert len(kept(station)) == 1
    assert counted(station) == counted_once


@pytest.mark.parametrize("kind", ["Central", "NoAuthorization"])
def test_types_that_need_nobodys_word_are_not_kept(station: Station, kind: str) -> None:
    learn(station, kind=kind)

    assert not kept(station)


def test_without_a_cache_nothing_is_kept_or_found(station: Station) -> None:
    learn(station)
    station.set(variables.CACHE_ENABLED, value=False)

    learn(station, "B")

    assert find(station) is None
    assert len(kept(station)) == 1


def test_an_unknown_token_is_not_found(station: Station) -> None:
    assert find(station) is None


@pytest.mark.parametrize(("unused_s", "known"), [(59, True), (60, False)])
def test_an_entry_lives_so_long_after_its_last_use(station: Station, unused_s: int, *, known: bool) -> None:
    # given an entry that was used once more half a minute after it was learnt
    station.set(variables.CACHE_LIFE_TIME, 60)
    learn(station)
    station.later(30)
    entry = find(station)
    assert entry is not None
    use(station, entry)

    station.later(unused_s)

    assert (find(station) is not None) is known
    assert len(kept(station)) == known
    assert (counted(station) > 0) is known


def test_without_life_time_an_entry_lives_on(station: Station) -> None:
    learn(station)

    station.later(10**9)

    assert find(station) is not None


def test_forgetting_what_is_not_there_changes_nothing(station: Station) -> None:
    learn(station)

    forget(station, "B")

    assert len(kept(station)) == 1


# -- clearing ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
def test_the_csms_clears_the_cache(version: Version) -> None:
    station = Station(blocks=(cache.BLOCK,), version=version)
    learn(station)
    learn(station, "B")

    assert station.request(call.ClearCache()) == {"status": "Accepted"}

    station.restart()
    assert not kept(station)
    assert counted(station) == 0


def test_without_a_cache_there_is_nothing_to_clear(station: Station) -> None:
    learn(station)
    station.set(variables.CACHE_ENABLED, value=False)

    assert station.request(call.ClearCache()) == {"status": "Rejected"}  # C11.FR.04
    assert len(kept(station)) == 1


def test_a_doubled_clear_does_not_clear_what_came_after(station: Station) -> None:
    assert station.request(call.ClearCache(), "m1") == {"status": "Accepted"}
    learn(station)

    assert station.request(call.ClearCache(), "m1") == {"status": "Accepted"}

    assert len(kept(station)) == 1


# -- a full cache --------------------------------------------------------------------------------------------

EACH = BOUND // 10 - 320
"""So long is the info of entries of which ten fill the cache."""


def fill(station: Station, entries: Iterable[tuple[str, bool, int | None, int, int, int]]) -> None:
    """Name, whether accepted, when it expires, when it was stored and used, in seconds, and how often."""

    station.tables.apply(
        CachedToken(
            token=fingerprint(name, "ISO14443"),
            info="i" * EACH,
            accepted=accepted,
            expires_at=None if expires_s is None else START + timedelta(seconds=expires_s),
            stored_at=START + timedelta(seconds=stored_s),
            used_at=START + timedelta(seconds=used_s),
            uses=uses,
        )
        for name, accepted, expires_s, stored_s, used_s, uses in entries
    )
    station.restart()


def full(station: Station, *odd: tuple[str, bool, int | None, int, int, int]) -> None:
    """Ten entries: the odd ones, and others that were stored, used and used often after those."""
    others = ((f"x{number}", True, None, 50, 50, 50) for number in range(10 - len(odd)))
    fill(station, (*odd, *others))


def gone(station: Station) -> set[str]:
    names = {"a", "b", "c", *(f"x{number}" for number in range(10))}
    return {name for name in names if fingerprint(name, "ISO14443") not in station.tables.all(CachedToken)}


@pytest.mark.parametrize(("policy", "first"), [("LRU", "a"), ("LFU", "b"), ("FIFO", "c"), ("CUSTOM", "a")])
def test_the_policy_says_who_makes_room(station: Station, policy: str, first: str) -> None:
    station.set(variables.CACHE_POLICY, policy)
    #               stored, used, uses
    full(station, ("a", True, None, 9, 1, 9), ("b", True, None, 9, 9, 1), ("c", True, None, 1, 9, 9))

    learn(station, "new")

    assert first in gone(station)
    assert len(kept(station)) == 9
    assert find(station, "new") is not None


@pytest.mark.parametrize(
    "useless", [("a", False, None, 99, 99, 99), ("a", True, -1, 99, 99, 99)], ids=["refused", "expired"]
)
def test_useless_entries_make_room_first(
    station: Station, useless: tuple[str, bool, int | None, int, int, int]
) -> None:
    full(station, useless, ("b", True, 10**6, 0, 0, 0))

    learn(station, "new")

    assert "a" in gone(station)
    assert find(station, "new") is not None


def test_making_room_leaves_nine_tenths(station: Station) -> None:
    full(station)

    learn(station, "new")

    assert 0.8 * BOUND < counted(station) <= 0.9 * BOUND
    assert counted(station) == sum(size_bytes(each) for each in kept(station))


def test_what_is_larger_than_the_cache_is_not_kept(station: Station) -> None:
    learn(station)
    huge = datatypes.MessageContentType("x" * BOUND, enums.MessageFormatEnumType.utf8)

    learn(station, "B", personal_message=huge)

    assert not kept(station)
    assert counted(station) == 0


@settings(derandomize=True, max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.sampled_from(list(Status)), st.sampled_from("lfuk")),
        max_size=12,
    )
)
def test_the_count_is_right_after_whatever_happens(steps: list[tuple[str, Status, str]]) -> None:
    station = Station(blocks=(cache.BLOCK,))
    for name, status, what in steps:
        if what == "l":
            learn(station, name, status=status)
        elif what == "f":
            forget(station, name)
        elif what == "u" and (entry := find(station, name)) is not None:
            use(station, entry)
        else:
            station.restart()

        assert counted(station) == sum(size_bytes(each) for each in kept(station))
