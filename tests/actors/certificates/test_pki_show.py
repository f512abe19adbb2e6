from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from actors.cli import app
from certs import pki
from certs.keys import KeyKind, generate_key, key_to_pem
from tests.support.certificates import NOW, der, world

RUN = CliRunner()
MOMENT = ("--at", NOW.strftime("%Y-%m-%dT%H:%M:%S"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("show")
    for name, file in pki.files(world()).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(file.content)
    return root


def show(*words):
    return RUN.invoke(app, ["pki", "show", *map(str, words), *MOMENT])


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
    RUN.invoke(app, words)
    assert "DE*X" in shown(tmp_path / "a.csr")[1][0]["request"]["subject"]


def test_a_directory_is_shown_file_by_file(folder):
    code, reports = shown(folder / "client")
    assert code == 0
    shown_kinds = [one for one in (folder / "client").rglob("*") if one.suffix in {".pem", ".key", ".der"}]
    assert len(reports) == len(shown_kinds)


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


def test_an_unknown_profile_is_refused_with_those_there_are(folder):
    done = show(folder / "client/cso/CPO_CERT_CHAIN.pem", "--profile", "SECC")
    assert done.exit_code == 2
    assert "'SECC -20'" in done.output
