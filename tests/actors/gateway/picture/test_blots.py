"""Bodies for people: no secret, nothing that cannot travel, not too long."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.gateway.picture.blots import DEEPEST, MAX_BODY, shown


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ({"idToken": "CARD"}, {"idToken": "CARD"}),
        ({"password": "x"}, {"password": "***"}),
        ({"deep": [{"basicAuthPassword": "y"}]}, {"deep": [{"basicAuthPassword": "***"}]}),
        ({"EncryptedPrivateKey": {"value": "AAAA"}}, {"EncryptedPrivateKey": "***"}),
        ({"public_key": "AAAA", "DHpublickey": "BBBB"}, {"public_key": "AAAA", "DHpublickey": "BBBB"}),
        ({"password": None}, {"password": None}),
        ({"key": "HeartbeatInterval", "value": "3"}, {"key": "HeartbeatInterval", "value": "3"}),
        ({"key": "AuthorizationKey", "value": "3"}, {"key": "AuthorizationKey", "value": "***"}),
        (
            {"variable": {"name": "BasicAuthPassword"}, "attributeValue": "3"},
            {"variable": {"name": "BasicAuthPassword"}, "attributeValue": "***"},
        ),
        (
            {"variable": {"name": "AdminPassword"}, "variableAttribute": [{"value": "3"}]},
            {"variable": {"name": "AdminPassword"}, "variableAttribute": [{"value": "***"}]},
        ),
        (
            {"variable": {"name": "BasicAuthPassword"}, "actualValue": "3"},
            {"variable": {"name": "BasicAuthPassword"}, "actualValue": "***"},
        ),
        (
            {"component_variable": {"variable": {"name": "BasicAuthPassword"}}, "value": "3"},
            {"component_variable": {"variable": {"name": "BasicAuthPassword"}}, "value": "***"},
        ),
        (
            {"configurationKey": [{"key": "AuthorizationKey", "value": "3"}, {"key": "A", "value": "4"}]},
            {"configurationKey": [{"key": "AuthorizationKey", "value": "***"}, {"key": "A", "value": "4"}]},
        ),
        ({"remoteLocation": "ftp://me:p@ss@host:21/a"}, {"remoteLocation": "ftp://***@host:21/a"}),
        ({"ocppCsmsUrl": "ws://host:9000/cs@1"}, {"ocppCsmsUrl": "ws://host:9000/cs@1"}),
        ({"variable": {"name": 7}, "attributeValue": "3"}, {"variable": {"name": 7}, "attributeValue": "3"}),
        ({"a": "\ud800"}, {"a": "?"}),
        ({"\ud800": 1}, {"?": 1}),
        ({"payload": '{"password": "x", "a": [1]}'}, {"payload": '{"password": "***", "a": [1]}'}),
        ({"payload": '[2, {"password": "x"}]'}, {"payload": '[2, {"password": "***"}]'}),
        ({"payload": '{"a":1}'}, {"payload": '{"a":1}'}),
        ({"payload": '{"password'}, {"payload": '{"password'}),
        ({"payload": "[" * 100_000}, {"payload": "***"}),
        (("a", 1.5, True), ["a", 1.5, True]),
        ("Zoë", "Zoë"),
    ],
)  # fmt: skip
def test_what_is_nobody_s_business_is_blotted_out(body, seen):
    assert shown(body) == seen


def test_too_long_a_body_is_told_by_its_length():
    assert shown(["x" * MAX_BODY]) == {"too_long": MAX_BODY + 4}


def test_a_body_of_brackets_ends_somewhere():
    body = []
    for _ in range(DEEPEST * 3):
        body = [body]

    assert json.dumps(shown(body)).count("[") == DEEPEST + 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=25, derandomize=True, deadline=None)
@given(JSON)
def test_whatever_is_shown_can_be_written(body):
    assert len(json.dumps(shown(body), ensure_ascii=False, allow_nan=False).encode()) < 5 * MAX_BODY
