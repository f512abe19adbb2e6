"""Tests for actors/auth/token_request_actor.py: how validators fare that are slow, dead or dying (M2.10)."""

from __future__ import annotations

import pytest

from actors.auth.token_request_actor import AGAIN_S, DEADLINE_S, REPLACED_S
from protocols.interfaces import auth
from protocols.types.authorization import WithdrawAuthorizationRequest
from tests.support.auth_desk import token
from tests.support.auth_stage import Stage
from tests.support.auth_validators import NO_START, RAISES

ACCEPTS, THINKS = {"sleep": 0.0}, {"sleep": 60.0}


def requests(stage):
    return [path for path in stage.simulation.actors() if path.startswith("site/auth/request_")]


@pytest.mark.parametrize("blow", ["kill", "hang"])
def test_the_successor_of_a_validator_that_dies_with_a_token_is_asked(tmp_path, blow):
    stage = Stage(tmp_path, validators=[{"sleep": 1.0}])
    stage.present(token())
    stage.wait(0.1)

    getattr(stage.simulation, blow)("site/validator_1")
    stage.wait(5)

    assert [what for _about, _number, what in stage.lines()] == ["Processing", "Accepted"]
    assert not requests(stage)


@pytest.mark.parametrize("blow", ["kill", "hang"])
def test_a_token_that_two_validators_in_a_row_die_of_is_not_known(tmp_path, blow):
    stage = Stage(tmp_path, validators=[{"sleep": 5.0}])
    stage.present(token())
    stage.wait(0.1)

    for _ in range(2):
        before = stage.stream()
        getattr(stage.simulation, blow)("site/validator_1")
        stage.wait(4)

    assert before == ["Processing"]
    assert stage.stream() == ["Processing", "Rejected"]
    assert not requests(stage)


@pytest.mark.parametrize(
    ("script", "ends"),
    [
        ([RAISES, "Accepted"], "Accepted"),
        ([RAISES, RAISES, "Accepted"], "Rejected"),
        (["Crashed", "Unavailable", "Unavailable", "Accepted"], "Accepted"),
        (["Crashed", "Timeout", "Accepted"], "Rejected"),
        (["Timeout", "Accepted"], "Rejected"),
    ],
    ids=["it raises", "it raises again", "a program comes back", "it comes back and is late", "it is late"],
)
def test_what_becomes_of_a_token_by_what_its_validator_does(tmp_path, script, ends):
    stage = Stage(tmp_path, validators=[{"script": script}])
    stage.present(token())

    stage.wait(3)

    assert stage.stream() == ["Processing", ends]
    assert stage.asked() == (len(script) if ends == "Accepted" else len(script) - 1)


def test_a_validator_that_dies_for_good_is_waited_for_only_so_long(tmp_path):
    stage = Stage(tmp_path, validators=[{"script": [RAISES], "lives": ["starts", NO_START]}])
    stage.present(token())

    stage.wait(REPLACED_S - 1)
    before = stage.stream()
    stage.wait(2)

    assert before == ["Processing"]
    assert stage.stream() == ["Processing", "Rejected"]


def test_a_validator_that_is_not_there_is_waited_for_only_so_long(tmp_path):
    stage = Stage(tmp_path, validators=[{"script": ["Unavailable"]}])
    stage.present(token())

    stage.wait(REPLACED_S - 0.5)
    before = stage.stream()
    stage.wait(1)

    assert before == ["Processing"]
    assert stage.stream() == ["Processing", "Rejected"]
    assert stage.asked() == pytest.approx(REPLACED_S / AGAIN_S, abs=2)


def test_a_death_gives_a_validator_no_more_time_in_all(tmp_path):
    stage = Stage(tmp_path, validators=[{"sleep": DEADLINE_S - 5}])
    stage.present(token())
    stage.wait(10)
    stage.simulation.kill("site/validator_1")

    stage.wait(DEADLINE_S - 11)
    before = stage.stream()
    stage.wait(2)

    assert before == ["Processing"]
    assert stage.stream() == ["Processing", "Rejected"]
    assert not requests(stage)


def test_one_that_dies_late_and_stays_away_is_waited_for_no_longer(tmp_path):
    stage = Stage(tmp_path, validators=[{"sleep": 60.0, "lives": ["starts", NO_START]}])
    stage.present(token())
    stage.wait(DEADLINE_S - 2)
    stage.simulation.kill("site/validator_1")

    stage.wait(1)
    before = stage.stream()
    stage.wait(2)

    assert before == ["Processing"]
    assert stage.stream() == ["Processing", "Rejected"]


def test_nobody_waits_for_a_successor_where_another_accepts(tmp_path):
    stage = Stage(tmp_path, validators=[{"script": [RAISES, "Blocked"]}, ACCEPTS])
    stage.present(token())

    stage.wait(AGAIN_S / 2)
    before = stage.stream()
    stage.wait(3)

    assert before == ["Processing", "Accepted"]
    assert [what for _about, _number, what in stage.lines()] == ["Processing", "Accepted"]
    assert not requests(stage)


def test_a_successor_that_accepts_is_heard_before_a_slow_validator(tmp_path):
    stage = Stage(tmp_path, validators=[{"script": [RAISES, "Accepted"]}, THINKS])
    stage.present(token())

    stage.wait(1)

    assert stage.stream() == ["Processing", "Accepted"]


def test_a_successor_may_think_for_longer_than_it_was_away(tmp_path):
    stage = Stage(tmp_path, validators=[{"sleep": REPLACED_S + 2}])
    stage.present(token())
    stage.wait(1)
    stage.simulation.kill("site/validator_1")

    stage.wait(REPLACED_S + 3)

    assert stage.stream() == ["Processing", "Accepted"]


def test_a_validator_that_was_just_replaced_may_think_for_long(tmp_path):
    stage = Stage(tmp_path, validators=[{"sleep": REPLACED_S + 2}])
    stage.simulation.kill("site/validator_1")

    stage.present(token())
    stage.wait(REPLACED_S + 4)

    assert stage.stream() == ["Processing", "Accepted"]


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
