import pytest

from actors.ocpp.device_model.requests import Origin, SetResult
from actors.ocpp.device_model.storage import ValueSource
from protocols.types.ocpp import AttributeEnum, SetVariableStatusEnumType
from tests.support.device_model import name


@pytest.mark.parametrize("status", SetVariableStatusEnumType)
def test_a_value_is_set_when_it_was_accepted_perhaps_for_later(status):
    where = name("Size")
    result = SetResult(
        component=where.component, variable=where.variable, attribute=AttributeEnum.ACTUAL, status=status
    )

    assert result.done is (status.value in {"Accepted", "RebootRequired"})


def test_whoever_asks_is_remembered_under_the_same_word():
    assert {origin.value for origin in Origin} == {source.value for source in ValueSource} - {"default"}
