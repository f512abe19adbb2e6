"""A request that is larger than a message may be is refused, whatever it asks for."""

from dataclasses import replace

import pytest
from ocpp.v21 import call, datatypes

from actors.ocpp.block import Block
from actors.ocpp.blocks.excess import refuse_excess
from actors.ocpp.device_model import variables
from actors.ocpp.messages import CalledReply
from actors.ocpp.turn import Turn
from protocols.ocpp.errors import Code
from tests.support.ocpp_station import Station, shipped


def refuse(turn: Turn, tag: int, request: call.GetVariables) -> None:
    bounds = (variables.GET_ITEMS, variables.GET_BYTES)
    if not refuse_excess(turn, tag, request, len(request.get_variable_data), *bounds):
        turn.refuse(tag, Code.GENERIC_ERROR, "it fits")


def asked(station: Station, name: str = "A") -> CalledReply:
    one = datatypes.GetVariableDataType(
        component=datatypes.ComponentType(name=name), variable=datatypes.VariableType(name="B")
    )
    answer = station.request(call.GetVariables([one, one]))
    assert isinstance(answer, CalledReply)
    return answer


BLOCK = Block(name="a", requests={call.GetVariables: refuse})
SIZE = len(
    '{"getVariableData":['
    '{"component":{"name":"A"},"variable":{"name":"B"},"attributeType":"Actual"},'
    '{"component":{"name":"A"},"variable":{"name":"B"},"attributeType":"Actual"}]}'
)


@pytest.mark.parametrize(
    ("items", "size", "code"),
    [
        (2, SIZE, "GenericError"),
        (1, SIZE, "OccurrenceConstraintViolation"),
        (2, SIZE - 1, "FormatViolation"),
        (1, 1, "OccurrenceConstraintViolation"),
    ],
)
def test_the_bounds_are_those_of_the_device_model(items: int, size: int, code: str) -> None:
    station = Station(blocks=(BLOCK,))
    station.set(variables.GET_ITEMS, items)
    station.set(variables.GET_BYTES, size)

    assert asked(station).code == code


def test_bytes_are_counted_as_utf_8() -> None:
    station = Station(blocks=(BLOCK,))
    station.set(variables.GET_BYTES, SIZE)

    assert asked(station, "Ä").code == "FormatViolation"


def test_the_refusal_names_the_bound() -> None:
    station = Station(blocks=(BLOCK,))
    station.set(variables.GET_ITEMS, 1)

    assert asked(station).description == "2 items, DeviceDataCtrlr.ItemsPerMessage[GetVariables] is 1"


def test_without_bounds_everything_fits() -> None:
    kept = []
    for each in shipped():
        declared = {name: one for name, one in each.variables.items() if "PerMessage" not in name.name}
        kept.append(replace(each, variables=declared))
    station = Station(blocks=(BLOCK,), components=tuple(kept))

    assert asked(station).code == "GenericError"
