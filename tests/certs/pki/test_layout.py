from __future__ import annotations

import json
from dataclasses import replace

import pytest

from certs import chain, crl, ocsp, pki
from certs.errors import CertificateError, Problem
from certs.keys import key_matches, load_key
from certs.pem import load_certificates
from certs.revocation import Evidence
from certs.verdict import Reason
from tests.support.certificates import NOW, world

FILES = pki.files(world())
KEYS = [path for path in FILES if path.endswith(".key")]
USABLE = [path for path in KEYS if "weak-curve" not in path]


@pytest.mark.parametrize(
    "path",
    [
        "ca/v2g/V2G_ROOT_CA.pem",
        "ca/csms/CSMS_ROOT_CA.pem",
        "ca/mf/MF_ROOT_CA.pem",
        "ca/mo/MO_ROOT_CA.pem",
        "client/cso/SECC_LEAF.pem",
        "client/cso/SECC_LEAF.key",
        "client/cso/CPO_CERT_CHAIN.pem",
        "client/csms/CSMS_LEAF.pem",
        "client/csms/CSMS_LEAF.key",
    ],
)
def test_the_files_everest_looks_for_are_there(path):
    assert path in FILES


def test_root_bundles_hold_the_roots_of_both_editions():
    held = load_certificates(FILES["ca/v2g/V2G_ROOT_CA.pem"].content)
    assert held == (world()["V2G_ROOT_CA"].certificate, world()["V2G_ROOT_CA_20"].certificate)


def test_chain_files_begin_with_the_leaf_and_leave_out_the_root():
    assert load_certificates(FILES["client/cso/CPO_CERT_CHAIN.pem"].content) == world()["SECC_LEAF"].chain


@pytest.mark.parametrize("path", USABLE)
def test_keys_are_for_their_owner_only_and_fit_their_certificate(path):
    file = FILES[path]
    assert file.mode == 0o600
    certificate = load_certificates(FILES[path.removesuffix(".key") + ".pem"].content)[0]
    assert key_matches(load_key(file.content), certificate)


def test_keys_of_a_weak_curve_are_for_their_owner_only_as_well():
    assert {FILES[path].mode for path in KEYS} == {0o600}


def test_everything_else_can_be_read_by_all():
    assert {file.mode for path, file in FILES.items() if path not in KEYS} == {0o644}


def test_a_password_locks_the_keys_of_clients_only():
    locked = pki.files(world(), b"secret", with_broken=False)
    with pytest.raises(CertificateError) as caught:
        load_key(locked["client/cso/SECC_LEAF.key"].content)
    assert caught.value.problem is Problem.PASSWORD_MISSING
    assert load_key(locked["client/cso/SECC_LEAF.key"].content, b"secret")
    assert load_key(locked["server/csms/CSMS_SERVER.key"].content)


def test_broken_chains_can_be_left_out():
    assert not any(path.startswith("broken/") for path in pki.files(world(), with_broken=False))


def test_every_status_file_is_a_good_answer_or_an_empty_list():
    for path, file in FILES.items():
        if path.startswith("ocsp/"):
            one = world()[path.removeprefix("ocsp/").removesuffix(".der")]
            answer = ocsp.verify_response(file.content, one.certificate, one.issuer.certificate, now=NOW)
            assert answer.status is ocsp.Status.GOOD
        elif path.startswith("crl/"):
            issuer = world()[path.removeprefix("crl/").removesuffix(".pem")].certificate
            assert crl.verify_crl(crl.load_crl(file.content), issuer, now=NOW).find(1) is None


def test_without_responder_there_are_no_answers():
    made = pki.build(replace(world().options, ocsp_url=None, editions=()), pki.insecure_mint("silent"))
    paths = pki.files(made)
    assert not any(path.startswith("ocsp/") for path in paths)
    assert "ca/v2g/V2G_ROOT_CA.pem" not in paths


EXPECTED = json.loads(FILES["broken/expected.json"].content)


@pytest.mark.parametrize("case", EXPECTED)
def test_each_broken_folder_holds_a_chain_that_is_refused_as_it_says(case):
    name, _ = case.split("/")
    folder = f"broken/{case}"
    leaf, *received = load_certificates(FILES[f"{folder}/CHAIN.pem"].content)
    has = {
        path.rpartition("/")[2]: file.content for path, file in FILES.items() if path.startswith(folder + "/")
    }
    evidence = Evidence(
        responses=tuple(has[one] for one in ("OCSP.der",) if one in has),
        crls=tuple(crl.load_crl(has[one]) for one in ("CRL.pem",) if one in has),
    )
    verdict = chain.verify(
        leaf,
        received,
        load_certificates(has["ROOTS.pem"]),
        profile=pki.LEAF_PROFILES[name],
        now=NOW,
        revocation=evidence,
    )
    assert verdict.reason is Reason[EXPECTED[case]["reason"]]
    assert EXPECTED[case]["meaning"] == verdict.reason.value


def test_the_station_has_an_answer_about_each_certificate_it_shows():
    cached = {path for path in FILES if path.startswith("client/cso/ocsp/")}

    names = {one.name for end in ("", "_20") for one in above(world()[f"SECC_LEAF{end}"])}
    assert cached == {f"client/cso/ocsp/{name}{kind}" for name in names for kind in (".der", ".hash")}
    assert len(names) == 6


def above(identity):
    return [] if identity.issuer is None else [identity, *above(identity.issuer)]


def test_without_a_responder_there_are_no_answers():
    made = pki.build(replace(world().options, ocsp_url=None, editions=(pki.Edition.ISO2,)))

    assert not any("ocsp/" in path for path in pki.files(made, with_broken=False))
