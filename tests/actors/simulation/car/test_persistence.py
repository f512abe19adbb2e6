"""Tests for actors/simulation/car/persistence.py: a car whose talk breaks off."""

from __future__ import annotations

import pytest

from actors.simulation.car.messages import TalkState
from actors.simulation.car.persistence import PATIENCE_S, RETRY_S, TRIES, Persistence, Stand

RUNS = TalkState(running=True)
CHARGES = TalkState(running=True, charging=True)
BROKEN = TalkState(outcome="ConnectionLost: gone")
CHARGED = TalkState(completed=True, outcome="charged")


def talking(*states: TalkState) -> Persistence:
    """A car that has begun to talk, and what was said of that since."""
    made = Persistence()
    made.begin("dc", "contract")
    for each in (RUNS, *states):
        made.talked(each, 100.0)
    return made


def test_a_talk_that_breaks_off_is_begun_again_after_a_while() -> None:
    car = talking(BROKEN)

    assert not car.again(100.0 + RETRY_S - 0.1, wanted=True)
    assert car.again(100.0 + RETRY_S, wanted=True)
    assert (car.stand, car.mode, car.pay) == (Stand.BEGINS, "dc", "contract")
    assert not car.again(100.0 + RETRY_S, wanted=True)


def test_a_station_that_asks_for_no_talk_is_waited_for_so_long() -> None:
    car = talking(BROKEN)

    assert not car.again(100.0 + PATIENCE_S - 0.1, wanted=False)
    assert car.lost == ""
    assert not car.again(100.0 + PATIENCE_S, wanted=False)
    assert car.lost == "the car has given up: ConnectionLost: gone"


@pytest.mark.parametrize(("reached", "further"), [(RUNS, TRIES), (CHARGES, TRIES + 5)])
def test_only_a_talk_that_has_charged_gives_all_tries_again(reached: TalkState, further: int) -> None:
    car = talking(BROKEN)
    count = 0

    while count < further and car.again(100.0 + RETRY_S, wanted=True):
        count += 1
        car.talked(RUNS, 100.0)
        car.talked(reached, 100.0)
        car.talked(BROKEN, 100.0)

    assert count == further
    assert (car.stand is Stand.GIVEN_UP) is (reached is RUNS)


def test_a_talk_that_does_not_begin_counts_as_one_that_broke_off() -> None:
    car = Persistence()
    car.begin("ac", "")

    for number in range(TRIES + 1):
        assert car.stand is Stand.BEGINS, number
        car.refused("no certificates", 100.0)
        car.again(100.0 + RETRY_S, wanted=True)

    assert car.lost == "the car has given up: no certificates"


@pytest.mark.parametrize(
    ("car", "why"),
    [
        (Persistence(), "no talk has begun"),
        (talking(CHARGED), "the talk is over: charged"),
        (talking(RUNS), ""),
        (talking(BROKEN), ""),
    ],
)
def test_who_waits_for_a_talk_learns_that_there_will_be_none(car: Persistence, why: str) -> None:
    assert car.lost == why
    assert car.again(100.0 + RETRY_S, wanted=True) is (car.stand is Stand.BEGINS)


def test_a_talk_that_the_car_has_left_is_not_begun_again() -> None:
    car = talking(CHARGES)
    car.leave()
    car.talked(BROKEN, 100.0)
    car.refused("late", 100.0)

    assert car.stand is Stand.NONE
    assert not car.again(100.0 + RETRY_S, wanted=True)


def test_what_is_said_of_an_earlier_talk_does_not_count() -> None:
    car = Persistence()
    car.begin("dc", "")
    car.talked(BROKEN, 100.0)
    assert car.stand is Stand.BEGINS

    over = talking(CHARGED)
    over.talked(RUNS, 100.0)
    assert over.stand is Stand.OVER


def test_who_talked_and_says_nothing_of_the_end_has_ended() -> None:
    car = talking(TalkState())
    car.again(100.0 + PATIENCE_S, wanted=False)

    assert car.lost == "the car has given up: who talked has ended"
