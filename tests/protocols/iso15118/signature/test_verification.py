import dataclasses
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.iso15118 import exi, iso2, xmldsig
from protocols.iso15118.signature import (
    ISO2,
    ISO20_ED448,
    ISO20_SECP521,
    Problem,
    SignatureError,
    attach,
    parts_of,
    sign,
    sign_parts,
    verify,
)
from protocols.iso15118.signature.parts import Part
from tests.support import signed_messages as messages

ALL = (ISO2, ISO20_SECP521, ISO20_ED448)
# ISO 15118-2 Annex J.2: the example's signature, by the key that the example prints
ANNEX_J_VALUE = bytes.fromhex(
    "4c8f20c1400ba67606aa4811572a2f1ad3c15089d95420363430bb26b49db104"
    "f08dfa8bf8055e63a4b75a8d3169206fa8d54308ba58f0566b96baf692ce5950"
)


def problem_of(message, key=messages.P256, schemes=ALL):
    with pytest.raises(SignatureError) as caught:
        verify(message, key.public_key(), schemes)
    return caught.value.problem


def altered(message, change: Callable):
    """The message with a changed signature, signed anew so that only the change is wrong."""
    signature = message.header.signature
    signed_info = change(signature.signed_info)
    value = ISO2.sign(messages.P256, exi.encode_fragment(signed_info, "xmldsig"))
    made = dataclasses.replace(
        signature, signed_info=signed_info, signature_value=xmldsig.SignatureValue(value=value)
    )
    return attach(message, made)


def with_reference(message, number, **changes):
    def change(info):
        references = list(info.reference)
        references[number] = dataclasses.replace(references[number], **changes)
        return dataclasses.replace(info, reference=tuple(references))

    return altered(message, change)


AUTHORIZATION = sign(messages.iso2_message("AuthorizationReq"), messages.P256, ISO2)
DELIVERY = sign(messages.iso2_message("CertificateInstallationRes"), messages.P256, ISO2)


def test_the_signature_of_the_standards_example_verifies():
    signature = AUTHORIZATION.header.signature
    value = xmldsig.SignatureValue(value=ANNEX_J_VALUE)
    example = attach(AUTHORIZATION, dataclasses.replace(signature, signature_value=value))
    verify(example, messages.P256.public_key(), [ISO2])


@pytest.mark.parametrize(("message", "schema", "scheme"), messages.CASES)
def test_a_message_verifies_after_its_journey_over_the_wire(message, schema, scheme):
    key = messages.KEYS[scheme]
    arrived = exi.decode(exi.encode(sign(message, key, scheme), schema), schema)
    verify(arrived, key.public_key(), ALL)


@pytest.mark.untraced
@pytest.mark.parametrize(("message", "schema", "scheme"), messages.CASES)
@settings(derandomize=True, max_examples=12, deadline=None)
@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_flipped_bit_is_never_accepted(message, schema, scheme, place, bit):
    # given a signed message with one bit changed on the wire that still is a message
    key = messages.KEYS[scheme]
    signed = sign(message, key, scheme)
    data = bytearray(exi.encode(signed, schema))
    data[place % len(data)] ^= 1 << bit
    try:
        arrived = exi.decode(bytes(data), schema)
    except exi.DecodeError:
        return
    # when what was signed or the signature has changed, then it does not verify
    if parts_of(arrived) != parts_of(signed) or arrived.header.signature != signed.header.signature:
        assert problem_of(arrived, key)


def test_a_message_without_signature_is_refused():
    assert problem_of(attach(AUTHORIZATION, None)) is Problem.MISSING_SIGNATURE
    assert problem_of(AUTHORIZATION.body.body_element) is Problem.MISSING_SIGNATURE


def test_a_signature_by_another_key_is_refused():
    other = sign(messages.iso2_message("AuthorizationReq"), messages.P256, ISO2)
    assert problem_of(other, messages.P521) is Problem.WRONG_KEY
    stranger = dataclasses.replace(ISO2)
    key = messages.ec.derive_private_key(5, messages.ec.SECP256R1())
    assert problem_of(sign(AUTHORIZATION, key, stranger)) is Problem.INVALID_SIGNATURE


def test_a_scheme_that_is_not_allowed_is_refused():
    assert problem_of(AUTHORIZATION, schemes=[ISO20_SECP521]) is Problem.UNSUPPORTED_ALGORITHM


def test_a_minus20_car_that_signs_as_in_minus2_can_be_let_in():
    signed = sign(messages.iso20_message("AuthorizationReq"), messages.P256, ISO2)
    verify(signed, messages.P256.public_key(), [ISO20_SECP521, ISO2])
    assert problem_of(signed, schemes=[ISO20_SECP521, ISO20_ED448]) is Problem.UNSUPPORTED_ALGORITHM


def test_a_changed_element_does_not_match_its_digest():
    body = iso2.AuthorizationReq(id="ID1", gen_challenge=bytes(16))
    changed = dataclasses.replace(AUTHORIZATION, body=iso2.Body(body_element=body))
    assert problem_of(changed) is Problem.DIGEST_MISMATCH


@pytest.mark.parametrize("number", range(4))
def test_every_element_has_to_be_referenced(number):
    def change(info):
        kept = tuple(one for place, one in enumerate(info.reference) if place != number)
        return dataclasses.replace(info, reference=kept)

    assert problem_of(altered(DELIVERY, change)) is Problem.MISSING_REFERENCE


def test_a_signature_over_one_element_only_does_not_cover_the_others():
    (first, *_) = parts_of(DELIVERY)
    assert problem_of(attach(DELIVERY, sign_parts([first], messages.P256, ISO2))) is Problem.MISSING_REFERENCE


def test_an_element_referenced_twice_is_refused():
    def change(info):
        return dataclasses.replace(info, reference=(*info.reference, info.reference[0]))

    assert problem_of(altered(DELIVERY, change)) is Problem.DUPLICATE_REFERENCE


def test_a_reference_to_something_else_is_refused():
    extra = Part("SAProvisioningCertificateChain", parts_of(DELIVERY)[0].element, "iso2_msgdef")
    extra = dataclasses.replace(extra, element=dataclasses.replace(extra.element, id="extra"))
    signature = sign_parts([*parts_of(DELIVERY), extra], messages.P256, ISO2)
    assert problem_of(attach(DELIVERY, signature)) is Problem.SURPLUS_REFERENCE


@pytest.mark.parametrize("uri", [None, "", "#", "ID1", "#id1", "#ID1 ", "http://x#ID1"])
def test_a_reference_that_is_not_exactly_the_id_is_refused(uri):
    assert problem_of(with_reference(AUTHORIZATION, 0, uri=uri)) is Problem.SURPLUS_REFERENCE


def test_elements_without_or_with_equal_ids_cannot_verify():
    nameless = dataclasses.replace(AUTHORIZATION, body=iso2.Body(body_element=iso2.AuthorizationReq()))
    assert problem_of(nameless) is Problem.MISSING_ID
    body = DELIVERY.body.body_element
    twin = dataclasses.replace(body, emaid=dataclasses.replace(body.emaid, id="id3"))
    assert (
        problem_of(dataclasses.replace(DELIVERY, body=iso2.Body(body_element=twin))) is Problem.AMBIGUOUS_ID
    )


def test_a_signed_message_with_nothing_to_sign_is_refused():
    message = attach(messages.iso2_message("ChargingStatusReq", {}), AUTHORIZATION.header.signature)
    assert problem_of(message) is Problem.NOTHING_TO_SIGN


EXI = "http://www.w3.org/TR/canonical-exi"


def transforms(*algorithms):
    return xmldsig.Transforms(transform=tuple(xmldsig.Transform(algorithm=one) for one in algorithms))


@pytest.mark.parametrize(
    "chosen", [None, transforms(EXI), transforms(EXI + "/")], ids=["none", "bare", "slash"]
)
@pytest.mark.parametrize("canonicalization", [EXI, EXI + "/"])
def test_the_senders_spelling_of_canonical_exi_is_kept(chosen, canonicalization):
    message = with_reference(AUTHORIZATION, 0, transforms=chosen)

    def change(info):
        method = xmldsig.CanonicalizationMethod(algorithm=canonicalization)
        return dataclasses.replace(info, canonicalization_method=method)

    verify(altered(message, change), messages.P256.public_key(), [ISO2])


def test_an_id_of_the_signed_info_is_kept_too():
    message = altered(AUTHORIZATION, lambda info: dataclasses.replace(info, id="si"))
    verify(message, messages.P256.public_key(), [ISO2])


@pytest.mark.parametrize(
    "changes",
    [
        {"digest_method": xmldsig.DigestMethod(algorithm=ISO20_SECP521.digest_uri)},
        {"transforms": transforms(EXI, EXI)},
        {"transforms": transforms("http://www.w3.org/TR/1999/REC-xpath-19991116")},
        {
            "transforms": xmldsig.Transforms(
                transform=(xmldsig.Transform(algorithm=EXI, xpath=("self::text()",)),)
            )
        },
    ],
)
def test_other_digests_and_transforms_are_refused(changes):
    assert problem_of(with_reference(AUTHORIZATION, 0, **changes)) is Problem.UNSUPPORTED_ALGORITHM


@pytest.mark.parametrize(
    "changes",
    [
        {"canonicalization_method": xmldsig.CanonicalizationMethod(algorithm=EXI + "//")},
        {
            "signature_method": xmldsig.SignatureMethod(
                algorithm="http://www.w3.org/2000/09/xmldsig#hmac-sha1"
            )
        },
        {"signature_method": xmldsig.SignatureMethod(algorithm=ISO2.signature_uri, hmac_output_length=1)},
    ],
)
def test_other_methods_of_signing_are_refused(changes):
    message = altered(AUTHORIZATION, lambda info: dataclasses.replace(info, **changes))
    assert problem_of(message) is Problem.UNSUPPORTED_ALGORITHM


def test_a_signature_moved_to_another_message_is_refused():
    other = messages.iso2_message(
        "AuthorizationReq", {"Id": "ID1", "GenChallenge": "AAAAAAAAAAAAAAAAAAAAAA=="}
    )
    assert problem_of(attach(other, AUTHORIZATION.header.signature)) is Problem.DIGEST_MISMATCH
