import pickle

import pytest

from actors.v2g.services_file import ServicesError, Type, fits, read_services
from protocols.types import iso15118_vas as vas
from tests.support.sites import ROOT

EVEREST = b"""
services:
  - id: 34567
    description: everything a set can hold
    parameter_sets:
      - id: 0
        parameters:
          - {name: B, type: bool, value: false}
          - {name: R, type: rational, value: 0.1209}
          - {name: W, type: rational, value: 3}
          - {name: I, type: int32, value: 1234567}
          - {name: S, type: int16, value: 12345}
          - {name: Y, type: int8, value: 123}
          - {name: T, type: string, value: a text}
  - {id: 34568, name: Two, scope: test-scope}
"""


def value(**of):
    return vas.ParameterValue(**of)


def problems(*lines):
    """What is told about services with these lines."""
    with pytest.raises(ServicesError) as caught:
        read_services("\n".join(("services:", *lines)).encode(), "services.yaml")
    return str(caught.value)


def parameter(text):
    return problems(f"- {{id: 9, parameter_sets: [{{id: 1, parameters: [{text}]}}]}}")


def test_a_file_of_everest_is_read_with_every_type():
    found = read_services(EVEREST, "x")

    (variant,) = found.parameter_sets[34567]
    assert [(each.name, each.value) for each in variant.parameters] == [
        ("B", value(bool_value=False)),
        ("R", value(rational_number=0.1209)),
        ("W", value(rational_number=3.0)),
        ("I", value(int_value=1234567)),
        ("S", value(short_value=12345)),
        ("Y", value(byte_value=123)),
        ("T", value(finite_string="a text")),
    ]
    assert found.parameter_sets[34568] == ()


def test_what_is_offered_has_names_scopes_and_prices():
    offered = read_services(EVEREST, "x").offered.services

    assert offered == (
        vas.OfferedService(service_id=34567),
        vas.OfferedService(service_id=34568, service_name="Two", service_scope="test-scope"),
    )


def test_the_shipped_example_is_good():
    found = read_services((ROOT / "deploy/services/example.yaml").read_bytes(), "services.yaml")

    assert [each.service_id for each in found.offered.services] == [34567, 34568]
    assert found.offered.services[0].free_service is True


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Type.BOOL, True, 1),
        (Type.INT8, -128, 128),
        (Type.INT16, 32767, -32769),
        (Type.INT32, 0, True),
        (Type.INT32, 2**31 - 1, 2**31),
        (Type.INT16, 5, "5"),
        (Type.RATIONAL, 1, float("inf")),
        (Type.RATIONAL, -2.5, "2.5"),
        (Type.STRING, "", 5),
    ],
)
def test_a_value_has_to_be_of_its_type(kind, good, bad):
    assert (fits(kind, good), fits(kind, bad)) == (True, False)


def test_a_wrong_value_is_told_with_its_place():
    told = parameter("{name: A, type: int8, value: 200}")

    assert told.startswith("services.yaml:2:")
    assert "200 is no int8" in told


@pytest.mark.parametrize(
    "text", ["{name: A, type: int64, value: 2}", "{name: A, type: bool, value: true, unit: W}", "", "null"]
)
def test_what_the_format_does_not_know_is_an_error(text):
    assert "services.yaml:2:" in parameter(text)


def test_an_id_that_occurs_twice_is_an_error():
    assert "id 7 occurs twice" in problems("- {id: 7}", "- {id: 7}")


def test_a_variant_that_occurs_twice_is_an_error():
    each = "{id: 3, parameters: [{name: A, type: bool, value: true}]}"

    assert "id 3 occurs twice" in problems(f"- {{id: 7, parameter_sets: [{each}, {each}]}}")


@pytest.mark.parametrize("data", [b"", b"services: [", b"\xff\xfe"])
def test_what_is_no_yaml_is_an_error(data):
    with pytest.raises(ServicesError):
        read_services(data, "x")


def test_the_error_survives_a_pickle():
    with pytest.raises(ServicesError) as caught:
        read_services(b"services: 5", "x")

    assert pickle.loads(pickle.dumps(caught.value)).problems == caught.value.problems
