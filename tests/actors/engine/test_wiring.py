"""What the processes of a host share, and how they find the admins of hosts."""

import socket

import pytest
from thespian.actors import ActorAddress

from actors.engine.address import SiteAddress
from actors.engine.wiring import CONVENTION_CAPABILITY, PORT_CAPABILITY, Addressing, Wiring, in_force, wire


@pytest.fixture(autouse=True)
def _restored():
    before = in_force()
    yield
    if before.key:
        wire(before)


def admin(host, port):
    return ActorAddress(SiteAddress(host, port, 0))


def test_what_was_wired_last_is_in_force():
    wire(Wiring(host="127.0.0.2", key=bytes(16)))

    assert in_force() == Wiring(host="127.0.0.2", key=bytes(16))


@pytest.mark.parametrize("length", [0, 15])
def test_a_short_key_is_not_accepted(length):
    before = in_force()
    with pytest.raises(ValueError, match="at least 16 bytes"):
        wire(Wiring(key=bytes(length)))

    assert in_force() is before


def test_the_key_is_not_in_the_text_of_a_wiring():
    assert "key" not in repr(Wiring(key=b"very secret indeed"))


def test_the_admin_listens_on_the_wired_host():
    wire(Wiring(host="127.0.0.2", key=bytes(16)))

    assert Addressing.getAdminAddr({PORT_CAPABILITY: 4711}) == admin("127.0.0.2", 4711)


@pytest.mark.parametrize("text", ["10.0.0.1:4711", ("10.0.0.1", 4711)])
def test_an_admin_is_written_as_host_and_port(text):
    assert Addressing.getAddressFromString(text) == admin("10.0.0.1", 4711)


@pytest.mark.parametrize(
    ("leaders", "expected"),
    [
        (None, None),
        ("10.0.0.1:1", [admin("10.0.0.1", 1)]),
        (["10.0.0.1:1", "10.0.0.2:2"], [admin("10.0.0.1", 1), admin("10.0.0.2", 2)]),
    ],
)
def test_a_site_of_several_hosts_names_its_leaders(leaders, expected):
    assert Addressing.getConventionAddress({CONVENTION_CAPABILITY: leaders}) == expected


def test_somebody_who_listens_at_the_admins_port_is_noticed():
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = admin(*server.getsockname())
        assert Addressing.probeAdmin(taken)

    assert not Addressing.probeAdmin(taken)


def test_an_address_that_is_not_ours_has_no_admin():
    assert not Addressing.probeAdmin(admin("192.0.2.1", 4711))
