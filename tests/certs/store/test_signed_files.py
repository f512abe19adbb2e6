import base64
import os
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, x25519

from certs import pki
from certs.keys import KeyKind, generate_key
from certs.names import subject
from certs.pki.hierarchies import contents
from certs.store import signed_files
from certs.store.signed_files import verify_file
from protocols.types.evse_security import CertificateValidationResult as Result
from tests.support.stores import NOW, Leaf, chain_text, station, text, world

FIRMWARE = b"firmware" * 1000
ROOT = world()["MF_ROOT_CA"]
THIEF = replace(
    contents(world().rows["MF_ROOT_CA"], world().options, None),
    subject=subject(common_name="X", organization="X"),
)
SHA256 = hashes.SHA256()
PSS = padding.PSS(mgf=padding.MGF1(SHA256), salt_length=padding.PSS.DIGEST_LENGTH)
RSA_KEY = rsa.generate_private_key(65537, 2048)


@pytest.fixture
def path(tmp_path):
    (tmp_path / "firmware").write_bytes(FIRMWARE)
    return str(tmp_path / "firmware")


def certificate_for(public):
    usual = contents(world().rows["MF_LEAF"], world().options, None)
    return text(pki.issue(replace(usual, key_ids=False), public, ROOT, ROOT.key, 5))


def encoded(signature):
    return base64.b64encode(signature).decode()


def elliptic(kind):
    key = generate_key(kind)
    return key, key.sign(FIRMWARE, ec.ECDSA(SHA256))


def edwards(kind):
    key = generate_key(kind)
    return key, key.sign(FIRMWARE)


SIGNERS = {
    "P-256": lambda: elliptic(KeyKind.P256),
    "P-521": lambda: elliptic(KeyKind.P521),
    "RSA-PSS": lambda: (RSA_KEY, RSA_KEY.sign(FIRMWARE, PSS, SHA256)),
    "RSA PKCS #1 v1.5": lambda: (RSA_KEY, RSA_KEY.sign(FIRMWARE, padding.PKCS1v15(), SHA256)),
    "Ed25519": lambda: edwards(KeyKind.ED25519),
    "Ed448": lambda: edwards(KeyKind.ED448),
}


@pytest.mark.parametrize("signer", SIGNERS)
def test_a_signature_of_every_kind_is_verified(path, signer):
    key, signature = SIGNERS[signer]()

    assert verify_file(path, certificate_for(key.public_key()), encoded(signature))


@pytest.mark.parametrize("signer", SIGNERS)
def test_a_file_that_was_changed_is_not_valid(path, signer):
    key, signature = SIGNERS[signer]()
    with open(path, "ab") as file:
        file.write(b"!")

    assert not verify_file(path, certificate_for(key.public_key()), encoded(signature))


def test_the_signature_of_another_key_is_not_valid(path):
    _, signature = elliptic(KeyKind.P256)

    assert not verify_file(path, text(world()["MF_LEAF"].certificate), encoded(signature))


@pytest.mark.parametrize("signature", ["!!", "", "AAAA", "A" * 20_000])
def test_something_that_is_no_signature_is_not_valid(path, signature):
    assert not verify_file(path, text(world()["MF_LEAF"].certificate), signature)


@pytest.mark.parametrize("certificate", ["", "garbage"])
def test_something_that_is_no_certificate_verifies_nothing(path, certificate):
    assert not verify_file(path, certificate, "AAAA")


def test_a_key_that_cannot_sign_verifies_nothing(path):
    exchange = x25519.X25519PrivateKey.generate().public_key()

    assert not verify_file(path, certificate_for(exchange), "AAAA")


@pytest.mark.parametrize("name", ["none", "folder", "pipe", "a\0b"])
def test_something_that_is_no_file_is_not_valid(tmp_path, name):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    key, signature = elliptic(KeyKind.P256)

    assert not verify_file(str(tmp_path / name), certificate_for(key.public_key()), encoded(signature))


def test_a_file_too_large_for_an_edwards_curve_is_refused(path, monkeypatch):
    monkeypatch.setattr(signed_files, "MAX_WHOLE_BYTES", len(FIRMWARE) - 1)
    key, signature = edwards(KeyKind.ED25519)

    assert not verify_file(path, certificate_for(key.public_key()), encoded(signature))


def test_further_certificates_behind_the_signer_do_not_matter(path):
    key, signature = elliptic(KeyKind.P256)
    chain = certificate_for(key.public_key()) + text(ROOT.certificate)

    assert verify_file(path, chain, encoded(signature))


def test_what_is_trusted_is_what_has_signed_the_file(tmp_path, path):
    # given firmware of a thief, who puts a CA of his own before the maker's certificate
    thief = world().mint.identity("THIEF", THIEF, None)
    chain = text(thief.certificate, *world()["MF_LEAF"].chain)
    signature = encoded(thief.key.sign(FIRMWARE, ec.ECDSA(SHA256)))
    # when
    signed = verify_file(path, chain, signature)
    trusted = station(tmp_path / "store").verify_certificate(chain, [Leaf.MF], now=NOW)
    # then
    assert signed
    assert trusted is Result.ISSUER_NOT_FOUND


def test_firmware_of_its_maker_is_signed_and_trusted(tmp_path, path):
    chain = chain_text("MF_LEAF")
    signature = encoded(world()["MF_LEAF"].key.sign(FIRMWARE, ec.ECDSA(SHA256)))

    assert verify_file(path, chain, signature)
    assert station(tmp_path / "store").verify_certificate(chain, [Leaf.MF], now=NOW) is Result.VALID


def test_a_large_file_is_verified_in_steps(tmp_path):
    # given
    key = generate_key(KeyKind.P256)
    content = os.urandom(1000) * 9000
    (tmp_path / "large").write_bytes(content)
    signature = encoded(key.sign(content, ec.ECDSA(SHA256)))
    # when
    steps = signed_files.in_steps(str(tmp_path / "large"), certificate_for(key.public_key()), signature)
    # then
    assert sum(1 for _ in steps) == 3
    assert verify_file(str(tmp_path / "large"), certificate_for(key.public_key()), signature)
