"""What the hub does with connections: who may, how much, who hears what."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.gateway.budget import Limits
from actors.gateway.effects import Close, Follow, Note, Send, Silent
from actors.gateway.guard import EVERYTHING
from actors.gateway.method import Scope
from protocols.message import Reply
from tests.support.gateway import TOKEN, Desk, request

SMALL = Limits(connections=3, strangers=1, burst=5, rate_per_s=1.0, running=2, all_running=3)


def desk_of(number=1, **more):
    desk = Desk(**more)
    for each in range(1, number + 1):
        desk.open(each)
    return desk


def desk_with_tokens():
    return Desk(tokens={TOKEN: EVERYTHING, "f" * 16: frozenset({Scope.OBSERVE})})


# -- coming in and going -----------------------------------------------------------------------------------


def test_only_so_many_are_let_in():
    desk = desk_of(4, limits=SMALL)
    assert desk.closed == [(4, 1013)]
    desk.do(desk.hub.closed(1, desk.now))
    assert desk.open(5) == []
    assert desk.hub.connections == 3


def test_strangers_do_not_take_the_places_of_others():
    desk = Desk(tokens={TOKEN: EVERYTHING}, limits=SMALL)
    desk.open(1, scopes=None)
    desk.open(2, scopes=None)
    assert desk.closed == [(2, 1013)]
    assert desk.open(3) == []


def test_a_stranger_is_sent_away_after_a_while():
    desk = desk_with_tokens()
    desk.open(1, scopes=None)
    assert desk.hub.next_s == 10.0
    desk.wait(9.9)
    assert desk.closed == []
    desk.wait(0.1)
    assert desk.closed == [(1, 1008)]
    assert desk.hub.next_s is None


def test_a_stranger_may_say_little_before_the_token():
    desk = desk_with_tokens()
    desk.open(1, scopes=None)
    assert desk.call("echo", value=1)["code"] == -32001
    desk.say(" " * 4096)
    assert desk.closed == []
    desk.say(" " * 4097)
    assert desk.closed == [(1, 1008)]
    assert desk.say(request("echo")) == []


@pytest.mark.parametrize("method", ["rpc.discover", "echo", "nothing.like.it"])
def test_a_stranger_is_told_of_nothing(method):
    desk = desk_with_tokens()
    desk.open(1, scopes=None)
    assert desk.call(method)["message"] == "a token is needed: rpc.authenticate"


def test_strangers_use_up_nothing_that_is_for_all():
    desk = Desk(tokens={TOKEN: EVERYTHING}, limits=replace(SMALL, all_rates=1.0))
    desk.open(1, scopes=None)
    for _ in range(SMALL.burst):
        assert desk.call("echo", value=1)["code"] == -32001
    desk.open(2)
    assert desk.call("echo", 2, value=1) == 1


def test_a_token_opens_what_it_allows():
    desk = desk_with_tokens()
    desk.open(1, scopes=None)
    assert desk.call("rpc.authenticate", token="f" * 16) == {"scopes": ["observe"]}
    assert desk.call("echo", value=1) == 1
    assert desk.call("sleep")["message"] == "this token does not allow control"
    assert desk.call("rpc.authenticate", token=TOKEN)["scopes"] == sorted(Scope)
    assert desk.call("refuse")["code"] == -32004
    desk.wait(60.0)
    assert desk.closed == []


def test_a_third_wrong_token_ends_the_connection():
    desk = desk_with_tokens()
    desk.open(1, scopes=None)
    for _ in range(3):
        assert desk.call("rpc.authenticate", token="guessed")["code"] == -32001
    assert desk.closed == [(1, 1008)]
    assert desk.hub.counts["refused_tokens"] == 3


@pytest.mark.parametrize("params", [{}, {"token": 5}, {"token": TOKEN, "more": 1}])
def test_a_token_is_a_text_and_nothing_else(params):
    desk = desk_with_tokens()
    desk.open(1, scopes=None)
    assert desk.call("rpc.authenticate", **params)["code"] == -32602


def test_where_no_token_is_needed_any_will_do():
    assert desk_of().call("rpc.authenticate", token="any")["scopes"] == sorted(Scope)


def test_who_has_gone_is_no_longer_spoken_of():
    desk = desk_of()
    desk.do(desk.hub.closed(1, desk.now))
    assert desk.hub.closed(1, desk.now) == []
    desk.hub.written(1, 5)
    assert desk.say(request("echo")) == []


# -- requests ----------------------------------------------------------------------------------------------


def test_the_document_is_to_be_had_by_a_method():
    assert desk_of().call("rpc.discover") == {"openrpc": "1.3.2"}


def test_a_method_that_is_not_there_is_named_by_its_neighbour():
    told = desk_of().call("ecko")
    assert (told["code"], told["data"]) == (-32601, {"nearest": "echo"})


def test_parameters_that_do_not_fit_are_refused():
    assert desk_of().call("echo", values=1)["data"] == {"field": "values", "nearest": "value"}


def test_what_simulates_is_refused_at_a_real_site():
    assert desk_of().call("simulated")["code"] == -32003


def test_a_notice_is_carried_out_and_not_answered():
    desk = desk_of()
    assert desk.say('{"jsonrpc": "2.0", "method": "echo"}') == []
    assert desk.hub.calls["echo"] == 1


def test_the_answers_to_a_batch_come_together():
    desk = desk_of()
    batch = [json.loads(request("ask", 1)), json.loads(request("echo", 2, value=5)), 7]
    desk.say(json.dumps([*batch, {"jsonrpc": "2.0", "method": "echo"}]))
    assert desk.texts == {}
    desk.reply(Reply())
    (text,) = desk.texts[1]
    assert [(each["id"], "error" in each) for each in json.loads(text)] == [
        (2, False),
        (None, True),
        (1, False),
    ]


def test_a_batch_of_notices_is_not_answered():
    desk = desk_of()
    assert desk.say('[{"jsonrpc": "2.0", "method": "echo"}]') == []


def test_a_result_that_is_no_json_is_our_fault():
    desk = desk_of()
    desk.picture.append(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("actors.gateway.hub.rpc.result", _no_json)
        assert desk.call("echo", value=1)["code"] == -32603
    assert isinstance(desk.effects[0], Note)


def _no_json(_number, _value):
    raise ValueError("no JSON")


def test_a_result_that_is_too_long_is_not_sent():
    desk = desk_of(limits=Limits(text_bytes=100))
    assert desk.call("echo", value="a" * 100)["data"] == {"limit": "size"}


# -- plain HTTP --------------------------------------------------------------------------------------------


def test_a_request_over_plain_http_is_answered_as_any():
    desk = Desk()
    desk.open(push=False)
    assert desk.call("echo", value=1) == 1


@pytest.mark.parametrize(
    "text",
    ['{"jsonrpc": "2.0", "method": "echo"}', '{"jsonrpc": "2.0", "id": 1, "result": 1}'],
    ids=["notice", "answer"],
)
def test_who_needs_no_answer_over_http_is_told_so(text):
    desk = Desk()
    desk.open(push=False)
    assert desk.say(text) == [Silent(1)]


def test_nobody_listens_over_plain_http():
    desk = Desk()
    desk.open(push=False)
    assert desk.call("listen", topics=["site"])["message"] == "news need a WebSocket"


def test_requests_over_http_of_one_host_share_a_bucket():
    desk = Desk(limits=replace(SMALL, connections=100))
    for number in range(1, 8):
        desk.open(number, push=False)
        desk.say(request("echo"), number)
    codes = [desk.answer(number) for number in range(1, 8)]
    assert codes[:5] == [None] * 5
    assert {each["code"] for each in codes[5:]} == {-32002}


# -- limits ------------------------------------------------------------------------------------------------


def test_who_asks_too_often_is_told_when_to_come_back():
    desk = desk_of(limits=SMALL)
    told = [desk.call("echo", value=1) for _ in range(6)]
    assert told[:5] == [1] * 5
    assert told[5]["data"] == {"limit": "rate", "retry_after_s": 1.0}
    desk.wait(1.0)
    assert desk.call("echo", value=1) == 1


def test_what_is_no_request_counts_as_one():
    desk = desk_of(limits=SMALL)
    codes = []
    for _ in range(6):
        desk.say("garbage")
        codes.append(desk.answer()["code"])
    assert codes == [-32700] * 5 + [-32002]
    assert desk.hub.counts["refused_rate"] == 1


def test_all_together_may_not_ask_too_often_either():
    desk = desk_of(3, limits=replace(SMALL, all_rates=1.0))
    told = [desk.call("echo", connection, value=1) for connection in (1, 2, 3, 1, 2, 3)]
    assert told[:5] == [1] * 5
    assert told[5]["data"]["limit"] == "rate"


def test_who_asks_too_often_uses_up_nothing_that_is_for_all():
    desk = desk_of(2, limits=replace(SMALL, all_rates=2.0))
    for _ in range(20):
        desk.call("echo", 1, value=1)
    assert desk.call("echo", 2, value=1) == 1


def test_only_so_much_is_under_way_for_one_and_for_all():
    desk = desk_of(3, limits=SMALL)
    for number in (1, 2):
        desk.say(request("sleep", number))
    assert desk.call("sleep")["data"] == {"limit": "running"}
    desk.call("sleep", 2)
    assert desk.call("sleep", 3)["data"] == {"limit": "running"}


def test_who_does_not_read_is_closed():
    desk = desk_of(limits=Limits(queued_bytes=100))
    desk.call("echo", value="a" * 20)
    desk.hub.written(1, desk.effects[-1].size)
    desk.call("echo", value="a" * 20)
    assert desk.closed == []
    desk.call("echo", value="ä" * 20)
    (told,) = [each for each in desk.effects if isinstance(each, Send) and not each.text.isascii()]
    assert told.size == len(told.text.encode())
    assert desk.closed == [(1, 1013)]


def test_who_reads_some_of_it_still_has_the_rest_to_read():
    desk = desk_of(limits=Limits(queued_bytes=110))
    desk.call("echo", value="a" * 20)
    size = desk.effects[-1].size
    desk.call("echo", value="a" * 10)
    desk.hub.written(1, size)
    assert desk.closed == []
    desk.call("echo", value="a" * 40)
    assert desk.closed == [(1, 1013)]


def test_as_much_as_may_wait_is_not_too_much():
    desk = desk_of(limits=Limits(queued_bytes=2 * len('{"jsonrpc":"2.0","id":1,"result":1}')))
    desk.call("echo", value=1)
    desk.call("echo", value=1)
    assert desk.closed == []
    desk.call("echo", value=1)
    assert desk.closed == [(1, 1013)]


def test_when_all_do_not_read_the_slowest_is_closed():
    desk = desk_of(3, limits=Limits(all_queued_bytes=190))
    desk.call("echo", 1, value="a" * 20)
    desk.call("echo", 2, value="a" * 60)
    assert desk.closed == []
    desk.call("echo", 3, value="a" * 10)
    assert desk.closed == [(2, 1013)]


def test_news_for_who_was_just_closed_are_not_sent():
    desk = desk_of(2, limits=Limits(all_queued_bytes=230))
    for number in (1, 2):
        desk.call("listen", number, topics=["site"])
    desk.call("echo", 2, value="a" * 60)
    assert [type(each) for each in desk.do(desk.hub.news("site", {}, desk.now))] == [Send, Follow, Close]
    assert desk.closed == [(2, 1013)]


def test_what_comes_after_the_end_in_a_batch_is_passed_over():
    desk = desk_of(limits=Limits(queued_bytes=10))
    calls = [json.loads(request("listen", topics=["site"]))]
    desk.say(json.dumps(calls))
    assert desk.closed == [(1, 1013)]
    desk = desk_with_tokens()
    desk.open(scopes=None)
    wrong = json.loads(request("rpc.authenticate", token="guessed"))
    right = json.loads(request("rpc.authenticate", token=TOKEN))
    desk.say(json.dumps([wrong, wrong, wrong, right, json.loads(request("kill"))]))
    assert desk.closed == [(1, 1008)]
    assert desk.hub.calls["kill"] == 0


# -- listening ---------------------------------------------------------------------------------------------


def news(desk, topic, about="", **data):
    return [each.connection for each in desk.hub.news(topic, data, desk.now, about)]


def test_news_reach_those_who_listen():
    desk = desk_of(3)
    desk.call("listen", 1, topics=["site", "tree"])
    desk.call("listen", 3, topics=["site"])
    assert news(desk, "site", evse=1) == [1, 3]
    assert news(desk, "tree") == [1]
    assert news(desk, "errors") == []
    desk.do(desk.hub.news("tree", {"name": "site"}, desk.now))
    told = json.loads(desk.texts[1][-1])
    assert told == {
        "jsonrpc": "2.0", "method": "observe.news", "params": {"topic": "tree", "data": {"name": "site"}},
    }  # fmt: skip


def test_variables_reach_those_who_listen_to_their_name():
    desk = desk_of(2)
    desk.call("listen", 1, topics=["variables"], names=["evse_1/evse"])
    desk.call("listen", 2, topics=["variables"], names=["*"])
    assert news(desk, "variables", "evse_1/evse") == [1, 2]
    assert news(desk, "variables", "auth/main") == [2]
    assert desk.hub.hears("variables", "auth/main")


def test_who_has_heard_enough_says_so():
    desk = desk_of()
    desk.call("listen", topics=["site", "variables"], names=["a", "b"])
    desk.call("unlisten", topics=["variables"], names=["a"])
    assert news(desk, "variables", "b") == [1]
    assert news(desk, "variables", "a") == []
    desk.call("unlisten", topics=["variables"], names=["b"])
    desk.call("unlisten", topics=["site"])
    assert [each for each in desk.effects if isinstance(each, Follow)][-1] == Follow(frozenset(), frozenset())
    assert not desk.hub.hears("site", "")


def test_what_somebody_listens_to_is_said_whenever_it_changes():
    desk = desk_of(2)
    desk.call("listen", 1, topics=["variables", "site"], names=["a"])
    desk.call("listen", 2, topics=["variables"], names=["b"])
    everything = Follow(frozenset({"variables", "site"}), frozenset({"a", "b"}))
    assert [each for each in desk.effects if isinstance(each, Follow)][-1] == everything
    assert desk.do(desk.hub.closed(1, desk.now)) == [Follow(frozenset({"variables"}), frozenset({"b"}))]


def test_nobody_listens_to_more_than_there_can_be():
    desk = desk_of()
    assert desk.call("listen", topics=[str(each) for each in range(33)])["data"] == {"limit": "topics"}
    names = [str(each) for each in range(1001)]
    assert desk.call("listen", topics=["variables"], names=names)["data"] == {"limit": "topics"}
    assert news(desk, "0") == []


def test_as_much_as_may_be_is_listened_to():
    desk = desk_of(2)
    assert desk.call("listen", 1, topics=[str(each) for each in range(32)]) is None
    assert desk.call("listen", 2, topics=["variables"], names=[str(each) for each in range(1000)]) is None
    assert (news(desk, "31"), news(desk, "variables", "999")) == ([1], [2])


def test_a_program_is_asked_on_behalf_of_an_actor():
    desk = desk_of()
    told = []
    desk.do(desk.hub.call_client(1, "role.invoke", {}, told.append, desk.now, 2.0))
    number = json.loads(desk.texts[1][-1])["id"]
    desk.say(json.dumps({"jsonrpc": "2.0", "id": number, "error": {"code": 1, "message": "no"}}))
    assert [each.error.message for each in told] == ["no"]
    desk.say(json.dumps({"jsonrpc": "2.0", "id": number, "result": "again"}))
    assert len(told) == 1


# -- whatever comes ----------------------------------------------------------------------------------------

IDS = st.none() | st.integers(-5, 5) | st.text(max_size=3)
REQUESTS = st.fixed_dictionaries(
    {"jsonrpc": st.just("2.0"), "id": IDS},
    optional={
        "method": st.sampled_from(["echo", "ask", "sleep", "crash", "refuse", "listen", "program", "x", 5]),
        "params": st.just({}) | st.just({"value": 1}) | st.just({"topics": ["a"]}) | st.just([1]),
        "result": st.just(1),
    },
)
TEXTS = st.binary(max_size=20) | (REQUESTS | st.lists(REQUESTS | st.none(), max_size=4)).map(json.dumps)


@given(st.lists(TEXTS | st.sampled_from(["reply", "time", "look"]), max_size=12))
@settings(derandomize=True, max_examples=40, deadline=None)
def test_every_request_is_answered_once_whatever_comes(inputs):
    # given
    desk = desk_of(limits=Limits(burst=1000))
    wanted = 0
    # when
    for each in inputs:
        match each:
            case "reply" if any(type(one).__name__ == "AskActor" for one in desk.effects):
                desk.reply(Reply())
            case "time":
                desk.wait(1.0)
            case "look":
                desk.look()
            case _:
                wanted += _calls(each)
                desk.say(each)
    for asked in [one for one in desk.effects if type(one).__name__ == "AskActor"]:
        desk.do(desk.hub.replied(asked.number, Reply(), desk.now))
    desk.wait(60.0)
    # then
    answers = [one for text in desk.texts.get(1, ()) for one in _members(text) if "method" not in one]
    assert sum(one["id"] is not None for one in answers) == wanted
    assert desk.hub.next_s is None
    assert not any(isinstance(each, Close) for each in desk.effects)
    assert all(isinstance(each.size, int) for each in desk.effects if isinstance(each, Send))


def _members(text):
    told = json.loads(text)
    return told if isinstance(told, list) else [told]


def _calls(data):
    """How many of what is said have an id that an answer must have."""
    try:
        told = json.loads(data)
    except ValueError:
        return 0
    members = told if isinstance(told, list) else [told]
    found = [each for each in members if isinstance(each, dict) and each.get("id") is not None]
    return sum("method" in each or "result" not in each for each in found)


def test_only_a_connection_that_can_be_asked_is_there():
    desk = Desk()
    desk.open(1)
    desk.open(2, push=False)
    assert [desk.hub.there(number) for number in (1, 2, 3)] == [True, False, False]
