"""Tests for actors/evse/messages.py."""

from datetime import UTC, datetime

import pytest

from actors.evse import messages
from protocols import codec
from protocols.types import authorization

CONDITION = messages.EvseCondition(
    evse_id=2,
    grants_taken=7,
    phase=messages.Phase.TRANSACTION,
    session_id="6ba7b810",
    connector_id=1,
    plugged_in=True,
    plugged_in_at=datetime(2026, 1, 1, tzinfo=UTC),
    token=authorization.ProvidedIdToken(
        id_token=authorization.IdToken(value="DEADBEEF", type=authorization.IdTokenType.ISO14443),
        authorization_type=authorization.AuthorizationType.RFID,
    ),
    connectors=(messages.OutletCondition(connector_id=1, faulted=True),),
)


def test_the_condition_of_an_evse_survives_the_wire():
    assert codec.decode(codec.encode(CONDITION)) == CONDITION


def test_an_evse_without_a_connector_is_not_said():
    nowhere = messages.EvseCondition(evse_id=1, connectors=())

    with pytest.raises(codec.EncodeError):
        codec.encode(nowhere)
