from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa, x25519

from certs.signatures import is_signature, is_whole

DATA = b"data"
EC = ec.generate_private_key(ec.SECP256R1())
ED25519 = ed25519.Ed25519PrivateKey.generate()
ED448 = ed448.Ed448PrivateKey.generate()
RSA = rsa.generate_private_key(65537, 2048)
SHA256 = hashes.SHA256()

SIGNED = {
    "EC": (EC, EC.sign(DATA, ec.ECDSA(SHA256)), SHA256),
    "Ed25519": (ED25519, ED25519.sign(DATA), None),
    "Ed448": (ED448, ED448.sign(DATA), None),
    "RSA": (RSA, RSA.sign(DATA, padding.PKCS1v15(), SHA256), SHA256),
}


@pytest.mark.parametrize("kind", SIGNED)
def test_the_signature_of_each_kind_of_key_is_told_from_others(kind):
    key, signature, algorithm = SIGNED[kind]
    assert is_signature(key.public_key(), signature, DATA, algorithm)
    assert not is_signature(key.public_key(), signature, b"other", algorithm)


@pytest.mark.parametrize(
    ("key", "signature", "algorithm"),
    [
        (EC, SIGNED["EC"][1], None),
        (EC, EC.sign(DATA, ec.ECDSA(hashes.SHA1())), hashes.SHA1()),
        (ED448, SIGNED["Ed448"][1], SHA256),
        (EC, b"", SHA256),
        (x25519.X25519PrivateKey.generate(), b"", SHA256),
    ],
)
def test_keys_and_hashes_that_do_not_go_together_verify_nothing(key, signature, algorithm):
    assert not is_signature(key.public_key(), signature, DATA, algorithm)


def test_a_signature_stands_in_its_document_as_whole_bytes():
    assert is_whole(b"document\0signature", b"signature")
    assert not is_whole(b"document\1signature", b"signature")
