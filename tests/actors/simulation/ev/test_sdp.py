import ipaddress

import pytest

from actors.simulation.ev.sdp import accept, request
from protocols.iso15118 import sdp

ADDRESS = ipaddress.IPv6Address("fe80::1")


def answer(security):
    return sdp.Response(address=ADDRESS, port=61000, security=security).encode()


@pytest.mark.parametrize("tls", [True, False])
def test_a_car_asks_for_the_security_it_wants(tls):
    assert (sdp.decode(request(tls=tls)).security is sdp.Security.TLS) is tls


@pytest.mark.parametrize(
    ("security", "tls", "required", "counts"),
    [
        (sdp.Security.TLS, True, True, True),
        (sdp.Security.TLS, True, False, True),
        (sdp.Security.TLS, False, False, False),
        (sdp.Security.NO_TLS, True, True, False),
        (sdp.Security.NO_TLS, True, False, True),
        (sdp.Security.NO_TLS, False, False, True),
    ],
)
def test_an_answer_counts_only_where_its_security_fits(security, tls, required, counts):
    assert (accept(answer(security), tls=tls, required=required) is not None) is counts


@pytest.mark.parametrize("datagram", [b"", b"noise", request(tls=True)])
def test_what_is_no_answer_does_not_count(datagram):
    assert accept(datagram, tls=True, required=False) is None
