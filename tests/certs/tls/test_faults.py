import pickle

import pytest

from certs.tls.client_hello import HelloError
from certs.tls.faults import Alert, Fault, TlsFailure, alert_name, alert_record
from certs.verdict import Reason, Refused


def test_an_alert_record_is_fatal_and_unprotected():
    assert alert_record(Alert.PROTOCOL_VERSION) == bytes.fromhex("15 0303 0002 02 46")


@pytest.mark.parametrize(("number", "name"), [(48, "unknown_ca"), (199, "alert_199")])
def test_an_alert_has_a_name_even_if_unknown(number, name):
    assert alert_name(number) == name


@pytest.mark.parametrize(
    ("failure", "text"),
    [
        (TlsFailure(fault=Fault.TRUNCATED), "the stream ended without close_notify"),
        (TlsFailure(fault=Fault.SUITE, detail="c023"), "no cipher suite in common: c023"),
        (
            TlsFailure(fault=Fault.PEER_CERTIFICATE, refused=Refused(reason=Reason.REVOKED)),
            "the peer's certificate is not trusted: it is revoked",
        ),
    ],
)
def test_a_failure_says_what_it_knows(failure, text):
    assert str(failure) == text


def test_a_hello_error_survives_pickling():
    error = HelloError(Fault.MALFORMED, Alert.DECODE_ERROR, "short")

    assert pickle.loads(pickle.dumps(error)).failure == error.failure
