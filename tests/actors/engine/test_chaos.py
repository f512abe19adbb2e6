"""Who is hit, and that the same seed hits the same ones."""

import os
import signal

import pytest

from actors.engine.chaos import Chaos, Living, find, living, send_signal
from actors.engine.messages import TreeNode


def node(name, *children, pid=None, state="Running"):
    return TreeNode(name=name, kind="K", state=state, pid=pid, children=children)


TREE = node(
    "site",
    node("auth", pid=2),
    node("evse_1", node("v2g", pid=4), node("board", state="Backoff"), pid=3),
    node("evse_2", node("v2g", pid=6), pid=5),
    pid=1,
)


def test_living_actors_are_listed_parents_before_children():
    assert [each.path for each in living(TREE)] == [
        "site",
        "site/auth",
        "site/evse_1",
        "site/evse_1/v2g",
        "site/evse_2",
        "site/evse_2/v2g",
    ]


@pytest.mark.parametrize("path", ["site/evse_1/v2g", "evse_1/v2g"])
def test_an_actor_is_found_by_its_path_or_the_end_of_it(path):
    assert find(TREE, path) == Living("site/evse_1/v2g", 4, "Running")


def test_an_end_that_several_paths_have_finds_nobody():
    assert find(TREE, "v2g") is None


def test_an_actor_without_a_process_is_not_found():
    assert find(TREE, "evse_1/board") is None


def test_the_root_is_never_a_victim():
    victims = Chaos(3).victims(TREE, 100)

    assert {each.path for each in victims} == {each.path for each in living(TREE)} - {"site"}


def test_victims_fit_the_pattern():
    assert {each.path for each in Chaos(3).victims(TREE, 9, "*/v2g")} == {
        "site/evse_1/v2g",
        "site/evse_2/v2g",
    }


def test_the_same_seed_picks_the_same_victims_in_the_same_order():
    first, second = Chaos(7), Chaos(7)

    assert [first.victims(TREE, 2) for _ in range(9)] == [second.victims(TREE, 2) for _ in range(9)]
    assert [first.chance(10) for _ in range(9)] == [second.chance(10) for _ in range(9)]


def test_a_signal_reaches_a_living_process_and_is_counted():
    child = os.fork()
    if child == 0:
        signal.pause()
        os._exit(0)

    chaos = Chaos(1)
    hit = chaos.kill([Living("site/x", child, "Running")])

    assert (hit, chaos.struck) == (1, ["site/x"])
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL


def test_a_process_that_has_ended_is_no_error_and_not_counted():
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)

    assert send_signal(child, signal.SIGKILL) is False
    assert Chaos(1).kill([Living("site/x", child, "Running")]) == 0
