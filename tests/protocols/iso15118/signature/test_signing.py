import dataclasses

import pytest

from protocols.iso15118 import exi, iso2
from protocols.iso15118.signature import ISO2, Problem, SignatureError, attach, parts_of, sign
from protocols.iso15118.signature.signing import digest_of
from tests.support import signed_messages as messages

# ISO 15118-2 Annex J.2: the example's SignedInfo as EXI
ANNEX_J_SIGNED_INFO = (
    "808112b43a3a381d1797bbbbbb973b999737b93397aa2917b1b0b737b734b1b0b616b2bc3497a1ab43a3a381d1797bbbbbb973b9"
    "99737b933979918181897981a17bc36b63239b4b396b6b7b93291b2b1b239b096b9b430991a9b220623494431025687474703a2f"
    "2f7777772e77332e6f72672f54522f63616e6f6e6963616c2d6578692f4852d0e8e8e0745e5eeeeeee5cee665cdee4ce5e646060"
    "625e60685ef0dad8cadcc646e6d0c2646a6c841a36bc07a00cb7dcad662f3088a60a3d6a99431f81c122c2e9f1678ef531e95523"
    "70"
)


def test_the_digest_is_that_of_the_standards_example():
    (part,) = parts_of(messages.iso2_message("AuthorizationReq"))
    assert digest_of(part, ISO2).hex() == "d1b5e03d0065bee56b317984453051eb54ca18fc0e0916174f8b3c77a98f4aa9"


def test_the_signed_info_is_that_of_the_standards_example():
    signed = sign(messages.iso2_message("AuthorizationReq"), messages.P256, ISO2)
    assert exi.encode_fragment(signed.header.signature.signed_info, "xmldsig").hex() == ANNEX_J_SIGNED_INFO


@pytest.mark.parametrize(("message", "schema", "scheme"), messages.CASES)
def test_a_signed_message_is_a_valid_message(message, schema, scheme):
    signed = sign(message, messages.KEYS[scheme], scheme)
    assert exi.decode(exi.encode(signed, schema), schema) == signed
    assert attach(signed, None) == message


def test_signing_again_replaces_the_signature():
    signed = sign(messages.iso2_message("AuthorizationReq"), messages.P256, ISO2)
    again = sign(signed, messages.P256, ISO2)
    assert again.header.signature.signed_info == signed.header.signature.signed_info


def test_a_message_without_id_cannot_be_signed():
    message = messages.iso2_message("AuthorizationReq", {"GenChallenge": "U29tZSBSYW5kb20gRGF0YQ=="})
    with pytest.raises(SignatureError) as caught:
        sign(message, messages.P256, ISO2)
    assert caught.value.problem is Problem.MISSING_ID


def test_two_elements_of_one_id_cannot_be_signed():
    message = messages.iso2_message("CertificateInstallationRes")
    body = message.body.body_element
    twin = dataclasses.replace(body, emaid=dataclasses.replace(body.emaid, id="id3"))
    with pytest.raises(SignatureError) as caught:
        sign(dataclasses.replace(message, body=iso2.Body(body_element=twin)), messages.P256, ISO2)
    assert caught.value.problem is Problem.AMBIGUOUS_ID


def test_a_message_with_nothing_to_sign_says_so():
    with pytest.raises(SignatureError) as caught:
        sign(messages.iso2_message("ChargingStatusReq", {}), messages.P256, ISO2)
    assert caught.value.problem is Problem.NOTHING_TO_SIGN
