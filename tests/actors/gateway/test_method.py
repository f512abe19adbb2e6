"""Forms, their refusals, and the errors that methods raise."""

from typing import Any

import pytest

from actors.gateway.method import Done, Method, Nothing, Scope, allowed, form, good, no_such, not_simulated
from actors.gateway.rpc import Code, RpcError
from actors.gateway.site_map import SiteMap
from protocols.message import Failure, FailureReason, Reply


@form
class Inner:
    """A part."""

    evse: int


@form
class Plug:
    """Plug a car in,
    somewhere."""

    evse: int
    parts: tuple[Inner, ...] = ()


PLUG = Method(
    name="ev.plug", params=Plug, result=Done, run=lambda _scene, _params: iter(()), scope=Scope.SIMULATE
)


def test_parameters_become_an_object():
    assert PLUG.read({"evse": 1, "parts": [{"evse": 2}]}) == Plug(evse=1, parts=(Inner(evse=2),))


@pytest.mark.parametrize(
    ("params", "data"),
    [
        ({}, {"field": "evse"}),
        ({"evse": "1"}, {"field": "evse"}),
        ({"evse": 1.0}, {"field": "evse"}),
        ({"evse": 1, "parts": [{"evse": None}]}, {"field": "parts.0.evse"}),
        ({"evse": 1, "part": []}, {"field": "part", "nearest": "parts"}),
        ({"evse": 1, "entirely": []}, {"field": "entirely"}),
    ],
)
def test_parameters_that_do_not_fit_are_refused_by_field(params, data):
    with pytest.raises(RpcError) as caught:
        PLUG.read(params)
    assert (caught.value.code, caught.value.data) == (Code.PARAMS, data)


def test_a_refusal_repeats_no_value():
    with pytest.raises(RpcError) as caught:
        PLUG.read({"evse": "secret"})
    assert "secret" not in caught.value.message


def test_a_method_says_what_it_does():
    assert PLUG.meaning == "Plug a car in, somewhere."
    other = Method(name="a", params=Nothing, result=Any, run=PLUG.run, scope=Scope.OBSERVE, doc="Look.")
    assert other.meaning == "Look."


def test_a_method_can_be_prepared_before_it_is_called():
    PLUG.prepare()
    assert PLUG.read({"evse": 1}) == Plug(evse=1)


def test_a_result_is_written_as_json():
    assert PLUG.write(Done()) == {}


def test_a_failure_is_the_error_of_the_caller():
    reply = Reply()
    assert good(reply) is reply
    with pytest.raises(RpcError) as caught:
        good(Failure(reason=FailureReason.TIMEOUT, detail="no answer"))
    assert caught.value.code is Code.FAILURE
    assert caught.value.data == {"reason": "Timeout", "detail": "no answer"}


@pytest.mark.parametrize(
    ("given", "known", "data"),
    [
        ("evse_1/evs", ["evse_1/evse", "auth/main"], {"nearest": "evse_1/evse"}),
        (7, [1, 2], {"known": ["1", "2"]}),
        (7, map(str, range(100, 130)), {}),
    ],
)
def test_who_asks_for_nobody_is_told_who_is_there(given, known, data):
    error = no_such("name", given, known)
    assert (error.code, error.data) == (Code.NO_SUCH, data)


@pytest.mark.parametrize("scopes", [None, frozenset(), frozenset(Scope) - {PLUG.scope}])
def test_who_may_not_do_it_gets_no_method(scopes):
    with pytest.raises(RpcError) as caught:
        allowed({PLUG.name: PLUG}, PLUG.name, scopes, SiteMap(file="site.yaml"))
    assert caught.value.code is Code.NOT_ALLOWED


def test_what_is_real_is_said_to_be_not_simulated():
    assert not_simulated("the car").code is Code.NOT_SIMULATED
