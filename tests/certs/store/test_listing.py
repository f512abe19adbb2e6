from certs.store.listing import MOST
from tests.support.stores import DAY, NOW, add_leaf, opened, provision, station


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


def test_an_empty_store_shows_nothing(tmp_path):
    assert opened(tmp_path).listed(now=NOW) == ()
