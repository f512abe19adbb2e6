"""The test PKI's CAs sign requests, answer about revocation, and make contracts."""

import dataclasses
from datetime import timedelta

import pytest
from cryptography import x509

from actors.simulation.csms.authority import Standing, Use, written
from actors.simulation.csms.script import Certificates, Pem
from certs import chain, ocsp, pki, profiles
from certs.errors import CertificateError
from certs.hashes import HashAlgorithm, HashData, hash_data
from certs.keys import KeyKind
from certs.names import common_name
from certs.ocsp import Status
from certs.pem import load_certificates
from certs.profiles import Domain
from certs.verdict import Reason
from tests.support.certificates import NOW, Forge, world
from tests.support.csms_stage import authority, csr


def data_of(name, algorithm=HashAlgorithm.SHA256):
    known = world()[name]
    return hash_data(known.certificate, known.issuer.certificate, algorithm)


def other_hash(data):
    return dataclasses.replace(data, issuer_key_hash="0" * 64)


@pytest.mark.parametrize("algorithm", HashAlgorithm)
def test_a_certificate_of_the_pki_is_good(algorithm):
    assert authority().standing(data_of("MO_LEAF", algorithm), NOW) is Standing.GOOD


def test_of_a_foreign_issuer_nothing_is_known():
    unknown = other_hash(data_of("MO_LEAF"))

    assert authority().standing(unknown, NOW) is Standing.UNKNOWN
    assert authority().ocsp_response(unknown, NOW) is None


@pytest.mark.parametrize(
    "revoked", ["MO_LEAF", f"{world()['MO_LEAF'].certificate.serial_number:X}"], ids=["name", "serial"]
)
def test_the_script_revokes_by_name_and_by_number(revoked):
    made = authority(revoked=(revoked, "no serial number"))

    assert made.standing(data_of("MO_LEAF"), NOW) is Standing.REVOKED
    assert made.standing(data_of("SECC_LEAF"), NOW) is Standing.GOOD
    assert made.serial_of("no serial number") is None
    leaf = world()["MO_LEAF"]
    assert made.check(leaf.certificate, leaf.issuer.certificate, NOW) is Reason.REVOKED
    secc = world()["SECC_LEAF"]
    assert made.check(secc.certificate, secc.issuer.certificate, NOW) is None


def test_a_list_of_the_issuer_revokes():
    leaf = world()["MO_LEAF"]
    serial = leaf.certificate.serial_number
    period = pki.Period.around(NOW)
    listed = pki.crl(leaf.issuer, period=period, revoked={serial: x509.ReasonFlags.key_compromise})
    other = pki.crl(world()["CPO_SUB_CA2"], period=period)

    assert authority(lists=(other, listed)).standing(data_of("MO_LEAF"), NOW) is Standing.REVOKED


@pytest.mark.parametrize("algorithm", HashAlgorithm)
@pytest.mark.parametrize(
    ("name", "revoked", "status"),
    [
        ("MO_LEAF", (), Status.GOOD),
        ("MO_LEAF", ("MO_LEAF",), Status.REVOKED),
        ("CPO_SUB_CA2_20", (), Status.GOOD),
    ],
)
def test_an_ocsp_response_is_signed_by_the_issuer(name, revoked, status, algorithm):
    leaf = world()[name]
    made = authority(revoked=revoked).ocsp_response(data_of(name, algorithm), NOW)

    found = ocsp.verify_response(made, leaf.certificate, leaf.issuer.certificate, now=NOW)

    assert found.status is status
    with pytest.raises(CertificateError):
        ocsp.verify_response(made, leaf.certificate, leaf.issuer.certificate, now=NOW + timedelta(days=8))


@pytest.mark.parametrize(
    ("use", "kind", "profile", "root"),
    [
        (Use.STATION, KeyKind.P256, profiles.CSMS_CLIENT, "CSMS_ROOT_CA"),
        (Use.V2G, KeyKind.P256, profiles.SECC_ISO2, "V2G_ROOT_CA"),
        (Use.V2G, KeyKind.P521, profiles.SECC_ISO20, "V2G_ROOT_CA_20"),
        (Use.V2G20, KeyKind.P521, profiles.SECC_ISO20, "V2G_ROOT_CA_20"),
    ],
)
def test_a_signed_request_gives_a_chain_of_its_profile(use, kind, profile, root):
    leaf, *above = load_certificates(authority().sign(csr(kind), use, NOW))

    assert common_name(leaf) == "cp-1"
    verdict = chain.verify(leaf, above, [world()[root].certificate], profile=profile, now=NOW)
    assert bool(getattr(verdict, "path", None)), verdict


def test_a_key_that_no_profile_allows_is_refused():
    with pytest.raises(CertificateError, match="V2G20Certificate"):
        authority().sign(csr(KeyKind.P256), Use.V2G20, NOW)


def test_another_organization_than_the_script_wants_is_refused():
    made = authority(organization="EVSITE TEST")

    assert made.sign(csr(), Use.STATION, NOW)
    with pytest.raises(CertificateError, match="O is not EVSITE TEST"):
        made.sign(csr(organization="Somebody"), Use.STATION, NOW)


def test_a_pki_without_the_issuer_says_so():
    few = {"CSMS_ROOT_CA": world()["CSMS_ROOT_CA"]}

    with pytest.raises(CertificateError, match="CPO_SUB_CA2"):
        dataclasses.replace(authority(), identities=few).sign(csr(), Use.V2G, NOW)


def test_the_root_is_sent_only_where_the_script_wants_it():
    assert len(load_certificates(authority().sign(csr(), Use.V2G, NOW))) == 3
    assert len(load_certificates(authority(with_root=True).sign(csr(), Use.V2G, NOW))) == 4


def test_a_chain_is_written_as_the_script_wants():
    certificates = list(world()["MO_LEAF"].chain)

    plain = written(certificates, Certificates())
    turned = written(certificates, Certificates(leaf_last=True))
    crlf = written(certificates, Certificates(pem=Pem.CRLF))
    lines = written(certificates, Certificates(pem=Pem.SUBJECT_LINES))

    assert load_certificates(plain) == tuple(certificates)
    assert load_certificates(turned) == tuple(reversed(certificates))
    assert crlf == plain.replace("\n", "\r\n")
    assert lines.count("subject=") == lines.count("issuer=") == len(certificates)


def test_a_contract_is_made_once_for_each_name():
    made = authority()

    own = made.contract(None, pki.Edition.ISO2, NOW)
    other = made.contract("DE8EVSC0000009A", pki.Edition.ISO2, NOW)

    assert own.certificate == world()["MO_LEAF"].certificate
    assert made.contract("DE8EVSC0000001X", pki.Edition.ISO2, NOW) is own
    assert made.contract("DE8EVSC0000009A", pki.Edition.ISO2, NOW) is other
    assert common_name(other.certificate) == "DE8EVSC0000009A"


def test_without_a_contract_in_the_pki_there_is_none():
    bare = dataclasses.replace(authority(), identities={})

    with pytest.raises(CertificateError, match="the PKI has no contract"):
        bare.contract(None, pki.Edition.ISO2, NOW)


def test_roots_and_sub_cas_are_found_by_hierarchy():
    made = authority()

    assert set(made.roots(Domain.MO)) == {
        world()["MO_ROOT_CA"].certificate,
        world()["MO_ROOT_CA_20"].certificate,
    }
    assert world()["OEM_SUB_CA2"].certificate in made.intermediates(Domain.OEM)


def test_what_is_no_ca_has_issued_nothing():
    odd = Forge().leaf(None, basic_constraints=False)
    made = dataclasses.replace(authority(), identities={"X": odd})
    data = hash_data(odd.certificate, odd.certificate, HashAlgorithm.SHA256)

    assert isinstance(data, HashData)
    assert made.issuer_of(data) is None


def test_certificates_without_their_keys_are_revoked_by_name():
    secc = world()["SECC_LEAF"].certificate.serial_number
    made = dataclasses.replace(authority(revoked=("LEAF_OF_SOMEBODY",)), serials={"LEAF_OF_SOMEBODY": secc})

    assert made.standing(data_of("SECC_LEAF"), NOW) is Standing.REVOKED
