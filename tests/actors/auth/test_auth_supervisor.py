"""Tests for actors/auth/auth_supervisor.py."""

from __future__ import annotations

from actors.auth import messages
from actors.auth.auth_supervisor import MAX_REQUESTS, branch
from actors.engine.branch import CHILDREN
from actors.engine.supervision import ChildSpec, Exhausted
from protocols import codec
from tests.support.auth_desk import token
from tests.support.auth_stage import MAIN, Stage

SPEC = ChildSpec(
    id="permission",
    actor="actors.auth.auth_actor.AuthActor",
    grants={"permission/main": "auth", "permission/reservation": "reservation"},
    config={"connections": {"token_validator": ["a/main", "b/main"]}},
    stage=1,
)


def requests(stage):
    return [path for path in stage.simulation.actors() if path.startswith("site/auth/request_")]


def test_the_main_actor_serves_the_names_below_the_supervisor():
    made = branch(SPEC)

    (main,) = (codec.from_plain(ChildSpec, plain) for plain in made.config[CHILDREN])
    assert (made.id, main.id, main.grants) == ("permission", "auth", SPEC.grants)
    assert made.stage == 1
    assert made.config["main"] == "permission/main"
    assert made.config["validators"] == ["a/main", "b/main"]


def test_a_branch_that_keeps_dying_does_not_take_the_site_along():
    assert branch(SPEC).exhausted is Exhausted.GIVE_UP


def test_a_token_has_one_actor_however_often_it_is_asked_for(tmp_path):
    stage = Stage(tmp_path, validators=[{"sleep": 5.0}])
    stage.present(token())
    stage.wait(0.1)

    stage.simulation.actor(MAIN).to_supervisor(messages.StartRequest(number=1, token=token()))
    stage.wait(0.1)

    assert len(requests(stage)) == 1


def test_more_tokens_than_can_be_asked_about_are_refused(tmp_path):
    stage = Stage(tmp_path, validators=[{"sleep": 5.0}])
    main = stage.simulation.actor(MAIN)
    for number in range(1000, 1000 + MAX_REQUESTS):
        main.to_supervisor(messages.StartRequest(number=number, token=token()))
    stage.wait(0.1)
    busy = len(requests(stage))

    stage.present(token())
    stage.wait(0.5)

    assert busy == MAX_REQUESTS
    assert stage.stream() == ["Processing", "Rejected"]
