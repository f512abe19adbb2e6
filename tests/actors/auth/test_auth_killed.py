"""The actors of authorization, killed and hung at every message: what is promised is what happens."""

from __future__ import annotations

import pytest

from tests.support.auth_desk import token
from tests.support.auth_stage import MAIN, Stage

TARGETS = {
    "auth": "site/auth/auth",
    "request": "site/auth/request_",
    "evse": "site/evse_1",
    "validator": "site/validator_1",
}
PAUSES_S = {"kill": 1, "hang": 3}
"""A hang is found only by the heartbeat."""
ENDS = {"UsedToStart", "UsedToStop", "Rejected", "TimedOut", "Withdrawn"}


def charge(stage, pause_s):
    """A card charges a car and stops it, the car leaves; then a card for a car that never comes."""
    stage.drive(1, "plug")
    stage.present(token("CARD", request_id=1))
    stage.wait(pause_s)
    charged = stage.evse(1).phase.value == "Transaction"
    if charged:
        stage.present(token("CARD", request_id=2))
        stage.wait(pause_s)
    stage.drive(1, "unplug")
    stage.wait(pause_s)
    stage.present(token("LATE", request_id=3, connectors=(1,)))
    stage.wait(4 + 2 * pause_s)
    return charged


def check(stage):
    played = stage.evse(1)
    granted = [one.request_id for one, _ in played.granted]
    started = [one.request_id for one, _ in played.started]
    assert len(granted) == len(set(granted))
    assert set(started) <= set(granted)
    state = stage.simulation.actor(MAIN).state
    assert not state.requests
    assert not any(evse.errands or evse.holder for evse in state.evses.values())
    lines = stage.lines()
    for request in (1, 2, 3):
        stream = [what for _about, number, what in lines if number == request]
        ends = ENDS.intersection(stream)
        assert len(ends) == min(1, len(stream)), f"{request}: {stream}"
        assert (request in started) == ("UsedToStart" in stream)
        assert set(granted).isdisjoint({request}) or "Accepted" in stream
    assert not played.stopped or played.stopped[0][0] == played.started[0][1]


def messages_of(tmp_path, pattern):
    """How many messages an actor handles in the scenario, undisturbed."""
    stage = Stage(tmp_path / "count", connection_timeout=4)
    seen = stage.strike(pattern, -1, "kill")
    assert charge(stage, 1)
    check(stage)
    assert stage.stream("CARD") == ["Processing", "Accepted", "UsedToStart", "Processing", "UsedToStop"]
    assert stage.stream("LATE") == ["Processing", "Accepted", "TimedOut"]
    return seen["count"]


@pytest.mark.untraced
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("blow", ["kill", "hang"])
@pytest.mark.timeout(120)
def test_whoever_dies_at_whatever_message_a_token_ends_once(tmp_path, target, blow):
    count = messages_of(tmp_path, TARGETS[target])
    charged = 0

    for number in range(1, count + 1):
        stage = Stage(tmp_path / str(number), connection_timeout=4)
        stage.strike(TARGETS[target], number, blow)
        charged += charge(stage, PAUSES_S[blow])
        check(stage)

    assert charged  # most deaths hurt nobody
