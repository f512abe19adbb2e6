from __future__ import annotations

import pytest
from cryptography import x509

from certs import pki
from certs.ocsp import Status
from certs.revocation import Evidence
from certs.verdict import Reason
from tests.support.certificates import DAY, NOW, Forge, world

LEAF = world()["SECC_LEAF"]
ISSUER = LEAF.issuer
PERIOD = pki.Period.around(NOW)
STALE = pki.Period(this_update=NOW - 2 * DAY, next_update=NOW - DAY)
LISTED = {LEAF.certificate.serial_number: x509.ReasonFlags.key_compromise}


def said(status, period=PERIOD):
    return pki.ocsp_response(LEAF.certificate, ISSUER, period=period, status=status)


GOOD, REVOKED, UNKNOWN = said(Status.GOOD), said(Status.REVOKED), said(Status.UNKNOWN)
EMPTY, FULL = pki.crl(ISSUER, period=PERIOD), pki.crl(ISSUER, period=PERIOD, revoked=LISTED)
FORGED = pki.crl(Forge().root("CPO SUB CA2"), period=PERIOD, revoked=LISTED)


@pytest.mark.parametrize(
    ("responses", "crls", "optional", "required"),
    [
        ((), (), None, Reason.REVOCATION_UNKNOWN),
        ((GOOD,), (), None, None),
        ((), (EMPTY,), None, None),
        ((UNKNOWN,), (), None, Reason.REVOCATION_UNKNOWN),
        ((UNKNOWN,), (EMPTY,), None, None),
        ((REVOKED,), (), Reason.REVOKED, Reason.REVOKED),
        ((), (FULL,), Reason.REVOKED, Reason.REVOKED),
        ((GOOD,), (FULL,), Reason.REVOKED, Reason.REVOKED),
        ((GOOD, REVOKED), (EMPTY,), Reason.REVOKED, Reason.REVOKED),
        ((said(Status.REVOKED, STALE),), (), None, Reason.REVOCATION_UNKNOWN),
        ((b"garbage", GOOD), (), None, None),
        ((), (FORGED,), None, Reason.REVOCATION_UNKNOWN),
    ],
)
def test_what_is_known_decides_and_garbage_counts_as_absent(responses, crls, optional, required):
    for must, expected in ((False, optional), (True, required)):
        evidence = Evidence(responses=responses, crls=crls, required=must)
        assert evidence.check(LEAF.certificate, ISSUER.certificate, NOW) is expected


def test_an_answer_about_the_neighbour_says_nothing():
    evidence = Evidence(responses=(REVOKED,))
    assert evidence.check(ISSUER.certificate, ISSUER.issuer.certificate, NOW) is None
