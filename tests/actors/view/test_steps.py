"""The seven steps ticking off."""

from __future__ import annotations

from actors.view.steps import TITLES, step_rows
from tests.support.view_data import drawn, steps


def shown(*ago: float | None) -> list[str]:
    return drawn(step_rows(steps(*ago), 60), 60)


def test_every_step_that_is_done_has_its_time() -> None:
    lines = shown(80, 37.02, 36.8, 36.7, 36.69, 36.52, 36.5)

    assert all(line.startswith(f"✓ {number}") for number, line in enumerate(lines))
    assert lines[2].endswith("+0.22 s")
    assert lines[6].endswith("+0.52 s")


def test_the_step_that_is_due_is_marked() -> None:
    lines = shown(80, 5, 4.9, None, None, None, None)

    assert [line[0] for line in lines] == ["✓", "✓", "✓", "▸", "·", "·", "·"]


def test_steps_that_a_card_does_not_take_are_passed_over() -> None:
    found = steps(None, None, None, 3, 2, None, None)
    found[6]["detail"] = "only with Plug & Charge"

    lines = drawn(step_rows(found, 60), 60)

    assert [line[0] for line in lines] == ["-", "-", "-", "✓", "✓", "▸", "-"]


def test_before_any_car_nothing_is_done() -> None:
    lines = drawn(step_rows([], 60), 60)

    assert [line[4:] for line in lines] == list(TITLES)
    assert {line[0] for line in lines} == {"·"}


def test_steps_that_are_left_out_are_no_error() -> None:
    assert len(drawn(step_rows([None, *steps(1, 1, 1, 1, 1, 1, 1)[3:]], 60), 60)) == len(TITLES)
