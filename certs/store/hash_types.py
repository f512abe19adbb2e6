"""Hash data, as EVerest's messages write them and as we compute with them. Pure."""

from __future__ import annotations

from certs.hashes import HashAlgorithm, HashData
from protocols.types import evse_security as types


def to_message(data: HashData) -> types.CertificateHashData:
    """Hash data for a message."""
    return types.CertificateHashData(
        hash_algorithm=types.HashAlgorithm(data.algorithm.value),
        issuer_name_hash=data.issuer_name_hash,
        issuer_key_hash=data.issuer_key_hash,
        serial_number=data.serial_number,
    )


def from_message(data: types.CertificateHashData) -> HashData:
    """Hash data from a message; letters of either size. CertificateError for what cannot be any."""
    return HashData(
        algorithm=HashAlgorithm(data.hash_algorithm.value),
        issuer_name_hash=data.issuer_name_hash,
        issuer_key_hash=data.issuer_key_hash,
        serial_number=data.serial_number,
    )
