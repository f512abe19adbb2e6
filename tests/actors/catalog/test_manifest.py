import dataclasses

import pytest

from actors.catalog.manifest import (
    Kind,
    Manifest,
    choice,
    default_off,
    default_on,
    integer,
    may_use,
    named,
    needs,
    number,
    offers,
    text,
)


def test_a_parameter_without_default_must_be_given():
    assert integer("a", None, "a number").required
    assert not integer("a", None, "a number", optional=True).required
    assert not integer("a", 0, "a number").required


def test_a_switch_has_the_default_its_declaration_names():
    assert (default_on("a", "switch").default, default_off("a", "switch").default) == (True, False)
    assert default_on("a", "switch").kind is Kind.BOOLEAN


def test_a_choice_defaults_to_the_first_unless_said():
    assert choice("a", ("x", "y"), "letter").default == "x"
    assert choice("a", ("x", "y"), "letter", default="y").default == "y"


def test_numbers_are_not_negative_unless_said():
    assert integer("a", 1, "number").minimum == 0
    assert number("a", 1.5, "number").minimum == 0
    assert integer("a", 1, "number", minimum=None).minimum is None


def test_a_name_given_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        named(text("a", "", "word"), text("a", "", "word"))


@pytest.mark.parametrize("declare", [offers, needs, may_use])
def test_an_interface_nobody_knows_is_refused(declare):
    with pytest.raises(ValueError, match="'evse_manger' is not an interface"):
        declare("main", "evse_manger")


def test_a_requirement_takes_exactly_one_connection_unless_said():
    assert (needs("a", "kvs").minimum, needs("a", "kvs").maximum) == (1, 1)
    assert (may_use("a", "kvs").minimum, may_use("a", "kvs").maximum) == (0, 1)


def test_a_module_is_available_once_it_names_its_actor():
    manifest = Manifest(name="A", meaning="A thing.")

    assert not manifest.available
    assert dataclasses.replace(manifest, actor="actors.a.a_actor:AActor").available


def test_the_proper_name_comes_first_among_the_names():
    manifest = Manifest(name="A", meaning="A.", own_names=("B",), stands_for=("C",), old_names=("D",))

    assert manifest.names == ("A", "B", "C", "D")


def test_the_evse_parameter_is_the_one_declared_as_such():
    parameters = named(text("a", "", "word"), integer("n", 1, "EVSE", evse=True))

    assert Manifest(name="A", meaning="A.", parameters=parameters).evse_parameter == "n"
    assert Manifest(name="A", meaning="A.").evse_parameter is None


def test_a_manifest_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Manifest(name="A", meaning="A.").name = "B"
    with pytest.raises(TypeError):
        named(text("a", "", "word"))["b"] = text("b", "", "word")
