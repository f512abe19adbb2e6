"""Tokens of the CSMS as the site holds them, and what hinders a start; each check in its message is in
test_remote_transactions.
"""

import pytest
from ocpp.v21 import datatypes

from actors.ocpp.blocks.remote_start_checks import LONGEST, LONGEST_KIND, token_of
from protocols.types.authorization import CustomIdToken, IdToken, IdTokenType


def more(value: str, kind: str) -> list[datatypes.AdditionalInfoType]:
    return [datatypes.AdditionalInfoType(additional_id_token=value, type=kind)]


@pytest.mark.parametrize("kind", IdTokenType)
def test_every_kind_that_the_site_knows_is_held(kind: IdTokenType) -> None:
    given = datatypes.IdTokenType("A" * LONGEST, kind.value, more("B" * LONGEST, "k" * LONGEST_KIND))

    info = (CustomIdToken(value="B" * LONGEST, type="k" * LONGEST_KIND),)
    assert token_of(given) == IdToken(value="A" * LONGEST, type=kind, additional_info=info)


@pytest.mark.parametrize(
    "given",
    [
        datatypes.IdTokenType("A" * (LONGEST + 1), "Central"),
        datatypes.IdTokenType("A", "VIN"),  # since OCPP 2.1
        datatypes.IdTokenType("A", "Central", more("B" * (LONGEST + 1), "kind")),
        datatypes.IdTokenType("A", "Central", more("B", "k" * (LONGEST_KIND + 1))),
    ],
)
def test_a_token_that_the_site_cannot_hold_is_none(given: datatypes.IdTokenType) -> None:
    assert token_of(given) is None
