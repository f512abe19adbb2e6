"""Tests for actors/energy/energy_supervisor.py: where the energy tree stands, and whom it reaches."""

from __future__ import annotations

from pathlib import Path

from actors.config import load_site
from actors.energy.energy_supervisor import BRANCH, branch, is_managed
from actors.engine.branch import CHILDREN
from actors.engine.supervision import ChildSpec, Exhausted
from actors.site import plan
from protocols import codec
from tests.support.sites import good

DEPLOY = Path(__file__).parents[3] / "deploy"
SITE = load_site(DEPLOY / "sil-2evse.yaml")
TEXT = (DEPLOY / "sil-2evse.yaml").read_text()
MANAGER = """    module: EnergyManager
    connections:
      energy_trunk:
        - module_id: grid
          implementation_id: energy_grid
"""


def test_one_node_that_cannot_be_kept_alive_does_not_take_the_tree_along() -> None:
    found = branch([ChildSpec(id="grid", actor="a.B")], 1)

    (child,) = (codec.from_plain(ChildSpec, each) for each in found.config[CHILDREN])
    assert (found.id, found.stage, child.exhausted) == (BRANCH, 1, Exhausted.GIVE_UP)


def test_manager_and_nodes_stand_together_whatever_evse_they_are_mapped_to(tmp_path: Path) -> None:
    (found,) = [each for each in plan(SITE, str(tmp_path)) if each.id == BRANCH]

    children = [codec.from_plain(ChildSpec, each) for each in found.config[CHILDREN]]
    assert {each.id: each.evse for each in children} == {
        "energy": None, "grid": None, "fuse_1": 1, "fuse_2": 2,
    }  # fmt: skip


def test_a_site_without_an_energy_tree_has_no_branch_for_it(tmp_path: Path) -> None:
    assert BRANCH not in {each.id for each in plan(load_site(DEPLOY / "demo.yaml"), str(tmp_path))}


def test_an_evse_below_an_energy_manager_is_managed() -> None:
    assert is_managed(SITE, "evse_1")
    assert is_managed(SITE, "evse_2")


def test_an_evse_without_an_energy_tree_is_not() -> None:
    site = load_site(DEPLOY / "demo.yaml")

    assert not any(is_managed(site, module) for module in site.evses.values())


def test_an_evse_below_nodes_that_nobody_manages_is_not() -> None:
    site = good((MANAGER, "    module: System\n"), ("  system:\n    module: System\n", ""),
                ("module_id: system", "module_id: energy"), text=TEXT)  # fmt: skip

    assert not is_managed(site, "evse_1")
