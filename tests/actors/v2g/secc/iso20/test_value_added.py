import dataclasses

import pytest

from actors.v2g.secc.iso20 import value_added
from actors.v2g.secc.iso20.phases import Phase
from protocols.types.iso15118_vas import (
    OfferedService,
    OfferedServices,
    Parameter,
    ParameterSet,
    ParameterValue,
)
from tests.support.secc_iso20 import STATION, Car20


def variant(set_id=1, **value):
    return ParameterSet(set_id=set_id, parameters=(Parameter(name="p", value=ParameterValue(**value)),))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("finite_string", "x"),
        ("bool_value", False),
        ("byte_value", -128),
        ("short_value", 32767),
        ("int_value", -(2**31)),
    ],
)
def test_each_kind_of_value_reaches_the_car(field, value):
    (parameter,) = value_added.on_the_wire(variant(**{field: value})).parameter

    assert getattr(parameter, field) == value


def test_a_number_reaches_the_car_as_a_rational():
    (parameter,) = value_added.on_the_wire(variant(rational_number=1.5)).parameter

    assert float(parameter.rational_number) == 1.5


@pytest.mark.parametrize(
    "given",
    [
        variant(byte_value=128),
        variant(short_value=-32769),
        variant(int_value=2**31),
        variant(-1, bool_value=True),
        variant(65536, bool_value=True),
        variant(),
        ParameterSet(set_id=1, parameters=()),
        ParameterSet(set_id=1, parameters=variant(bool_value=True).parameters * 33),
    ],
)
def test_what_the_wire_cannot_carry_is_withheld(given):
    assert value_added.on_the_wire(given) is None


def asked(*services):
    offers = OfferedServices(services=tuple(OfferedService(service_id=each) for each in services))
    car = Car20(station=dataclasses.replace(STATION, value_added=(offers, offers)))
    car.go_to(Phase.SERVICE_DISCOVERY)
    car.discover()
    return sorted(each.command.service_id for each in car.bench.asks.values())


def test_ids_that_belong_to_energy_transfer_are_not_taken():
    assert asked(1, 59, 60, -1, 65536) == [60]


def test_no_more_services_are_taken_than_fit_the_list():
    assert asked(*range(100, 120)) == list(range(100, 108))


def test_a_service_of_two_providers_is_asked_for_once():
    assert asked(65, 66) == [65, 66]
