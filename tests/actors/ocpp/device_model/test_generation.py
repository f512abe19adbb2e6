import pytest

from actors.ocpp.device_model.component_file import read_component
from actors.ocpp.device_model.directory import load_directory
from actors.ocpp.device_model.generation import Evse, Outlet, component_files
from actors.ocpp.device_model.names import AttributeName, ComponentName, VariableName
from actors.ocpp.device_model.numbering import differences
from actors.ocpp.device_model.requirement import lacks
from protocols.types.ocpp import AttributeEnum
from tests.support.device_model import SHIPPED, model


def made(evses):
    problems = []
    components = [
        read_component(text.encode(), file, problems) for file, text in component_files(evses).items()
    ]
    assert not problems
    return components


def test_the_shipped_files_are_what_is_made_for_two_evses():
    shipped = {file.name: file.read_text() for file in (SHIPPED / "custom").glob("*.json")}

    assert shipped == component_files([Evse(), Evse()])


@pytest.mark.parametrize("count", [1, 3, 24])
def test_files_for_any_number_of_evses_fit_the_site(count):
    evses = [Evse(connectors=(Outlet(), Outlet(type="cCCS2")))] * count
    standardized = [one for one in load_directory(SHIPPED) if one.name.evse_id is None]
    components = [*standardized, *made(evses)]

    assert differences(components, dict.fromkeys(range(1, count + 1), 2)) == ()
    assert lacks(model(*components)) == ()


def test_what_is_known_of_an_evse_stands_in_its_file():
    device = model(*made([Evse(max_power_w=150_000, supply_phases=0, connectors=(Outlet(type="cCCS2"),))]))
    evse, outlet = ComponentName("EVSE", evse_id=1), ComponentName("Connector", None, 1, 1)

    power = device.components[evse].variables[VariableName("Power")].characteristics
    assert (power.unit, power.max_limit) == ("W", 150_000)
    assert device.value(AttributeName(evse, VariableName("Power"), AttributeEnum.MAX_SET)) == "150000"
    assert device.value(AttributeName(evse, VariableName("SupplyPhases"))) == "0"
    assert device.value(AttributeName(outlet, VariableName("ConnectorType"))) == "cCCS2"
