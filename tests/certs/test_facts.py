from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from certs import facts, profiles
from certs.chain import verify
from certs.errors import CertificateError, Problem
from certs.keys import KeyKind
from certs.pem import load_der
from certs.verdict import Refused
from tests.support.certificates import NOW, Forge, der, patched, unreadable, world
from tests.support.der import without_version
from tests.support.examples import few

LEAF = world()["SECC_LEAF"]
DER = der(LEAF.certificate)
CURVE = bytes.fromhex("06082a8648ce3d030107")
ECDSA_SHA256 = bytes.fromhex("06082a8648ce3d040302")


def test_everything_a_certificate_says_is_read():
    read = facts.read(LEAF.certificate)
    assert (read.kind, read.hash_name, read.ca, read.rsa_bits) == (KeyKind.P256, "sha256", False, None)
    assert read.responders == ("http://127.0.0.1:8888",)
    assert read.authority_key_id == facts.read(LEAF.issuer.certificate).key_id
    assert not read.self_issued
    assert facts.responders(LEAF.certificate) == read.responders


def test_the_path_length_of_a_ca_is_read():
    read = facts.read(LEAF.issuer.certificate)
    assert (read.ca, read.path_length) == (True, 0)


def test_a_part_that_cannot_be_read_is_malformed():
    with pytest.raises(CertificateError) as caught:
        facts.read(unreadable(LEAF.certificate))
    assert caught.value.problem is Problem.MALFORMED


def test_version_1_with_extensions_is_malformed():
    with pytest.raises(CertificateError) as caught:
        facts.read(load_der(without_version(DER)))
    assert caught.value.problem is Problem.MALFORMED


def test_a_signature_that_is_written_in_another_way_is_malformed():
    # given signatures until one ends in a zero bit, which its bit string could leave out
    forge = Forge("unused bits")
    leaf = next(one for one in iter(lambda: forge.leaf(None).certificate, None) if not one.signature[-1] & 1)
    signature = leaf.signature
    with pytest.raises(CertificateError) as caught:
        facts.read(patched(leaf, b"\0" + signature, b"\1" + signature))
    assert caught.value.problem is Problem.MALFORMED


def test_a_curve_the_library_does_not_know_has_no_kind():
    read = facts.read(patched(LEAF.certificate, CURVE, CURVE[:-1] + b"\x7f"))
    assert (read.kind, read.spki) == (None, b"")


def test_a_curve_no_profile_allows_has_no_kind():
    forge = Forge()
    assert facts.read(forge.leaf(None, key=ec.generate_private_key(ec.SECP256R1())).certificate).kind
    own = forge.leaf(forge.root(), key=ec.generate_private_key(ec.SECP256K1()))
    assert facts.read(own.certificate).kind is None


def test_a_signature_algorithm_the_library_does_not_know_is_unknown():
    odd = patched(LEAF.certificate, ECDSA_SHA256, ECDSA_SHA256[:-1] + b"\x7f")
    assert facts.read(odd).hash_name == "unknown"
    assert not facts.signed_by(facts.read(odd), facts.read(LEAF.issuer.certificate))


def test_more_than_64_extensions_are_too_many():
    extras = tuple(
        (x509.UnrecognizedExtension(x509.ObjectIdentifier(f"1.3.6.1.4.1.99999.{number}"), b"\x05\x00"), False)
        for number in range(61)
    )
    with pytest.raises(CertificateError) as caught:
        facts.read(Forge().leaf(None, others=extras).certificate)
    assert caught.value.problem is Problem.TOO_LARGE


def test_responders_that_are_no_urls_are_left_out():
    forge = Forge()
    descriptions = [
        x509.AccessDescription(x509.AuthorityInformationAccessOID.OCSP, x509.DNSName("ocsp.example")),
        x509.AccessDescription(
            x509.AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier("http://ca.example")
        ),
    ]
    leaf = forge.leaf(None, others=((x509.AuthorityInformationAccess(descriptions), False),))
    assert facts.responders(leaf.certificate) == ()


def test_a_signature_is_that_of_the_issuers_key_only():
    leaf, issuer = facts.read(LEAF.certificate), facts.read(LEAF.issuer.certificate)
    assert facts.signed_by(leaf, issuer)
    assert not facts.signed_by(leaf, facts.read(LEAF.path[-1]))
    assert not facts.signed_by(issuer, leaf)


@pytest.mark.untraced
@few(300)
@given(st.data())
def test_a_changed_certificate_is_never_valid_and_never_a_crash(data):
    # given a valid leaf with some of its bytes changed
    changed = bytearray(DER)
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(changed) - 1))
        changed[position] = data.draw(st.integers(0, 255))
    try:
        certificate = load_der(bytes(changed))
    except CertificateError:
        return
    # then the verification says why not, unless nothing was changed after all
    verdict = verify(certificate, LEAF.chain[1:], [LEAF.path[-1]], profile=profiles.SECC_ISO2, now=NOW)
    assert isinstance(verdict, Refused) or bytes(changed) == DER
