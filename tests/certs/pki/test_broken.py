from __future__ import annotations

import pytest

from certs import pki
from certs.keys import key_matches
from tests.support.certificates import world

CASES = [(name, variant) for name in pki.LEAF_PROFILES for variant in pki.variants_of(world(), name)]


@pytest.mark.parametrize(("name", "variant"), CASES)
def test_a_broken_chain_knows_its_name_and_its_key(name, variant):
    made = pki.broken(world(), name, variant)
    assert made.name == variant
    assert key_matches(made.key, made.leaf)
    assert "key=" not in repr(made)


def test_every_variant_makes_sense_for_the_secc_of_edition_20():
    assert set(pki.variants_of(world(), "SECC_LEAF_20")) == set(pki.VARIANTS)


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("SECC_LEAF", {"wrong-purpose"}),
        ("CSMS_LEAF", {"wrong-dc", "expired-sub", "missing-sub", "not-a-ca", "path-too-long"}),
    ],
)
def test_variants_that_a_profile_does_not_ask_about_are_left_out(name, missing):
    assert set(pki.VARIANTS) - set(pki.variants_of(world(), name)) == missing


def test_an_unknown_variant_is_a_key_error():
    with pytest.raises(KeyError):
        pki.broken(world(), "SECC_LEAF", "perfect")
