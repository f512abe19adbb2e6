import pytest

from actors.ocpp.device_model.directory import load_directory
from actors.ocpp.device_model.names import ComponentName
from actors.ocpp.device_model.numbering import differences, file_name
from tests.support.device_model import EVEREST, SHIPPED, component

ALL = load_directory(SHIPPED)


def told(components, connectors):
    return [one.text for one in differences(components, connectors)]


@pytest.mark.parametrize("path", [SHIPPED, EVEREST], ids=["ours", "everests"])
def test_two_evses_with_a_connector_each_are_what_comes_along(path):
    assert told(load_directory(path), {1: 1, 2: 1}) == []


def test_an_evse_more_than_there_are_files_is_told():
    # S5.10
    assert told(ALL, {1: 1, 2: 1, 3: 2}) == [
        "there is no file for EVSE at 3",
        "there is no file for Connector at 3.1",
        "there is no file for Connector at 3.2",
    ]


def test_an_evse_less_than_there_are_files_is_told():
    assert told(ALL, {1: 1}) == [
        "EVSE at 2: the site has no EVSE 2",
        "Connector at 2.1: the site has no EVSE 2",
    ]


def test_a_connector_more_than_the_evse_has_is_told():
    extra = component(name="Connector", evse_id=1, connector_id=2)

    assert told([*ALL, extra], {1: 1, 2: 1}) == ["Connector at 1.2: EVSE 1 of the site has 1 connectors"]


def test_any_component_at_an_evse_needs_that_evse():
    extra = component(name="AirFreshener", evse_id=7)

    assert told([*ALL, extra], {1: 1, 2: 1}) == ["AirFreshener at 7: the site has no EVSE 7"]


@pytest.mark.parametrize(
    "extra",
    [component(name="EVSE"), component(name="Connector"), component(name="connector", evse_id=1)],
    ids=lambda one: str(one.name),
)
def test_an_evse_or_connector_says_where_it_is(extra):
    assert told([*ALL, extra], {1: 1, 2: 1}) == [f"{extra.name} does not say where in the site it is"]


def test_a_missing_file_is_told_by_its_name():
    (first, second) = differences(ALL, {1: 2, 2: 2})

    assert "custom/Connector_1_2.json" in first.advice
    assert "custom/Connector_2_2.json" in second.advice


@pytest.mark.parametrize(
    ("name", "file"),
    [
        (ComponentName("EVSE", evse_id=3), "EVSE_3.json"),
        (ComponentName("Connector", None, 3, 2), "Connector_3_2.json"),
        (ComponentName("TxCtrlr"), "TxCtrlr.json"),
    ],
)
def test_a_file_is_called_after_its_component(name, file):
    assert file_name(name) == file
