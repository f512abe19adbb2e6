"""Rows M1.1 to M1.7."""

import pytest

from actors.catalog import CATALOG
from protocols.types.authorization import SelectionAlgorithm

AUTH = CATALOG["Auth"]


def test_auth_has_the_parameters_and_defaults_of_its_rows():
    assert {name: one.default for name, one in AUTH.parameters.items()} == {
        "selection_algorithm": "FindFirst",
        "connection_timeout": None,
        "master_pass_group_id": "",
        "prioritize_authorization_over_stopping_transaction": True,
        "ignore_connector_faults": False,
        "plug_in_timeout_enabled": False,
    }


def test_every_way_of_selection_is_carried_out():
    choices = AUTH.parameters["selection_algorithm"].choices

    assert choices == tuple(each.value for each in SelectionAlgorithm)[::-1]


@pytest.mark.parametrize("name", ["connection_timeout", "master_pass_group_id"])
def test_what_the_csms_sets_can_be_written_while_running(name):
    assert AUTH.parameters[name].writable


def test_auth_takes_up_to_128_of_each_and_evses_in_order():
    assert {name: (one.minimum, one.maximum, one.evse_order) for name, one in AUTH.requires.items()} == {
        "token_provider": (1, 128, False),
        "token_validator": (1, 128, False),
        "evse_manager": (1, 128, True),
        "kvs": (0, 1, False),
    }


def test_auth_provides_authorization_and_reservation():
    assert {name: one.interface for name, one in AUTH.provides.items()} == {
        "main": "auth",
        "reservation": "reservation",
    }


@pytest.mark.parametrize(
    "name", ["DummyTokenProvider", "DummyTokenProviderManual", "LocalAllowlistTokenValidator"]
)
def test_a_token_module_provides_one_auth_interface(name):
    assert [one.interface.startswith("auth_token_") for one in CATALOG[name].provides.values()] == [True]
