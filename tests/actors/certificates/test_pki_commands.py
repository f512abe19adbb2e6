"""`evsite pki init`, `csr`, `sign`: what is written, and what is refused."""

from __future__ import annotations

import stat

import pytest

from certs import chain, names, pem, profiles
from certs.facts import read
from certs.keys import KeyKind, key_matches, load_key
from certs.requests import load_request
from certs.verdict import Result
from tests.support import command_line


def evsite(*words):
    return command_line.evsite("pki", *words)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pki")
    assert evsite("init", folder, "--no-broken").exit_code == 0
    return folder


def verdict_of(path, roots, profile):
    certificates = pem.load_certificates(path.read_bytes())
    now = certificates[0].not_valid_before_utc
    trusted = pem.load_certificates(roots.read_bytes())
    return chain.verify(certificates[0], certificates[1:], trusted, profile=profile, now=now)


def test_init_writes_a_station_whose_chain_is_valid(world):
    verdict = verdict_of(
        world / "client/cso/CPO_CERT_CHAIN.pem", world / "ca/v2g/V2G_ROOT_CA.pem", profiles.SECC_ISO2
    )
    assert verdict.result is Result.VALID


def test_init_keeps_keys_to_their_owner(world):
    keys = list(world.rglob("*.key"))
    assert keys
    assert {stat.S_IMODE(one.stat().st_mode) for one in keys} == {0o600}


def test_init_does_not_write_over_what_is_there(world):
    before = (world / "client/cso/SECC_LEAF.pem").read_bytes()
    done = evsite("init", world)
    assert done.exit_code == 2
    assert "--force" in done.output
    assert (world / "client/cso/SECC_LEAF.pem").read_bytes() == before


def test_init_writes_over_it_when_forced(tmp_path):
    for _ in range(2):
        done = evsite("init", tmp_path, "--iso", "2", "--no-broken", "--force")
        assert done.exit_code == 0


@pytest.mark.parametrize(("iso", "present", "absent"), [("2", "", "_20"), ("20", "_20", "")])
def test_init_makes_the_edition_that_was_asked_for(tmp_path, iso, present, absent):
    assert evsite("init", tmp_path, "--iso", iso, "--no-broken").exit_code == 0
    assert (tmp_path / f"client/cso/SECC_LEAF{present}.pem").exists()
    assert not (tmp_path / f"client/cso/SECC_LEAF{absent}.pem").exists()


def test_init_takes_names_validity_and_keys_from_its_options(tmp_path):
    words = ["--secc-id", "DE*MINE", "--days", "10", "--from", "2030-01-01", "--ed448", "--no-broken"]
    assert evsite("init", tmp_path, *words, "--csms-host", "csms.example", "--ocsp-url", "").exit_code == 0
    (leaf,) = pem.load_certificates((tmp_path / "client/cso/SECC_LEAF_20.pem").read_bytes())
    assert names.common_name(leaf) == "DE*MINE"
    assert leaf.not_valid_after_utc.isoformat() == "2030-01-11T00:00:00+00:00"
    assert read(leaf).kind is KeyKind.ED448
    assert read(leaf).responders == ()


def test_init_locks_the_keys_of_clients_with_a_password(tmp_path):
    (tmp_path / "password").write_text("secret\n")
    done = evsite("init", tmp_path / "w", "--no-broken", "--password-file", tmp_path / "password")
    assert done.exit_code == 0
    assert load_key((tmp_path / "w/client/cso/SECC_LEAF.key").read_bytes(), b"secret")
    assert "secret" not in done.output


def test_init_writes_broken_chains_and_what_to_expect(tmp_path):
    assert evsite("init", tmp_path, "--iso", "2").exit_code == 0
    assert (tmp_path / "broken/SECC_LEAF/expired/CHAIN.pem").exists()
    assert (tmp_path / "broken/expected.json").exists()


@pytest.mark.parametrize(
    "words", [["--country", "Germany"], ["--emaid", ""], ["--days", "0"], ["--password-file", "/nowhere"]]
)
def test_init_refuses_options_that_do_not_fit(tmp_path, words):
    assert evsite("init", tmp_path / "w", *words).exit_code == 2
    assert not (tmp_path / "w").exists()


def test_init_refuses_an_empty_password(tmp_path):
    (tmp_path / "password").write_text("\n")
    done = evsite("init", tmp_path / "w", "--password-file", tmp_path / "password")
    assert done.exit_code == 2


def test_init_reports_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "w").write_text("a file")
    done = evsite("init", tmp_path / "w" / "below")
    assert done.exit_code == 1
    assert "Not a directory" in done.output


def request(folder, *words):
    return evsite("csr", folder / "new.csr", "--common-name", "DE*X", "--organization", "Op", *words)


def test_csr_writes_a_request_and_its_key(tmp_path):
    assert request(tmp_path).exit_code == 0
    made = load_request((tmp_path / "new.csr").read_bytes())
    assert key_matches(load_key((tmp_path / "new.key").read_bytes()), made)
    assert stat.S_IMODE((tmp_path / "new.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("kind", ["secp256r1", "secp521r1", "ed448"])
@pytest.mark.parametrize("leaf", ["secc", "csms"])
def test_csr_is_for_the_leaf_and_kind_that_was_asked_for(tmp_path, kind, leaf):
    assert request(tmp_path, "--kind", kind, "--for", leaf).exit_code == 0
    key = load_key((tmp_path / "new.key").read_bytes())
    assert key_matches(key, load_request((tmp_path / "new.csr").read_bytes()))


@pytest.mark.parametrize("there", ["new.csr", "new.key"])
def test_csr_does_not_write_over_a_file(tmp_path, there):
    (tmp_path / there).write_text("precious")
    assert request(tmp_path).exit_code == 2
    assert (tmp_path / there).read_text() == "precious"
    assert request(tmp_path, "--force").exit_code == 0


def test_csr_needs_another_name_than_its_key(tmp_path):
    done = evsite("csr", tmp_path / "a.key", "--common-name", "a", "--organization", "b")
    assert done.exit_code == 2


def test_csr_refuses_a_subject_that_is_none(tmp_path):
    assert request(tmp_path, "--country", "Germany").exit_code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "kind", "roots", "profile"),
    [
        (["--as", "SECC_LEAF"], "secp256r1", "ca/v2g/V2G_ROOT_CA.pem", profiles.SECC_ISO2),
        (["--iso", "20"], "secp521r1", "ca/v2g/V2G_ROOT_CA.pem", profiles.SECC_ISO20),
        (["--as", "CSMS_LEAF"], "secp256r1", "ca/csms/CSMS_ROOT_CA.pem", profiles.CSMS_CLIENT),
    ],
)
def test_sign_makes_a_valid_chain(world, tmp_path, words, kind, roots, profile):
    assert request(tmp_path, "--kind", kind).exit_code == 0
    done = evsite("sign", tmp_path / "new.csr", world, *words, "--out", tmp_path / "new.pem")
    assert done.exit_code == 0
    assert verdict_of(tmp_path / "new.pem", world / roots, profile).result is Result.VALID


@pytest.mark.parametrize(
    ("words", "kind"), [(["--as", "SECC_LEAF"], "rsa"), (["--iso", "20"], "secp256r1"), ([], "ed448")]
)
def test_sign_refuses_keys_the_leaf_may_not_have(world, tmp_path, words, kind):
    assert request(tmp_path, "--kind", kind).exit_code == 0

    done = evsite("sign", tmp_path / "new.csr", world, *words, "--out", tmp_path / "new.pem")

    assert done.exit_code == 2
    assert f"a key of kind {kind} is none of " in done.stderr
    assert not (tmp_path / "new.pem").exists()


def test_sign_warns_of_a_leaf_that_outlives_its_issuers(world, tmp_path):
    assert request(tmp_path).exit_code == 0

    done = evsite("sign", tmp_path / "new.csr", world, "--days", 2000, "--out", tmp_path / "new.pem")

    assert done.exit_code == 0
    assert "the leaf serves only until 20" in done.stderr
    assert "CPO SUB CA" in done.stderr
    assert not evsite("sign", tmp_path / "new.csr", world).stderr


def test_sign_prints_the_chain_without_a_file(world, tmp_path):
    assert request(tmp_path).exit_code == 0
    done = evsite("sign", tmp_path / "new.csr", world)
    assert len(pem.load_certificates(done.output)) == 3


@pytest.mark.parametrize("words", [["--as", "V2G_ROOT_CA"], ["--iso", "both"], ["--as", "VEHICLE_LEAF"]])
def test_sign_refuses_leaves_there_are_not(world, tmp_path, words):
    assert request(tmp_path).exit_code == 0
    assert evsite("sign", tmp_path / "new.csr", world, *words).exit_code == 2


def test_sign_refuses_what_is_no_request(world, tmp_path):
    (tmp_path / "new.csr").write_text("garbage")
    assert evsite("sign", tmp_path / "new.csr", world).exit_code == 2
    assert evsite("sign", tmp_path / "missing.csr", world).exit_code == 2
    assert evsite("sign", tmp_path / "new.csr", tmp_path).exit_code == 2
