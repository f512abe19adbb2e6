from itertools import pairwise

import pytest

from actors.ocpp.device_model.names import AttributeName, ComponentName, Place, Tier, VariableName
from protocols.types.ocpp import AttributeEnum


def test_names_that_differ_in_case_alone_are_equal():
    assert ComponentName("EVSE", evse_id=1) == ComponentName("evse", evse_id=1)
    assert VariableName("Power", "L1") == VariableName("power", "l1")
    assert hash(VariableName("Power")) == hash(VariableName("POWER"))


@pytest.mark.parametrize(
    "other",
    [
        ComponentName("EVSE", evse_id=2),
        ComponentName("EVSE", evse_id=1, connector_id=1),
        ComponentName("EVSE", "a", evse_id=1),
        ComponentName("EVSE"),
    ],
)
def test_names_that_differ_in_place_or_instance_are_not_equal(other):
    assert ComponentName("EVSE", evse_id=1) != other


@pytest.mark.parametrize(
    ("component", "tier"),
    [
        (ComponentName("TxCtrlr"), Tier.STATION),
        (ComponentName("EVSE", evse_id=2), Tier.EVSE),
        (ComponentName("Connector", evse_id=2, connector_id=1), Tier.CONNECTOR),
        (ComponentName("Anything", evse_id=0, connector_id=0), Tier.STATION),
    ],
)
def test_a_component_belongs_to_one_of_three_tiers(component, tier):
    assert component.tier is tier


def test_names_sort_by_station_then_evse_then_connector():
    ordered = [
        ComponentName("AuthCtrlr"),
        ComponentName("TxCtrlr"),
        ComponentName("EVSE", evse_id=1),
        ComponentName("Connector", evse_id=1, connector_id=1),
        ComponentName("EVSE", evse_id=2),
        ComponentName("EVSE", evse_id=10),
    ]

    assert all(one < other for one, other in pairwise(ordered))


def test_an_empty_instance_is_no_instance():
    assert VariableName("Power", "").instance is None
    assert ComponentName("Display", "").instance is None


def test_a_name_keeps_its_spelling_when_written():
    component = ComponentName("Connector", "left", 1, 2)
    name = AttributeName(component, VariableName("Power", "L1"), AttributeEnum.TARGET)

    assert str(name) == "Connector[left] at 1.2.Power[L1] (Target)"
    assert str(AttributeName(ComponentName("TxCtrlr"), VariableName("Enabled"))) == "TxCtrlr.Enabled"


def test_an_attribute_knows_the_variable_it_belongs_to():
    name = AttributeName(ComponentName("A"), VariableName("B"), AttributeEnum.MAX_SET)

    assert name.place == Place(ComponentName("A"), VariableName("B"))
