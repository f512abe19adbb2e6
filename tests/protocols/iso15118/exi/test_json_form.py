from __future__ import annotations

import json
import random
from typing import Any

import pytest

from protocols.iso15118 import exi, iso2, xmldsig
from protocols.iso15118.exi.schema import Schema
from tests.support.exi_strategies import Maker, document_kinds, fragment_names
from tests.support.exi_vectors import of_type

SETUP = {
    "V2G_Message": {
        "Header": {"SessionID": "00"},
        "Body": {"SessionSetupRes": {"ResponseCode": "OK", "EVSEID": "DE*ABC*E1", "EVSETimeStamp": 7}},
    }
}


def changed(path: str, value: Any) -> dict:
    """SETUP with one member of the body element replaced, or removed if the value is None."""
    tree = json.loads(json.dumps(SETUP))
    body = tree["V2G_Message"]["Body"]["SessionSetupRes"]
    if value is None:
        del body[path]
    else:
        body[path] = value
    return tree


def test_the_form_is_that_of_plain_json():
    tree = exi.to_json(of_type("iso2_msgdef.jsonl", "CurrentDemandRes").decode())
    assert json.loads(json.dumps(tree)) == tree
    assert type(tree["V2G_Message"]["Body"]["CurrentDemandRes"]["ResponseCode"]) is str


def test_a_tree_becomes_a_message_with_typed_values():
    message = exi.from_json(SETUP, Schema.ISO2)
    assert isinstance(message, iso2.V2gMessage)
    response = message.body.body_element
    assert response.response_code is iso2.ResponseCode.OK
    assert response.evse_time_stamp.to_datetime().year == 1970
    assert exi.to_json(message) == SETUP


@pytest.mark.untraced
@pytest.mark.parametrize("schema", list(Schema))
def test_random_messages_survive_the_form(schema):
    maker = Maker(schema, random.Random(9))
    for kind in document_kinds(schema):
        for _ in range(4):
            message = maker.message(kind)
            tree = exi.to_json(message)
            again = exi.from_json(json.loads(json.dumps(tree)), schema)
            assert exi.to_json(again) == tree
            if "KeyInfo" not in json.dumps(tree) and "X509Data" not in json.dumps(tree):
                assert again == message


@pytest.mark.parametrize("schema", list(Schema))
def test_random_fragments_survive_the_form(schema):
    maker = Maker(schema, random.Random(9))
    for name, _, kind in fragment_names(schema):
        fragment = exi.Fragment(name=name, element=maker.message(kind))
        tree = exi.to_json(fragment)
        assert exi.to_json(exi.fragment_from_json(tree, schema)) == tree


def test_a_repeated_choice_is_grouped_by_name():
    data = xmldsig.X509Data(
        items=(
            xmldsig.X509DataItem(x509_ski=b"1"),
            xmldsig.X509DataItem(x509_subject_name="CN=x"),
            xmldsig.X509DataItem(x509_ski=b"2"),
        )
    )
    assert exi.to_json(data) == {"X509Data": {"X509SKI": ["MQ==", "Mg=="], "X509SubjectName": ["CN=x"]}}


@pytest.mark.parametrize(
    ("tree", "problem"),
    [
        ([], "one member"),
        ({}, "one member"),
        ({"A": {}, "B": {}}, "one member"),
        ({"Nonsense": {}}, "no message Nonsense"),
        ({"BodyElement": {}}, "no message BodyElement"),
        ({"DigestValue": "AAAA"}, "no message DigestValue"),
        ({"V2G_Message": []}, "V2G_Message: an object is expected"),
        (changed("ResponseCode", None), "member ResponseCode is missing"),
        (changed("Extra", 1), "unknown member 'Extra'"),
        (changed("ResponseCode", "Fine"), "ResponseCode: 'Fine' is not a valid"),
        (changed("ResponseCode", 1), "ResponseCode: a string is expected"),
        (changed("EVSEID", 1), "EVSEID: a string is expected"),
        (changed("EVSETimeStamp", "7"), "EVSETimeStamp: a whole number is expected"),
        (changed("EVSETimeStamp", value=True), "EVSETimeStamp: a whole number is expected"),
        (changed("EVSETimeStamp", 7.0), "EVSETimeStamp: a whole number is expected"),
    ],
)
def test_a_tree_of_another_form_is_refused_with_its_path(tree, problem):
    with pytest.raises(exi.JsonFormError, match=problem):
        exi.from_json(tree, Schema.ISO2)


@pytest.mark.parametrize(
    ("value", "problem"),
    [("0G", "SessionID: non-hex"), (1, "SessionID: a string"), ({"value": "00"}, "SessionID: a string")],
)
def test_hexadecimal_is_checked(value, problem):
    tree = json.loads(json.dumps(SETUP))
    tree["V2G_Message"]["Header"]["SessionID"] = value
    with pytest.raises(exi.JsonFormError, match=problem):
        exi.from_json(tree, Schema.ISO2)


@pytest.mark.parametrize("value", ["A", "AA=", "A A="])
def test_base64_is_checked(value):
    with pytest.raises(exi.JsonFormError, match="GenChallenge: no base64"):
        exi.from_json({"AuthorizationReq": {"GenChallenge": value}}, Schema.ISO2)


def test_a_truth_value_is_checked():
    tree = {"ServiceDetailRes": {"ResponseCode": "OK", "ServiceID": 1}}
    tree["ServiceDetailRes"]["ServiceParameterList"] = {
        "ParameterSet": [{"ParameterSetID": 1, "Parameter": [{"Name": "x", "boolValue": 1}]}]
    }
    with pytest.raises(exi.JsonFormError, match=r"ParameterSet\[0\]/Parameter\[0\]/boolValue: true or false"):
        exi.from_json(tree, Schema.ISO2)


def test_a_repeatable_element_must_be_a_list():
    tree = {"PaymentServiceSelectionReq": {"SelectedPaymentOption": "Contract"}}
    tree["PaymentServiceSelectionReq"]["SelectedServiceList"] = {"SelectedService": {"ServiceID": 1}}
    with pytest.raises(exi.JsonFormError, match="SelectedService: a list is expected"):
        exi.from_json(tree, Schema.ISO2)


def test_a_missing_attribute_that_is_required_is_refused():
    with pytest.raises(exi.JsonFormError, match="member Id is missing"):
        exi.fragment_from_json({"eMAID": {"value": "DE8AA1A2B3C4D5"}}, Schema.ISO2)


def test_an_unknown_fragment_is_refused():
    with pytest.raises(exi.JsonFormError, match="no fragment Nonsense"):
        exi.fragment_from_json({"Nonsense": {}}, Schema.ISO2)
    with pytest.raises(exi.JsonFormError, match="no fragment DigestValue"):
        exi.fragment_from_json({"DigestValue": "AAAA"}, Schema.ISO2)


def test_a_part_without_a_name_of_its_own_needs_one():
    chain = iso2.CertificateChain(certificate=b"DER")
    with pytest.raises(exi.SchemaError, match="needs a name"):
        exi.to_json(chain)
    assert exi.to_json(chain, name="ContractSignatureCertChain") == {
        "ContractSignatureCertChain": {"Certificate": "REVS"}
    }


def test_what_is_no_message_has_no_form():
    with pytest.raises(exi.JsonFormError, match="is no message"):
        exi.to_json("text")
