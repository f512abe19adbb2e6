"""Rows M7.1, M7.2 and M7.4: which doors a link opens, on loopback and without a process."""

import pytest

from actors.v2g.link import sockets
from actors.v2g.link.doors import Doors


class House:
    """Watches nothing."""

    def watch(self, fd, action):
        pass

    def unwatch(self, fd):
        pass


@pytest.fixture
def opened():
    """Opens the doors that parameters ask for; which of them there are, with or without certificates."""
    made = []

    def open_them(*, tls=True, **parameters):
        made.append(Doors({"device": "lo", **parameters}, House()))
        told = made[-1].open(tls=tls)
        return {name for name in ("sdp", "plain", "tls") if told[name] is not None}

    yield open_them
    for each in made:
        each.close()


@pytest.mark.parametrize(
    ("parameters", "doors"),
    [
        ({}, {"sdp", "plain", "tls"}),
        ({"tls_security": "prohibit"}, {"sdp", "plain"}),
        ({"tls_security": "force"}, {"sdp", "tls"}),
        ({"tls_negotiation_strategy": "ACCEPT_CLIENT_OFFER"}, {"sdp", "plain", "tls"}),
        ({"tls_negotiation_strategy": "ENFORCE_NO_TLS"}, {"sdp", "plain"}),
        ({"tls_negotiation_strategy": "ENFORCE_TLS"}, {"sdp", "tls"}),
        ({"enable_sdp_server": False}, {"plain", "tls"}),
    ],
    ids=str,
)
def test_the_doors_are_those_of_the_parameters(opened, parameters, doors):
    assert opened(**parameters) == doors


def test_there_is_no_door_for_tls_without_certificates(opened):
    assert opened(tls=False) == {"sdp", "plain"}
    assert opened(tls=False, tls_security="force") == {"sdp"}


def test_doors_open_and_close_as_certificates_come_and_go():
    doors = Doors({"device": "lo"}, House())

    steps = [doors.open(tls=tls) for tls in (False, True, True, False)]

    assert [None if step is None else step["tls"] is not None for step in steps] == [False, True, None, False]
    doors.close()
    assert doors.ports().plain is None


def test_a_device_that_was_plugged_in_anew_gets_new_doors(monkeypatch, tmp_path):
    # given
    table = tmp_path / "if_inet6"
    loopback = "00000000000000000000000000000001 {:02x} 80 10 80       lo\n"
    monkeypatch.setattr(sockets, "ADDRESSES", table)
    table.write_text(loopback.format(1))
    doors = Doors({"device": "lo"}, House())
    before = doors.open(tls=False)
    assert doors.open(tls=False) is None

    # when it is gone, and comes back with another number
    table.write_text("")
    with pytest.raises(OSError, match="lo has not an IPv6"):
        doors.open(tls=False)
    assert doors.ports().plain is None
    table.write_text(loopback.format(7))

    # then
    after = doors.open(tls=False)
    assert before["plain"] is not None
    assert after["plain"] is not None
    assert doors.open(tls=False) is None
    doors.close()
