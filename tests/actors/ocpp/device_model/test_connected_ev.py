from actors.ocpp.device_model.component import Mutability
from actors.ocpp.device_model.connected_ev import PROTOCOLS, connected_ev
from actors.ocpp.device_model.names import ComponentName, Tier, VariableName
from actors.ocpp.device_model.requests import Origin, SetRequest
from protocols.types.ocpp import AttributeEnum
from tests.support.device_model import shipped


def test_a_car_is_a_component_of_its_evse():
    car = connected_ev(2)

    assert (car.name, car.name.tier) == (ComponentName("ConnectedEV", evse_id=2), Tier.EVSE)
    assert VariableName("ProtocolSupportedByEV", str(PROTOCOLS)) in car.variables


def test_what_a_car_says_can_only_be_read_and_is_not_kept():
    attributes = [one.attributes[AttributeEnum.ACTUAL] for one in connected_ev(1).variables.values()]

    assert {(one.mutability, one.persistent) for one in attributes} == {(Mutability.READ_ONLY, False)}


def test_what_a_car_says_is_set_by_the_station():
    device, car = shipped(), connected_ev(1)
    device.add(car)
    name = VariableName("ProtocolAgreed")

    (result,) = device.set(
        [SetRequest(component=car.name, variable=name, value="urn:iso:15118:2:2013:MsgDef,2,0")],
        Origin.INTERNAL,
    )

    assert result.done
