import ssl

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import (
    InvalidHeader,
    InvalidMessage,
    InvalidStatus,
    InvalidUpgrade,
    NegotiationError,
    PayloadTooBig,
    ProtocolError,
)
from websockets.frames import Close
from websockets.http11 import Response

from actors.ocpp.link import troubles
from actors.ocpp.messages import Trouble
from certs.tls.csms import CsmsFault, CsmsTlsError


def openssl(reason):
    error = ssl.SSLError(1, reason)
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (CsmsTlsError(CsmsFault.EXPIRED), Trouble.CERTIFICATE),
        (CsmsTlsError(CsmsFault.WRONG_NAME, "only a wildcard"), Trouble.CERTIFICATE),
        (ssl.SSLCertVerificationError(1, "unable to get local issuer"), Trouble.CERTIFICATE),
        (openssl("TLSV1_ALERT_PROTOCOL_VERSION"), Trouble.TLS_VERSION),
        (openssl("SSLV3_ALERT_HANDSHAKE_FAILURE"), Trouble.TLS_CIPHER),
        (openssl("TLSV13_ALERT_CERTIFICATE_REQUIRED"), Trouble.CREDENTIALS),
        (openssl("TLSV1_ALERT_UNKNOWN_CA"), Trouble.CREDENTIALS),
        (openssl("WRONG_VERSION_NUMBER"), Trouble.LOST),
        (ssl.SSLError(), Trouble.LOST),
    ],
)
def test_every_failure_of_tls_has_its_trouble(error, trouble):
    found = troubles.of_tls(error)

    assert found.trouble is trouble
    assert found.detail
    assert not found.breach


def test_what_is_wrong_with_a_certificate_is_told():
    found = troubles.of_tls(CsmsTlsError(CsmsFault.EXPIRED, "by 3 days"))

    assert found.detail == "the server's certificate has expired: by 3 days"


def caused(error, cause):
    error.__cause__ = cause
    return error


def status(code):
    return InvalidStatus(Response(code, "whatever", Headers()))


@pytest.mark.parametrize(
    ("error", "trouble", "detail"),
    [
        (status(401), Trouble.CREDENTIALS, "HTTP 401: Unauthorized"),
        (status(403), Trouble.CREDENTIALS, "HTTP 403"),
        (status(404), Trouble.REFUSED, "HTTP 404: Not Found"),
        (status(503), Trouble.REFUSED, "HTTP 503: Service Unavailable"),
        (status(599), Trouble.REFUSED, "HTTP 599: a status nobody knows"),
        (NegotiationError("unsupported subprotocol: soap"), Trouble.VERSION, "another subprotocol"),
        (InvalidHeader("Sec-WebSocket-Protocol", "two"), Trouble.VERSION, "another subprotocol"),
        (NegotiationError("no extensions supported"), Trouble.REFUSED, "NegotiationError"),
        (InvalidHeader("Sec-WebSocket-Accept"), Trouble.REFUSED, "InvalidHeader"),
        (InvalidUpgrade("Upgrade", "h2c"), Trouble.REFUSED, "InvalidUpgrade"),
        (caused(InvalidMessage("x"), EOFError()), Trouble.REFUSED, "dropped without an answer"),
        (caused(InvalidMessage("x"), ValueError()), Trouble.REFUSED, "InvalidMessage"),
    ],
)
def test_every_refused_upgrade_has_its_trouble(error, trouble, detail):
    found = troubles.of_upgrade(error, 2)

    assert found.trouble is trouble
    assert detail in found.detail


@pytest.mark.parametrize(
    ("close", "detail"),
    [
        (Close(1008, "unknown station"), "closed with 1008 unknown station"),
        (Close(1001, ""), "closed with 1001"),
        (Close(1000, "\x1b[2Jhello"), "closed with 1000 ?[2Jhello"),
        (None, "closed without a code"),
    ],
)
def test_a_good_bye_is_told_with_its_code_and_what_can_be_printed(close, detail):
    assert troubles.of_close(close) == troubles.Mishap(Trouble.CLOSED, detail)


@pytest.mark.parametrize(
    ("error", "trouble", "breach"),
    [
        (EOFError("end"), Trouble.LOST, False),
        (PayloadTooBig(9, 8), Trouble.CLOSED, True),
        (ProtocolError("reserved bits"), Trouble.CLOSED, True),
    ],
)
def test_a_websocket_that_breaks_off_is_lost_or_a_breach(error, trouble, breach):
    found = troubles.of_framing(error)

    assert (found.trouble, found.breach) == (trouble, breach)


def test_a_long_text_of_the_peer_is_cut():
    assert len(troubles.printable("a" * 5000)) == troubles.MAX_DETAIL
