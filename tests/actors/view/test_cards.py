"""What an EVSE looks like on the screen."""

from __future__ import annotations

from typing import Any

import pytest

from actors.view.cards import evse_card, evse_rows
from tests.support.view_data import NOW, by_card, by_contract, drawn


def card(evse: dict[str, Any], width: int = 50, curve_rows: int = 2) -> str:
    return "\n".join(drawn(evse_card(evse, NOW, width, curve_rows=curve_rows), width))


def test_a_car_that_charges_by_contract_is_shown_with_everything() -> None:
    shown = card(by_contract())

    for told in (
        "EVSE 2  DE*PNX*E00002*1  DC CCS 2", "Charging", "49.8 kW", "431 Wh", "0:38", "41.6 %", "█████",
        "✓ 6", "eMAID DE8E***01X  ISO 15118-2 over TLS",
    ):  # fmt: skip
        assert told in shown


def test_a_car_that_says_nothing_of_its_battery_shows_what_it_takes() -> None:
    shown = card(by_card())

    assert "of 22.1 kW" in shown
    assert "battery" not in shown


@pytest.mark.parametrize(("available", "told"), [(True, "waits for a car"), (False, "out of service")])
def test_an_evse_without_a_car_says_whether_it_waits_for_one(available: object, told: str) -> None:
    shown = card(by_card() | {"state": "Available", "available": available, "session": None, "power_w": 0.0})

    assert told in shown
    assert "kW" not in shown


def test_errors_stand_on_the_card_and_do_not_break_its_frame() -> None:
    error = {"type": "evse_board_support/MREC2GroundFailure", "message": "a fault\n" * 20}

    lines = drawn(evse_card(by_card() | {"errors": [error]}, NOW, 50), 50)

    assert any("✗ evse_board_support/MREC2GroundFailure" in line for line in lines)
    assert {len(line) for line in lines} == {50}


@pytest.mark.parametrize("rows", [0, 1, 6])
def test_a_card_is_as_high_as_its_curve_makes_it(rows: int) -> None:
    for evse in (by_card(), by_contract(), by_card() | {"session": None}):
        assert len(drawn(evse_card(evse, NOW, 60, curve_rows=rows), 60)) == 11 + rows


@pytest.mark.parametrize("rows", [0, 1, 2, 5])
def test_an_error_makes_no_card_higher_than_those_beside_it(rows: int) -> None:
    error = {"type": "evse_board_support/MREC3HighTemperature", "message": "61 degrees"}
    wrong = card(by_card() | {"errors": [error]}, 50, rows).splitlines()
    assert len(wrong) == len(card(by_card(), 50, rows).splitlines())
    assert any("MREC3HighTemperature" in line for line in wrong)


def test_an_evse_of_which_little_is_known_is_shown_all_the_same() -> None:
    assert "EVSE 7" in card({"evse": 7})


def test_many_evses_are_shown_one_a_line() -> None:
    shown = drawn(evse_rows([by_card(), by_contract(), {"evse": 3}], NOW, 110), 110)

    assert len(shown) == 4
    assert "5/6" in shown[1]
    assert "42 %" in shown[2]
    assert "unknown" in shown[3]


def test_a_session_without_a_beginning_has_no_duration() -> None:
    evse = by_card()
    evse["session"]["began"] = None

    assert "0:" not in card(evse)


def test_in_a_narrow_terminal_what_matters_most_is_kept_whole() -> None:
    head, first, second = drawn(evse_rows([by_card(), by_contract()], NOW, 80), 76)

    assert head.split() == ["EVSE", "state", "power", "energy", "battery", "time", "step"]
    assert first.split() == ["1", "AC", "Charging", "11.0", "kW", "92", "Wh", "0:33", "5/6"]
    assert "49.8 kW" in second
