from pathlib import Path

import pytest

from certs.keys import KeyKind, generate_key, key_to_pem
from certs.store.listing import MOST
from tests.support.stores import DAY, NOW, add_leaf, opened, provision, put, station


def kinds(store, now=NOW):
    return {(one.kind, one.problem) for one in store.listed(now=now)}


def test_a_station_shows_its_leaf_first_and_what_it_trusts(tmp_path):
    found = station(tmp_path).listed(now=NOW)

    assert found[0].kind == "SECC leaf"
    assert {"V2G root", "V2G sub-CA", "MO root", "CSMS root"} <= {one.kind for one in found}
    assert not any(one.problem for one in found)
    assert all(one.not_before < NOW < one.not_after for one in found)


def test_each_certificate_is_shown_once(tmp_path):
    found = station(tmp_path).listed(now=NOW)

    shown = [(one.subject, one.issuer, one.not_after, one.not_before) for one in found]
    assert len(set(shown)) == len(shown) <= MOST


def test_what_is_of_no_use_says_why(tmp_path):
    provision(tmp_path, ("ca/mo",))
    add_leaf(tmp_path, "old", start=NOW - 9 * DAY, end=NOW - DAY)
    add_leaf(tmp_path, "early", start=NOW + DAY, end=NOW + 9 * DAY)
    add_leaf(tmp_path, "keyless", with_key=False)
    add_leaf(tmp_path, "homeless")

    problems = {problem for kind, problem in kinds(opened(tmp_path)) if kind == "SECC leaf"}

    assert problems == {
        "expired",
        "not valid yet",
        "its private key is missing",
        "no installed root has issued it",
    }


def spoilt(path):
    path.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")


def locked(path):
    put(path, key_to_pem(generate_key(KeyKind.P256), b"another password"))


def of_another(path):
    put(path, key_to_pem(generate_key(KeyKind.P256)))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (spoilt, "its private key cannot be read: one.key"),
        (locked, "its private key cannot be read: one.key"),
        (of_another, "its private key is missing: that in one.key is another one"),
        (Path.unlink, "its private key is missing"),
    ],
    ids=["damaged", "locked", "of another", "gone"],
)
@pytest.mark.parametrize("apart", [False, True], ids=["beside it", "in a folder of keys"])
def test_a_leaf_whose_key_is_no_use_is_shown_with_that(tmp_path, spoil, told, apart):
    provision(tmp_path, ("ca/v2g",))
    add_leaf(tmp_path, "other")
    add_leaf(tmp_path, "one")
    keys = tmp_path / "client/cso"
    if apart:
        keys = tmp_path / "keys"
        keys.mkdir()
        for name in ("one.key", "other.key"):
            (tmp_path / "client/cso" / name).rename(keys / name)
    spoil(keys / "one.key")

    store = opened(tmp_path, secc_leaf_key_directory=str(keys))

    assert {problem for kind, problem in kinds(store) if kind == "SECC leaf"} == {"", told}


def test_an_empty_store_shows_nothing(tmp_path):
    assert opened(tmp_path).listed(now=NOW) == ()
