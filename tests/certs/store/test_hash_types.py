import pytest

from certs.errors import CertificateError
from certs.hashes import HashAlgorithm, HashData
from certs.store.hash_types import from_message, to_message
from protocols.types import evse_security as types

DATA = HashData(
    algorithm=HashAlgorithm.SHA384, issuer_name_hash="a" * 96, issuer_key_hash="b" * 96, serial_number="1f"
)


def test_hash_data_survive_the_way_through_a_message():
    assert from_message(to_message(DATA)) == DATA


def test_capital_letters_and_leading_zeros_make_no_difference():
    shouted = types.CertificateHashData(
        hash_algorithm=types.HashAlgorithm.SHA384,
        issuer_name_hash="A" * 96,
        issuer_key_hash="B" * 96,
        serial_number="0x001F",
    )

    assert from_message(shouted) == DATA


def test_what_cannot_be_hash_data_is_an_error():
    wrong = types.CertificateHashData(
        hash_algorithm=types.HashAlgorithm.SHA256,
        issuer_name_hash="no hash",
        issuer_key_hash="",
        serial_number="1",
    )

    with pytest.raises(CertificateError):
        from_message(wrong)
