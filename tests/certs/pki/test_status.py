from __future__ import annotations

import pytest
from cryptography.x509 import ocsp as library

from certs import ocsp, pki
from certs.errors import CertificateError, Problem
from certs.ocsp import Status
from tests.support.certificates import NOW, world

LEAF = world()["SECC_LEAF"]
PERIOD = pki.Period.around(NOW)


@pytest.mark.parametrize("status", Status)
def test_a_response_states_what_was_asked_for(status):
    data = pki.ocsp_response(LEAF.certificate, LEAF.issuer, period=PERIOD, status=status)
    (stated,) = ocsp.statements(data)
    assert (stated.status, stated.serial_number) == (status, f"{LEAF.certificate.serial_number:x}")
    assert (stated.this_update, stated.next_update) == (PERIOD.this_update, PERIOD.next_update)


@pytest.mark.parametrize(
    "status", [library.OCSPResponseStatus.TRY_LATER, library.OCSPResponseStatus.UNAUTHORIZED]
)
def test_a_refusal_is_no_statement(status):
    with pytest.raises(CertificateError) as caught:
        ocsp.statements(pki.refusal(status))
    assert (caught.value.problem, caught.value.detail) == (Problem.NOT_SUCCESSFUL, status.name)


@pytest.mark.parametrize(
    ("data", "problem"), [(b"garbage", Problem.MALFORMED), (b"\0" * 65_537, Problem.TOO_LARGE)]
)
def test_what_is_no_response_states_nothing(data, problem):
    with pytest.raises(CertificateError) as caught:
        ocsp.statements(data)
    assert caught.value.problem is problem
