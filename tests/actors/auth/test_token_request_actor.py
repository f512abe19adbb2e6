"""Tests for actors/auth/token_request_actor.py: how validators fare that are slow, dead or dying (M2.10)."""

from __future__ import annotations

import pytest

from actors.auth.token_request_actor import DEADLINE_S
from protocols.interfaces import auth
from protocols.types.authorization import WithdrawAuthorizationRequest
from tests.support.auth_desk import token
from tests.support.auth_stage import Stage

ACCEPTS, THINKS = {"sleep": 0.0}, {"sleep": 60.0}


def requests(stage):
    return [path for path in stage.simulation.actors() if path.startswith("site/auth/request_")]


@pytest.mark.parametrize("blow", ["kill", "hang"])
def test_a_validator_that_dies_with_a_token_in_hand_knows_nothing(tmp_path, blow):
    stage = Stage(tmp_path, validators=[{"sleep": 1.0}])
    stage.present(token())
    stage.wait(0.1)

    getattr(stage.simulation, blow)("site/validator_1")
    stage.wait(5)

    assert stage.stream() == ["Processing", "Rejected"]
    assert not requests(stage)


def test_a_validator_that_is_just_being_replaced_is_waited_for(tmp_path):
    stage = Stage(tmp_path, validators=[ACCEPTS])
    stage.present(token("WARM"))
    stage.wait(1)
    for _ in range(2):  # the second replacement waits a moment
        stage.simulation.kill("site/validator_1")
        stage.simulation.run()

    stage.present(token())
    before = stage.stream()
    stage.wait(3)

    assert before == ["Processing"]
    assert stage.stream() == ["Processing", "Accepted"]


def test_a_dead_validator_does_not_matter_where_another_accepts(tmp_path):
    stage = Stage(tmp_path, validators=[THINKS, ACCEPTS])
    stage.simulation.hang("site/validator_1")

    stage.present(token())
    stage.wait(0.1)

    assert stage.stream() == ["Processing", "Accepted"]


def test_a_validator_that_thinks_for_too_long_knows_nothing(tmp_path):
    stage = Stage(tmp_path, validators=[THINKS])
    stage.present(token())

    stage.wait(DEADLINE_S - 1)
    before = stage.stream()
    stage.wait(2)

    assert before == ["Processing"]
    assert stage.stream() == ["Processing", "Rejected"]


def test_an_actor_whose_token_is_done_leaves_with_the_next_verdict(tmp_path):
    stage = Stage(tmp_path, validators=[{"sleep": 1.0, "validation_result": "Blocked"}, THINKS])
    stage.present(token())
    stage.wait(0.1)
    stage.ask(auth.WithdrawAuthorization(request=WithdrawAuthorizationRequest()))

    before = requests(stage)
    stage.wait(1)

    assert before
    assert not requests(stage)
    assert stage.stream() == ["Processing", "Withdrawn"]
