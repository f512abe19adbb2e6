"""Verdicts of the CSMS as the site hears them (S8.4, S8.5)."""

from typing import Any

import pytest
from ocpp.v21 import call_result, datatypes, enums

from actors.ocpp.blocks import authorization_results as results
from protocols.types.authorization import AuthorizationStatus, IdToken, IdTokenType, ValidationResult
from protocols.types.iso15118 import EnergyTransferMode as Mode
from protocols.types.text_message import MessageContent, MessageFormat
from tests.support.ocpp_station import START, Station

Status = enums.AuthorizationStatusEnumType
HELLO = datatypes.MessageContentType(content="Hello", format=enums.MessageFormatEnumType.utf8, language="en")


def told(station: Station, **info: Any) -> ValidationResult:
    found: list[ValidationResult] = []
    made = datatypes.IdTokenInfoType(**{"status": Status.accepted, **info})
    station.turn(lambda turn: found.append(results.result_of(turn, made)))
    return found[0]


@pytest.fixture
def station() -> Station:
    return Station(blocks=())


@pytest.mark.parametrize("status", Status)
def test_every_status_of_the_csms_is_one_of_the_site(station: Station, status: Status) -> None:
    assert told(station, status=status).authorization_status is AuthorizationStatus(status.value)


def test_a_bare_verdict_says_nothing_else(station: Station) -> None:
    accepted = AuthorizationStatus.ACCEPTED

    assert told(station) == ValidationResult(authorization_status=accepted, tariff_messages=())


def test_all_that_comes_with_a_verdict_is_passed_on(station: Station) -> None:
    result = told(
        station,
        cache_expiry_date_time="2026-03-01T12:00:00Z",
        evse_id=[2, 0, 1],
        group_id_token=datatypes.IdTokenType(id_token="GROUP", type="Central"),
        personal_message=HELLO,
    )

    assert result.expiry_time == START
    assert result.evse_ids == (2, 1)
    assert result.parent_id_token == IdToken(value="GROUP", type=IdTokenType.CENTRAL)
    text = MessageContent(content="Hello", language="en", format=MessageFormat.UTF8)
    assert result.tariff_messages == (text,)


def test_no_evse_of_ours_among_those_named_names_none(station: Station) -> None:
    assert told(station, evse_id=[0]).evse_ids is None


@pytest.mark.parametrize("group", [("G", "Ankle"), ("G" * 37, "Central")], ids=["type", "length"])
def test_a_group_the_site_has_no_words_for_is_passed_over(station: Station, group: tuple[str, str]) -> None:
    result = told(station, group_id_token=datatypes.IdTokenType(*group))

    assert result.parent_id_token is None
    assert "group_passed_over" in station.notes()


def test_an_unreadable_time_is_logged_and_left_out(station: Station) -> None:
    assert told(station, cache_expiry_date_time="tomorrow").expiry_time is None
    assert "time_unreadable" in station.notes()


def test_every_mode_that_may_be_allowed_has_its_words() -> None:
    assert set(results.MODES) == set(enums.EnergyTransferModeEnumType)
    assert {mode for modes in results.MODES.values() for mode in modes} == set(Mode)


@pytest.mark.parametrize(
    ("allowed", "modes"),
    [
        (None, None),
        (
            [enums.EnergyTransferModeEnumType.ac_two_phase, enums.EnergyTransferModeEnumType.dc_bpt],
            (Mode.AC_TWO_PHASE, Mode.DC_BPT, Mode.MCS_BPT),
        ),
    ],
    ids=["all", "some"],
)
def test_a_user_may_be_held_to_some_modes(
    allowed: list[enums.EnergyTransferModeEnumType] | None, modes: tuple[Mode, ...] | None
) -> None:
    answer = call_result.Authorize(
        id_token_info=datatypes.IdTokenInfoType(status=Status.accepted),
        allowed_energy_transfer=allowed,
    )

    assert results.allowed_of(answer) == modes


@pytest.mark.parametrize("texts", [None, [], [HELLO, HELLO]], ids=["no tariff", "no text", "texts"])
def test_a_tariff_speaks_for_itself(texts: list[datatypes.MessageContentType] | None) -> None:
    answer = call_result.Authorize(id_token_info=datatypes.IdTokenInfoType(status=Status.accepted))
    if texts is not None:
        answer.tariff = datatypes.TariffType(currency="EUR", tariff_id="T", description=texts or None)

    assert [each.content for each in results.price_texts_of(answer)] == ["Hello"] * len(texts or ())


def test_a_text_of_a_format_the_site_lacks_has_none() -> None:
    odd = datatypes.MessageContentType(content="?", format="Morse")  # type: ignore[arg-type]  # a newer peer's

    assert results.texts_of([odd]) == (MessageContent(content="?"),)
