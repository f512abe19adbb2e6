from __future__ import annotations

import pytest

from certs.examination import Ailment
from certs.keys import KeyKind, generate_key, key_to_pem
from certs.profiles import Domain
from tests.support.ailing import CSO, findings, healthy
from tests.support.stores import DAY, NOW, add_leaf, put, world


@pytest.fixture
def root(tmp_path):
    return healthy(tmp_path)


def about(root, ailment, name="SECC_LEAF"):
    """The finding about a leaf."""
    return next(one for one in findings(root) if one.ailment is ailment and one.path.stem == name)


def test_a_key_of_another_leaf_gets_the_name_of_that_leaf(root):
    add_leaf(root, "two", end=NOW + 90 * DAY)
    key = (root / f"{CSO}/two.key").replace(root / f"{CSO}/SECC_LEAF.key")

    found = about(root, Ailment.OTHER_KEY)

    assert (found.kept, found.moves) == ((key,), ((key, root / f"{CSO}/two.key"),))


def test_a_key_of_another_leaf_that_has_one_just_stays(root):
    add_leaf(root, "two", end=NOW + 90 * DAY)
    key = put(root / f"{CSO}/SECC_LEAF.key", (root / f"{CSO}/two.key").read_bytes(), 0o600)

    found = about(root, Ailment.OTHER_KEY)

    assert (found.kept, found.moves) == ((key,), ())


def test_a_key_of_no_leaf_may_go(root):
    put(root / f"{CSO}/SECC_LEAF.key", key_to_pem(generate_key(KeyKind.P256)), 0o600)

    found = about(root, Ailment.OTHER_KEY)

    assert (found.kept, found.moves) == ((), ())


def test_a_file_with_the_key_of_another_leaf_stays_where_it_is(root):
    # given a certificate without key, in one file with the key of another leaf
    add_leaf(root, "two", end=NOW + 90 * DAY)
    (root / f"{CSO}/SECC_LEAF.key").unlink()
    both = root / f"{CSO}/SECC_LEAF.pem"
    put(both, both.read_bytes() + (root / f"{CSO}/two.key").read_bytes(), 0o600)
    (root / f"{CSO}/two.key").unlink()

    found = about(root, Ailment.OTHER_KEY)

    assert (found.kept[0], found.moves) == (both, ())


def test_a_file_that_serves_another_domain_as_well_stays(root):
    # given both kinds of leaves in one folder: each is seen as one of the other kind, too
    places = {"csms_leaf_cert_directory": CSO, "csms_leaf_key_directory": CSO}

    wrong = next(one for one in findings(root, **places) if one.domain is Domain.CSMS)

    assert wrong.leaf.certificate == world()["SECC_LEAF"].certificate
    assert set(wrong.kept) == {wrong.path, *wrong.others}
