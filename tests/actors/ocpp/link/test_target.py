import pytest

from actors.ocpp.link.target import MAX_URL, TargetError, shown_url, target_of
from tests.support.ocpp_links import profile

PASSWORD = "open sesame 123456"


def of(url="ws://csms.example/ocpp", lowest=0, **changes):
    return target_of(profile(url, **changes), lowest)


@pytest.mark.parametrize(
    ("url", "identity", "resource"),
    [
        ("ws://csms.example", "CP1", "/CP1"),
        ("ws://csms.example/", "CP1", "/CP1"),
        ("ws://csms.example/ocpp", "CP1", "/ocpp/CP1"),
        ("ws://csms.example/ocpp//", "CP1", "/ocpp/CP1"),
        ("ws://csms.example/ocpp?tenant=7", "CP1", "/ocpp/CP1?tenant=7"),
        ("ws://csms.example", "DE*ABC/1 2", "/DE%2AABC%2F1%202"),
        ("ws://csms.example", "Säule", "/S%C3%A4ule"),
    ],
)
def test_the_identity_is_the_last_part_of_the_path(url, identity, resource):  # M11.14
    assert of(url, identity=identity).uri.resource_name == resource


@pytest.mark.parametrize(
    ("url", "level", "port"),
    [("ws://h", 0, 80), ("ws://h:8180", 1, 8180), ("wss://h", 2, 443), ("wss://[::1]:9", 3, 9)],
)
def test_scheme_and_security_profile_that_fit_are_taken(url, level, port):
    found = of(url, security_profile=level, basic_auth_password=PASSWORD)

    assert (found.uri.port, found.uri.secure) == (port, level >= 2)


@pytest.mark.parametrize(("level", "shows"), [(0, False), (1, True), (2, True), (3, False)])
def test_name_and_password_are_shown_in_profiles_one_and_two(level, shows):
    found = of("wss://h" if level >= 2 else "ws://h", security_profile=level, basic_auth_password=PASSWORD)

    expected = "Basic Q1AgMS9BOm9wZW4gc2VzYW1lIDEyMzQ1Ng==" if shows else None
    assert found.authorization == expected


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"identity": "a:b"}, "colon"),
        ({"identity": ""}, "empty"),
        ({"url": "wss://h"}, "needs ws:"),
        ({"url": "ws://h", "security_profile": 2, "basic_auth_password": PASSWORD}, "needs wss:"),
        ({"url": "wss://h", "security_profile": 2}, "needs a password"),
        ({"security_profile": 1, "basic_auth_password": ""}, "needs a password"),
        ({"lowest": 1}, "below 1"),
        ({"url": "https://h"}, "not one of a websocket"),
        ({"url": "ws://"}, "not one of a websocket"),
        ({"url": "ws://h:99999"}, "not one of a websocket"),
        ({"url": f"ws://{'a' * 64}.example"}, "not one of a websocket"),
        ({"url": "ws://[::1"}, "not one of a websocket"),
        ({"url": "ws://h/#part"}, "not one of a websocket"),
        ({"url": "ws://h/a b"}, "blanks"),
        ({"url": "ws://h/\r\nX: y"}, "blanks"),
        ({"url": "ws://h/" + "a" * MAX_URL}, "too long"),
        ({"url": "ws://me:secret@h"}, "user name"),
        ({"url": "ws://me@h"}, "not one of a websocket"),
    ],
)
def test_a_profile_that_cannot_be_used_is_refused(changes, problem):
    with pytest.raises(TargetError, match=problem) as refused:
        of(**changes)

    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [("ws://H.example/x", "ws://h.example:80/x/CP%201%2FA"), ("ws://[::1]", "ws://[::1]:80/CP%201%2FA")],
)
def test_a_target_is_shown_without_its_secret(url, shown):
    found = of(url, security_profile=1, basic_auth_password=PASSWORD)

    assert found.shown == shown
    assert "Basic" not in repr(found)


def test_a_secure_target_is_shown_as_such():
    found = of("wss://h", security_profile=3)

    assert found.shown.startswith("wss://h:443/")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("wss://csms.example/ocpp", "wss://csms.example/ocpp"),
        ("ws://me:open-sesame@csms.example/a@b", "ws://csms.example/a@b"),
        ("no url", "no url"),
    ],
)
def test_a_url_is_shown_without_name_and_password(url, shown):
    assert shown_url(url) == shown
