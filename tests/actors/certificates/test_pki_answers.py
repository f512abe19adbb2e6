from __future__ import annotations

import shutil

import pytest

from certs import ocsp
from tests.support import command_line


def evsite(*words):
    return command_line.evsite("pki", *words)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("answers")
    assert evsite("init", folder, "--iso", "2", "--no-broken").exit_code == 0
    return folder


@pytest.fixture
def world(made, tmp_path):
    shutil.rmtree(shutil.copytree(made, tmp_path / "certs") / "client/cso/ocsp")
    return tmp_path / "certs"


def cached(world):
    return sorted((world / "client/cso/ocsp").glob("*.der"))


def test_every_certificate_of_the_chain_gets_an_answer(world):
    done = evsite("ocsp", world, "--days", "3")

    assert (done.exit_code, done.output) == (0, f"{world}: 3 answers kept\n")
    assert len(cached(world)) == 3
    for path in cached(world):
        (said,) = ocsp.statements(path.read_bytes())
        assert said.status is ocsp.Status.GOOD
        assert 3 <= (said.next_update - said.this_update).days < 4


def test_answers_are_renewed_in_their_place(world):
    evsite("ocsp", world)
    before = {path: path.read_bytes() for path in cached(world)}

    assert evsite("ocsp", world).exit_code == 0

    assert before.keys() == set(cached(world))
    assert all(path.read_bytes() != content for path, content in before.items())


def test_somebody_elses_response_is_verified_and_kept(world):
    done = evsite("install", world / "ocsp/SECC_LEAF.der", world, "--as", "ocsp")

    assert done.exit_code == 0
    assert len(cached(world)) == 1


@pytest.mark.parametrize(
    ("file", "code", "told"),
    [
        ("ocsp/MO_LEAF.der", 1, "none of the station's chains"),
        ("ca/v2g/V2G_ROOT_CA.pem", 2, "not the structure"),
        ("forged.der", 1, "cannot be relied on"),
    ],
)
def test_a_response_that_does_not_count_is_refused(world, file, code, told):
    forged = bytearray((world / "ocsp/SECC_LEAF.der").read_bytes())
    forged[-1] ^= 1
    (world / "forged.der").write_bytes(forged)

    done = evsite("install", world / file, world, "--as", "ocsp")

    assert done.exit_code == code
    assert told in done.output
    assert not cached(world)


def test_without_keys_of_cas_nobody_answers(world):
    shutil.rmtree(world / "authorities")

    done = evsite("ocsp", world)

    assert done.exit_code == 2
    assert f"evsite pki install RESPONSE {world} --as ocsp" in done.output


def test_without_the_key_of_one_ca_that_is_told(world):
    (world / "authorities/CPO_SUB_CA1.key").unlink()
    (world / "authorities/CPO_SUB_CA1.pem").unlink()

    done = evsite("ocsp", world)

    assert done.exit_code == 2
    assert "CPO SUB CA1" in done.output


def test_without_a_chain_there_is_nothing_to_answer(world):
    (world / "client/cso/SECC_LEAF.key").unlink()

    assert evsite("ocsp", world).exit_code == 1


def test_a_place_that_is_no_store_is_bad_input(world):
    shutil.rmtree(world / "client/cso")
    (world / "client/cso").write_bytes(b"")

    assert evsite("ocsp", world).exit_code == 2
