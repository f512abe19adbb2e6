import json
import os

import pytest

from certs.hashes import hash_data
from certs.ocsp_cache import write_hash_file
from certs.pki import Period, ocsp_response
from certs.profiles import Domain
from certs.store import Settings, StoreError, files
from certs.store import vault as vault_module
from certs.store.files import Write
from certs.store.vault import Vault
from tests.support.stores import NOW, provision, put, text, world

LEAF, SUB = world()["SECC_LEAF"], world()["CPO_SUB_CA2"]
HASH = hash_data(LEAF.certificate, SUB.certificate)


@pytest.fixture
def root(tmp_path):
    return provision(tmp_path)


def vault_of(root):
    return Vault(Settings(root=root))


def answer(root, name="a", content=None, hash_file=None):
    der = ocsp_response(LEAF.certificate, SUB, period=Period.around(NOW))
    put(root / f"client/cso/ocsp/{name}.der", der if content is None else content)
    put(root / f"client/cso/ocsp/{name}.hash", write_hash_file(HASH) if hash_file is None else hash_file)
    return der


def test_files_that_have_not_changed_are_not_read_again(root, monkeypatch):
    # given files that have been as they are for a while
    monkeypatch.setattr(vault_module, "is_settled", lambda stamp, now_ns: True)
    vault = vault_of(root)
    answer(root)
    vault.refresh()
    read = []
    real = files.read
    monkeypatch.setattr(files, "read", lambda path, limit: (read.append(path.name), real(path, limit))[1])

    put(root / "client/cso/new.pem", text(SUB.certificate))
    vault.refresh()

    assert read == ["new.pem"]


def test_nothing_new_means_the_same_index(root):
    vault = vault_of(root)
    before = vault.index

    assert vault.refresh() is before
    assert vault.generation == 1


def test_a_file_that_came_is_noticed_by_the_next_question(root):
    vault = vault_of(root)
    put(root / "client/cso/new.pem", text(SUB.certificate))
    os.utime(root / "client/cso", ns=(0, 0))

    assert root / "client/cso/new.pem" in {held.path for held in vault.index.find(hash_data(*SUB.path[:2]))}


def test_a_file_written_in_place_is_noticed_by_a_refresh(root):
    vault = vault_of(root)
    bundle = root / "ca/mo/MO_ROOT_CA.pem"
    size = bundle.stat().st_size
    bundle.write_bytes(text(world()["MF_ROOT_CA"].certificate).encode().ljust(size, b"\n")[: size + 50])

    assert vault.refresh().roots(Domain.MO) == (world()["MF_ROOT_CA"].certificate,)


def test_an_answer_is_found_by_its_hash_file(root):
    der = answer(root)

    cached = vault_of(root).index.ocsp[HASH]

    assert cached.entry is not None
    assert cached.entry.der == der


def test_an_answer_without_a_readable_hash_file_is_unknown(root):
    answer(root, hash_file="what is this")
    put(root / "client/cso/ocsp/b.hash", write_hash_file(HASH))

    assert vault_of(root).index.ocsp == {}


def test_an_answer_that_is_garbage_is_known_as_such(root):
    answer(root, content=b"garbage")

    assert vault_of(root).index.ocsp[HASH].entry is None


def test_the_younger_of_two_answers_counts(root):
    answer(root, "b", content=b"garbage")
    young = answer(root, "a")

    cached = vault_of(root).index.ocsp[HASH]

    assert cached.entry is not None
    assert cached.entry.der == young


def test_opening_completes_a_change_and_sweeps(root):
    vault_of(root)
    staged = files.stage(root / "client/cso", b"new", 0o644)
    files.stage(root / "client/cso", b"left behind", 0o600)
    (root / ".evsite/journal").write_text(json.dumps([(str(staged), str(root / "client/cso/new.pem"))]))

    vault_of(root)

    assert (root / "client/cso/new.pem").read_bytes() == b"new"
    assert not list((root / "client/cso").glob(".evsite*"))
    assert not (root / ".evsite/journal").exists()


def test_a_journal_left_by_a_failing_disk_is_completed_before_the_next_change(root):
    vault = vault_of(root)
    staged = files.stage(root / "client/cso", b"new", 0o644)
    (root / ".evsite/journal").write_text(json.dumps([(str(staged), str(root / "client/cso/new.pem"))]))

    with vault.writing():
        assert root / "client/cso/new.pem" in vault.scan.files


def test_no_steps_are_no_change(root):
    vault = vault_of(root)
    with vault.writing():
        vault.commit([])

    assert vault.generation == 1


def test_one_file_and_several_are_written(root):
    vault = vault_of(root)
    with vault.writing():
        vault.commit([Write(root / "client/cso/a.pem", b"1")])
        vault.commit([Write(root / "client/cso/b.pem", b"2"), Write(root / "client/cso/c.pem", b"3")])

    assert {root / f"client/cso/{name}.pem" for name in "abc"} <= set(vault.scan.files)


def test_a_store_that_is_locked_cannot_be_opened(root, monkeypatch):
    vault = vault_of(root)
    monkeypatch.setattr(files, "_LOCK_TRIES", 1)

    with vault.writing(), pytest.raises(StoreError):
        vault_of(root)
