"""The supervision tree, folded."""

from __future__ import annotations

from typing import Any

import pytest

from actors.view.forest import forest
from tests.support.view_data import NOW_S, drawn, node, tree

SESSION = "site/evse_2/v2g_2.session"


def shown(found: dict[str, Any], height: int = 20, restarted: dict[str, Any] | None = None) -> list[str]:
    return drawn(forest(found, restarted or {}, NOW_S, height), 80)


def test_a_branch_is_a_line_with_a_mark_for_each_actor() -> None:
    lines = shown(tree(), height=5)

    assert lines == [
        "site  10 of 10 actors run",
        "├─ station       ● registry",
        "├─ auth          ●●",
        "├─ evse_1        ●●●",
        "└─ evse_2        ●●●",
    ]


def test_a_branch_is_opened_where_something_has_happened() -> None:
    lines = shown(tree({"restarts": 2}), 6, {SESSION: (NOW_S - 3, "killed by SIGKILL")})

    assert lines[0].endswith("2 restarted")
    assert lines[-2:] == [
        "└─ evse_2        ●●● ↻2",
        "      ● v2g_2.session  restarted 3 s ago  killed by SIGKILL",
    ]


def test_an_actor_that_does_not_run_is_told_of_with_its_state() -> None:
    lines = shown(tree({"state": "Failed", "last_error": "no meter"}), 6)

    assert lines[0] == "site  9 of 10 actors run"
    assert lines[-1] == "      ✗ v2g_2.session  failed  no meter"


def test_everybody_is_named_where_there_is_room() -> None:
    lines = shown(tree())

    assert len(lines) == 10
    assert "│     ● car_1" in lines


def test_a_state_that_nobody_knows_is_a_question() -> None:
    assert any("?" in line for line in shown(tree({"state": "Dreaming"}), 5))


@pytest.mark.parametrize("height", [1, 2, 3, 4])
def test_the_tree_is_never_higher_than_it_may_be(height: int) -> None:
    restarted = {SESSION: (NOW_S, "x"), "site/auth/auth": (NOW_S, "y")}

    assert len(shown(tree(), height, restarted)) == height


def test_no_tree_yet_is_an_empty_one() -> None:
    assert shown({}) == [""]


def test_a_tree_of_branches_alone_has_no_line_for_the_others() -> None:
    assert shown(node("site", node("auth", node("auth"))), 2) == [
        "site  3 of 3 actors run", "└─ auth          ●●",
    ]  # fmt: skip
