from __future__ import annotations

import dataclasses
import pickle

import pytest

from protocols.iso15118 import iso2, xmldsig
from protocols.iso15118.exi.declare import Namespace, is_declared, xml_type


def test_messages_are_immutable_slotted_and_picklable():
    value = iso2.PhysicalValue(multiplier=0, unit=iso2.UnitSymbol.V, value=400)
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.value = 1
    assert not hasattr(value, "__dict__")
    assert pickle.loads(pickle.dumps(value)) == value
    assert hash(value) == hash(dataclasses.replace(value))


def test_fields_are_given_by_keyword_only():
    with pytest.raises(TypeError):
        iso2.SessionStopReq(iso2.ChargingSession.PAUSE)


def test_a_namespace_knows_the_classes_declared_in_it():
    namespace = Namespace("urn:declare-test")
    made = xml_type(namespace, element="Made")(type("Made", (), {}))
    assert namespace.types == [made]
    assert is_declared(made)


def test_an_item_of_a_repeated_choice_belongs_to_no_list_of_types():
    assert is_declared(xmldsig.KeyInfoItem)
    assert xmldsig.KeyInfoItem not in xmldsig.XMLDSIG.types


def test_a_subclass_is_declared_only_by_itself():
    assert not is_declared(type("Undeclared", (iso2.BodyElement,), {}))
