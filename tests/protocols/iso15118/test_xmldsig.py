from __future__ import annotations

import pytest

from protocols.iso15118 import exi, xmldsig

REFERENCE = xmldsig.Reference(
    uri="#id1",
    transforms=xmldsig.Transforms(
        transform=(xmldsig.Transform(algorithm="http://www.w3.org/TR/canonical-exi/"),)
    ),
    digest_method=xmldsig.DigestMethod(algorithm="http://www.w3.org/2001/04/xmlenc#sha256"),
    digest_value=bytes(32),
)
INFO = xmldsig.SignedInfo(
    canonicalization_method=xmldsig.CanonicalizationMethod(algorithm="http://www.w3.org/TR/canonical-exi/"),
    signature_method=xmldsig.SignatureMethod(algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"),
    reference=(REFERENCE,),
)


def test_signed_info_is_a_fragment_of_its_own_schema():
    data = exi.encode_fragment(INFO, exi.Schema.XMLDSIG)
    assert data[:2] == bytes([0x80, 0b10000001])  # code 32 of 6 bits, then Id or not
    assert exi.decode_fragment(data, exi.Schema.XMLDSIG).element == INFO


def test_signed_info_has_other_bytes_inside_a_message_schema():
    assert exi.encode_fragment(INFO, exi.Schema.ISO2) != exi.encode_fragment(INFO, exi.Schema.XMLDSIG)


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_words_of_the_sender_are_kept(slash):
    method = xmldsig.CanonicalizationMethod(algorithm=f"http://www.w3.org/TR/canonical-exi{slash}")
    data = exi.encode_fragment(method, exi.Schema.XMLDSIG)
    assert exi.decode_fragment(data, exi.Schema.XMLDSIG).element == method


def test_key_info_keeps_the_order_of_its_parts():
    info = xmldsig.KeyInfo(
        items=(
            xmldsig.KeyInfoItem(mgmt_data="m"),
            xmldsig.KeyInfoItem(key_name="k"),
            xmldsig.KeyInfoItem(pgp_data=xmldsig.PgpData(pgp_key_packet=b"p")),
            xmldsig.KeyInfoItem(key_name="l"),
        )
    )
    assert exi.decode(exi.encode(info, exi.Schema.XMLDSIG), exi.Schema.XMLDSIG) == info


@pytest.mark.parametrize("number", [0, 2**159, -(10**30)])
def test_a_serial_number_may_be_longer_than_64_bits(number):
    serial = xmldsig.X509IssuerSerial(x509_issuer_name="CN=x", x509_serial_number=number)
    data = xmldsig.X509Data(items=(xmldsig.X509DataItem(x509_issuer_serial=serial),))
    assert exi.decode(exi.encode(data, exi.Schema.XMLDSIG), exi.Schema.XMLDSIG) == data


def test_a_signature_property_needs_foreign_content_and_is_refused():
    with pytest.raises(exi.EncodeError, match="other namespaces"):
        exi.encode(xmldsig.SignatureProperty(target="#x"), exi.Schema.XMLDSIG)
