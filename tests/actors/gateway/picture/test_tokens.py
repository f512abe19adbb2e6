"""What people may see of a token, and when it was presented."""

from dataclasses import replace
from datetime import timedelta

import pytest

from actors.gateway.picture.tokens import FRESH, MOST, SLACK, Presented, Tokens, shown
from protocols.types.authorization import (
    IdToken,
    IdTokenType,
    TokenValidationStatus,
    TokenValidationStatusMessage,
)
from tests.support.gateway_data import CARD, CONTRACT, T0, at


def card(value):
    return replace(CARD, id_token=IdToken(value=value, type=IdTokenType.ISO14443))


def processing(token, status=TokenValidationStatus.PROCESSING):
    return TokenValidationStatusMessage(token=token, status=status)


@pytest.mark.parametrize(
    ("token", "kind", "masked"),
    [
        (CARD, "RFID", "***680"),
        (card("CARD1"), "RFID", "C***"),
        (card(""), "RFID", "***"),
        (CONTRACT, "eMAID", "DEPNX***67A"),
        (replace(CARD, id_token=IdToken(value="VID:020000000001", type=IdTokenType.MAC_ADDRESS)),
         "MacAddress", "***001"),
        (replace(CONTRACT, id_token=IdToken(value="DE123456", type=IdTokenType.EMAID)), "eMAID", "***456"),
    ],
)  # fmt: skip
def test_most_of_a_token_is_masked(token, kind, masked):
    assert (shown(token).type, shown(token).shown) == (kind, masked)


def test_a_token_is_known_by_its_value_without_regard_to_case():
    tokens = Tokens()
    tokens.provided(card("abcd"), "reader", at(0))
    tokens.judged(processing(card("ABCD")), at(1))

    assert tokens.of(card("AbCd"), at(2)) == Presented(provided_at=at(0), provider="reader", asked_at=at(1))


def test_who_was_asked_a_moment_before_is_heard_to_have_been():
    tokens = Tokens()
    tokens.judged(processing(CARD), at(1))
    tokens.provided(CARD, "reader", at(1) + SLACK)
    assert tokens.of(CARD, at(2)).asked_at == at(1)

    tokens.provided(CARD, "reader", at(1) + 2 * SLACK)
    assert tokens.of(CARD, at(4)).asked_at is None, "that was another time"


@pytest.mark.parametrize(
    "news",
    [
        processing(CARD, TokenValidationStatus.ACCEPTED),
        processing(replace(CARD, prevalidated=True)),
    ],
)
def test_only_asking_the_validators_counts_as_asking(news):
    tokens = Tokens()
    tokens.judged(news, at(0))

    assert tokens.of(CARD, at(1)) == Presented()


@pytest.mark.parametrize("used_at", [T0 + FRESH + timedelta(seconds=2), T0 - SLACK - timedelta(seconds=1)])
def test_what_was_long_before_or_came_after_does_not_count(used_at):
    tokens = Tokens()
    tokens.provided(CARD, "reader", at(0))
    tokens.judged(processing(CARD), at(0.1))

    assert tokens.of(CARD, used_at) == Presented()


def test_presenting_anew_forgets_what_was_judged_before():
    tokens = Tokens()
    tokens.judged(processing(CARD), at(0))
    tokens.provided(CARD, "reader", at(5))

    assert tokens.of(CARD, at(6)) == Presented(provided_at=at(5), provider="reader")


def test_the_newest_tokens_are_kept():
    tokens = Tokens()
    for number in range(MOST + 1):
        tokens.provided(card(f"card {number}"), "reader", at(0))

    assert tokens.of(card("card 0"), at(0)) == Presented()
    assert tokens.of(card("card 1"), at(0)).provider == "reader"
