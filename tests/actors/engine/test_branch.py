"""A branch starts the children its start message names."""

from actors.engine import messages
from actors.engine.branch import Branch, branch_config, import_actors
from actors.engine.simulation import Simulation
from actors.engine.supervision import ChildSpec
from protocols.message import message_types

MEMBER = "tests.support.crowd.Member"


def test_a_branch_starts_the_children_it_is_configured_with():
    specs = [ChildSpec(id=name, actor=MEMBER) for name in ("a", "b")]
    simulation = Simulation()

    simulation.start(Branch, messages.Start(path="b", lineage="b#0", config=branch_config(specs)))

    assert set(simulation.actors()) == {"b", "b/a", "b/b"}


def test_a_branch_hands_its_evse_down():
    specs = [ChildSpec(id="a", actor=MEMBER), ChildSpec(id="b", actor=MEMBER, evse=7)]
    simulation = Simulation()

    start = messages.Start(path="b", lineage="b#0", evse=3, config=branch_config(specs))
    simulation.start(Branch, start)

    assert simulation.actor("b/a").evse == 3
    assert simulation.actor("b/b").evse == 7


def test_a_branch_without_children_is_started_at_once():
    simulation = Simulation()

    simulation.start(Branch, messages.Start(path="b", lineage="b#0"))

    assert set(simulation.actors()) == {"b"}


def test_the_actors_of_a_whole_tree_are_imported_and_prepared_at_once(monkeypatch):
    # given
    imported = []

    class Imported:
        def __init__(self, actor):
            self.actor = actor

        def before_fork(self, config):
            imported.append((self.actor, config.get("needs")))

    monkeypatch.setattr("actors.engine.branch.load", Imported)
    monkeypatch.setattr("actors.engine.branch.codec.prepare", lambda kinds: imported.append(len(kinds)))
    leaf = ChildSpec(id="leaf", actor="a.Leaf", config={"needs": 1})
    inner = ChildSpec(id="inner", actor="b.Inner", config=branch_config([leaf]))

    # when
    import_actors([inner, ChildSpec(id="other", actor="c.Other")])

    # then
    assert imported == [("b.Inner", None), ("a.Leaf", 1), ("c.Other", None), len(message_types())]
