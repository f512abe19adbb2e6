import pytest

from actors.ocpp.device_model.merge import merge
from actors.ocpp.device_model.storage import StoredValue, ValueSource
from protocols.types.ocpp import AttributeEnum
from tests.support.device_model import component, name, prop

SIZE = name("Size")


def merged(*properties, **stored):
    return merge([component(*properties)], {name(key): value for key, value in stored.items()})


def test_without_anything_set_the_file_decides():
    assert merged(prop("Size", value="7")).values == {SIZE: StoredValue("7", ValueSource.DEFAULT)}


@pytest.mark.parametrize("source", [ValueSource.CSMS, ValueSource.SITE, ValueSource.INTERNAL])
def test_a_value_that_somebody_set_outlives_a_new_file(source):
    # M11.10
    was_set = StoredValue("8", source)

    assert merged(prop("Size", value="9"), Size=was_set).values == {SIZE: was_set}


def test_an_attribute_without_a_value_is_absent():
    assert not merged(prop("Size")).values


def test_every_attribute_is_merged_by_itself():
    attributes = [{"type": "Actual", "value": "1"}, {"type": "MaxSet", "value": "5"}]
    high = name("Size", kind=AttributeEnum.MAX_SET)

    made = merge(
        [component(prop("Size", "integer", attributes=attributes))],
        {high: StoredValue("4", ValueSource.CSMS)},
    )

    assert {key: value.value for key, value in made.values.items()} == {SIZE: "1", high: "4"}


@pytest.mark.parametrize(
    ("declared", "why"),
    [
        (prop("Size", "integer", value=1), "not a whole number"),
        (prop("Size", limits={"maxLimit": 1}, value="x"), "its length is above 1"),
        (prop("Size", value="x", constant=True), "constant by now"),
        (prop("Size", value="x", persistent=False), "not persistent by now"),
        (prop("Other"), "declared no more"),
    ],
)
def test_what_its_declaration_no_longer_allows_is_given_up(declared, why):
    made = merged(declared, Size=StoredValue("abc", ValueSource.CSMS))

    assert [(str(one.name), one.value, one.why) for one in made.forgotten] == [("Thing.Size", "abc", why)]
    assert made.values.get(SIZE) != StoredValue("abc", ValueSource.CSMS)


def test_a_component_that_has_gone_takes_its_values_along():
    made = merge([], {SIZE: StoredValue("1", ValueSource.CSMS)})

    assert (dict(made.values), len(made.forgotten)) == ({}, 1)


def test_a_value_of_the_site_holds_though_nothing_is_kept_here():
    made = merged(
        prop("Size", source="SITE", persistent=False, constant=True), Size=StoredValue("1", ValueSource.SITE)
    )

    assert made.values == {SIZE: StoredValue("1", ValueSource.SITE)}
