import base64
import os
from datetime import timedelta

import pytest

from certs import pem, pki
from certs.hashes import hash_data
from certs.store import CLEAN_UP_INTERVAL, Limits, StoreError, files
from certs.store.hash_types import to_message
from tests.support.disk import NOBODY, as_nobody, needs_root
from tests.support.stores import (
    DAY,
    NOW,
    PEM,
    Leaf,
    add_leaf,
    opened,
    provision,
    put,
    requested,
    signed,
    station,
    text,
    world,
)  # fmt: skip

HOUR = timedelta(hours=1)


def names(root, pattern="client/cso/*"):
    return sorted(path.name for path in root.glob(pattern) if path.is_file())


def old_leaves(root, count, **more):
    for number in range(count):
        add_leaf(
            root, f"old{number}", with_chain=False, start=NOW - 90 * DAY, end=NOW - (number + 1) * DAY, **more
        )


def test_the_limits_are_those_of_everest():
    assert (Limits().entries, Limits().size_bytes, Limits().kept_leaves) == (2000, 50 * 1024 * 1024, 10)
    assert (Limits().key_age, CLEAN_UP_INTERVAL) == (HOUR, timedelta(minutes=20))


@pytest.mark.parametrize("kind", [Leaf.V2G, Leaf.CSMS])
def test_the_key_of_an_unanswered_request_goes_after_an_hour(tmp_path, kind):
    store = opened(tmp_path)
    requested(store, kind)

    assert store.collect_garbage(now=NOW + HOUR) == ()
    (removed,) = store.collect_garbage(now=NOW + HOUR + timedelta(seconds=1))

    assert removed.suffix == ".key"
    assert names(tmp_path, "client/*/*") == []


def test_the_key_of_an_answered_request_stays(tmp_path):
    store = station(tmp_path)
    chain = signed(requested(store))
    store.update_leaf_certificate(chain, Leaf.V2G, now=NOW)

    assert store.collect_garbage(now=NOW + 9 * DAY) == ()


def installed(root):
    """A store with a leaf of its own, and the files of that."""
    store = opened(provision(root, ("ca/",)))
    store.update_leaf_certificate(signed(requested(store)), Leaf.V2G, now=NOW)
    return store, sorted(root.glob("client/cso/*.pem"))


@pytest.mark.parametrize("cut", [0, 1, 27, 200], ids=["empty", "a byte", "a mark", "a half"])
def test_a_key_stays_while_its_certificates_are_being_written(tmp_path, cut):
    # given files that somebody is writing in place just now
    store, files = installed(tmp_path)
    content = [path.read_bytes() for path in files]
    for path, data in zip(files, content, strict=True):
        path.write_bytes(data[:cut])
    # when
    removed = store.collect_garbage(now=NOW + 9 * HOUR)
    for path, data in zip(files, content, strict=True):
        path.write_bytes(data)
    # then
    assert removed == ()
    assert store.get_leaf_certificate_info(Leaf.V2G, PEM, include_ocsp=False, now=NOW).status == "Accepted"


def test_a_key_stays_while_a_link_beside_it_leads_nowhere(tmp_path):
    store, files = installed(tmp_path)
    for path in files:
        path.rename(tmp_path / path.name)
        path.symlink_to("/nowhere/at-all")

    assert store.collect_garbage(now=NOW + 9 * HOUR) == ()


@needs_root
def test_a_key_stays_while_its_certificates_may_not_be_listed(open_folder):
    # given keys in a folder of their own, and a store that is not root's
    store = opened(provision(open_folder, ("ca/",)), None, secc_leaf_key_directory="keys")
    store.update_leaf_certificate(signed(requested(store)), Leaf.V2G, now=NOW)
    for path in open_folder.rglob("*"):
        os.chown(path, NOBODY, NOBODY)
    # when
    (open_folder / "client/cso").chmod(0)
    with as_nobody():
        removed = store.collect_garbage(now=NOW + 9 * HOUR)
    # then
    assert removed == ()
    assert names(open_folder, "keys/*") != []


def test_the_key_of_a_leaf_behind_another_certificate_stays(tmp_path):
    store, files = installed(tmp_path)
    leaf = pem.load_certificates(files[0].read_bytes())[0]
    for path in files:
        path.unlink()
    put(tmp_path / "client/cso/turned.pem", text(*world()["CPO_SUB_CA2"].chain, leaf))

    assert store.collect_garbage(now=NOW + 9 * HOUR) == ()


def test_expired_leaves_stay_while_one_beside_them_cannot_be_read(tmp_path):
    old_leaves(tmp_path, 3)
    put(tmp_path / "client/cso/broken.pem", "-----BEGIN CERTIFICATE-----")
    store = opened(tmp_path, Limits(entries=1, kept_leaves=1))

    assert store.collect_garbage(now=NOW) == ()


@pytest.mark.parametrize(
    "name", ["mine.key", "SECC_LEAF.key", "SECC_LEAF_20269999T999999Z_00000000.key"], ids=str
)
def test_keys_people_have_put_there_are_never_removed(tmp_path, name):
    (key,) = list(provision(tmp_path).glob("client/cso/*.key"))
    for path in tmp_path.glob("client/cso/*.pem"):
        path.unlink()
    key.rename(key.with_name(name))

    assert opened(tmp_path).collect_garbage(now=NOW + 9 * DAY) == ()


def test_a_clock_that_was_set_back_removes_no_key(tmp_path):
    store = opened(tmp_path)
    requested(store)

    assert store.collect_garbage(now=NOW - 9 * DAY) == ()


@pytest.mark.parametrize(
    ("limits", "full"),
    [
        (Limits(entries=5), False), (Limits(entries=4), True),
        (Limits(size_bytes=101), False), (Limits(size_bytes=100), True),
    ],
)  # fmt: skip
def test_a_store_is_full_by_number_or_size(tmp_path, limits, full):
    # given three empty bundles, one with 40 bytes and a file with 60
    put(tmp_path / "ca/v2g/V2G_ROOT_CA.pem", "x" * 40)
    store = opened(tmp_path, limits)
    put(tmp_path / "client/cso/a.pem", "x" * 60)
    (tmp_path / "ca/mf/MF_ROOT_CA.pem").unlink()

    assert store.is_full() is full


def test_expired_leaves_stay_while_there_is_room(tmp_path):
    old_leaves(provision(tmp_path, ("ca/",)), 12)

    assert opened(tmp_path).collect_garbage(now=NOW) == ()


def test_a_full_store_keeps_the_ten_newest_leaves(tmp_path):
    old_leaves(provision(tmp_path, ("ca/",)), 12)

    opened(tmp_path, Limits(entries=1)).collect_garbage(now=NOW)

    expected = sorted(f"old{number}.{kind}" for number in range(10) for kind in ("key", "pem"))
    assert names(tmp_path) == expected


def test_a_full_store_keeps_every_leaf_that_is_valid(tmp_path):
    provision(tmp_path, ("ca/",))
    for number in range(3):
        add_leaf(tmp_path, f"new{number}", with_chain=False)

    assert opened(tmp_path, Limits(entries=1, kept_leaves=1)).collect_garbage(now=NOW) == ()


def test_a_full_store_loses_answers_about_strangers(tmp_path):
    # given an answer about a leaf that is there and one about a leaf that was removed by hand
    provision(tmp_path)
    gone = add_leaf(tmp_path, "gone")
    issuer = world()["CPO_SUB_CA2"]
    store = opened(tmp_path, Limits(entries=1))
    for leaf in (gone, world()["SECC_LEAF"].certificate):
        der = pki.ocsp_response(leaf, issuer, period=pki.Period.around(NOW))
        store.update_ocsp_cache(
            to_message(hash_data(leaf, issuer.certificate)), base64.b64encode(der).decode(), now=NOW
        )
    for path in tmp_path.glob("client/cso/gone*"):
        path.unlink()

    removed = store.collect_garbage(now=NOW)

    assert {path.suffix for path in removed} == {".hash", ".der"}
    assert len(names(tmp_path, "client/cso/ocsp/*")) == 2


def test_a_store_that_cannot_be_written_is_an_error(tmp_path, monkeypatch):
    store = station(tmp_path)
    monkeypatch.setattr(files, "_LOCK_TRIES", 0)

    with pytest.raises(StoreError):
        store.collect_garbage(now=NOW)
