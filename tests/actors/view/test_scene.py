"""What a screen keeps of the Gateway's news."""

from __future__ import annotations

from typing import Any

import pytest

from actors.view.scene import FRESH_S, KEPT, Scene, walk
from tests.support.view_data import NOW_S, by_card, by_contract, message, scene, site, tree

SESSION = "site/evse_2/v2g_2.session"


def test_news_of_one_evse_replace_that_one_only() -> None:
    found = scene()

    found.take("site", {"evse": by_contract() | {"state": "Finishing"}}, NOW_S)

    assert [one["state"] for one in found.evses] == ["Charging", "Finishing"]


def test_an_evse_that_is_new_is_put_in_its_place() -> None:
    found = scene(by_contract())

    found.take("site", {"evse": by_card()}, NOW_S)

    assert [one["evse"] for one in found.evses] == [1, 2]


def test_news_of_the_back_end_leave_the_evses_alone() -> None:
    found = scene()

    found.take("site", {"csms": {"connected": False}}, NOW_S)

    assert found.site["csms"] == {"connected": False}
    assert len(found.evses) == len(site(by_card(), by_contract())["evses"])


@pytest.mark.parametrize("news", [message("A"), [message("A")], {"messages": [message("A")]}])
def test_messages_come_one_by_one_or_together(news: Any) -> None:
    found = scene()

    found.take("messages", news, NOW_S)

    assert [one["name"] for one in found.messages] == ["A"]


def test_old_messages_make_room_for_new_ones() -> None:
    found = scene(messages=tuple(message(str(number)) for number in range(KEPT + 1)))

    assert [found.messages[0]["name"], found.messages[-1]["name"]] == ["1", str(KEPT)]


def test_a_restart_is_told_of_for_a_while() -> None:
    found = scene()

    found.take("tree", tree({"restarts": 1, "last_error": "killed by SIGKILL"}), NOW_S + 1)
    assert found.restarted == {SESSION: (NOW_S + 1, "killed by SIGKILL")}

    found.take("tree", tree({"restarts": 1}), NOW_S + 1 + FRESH_S)
    assert found.restarted == {}


def test_what_was_restarted_before_we_looked_is_not_told_of() -> None:
    found = Scene()

    found.take("tree", tree({"restarts": 3}), NOW_S)

    assert found.restarted == {}


def test_a_new_beginning_forgets_the_messages_before() -> None:
    found = scene(messages=(message("A"),))

    found.begin({"site": site(), "messages": []}, NOW_S)

    assert not found.messages
    assert found.evses == []


@pytest.mark.parametrize(
    ("topic", "data"), [("site", None), ("tree", []), ("messages", 7), ("messages", [None]), ("else", {})]
)
def test_what_does_not_read_as_promised_is_left_out(topic: str, data: Any) -> None:
    found = scene()

    found.take(topic, data, NOW_S)

    assert len(found.evses) == len(scene().evses)
    assert not found.messages


def test_a_tree_is_walked_from_the_root_down() -> None:
    assert [path for path, _node in walk(tree())][-2:] == ["site/evse_2/evse_2", SESSION]
