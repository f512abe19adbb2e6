from ipaddress import IPv6Address

import pytest

from actors.v2g.link.discovery import Ports, TlsSecurity, answer
from protocols.iso15118 import sdp, v2gtp

HERE = IPv6Address("fe80::1")
TLS, PLAIN = sdp.Security.TLS, sdp.Security.NO_TLS


def ask(security, policy, *, plain=1000, tls=2000):
    found = answer(sdp.Request(security=security).encode(), Ports(address=HERE, plain=plain, tls=tls), policy)
    if isinstance(found, str):
        return found
    response = sdp.decode(found)
    assert (response.address, response.transport) == (HERE, sdp.Transport.TCP)
    return response.port, response.security


@pytest.mark.parametrize(
    ("security", "policy", "expected"),
    [
        (TLS, TlsSecurity.ALLOW, (2000, TLS)),
        (PLAIN, TlsSecurity.ALLOW, (1000, PLAIN)),
        (TLS, TlsSecurity.FORCE, (2000, TLS)),
        (PLAIN, TlsSecurity.FORCE, (2000, TLS)),
        (TLS, TlsSecurity.PROHIBIT, (1000, PLAIN)),
        (PLAIN, TlsSecurity.PROHIBIT, (1000, PLAIN)),
    ],
)
def test_the_policy_decides_which_port_is_named(security, policy, expected):
    assert ask(security, policy) == expected


def test_without_certificates_a_car_that_asks_for_tls_gets_the_plain_port():
    assert ask(TLS, TlsSecurity.ALLOW, tls=None) == (1000, PLAIN)


def test_forced_tls_without_certificates_is_answered_by_silence():
    assert ask(TLS, TlsSecurity.FORCE, plain=None, tls=None) == "no port for it"


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\x01\xfe\x90\x00",
        v2gtp.encode(0x8001, b"\x80"),
        b"\x01\xfe\x90\x00\xff\xff\xff\xff\x00\x00",
        bytes(2000),
    ],
)
def test_what_is_no_request_is_not_answered(datagram):
    assert isinstance(answer(datagram, Ports(address=HERE, plain=1, tls=2), TlsSecurity.ALLOW), str)


def test_a_response_of_another_station_is_not_answered():
    theirs = sdp.Response(address=HERE, port=1, security=PLAIN).encode()

    assert answer(theirs, Ports(address=HERE, plain=1, tls=2), TlsSecurity.ALLOW) == "not a request"
