"""The table of M11.12: what is answered to which request, by whom, and in which order it is looked at."""

from itertools import product

import pytest

from actors.ocpp.device_model.characteristics import Reason, Refusal
from actors.ocpp.device_model.requests import Origin, SetRequest
from actors.ocpp.device_model.setting import Found, judge
from protocols.types.ocpp import AttributeEnum
from tests.support.device_model import component, model, name, prop

BOUNDED = [
    {"type": "Actual"},
    {"type": "Target"},
    {"type": "MinSet", "value": 2},
    {"type": "MaxSet", "value": 8},
]
THING = component(
    prop("Size", "integer", limits={"minLimit": 0, "maxLimit": 9}),
    prop("Shown", "integer", mutability="ReadOnly"),
    prop("Secret", mutability="WriteOnly"),
    prop("Fixed", "integer", constant=True, value=1),
    prop("Bounded", "integer", attributes=BOUNDED),
    prop("Texts", attributes=[{"type": "Actual"}, {"type": "MaxSet", "value": "b"}]),
)


def judged(variable, value, origin=Origin.CSMS, kind=AttributeEnum.ACTUAL, *, where="Thing", made=None):
    component_name, variable_name, _ = name(variable, where)
    request = SetRequest(component=component_name, variable=variable_name, value=value, attribute=kind)
    found = judge(made or model(THING), request, origin)
    return "Accepted" if isinstance(found, Found) else (found.status.value, found.reason)


TABLE = [
    ("Nothing", "Size", "1", "Actual", ("UnknownComponent", Reason.NOT_FOUND)),
    ("Thing", "Nothing", "1", "Actual", ("UnknownVariable", Reason.NOT_FOUND)),
    ("Thing", "Size", "x", "Actual", ("Rejected", Reason.INVALID_VALUE)),
    ("Thing", "Size", "10", "Actual", ("Rejected", Reason.VALUE_TOO_HIGH)),
    ("Thing", "Size", "-1", "Actual", ("Rejected", Reason.VALUE_TOO_LOW)),
    ("Thing", "Size", "x", "Target", ("Rejected", Reason.INVALID_VALUE)),
    ("Thing", "Size", "1", "Target", ("NotSupportedAttributeType", Reason.UNSUPPORTED_PARAM)),
    ("Thing", "Shown", "x", "Actual", ("Rejected", Reason.INVALID_VALUE)),
    ("Thing", "Shown", "1", "Actual", ("Rejected", Reason.READ_ONLY)),
    ("Thing", "Fixed", "1", "Actual", ("Rejected", Reason.READ_ONLY)),
    ("Thing", "Secret", "1", "Actual", "Accepted"),
    ("Thing", "Size", "1", "Actual", "Accepted"),
    ("thing", "SIZE", "1", "Actual", "Accepted"),
    ("Thing", "Size", "1" * 2501, "Actual", ("Rejected", Reason.TOO_LARGE_ELEMENT)),
]


@pytest.mark.parametrize(("where", "variable", "value", "kind", "answer"), TABLE)
def test_the_csms_is_answered_in_the_order_of_the_standard(where, variable, value, kind, answer):
    assert judged(variable, value, kind=AttributeEnum(kind), where=where) == answer


@pytest.mark.parametrize("origin", [Origin.SITE, Origin.INTERNAL])
def test_the_site_writes_what_the_csms_may_only_read(origin):
    assert judged("Shown", "1", origin) == "Accepted"


@pytest.mark.parametrize("origin", Origin)
def test_nobody_changes_a_constant(origin):
    assert judged("Fixed", "2", origin) == ("Rejected", Reason.READ_ONLY)


@pytest.mark.parametrize("kind", [AttributeEnum.ACTUAL, AttributeEnum.TARGET])
@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ("1", ("Rejected", Reason.VALUE_TOO_LOW)),
        ("2", "Accepted"),
        ("8", "Accepted"),
        ("9", ("Rejected", Reason.VALUE_TOO_HIGH)),
    ],
)
def test_min_set_and_max_set_bound_what_may_be_set(kind, value, answer):
    assert judged("Bounded", value, kind=kind) == answer


@pytest.mark.parametrize(
    ("kind", "value", "answer"),
    [
        (AttributeEnum.MIN_SET, "9", ("Rejected", Reason.VALUE_TOO_HIGH)),
        (AttributeEnum.MIN_SET, "8", "Accepted"),
        (AttributeEnum.MAX_SET, "1", ("Rejected", Reason.VALUE_TOO_LOW)),
        (AttributeEnum.MAX_SET, "2", "Accepted"),
    ],
)
def test_min_set_and_max_set_keep_their_order(kind, value, answer):
    assert judged("Bounded", value, kind=kind) == answer


def test_what_the_station_measures_is_not_bounded():
    assert judged("Bounded", "99", Origin.INTERNAL) == "Accepted"


def test_texts_are_not_bounded_as_numbers_are():
    assert judged("Texts", "zzz") == "Accepted"


def test_a_block_may_refuse_what_the_characteristics_allow():
    made = model(THING)
    refusal = Refusal(Reason.INVALID_VALUE, "no such profile")
    made.guard(name("Size").place, lambda value: None)
    made.guard(name("Size").place, lambda value: refusal if value == "7" else None)

    answers = [judged("Size", value, origin, made=made) for value, origin in product("67", Origin)]

    refused = ("Rejected", Reason.INVALID_VALUE)
    assert answers == ["Accepted"] * 3 + [refused, refused, "Accepted"]


def test_a_block_is_asked_only_about_values_that_are_allowed():
    asked = []
    made = model(THING)
    made.guard(name("Size").place, asked.append)

    for value in ("x", "10", "5"):
        judged("Size", value, made=made)

    assert asked == ["5"]


def test_a_block_is_asked_about_the_actual_value_alone():
    asked = []
    made = model(THING)
    made.guard(name("Bounded").place, asked.append)

    judged("Bounded", "5", kind=AttributeEnum.TARGET, made=made)
    judged("Bounded", "6", made=made)

    assert asked == ["6"]


@pytest.mark.parametrize(
    ("sizes", "length", "answer"),
    [
        ({"ConfigurationValueSize": 10}, 10, "Accepted"),
        ({"ConfigurationValueSize": 10}, 11, ("Rejected", Reason.TOO_LARGE_ELEMENT)),
        ({"ValueSize": 10}, 11, ("Rejected", Reason.TOO_LARGE_ELEMENT)),
        ({"ConfigurationValueSize": 20, "ValueSize": 10}, 15, "Accepted"),
        ({"ConfigurationValueSize": 9999}, 2501, ("Rejected", Reason.TOO_LARGE_ELEMENT)),
    ],
)
def test_a_station_says_how_long_a_value_may_be(sizes, length, answer):
    device_data = component(
        *(prop(key, "integer", value=value) for key, value in sizes.items()), name="DeviceDataCtrlr"
    )

    assert judged("Secret", "x" * length, made=model(THING, device_data)) == answer
