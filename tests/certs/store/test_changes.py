import base64
import os
from datetime import timedelta

import pytest

from certs import pem, pki
from certs.hashes import hash_data
from certs.profiles import Domain
from certs.store.changes import Changes, between, snapshot
from certs.store.hash_types import to_message
from protocols.types import evse_security as types
from tests.support.stores import (
    DAY,
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


def seen(store, at=NOW):
    return store.snapshot(now=at)


def test_a_snapshot_is_the_same_in_every_process(tmp_path):
    store = station(tmp_path)

    assert seen(store) == seen(opened(tmp_path))


@pytest.mark.parametrize(("after", "operation"), [(timedelta(hours=1), INSTALLED), (DAY * 3, DELETED)])
def test_a_leaf_is_told_again_when_its_time_begins_or_ends(tmp_path, after, operation):
    provision(tmp_path, ("ca/v2g/",))
    add_leaf(tmp_path, "later", start=NOW + timedelta(hours=1), end=NOW + 2 * DAY)
    store = opened(tmp_path)
    before = seen(store, NOW + after - timedelta(hours=1) if operation is INSTALLED else NOW + DAY)

    told = between(before, seen(store, NOW + after))

    assert told == Changes(updates=(leaf(Leaf.V2G, operation),))


def test_time_changes_a_snapshot_at_the_next_moment_only(tmp_path):
    # given
    provision(tmp_path, ("ca/v2g/",))
    add_leaf(tmp_path, "now", end=NOW + DAY)
    add_leaf(tmp_path, "later", start=NOW + timedelta(hours=1), end=NOW + 2 * DAY)
    store = opened(tmp_path)
    moments = []
    at = NOW
    # when
    while (at := store.next_moment(now=at)) is not None:
        moments.append(at)
    # then
    assert moments == [
        NOW + timedelta(hours=1),
        NOW + DAY + timedelta(seconds=1),
        NOW + 2 * DAY + timedelta(seconds=1),
    ]
    for moment in moments:
        shortly = timedelta(seconds=2)
        assert between(seen(store, moment - shortly), seen(store, moment))
        assert not between(seen(store, moment), seen(store, moment + timedelta(minutes=5)))


def test_an_answer_that_gets_old_changes_what_is_stapled(tmp_path):
    # given
    store = station(tmp_path)
    data = to_message(hash_data(LEAF.certificate, SUB2.certificate))
    der = pki.ocsp_response(LEAF.certificate, SUB2, period=pki.Period.around(NOW))
    store.update_ocsp_cache(data, base64.b64encode(der).decode(), now=NOW)
    # when
    ends = next(
        moment for moment in iter_moments(store, NOW) if between(seen(store, NOW), seen(store, moment)).ocsp
    )
    # then
    assert ends > NOW
    assert not between(seen(store, NOW), seen(store, ends - timedelta(microseconds=1))).ocsp


def iter_moments(store, at):
    while (at := store.next_moment(now=at)) is not None:
        yield at


def test_a_snapshot_without_a_moment_knows_nothing_usable(tmp_path):
    assert snapshot(station(tmp_path)._vault.index).usable[Domain.V2G] == frozenset()
