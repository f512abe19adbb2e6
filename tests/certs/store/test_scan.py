import os

import pytest

from certs.store import Settings
from certs.store.scan import glance, look
from certs.store.settings import create, resolve
from tests.support.stores import put


@pytest.fixture
def layout(tmp_path):
    made = resolve(Settings(root=tmp_path / "certs", mo_ca_bundle="ca/mo"))
    create(made)
    return made


def seen(layout):
    return {str(path.relative_to(layout.root)) for path in look(layout).files}


BUNDLES = {"ca/v2g/V2G_ROOT_CA.pem", "ca/csms/CSMS_ROOT_CA.pem", "ca/mf/MF_ROOT_CA.pem"}


def test_only_files_of_the_known_kinds_are_seen(layout):
    for name in (
        "client/cso/a.pem", "client/cso/b.key", "client/cso/c.txt", "client/cso/.hidden.pem",
        "client/cso/ocsp/d.der", "client/cso/ocsp/d.hash", "client/cso/ocsp/e.pem",
        "ca/mo/f.crt", "ca/mo/0a1b2c3d.0", "ca/mo/README", "ca/v2g/other.pem",
    ):  # fmt: skip
        put(layout.root / name, "x")
    (layout.root / "client/cso/folder.pem").mkdir()

    assert seen(layout) == BUNDLES | {
        "client/cso/a.pem", "client/cso/b.key", "client/cso/ocsp/d.der", "client/cso/ocsp/d.hash",
        "ca/mo/f.crt", "ca/mo/0a1b2c3d.0",
    }  # fmt: skip


def test_links_are_followed_inside_the_store_only(layout, tmp_path):
    put(layout.root / "client/cso/a.pem", "x")
    put(tmp_path / "outside.pem", "x")
    (layout.root / "ca/mo/in.pem").symlink_to(layout.root / "client/cso/a.pem")
    (layout.root / "ca/mo/out.pem").symlink_to(tmp_path / "outside.pem")
    (layout.root / "ca/mo/nowhere.pem").symlink_to(layout.root / "gone.pem")

    found = look(layout)

    assert layout.root / "ca/mo/in.pem" in found.files
    assert set(found.outside) == {layout.root / "ca/mo/out.pem", layout.root / "ca/mo/nowhere.pem"}


def test_a_bundle_that_became_a_link_outwards_is_passed_over(layout, tmp_path):
    bundle = layout.root / "ca/v2g/V2G_ROOT_CA.pem"
    bundle.unlink()
    bundle.symlink_to(put(tmp_path / "outside.pem", "x"))

    assert look(layout).outside == (bundle,)


def test_a_bundle_that_became_a_pipe_is_passed_over(layout):
    bundle = layout.root / "ca/v2g/V2G_ROOT_CA.pem"
    bundle.unlink()
    os.mkfifo(bundle)

    assert str(bundle.relative_to(layout.root)) not in seen(layout)


def test_folders_and_bundles_that_vanish_count_as_empty(layout):
    (layout.root / "client/cso").rmdir()
    (layout.root / "ca/mf/MF_ROOT_CA.pem").unlink()

    assert seen(layout) == BUNDLES - {"ca/mf/MF_ROOT_CA.pem"}


def test_a_file_that_vanishes_while_looking_is_left_out(layout, monkeypatch):
    put(layout.root / "client/cso/a.pem", "x")
    real = os.scandir

    def scan_then_remove(folder):
        entries = list(real(folder))
        for entry in entries:
            if entry.name == "a.pem":
                os.unlink(entry.path)
        return entries

    monkeypatch.setattr(os, "scandir", scan_then_remove)

    assert seen(layout) == BUNDLES


def test_the_sizes_of_all_files_are_summed(layout):
    put(layout.root / "client/cso/a.pem", "x" * 100)
    put(layout.root / "client/cso/b.pem", "x" * 11)

    assert look(layout).bytes_used == 111


@pytest.mark.parametrize("change", ["content", "mode", "name", "more", "less"])
def test_the_fingerprint_changes_with_every_change(layout, change):
    path = put(layout.root / "client/cso/a.pem", "x")
    before = look(layout).fingerprint

    match change:
        case "content":
            path.write_text("xy")
        case "mode":
            path.chmod(0o600)
        case "name":
            path.rename(path.with_name("b.pem"))
        case "more":
            put(path.with_name("c.pem"), "x")
        case "less":
            path.unlink()

    assert look(layout).fingerprint != before


def test_the_fingerprint_stays_while_nothing_changes(layout):
    assert look(layout).fingerprint == look(layout).fingerprint


def test_a_glance_notices_that_a_file_came(layout):
    before = glance(layout)
    os.utime(layout.root / "client/cso", ns=(0, 0))  # the clock of the file system may not have ticked
    put(layout.root / "client/cso/a.pem", "x")

    assert glance(layout) != before
