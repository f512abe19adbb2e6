"""Rows M7.1, M7.2 and M7.4: which doors a link opens, on loopback and without a process."""

import pytest

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
