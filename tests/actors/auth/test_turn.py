"""Tests for actors/auth/turn.py; what handlers do with it is in their tests."""

from __future__ import annotations

from datetime import timedelta

import pytest

from actors.auth.entries import ErrandKind
from actors.auth.inputs import Cancel, Note, Say, Start
from actors.auth.state import Rules, initial
from actors.auth.turn import Turn
from protocols.types.authorization import TokenValidationStatus
from protocols.types.text_message import MessageContent
from tests.support.auth_desk import token, verdict
from tests.support.auth_evse import NOW


def turn():
    return Turn(initial(Rules(), 60, "", (1, 2)), NOW)


def test_no_number_is_given_out_twice():
    one = turn()

    assert [one.number(), one.number(), one.add_errand(1, ErrandKind.RELEASE).number] == [1, 2, 3]


def test_a_change_leaves_the_state_it_began_with_alone():
    one = turn()
    before = one.state

    one.change_evse(1, session_id="s")

    assert before.evses[1].session_id == ""
    assert one.evse(1).session_id == "s"


def test_what_is_said_is_kept_until_it_is_known_to_be_published():
    one = turn()
    text = MessageContent(content="0.30 EUR/kWh")

    one.say(token(), TokenValidationStatus.ACCEPTED, verdict(tariff_messages=(text,)))

    (said,) = one.state.outbox
    assert one.effects == [Say(said)]
    assert said.token.messages == (text,)


@pytest.mark.parametrize(("left_s", "waits_s"), [(-5, 0.0), (0, 0.0), (20, 20.0), (900, 60.0)])
def test_a_timer_of_an_earlier_life_waits_within_its_bounds(left_s, waits_s):
    one = turn()

    one.start_until("evse 1", NOW + timedelta(seconds=left_s))

    assert one.effects == [Start("evse 1", waits_s)]


def test_effects_keep_their_order():
    one = turn()

    one.cancel("evse 1")
    one.note("seen", evse=1)

    assert one.effects == [Cancel("evse 1"), Note("seen", {"evse": 1})]
