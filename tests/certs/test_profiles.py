from __future__ import annotations

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs import profiles
from certs.keys import HASHES, KeyKind
from certs.profiles import PROFILES, Domain, Protocol


@pytest.mark.parametrize("profile", PROFILES, ids=lambda one: one.name)
def test_every_row_has_its_source_and_holds_together(profile):
    assert profile.source.startswith(("ISO 15118", "OCPP"))
    assert profile.default_key in profile.keys
    algorithm = HASHES[profile.default_key]
    assert algorithm is None or algorithm.name in profile.hashes


def test_every_row_has_a_name_of_its_own():
    assert len({one.name for one in PROFILES}) == len(PROFILES)


@pytest.mark.parametrize(
    ("protocol", "keys", "hashes"),
    [
        (Protocol.ISO2, {KeyKind.P256}, {"sha256"}),
        (Protocol.ISO20, {KeyKind.P521, KeyKind.ED448}, {"sha512"}),
        (Protocol.OCPP, set(KeyKind), {"sha256", "sha384", "sha512"}),
    ],
)
def test_each_protocol_has_its_algorithms(protocol, keys, hashes):
    rows = [one for one in PROFILES if one.protocol is protocol]
    assert rows
    assert all((one.keys, one.hashes) == (keys, hashes) for one in rows)


@pytest.mark.parametrize(
    ("profile", "component"),
    [
        (profiles.SECC_ISO2, "CPO"),
        (profiles.SECC_ISO20, "CPO"),
        (profiles.CONTRACT_ISO2, "MO"),
        (profiles.OEM_ISO20, "OEM"),
        (profiles.CPS_ISO2, "CPS"),
        (profiles.CSMS_CLIENT, None),
        (profiles.FIRMWARE, None),
    ],
)
def test_the_components_are_those_of_the_standards(profile, component):
    assert profile.domain_component == component


def test_only_firmware_signers_may_sign_code():
    rows = [one for one in PROFILES if one.purpose == ExtendedKeyUsageOID.CODE_SIGNING]
    assert rows == [profiles.FIRMWARE]


def test_the_rows_of_domains_are_found_in_order():
    assert profiles.profiles_of([Domain.V2G]) == (profiles.SECC_ISO2, profiles.SECC_ISO20)
    assert profiles.profiles_of([]) == ()


def test_a_station_asks_for_leaves_of_two_domains():
    assert set(profiles.STATION_LEAVES) == {Domain.V2G, Domain.CSMS}
