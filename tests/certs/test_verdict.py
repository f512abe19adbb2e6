from __future__ import annotations

import pytest

from certs import profiles
from certs.verdict import RESULTS, Reason, Refused, Result, Verified
from protocols.types.evse_security import CertificateValidationResult
from tests.support.certificates import world


def test_every_reason_has_a_result_that_is_not_valid():
    assert set(RESULTS) == set(Reason)
    assert Result.VALID not in RESULTS.values()


def test_the_results_are_everests():
    assert {one.value for one in Result} == {one.value for one in CertificateValidationResult}


@pytest.mark.parametrize("reason", Reason)
def test_a_refusal_says_its_reason_in_words(reason):
    assert str(Refused(reason=reason)) == reason.value
    assert str(Refused(reason=reason, detail="more")) == f"{reason.value}: more"


def test_a_verified_leaf_knows_its_root():
    path = world()["SECC_LEAF"].path
    verified = Verified(path=path, profile=profiles.SECC_ISO2)
    assert (verified.root, verified.result) == (path[-1], Result.VALID)
