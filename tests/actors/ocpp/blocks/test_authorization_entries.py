"""Tokens as they are kept: nobody's number, found whatever its spelling (M2.16)."""

import pytest
from ocpp.v21 import datatypes, enums

from actors.ocpp.blocks import authorization_entries as entries
from actors.ocpp.device_model import variables
from actors.ocpp.device_model.steering import Steering, integer
from protocols import codec
from protocols.types.authorization import IdToken, IdTokenType
from tests.support.ocpp_station import START, Station

CARD = IdToken(value="04a1B2", type=IdTokenType.ISO14443)


@pytest.mark.parametrize(
    ("value", "kind", "same"),
    [
        ("04A1b2", "ISO14443", True),
        ("04A1B3", "ISO14443", False),
        ("04a1B2", "ISO15693", False),
        ("04a1-B2", "ISO14443", False),
    ],
)
def test_a_token_is_its_type_and_its_id_in_any_case(value: str, kind: str, *, same: bool) -> None:
    assert (entries.fingerprint(value, kind) == entries.token_of(CARD)) is same


def test_hyphens_of_a_contract_id_do_not_count() -> None:
    contract = IdToken(value="DE8AACA2B3C4D5", type=IdTokenType.EMAID)

    assert entries.token_of(contract) == entries.fingerprint("de-8aa-ca2b3c4d5", "eMAID")


def test_a_verdict_comes_back_as_it_was_kept() -> None:
    info = datatypes.IdTokenInfoType(
        status=enums.AuthorizationStatusEnumType.blocked,
        group_id_token=datatypes.IdTokenType(id_token="G", type="Central"),
        evse_id=[1],
    )
    entry = entries.ListedToken(token="x", info=entries.text_of(info), accepted=False)

    assert entries.info_of(entry) == info


def test_an_entry_is_never_smaller_than_it_is_counted() -> None:
    cached = entries.CachedToken(
        token=entries.token_of(CARD),
        info="i" * 500,
        accepted=True,
        expires_at=START,
        stored_at=START,
        used_at=START,
        uses=2**31,
    )
    listed = entries.ListedToken(token=cached.token, info=cached.info, accepted=True, expires_at=START)

    for each in (cached, listed):
        assert len(codec.encode(each)) <= entries.size_bytes(each) < 2 * len(codec.encode(each))
    assert cached.key == listed.key == entries.token_of(CARD)


def test_no_entry_holds_the_id_of_its_token() -> None:
    assert "04a1" not in entries.token_of(CARD).casefold()


@pytest.mark.parametrize(
    ("counter", "bound"),
    [
        (variables.LIST_ENTRIES, 10_000),
        (variables.LIST_ITEMS, 7),
        (integer("LocalAuthListCtrlr", "Nothing", None), 7),
        (integer("NoCtrlr", "Entries", None), 7),
    ],
    ids=["declared", "undeclared limit", "no variable", "no component"],
)
def test_a_bound_is_what_the_files_declare(counter: Steering[int], bound: int) -> None:
    found: list[int] = []

    Station(blocks=()).turn(lambda turn: found.append(entries.bound_of(turn, counter, 7)))

    assert found == [bound]
