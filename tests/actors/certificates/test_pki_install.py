from __future__ import annotations

import stat

import pytest

from certs.store import Store, StoreError
from certs.store.errors import StoreProblem
from tests.support import command_line


def evsite(*words):
    return command_line.evsite("pki", *words)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("authorities")
    assert evsite("init", folder, "--iso", "2").exit_code == 0
    return folder


@pytest.fixture
def station(world, tmp_path):
    """An empty station that trusts the roots."""
    folder = tmp_path / "station"
    for domain in ("v2g", "csms", "mo", "mf"):
        root = world / "ca" / domain / f"{domain.upper()}_ROOT_CA.pem"
        done = evsite("install", root, folder, "--as", f"{domain}-root")
        assert (done.exit_code, done.output) == (0, f"{root}: Accepted\n")
    return folder


def held(station):
    return sorted(path.name for path in (station / "client/cso").iterdir() if path.is_file())


def secc(world, station, *words, folder="client/cso", chain="CPO_CERT_CHAIN.pem"):
    return evsite("install", world / folder / chain, station, "--as", "secc", *words)


def test_a_leaf_is_installed_with_its_chain_and_key(world, station):
    done = secc(world, station, "--key", world / "client/cso/SECC_LEAF.key")
    assert (done.exit_code, len(held(station))) == (0, 3)
    key = station / "client/cso/SECC_LEAF.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_the_same_leaf_can_be_installed_again(world, station):
    for _ in range(2):
        assert secc(world, station, "--key", world / "client/cso/SECC_LEAF.key").exit_code == 0
    assert len(held(station)) == 3


def test_a_leaf_for_the_csms_goes_to_its_own_place(world, station):
    words = ["--as", "csms", "--key", world / "client/csms/CSMS_LEAF.key"]
    assert evsite("install", world / "client/csms/CSMS_LEAF.pem", station, *words).exit_code == 0
    assert (station / "client/csms/CSMS_LEAF.key").exists()


def test_a_leaf_without_key_is_not_installed(world, station):
    done = secc(world, station)
    assert done.exit_code == 1
    assert "WriteError" in done.output
    assert "--key" in done.output
    assert held(station) == []


def test_a_broken_chain_leaves_nothing_behind(world, station):
    folder = "broken/SECC_LEAF/wrong-signature"
    done = secc(world, station, "--key", world / folder / "SECC_LEAF.key", folder=folder, chain="CHAIN.pem")
    assert done.exit_code == 1
    assert held(station) == []


@pytest.mark.parametrize("content", [b"", b"garbage", b"-----BEGIN PRIVATE KEY-----\n"])
def test_what_is_no_key_is_not_put_beside_a_leaf(world, station, tmp_path, content):
    (tmp_path / "a.key").write_bytes(content)

    assert secc(world, station, "--key", tmp_path / "a.key").exit_code == 2
    assert held(station) == []


@pytest.mark.parametrize("error", [StoreError(StoreProblem.BAD_PATH, "gone"), KeyboardInterrupt()])
def test_a_key_goes_when_its_leaf_does_not_come(world, station, monkeypatch, error):
    def fail(*_, **__):
        assert held(station) == ["SECC_LEAF.key"]
        raise error

    monkeypatch.setattr(Store, "update_leaf_certificate", fail)

    assert secc(world, station, "--key", world / "client/cso/SECC_LEAF.key").exit_code != 0
    assert held(station) == []


def test_a_key_stays_when_its_leaf_came_before_the_end(world, station, monkeypatch):
    install = Store.update_leaf_certificate

    def interrupted(*given, **named):
        install(*given, **named)
        raise KeyboardInterrupt

    monkeypatch.setattr(Store, "update_leaf_certificate", interrupted)

    assert secc(world, station, "--key", world / "client/cso/SECC_LEAF.key").exit_code != 0
    assert len(held(station)) == 3


def test_another_key_of_the_same_name_is_not_overwritten(world, station, tmp_path):
    assert secc(world, station, "--key", world / "client/cso/SECC_LEAF.key").exit_code == 0
    other = tmp_path / "SECC_LEAF.key"
    other.write_bytes((world / "client/csms/CSMS_LEAF.key").read_bytes())
    before = (station / "client/cso/SECC_LEAF.key").read_bytes()
    assert secc(world, station, "--key", other).exit_code == 2
    assert (station / "client/cso/SECC_LEAF.key").read_bytes() == before


def test_a_root_that_has_expired_is_not_accepted(tmp_path):
    old = tmp_path / "old"
    assert (
        evsite(
            "init", old, "--iso", "2", "--from", "2020-01-01", "--root-days", "10", "--no-broken"
        ).exit_code
        == 0
    )
    done = evsite("install", old / "ca/v2g/V2G_ROOT_CA.pem", tmp_path / "station", "--as", "v2g-root")
    assert (done.exit_code, "Expired" in done.output) == (1, True)


def test_a_root_has_no_key_to_install(world, station):
    key = world / "client/cso/SECC_LEAF.key"
    done = evsite("install", world / "ca/v2g/V2G_ROOT_CA.pem", station, "--as", "v2g-root", "--key", key)
    assert done.exit_code == 2


def test_garbage_is_not_installed(station, tmp_path):
    (tmp_path / "a.pem").write_text("garbage")
    assert evsite("install", tmp_path / "a.pem", station, "--as", "v2g-root").exit_code == 2


def test_a_place_that_is_no_directory_is_refused(world, tmp_path):
    (tmp_path / "client").mkdir()
    (tmp_path / "client/cso").write_text("a file")
    done = evsite("install", world / "ca/v2g/V2G_ROOT_CA.pem", tmp_path, "--as", "v2g-root")
    assert done.exit_code == 2
