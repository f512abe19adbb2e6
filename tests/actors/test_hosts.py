"""Where hosts are, and who carries which EVSE."""

import pytest

from actors.engine.supervision import ChildSpec
from actors.hosts import HostsError, Spread, capabilities, evses_of, place_of, placed, spread_of


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("10.0.0.1", ("10.0.0.1", 4700)),
        ("10.0.0.1:1", ("10.0.0.1", 1)),
        ("127.0.0.2:65535", ("127.0.0.2", 65535)),
    ],
)
def test_a_place_is_an_address_with_or_without_a_port(text, place):
    assert place_of(text) == place


@pytest.mark.parametrize(
    "text",
    [
        "",
        "here",
        "::1",
        "0.0.0.0",
        "224.0.0.1",
        "10.0.0",
        "10.0.0.1:",
        "10.0.0.1:0",
        "10.0.0.1:65536",
        "10.0.0.1:x",
        "10.0.0.1:\uff14\uff17",
        pytest.param("10.0.0.1:" + "9" * 5000, id="long"),
        "10.0.0.1 ",
        "255.255.255.255",
    ],
)
def test_what_is_no_address_of_one_host_is_refused(text):
    with pytest.raises(HostsError):
        place_of(text)


def test_a_leading_host_is_found_where_it_listens():
    spread = spread_of("10.0.0.1", [2], {1: "a", 2: "b"})

    assert spread == Spread("10.0.0.1", 4700, frozenset({2}))
    assert spread.wiring() == {"address": "10.0.0.1", "port": 4700, "leader": "10.0.0.1:4700"}
    assert spread_of(None, [], {1: "a"}) is None


def test_nobody_can_be_elsewhere_where_nobody_can_join():
    with pytest.raises(HostsError, match="without --listen"):
        spread_of(None, [2], {1: "a", 2: "b"})


def test_an_evse_that_the_site_has_not_is_named():
    assert evses_of([2, 2], {1: "a", 2: "b"}) == {2}
    with pytest.raises(HostsError, match="no EVSE 3, 7; it has 1, 2"):
        evses_of([7, 2, 3], {2: "b", 1: "a"})


def test_a_host_says_which_evses_it_carries():
    assert capabilities([2, 1]) == {"evse:1": True, "evse:2": True}


def test_only_an_evse_that_is_elsewhere_waits_for_its_host():
    here = ChildSpec(id="evse_1", actor="an.Actor", evse=1)
    there = ChildSpec(id="evse_2", actor="an.Actor", evse=2)
    auth = ChildSpec(id="auth", actor="an.Actor")

    found = placed((auth, here, there), {2})
    assert [each.requirements for each in found] == [None, None, {"evse:2": True}]
    assert found[:2] == (auth, here)
