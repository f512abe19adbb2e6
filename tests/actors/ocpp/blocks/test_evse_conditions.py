"""What hinders somebody new at an EVSE, by its manager's word (F01.FR.23, FR.24, F02.FR.25; row M6.14)."""

from typing import Any

import pytest

from actors.evse.messages import OutletCondition, Phase
from actors.ocpp.blocks import evse_conditions
from actors.ocpp.turn import Turn
from tests.support.ocpp_station import Station
from tests.support.ocpp_transactions import CARD, Evse

IN_USE = (OutletCondition(connector_id=1),)
SHUT = (OutletCondition(connector_id=1, enabled=False),)
FAULTED = (OutletCondition(connector_id=1, faulted=True),)
ONE_OF_TWO = (OutletCondition(connector_id=1, faulted=True), OutletCondition(connector_id=2))


@pytest.fixture
def station() -> Station:
    return Station(blocks=(evse_conditions.BLOCK,))


def found(station: Station) -> list[Any]:
    seen: list[Any] = []

    def look(turn: Turn) -> None:
        hindrance = evse_conditions.hindrance(turn, 1)
        seen.extend(((hindrance.code if hindrance else None), evse_conditions.busy(turn, 1)))

    station.turn(look)
    return seen


def test_an_evse_that_has_not_said_a_word_cannot_be_used(station: Station) -> None:
    assert found(station) == ["NotEnabled", False]


@pytest.mark.parametrize(
    ("fields", "code", "busy"),
    [
        ({}, None, False),
        ({"phase": Phase.SESSION, "plugged_in": True}, None, False),  # plugged in, nobody authorized
        ({"connectors": ONE_OF_TWO}, None, False),
        ({"connectors": SHUT}, "NotEnabled", False),  # F01.FR.23
        ({"connectors": FAULTED}, "NotEnabled", False),  # F01.FR.23
        ({"phase": Phase.SESSION, "token": CARD}, "TxInProgress", True),  # F01.FR.24
        ({"phase": Phase.TRANSACTION}, "TxInProgress", True),  # F02.FR.25
        ({"phase": Phase.OVER, "token": CARD, "plugged_in": True}, "TxInProgress", False),  # M6.14
    ],
)
def test_a_condition_says_what_hinders_somebody_new(
    station: Station, fields: dict[str, Any], code: str | None, *, busy: bool
) -> None:
    Evse(station).condition(**fields)

    assert found(station) == [code, busy]


def test_the_last_word_counts_and_a_successor_waits_for_it(station: Station) -> None:
    evse = Evse(station)
    evse.condition(connectors=SHUT)
    evse.condition(connectors=IN_USE)
    assert found(station) == [None, False]

    station.restart()

    assert found(station) == ["NotEnabled", False]
