"""Who is let in, as a table of headers."""

import pytest

from actors.gateway.guard import EVERYTHING, Guard, Refusal, TokenError, read_tokens, token_to_observe
from actors.gateway.method import Scope

TOKEN = "0123456789abcdef"
OPEN = Guard({})
CLOSED = Guard({TOKEN: EVERYTHING, "f" * 16: frozenset({Scope.OBSERVE})}, secure=True)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8080", "localhost:8080", "LOCALHOST", "[::1]:8080", "[::1]"]
)
def test_this_machine_is_let_in_under_its_own_names(host):
    assert OPEN.refusal({"host": host}) is None


@pytest.mark.parametrize(
    "host", ["", "evil.example", "evil.example:80", "127.0.0.1.evil.example", "10.0.0.1:1"]
)
def test_a_name_that_could_be_rebound_is_refused(host):
    assert OPEN.refusal({"host": host}).status == 403


@pytest.mark.parametrize(
    ("guard", "origin", "let_in"),
    [
        (OPEN, "http://127.0.0.1:8080", True),
        (OPEN, "HTTP://127.0.0.1:8080", True),
        (OPEN, "https://127.0.0.1:8080", False),
        (OPEN, "http://127.0.0.1:8081", False),
        (OPEN, "http://127.0.0.1:8080.evil.example", False),
        (OPEN, "null", False),
        (OPEN, "", False),
        (CLOSED, "https://127.0.0.1:8080", True),
        (CLOSED, "http://127.0.0.1:8080", False),
    ],
)
def test_only_our_own_page_may_speak_from_a_browser(guard, origin, let_in):
    assert (guard.refusal({"host": "127.0.0.1:8080", "origin": origin}) is None) is let_in


def test_with_tokens_any_name_of_the_host_will_do():
    assert CLOSED.refusal({"host": "site.example"}) is None


@pytest.mark.parametrize(
    ("headers", "scopes"),
    [
        ({}, None),
        ({"authorization": f"Bearer {TOKEN}"}, EVERYTHING),
        ({"authorization": "Bearer ffffffffffffffff"}, frozenset({Scope.OBSERVE})),
    ],
)
def test_a_token_allows_what_its_line_says(headers, scopes):
    assert CLOSED.scopes(headers) == scopes
    assert OPEN.scopes(headers) == EVERYTHING


@pytest.mark.parametrize(
    "said",
    [
        "Bearer",
        "Bearer ",
        "Bearer x",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}0",
        f"Basic {TOKEN}",
        TOKEN,
        f"bearer {TOKEN}",
        "Bearer ä\ud800",
    ],
)
def test_what_is_no_token_of_ours_is_refused(said):
    refused = CLOSED.scopes({"authorization": said})
    assert isinstance(refused, Refusal)
    assert (refused.status, said in refused.text) == (401, False)


def test_a_token_file_has_a_token_a_line():
    tokens = read_tokens(f"# for the page\n{TOKEN}\n\nffffffffffffffff observe control\n")
    assert tokens == {TOKEN: EVERYTHING, "f" * 16: {Scope.OBSERVE, Scope.CONTROL}}


@pytest.mark.parametrize("text", ["", "# none", "short", "a" * 15, "ä" * 16, f"{TOKEN} everything"])
def test_another_token_file_is_refused_without_repeating_it(text):
    with pytest.raises(TokenError) as caught:
        read_tokens(text)
    assert TOKEN not in str(caught.value)


def test_the_first_token_that_may_observe_is_the_one_to_look_on_with():
    # given a comment, a program's token and two that may look on
    text = f"# ours\n{TOKEN} simulate\n{'b' * 16} observe control\n{'c' * 16}\n"

    assert token_to_observe(text) == "b" * 16
    with pytest.raises(TokenError, match="no token in it allows observe"):
        token_to_observe(f"{TOKEN} simulate\n")
