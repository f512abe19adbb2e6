from dataclasses import replace

import pytest

from certs import pki
from certs.keys import KeyKind, generate_key, key_to_pem
from certs.pki import Period, ocsp_response
from certs.pki.hierarchies import contents
from tests.support.ailing import CSO, ailments, findings, healthy
from tests.support.stores import DAY, NOW, add_leaf, other_world, provision, put, text, world


@pytest.fixture
def root(tmp_path):
    return healthy(tmp_path)


def without_leaf(root):
    for name in ("SECC_LEAF.pem", "SECC_LEAF.key", "CPO_CERT_CHAIN.pem"):
        (root / CSO / name).unlink()


def only(root, *, answered=False, **leaf):
    """One leaf in place of the good one; what responders say about it is left aside unless asked for."""
    without_leaf(root)
    add_leaf(root, "one", **({} if answered else {"ocsp_url": None}), **leaf)


def named(root, **how):
    return [one for one in ailments(root, **how) if "ANSWER" not in one[1]]


@pytest.mark.parametrize(
    ("leaf", "expected"),
    [
        ({}, []),
        ({"end": NOW + 10 * DAY}, [("warning", "EXPIRES")]),
        ({"start": NOW - 9 * DAY, "end": NOW - DAY}, [("error", "EXPIRED")]),
        ({"start": NOW + DAY, "end": NOW + 90 * DAY}, [("error", "NOT_YET_VALID")]),
        ({"with_key": False}, [("error", "NO_KEY")]),
        ({"with_chain": False}, [("error", "INCOMPLETE")]),
        ({"component": "NONE", "common_name": "X"}, [("error", "REFUSED")]),
    ],
)
def test_the_only_leaf_is_told_by_what_is_wrong_with_it(root, leaf, expected):
    only(root, **{"end": NOW + 90 * DAY, **leaf})

    assert named(root) == expected


@pytest.mark.parametrize(
    ("leaf", "expected"),
    [
        ({"start": NOW - 9 * DAY, "end": NOW - DAY}, []),
        ({"start": NOW - 9 * DAY, "end": NOW - DAY, "with_key": False}, []),
        ({"start": NOW + DAY, "end": NOW + 90 * DAY}, []),
        ({"with_key": False}, [("warning", "NO_KEY")]),
        ({"component": "NONE", "common_name": "X"}, [("warning", "REFUSED")]),
        ({"component": "NONE", "common_name": "X", "end": NOW + 999 * DAY}, [("error", "REFUSED")]),
    ],
)
def test_beside_a_good_leaf_only_one_that_is_chosen_is_an_error(root, leaf, expected):
    add_leaf(root, "two", **{"end": NOW + 90 * DAY, "ocsp_url": None, **leaf})

    assert named(root) == expected


def test_a_leaf_that_follows_without_a_gap_is_enough(root):
    only(root, end=NOW + 10 * DAY)
    add_leaf(root, "next", start=NOW + 9 * DAY, end=NOW + 90 * DAY, ocsp_url=None)

    assert named(root) == []


def short_lived_sub(days):
    made, sub = world(), world()["CPO_SUB_CA2"]
    usual = contents(made.rows[sub.name], made.options, pki.Edition.ISO2)
    return made.mint.identity("SUB", replace(usual, not_after=NOW + days * DAY), sub.issuer, key=sub.key)


@pytest.mark.parametrize(("days", "expected"), [(29, [("warning", "AGEING_SUB")]), (31, [])])
def test_a_sub_ca_that_expires_before_its_leaf_is_named(root, days, expected):
    only(root, end=NOW + 90 * DAY, issuer=short_lived_sub(days))

    assert named(root) == expected


def test_a_sub_ca_may_expire_where_another_chain_lasts(root):
    add_leaf(root, "two", end=NOW + 999 * DAY, issuer=short_lived_sub(5), ocsp_url=None)

    assert named(root) == []


def test_of_two_bad_leaves_one_is_the_error(root):
    only(root, with_key=False)
    add_leaf(root, "two", with_key=False, end=NOW + 90 * DAY)

    assert sorted(named(root)) == [("error", "NO_KEY"), ("warning", "NO_KEY")]


def test_a_key_of_the_same_name_that_is_another_ones_is_named(root):
    key = put(root / f"{CSO}/SECC_LEAF.key", key_to_pem(generate_key(KeyKind.P256)), 0o600)

    (finding,) = findings(root)
    assert finding.ailment.name == "OTHER_KEY"
    assert key in finding.others


def test_the_certificate_at_fault_is_named_where_it_is_not_the_leaf(root):
    made, sub = world(), world()["CPO_SUB_CA2"]
    usual = contents(made.rows[sub.name], made.options, pki.Edition.ISO2)
    old = made.mint.identity(
        "OLD", replace(usual, not_before=NOW - 9 * DAY, not_after=NOW - DAY), sub.issuer, key=sub.key
    )
    only(root, issuer=old)

    (finding,) = [one for one in findings(root) if one.ailment.name == "REFUSED"]
    assert "CPO SUB CA2" in finding.text
    assert "expired" in finding.text


def test_a_leaf_of_a_root_that_is_not_installed_is_incomplete(root):
    only(root, made=other_world())

    (finding,) = [one for one in findings(root) if one.ailment.name == "INCOMPLETE"]
    assert finding.orphan.certificate == other_world()["CPO_SUB_CA1"].certificate


def test_sub_cas_that_are_only_in_the_bundle_are_not_shown_to_cars(root):
    bundle = root / "ca/v2g/V2G_ROOT_CA.pem"
    put(bundle, bundle.read_bytes() + text(*world()["CPO_SUB_CA2"].chain).encode())
    (root / f"{CSO}/CPO_CERT_CHAIN.pem").unlink()

    (finding,) = findings(root)
    assert finding.ailment.name == "INCOMPLETE"
    assert finding.orphan.certificate == world()["SECC_LEAF"].certificate


def test_a_leaf_its_responder_calls_revoked_is_refused(root):
    one = world()["SECC_LEAF"]
    answer = ocsp_response(
        one.certificate, one.issuer, period=Period.around(NOW), status=pki.status.Status.REVOKED
    )
    put(root / f"{CSO}/ocsp/SECC_LEAF.der", answer)

    (finding,) = findings(root)
    assert (finding.ailment.name, finding.level.value) == ("REFUSED", "error")
    assert "revoked" in finding.text


def test_a_leaf_that_is_a_ca_is_refused_although_nobody_uses_it(root):
    wrong = pki.broken(world(), "SECC_LEAF", "leaf-is-ca")
    put(root / f"{CSO}/SECC_LEAF.pem", text(wrong.leaf))
    put(root / f"{CSO}/CPO_CERT_CHAIN.pem", text(wrong.leaf, *wrong.received))

    (finding,) = findings(root)
    assert finding.ailment.name == "REFUSED"
    assert {path.name for path in (finding.path, *finding.others)} == {
        "SECC_LEAF.key", "SECC_LEAF.pem", "CPO_CERT_CHAIN.pem",
    }  # fmt: skip


def test_without_any_leaf_cars_get_no_tls(root):
    without_leaf(root)

    assert ailments(root) == [("error", "NO_LEAF")]


def test_without_root_and_leaf_the_older_edition_is_meant(tmp_path):
    provision(tmp_path, ("ca/csms",))

    (finding,) = [one for one in findings(tmp_path) if one.ailment.name == "NO_LEAF"]
    assert finding.profile is None


def test_without_any_root_what_chains_lack_is_not_told(root):
    put(root / "ca/v2g/V2G_ROOT_CA.pem", b"")
    put(root / "ca/csms/CSMS_ROOT_CA.pem", b"")

    assert [name for _, name in ailments(root)] == ["NO_ROOT", "NO_ROOT"]


def test_a_root_nobody_serves_is_a_note(root):
    bundle = root / "ca/v2g/V2G_ROOT_CA.pem"
    put(bundle, bundle.read_bytes() + text(other_world()["V2G_ROOT_CA"].certificate).encode())

    (finding,) = findings(root)
    assert (finding.level.value, finding.ailment.name) == ("note", "UNSERVED_ROOT")
    assert "OTHER" in finding.text


def test_a_leaf_for_the_csms_is_not_needed(root):
    for path in (root / "client/csms").glob("*"):
        path.unlink()

    assert ailments(root) == []


def test_a_leaf_of_no_known_kind_is_judged_as_one_of_the_older_edition(root):
    only(root, end=NOW + 90 * DAY)
    other = pki.broken(world(), "SECC_LEAF", "weak-curve")
    without = root / f"{CSO}/weak.pem"
    put(without, text(other.leaf, *other.received))

    assert named(root) == [("warning", "REFUSED")]
