"""`evsite components` makes and checks device-model directories (rows S5.6, S5.10, S5.11, S5.13)."""

import json

import pytest

from actors.exits import BAD_INPUT, FAILED, GOOD
from actors.ocpp.assembly import SHIPPED
from tests.support.command_line import evsite


def names(folder):
    return {each.name for each in folder.iterdir()}


def test_what_is_made_is_good_and_for_the_given_evses(tmp_path):
    directory = tmp_path / "site" / "component_config"

    made = evsite("components", "init", directory, "--evses", 3, "--connectors", 2)

    assert made.exit_code == GOOD
    assert names(directory / "custom") == {
        *(f"EVSE_{evse}.json" for evse in (1, 2, 3)),
        *(f"Connector_{evse}_{connector}.json" for evse in (1, 2, 3) for connector in (1, 2)),
    }
    assert names(directory / "standardized") == names(SHIPPED / "standardized")
    checked = evsite("components", "check", directory)
    assert checked.exit_code == GOOD
    assert "30 components" in checked.stdout
    assert "warning" not in checked.stdout


def test_what_is_told_of_the_evses_stands_in_their_files(tmp_path):
    directory = tmp_path / "component_config"

    evsite("components", "init", directory, "--type", "cCCS2", "--power-w", 150_000, "--phases", 0)

    connector = json.loads((directory / "custom" / "Connector_2_1.json").read_text())["properties"]
    evse = json.loads((directory / "custom" / "EVSE_2.json").read_text())["properties"]
    assert connector["ConnectorType"]["attributes"][0]["value"] == "cCCS2"
    assert connector["SupplyPhases"]["attributes"][0]["value"] == 0
    assert evse["Power"]["characteristics"]["maxLimit"] == 150_000


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--type", "Schuko"), "no connector type"),
        (("--evses", "129"), "--evses"),
        (("--phases", "4"), "--phases"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, words, said):
    done = evsite("components", "init", tmp_path / "component_config", *words)

    assert done.exit_code == BAD_INPUT
    assert said in done.stderr
    assert not (tmp_path / "component_config").exists()


def test_a_directory_that_is_there_is_left_alone(tmp_path):
    done = evsite("components", "init", tmp_path)

    assert done.exit_code == BAD_INPUT
    assert not list(tmp_path.iterdir())


def test_a_place_where_nothing_can_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()

    done = evsite("components", "init", tmp_path / "file" / "component_config")

    assert done.exit_code == FAILED
    assert "evsite: " in done.stderr


def test_everything_that_is_wrong_is_told_at_once(tmp_path):
    directory = tmp_path / "component_config"
    evsite("components", "init", directory)
    (directory / "custom" / "EVSE_1.json").write_text("{")
    (directory / "standardized" / "TxCtrlr.json").write_text('{"name": 7}')

    done = evsite("components", "check", directory)

    assert done.exit_code == BAD_INPUT
    assert "EVSE_1.json" in done.stdout
    assert "TxCtrlr.json" in done.stdout


def test_what_a_station_must_have_is_looked_for(tmp_path):
    directory = tmp_path / "component_config"
    evsite("components", "init", directory)
    (directory / "standardized" / "TxCtrlr.json").unlink()

    done = evsite("components", "check", directory)

    assert done.exit_code == BAD_INPUT
    assert "TxCtrlr.EVConnectionTimeOut" in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("ws://localhost", "http://localhost", "slot 1: the URL is not one of a websocket"),
        (
            '\\"securityProfile\\": 1',
            '\\"securityProfile\\": 3',
            "security profile 3 needs wss://",
        ),
        ('"[{', '"[[{', "is no JSON list"),
    ],
    ids=["no websocket", "profile 3 without TLS", "no JSON"],
)
def test_a_back_end_that_would_never_be_dialled_is_told(tmp_path, old, new, said):
    directory = tmp_path / "component_config"
    evsite("components", "init", directory)
    path = directory / "standardized" / "InternalCtrlr.json"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))

    done = evsite("components", "check", directory)

    assert done.exit_code == GOOD
    assert said in done.stdout
    assert "NetworkConnectionProfiles" in done.stdout
