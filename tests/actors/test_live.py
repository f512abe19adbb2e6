"""The tree as people see it."""

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from actors.engine.messages import TreeNode
from actors.live import MAX_AWAITED, MAX_ERROR, as_json, as_table, as_text, awaited, count, duration, shorten

LEAF = TreeNode(
    name="v2g_1", kind="V2gSessionActor", state="Running", pid=12, restarts=2,
    last_error="killed by SIGKILL", uptime_s=75.5,
)  # fmt: skip
FAILED = TreeNode(name="board_1", kind="Board", state="Failed", last_error="no\nsuch   device")
TREE = TreeNode(
    name="site", kind="Site", state="Running", pid=10, uptime_s=80.0,
    children=(
        TreeNode(name="evse_1", kind="EvseSupervisor", state="Running", pid=11, children=(LEAF, FAILED)),
        TreeNode(name="auth", kind="AuthActor", state="Backoff"),
    ),
)  # fmt: skip


def test_json_has_exactly_the_documented_fields():
    node = as_json(TREE)

    fields = {"name", "kind", "pid", "host", "state", "restarts", "last_error", "uptime_s", "complete"}
    fields |= {"children"}
    assert set(node) == fields
    assert set(node["children"][0]["children"][0]) == fields
    assert json.loads(json.dumps(node)) == node


def test_text_shows_every_actor_on_its_own_line_below_its_supervisor():
    lines = as_text(TREE).splitlines()

    assert [line.split()[0:2] for line in lines[1:4]] == [
        ["site", "Site"],
        ["├─", "evse_1"],
        ["│", "├─"],
    ]
    assert len(lines) == 6


def test_a_supervisor_that_did_not_answer_is_told_from_one_without_children():
    silent = replace(TREE.children[0], children=(), complete=False)

    assert as_json(silent)["complete"] is False
    assert as_json(TREE)["complete"] is True
    assert "Running, below unknown" in as_text(silent)
    assert "unknown" not in as_text(TREE)


def test_columns_of_the_text_are_aligned():
    lines = as_text(TREE).splitlines()
    column = lines[0].index("kind")

    assert all(line[column - 1] == " " and line[column] != " " for line in lines)


def test_an_error_is_shown_on_one_line_and_not_at_any_length():
    assert shorten("no\nsuch   device") == "no such device"
    assert len(shorten("x" * 500)) == MAX_ERROR


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (59.94, "59.9 s"), (75, "1 min 15 s"), (3600, "1 h 0 min"), (90000, "1 d 1 h")],
)
def test_time_spans_are_told_in_two_units_at_most(seconds, text):
    assert duration(seconds) == text


def test_the_table_names_state_and_last_error():
    console = Console(width=140, record=True, file=io.StringIO())
    console.print(as_table(TREE, "evsite", "below"))

    text = console.export_text()
    assert "killed by SIGKILL" in text
    assert "Failed" in text


def test_running_actors_are_counted():
    assert count(TREE) == (5, 3)


def test_those_who_do_not_run_yet_are_named_with_the_reason():
    assert awaited(TREE) == "site/evse_1/board_1 (Failed: no such device), site/auth (Backoff)"
    assert awaited(LEAF) == ""


def test_a_supervisor_is_named_only_without_anybody_below_it_to_blame():
    evse, auth = TREE.children
    starting = replace(
        TREE, state="Starting", children=(replace(evse, state="Starting"), replace(auth, state="Running"))
    )

    assert awaited(starting) == "site/evse_1/board_1 (Failed: no such device)"
    assert awaited(replace(starting, children=())) == "site (Starting)"


def test_of_many_who_do_not_run_the_rest_is_counted():
    many = tuple(replace(FAILED, name=f"b{number}", last_error=None) for number in range(MAX_AWAITED + 2))

    text = awaited(replace(TREE, children=many))

    assert text.count("(Failed)") == MAX_AWAITED
    assert text.endswith(" and 2 more")


def test_who_runs_on_another_host_is_shown_with_it():
    away = TreeNode(name="evse_2", kind="EvseSupervisor", state="Running", pid=5, host="10.0.0.2")
    tree = TreeNode(name="site", kind="Site", state="Running", pid=4, host="10.0.0.1", children=(away,))

    text = as_text(tree)
    assert "5 on 10.0.0.2" in text
    assert "on 10.0.0.1" not in text
