"""A program from outside that fills a role of a running site, dies, hangs, and comes back."""

import json
import os
import signal
import threading
import urllib.request

import pytest

from actors.gateway.client import CallError, CommandError
from actors.gateway.role import MAX_ERRORS
from actors.gateway.role_messages import RegisterRole
from protocols.interfaces import auth_token_validator
from protocols.message import Failure, FailureReason
from protocols.types.authorization import (
    AuthorizationStatus,
    AuthorizationType,
    IdToken,
    IdTokenType,
    ProvidedIdToken,
)
from tests.support import engine, gateway_actors

pytestmark = pytest.mark.timeout(90)

TOKEN = ProvidedIdToken(
    id_token=IdToken(value="CARD1", type=IdTokenType.ISO14443),
    authorization_type=AuthorizationType.RFID,
    connectors=(1, 2),
)
ODD = (
    "",
    "{}",
    "[" * 200,
    '{"jsonrpc":"2.0","id":1,"result":' + "[" * 300 + "]" * 300 + "}",
    *(
        json.dumps({"jsonrpc": "2.0", "id": number, **answer})
        for number in (None, True, -1, 1, 2**64, 1.5, "1", [1], {})
        for answer in (
            {"result": 1},
            {"error": 1},
            {"error": {"code": True, "message": "m"}},
            {"result": 1, "error": 1},
        )
    ),
    json.dumps(
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "role.publish",
            "params": {
                "role": "judge",
                "variable": "validate_result_update",
                "value": {"update": {"a": [[[[]]]]}},
            },
        }
    ),
    json.dumps({"jsonrpc": "2.0", "id": 1, "method": "role.publish", "params": {"role": "x" * 100_000}}),
)
"""What no program should say: no JSON, too deep, wrong ids, no answer and no request."""
ASKED = auth_token_validator.ValidateToken(provided_token=TOKEN)
ACCEPTED = {"validation_result": {"authorization_status": "Accepted", "tariff_messages": []}}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    state = tmp_path_factory.mktemp("roles") / "state"
    with gateway_actors.site(state) as client:
        yield state, client


@pytest.fixture
def program(place):
    """A program whose answers a test can change; it has the role until the test ends."""
    with gateway_actors.connected(place[0]) as client:
        answers = {"validate_token": lambda provided_token: ACCEPTED}  # called by name
        engine.eventually(lambda: registered(client, answers), 20.0)
        yield client, answers
    engine.eventually(lambda: free(place), 20.0)


def registered(client, answers):
    try:
        return client.serve("judge", answers)
    except CallError:  # the actor of the role is being replaced
        return None


def ask(place):
    return place[1].ask("judge/main", ASKED)


def pid_of(place):
    return engine.eventually(lambda: engine.pids(place[1]).get("site/judge"), 20.0)


def judged(place):
    return not isinstance(ask(place), Failure)


def free(place):
    with gateway_actors.connected(place[0]) as client:
        try:
            (role,) = client.call("role.list")
        except CallError:
            return False
        return not role["registered"]


def test_nobody_judges_while_no_program_is_there(place):
    reply = ask(place)
    assert (reply.reason, reply.detail) == (FailureReason.UNAVAILABLE, "no program fills judge")


def test_a_program_judges_what_the_site_asks(place, program):
    client, answers = program
    asked = []
    answers["validate_token"] = lambda provided_token: asked.append(provided_token) or ACCEPTED
    reply = ask(place)
    assert reply.validation_result.authorization_status is AuthorizationStatus.ACCEPTED
    assert asked == [
        {
            "id_token": {"value": "CARD1", "type": "ISO14443"},
            "authorization_type": "RFID",
            "connectors": [1, 2],
        }
    ]
    assert client.call("role.list") == [
        {
            "role": "judge",
            "provides": {"main": "auth_token_validator"},
            "evse": None,
            "registered": True,
            "ready": True,
        }
    ]


def test_a_program_that_refuses_or_answers_nonsense_is_told_so(place, program):
    _client, answers = program
    answers["validate_token"] = lambda provided_token: {"validation_result": 5}  # as above
    assert (reply := ask(place)).reason is FailureReason.INVALID
    assert "validation_result" in reply.detail
    answers.clear()
    assert isinstance(ask(place), Failure)


def test_a_second_program_does_not_get_the_role(place, program):  # it holds the role
    with gateway_actors.connected(place[0]) as other, pytest.raises(CallError, match="another program"):
        other.serve("judge", {})


def test_what_a_program_publishes_reaches_who_listens(place, program):
    client, _answers = program
    news = client.subscribe(["variables"], names=["judge/main"])
    next(news)
    value = {
        "validation_result": {"authorization_status": "Blocked", "tariff_messages": []},
        "connector_id": 1,
    }
    with pytest.raises(CallError, match="update"):
        client.call("role.publish", role="judge", variable="validate_result_update", value={"odd": 1})
    client.call("role.publish", role="judge", variable="validate_result_update", value={"update": value})
    assert next(each for each in news if "validate_result_update" in each.data["tag"]).data["value"] == {
        "update": value
    }


def test_a_program_raises_and_clears_errors_of_its_interface(place, program):
    client, _answers = program
    fault = {"role": "judge", "type": "generic/VendorWarning", "message": "the line is bad"}
    assert client.call("role.raise_error", **fault) == {}
    assert client.call("role.clear_error", role="judge", type="generic/VendorWarning") == {}
    with pytest.raises(CallError, match="no error of this interface"):
        client.call("role.raise_error", role="judge", type="evse_manager/Internal")


def test_a_program_that_goes_is_a_death_of_its_actor(place):
    pid = pid_of(place)
    with gateway_actors.connected(place[0]) as client:
        engine.eventually(lambda: registered(client, {"validate_token": lambda **_: ACCEPTED}), 20.0)
        assert not isinstance(ask(place), Failure)
    assert engine.eventually(lambda: engine.pids(place[1]).get("site/judge", pid) != pid, 20.0)
    assert engine.eventually(lambda: free(place), 20.0)


def test_an_answer_that_comes_too_late_is_nobodys(place, program):
    _client, answers = program
    over = threading.Event()

    def late(provided_token):  # called by name
        over.wait(60)
        answers["validate_token"] = lambda provided_token: ACCEPTED
        return {"validation_result": {"authorization_status": "Blocked", "tariff_messages": []}}

    answers["validate_token"] = late
    assert ask(place).reason is FailureReason.TIMEOUT
    over.set()
    assert ask(place).validation_result.authorization_status is AuthorizationStatus.ACCEPTED


def test_a_program_over_plain_http_fills_no_role(place):
    text = {"jsonrpc": "2.0", "id": 1, "method": "role.register", "params": {"role": "judge"}}
    request = urllib.request.Request(
        f"{gateway_actors.said(place[0])['url']}/rpc",
        json.dumps(text).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        error = json.load(response)["error"]
    assert (error["code"], error["message"]) == (-32602, "a role is filled over a WebSocket: /ws")


def test_who_is_ready_before_it_has_registered_is_refused(place):
    with gateway_actors.connected(place[0]) as client, pytest.raises(CallError, match=r"role\.register"):
        client.call("role.ready", role="judge")


def test_nonsense_for_answers_ends_neither_the_gateway_nor_the_role(place, program):
    client, answers = program
    pids = pid_of(place), gateway_actors.said(place[0])["pid"]
    for text in ODD:
        client._socket.send(text)
    answers["validate_token"] = lambda provided_token: json.loads("[" * 120 + "]" * 120)  # called by name
    assert ask(place).reason is FailureReason.INVALID
    answers["validate_token"] = lambda provided_token: {"validation_result": {"n" * 900_000: 1}}  # as above
    assert ask(place).reason is FailureReason.INVALID
    answers["validate_token"] = lambda provided_token: ACCEPTED  # as above
    assert judged(place)
    assert (pid_of(place), gateway_actors.said(place[0])["pid"]) == pids


def test_a_program_that_hangs_loses_the_role(place, program):
    _client, answers = program
    over = threading.Event()
    answers["validate_token"] = lambda provided_token: over.wait(60)  # as above
    pid = pid_of(place)
    assert [ask(place).reason for _ in range(3)] == [FailureReason.TIMEOUT] * 3
    assert engine.eventually(lambda: engine.pids(place[1]).get("site/judge", pid) != pid, 20.0)
    over.set()


def test_a_program_fills_its_role_again_when_the_actor_died(place, program):  # it holds the role
    pid = pid_of(place)
    assert judged(place)
    os.kill(pid, signal.SIGKILL)
    assert engine.eventually(lambda: judged(place), 20.0)
    assert pid_of(place) != pid


def test_a_role_that_is_being_replaced_takes_a_program_all_the_same(place):
    os.kill(pid_of(place), signal.SIGKILL)
    with gateway_actors.connected(place[0]) as client:
        assert client.serve("judge", {"validate_token": lambda **_: ACCEPTED})["role"] == "judge"
        assert judged(place)
    engine.eventually(lambda: free(place), 20.0)


def test_a_connection_that_has_ended_gets_no_role(place):
    def refused():
        reply = place[1].ask("judge/main", RegisterRole(connection=1))
        return reply.reason is FailureReason.UNAVAILABLE and "does not know" in reply.detail

    assert engine.eventually(refused, 20.0)
    assert free(place)


def test_a_program_that_refuses_in_time_keeps_its_role(place, program):
    _client, answers = program
    pid, tried = pid_of(place), []

    def refuse(provided_token):  # called by name
        tried.append(provided_token)
        raise CommandError("Timeout", "the line is down")

    answers["validate_token"] = refuse
    assert {(ask(place).reason, ask(place).detail) for _ in range(2)} == {
        (FailureReason.TIMEOUT, "the line is down")
    }
    assert len(tried) == 4
    assert pid_of(place) == pid


def test_a_role_takes_so_many_errors_and_no_more(place, program):
    client, _answers = program
    fault = {"role": "judge", "type": "generic/VendorWarning"}
    for number in range(MAX_ERRORS):
        client.call("role.raise_error", sub_type=str(number), **fault)
    with pytest.raises(CallError, match="100 errors stand already"):
        client.call("role.raise_error", sub_type="one more", **fault)


def test_a_gateway_that_dies_takes_the_programs_along(place, program):
    client, _answers = program
    os.kill(gateway_actors.said(place[0])["pid"], signal.SIGKILL)
    assert engine.eventually(lambda: free(place), 30.0)
    client.close()
