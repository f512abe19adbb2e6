"""Tests for actors/gateway/methods/simulation/reader.py: a token is presented over the Gateway."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from actors.auth.messages import PresentToken
from actors.gateway.rpc import Code, RpcError
from protocols.message import Reply
from protocols.types.authorization import AuthorizationType, IdToken, IdTokenType, ProvidedIdToken
from tests.support.gateway_simulation import CARD, DEPLOY, LiveSite, drive, map_of

if TYPE_CHECKING:
    from pathlib import Path

SIL = map_of(DEPLOY / "sil-2evse.yaml")


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        (
            {"token": CARD},
            ProvidedIdToken(
                id_token=IdToken(value=CARD, type=IdTokenType.ISO14443),
                authorization_type=AuthorizationType.RFID,
            ),
        ),
        (
            {"token": "02:00", "type": "Autocharge", "evses": [2], "reader": "reader"},
            ProvidedIdToken(
                id_token=IdToken(value="02:00", type=IdTokenType.MAC_ADDRESS),
                authorization_type=AuthorizationType.AUTOCHARGE,
                connectors=(2,),
            ),
        ),
        (
            {"token": "1", "type": "BankCard", "id_type": "KeyCode", "parent": "G"},
            ProvidedIdToken(
                id_token=IdToken(value="1", type=IdTokenType.KEY_CODE),
                parent_id_token=IdToken(value="G", type=IdTokenType.KEY_CODE),
                authorization_type=AuthorizationType.BANK_CARD,
            ),
        ),
    ],
)
def test_a_token_is_presented_as_it_is_given(params: dict[str, Any], expected: ProvidedIdToken) -> None:
    result, (ask,) = drive(SIL, "reader.present", [Reply()], **params)

    assert (ask.name, ask.command) == ("reader/main", PresentToken(token=expected))
    assert result == {"reader": SIL.readers[0].name}


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"token": ""}, Code.PARAMS),
        ({"token": "x" * 37}, Code.PARAMS),
        ({"token": CARD, "type": "Handshake"}, Code.PARAMS),
        ({"token": CARD, "evses": []}, Code.PARAMS),
        ({"token": CARD, "evses": [1, 3]}, Code.NO_SUCH),
        ({"token": CARD, "reader": "door"}, Code.NO_SUCH),
    ],
)
def test_what_no_reader_reads_is_refused(params: dict[str, Any], code: Code) -> None:
    with pytest.raises(RpcError) as refused:
        drive(SIL, "reader.present", [], **params)

    assert refused.value.code is code


def test_a_site_without_such_a_reader_refuses() -> None:
    with pytest.raises(RpcError, match="a card reader") as refused:
        drive(dataclasses.replace(SIL, readers=()), "reader.present", [], token=CARD)

    assert refused.value.code is Code.NOT_SIMULATED


def test_a_card_that_is_known_starts_the_charge(tmp_path: Path) -> None:
    live = LiveSite(tmp_path)
    live.call("ev.plug_in", evse=1)
    live.call("reader.present", token="somebody", evses=[1], wait_s=3.0)
    refused = live.state

    live.call("reader.present", token=CARD, evses=[1], wait_s=3.0)

    assert (refused, live.state) == ("WaitingForAuthentication", "Charging")
    live.close()
