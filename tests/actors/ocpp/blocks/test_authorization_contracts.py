"""What the check of a contract means (rows M10.8 to M10.10)."""

import pytest
from ocpp.v21 import datatypes, enums

from actors.ocpp.blocks import authorization_contracts as contracts
from actors.ocpp.blocks.authorization_contracts import OFFLINE, ONLINE, Refused, Way
from protocols.types.authorization import (
    AuthorizationStatus,
    AuthorizationType,
    CertificateStatus,
    IdToken,
    IdTokenType,
    ProvidedIdToken,
)
from protocols.types.evse_security import CertificateHashData, HashAlgorithm, OCSPRequestData
from protocols.types.evse_security import CertificateValidationResult as Found
from protocols.types.iso15118 import CertificateHashAlgorithm, CertificateHashDataInfo

A = AuthorizationStatus
C = CertificateStatus
DATA = CertificateHashData(
    hash_algorithm=HashAlgorithm.SHA256, issuer_name_hash="aa", issuer_key_hash="bb", serial_number="1"
)
WIRE = datatypes.OCSPRequestDataType(
    hash_algorithm=enums.HashAlgorithmEnumType.sha256,
    issuer_name_hash="aa",
    issuer_key_hash="bb",
    serial_number="1",
    responder_url="http://ocsp",
)


@pytest.mark.parametrize(
    ("found", "online", "offline"),
    [
        (Found.VALID, Way.BY_HASHES, Way.BY_RULES),
        (Found.UNKNOWN, Way.BY_HASHES, Refused(A.UNKNOWN, C.NO_CERTIFICATE_AVAILABLE)),
        (Found.ISSUER_NOT_FOUND, Way.CENTRALLY, Refused(A.UNKNOWN, C.CERT_CHAIN_ERROR)),
        (
            Found.EXPIRED,
            Refused(A.EXPIRED, C.CERTIFICATE_EXPIRED),
            Refused(A.EXPIRED, C.CERTIFICATE_EXPIRED),
        ),
        (
            Found.INVALID_SIGNATURE,
            Refused(A.INVALID, C.SIGNATURE_ERROR),
            Refused(A.UNKNOWN, C.SIGNATURE_ERROR),
        ),
        (
            Found.INVALID_LEAF_SIGNATURE,
            Refused(A.INVALID, C.SIGNATURE_ERROR),
            Refused(A.UNKNOWN, C.SIGNATURE_ERROR),
        ),
        (
            Found.INVALID_CHAIN,
            Refused(A.INVALID, C.CERT_CHAIN_ERROR),
            Refused(A.UNKNOWN, C.CERT_CHAIN_ERROR),
        ),
    ],
    ids=lambda each: each.value if isinstance(each, Found) else "",
)
def test_rows_m10_9_and_m10_10_cover_every_check(
    found: Found, online: Way | Refused, offline: Way | Refused
) -> None:
    assert (ONLINE[found], OFFLINE[found]) == (online, offline)
    assert set(ONLINE) == set(OFFLINE) == set(Found)


def test_hashes_that_came_with_the_token_are_passed_on() -> None:
    token = ProvidedIdToken(
        id_token=IdToken(value="DE8AACA2B3C4D5", type=IdTokenType.EMAID),
        authorization_type=AuthorizationType.PLUG_AND_CHARGE,
        iso15118_certificate_hash_data=(
            CertificateHashDataInfo(
                hash_algorithm=CertificateHashAlgorithm.SHA256,
                issuer_name_hash="aa",
                issuer_key_hash="bb",
                serial_number="1",
                responder_url="http://ocsp",
            ),
        ),
    )

    assert contracts.hashes_of(token) == (WIRE,)


def test_certificates_without_responder_are_left_out_of_the_hashes() -> None:
    found = [
        OCSPRequestData(certificate_hash_data=DATA, responder_url="http://ocsp"),
        OCSPRequestData(certificate_hash_data=DATA),
        OCSPRequestData(responder_url="http://ocsp"),
    ]

    assert contracts.hashes_from(found) == (WIRE,)


def test_no_more_hashes_are_told_than_the_schema_takes() -> None:
    found = [OCSPRequestData(certificate_hash_data=DATA, responder_url="http://ocsp")] * 6

    assert contracts.hashes_from(found) == (WIRE,) * 4
