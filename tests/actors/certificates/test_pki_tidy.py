from __future__ import annotations

import stat

import pytest

from certs import pem
from certs.keys import key_to_pem
from tests.support import command_line
from tests.support.certificates import forged
from tests.support.stores import other_world, put, station, text, world

ROOT, SUB, LEAF = (world()[name].certificate for name in ("V2G_ROOT_CA", "CPO_SUB_CA1", "SECC_LEAF"))


def tidy(*words):
    return command_line.evsite("pki", "tidy", *words)


def held(path):
    return pem.load_certificates(path.read_bytes())


def test_each_certificate_stays_once_and_garbage_goes(tmp_path):
    path = put(tmp_path / "a.pem", text(ROOT, SUB, ROOT) + "-----BEGIN CERTIFICATE-----\n", 0o640)

    done = tidy(path)

    assert (done.exit_code, done.output) == (0, f"{path}: 2 certificates\n")
    assert set(held(path)) == {ROOT, SUB}
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_leaf_comes_first_and_its_issuers_behind(tmp_path):
    chain = world()["SECC_LEAF"].chain
    path = put(tmp_path / "a.pem", text(*reversed(chain)))

    tidy(path)

    assert held(path) == chain


def test_of_a_bundle_only_roots_and_their_sub_cas_stay(tmp_path):
    strangers = (
        LEAF,
        forged(other_world()["V2G_ROOT_CA"].certificate),
        other_world()["CPO_SUB_CA1"].certificate,
    )
    path = put(tmp_path / "a.pem", text(*strangers, SUB, ROOT))

    tidy("--roots", path)

    assert held(path) == (SUB, ROOT)


def test_a_bundle_without_any_root_becomes_empty(tmp_path):
    path = put(tmp_path / "a.pem", text(LEAF))

    assert tidy("--roots", path).exit_code == 0
    assert path.read_bytes() == b""


@pytest.mark.parametrize(
    "content", [b"garbage", b"", text(LEAF).encode() + key_to_pem(world()["SECC_LEAF"].key)]
)
def test_what_would_be_lost_is_left_alone(tmp_path, content):
    path = put(tmp_path / "a.pem", content)

    assert tidy(path).exit_code == 2
    assert path.read_bytes() == content


def test_a_store_is_completed_and_swept(tmp_path):
    station(tmp_path)
    put(tmp_path / "client/cso/.evsite-left-behind", b"x")
    put(tmp_path / ".evsite/journal", b"[]")

    done = tidy(tmp_path)

    assert (done.exit_code, done.output) == (0, f"{tmp_path}: in order, 0 files removed\n")
    assert not (tmp_path / ".evsite/journal").exists()
    assert not (tmp_path / "client/cso/.evsite-left-behind").exists()


def test_a_place_that_can_be_no_store_is_bad_input(tmp_path):
    put(tmp_path / "client", b"")

    assert tidy(tmp_path).exit_code == 2
