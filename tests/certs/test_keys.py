from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa, x25519

from certs import keys
from certs.errors import CertificateError, Problem
from certs.keys import KeyKind
from tests.support.certificates import Forge, unreadable, world

KEY = keys.generate_key()
RSA_KEY = rsa.generate_private_key(65537, 2048)


def problem_of(data, password=None):
    with pytest.raises(CertificateError) as caught:
        keys.load_key(data, password)
    return caught.value.problem


def same(one, other):
    return keys.public_bytes(one.public_key()) == keys.public_bytes(other.public_key())


def pem(key, password=None, form=serialization.PrivateFormat.PKCS8):
    lock = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, lock)


@pytest.mark.parametrize("kind", KeyKind)
def test_a_new_key_is_of_the_kind_that_was_asked_for(kind):
    key = keys.generate_key(kind, rsa_bits=2048)
    assert keys.kind_of(key.public_key()) is kind


def test_without_a_wish_a_key_is_of_p256():
    assert keys.kind_of(KEY.public_key()) is KeyKind.P256


@pytest.mark.parametrize("kind", [kind for kind in KeyKind if kind is not KeyKind.RSA])
@pytest.mark.parametrize("password", [None, b"", b"secret"])
def test_a_key_is_read_as_it_was_written(kind, password):
    key = keys.generate_key(kind)
    assert same(keys.load_key(keys.key_to_pem(key, password), password), key)


def test_an_encrypted_key_shows_nothing_of_itself():
    text = keys.key_to_pem(KEY, b"secret")
    assert b"ENCRYPTED" in text


def test_a_password_nobody_needs_does_no_harm():
    assert same(keys.load_key(keys.key_to_pem(KEY), b"secret"), KEY)


TRADITIONAL = serialization.PrivateFormat.TraditionalOpenSSL
FORMS = {
    "traditional": pem(KEY, form=TRADITIONAL),
    "traditional, encrypted": pem(KEY, b"secret", TRADITIONAL),
    "parameters first": b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    + pem(KEY, form=TRADITIONAL),
    "CRLF": pem(KEY).replace(b"\n", b"\r\n"),
    "text before": b"Bag Attributes\n  friendlyName: secc\n" + pem(KEY),
    "DER": KEY.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ),
    "DER, encrypted": KEY.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_keys_are_read_in_every_form_tools_write(form):
    assert same(keys.load_key(FORMS[form], b"secret"), KEY)


REFUSED = {
    "nothing": (b"", Problem.NOT_A_KEY),
    "garbage": (b"garbage", Problem.NOT_A_KEY),
    "a certificate": (
        world()["SECC_LEAF"].certificate.public_bytes(serialization.Encoding.PEM),
        Problem.NOT_A_KEY,
    ),
    "cut short": (pem(KEY)[:-40], Problem.NOT_A_KEY),
    "wrong content": (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", Problem.NOT_A_KEY),
    "too large": (b" " * 65_537, Problem.TOO_LARGE),
    "agreement only": (pem(x25519.X25519PrivateKey.generate()), Problem.UNSUPPORTED_KEY),
    "DSA": (pem(dsa.generate_private_key(2048)), Problem.UNSUPPORTED_KEY),
    "another curve": (pem(ec.generate_private_key(ec.SECP256K1())), Problem.UNSUPPORTED_KEY),
    "unknown algorithm": (
        pem(KEY).replace(pem(KEY).split(b"\n")[1][:40], b"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEIBG0wa"[:40]),
        Problem.UNSUPPORTED_KEY,
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_usable_key_is_refused_with_its_problem(case):
    data, problem = REFUSED[case]
    assert problem_of(data) is problem


def test_an_encrypted_key_needs_a_password_and_the_right_one():
    text = keys.key_to_pem(KEY, b"secret")
    assert problem_of(text) is Problem.PASSWORD_MISSING
    assert problem_of(text, b"") is Problem.PASSWORD_MISSING
    assert problem_of(text, b"wrong") is Problem.PASSWORD_WRONG


def test_errors_about_keys_hold_neither_key_nor_password():
    with pytest.raises(CertificateError) as caught:
        keys.load_key(keys.key_to_pem(KEY, b"secret"), b"swordfish")
    assert "swordfish" not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_a_key_goes_with_its_own_certificate_only():
    leaf, other = world()["SECC_LEAF"], world()["MO_LEAF"]
    assert keys.key_matches(leaf.key, leaf.certificate)
    assert not keys.key_matches(leaf.key, other.certificate)


def test_a_certificate_whose_key_cannot_be_read_matches_nothing():
    leaf = Forge().leaf(None)
    spoiled = _with_unknown_curve(leaf.certificate)
    assert not keys.key_matches(leaf.key, spoiled)


def _with_unknown_curve(certificate):
    data = certificate.public_bytes(serialization.Encoding.DER)
    known = bytes.fromhex("06082a8648ce3d030107")
    return x509.load_der_x509_certificate(data.replace(known, known[:-1] + b"\x7f"))


@pytest.mark.parametrize("kind", KeyKind)
def test_each_kind_signs_with_the_hash_that_is_as_strong(kind):
    expected = {KeyKind.P384: "sha384", KeyKind.P521: "sha512", KeyKind.ED25519: None, KeyKind.ED448: None}
    key = RSA_KEY if kind is KeyKind.RSA else keys.generate_key(kind)
    algorithm = keys.signing_hash(key)
    assert (algorithm.name if algorithm else None) == expected.get(kind, "sha256")


def test_a_curve_nobody_asks_for_has_no_hash():
    with pytest.raises(CertificateError) as caught:
        keys.signing_hash(ec.generate_private_key(ec.SECP256K1()))
    assert caught.value.problem is Problem.UNSUPPORTED_KEY


def test_a_certificate_that_is_spoiled_elsewhere_still_matches_its_key():
    leaf = world()["SECC_LEAF"]
    assert keys.key_matches(leaf.key, unreadable(leaf.certificate))
