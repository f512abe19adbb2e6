"""The newest entries, numbered, for whoever asks what has passed."""

import pytest

from actors.simulation.csms.recent import Filter, Recent
from actors.simulation.csms.record import Entry, Kind
from tests.support.certificates import NOW


def entry(kind=Kind.FRAME, **more):
    return Entry(at=NOW, kind=kind, **more)


IN = entry(station="cp-1", direction="in", action="Heartbeat", frame="[]")


def numbers(recent, wanted=None, since=0, limit=100):
    return [number for number, _ in recent.select(wanted or Filter(), since, limit)]


def filled(count=5, **settings):
    recent = Recent(**settings)
    for _ in range(count):
        recent.add(IN)
    return recent


def test_entries_are_numbered_from_one():
    recent = filled(3)

    assert (numbers(recent), recent.next_number) == ([1, 2, 3], 4)


def test_since_and_limit_cut_the_answer():
    assert numbers(filled(), since=2, limit=2) == [2, 3]
    assert numbers(filled(), limit=0) == [1]


def test_the_oldest_make_room_by_number_and_by_length():
    assert numbers(filled(5, kept=2)) == [4, 5]
    assert numbers(filled(5, max_characters=6)) == [3, 4, 5]


def test_an_entry_beyond_all_bounds_is_not_kept():
    recent = filled(0, max_characters=6)

    recent.add(entry(text="1234567"))

    assert (numbers(recent), recent.next_number) == ([], 2)


@pytest.mark.parametrize(
    ("wanted", "fitting"),
    [
        ({}, True),
        ({"station": "cp-*"}, True),
        ({"station": "x"}, False),
        ({"action": "Heart*"}, True),
        ({"action": "Boot*"}, False),
        ({"kind": "frame"}, True),
        ({"kind": "fault"}, False),
        ({"direction": "in"}, True),
        ({"direction": "out"}, False),
    ],
)
def test_a_filter_looks_at_four_fields(wanted, fitting):
    assert Filter(**wanted).fits(IN) is fitting


def test_what_an_entry_has_not_fits_only_a_star():
    bare = entry(Kind.CLOSED)

    assert Filter().fits(bare)
    assert not Filter(action="?*").fits(bare)
    assert not Filter(direction="in").fits(bare)
