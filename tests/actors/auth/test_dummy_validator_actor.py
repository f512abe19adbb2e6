"""Tests for actors/auth/dummy_validator_actor.py."""

from __future__ import annotations

import pytest

from tests.support.auth_desk import token
from tests.support.auth_stage import Stage


@pytest.mark.parametrize(
    ("answer", "end"),
    [("Accepted", "Accepted"), ("Blocked", "Rejected"), ("Expired", "Rejected"), ("Invalid", "Rejected")],
)
def test_every_token_gets_the_configured_answer_after_a_while(tmp_path, answer, end):
    stage = Stage(tmp_path, validators=[{"validation_result": answer, "sleep": 2.0}])
    stage.present(token())

    stage.wait(1.9)
    before = stage.stream()
    stage.wait(0.2)

    assert before == ["Processing"]
    assert stage.stream() == ["Processing", end]


def test_it_thinks_about_several_tokens_at_a_time(tmp_path):
    stage = Stage(tmp_path, validators=[{"sleep": 2.0}])
    stage.present(token("ONE"))
    stage.wait(1)
    stage.present(token("TWO"))

    stage.wait(1.1)

    assert stage.stream("ONE")[-1] == "Accepted"
    assert stage.stream("TWO")[-1] == "Processing"
