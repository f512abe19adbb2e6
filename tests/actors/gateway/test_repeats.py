"""What is not said twice."""

import pytest

from actors.gateway.picture import News
from actors.gateway.repeats import Repeats


def of_evse(number, state):
    return News("site", lambda: {"evse": {"evse": number, "state": state}})


def test_the_same_of_an_evse_is_said_once():
    repeats = Repeats()
    said = [("Available", 1), ("Available", 1), ("Available", 2), ("Charging", 1), ("Available", 1)]
    assert [repeats.is_old(of_evse(number, state)) for state, number in said] == [
        False,
        True,
        False,
        False,
        False,
    ]


def test_who_is_new_is_told_everything():
    repeats = Repeats()
    repeats.is_old(of_evse(1, "Available"))
    repeats.forget()
    assert not repeats.is_old(of_evse(1, "Available"))


@pytest.mark.parametrize("news", [News("site", lambda: {"csms": {}}), News("messages", lambda: {"evse": 1})])
def test_other_news_are_never_old(news):
    repeats = Repeats()
    assert [repeats.is_old(news), repeats.is_old(news)] == [False, False]
