from __future__ import annotations

import pytest
from cryptography import x509

from certs import pki
from certs.errors import CertificateError, Problem
from certs.keys import KeyKind, key_matches, kind_of
from tests.support.certificates import NOW, Forge, world


def test_an_identity_shows_everything_but_its_key():
    assert "key=" not in repr(world()["SECC_LEAF"])


def test_a_chain_leaves_out_the_root_that_a_path_has():
    leaf = world()["SECC_LEAF"]
    assert leaf.path == (*leaf.chain, world()["V2G_ROOT_CA"].certificate)


def test_a_root_is_its_own_chain_and_path():
    root = world()["V2G_ROOT_CA"]
    assert root.chain == root.path == (root.certificate,)


@pytest.mark.parametrize("kind", [kind for kind in KeyKind if kind is not KeyKind.RSA])
def test_keys_from_a_seed_are_of_every_kind(kind):
    mint = pki.insecure_mint("kinds")
    key = mint.keys("name", kind)
    assert kind_of(key.public_key()) is kind


def test_rsa_keys_cannot_come_from_a_seed():
    with pytest.raises(CertificateError) as caught:
        pki.insecure_mint("rsa").keys("name", KeyKind.RSA)
    assert caught.value.problem is Problem.UNSUPPORTED_KEY


def test_serial_numbers_from_a_seed_count_upwards():
    forge = Forge()
    root = forge.root()
    assert forge.leaf(root).certificate.serial_number == root.certificate.serial_number + 1


def test_extensions_can_be_left_out():
    bare = Forge().leaf(None, usages=None, basic_constraints=False, key_ids=False)
    assert len(bare.certificate.extensions) == 0


def test_a_key_can_be_brought_along():
    forge = Forge()
    one = forge.leaf(None)
    assert key_matches(one.key, forge.leaf(None, key=one.key).certificate)


def test_periods_begin_an_hour_ago():
    period = pki.Period.around(NOW)
    assert period.this_update < NOW < period.next_update
    assert isinstance(pki.crl(world()["MF_ROOT_CA"], period=period), x509.CertificateRevocationList)
