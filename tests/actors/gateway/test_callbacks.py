"""What the Gateway says by itself, held to what it publishes of that."""

import json

import jsonschema_rs
import pytest

from actors.gateway.callbacks import CALLBACKS
from actors.gateway.hub import NEWS
from actors.gateway.methods import METHODS
from actors.gateway.picture.forms import as_json
from actors.gateway.picture.variables import shown
from actors.gateway.role import INVOKE, LOST, Role
from actors.gateway.schema import document
from protocols import interfaces
from protocols.interfaces import evse_manager, kvs
from tests.support.gateway_data import T0, play

DOCUMENT = json.loads(json.dumps(document(METHODS)))
PUBLISHED = {each["name"]: each for each in DOCUMENT["x-callbacks"]}


def fits(schema, thing):
    validator = jsonschema_rs.validator_for({**schema, "components": DOCUMENT["components"]})
    return validator.is_valid(thing)


def fits_params(name, given):
    told = PUBLISHED[name]["params"]
    return {each["name"] for each in told if each["required"]} <= set(given) <= {
        each["name"] for each in told
    } and all(fits(each["schema"], given[each["name"]]) for each in told if each["name"] in given)


def test_all_that_is_said_to_clients_is_published():
    assert set(PUBLISHED) == {each.name for each in CALLBACKS} == {INVOKE, LOST, NEWS}
    assert {name: "result" in each for name, each in PUBLISHED.items()} == {
        INVOKE: True, LOST: True, NEWS: False,
    }  # fmt: skip


def test_a_role_is_asked_as_published():
    role = Role("box", {"store": interfaces.load_all()["kvs"]})
    asked = role.invocation("store", kvs.Store(key="a", value={"deep": ("x", 1, None)}))

    assert fits_params(INVOKE, asked)
    assert not fits_params(INVOKE, {**asked, "more": 1})
    assert not fits_params(INVOKE, {**asked, "arguments": []})


@pytest.mark.parametrize(
    ("answer", "good"), [(None, True), ({}, True), ({"a": [1]}, True), ([], False), (1, False)]
)
def test_an_answer_that_the_role_takes_is_one_as_published(answer, good):
    assert fits(PUBLISHED[INVOKE]["result"]["schema"], answer) is good
    assert (not raises(lambda: Role.reply(kvs.Store(key="a", value={}), {} if good else answer))) is good


def raises(what):
    try:
        what()
    except ValueError:
        return True
    return False


def test_news_of_two_sessions_are_as_published():
    """Every news of the sample, by its topic; each kind of news of the site is among them."""
    told = PUBLISHED[NEWS]["x-data"]
    news = play().news
    assert [each for each in news if not fits(told[each[1]], each[2])] == []
    kinds = {key for _s, topic, data in news if topic == "site" for key in data}
    assert kinds == {"evse", "csms", "certificates", "ready"}
    assert {topic for _s, topic, _data in news} == {"site", "messages", "errors"}


def test_news_of_a_variable_is_as_published():
    news = as_json(shown("evse_1/evse", evse_manager.Ready(ready=True), T0))
    assert fits_params(NEWS, {"topic": "variables", "data": news})
    assert fits(PUBLISHED[NEWS]["x-data"]["variables"], news)


@pytest.mark.parametrize("data", [{"evse": 1}, {"csms": None}, {}, {"ready": "yes"}])
def test_what_is_no_news_of_the_site_does_not_fit(data):
    assert not fits(PUBLISHED[NEWS]["x-data"]["site"], data)
