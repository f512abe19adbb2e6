"""Methods that look at the picture, step by step."""

import json

import pytest

from actors.engine.messages import GetTree
from actors.gateway.method import SITE, Ask, Done, Listen, Scene, Unlisten
from actors.gateway.methods import METHODS
from actors.gateway.methods.observation import MOST_MESSAGES
from actors.gateway.rpc import Code, RpcError
from protocols.interfaces import evse_manager
from protocols.message import Failure, FailureReason
from tests.support.gateway_data import AC, DC, TREE, at, play, sample

LOST = Failure(reason=FailureReason.TIMEOUT, detail="late")


@pytest.fixture(scope="module")
def picture():
    return play(60).picture


def call(picture, name, reply=TREE, **params):
    """The steps of a method that asks for the tree at most, and its result as JSON values."""
    method, steps = METHODS[name], []
    running = method.run(Scene(at(60), sample(), picture, 1), method.read(params))
    try:
        step = next(running)
        while True:
            steps.append(step)
            step = running.send(reply if isinstance(step, Ask) else None)
    except StopIteration as end:
        result = method.write(end.value)
    json.dumps(result, allow_nan=False)
    return steps, result


def refused(picture, name, reply=TREE, **params):
    with pytest.raises(RpcError) as caught:
        call(picture, name, reply, **params)
    return caught.value


def test_the_site_is_told_as_in_its_topic(picture):
    assert call(picture, "site.get") == ([], picture.snapshot("site"))


def test_the_tree_is_asked_for(picture):
    steps, tree = call(picture, "tree.get")

    assert steps == [Ask(SITE, GetTree())]
    assert tree["children"][1]["children"][0]["restarts"] == 2


def test_a_tree_that_does_not_answer_is_an_error(picture):
    assert refused(picture, "tree.get", LOST).code is Code.FAILURE


@pytest.mark.parametrize(
    ("params", "found"),
    [({}, [DC, AC]), ({"limit": 1}, [DC]), ({"evse": 1}, [AC]), ({"limit": 1, "evse": 1}, [AC])],
)
def test_sessions_are_listed_the_newest_first(picture, params, found):
    sessions = call(picture, "sessions.list", **params)[1]["sessions"]

    assert [each["session"] for each in sessions] == found
    assert not any(each["power"] for each in sessions)


def test_one_session_has_its_curve(picture):
    session = call(picture, "sessions.get", session=DC)[1]

    assert session["power"][-1][1] == 60_000
    assert [each["step"] for each in session["steps"]] == list(range(7))


def test_a_session_that_is_not_there_is_answered_with_those_that_are(picture):
    problem = refused(picture, "sessions.get", session="nobody")

    assert (problem.code, problem.data) == (Code.NO_SUCH, {"known": [DC, AC]})


@pytest.mark.parametrize(("params", "count"), [({}, 1), ({"evse": 1}, 1), ({"evse": 2}, 0)])
def test_errors_are_listed(picture, params, count):
    assert len(call(picture, "errors.list", **params)[1]["errors"]) == count


def test_certificates_are_listed(picture):
    assert call(picture, "certificates.list")[1]["certificates"][0]["kind"] == "SECC leaf"


def test_messages_are_listed_in_their_order(picture):
    def numbers(**params):
        return [each["number"] for each in call(picture, "messages.list", **params)[1]["messages"]]

    everything = numbers()
    assert everything == sorted(everything)
    assert numbers(limit=2) == everything[-2:]
    assert numbers(since=everything[-3]) == everything[-2:]
    assert set(numbers(source="v2g")) | set(numbers(source="ocpp")) == set(everything)
    assert numbers(evse=2) == numbers(source="v2g")


@pytest.mark.parametrize("name", ["sessions.list", "errors.list", "messages.list"])
def test_an_evse_that_is_not_there_is_refused(picture, name):
    assert refused(picture, name, evse=7).code is Code.NO_SUCH


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("messages.list", {"limit": MOST_MESSAGES + 1}),
        ("messages.list", {"source": "x"}),
        ("sessions.list", {"limit": 0}),
        ("observe.subscribe", {"topics": []}),
        ("observe.subscribe", {"topics": ["weather"]}),
        ("observe.subscribe", {"topics": ["variables"]}),
        ("observe.subscribe", {"topics": ["site"], "names": ["evse_1/evse"]}),
        ("observe.unsubscribe", {"topics": ["site"], "names": ["evse_1/evse"]}),
    ],
)
def test_what_makes_no_sense_is_refused(picture, name, params):
    assert refused(picture, name, **params).code is Code.PARAMS


def test_who_subscribes_gets_every_topic_as_it_stands(picture):
    topics = ("site", "tree", "messages", "errors")
    steps, told = call(picture, "observe.subscribe", topics=topics)

    assert steps == [Ask(SITE, GetTree()), Listen(frozenset(topics), frozenset())]
    assert told["site"] == picture.snapshot("site")
    assert told["messages"] == picture.snapshot("messages")
    assert told["errors"] == picture.snapshot("errors")
    assert told["tree"]["name"] == "site"
    assert told["variables"] is None


def test_who_subscribes_to_one_topic_gets_that_one(picture):
    steps, told = call(picture, "observe.subscribe", topics=("errors",))

    assert steps == [Listen(frozenset({"errors"}), frozenset())]
    assert [topic for topic, data in told.items() if data is not None] == ["errors"]
    assert call(picture, "observe.subscribe", topics=("site",))[1]["errors"] is None


def test_a_tree_that_is_late_holds_no_subscription_up(picture):
    steps, told = call(picture, "observe.subscribe", LOST, topics=("tree",))

    assert len(steps) == 2
    assert told["tree"] is None


@pytest.mark.parametrize("names", [("evse_1/evse",), ("*",)])
def test_variables_are_told_by_name(picture, names):
    picture.variables.keep("evse_1/evse", evse_manager.Ready(ready=True), at(60))
    steps, told = call(picture, "observe.subscribe", topics=("variables",), names=names)

    assert steps == [Listen(frozenset({"variables"}), frozenset(names))]
    assert [each["tag"] for each in told["variables"]["variables"]] == ["evse_manager.ready"]


def test_a_name_that_is_not_there_is_refused_with_the_nearest(picture):
    problem = refused(picture, "observe.subscribe", topics=("variables",), names=("evse_1/evs",))

    assert problem.data == {"nearest": "evse_1/evse"}


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"topics": ("site",)}, ()),
        ({"topics": ("variables",)}, ()),
        ({"topics": ("variables",), "names": ("evse_1/evse",)}, ("evse_1/evse",)),
    ],
)
def test_who_unsubscribes_is_told_no_more(picture, params, names):
    steps, told = call(picture, "observe.unsubscribe", **params)

    assert steps == [Unlisten(frozenset(params["topics"]), frozenset(names))]
    assert told == METHODS["observe.unsubscribe"].write(Done())
