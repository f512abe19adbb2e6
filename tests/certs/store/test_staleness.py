"""The store never answers from what a file held before, however quickly and quietly it was changed."""

import errno
import os
import time

import pytest

from certs.hashes import hash_data
from certs.ocsp_cache import write_hash_file
from certs.pki import Period, ocsp_response
from certs.profiles import Domain
from certs.store import Settings, files, scan
from certs.store import vault as vault_module
from certs.store.vault import Vault
from tests.support.examples import TIMES
from tests.support.stores import DAY, NOW, provision, put, text, world

real_ns = time.time_ns

ONE = text(world()["MO_ROOT_CA"].certificate)
OTHER = text(world()["MF_ROOT_CA"].certificate)
SIZE = max(len(ONE), len(OTHER))
SAME_SIZE = (ONE.ljust(SIZE, "\n").encode(), OTHER.ljust(SIZE, "\n").encode())
ROOTS = (world()["MO_ROOT_CA"].certificate, world()["MF_ROOT_CA"].certificate)
BUNDLE = "ca/mo/MO_ROOT_CA.pem"
TURNS = 100 * TIMES


@pytest.fixture
def root(tmp_path):
    return provision(tmp_path)


@pytest.fixture
def whole_seconds(monkeypatch):
    """A file system that counts whole seconds, as ext3 does: quick changes leave the same times."""
    fine = scan.stamp_of

    def coarse(status):
        place, size, content_ns, inode_ns, mode = fine(status)
        return (place, size, content_ns // 10**9 * 10**9, inode_ns // 10**9 * 10**9, mode)

    monkeypatch.setattr(scan, "stamp_of", coarse)


def write_in_place(path, content):
    path.write_bytes(content)


def replace_by_rename(path, content):
    new = path.with_suffix(".new")
    new.write_bytes(content)
    new.replace(path)


def remove_and_write_anew(path, content):
    """The file system may give the new file the inode of the old one."""
    path.unlink()
    path.write_bytes(content)


CHANGES = pytest.mark.parametrize("change", [write_in_place, replace_by_rename, remove_and_write_anew])


@pytest.mark.untraced
@CHANGES
@pytest.mark.parametrize("how", ["question", "refresh"])
def test_a_bundle_that_changes_all_the_time_is_never_stale(root, change, how):
    vault = Vault(Settings(root=root))

    for turn in range(TURNS):
        change(root / BUNDLE, SAME_SIZE[turn % 2])
        index = vault.index if how == "question" else vault.refresh()

        assert index.roots(Domain.MO) == (ROOTS[turn % 2],), turn


@pytest.mark.untraced
@CHANGES
def test_a_file_in_a_folder_that_changes_all_the_time_is_never_stale(root, change):
    put(root / "roots/one.pem", SAME_SIZE[0])
    vault = Vault(Settings(root=root, mo_ca_bundle="roots"))

    for turn in range(TURNS):
        change(root / "roots/one.pem", SAME_SIZE[turn % 2])

        assert vault.refresh().roots(Domain.MO) == (ROOTS[turn % 2],), turn


@pytest.mark.parametrize("how", ["question", "refresh"])
@pytest.mark.parametrize("change", [write_in_place, remove_and_write_anew])
def test_a_change_that_leaves_every_stamp_the_same_is_noticed(root, whole_seconds, change, how):
    write_in_place(root / BUNDLE, SAME_SIZE[0])
    vault = Vault(Settings(root=root))

    change(root / BUNDLE, SAME_SIZE[1])

    index = vault.index if how == "question" else vault.refresh()
    assert index.roots(Domain.MO) == (ROOTS[1],)


def answer_about(leaf, sub, days, size=None):
    """An answer, of so many bytes if that is said: signatures differ in length."""
    while True:
        der = ocsp_response(leaf.certificate, sub, period=Period.around(NOW + days * DAY))
        if size in {None, len(der)}:
            return der


def test_an_answer_that_leaves_every_stamp_the_same_is_noticed(root, whole_seconds):
    leaf, sub = world()["SECC_LEAF"], world()["CPO_SUB_CA2"]
    early = answer_about(leaf, sub, 0)
    late = answer_about(leaf, sub, 1, len(early))
    put(root / "client/cso/ocsp/a.hash", write_hash_file(hash_data(leaf.certificate, sub.certificate)))
    path = put(root / "client/cso/ocsp/a.der", early)
    vault = Vault(Settings(root=root))

    path.write_bytes(late)

    (cached,) = vault.index.ocsp.values()
    assert cached.entry is not None
    assert cached.entry.der == late


def test_files_as_they_have_been_for_a_while_are_trusted(root, monkeypatch):
    vault = Vault(Settings(root=root))
    monkeypatch.setattr(time, "time_ns", lambda: real_ns() + 10**10)
    settled = vault.refresh()
    calls = []
    monkeypatch.setattr(files, "read", lambda *given: calls.append(given))

    assert vault.index is vault.refresh() is settled
    assert calls == []


def test_times_far_ahead_do_not_keep_a_store_reading(root, monkeypatch):
    # given files from a time that the clock, set back since, has not reached yet
    monkeypatch.setattr(time, "time_ns", lambda: real_ns() - 10**13)
    vault = Vault(Settings(root=root))
    calls = []
    monkeypatch.setattr(files, "read", lambda *given: calls.append(given))

    vault.refresh()

    assert calls == []


def test_nothing_new_in_young_files_is_no_new_state(root):
    vault = Vault(Settings(root=root))
    before = vault.index

    assert vault.refresh() is before
    assert vault.generation == 1


def test_a_file_that_could_not_be_read_is_read_once_it_can_be(root, monkeypatch):
    # given a process that has no descriptor left for a moment
    monkeypatch.setattr(vault_module, "is_settled", lambda stamp, now_ns: True)
    vault = Vault(Settings(root=root))
    put(root / "client/cso/new.pem", ONE)
    with monkeypatch.context() as moment:
        moment.setattr(files, "read", no_descriptor)
        assert vault.refresh().troubles()

    assert not vault.refresh().troubles()


def no_descriptor(path, limit_bytes):
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), str(path))


def test_a_link_that_leads_elsewhere_is_followed_there(root):
    put(root / "ca/mo/old.pem", ONE)
    put(root / "ca/mo/new.pem", OTHER)
    bundle = root / BUNDLE
    bundle.unlink()
    bundle.symlink_to("old.pem")
    vault = Vault(Settings(root=root))
    assert vault.index.roots(Domain.MO) == (ROOTS[0],)

    (root / "ca/mo/link").symlink_to("new.pem")
    (root / "ca/mo/link").rename(bundle)

    assert vault.index.roots(Domain.MO) == (ROOTS[1],)


def test_a_root_that_is_a_link_may_lead_to_another_store(tmp_path):
    for name in ("one", "two"):
        provision(tmp_path / name)
    put(tmp_path / "two" / BUNDLE, OTHER)
    (tmp_path / "certs").symlink_to("one")
    vault = Vault(Settings(root=tmp_path / "certs"))

    (tmp_path / "link").symlink_to("two")
    (tmp_path / "link").rename(tmp_path / "certs")

    assert vault.index.roots(Domain.MO) == (ROOTS[1],)
    with vault.writing():
        vault.commit([files.Write(tmp_path / "two" / BUNDLE, b""), files.Remove(tmp_path / "two/none.pem")])
    assert vault.index.roots(Domain.MO) == ()


def test_a_link_that_leads_out_later_is_not_followed(root, tmp_path):
    outside = put(tmp_path.parent / f"{tmp_path.name}-outside.pem", OTHER)
    vault = Vault(Settings(root=root))
    (root / BUNDLE).unlink()
    (root / BUNDLE).symlink_to(outside)

    assert vault.index.roots(Domain.MO) == ()
    assert vault.scan.outside == (root / BUNDLE,)


def test_a_bundle_that_becomes_a_folder_is_read_as_one(root):
    vault = Vault(Settings(root=root))
    (root / BUNDLE).unlink()
    put(root / BUNDLE / "one.pem", OTHER)

    assert vault.index.roots(Domain.MO) == (ROOTS[1],)
