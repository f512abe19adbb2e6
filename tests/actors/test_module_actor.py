"""What a module's actor knows of its entry in the site file."""

from pathlib import Path

import pytest

from actors.config import load_site
from actors.module_actor import ModuleActor
from actors.site import config_of

SITE = load_site(Path(__file__).parents[2] / "deploy" / "sil-2evse.yaml")


@pytest.fixture
def auth():
    actor = ModuleActor()
    actor.config = config_of(SITE.modules["auth"], "state")
    return actor


def test_a_module_knows_its_id(auth):
    assert auth.module_id == "auth"


def test_parameters_have_their_defaults_filled_in(auth):
    assert auth.parameters["selection_algorithm"] == "PlugEvents"
    assert auth.parameters["ignore_connector_faults"] is False


def test_connected_names_come_in_the_order_of_the_file(auth):
    assert auth.connected("evse_manager") == ("evse_1/evse", "evse_2/evse")


def test_a_requirement_without_connections_is_empty(auth):
    assert auth.connected("unknown") == ()


def test_an_implementation_without_parameters_has_none(auth):
    assert auth.implementation("main") == {}


@pytest.mark.parametrize(
    ("lineage", "first"),
    [("site#7/energy#0/grid#0", True), ("site#7/energy#1/grid#0", False), ("site#7/energy#0/grid#2", False)],
)
def test_a_life_is_the_first_where_nobody_above_is_a_successor(lineage, first):
    actor = ModuleActor()
    actor.lineage = lineage

    assert actor.first_life is first
