from dataclasses import replace
from datetime import timedelta

import pytest

from certs.facts import read
from certs.keys import KeyKind, generate_key, key_to_pem
from certs.pki import Edition
from certs.pki.hierarchies import contents
from certs.profiles import Domain
from certs.store.leaves import covered_until, newest_first, next_switch, per_root, relatives, usable
from certs.store.settings import Settings
from certs.store.vault import Vault
from tests.support.stores import DAY, NOW, Leaf, add_leaf, opened, other_world, provision, world

WITHOUT_LEAVES = ("ca/v2g/",)


@pytest.fixture
def root(tmp_path):
    return provision(tmp_path, WITHOUT_LEAVES)


def leaves_of(root):
    return Vault(Settings(root=root)).index.leaves[Domain.V2G]


def chosen(root, now=NOW, secc_id=None):
    return [leaf.certificate for leaf in usable(leaves_of(root), now, secc_id)]


def test_the_leaf_that_lasts_longest_is_chosen(root):
    add_leaf(root, "a", end=NOW + 10 * DAY)
    long = add_leaf(root, "b", end=NOW + 30 * DAY)
    add_leaf(root, "c", end=NOW + 20 * DAY)

    assert chosen(root)[0] == long


def test_the_choice_switches_the_moment_a_leaf_begins(root):
    old = add_leaf(root, "old", end=NOW + 10 * DAY)
    new = add_leaf(root, "new", start=NOW + DAY, end=NOW + 90 * DAY)

    assert chosen(root, NOW + DAY - timedelta(seconds=1))[0] == old
    assert chosen(root, NOW + DAY)[0] == new


def test_a_leaf_is_valid_until_its_very_last_second(root):
    leaf = add_leaf(root, "a", end=NOW)

    assert chosen(root, NOW) == [leaf]
    assert chosen(root, NOW + timedelta(seconds=1)) == []


def test_a_leaf_without_key_is_not_chosen(root):
    add_leaf(root, "a", with_key=False)

    assert chosen(root) == []


def test_a_leaf_for_this_evse_goes_before_longer_ones(root):
    mine = add_leaf(root, "a", common_name="DE*EVS*E2", end=NOW + 2 * DAY)
    other = add_leaf(root, "b", common_name="DE*EVS*E1")

    assert chosen(root, secc_id="DE*EVS*E2") == [mine, other]
    assert chosen(root, secc_id="DE*EVS*E3") == [other, mine]
    assert chosen(root) == [other, mine]


def test_only_the_newest_leaf_of_each_root_is_given(root):
    # given two roots, two leaves below each, and one below a root that is not installed
    more = provision(root.parent / "more", ("ca/v2g/",), other_world())
    bundle = root / "ca/v2g/V2G_ROOT_CA.pem"
    bundle.write_bytes(bundle.read_bytes() + (more / "ca/v2g/V2G_ROOT_CA.pem").read_bytes())
    add_leaf(root, "a", end=NOW + 10 * DAY)
    first = add_leaf(root, "b", end=NOW + 20 * DAY)
    add_leaf(root, "c", end=NOW + 30 * DAY, made=other_world(), issuer=other_world()["CPO_SUB_CA2"])
    second = add_leaf(root, "d", end=NOW + 40 * DAY, made=other_world(), issuer=other_world()["CPO_SUB_CA2"])
    stranger = add_leaf(root, "e", end=NOW + 50 * DAY, issuer=world()["MO_SUB_CA2"])

    found = per_root(newest_first(leaves_of(root)))

    assert [leaf.certificate for leaf in found] == [stranger, second, first]
    assert [bool(leaf.path) for leaf in found] == [False, True, True]


def test_a_leaf_its_issuer_has_not_signed_is_left_out(root):
    forged = world()["MO_SUB_CA2"]
    leaf = add_leaf(root, "a", issuer=type(forged)(
        name="x", certificate=world()["CPO_SUB_CA2"].certificate, key=forged.key,
        issuer=world()["CPO_SUB_CA1"],
    ))  # fmt: skip

    assert chosen(root) == [leaf]
    assert per_root(leaves_of(root)) == []


def test_a_sub_ca_may_come_from_a_file_beside(root):
    add_leaf(root, "a", with_chain=False)
    add_leaf(root, "b", end=NOW + DAY)

    alone = next(leaf for leaf in leaves_of(root) if not leaf.chains)

    assert alone.path[1:] == world()["CPO_SUB_CA2"].path
    assert alone.path is alone.path


def test_a_root_in_a_chain_file_is_not_part_of_the_chain(root):
    leaf = add_leaf(root, "a")
    chain = root / "client/cso/a_CHAIN.pem"
    chain.write_bytes(chain.read_bytes() + (root / "ca/v2g/V2G_ROOT_CA.pem").read_bytes())

    (found,) = leaves_of(root)

    assert found.issuers == (leaf, *world()["CPO_SUB_CA2"].chain)
    assert found.files == (root / "client/cso/a.pem", chain)


def test_relatives_are_found_in_circles_too():
    first, second = world()["CPO_SUB_CA1"].certificate, world()["V2G_ROOT_CA"].certificate
    known = {read(one).subject: [read(one)] for one in (first, second)}

    found = relatives([read(first), read(second)], known)

    assert [one.certificate for one in found] == [second]


def test_coverage_goes_on_with_renewed_leaves(root):
    add_leaf(root, "a", end=NOW + 10 * DAY)
    add_leaf(root, "b", start=NOW + 5 * DAY, end=NOW + 40 * DAY)
    add_leaf(root, "c", start=NOW + 41 * DAY, end=NOW + 90 * DAY)
    add_leaf(root, "d", end=NOW + 99 * DAY, with_key=False)

    assert covered_until(leaves_of(root), NOW) == NOW + 40 * DAY


@pytest.mark.parametrize("bundled", [True, False], ids=["with its root", "without its root"])
def test_a_leaf_covers_no_longer_than_the_chain_above_it(tmp_path, bundled):
    # given a leaf that outlives its sub-CA
    made = world()
    usual = contents(made.rows["CPO_SUB_CA2"], made.options, Edition.ISO2)
    brief = made.mint.identity(
        "BRIEF", replace(usual, not_after=NOW + 9 * DAY), made["CPO_SUB_CA1"], kind=KeyKind.P256
    )
    root = provision(tmp_path, WITHOUT_LEAVES if bundled else ())
    add_leaf(root, "a", issuer=brief, end=NOW + 90 * DAY)
    # then
    assert covered_until(leaves_of(root), NOW, with_chain=True) == NOW + 9 * DAY
    assert covered_until(leaves_of(root), NOW) == NOW + 90 * DAY
    assert opened(root).get_leaf_expiry_days_count(Leaf.V2G, now=NOW) == 9


def test_without_a_valid_leaf_nothing_is_covered(root):
    add_leaf(root, "a", start=NOW - 9 * DAY, end=NOW - DAY)
    add_leaf(root, "b", start=NOW + DAY)

    assert covered_until(leaves_of(root), NOW) == NOW


def test_the_next_switch_is_the_next_beginning_or_end(root):
    add_leaf(root, "a", end=NOW + 10 * DAY)
    add_leaf(root, "b", start=NOW + 20 * DAY, end=NOW + 40 * DAY)
    add_leaf(root, "c", end=NOW + DAY, with_key=False)

    assert next_switch(leaves_of(root), NOW) == NOW + 10 * DAY + timedelta(seconds=1)
    assert next_switch(leaves_of(root), NOW + 11 * DAY) == NOW + 20 * DAY
    assert next_switch(leaves_of(root), NOW + 50 * DAY) is None


def test_a_key_of_another_leaf_does_not_fit(root):
    add_leaf(root, "a", with_key=False)

    (root / "client/cso/b.key").write_bytes(key_to_pem(generate_key(KeyKind.P256)))

    assert [leaf.key for leaf in leaves_of(root)] == [None]
