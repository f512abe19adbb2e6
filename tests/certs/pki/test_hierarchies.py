from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certs import names, pki
from certs.errors import CertificateError
from certs.facts import read
from certs.keys import KeyKind, kind_of
from certs.pki import Edition
from certs.profiles import Domain
from tests.support.certificates import DAY, NOW, world

OPTIONS = pki.Options(now=NOW)


def test_both_editions_and_ocpp_are_made_by_default():
    made = world().identities
    wanted = {"V2G_ROOT_CA", "CPO_SUB_CA2", "SECC_LEAF", "MO_LEAF", "OEM_LEAF", "CPS_LEAF"}
    assert wanted <= set(made)
    assert {f"{name}_20" for name in wanted} | {"VEHICLE_LEAF_20"} <= set(made)
    assert {"CSMS_ROOT_CA", "CSMS_SERVER", "CSMS_LEAF", "MF_ROOT_CA", "MF_LEAF"} <= set(made)
    assert "VEHICLE_LEAF" not in made


@pytest.mark.parametrize(("edition", "suffix"), [(Edition.ISO2, ""), (Edition.ISO20, "_20")])
def test_one_edition_can_be_made_alone(edition, suffix):
    made = pki.build(replace(OPTIONS, editions=(edition,)), pki.insecure_mint("one"))
    assert f"SECC_LEAF{suffix}" in made.identities
    assert {pki.edition_of(name) for name in made.identities} == {edition, None}


def test_the_same_seed_gives_the_same_bytes():
    one, other, third = (
        pki.build(OPTIONS, pki.insecure_mint(seed))["SECC_LEAF_20"].certificate.public_bytes(Encoding.DER)
        for seed in ("a", "a", "b")
    )
    assert one == other
    assert one != third


def test_without_a_seed_every_world_has_its_own_keys():
    one, other = (pki.build(replace(OPTIONS, editions=()))["MF_LEAF"] for _ in range(2))
    assert read(one.certificate).spki != read(other.certificate).spki
    assert one.certificate.serial_number != other.certificate.serial_number


@pytest.mark.parametrize("kind", [KeyKind.P521, KeyKind.ED448])
def test_edition_20_is_made_with_the_kind_that_was_chosen(kind):
    kinds = {
        kind_of(one.key.public_key())
        for name, one in world(kind).identities.items()
        if pki.edition_of(name) is Edition.ISO20
    }
    assert kinds == {kind}


@pytest.mark.parametrize(
    ("name", "days"), [("SECC_LEAF", 3), ("CPO_SUB_CA1", 5), ("V2G_ROOT_CA", 7), ("CSMS_LEAF", 3)]
)
def test_each_level_is_valid_as_long_as_chosen(name, days):
    made = pki.build(replace(OPTIONS, leaf_days=3, sub_days=5, root_days=7), pki.insecure_mint("days"))
    certificate = made[name].certificate
    assert certificate.not_valid_after_utc == NOW + days * DAY
    assert certificate.not_valid_before_utc < NOW


def test_identifiers_become_the_common_names_of_leaves():
    options = replace(
        OPTIONS, secc_id="DE*X", emaid="DEX", pcid="PCX", station="cb", csms_hosts=("a.example",)
    )
    made = pki.build(options, pki.insecure_mint("names"))
    wanted = {
        "SECC_LEAF": "DE*X",
        "MO_LEAF": "DEX",
        "OEM_LEAF": "PCX",
        "CSMS_LEAF": "cb",
        "CSMS_SERVER": "a.example",
    }
    assert {name: names.common_name(made[name].certificate) for name in wanted} == wanted
    assert read(made["CSMS_SERVER"].certificate).alternative_names == (x509.DNSName("a.example"),)


def test_responders_can_be_left_out():
    made = pki.build(replace(OPTIONS, ocsp_url=None, editions=()), pki.insecure_mint("silent"))
    assert read(made["CSMS_LEAF"].certificate).responders == ()


def test_roots_name_no_responder():
    assert read(world()["V2G_ROOT_CA"].certificate).responders == ()


def test_the_roots_of_domains_are_found():
    made = world()
    found = made.roots(Domain.V2G, Domain.MF)
    assert set(found) == {made[name].certificate for name in ("V2G_ROOT_CA", "V2G_ROOT_CA_20", "MF_ROOT_CA")}


@pytest.mark.parametrize("wrong", [{"country": "Germany"}, {"emaid": ""}, {"organization": "x" * 65}])
def test_names_that_cannot_be_written_are_refused(wrong):
    with pytest.raises(CertificateError):
        pki.build(replace(OPTIONS, **wrong), pki.insecure_mint("wrong"))


@pytest.mark.parametrize(
    ("name", "edition"), [("SECC_LEAF", Edition.ISO2), ("SECC_LEAF_20", Edition.ISO20), ("CSMS_LEAF", None)]
)
def test_a_name_tells_its_edition(name, edition):
    assert pki.edition_of(name) is edition
