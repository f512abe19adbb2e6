from __future__ import annotations

import pytest

from protocols.iso15118 import din, iso2, xmldsig
from protocols.iso15118.exi.errors import SchemaError
from protocols.iso15118.exi.grammar import START, width_of
from protocols.iso15118.exi.schema import Schema, grammar_of
from protocols.iso15118.iso20 import ac, dc
from tests.support.exi_synthetic import GRAMMAR, Drawing, Either, Foreign, Labelled, Lists, Tokens

ISO2 = grammar_of(Schema.ISO2)


def offered(schema, kind, after=None, count=1):
    """Width and codes by name of the state after `count` of the element `after`."""
    grammar = grammar_of(schema).grammar(kind) if isinstance(schema, Schema) else schema.grammar(kind)
    slot = START
    if after is not None:
        slot = next(event.slot for event in grammar.events if event.name == after)
    state = grammar.state(slot, count)
    return state.width, {grammar.events[number].name: code for number, code in state.codes.items()}


END = "end of element"


@pytest.mark.parametrize(("count", "width"), [(1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (258, 9)])
def test_width_is_the_bits_that_tell_things_apart(count, width):
    assert width_of(count) == width


@pytest.mark.parametrize(
    ("schema", "documents", "document_width", "fragments"),
    [
        (Schema.APP_PROTOCOL, 2, 2, 9),
        (Schema.DIN, 81, 7, 245),
        (Schema.ISO2, 80, 7, 243),
        (Schema.ISO20_COMMON, 54, 6, 281),
        (Schema.ISO20_AC, 42, 6, 154),
        (Schema.ISO20_DC, 48, 6, 149),
        (Schema.ISO20_ACDP, 34, 6, 129),
        (Schema.ISO20_WPT, 38, 6, 193),
        (Schema.XMLDSIG, 24, 5, 45),
    ],
)
def test_a_schema_has_the_known_number_of_names(schema, documents, document_width, fragments):
    grammar = grammar_of(schema)
    assert len(grammar.documents) == documents
    assert grammar.document_width == document_width
    assert len(grammar.fragments) == fragments


@pytest.mark.parametrize(
    ("schema", "name", "code"),
    [(Schema.DIN, "V2G_Message", 77), (Schema.ISO2, "V2G_Message", 76)],
)
def test_the_root_element_has_its_known_code(schema, name, code):
    assert [root.code for root in grammar_of(schema).documents if root.name == name] == [code]


@pytest.mark.parametrize(
    ("schema", "name", "code"),
    [
        (Schema.ISO2, "AuthorizationReq", 4),
        (Schema.ISO2, "CertificateInstallationReq", 15),
        (Schema.ISO2, "CertificateUpdateReq", 17),
        (Schema.ISO2, "ContractSignatureCertChain", 33),
        (Schema.ISO2, "ContractSignatureEncryptedPrivateKey", 34),
        (Schema.ISO2, "DHpublickey", 45),
        (Schema.ISO2, "MeteringReceiptReq", 121),
        (Schema.ISO2, "SalesTariff", 174),
        (Schema.ISO2, "SignedInfo", 208),
        (Schema.ISO2, "eMAID", 236),
        (Schema.ISO20_COMMON, "AbsolutePriceSchedule", 0),
        (Schema.ISO20_COMMON, "OEMProvisioningCertificateChain", 128),
        (Schema.ISO20_COMMON, "PnC_AReqAuthorizationMode", 151),
        (Schema.ISO20_COMMON, "SignedInstallationData", 231),
        (Schema.ISO20_COMMON, "SignedMeteringData", 232),
        (Schema.XMLDSIG, "SignedInfo", 32),
    ],
)
def test_a_signed_element_has_its_known_fragment_code(schema, name, code):
    assert [root.code for root in grammar_of(schema).fragments if root.name == name] == [code]


def test_only_emaid_needs_the_relaxed_grammar():
    several = [
        (schema, root.name)
        for schema in Schema
        for root in grammar_of(schema).fragments
        if len(root.targets) > 1
    ]
    assert several == [(Schema.ISO2, "eMAID")]
    assert len(ISO2.attributes) == 10
    assert ISO2.attributes.index(("Id", "urn:iso:15118:2:2013:MsgDataTypes")) == 4


def test_an_optional_row_offers_all_that_may_come_next():
    width, codes = offered(Schema.ISO2, iso2.MessageHeader, "SessionID")
    assert (width, codes) == (2, {"Notification": 0, "Signature": 1, END: 2})


def test_a_body_offers_35_elements_and_its_end():
    width, codes = offered(Schema.ISO2, iso2.Body)
    assert width == 6
    assert codes[END] == 35
    assert "BodyElement" not in codes
    assert codes["CableCheckReq"] == codes["AuthorizationRes"] + 2


def test_a_list_stops_being_offered_at_its_limit():
    assert offered(Schema.ISO2, iso2.ChargingProfile, "ProfileEntry", 23) == (2, {"ProfileEntry": 0, END: 1})
    assert offered(Schema.ISO2, iso2.ChargingProfile, "ProfileEntry", 24) == (1, {END: 0})
    assert offered(Schema.DIN, din.ChargingProfile, "ProfileEntry", 5000) == (2, {"ProfileEntry": 0, END: 1})


def test_a_list_must_reach_its_least_number():
    assert offered(GRAMMAR, Lists, "TwoToFour", 1) == (1, {"TwoToFour": 0})
    width, codes = offered(GRAMMAR, Lists, "TwoToFour", 2)
    assert codes == {"TwoToFour": 0, "AnyNumber": 1, "UpToThree": 2, "Many": 3}
    assert width == 3


def test_attributes_come_sorted_up_to_the_next_required_one():
    assert offered(GRAMMAR, Labelled) == (2, {"A": 0, "B": 1})
    assert offered(GRAMMAR, Labelled, "A") == (1, {"B": 0})
    assert offered(GRAMMAR, Labelled, "B") == (2, {"C": 0, "value": 1})
    assert offered(Schema.XMLDSIG, xmldsig.Reference) == (
        3,
        {"Id": 0, "Type": 1, "URI": 2, "Transforms": 3, "DigestMethod": 4},
    )


def test_mixed_content_and_wildcards_take_codes_without_being_accepted():
    assert offered(Schema.XMLDSIG, xmldsig.CanonicalizationMethod) == (1, {"Algorithm": 0})
    assert offered(Schema.XMLDSIG, xmldsig.CanonicalizationMethod, "Algorithm") == (2, {END: 1})
    assert offered(Schema.XMLDSIG, xmldsig.Transform, "Algorithm") == (3, {"XPath": 0, END: 2})
    assert offered(GRAMMAR, Tokens, "Word") == (3, {"Word": 0, "Number": 1, END: 3})


def test_an_optional_sequence_opens_at_its_first_element_only():
    width, codes = offered(Schema.XMLDSIG, xmldsig.DsaKeyValue)
    assert (width, codes) == (2, {"P": 0, "G": 1, "Y": 2})
    assert offered(Schema.XMLDSIG, xmldsig.DsaKeyValue, "P") == (1, {"Q": 0})


def test_content_that_must_not_be_empty_offers_no_end_at_first():
    assert offered(GRAMMAR, Either) == (2, {"This": 0, "That": 1})
    assert offered(GRAMMAR, Either, "This") == (2, {"That": 0, END: 1})
    assert offered(Schema.XMLDSIG, xmldsig.PgpData) == (2, {"PGPKeyID": 0, "PGPKeyPacket": 1})


def test_indirect_members_belong_to_a_substitution_group():
    _, codes = offered(Schema.ISO20_AC, ac.AcChargeLoopReq, "MeterInfoRequested")
    assert codes == {
        "BPT_Dynamic_AC_CLReqControlMode": 0,
        "BPT_Scheduled_AC_CLReqControlMode": 1,
        "Dynamic_AC_CLReqControlMode": 3,
        "Scheduled_AC_CLReqControlMode": 4,
    }


def test_members_of_other_schemas_do_not_exist():
    _, codes = offered(Schema.ISO20_DC, dc.DcChargeLoopReq, "EVPresentVoltage")
    assert all("_DC_" in name for name in codes)


def test_a_choice_and_an_optional_choice_are_flattened_into_the_row():
    _, codes = offered(GRAMMAR, Drawing, "Title")
    assert codes == {"Circle": 0, "Square": 2, "Left": 3, "Right": 4, "One": 5, "MustA": 6, "MustB": 7}


def test_a_class_that_needs_foreign_content_cannot_be_completed():
    assert not GRAMMAR.grammar(Foreign).completable
    assert GRAMMAR.grammar(Drawing).completable


def test_a_root_is_found_by_class_name_and_namespace():
    assert ISO2.document_root(iso2.V2gMessage).code == 76
    namespace = "urn:iso:15118:2:2013:MsgBody"
    assert ISO2.fragment_root(iso2.AcEvseStatus, "AC_EVSEStatus", namespace).uri == namespace
    with pytest.raises(SchemaError, match="no document"):
        ISO2.document_root(iso2.Emaid)
    with pytest.raises(SchemaError, match="none"):
        ISO2.fragment_root(iso2.Emaid, "Elsewhere")
