from decimal import Decimal

import pytest

from actors.ocpp.device_model.characteristics import DataType
from actors.ocpp.device_model.names import ComponentName
from actors.ocpp.device_model.steering import Need, boolean, decimal, integer, listed, text


@pytest.mark.parametrize(
    ("variable", "written", "value"),
    [
        (boolean("C", "V", default=None), "true", True),
        (boolean("C", "V", default=None), "false", False),
        (integer("C", "V", None), "-12", -12),
        (decimal("C", "V", None), "1.50", Decimal("1.50")),
        (text("C", "V", None), "a, b", "a, b"),
        (listed("C", "V", None), "a,b", ("a", "b")),
        (listed("C", "V", None), "", ()),
    ],
)
def test_a_value_is_read_and_written_as_its_type(variable, written, value):
    assert variable.parse(written) == value
    assert variable.write(value) == written


def test_a_large_number_is_written_without_an_exponent():
    assert decimal("C", "V", None).write(Decimal("1E+3")) == "1000"


def test_a_variable_can_be_pointed_at_one_connector():
    place = integer("Connector", "SupplyPhases", None).at(2, 1)

    assert place.component == ComponentName("Connector", None, 2, 1)
    assert str(place) == "Connector at 2.1.SupplyPhases"


def test_what_most_variables_leave_as_it_is_can_be_given():
    made = integer("C", "V", 1, instance="i", unit="s", need=Need.ALWAYS, after_restart=True)

    assert (str(made), made.unit, made.need, made.after_restart) == ("C.V[i]", "s", Need.ALWAYS, True)
    assert made.data_types == {DataType.INTEGER}


def test_a_variable_is_optional_and_takes_effect_at_once_by_itself():
    made = text("C", "V", None)

    assert (made.need, made.after_restart, made.unit) == (Need.OPTIONAL, False, None)
