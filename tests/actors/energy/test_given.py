"""Tests for actors/energy/given.py: how long what was granted before is held (rows M6.22, M15.2)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from actors.energy.given import Given, larger
from actors.energy.sharing import Claim, Key, Quantity, Share
from tests.support.energy import NOW

if TYPE_CHECKING:
    from datetime import datetime

GRID = Key("grid", Quantity.CURRENT_A)


def at(after_s: float) -> datetime:
    return NOW + timedelta(seconds=after_s)


def share(amount: float, *, ac: bool = True) -> Share:
    claim = Claim(uuid="a", most=100.0, source="a", slice=1.0, draws=((GRID, 1.0),), ac=ac)
    return Share(claim, amount, "grid")


def granted(*steps: tuple[float, float], ac: bool = True, valid_s: float = 10.0) -> Given:
    """Amounts that were granted one after the other, each at its time."""
    given = Given(taken={}, until=NOW, free=NOW)
    for after_s, amount in steps:
        given = given.followed_by(share(amount, ac=ac), at(after_s + valid_s + 5.0), at(after_s))
    return given


def until_s(given: Given, more: float) -> float:
    """When so much is surely not drawn any more."""
    return next(half / 2 for half in range(100) if given.loads(at(half / 2)).get(GRID, 0.0) < more)


@pytest.mark.parametrize(
    ("steps", "more", "found_s"),
    [
        (((0, 32), (1, 16)), 32, 6.0),  # shown at once, followed 5 s later
        (((0, 32), (1, 16), (2, 10)), 16, 11.0),  # shown at 6 s
        (((0, 32), (1, 16), (2, 10), (3, 8)), 10, 13.0),  # 8 A at 8 s at the latest, 10 A perhaps never
        (((0, 32), (1, 16), (6, 10)), 16, 11.0),  # the pilot is free again
        (((0, 16), (1, 32), (2, 10)), 32, 11.0),  # a rise is a change as well
        (((0, 32), (1, 16), (2, 0)), 16, 7.0),  # off at once
        (((0, 32), (1, 16), (2, 0), (3, 10)), 10, 18.0),  # on at once, and valid for 10 s
        (((0, 32), (1, 16), (2, 16)), 32, 6.0),  # the same again changes nothing
        (((0, 32), (12, 16)), 32, 15.0),  # the first has run out meanwhile
    ],
)
def test_what_was_granted_is_held_until_a_car_has_obeyed(
    steps: tuple[tuple[float, float], ...], more: float, found_s: float
) -> None:
    assert until_s(granted(*steps), more) == found_s


def test_a_supply_of_direct_current_waits_for_no_pilot() -> None:
    assert until_s(granted((0, 32), (1, 16), (2, 10), ac=False), 16) == 7.0


def test_of_two_loads_the_larger_counts_for_each_cap() -> None:
    other = Key("fuse", Quantity.POWER_W)

    assert larger({GRID: 1.0}, {GRID: 2.0, other: 3.0}) == {GRID: 2.0, other: 3.0}
