"""What a script may say, and what it may not."""

import pytest
from pydantic import ValidationError

from actors.simulation.csms.script import Begin, Fault, Script

CALL = {"call": {"action": "Reset", "payload": {"type": "Immediate"}}}


def problem(given, model=Script):
    with pytest.raises(ValidationError) as found:
        model.model_validate(given)
    return found.value.errors()[0]["msg"]


def test_an_empty_script_accepts_everything():
    plan = Script()

    assert (plan.tokens, plan.contracts, plan.stations.known) == (None, None, {})
    assert [version.value for version in plan.versions] == ["ocpp2.1", "ocpp2.0.1", "ocpp1.6"]


def test_an_action_must_be_one_of_some_version():
    assert "no version has this action" in problem({"answers": [{"action": "Heartbaet"}]})
    assert "Heartbeat" in problem({"answers": [{"action": "Heartbaet"}]})


@pytest.mark.parametrize("action", ["Heartbeat", "StartTransaction", "Notify*", "*", "?*"])
def test_an_action_of_any_version_or_a_pattern_will_do(action):
    assert Script.model_validate({"answers": [{"action": action}]})


@pytest.mark.parametrize("payload", [{"a": float("inf")}, {"a": [float("nan")]}])
@pytest.mark.parametrize("make", ["answer", "merge", "call", "fault", "info"])
def test_what_is_sent_must_be_json(make, payload):
    places = {
        "answer": {"answers": [{"payload": payload}]},
        "merge": {"answers": [{"merge": payload}]},
        "call": {"scenes": [{"name": "x", "steps": [{"call": {"action": "Reset", "payload": payload}}]}]},
        "fault": {"faults": [{"kind": "invalid", "payload": payload}]},
        "info": {"tokens": [{"id": "AA", "info": payload}]},
    }

    assert "JSON" in problem(places[make])


def test_places_must_have_known_names():
    assert "nothing is called ${x}" in problem({"answers": [{"merge": {"a": "${x}"}}]})


@pytest.mark.parametrize("kind", ["refuse", "hang", "no_subprotocol", "storm", "freeze"])
@pytest.mark.parametrize("more", [{"action": "Heartbeat"}, {"where": {"a": 1}}])
def test_a_fault_of_connections_is_about_no_message(kind, more):
    assert "not about a message" in problem({"kind": kind, **more}, Fault)


@pytest.mark.parametrize("step", [{}, {**CALL, "sleep_s": 1}, {"drop": False}])
def test_a_step_is_just_one_thing(step):
    assert problem({"scenes": [{"name": "x", "steps": [step]}]})


def test_a_scene_begins_once_behind_the_boot_by_default():
    (scene,) = Script.model_validate({"scenes": [{"name": "x", "steps": [CALL]}]}).scenes

    assert scene.begin == Begin(at="booted", times=1, after_s=0)


def test_a_password_is_not_shown():
    plan = Script.model_validate({"stations": {"known": {"cp-1": {"password": "hidden"}}}})

    assert "hidden" not in repr(plan)
