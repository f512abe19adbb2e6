from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes as library
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs import hashes
from certs.errors import CertificateError, Problem
from certs.hashes import HashAlgorithm, HashData
from tests.support.certificates import Forge, patched, unreadable, world

LEAF = world()["SECC_LEAF"]
GOOD = {
    "algorithm": HashAlgorithm.SHA256,
    "issuer_name_hash": "a" * 64,
    "issuer_key_hash": "b" * 64,
    "serial_number": "1",
}


def problem_of(act, *args, **kwargs):
    with pytest.raises(CertificateError) as caught:
        act(*args, **kwargs)
    return caught.value.problem


@pytest.mark.parametrize("algorithm", HashAlgorithm)
def test_the_hashes_are_those_of_name_and_bare_key(algorithm):
    # given an independent computation
    issuer = LEAF.issuer.certificate
    key = issuer.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    digest = getattr(hashlib, algorithm.lower())
    # when
    made = hashes.hash_data(LEAF.certificate, issuer, algorithm)
    # then
    assert made.issuer_name_hash == digest(issuer.subject.public_bytes()).hexdigest()
    assert made.issuer_key_hash == digest(key).hexdigest()
    assert made.serial_number == f"{LEAF.certificate.serial_number:x}"


def test_the_issuer_of_a_root_is_the_root_itself():
    root = LEAF.path[-1]
    assert hashes.hash_data(root, root).serial_number == f"{root.serial_number:x}"


def test_another_issuer_is_noticed():
    other = world()["MO_SUB_CA2"].certificate
    assert problem_of(hashes.hash_data, LEAF.certificate, other) is Problem.OTHER_CERTIFICATE


def test_an_unreadable_certificate_has_no_hashes():
    issuer = LEAF.issuer.certificate
    assert problem_of(hashes.hash_data, unreadable(LEAF.certificate), issuer) is Problem.MALFORMED


def test_a_hash_the_library_has_not_makes_no_hash_data(monkeypatch):
    monkeypatch.setitem(hashes.ALGORITHMS, HashAlgorithm.SHA256, library.SHA3_256())
    assert problem_of(hashes.hash_data, LEAF.certificate, LEAF.issuer.certificate) is Problem.MALFORMED


def test_a_negative_serial_number_is_refused():
    forge = Forge()
    root = forge.root()
    forge.mint.serials = iter([0x7ABBCCDD])
    leaf = forge.leaf(root).certificate
    negative = patched(leaf, bytes.fromhex("02047abbccdd"), bytes.fromhex("0204faBBccdd"))
    assert problem_of(hashes.hash_data, negative, root.certificate) is Problem.BAD_HASH_DATA


@pytest.mark.parametrize(("given", "kept"), [("0x00AF", "af"), ("00", "0"), ("0X1", "1"), ("1234", "1234")])
def test_serial_numbers_lose_prefix_capitals_and_zeros(given, kept):
    assert HashData(**{**GOOD, "serial_number": given}).serial_number == kept


def test_equal_hash_data_is_equal_whatever_its_letters():
    assert HashData(**GOOD) == HashData(**{**GOOD, "issuer_key_hash": "B" * 64})


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer_name_hash": "a" * 63},
        {"issuer_name_hash": "g" * 64},
        {"issuer_key_hash": ""},
        {"algorithm": HashAlgorithm.SHA512},
        {"serial_number": "g"},
        {"serial_number": "-1"},
        {"serial_number": "1" * 41},
    ],
)
def test_what_is_no_hash_data_is_refused(wrong):
    assert problem_of(HashData, **{**GOOD, **wrong}) is Problem.BAD_HASH_DATA


def test_a_chain_gives_leaf_and_sub_cas_but_not_the_root():
    made = hashes.chain_hash_data(LEAF.path)
    assert [one.serial_number for one in made] == [f"{one.serial_number:x}" for one in LEAF.chain]


def test_request_data_names_the_responder_of_each_certificate():
    made = hashes.ocsp_request_data([LEAF.path])
    assert [one.hash_data for one in made] == list(hashes.chain_hash_data(LEAF.path))
    assert {one.responder_url for one in made} == {"http://127.0.0.1:8888"}


def test_certificates_without_responder_are_not_asked_about():
    forge = Forge()
    sub = forge.ca("Sub", forge.root(), ocsp_url="http://ocsp.example")
    leaf = forge.leaf(sub)
    made = hashes.ocsp_request_data([leaf.path])
    assert [one.responder_url for one in made] == ["http://ocsp.example"]


def test_what_several_chains_share_is_asked_once():
    other = Forge().leaf(LEAF.issuer, ocsp_url="http://ocsp.example")
    made = hashes.ocsp_request_data([LEAF.path, other.path, LEAF.path])
    assert len(made) == len(LEAF.chain) + 1


def test_the_leaves_can_be_left_out():
    made = hashes.ocsp_request_data([LEAF.path], leaves=False)
    assert [one.hash_data for one in made] == list(hashes.chain_hash_data(LEAF.path)[1:])
