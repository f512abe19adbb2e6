from __future__ import annotations

import json
from dataclasses import replace

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose

from certs import pki
from certs.keys import KeyKind, generate_key, key_to_pem
from certs.pem import to_pem
from certs.pki.hierarchies import contents
from tests.support import command_line
from tests.support.certificates import NOW, der, world

MOMENT = ("--at", NOW.strftime("%Y-%m-%dT%H:%M:%S"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("show")
    for name, file in pki.files(world()).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(file.content)
    return root


def show(*words):
    return command_line.evsite("pki", "show", *words, *MOMENT)


def shown(*words):
    done = show(*words, "--json")
    return done.exit_code, json.loads(done.output)


def test_a_chain_is_shown_certificate_by_certificate(folder):
    code, (report,) = shown(folder / "client/cso/CPO_CERT_CHAIN.pem")
    assert code == 0
    leaf, *subs = report["certificates"]
    assert len(subs) == 2
    assert (leaf["key"], leaf["ca"], leaf["days_left"]) == ("secp256r1", False, 365)
    assert leaf["serial_number"] == f"{world()['SECC_LEAF'].certificate.serial_number:x}"


def test_der_is_shown_as_well(folder, tmp_path):
    (tmp_path / "leaf.cer").write_bytes(der(world()["MO_LEAF"].certificate))
    code, (report,) = shown(tmp_path / "leaf.cer")
    assert (code, len(report["certificates"])) == (0, 1)


def test_a_key_is_shown_without_its_secret(folder):
    path = folder / "client/cso/SECC_LEAF.key"
    done = show(path)
    assert "secp256r1" in done.output
    assert path.read_text().splitlines()[1] not in done.output


def test_an_encrypted_key_is_shown_as_such(tmp_path):
    (tmp_path / "a.key").write_bytes(key_to_pem(generate_key(), b"secret"))
    assert shown(tmp_path / "a.key")[1][0]["key"] == {"encrypted": True}


def test_an_rsa_key_is_shown_with_its_length(tmp_path):
    (tmp_path / "a.key").write_bytes(key_to_pem(generate_key(KeyKind.RSA, rsa_bits=2048)))
    assert shown(tmp_path / "a.key")[1][0]["key"]["rsa_bits"] == 2048


def test_an_ocsp_answer_is_shown_with_its_status(folder):
    (answer,) = shown(folder / "ocsp/SECC_LEAF.der")[1][0]["ocsp"]
    assert answer["status"] == "good"


def test_a_list_is_shown_with_what_it_revokes(folder):
    report = shown(folder / "broken/SECC_LEAF/revoked/CRL.pem")[1][0]
    assert len(report["list"]["revoked"]) == 1


def test_a_request_is_shown_with_its_subject(tmp_path):
    words = ["pki", "csr", str(tmp_path / "a.csr"), "--common-name", "DE*X", "--organization", "Op"]
    command_line.evsite(*words)
    assert "DE*X" in shown(tmp_path / "a.csr")[1][0]["request"]["subject"]


def test_a_directory_is_shown_file_by_file(folder):
    code, reports = shown(folder / "client")
    assert code == 0
    shown_kinds = [one for one in (folder / "client").rglob("*") if one.suffix in {".pem", ".key", ".der"}]
    assert len(reports) == len(shown_kinds)


def test_of_a_directory_files_without_content_are_passed_over(tmp_path):
    # given: the place of a bundle that nothing was installed in, as stores make it
    (tmp_path / "MF_ROOT_CA.pem").touch()
    (tmp_path / "V2G_ROOT_CA.pem").write_bytes(to_pem([world()["V2G_ROOT_CA"].certificate]))

    code, reports = shown(tmp_path)

    assert (code, [one["file"] for one in reports]) == (0, [str(tmp_path / "V2G_ROOT_CA.pem")])


def test_a_file_that_holds_nothing_ends_in_code_2(tmp_path):
    (tmp_path / "a.pem").write_text("garbage")
    done = show(tmp_path / "a.pem")
    assert done.exit_code == 2
    assert "error: nothing of the kind is inside" in done.output


@pytest.mark.parametrize("text", ["-----BEGIN PRIVATE KEY-----\n", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_file_that_is_cut_short_ends_in_code_2(tmp_path, text):
    (tmp_path / "a.pem").write_text(text)
    assert show(tmp_path / "a.pem").exit_code == 2


def test_a_missing_file_ends_in_code_2(tmp_path):
    assert show(tmp_path / "missing.pem").exit_code == 2


def test_with_roots_a_good_chain_is_valid(folder):
    roots = folder / "ca/v2g/V2G_ROOT_CA.pem"
    code, (report,) = shown(folder / "client/cso/CPO_CERT_CHAIN.pem", "--roots", roots)
    assert (code, report["verdict"]) == (0, {"result": "Valid", "as": "SECC -2"})


def test_with_roots_a_broken_chain_ends_in_code_1(folder):
    roots = folder / "ca/v2g/V2G_ROOT_CA.pem"
    done = show(folder / "broken/SECC_LEAF/expired/CHAIN.pem", "--roots", roots, "--profile", "SECC -2")
    assert done.exit_code == 1
    assert "result: Expired" in done.output


RSA = generate_key(KeyKind.RSA, rsa_bits=2048)


def a_leaf(tmp_path, name, key, edition=None, **changes):
    """A chain file of a leaf of this name and key, as wrong as the changes make it."""
    good, made = world()[name], world()
    usual = contents(made.rows[name], made.options, edition)
    leaf = pki.issue(replace(usual, **changes), key.public_key(), good.issuer, good.issuer.key, 4711)
    path = tmp_path / "chain.pem"
    path.write_bytes(to_pem([leaf, *good.issuer.chain]))
    return path


def verdict_of(path, folder, roots="ca/v2g/V2G_ROOT_CA.pem"):
    return shown(path, "--roots", folder / roots)[1][0]["verdict"]


def test_a_secc_leaf_with_an_rsa_key_is_no_server_of_a_csms(folder, tmp_path):
    verdict = verdict_of(a_leaf(tmp_path, "SECC_LEAF", RSA, pki.Edition.ISO2), folder)

    assert (verdict["result"], verdict["as"]) == ("InvalidChain", "none of SECC -2, SECC -20")
    assert "algorithm" in verdict["reason"]


def test_below_a_v2g_root_a_leaf_without_component_is_none(folder):
    verdict = verdict_of(folder / "broken/SECC_LEAF/wrong-dc/CHAIN.pem", folder)

    assert verdict["result"] == "InvalidChain"
    assert "domain component" in verdict["reason"]


@pytest.mark.parametrize(
    ("chain", "roots", "name"),
    [
        ("client/cso/CPO_CERT_CHAIN_20.pem", "ca/v2g/V2G_ROOT_CA.pem", "SECC -20"),
        ("client/csms/CSMS_LEAF.pem", "ca/csms/CSMS_ROOT_CA.pem", "CSMS client"),
        ("server/csms/CSMS_SERVER.pem", "ca/csms/CSMS_ROOT_CA.pem", "CSMS server"),
    ],
)
def test_a_good_leaf_is_judged_as_what_it_is(folder, chain, roots, name):
    assert verdict_of(folder / chain, folder, roots) == {"result": "Valid", "as": name}


def test_a_leaf_for_another_purpose_is_told_so(folder, tmp_path):
    wrong = a_leaf(tmp_path, "CSMS_LEAF", RSA, purposes=(Purpose.TIME_STAMPING,))

    verdict = verdict_of(wrong, folder, "ca/csms/CSMS_ROOT_CA.pem")

    assert verdict["as"] == "none of CSMS server, CSMS client, firmware signer"


def test_a_single_row_is_named_alone(folder):
    chain, roots = folder / "broken/SECC_LEAF/expired/CHAIN.pem", folder / "ca/v2g/V2G_ROOT_CA.pem"

    (report,) = shown(chain, "--roots", roots, "--profile", "SECC -2")[1]
    assert report["verdict"]["as"] == "no SECC -2"


def test_a_device_is_told_from_what_is_not_there(tmp_path):
    assert "no regular file" in show("/dev/zero").output
    assert "no such file" in show(tmp_path / "x").output


def test_an_unknown_profile_is_refused_with_those_there_are(folder):
    done = show(folder / "client/cso/CPO_CERT_CHAIN.pem", "--profile", "SECC")
    assert done.exit_code == 2
    assert "'SECC -20'" in done.output
