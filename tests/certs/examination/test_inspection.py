import os

import pytest

from certs.examination import inspect
from certs.store import Settings, StoreError, files
from tests.support.ailing import CSO, healthy
from tests.support.disk import as_nobody, needs_root
from tests.support.stores import provision, put, text, world


def look_at(root, **keys):
    return inspect(Settings(root=root, **keys))


def test_an_empty_folder_is_looked_at_and_left_empty(tmp_path):
    inspection = look_at(tmp_path)

    assert not inspection.contents
    assert not list(tmp_path.iterdir())


def test_a_key_that_is_open_to_others_stays_so(tmp_path):
    key = healthy(tmp_path) / f"{CSO}/SECC_LEAF.key"
    key.chmod(0o644)

    assert look_at(tmp_path).contents[key].trouble == "a private key that others may read"
    assert key.stat().st_mode & 0o777 == 0o644


def test_answers_are_read_with_their_hash_files(tmp_path):
    inspection = look_at(healthy(tmp_path))

    assert len(inspection.index.ocsp) == 3
    assert inspection.alone == ()


def test_halves_of_pairs_are_told_once(tmp_path):
    healthy(tmp_path)
    folder = tmp_path / f"{CSO}/ocsp"
    (folder / "SECC_LEAF.hash").unlink()
    (folder / "CPO_SUB_CA1.der").unlink()
    (folder / "CPO_SUB_CA2.hash").write_bytes(b"garbage")

    names = {path.name for path in look_at(tmp_path).alone}

    assert names == {"SECC_LEAF.der", "CPO_SUB_CA1.hash", "CPO_SUB_CA2.der"}


def test_a_certificate_that_is_there_twice_is_counted(tmp_path):
    root = text(world()["MO_ROOT_CA"].certificate)
    bundle = put(healthy(tmp_path) / "ca/mo/MO_ROOT_CA.pem", root * 2)

    assert look_at(tmp_path).repeated == (bundle,)


def test_lists_are_read_where_they_are_configured(tmp_path):
    put(healthy(tmp_path) / "crl/a.crl", b"garbage")

    assert look_at(tmp_path, crl_directory="crl").contents[tmp_path / "crl/a.crl"].trouble
    assert tmp_path / "crl/a.crl" not in look_at(tmp_path).contents


def test_a_change_that_was_cut_short_is_left_for_the_store(tmp_path):
    journal = put(healthy(tmp_path) / ".evsite/journal", b"[]")

    assert look_at(tmp_path).unfinished == journal
    assert journal.exists()


def test_a_password_opens_keys(tmp_path):
    key = provision(tmp_path, password=b"secret") / f"{CSO}/SECC_LEAF.key"

    assert look_at(tmp_path, private_key_password="secret").contents[key].public_key
    assert look_at(tmp_path).contents[key].public_key is None


def test_places_that_cannot_be_a_store_are_an_error(tmp_path):
    with pytest.raises(StoreError):
        look_at(tmp_path, v2g_ca_bundle="../elsewhere")


@needs_root
def test_folders_one_may_not_look_into_are_named(open_folder):
    healthy(open_folder)
    os.chmod(open_folder / CSO, 0o700)

    with as_nobody():
        inspection = look_at(open_folder)

    assert inspection.unlistable == (open_folder / CSO,)
    assert open_folder / "ca/v2g" in inspection.unwritable


def test_a_file_that_vanishes_meanwhile_is_not_counted(tmp_path, monkeypatch):
    bundle = healthy(tmp_path) / "ca/mo/MO_ROOT_CA.pem"
    real, seen = files.read, []

    def read_once(path, limit_bytes):
        seen.append(path)
        if seen.count(path) > 1:
            raise FileNotFoundError
        return real(path, limit_bytes)

    monkeypatch.setattr(files, "read", read_once)

    assert look_at(tmp_path).repeated == ()
    assert seen.count(bundle) == 2
