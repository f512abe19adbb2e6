"""What tokens wait for: above all those whose charge point has just been replaced with them in hand."""

from dataclasses import replace
from datetime import timedelta

import pytest
from ocpp.v21 import call_result, datatypes, enums

from actors.ocpp.blocks import authorization, authorization_cache, local_list
from actors.ocpp.blocks.authorization_waiting import BUSY_S, LINK_S
from actors.ocpp.device_model import variables
from actors.ocpp.inputs import LinkSaid, Resumed
from actors.ocpp.messages import LinkState, Outcome, Trouble
from protocols.interfaces import auth_token_validator
from protocols.types.authorization import (
    AuthorizationStatus,
    AuthorizationType,
    IdToken,
    IdTokenType,
    ProvidedIdToken,
)
from tests.support.ocpp_station import Station

A = AuthorizationStatus
CARD = ProvidedIdToken(
    id_token=IdToken(value="CARD", type=IdTokenType.ISO14443), authorization_type=AuthorizationType.RFID
)
NOT_YET: list[A] = []


@pytest.fixture
def station() -> Station:
    """A successor: a CSMS has accepted the station, and its link has said nothing to this life."""
    station = Station(blocks=(authorization_cache.BLOCK, local_list.BLOCK, authorization.BLOCK))
    station.was_accepted()
    station.set(variables.OFFLINE_UNKNOWN_IDS, value=False)
    station.life()
    station.feed(Resumed())
    station.core.live.accepted = True
    return station


def present(station: Station, token: ProvidedIdToken = CARD) -> list[A]:
    station.ask(auth_token_validator.ValidateToken(provided_token=token))
    return verdicts(station)


def verdicts(station: Station) -> list[A]:
    return [each.validation_result.authorization_status for each in station.replies()]


def link_says(station: Station, trouble: Trouble | None) -> None:
    station.feed(LinkSaid(LinkState(connection=0, trouble=trouble, since=station.now)))


def accept(station: Station) -> list[A]:
    info = datatypes.IdTokenInfoType(status=enums.AuthorizationStatusEnumType.accepted)
    station.answered(call_result.Authorize(id_token_info=info))
    return verdicts(station)


# -- the link's first word -----------------------------------------------------------------------------------


def test_a_token_waits_for_the_first_word_of_the_link(station: Station) -> None:
    before = present(station)
    held = dict(station.timers())
    station.connect()

    assert before == NOT_YET
    assert held == {f"authorize_held {station.tags}": LINK_S}
    assert f"authorize_held {station.tags}" not in station.timers()
    assert len(station.sent("Authorize")) == 1
    assert accept(station) == [A.ACCEPTED]


def test_a_token_waits_while_the_link_has_not_tried(station: Station) -> None:
    link_says(station, None)
    before = present(station)
    link_says(station, None)
    between = verdicts(station)

    link_says(station, Trouble.UNREACHABLE)

    assert before == between == NOT_YET
    assert verdicts(station) == [A.UNKNOWN]
    assert not station.sent("Authorize")


def test_a_token_does_not_wait_for_the_link_for_ever(station: Station) -> None:
    station.later(2)
    present(station)
    (timer,) = station.timers()
    left_s = station.timers()[timer]
    station.later(left_s)

    station.fire(timer)
    station.fire(timer)

    assert left_s == LINK_S - 2
    assert verdicts(station) == [A.UNKNOWN]


@pytest.mark.parametrize("seconds", [LINK_S, -3600.0], ids=["later", "the clock was turned"])
def test_only_a_new_charge_point_has_tokens_wait(station: Station, seconds: float) -> None:
    station.now += timedelta(seconds=seconds)

    assert present(station) == [A.UNKNOWN]


def test_a_station_that_has_left_its_csms_waits_for_nobody(station: Station) -> None:
    station.core.live.stopped = True

    assert present(station) == [A.UNKNOWN]


def test_a_connection_that_is_lost_later_is_not_waited_for(station: Station) -> None:
    station.connect()
    station.disconnect()

    assert present(station) == [A.UNKNOWN]


def test_who_needs_nobodys_word_waits_for_none(station: Station) -> None:
    free = replace(CARD, id_token=IdToken(value="X", type=IdTokenType.CENTRAL))

    assert present(station, free) == [A.ACCEPTED]


# -- a link that is busy -------------------------------------------------------------------------------------


def test_a_question_that_finds_the_link_busy_is_put_again(station: Station) -> None:
    # given a link that waits for the answer to a predecessor's call
    station.connect()
    present(station)
    station.ended(Outcome.NOT_SENT)
    timer = f"authorize_again {station.tags}"
    before, waits = verdicts(station), station.timers()[timer]

    # when it has that answer
    station.fire(timer)

    assert before == NOT_YET
    assert waits == BUSY_S
    assert len(station.sent("Authorize")) == 2
    assert accept(station) == [A.ACCEPTED]


def test_a_link_that_stays_busy_is_as_bad_as_a_silent_csms(station: Station) -> None:
    station.connect()
    present(station)
    station.later(authorization.PATIENCE_S)
    station.ended(Outcome.NOT_SENT)

    station.fire(f"authorize {station.tags}")
    station.fire(f"authorize_again {station.tags}")

    assert verdicts(station) == [A.TIMEOUT]
    assert len(station.sent("Authorize")) == 1


def test_the_patience_runs_out_over_all_questions(station: Station) -> None:
    station.connect()
    present(station)
    station.later(5)
    station.ended(Outcome.NOT_SENT)

    station.fire(f"authorize_again {station.tags}")

    assert station.timers()[f"authorize {station.tags}"] == authorization.PATIENCE_S - 5
