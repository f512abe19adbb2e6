"""Files are set aside without one of them being overwritten, and no more than wanted are kept."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.ocpp.message_log_rotation import (
    DEFAULT_BYTES,
    DEFAULT_FILES,
    MOST_FILES,
    Remove,
    Rename,
    Rotation,
    rotation_of,
    steps,
    whole,
)
from actors.ocpp.messages import LogOrders

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NAME = "libocpp_201.log"
DATE = f"{NAME}.20260301120000"


def carried_out(present, rotation, now=NOW, upto=None):
    """The directory afterwards: what was in each file, by its name."""
    files = dict(present)
    for step in steps(NAME, files, rotation, now)[:upto]:
        if isinstance(step, Remove):
            del files[step.name]
        else:
            assert isinstance(step, Rename)
            assert step.new not in files
            files[step.new] = files.pop(step.old)
    return files


def named(*suffixes):
    """Files that hold their own names."""
    return {name: name for name in (NAME, *(f"{NAME}.{each}" for each in suffixes))}


@pytest.mark.parametrize(
    ("suffixes", "rotation", "left"),
    [
        ((), Rotation(files=1), {}),
        ((0, 1), Rotation(files=1), {}),
        ((), Rotation(files=2), {"0": ""}),
        ((0,), Rotation(files=2), {"0": ""}),
        ((0, 1), Rotation(files=4), {"0": "", "1": "0", "2": "1"}),
        ((0, 1, 2), Rotation(files=4), {"0": "", "1": "0", "2": "1"}),
        ((0, 3, 9, 10), Rotation(files=9), {"0": "", "1": "0", "4": "3", "10": "9", "11": "10"}),
        ((0, 20250101000000), Rotation(files=4), {"0": "", "1": "0", "20250101000000": "20250101000000"}),
        ((0, 20250101000000), Rotation(files=3), {"0": "", "1": "0"}),
        ((), Rotation(files=3, dated=True), {"20260301120000": ""}),
        ((20260301120000,), Rotation(files=3, dated=True),
         {"20260301120000": "20260301120000", "20260301120001": ""}),
        ((0, 20260201000000), Rotation(files=3, dated=True),
         {"20260301120000": "", "20260201000000": "20260201000000"}),
    ],
)  # fmt: skip
def test_the_oldest_go_and_the_others_move_on(suffixes, rotation, left):
    expected = {f"{NAME}.{new}": f"{NAME}.{old}" if old else NAME for new, old in left.items()}
    assert carried_out(named(*suffixes), rotation) == expected


@pytest.mark.parametrize("stranger", ["x", "0.gz", "-1", "\u0661", "007", "", "1 "])
def test_files_of_others_are_left_alone(stranger):
    present = named(0) | {f"{NAME}.{stranger}": "theirs", "libocpp_201.html.0": "page"}
    after = carried_out(present, Rotation(files=2))

    assert after == {f"{NAME}.0": NAME, f"{NAME}.{stranger}": "theirs", "libocpp_201.html.0": "page"}


@settings(derandomize=True, max_examples=60)
@given(
    st.sets(st.integers(0, 12) | st.integers(20260301115958, 20260301120003)),
    st.integers(1, 6),
    st.booleans(),
    st.integers(0, 20),
)
def test_a_rotation_cut_short_is_made_again_and_loses_no_more(suffixes, files, dated, cut):
    rotation = Rotation(files=files, dated=dated)
    whole_one = carried_out(named(*suffixes), rotation)

    half = carried_out(named(*suffixes), rotation, upto=cut)
    again = carried_out(half, rotation) if NAME in half else half

    assert len(again) < files
    assert set(again.values()) == set(whole_one.values())


def test_names_by_date_are_those_of_utc():
    now = NOW.astimezone(timezone(timedelta(hours=5)))
    assert list(carried_out(named(), Rotation(dated=True), now)) == [DATE]


@pytest.mark.parametrize(
    ("orders", "rotation"),
    [
        (LogOrders(), Rotation(DEFAULT_BYTES, DEFAULT_FILES)),
        (LogOrders(max_bytes=7, max_files=3, dated=True), Rotation(7, 3, dated=True)),
        (LogOrders(max_bytes=7), Rotation(7, DEFAULT_FILES)),
        (LogOrders(max_files=10**9), Rotation(DEFAULT_BYTES, MOST_FILES)),
    ],
)
def test_where_orders_set_no_bounds_ours_hold(orders, rotation):
    assert rotation_of(orders) == rotation


@pytest.mark.parametrize(
    ("tail", "end", "kept"),
    [
        (b"", "\n", None),
        (b"half", "\n", None),
        (b"one\n", "\n", 4),
        (b"one\nhalf", "\n", 4),
        (b"one\n\0\0\0", "\n", 4),
        (b"[\n]\n\n[\n", "\n\n", 5),
        ("ä</details>\n<details>".encode(), "</details>\n", 13),
    ],
)
def test_of_a_tail_the_whole_entries_are_kept(tail, end, kept):
    assert whole(tail, end) == kept
