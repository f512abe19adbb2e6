from dataclasses import replace

import pytest

from certs import pki
from certs.pki.hierarchies import contents
from tests.support.ailing import CSO, ailments, findings, healthy
from tests.support.certificates import forged
from tests.support.stores import DAY, NOW, other_world, put, text, world

BUNDLE = "ca/mo/MO_ROOT_CA.pem"


@pytest.fixture
def root(tmp_path):
    return healthy(tmp_path)


def mo_root(**changes):
    usual = replace(contents(world().rows["MO_ROOT_CA"], world().options, pki.Edition.ISO2), **changes)
    return world().mint.identity("MO_ROOT", usual, None).certificate


def add(root, *certificates):
    path = root / BUNDLE
    put(path, path.read_bytes() + text(*certificates).encode())


def test_a_certificate_that_is_no_ca_is_no_root(root):
    add(root, world()["MO_LEAF"].certificate)

    assert ailments(root) == [("error", "NOT_A_CA")]


def test_a_root_that_has_not_signed_itself_is_none(root):
    add(root, forged(other_world()["MO_ROOT_CA"].certificate))

    assert ailments(root) == [("error", "FORGED_ROOT")]


def test_a_sub_ca_needs_its_root_beside_it(root):
    add(root, world()["MO_SUB_CA1"].certificate)
    assert ailments(root) == []

    add(root, other_world()["MO_SUB_CA1"].certificate)

    (finding,) = findings(root)
    assert finding.ailment.name == "ROOTLESS"
    assert "OTHER" in finding.text


def test_an_expired_root_is_a_warning_with_its_day(root):
    add(root, mo_root(not_before=NOW - 9 * DAY, not_after=NOW - DAY))

    (finding,) = findings(root)
    assert (finding.level.value, finding.ailment.name) == ("warning", "OLD_ROOT")
    assert f"{NOW - DAY:%Y-%m-%d}" in finding.text


@pytest.mark.parametrize(("days", "told"), [(29, True), (31, False)])
def test_a_root_that_expires_soon_is_named(root, days, told):
    add(root, mo_root(not_before=NOW - DAY, not_after=NOW + days * DAY))

    assert ailments(root) == ([("warning", "AGEING_ROOT")] if told else [])


def test_a_root_whose_time_has_not_come_is_welcome(root):
    add(root, mo_root(not_before=NOW + DAY, not_after=NOW + 90 * DAY))

    assert ailments(root) == []


@pytest.mark.parametrize(
    ("bundle", "expected"),
    [
        ("ca/v2g/V2G_ROOT_CA.pem", ("error", "NO_ROOT")),
        ("ca/csms/CSMS_ROOT_CA.pem", ("error", "NO_ROOT")),
        (BUNDLE, None),
        ("ca/mf/MF_ROOT_CA.pem", None),
    ],
)
def test_some_bundles_may_be_empty(root, bundle, expected):
    put(root / bundle, b"")

    found = [one for one in ailments(root) if one[1] == "NO_ROOT"]

    assert found == ([expected] if expected else [])


def test_a_csms_may_do_without_tls(root):
    put(root / "ca/csms/CSMS_ROOT_CA.pem", b"")
    for path in (root / "client/csms").glob("*"):
        path.unlink()

    assert ailments(root) == [("note", "NO_ROOT")]


def test_roots_may_be_a_folder_of_files(root):
    put(root / "roots/one.pem", text(world()["MO_ROOT_CA"].certificate))
    put(root / "roots/two.pem", text(world()["MO_LEAF"].certificate))

    (finding,) = findings(root, mo_ca_bundle="roots")

    assert finding.path == root / "roots/two.pem"
    assert (root / CSO).exists()
