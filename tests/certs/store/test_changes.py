import base64
import os

import pytest

from certs import pem, pki
from certs.hashes import hash_data
from certs.store.changes import Changes
from certs.store.hash_types import to_message
from protocols.types import evse_security as types
from tests.support.stores import (
    NOW,
    Ca,
    Leaf,
    add_leaf,
    opened,
    provision,
    put,
    renewed,
    requested,
    station,
    text,
    world,
)  # fmt: skip

INSTALLED = types.CertificateStoreUpdateOperation.INSTALLED
DELETED = types.CertificateStoreUpdateOperation.DELETED
ROOT, SUB2, LEAF = (world()[name] for name in ("V2G_ROOT_CA", "CPO_SUB_CA2", "SECC_LEAF"))


def authority(kind, operation):
    return types.CertificateStoreUpdate(operation=operation, ca_certificate_type=kind)


def leaf(kind, operation):
    return types.CertificateStoreUpdate(operation=operation, leaf_certificate_type=kind)


def test_a_store_just_opened_has_not_changed(tmp_path):
    store = station(tmp_path)

    assert store.changes() == Changes()
    assert not store.changes()


@pytest.mark.parametrize("kind", Ca)
def test_an_installed_root_is_told_once(tmp_path, kind):
    store = opened(tmp_path)
    store.install_ca_certificate(text(ROOT.certificate), kind, now=NOW)

    assert store.changes().updates == (authority(kind, INSTALLED),)
    assert not store.changes()


def test_a_root_installed_again_is_told_again(tmp_path):
    store = station(tmp_path)
    store.install_ca_certificate(text(ROOT.certificate), Ca.V2G, now=NOW)

    assert store.changes().updates == (authority(Ca.V2G, INSTALLED),)


@pytest.mark.parametrize("kind", [Leaf.V2G, Leaf.CSMS])
def test_an_updated_leaf_is_told_once(tmp_path, kind):
    store = station(tmp_path)
    renewed(store, kind)

    assert store.changes().updates == (leaf(kind, INSTALLED),)


def test_deletions_are_told_with_what_went(tmp_path):
    store = station(tmp_path)
    for one, above in ((ROOT, ROOT), (LEAF, SUB2)):
        store.delete_certificate(to_message(hash_data(one.certificate, above.certificate)))

    assert set(store.changes().updates) == {authority(Ca.V2G, DELETED), leaf(Leaf.V2G, DELETED)}


def test_a_request_alone_is_no_change(tmp_path):
    store = station(tmp_path)
    requested(store)

    assert not store.changes()


def test_files_put_there_by_hand_are_noticed(tmp_path):
    store = station(tmp_path)

    add_leaf(tmp_path, "mine")
    put(tmp_path / "ca/mo/MO_ROOT_CA.pem", text(ROOT.certificate))

    assert set(store.changes().updates) == {
        leaf(Leaf.V2G, INSTALLED), authority(Ca.MO, INSTALLED), authority(Ca.MO, DELETED),
    }  # fmt: skip


def test_a_leaf_counts_once_its_key_is_there(tmp_path):
    store = station(tmp_path)
    key = tmp_path / "client/cso/SECC_LEAF.key"

    os.rename(key, tmp_path / "away")
    gone = store.changes().updates
    os.rename(tmp_path / "away", key)
    back = store.changes().updates

    assert (gone, back) == ((leaf(Leaf.V2G, DELETED),), (leaf(Leaf.V2G, INSTALLED),))


def test_a_new_chain_for_a_leaf_is_a_change(tmp_path):
    store = station(tmp_path)
    (tmp_path / "client/cso/CPO_CERT_CHAIN.pem").write_bytes(pem.to_pem(LEAF.chain[:2]))

    assert set(store.changes().updates) == {leaf(Leaf.V2G, INSTALLED), leaf(Leaf.V2G, DELETED)}


def test_two_stores_notice_what_the_other_does(tmp_path):
    one, other = station(tmp_path), opened(provision(tmp_path))
    renewed(one)

    assert other.changes().updates == (leaf(Leaf.V2G, INSTALLED),)


def test_a_new_answer_of_a_responder_is_told(tmp_path):
    store = station(tmp_path)
    der = pki.ocsp_response(LEAF.certificate, SUB2, period=pki.Period.around(NOW))
    data = to_message(hash_data(LEAF.certificate, SUB2.certificate))
    store.update_ocsp_cache(data, base64.b64encode(der).decode(), now=NOW)

    assert store.changes() == Changes(ocsp=True)


def test_the_fingerprint_follows_the_files(tmp_path):
    store = station(tmp_path)
    before = store.fingerprint()
    assert store.fingerprint() == before

    put(tmp_path / "client/cso/new.key", "x", 0o600)

    assert store.fingerprint() != before
