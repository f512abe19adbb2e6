"""What certificates and results are called (rows S13.2, S13.3, S13.6, M8.5, M8.7, M8.13, M8.14, M11.4)."""

from collections.abc import Mapping
from enum import Enum

import pytest
from ocpp.v21 import datatypes, enums

from actors.ocpp.blocks import certificate_tables as tables
from protocols.types import evse_security as types

DATA = types.CertificateHashData(
    hash_algorithm=types.HashAlgorithm.SHA384,
    issuer_name_hash="ab" * 48,
    issuer_key_hash="cd" * 48,
    serial_number="1f",
)
OEM = {enums.InstallCertificateUseEnumType.oem_root_certificate}
OEM_ID = {enums.GetCertificateIdUseEnumType.oem_root_certificate}
Result = types.InstallCertificateResult
Status = enums.InstallCertificateStatusEnumType


@pytest.mark.parametrize(
    ("table", "keys"),
    [
        (tables.INSTALL_STATUS, set(Result)),
        (tables.REASONS, set(Result) - {Result.ACCEPTED}),
        (tables.DELETE_STATUS, set(types.DeleteCertificateResult)),
        (tables.REPORTED, set(types.CertificateType)),
        (tables.LEAVES, set(tables.Kind)),
        (tables.AUTHORITIES, set(enums.InstallCertificateUseEnumType) - OEM),
        (tables.INSTALLED, set(enums.GetCertificateIdUseEnumType) - OEM_ID),
    ],
)
def test_a_table_has_a_row_for_each_value(table: Mapping[Enum, object], keys: set[Enum]) -> None:
    assert set(table) == keys


def test_kinds_are_those_the_standard_has() -> None:
    assert {each.value for each in tables.Kind} == {
        each.value for each in enums.CertificateSigningUseEnumType
    }


def test_all_four_hierarchies_take_roots_from_the_csms() -> None:
    assert set(tables.AUTHORITIES.values()) == set(types.CaCertificateType)  # M8.5


@pytest.mark.parametrize(
    ("result", "status", "reason"),
    [
        (Result.ACCEPTED, Status.accepted, None),
        (Result.EXPIRED, Status.rejected, "InvalidCertificate"),  # M8.7
        (Result.INVALID_FORMAT, Status.rejected, "InvalidCertificate"),  # M8.7
        (Result.INVALID_SIGNATURE, Status.rejected, "InvalidCertificate"),
        (Result.INVALID_CERTIFICATE_CHAIN, Status.rejected, "InvalidCertificate"),
        (Result.INVALID_COMMON_NAME, Status.rejected, "InvalidCertificate"),
        (Result.NO_ROOT_CERTIFICATE_INSTALLED, Status.rejected, "InvalidCertificate"),
        (Result.CERTIFICATE_STORE_MAX_LENGTH_EXCEEDED, Status.rejected, "OutOfStorage"),  # M8.7
        (Result.WRITE_ERROR, Status.failed, "InternalError"),  # M8.8
    ],
)
def test_a_result_of_an_installation_has_its_status(
    result: Result, status: Status, reason: str | None
) -> None:
    info = tables.not_installed(result)

    assert tables.INSTALL_STATUS[result] == status
    assert (info and info.reason_code) == reason
    assert info is None or info.additional_info == result.value


def test_reason_codes_fit_into_their_field() -> None:
    assert max(map(len, tables.REASONS.values())) <= 20


def test_hashes_are_the_same_after_both_ways() -> None:
    assert tables.from_wire(tables.to_wire(DATA)) == DATA


def test_a_certificate_alone_is_reported_without_children() -> None:
    chain = types.CertificateHashDataChain(
        certificate_type=types.CertificateType.MF_ROOT_CERTIFICATE, certificate_hash_data=DATA
    )

    assert tables.chain_to_wire(chain) == datatypes.CertificateHashDataChainType(
        certificate_hash_data=tables.to_wire(DATA),
        certificate_type=enums.GetCertificateIdUseEnumType.manufacturer_root_certificate,
    )


def test_of_a_long_chain_four_children_are_reported() -> None:
    chain = types.CertificateHashDataChain(
        certificate_type=types.CertificateType.V2G_CERTIFICATE_CHAIN,
        certificate_hash_data=DATA,
        child_certificate_hash_data=(DATA,) * 5,
    )

    assert tables.chain_to_wire(chain).child_certificate_hash_data == [tables.to_wire(DATA)] * 4


def test_a_status_info_needs_no_text() -> None:
    assert tables.status_info("NotFound").additional_info is None
