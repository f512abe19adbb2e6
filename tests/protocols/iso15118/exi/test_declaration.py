from __future__ import annotations

from typing import Annotated, Optional

import pytest

from protocols.iso15118 import iso2
from protocols.iso15118.exi.datatypes import Enumeration, Text
from protocols.iso15118.exi.declaration import declaration_of, xml_name
from protocols.iso15118.exi.declare import Namespace, element, is_declared, xml_type

NS = Namespace("urn:declaration-test")


def make(annotation, **keywords):
    """A class with one field of this annotation."""
    spec = {"default": None} if keywords.pop("optional", False) else {}
    body = {"__annotations__": {"field": annotation}, "field": element(**spec, **keywords)}
    return xml_type(NS)(type("Made", (), body))


def test_a_field_is_named_like_its_xml_name_in_capwords():
    assert xml_name("response_code") == "ResponseCode"
    assert xml_name("p_max") == "PMax"


def test_fields_of_base_classes_keep_the_namespace_of_their_class():
    made = declaration_of(iso2.AcEvseStatus)
    assert [one.alternatives[0].name for one in made.particles] == [
        "NotificationMaxDelay",
        "EVSENotification",
        "RCD",
    ]


def test_a_reference_takes_name_and_namespace_of_the_global_element():
    made = declaration_of(iso2.MessageHeader)
    signature = made.particles[2].alternatives[0]
    assert (signature.name, signature.uri) == ("Signature", "http://www.w3.org/2000/09/xmldsig#")


def test_the_unit_of_a_field_is_kept_for_people():
    made = declaration_of(iso2.PreChargeReq)
    units = {one.alternatives[0].name: one.alternatives[0].unit for one in made.particles}
    assert units == {"DC_EVStatus": None, "EVTargetVoltage": "V", "EVTargetCurrent": "A"}


def test_an_enumeration_and_a_facet_become_the_type_of_a_leaf():
    made = declaration_of(iso2.SessionSetupRes)
    code, evse_id = made.particles[0].alternatives[0], made.particles[1].alternatives[0]
    assert code.target.datatype == Enumeration(iso2.ResponseCode)
    assert evse_id.target.datatype == Text(low=7, high=37)


def test_the_old_spelling_of_an_optional_field_is_understood():
    made = declaration_of(make(Optional[bool], optional=True))  # noqa: UP045  # that spelling is the test
    assert made.particles[0].min_occurs == 0


def test_a_class_without_declaration_is_refused():
    assert not is_declared(int)
    with pytest.raises(TypeError, match="no declared message type"):
        declaration_of(int)


@pytest.mark.parametrize("annotation", [int, str, dict, "bool", float | None, Annotated[str, "a note"]])
def test_an_annotation_without_form_on_the_wire_is_refused(annotation):
    with pytest.raises(TypeError, match="no form on the wire"):
        declaration_of(make(annotation))


def test_a_union_of_two_types_is_refused():
    with pytest.raises(TypeError, match="one type"):
        declaration_of(make(bool | str))


def test_a_note_that_says_nothing_about_the_wire_is_passed_over():
    made = declaration_of(make(Annotated[str, "a note", Text(high=3)]))
    assert made.particles[0].alternatives[0].target.datatype == Text(high=3)


def test_a_reference_to_a_class_without_global_element_is_refused():
    with pytest.raises(TypeError, match="has no global element"):
        declaration_of(make(iso2.SelectedService, reference=True))
