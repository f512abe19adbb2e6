"""Tests for actors/auth/allow_list.py: how the list is written, and what it says."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.auth.allow_list import (
    AllowList,
    AllowListError,
    contract_entry,
    is_contract_of,
    judgement,
    read_allow_list,
    token_entry,
)
from protocols.types.authorization import AuthorizationStatus, AuthorizationType, CertificateStatus
from tests.support.auth_contracts import contract
from tests.support.auth_desk import token
from tests.support.examples import few

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LIST = b"""
tokens:
  - id: DEADBEEF
    parent: FAMILY
    evses: [1, 2]
    expires: 2027-01-01T00:00:00Z
  - id: ONLYCARD
    types: [RFID]
  - id: OLD
    expires: 2025-01-01T00:00:00+01:00
  - id: STOLEN
    status: Blocked
    expires: 2025-01-01T00:00:00Z
contracts:
  - emaid: DE-8AA-123*
    parent: FLEET
  - emaid: DE8AAC12345678
    status: Expired
"""


def judged(value, kind=AuthorizationType.RFID):
    listed = read_allow_list(LIST, "l.yaml")
    return judgement(token_entry(listed, token(value, kind=kind)), NOW)


@pytest.mark.parametrize(
    ("value", "kind", "status"),
    [
        ("DEADBEEF", AuthorizationType.RFID, "Accepted"),
        ("deadbeef", AuthorizationType.OCPP, "Accepted"),
        ("DEADBEE", AuthorizationType.RFID, "Unknown"),
        ("ONLYCARD", AuthorizationType.RFID, "Accepted"),
        ("ONLYCARD", AuthorizationType.OCPP, "Unknown"),
        ("OLD", AuthorizationType.RFID, "Expired"),
        ("STOLEN", AuthorizationType.RFID, "Blocked"),
        ("NOBODY", AuthorizationType.RFID, "Unknown"),
    ],
)
def test_a_token_is_judged_by_the_first_entry_that_fits(value, kind, status):
    assert str(judged(value, kind).authorization_status) == status


def test_an_entry_gives_group_evses_and_expiry_along():
    result = judged("DEADBEEF")

    assert result.parent_id_token.value == "FAMILY"
    assert result.evse_ids == (1, 2)
    assert result.expiry_time == datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("emaid", "found"),
    [
        ("DE8AA123000000", "FLEET"),
        ("de-8aa-123000000", "FLEET"),
        ("DE-8AA-123000000-7", "FLEET"),
        ("DE8AAC12345678", "Expired"),
        ("DE8AAC123456781", "Expired"),
        ("DE8AAC12345679", None),
        ("XDE8AA123", None),
    ],
)
def test_a_contract_fits_a_pattern_in_any_spelling(emaid, found):
    entry = contract_entry(read_allow_list(LIST, "l.yaml"), emaid)

    assert (entry and (entry.parent or str(entry.status))) == found


def test_a_contract_that_is_not_listed_is_unknown_though_its_chain_is_good():
    result = judgement(None, NOW, CertificateStatus.ACCEPTED)

    assert result.authorization_status is AuthorizationStatus.UNKNOWN
    assert result.certificate_status is CertificateStatus.ACCEPTED


def test_only_the_star_is_special_in_a_pattern():
    listed = read_allow_list(b"contracts: [{emaid: 'DE.AA*'}]", "l.yaml")

    assert contract_entry(listed, "DEXAA1") is None
    assert contract_entry(listed, "DE.AA1") is not None


@pytest.mark.parametrize("data", [b"", b"  \n", b"tokens: []\n"])
def test_an_empty_file_is_an_empty_list(data):
    assert read_allow_list(data, "l.yaml") == AllowList()


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"tokens:\n  - id: A\n    colour: red\n", "l.yaml:3:5"),
        (b"tokens:\n  - parent: A\n", "l.yaml:2:"),
        (b"tokens:\n  - id: A\n    evses: [0]\n", "l.yaml:3:"),
        (b"tokens:\n  - id: A\n    evses: []\n", "l.yaml:3:"),
        (b"tokens:\n  - id: A\n    expires: tomorrow\n", "l.yaml:3:"),
        (b"tokens:\n  - id: A\n    expires: 2027-01-01T00:00:00\n", "l.yaml:3:"),
        (b"tokens:\n  - id: A\n    status: Fine\n", "l.yaml:3:"),
        (b"tokens:\n  - id: 12345678\n", "l.yaml:2:"),
        (b"tokens:\n  - id: A\n   bad\n", "l.yaml:3:"),
        (b"list: []\n", "l.yaml:1:"),
        (b"- A\n", "l.yaml"),
        (b"\xff\xfe\xfa", "l.yaml"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(data, place):
    with pytest.raises(AllowListError) as caught:
        read_allow_list(data, "l.yaml")

    assert str(caught.value).startswith(place)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # our own


@few(50)
@given(st.binary(max_size=200) | st.text(alphabet="tokens: -id[]{}\n&*!A1'\"|", max_size=80).map(str.encode))
def test_no_bytes_are_read_with_another_error(data):
    problems = ("none",)
    try:
        read_allow_list(data, "l.yaml")
    except AllowListError as error:
        problems = error.problems

    assert problems


def test_a_chain_belongs_to_the_emaid_of_its_leaf():
    chain, emaid = contract()

    assert is_contract_of(chain, emaid)
    assert is_contract_of(chain, emaid.lower())
    assert not is_contract_of(chain, "DE8AA000000000")
    assert not is_contract_of("no certificate", emaid)
