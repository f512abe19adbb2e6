"""Tests for actors/auth/state.py; what lives recover is in test_desk."""

from __future__ import annotations

import dataclasses

from actors.auth.entries import Change, Evse, Request
from actors.auth.state import Rules, applied, difference, everything, initial, restored
from protocols import codec
from tests.support.auth_desk import Desk, token

FRESH = initial(Rules(), 60, "", (1, 2))


def test_what_has_not_changed_needs_no_record():
    assert difference(FRESH, FRESH) is None
    assert difference(FRESH, dataclasses.replace(FRESH, live={1: Desk().state.live[1]})) is None


def test_a_record_holds_what_has_changed_and_nothing_else():
    changed = dataclasses.replace(
        FRESH, evses={**FRESH.evses, 2: Evse(evse_id=2, session_id="s")}, numbered=4
    )

    assert difference(FRESH, changed) == Change(evses=(Evse(evse_id=2, session_id="s"),), numbered=4)


def test_a_record_forgets_what_is_over():
    before = dataclasses.replace(FRESH, requests={7: Request(number=7, token=token())})

    change = difference(before, FRESH)

    assert change == Change(ended=(7,))
    assert applied(before, change) == FRESH


def test_a_snapshot_survives_the_codec():
    desk = Desk()
    desk.plug(1)
    desk.present(token())

    snapshot = codec.decode(codec.encode(everything(desk.state)))

    assert dataclasses.replace(restored(FRESH, snapshot), live=desk.state.live) == desk.state
