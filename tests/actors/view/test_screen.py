"""The whole screen, at every size."""

from __future__ import annotations

import pytest

from actors.view.scene import Scene
from actors.view.screen import screen
from tests.support.view_data import NOW, NOW_S, by_card, by_contract, drawn, message, scene

FOOT = "web page http://127.0.0.1:8080/"


def shown(found: Scene, width: int, height: int, notes: str = "") -> list[str]:
    return drawn(screen(found, NOW, NOW_S, (width, height), FOOT, notes), width, height)


@pytest.mark.parametrize(("width", "height"), [(100, 30), (160, 50), (80, 24), (200, 60), (60, 50)])
def test_the_screen_is_filled_and_never_left(width: int, height: int) -> None:
    lines = shown(scene(messages=tuple(message(f"Message{number}") for number in range(60))), width, height)

    assert len(lines) == height
    assert max(map(len, lines)) <= width
    assert FOOT in lines[-1]


@pytest.mark.parametrize("told", ["EVSE 1", "EVSE 2", "✓ 6", "41.6 %", "▆", "Heartbeat", "actors run", FOOT])
def test_a_terminal_of_the_usual_size_has_the_steps_and_a_curve(told: str) -> None:
    assert told in "\n".join(shown(scene(messages=(message("Heartbeat"),)), 80, 24))


@pytest.mark.parametrize(("width", "height"), [(100, 30), (160, 50)])
def test_everything_that_matters_is_seen_at_common_sizes(width: int, height: int) -> None:
    text = "\n".join(shown(scene(messages=(message("Heartbeat"),)), width, height))

    for told in ("demo.yaml", "ready  1:23", "ocpp2.1 Accepted", "EVSE 1", "EVSE 2", "✓ 6", "41.6 %",
                 "10 of 10 actors run", "Heartbeat", FOOT):  # fmt: skip
        assert told in text


def test_many_evses_are_a_table() -> None:
    evses = [by_contract() | {"evse": number} for number in range(1, 25)]

    text = "\n".join(shown(scene(*evses), 120, 40))

    assert "EVSE" in text
    assert "24 DC" in text
    assert "actors run" in text


def test_a_site_of_one_evse_has_one_card() -> None:
    assert "EVSE 1" in "\n".join(shown(scene(by_card()), 80, 40))


def test_before_the_first_word_the_screen_says_so() -> None:
    text = "\n".join(shown(Scene(), 100, 30))

    assert "waiting for word from the site" in text
    assert "no CSMS" in text
    assert "starting" in text


def test_a_back_end_that_is_away_is_told_of() -> None:
    found = scene()
    found.take("site", {"csms": {"connected": False, "url": "ws://x"}}, NOW_S)

    assert "not connected" in shown(found, 100, 30)[0]


def test_notes_stand_below_the_evses() -> None:
    assert any("killed: auth" in line for line in shown(scene(), 100, 30, "killed: auth"))


def test_at_80_columns_no_card_and_no_headline_is_cut() -> None:
    lines = shown(scene(), 80, 24)

    cards = "\n".join(lines[:13])
    assert "…" not in cards
    assert "ready  1:23" in lines[0]
    assert "Car told it may charge" in cards
    assert "ISO 15118-2 TLS ─╯" in cards


def test_a_wide_terminal_has_the_address_of_the_back_end() -> None:
    assert "ws://" in shown(scene(), 100, 30)[0]
