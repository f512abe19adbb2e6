from __future__ import annotations

import pytest

from certs import chain, names, pki, profiles, requests
from certs.keys import key_matches
from certs.pki import Edition
from certs.verdict import Result
from tests.support.certificates import NOW, world

SUBJECT = requests.Subject(common_name="DE*NEW", organization="Operator", country="DE")


@pytest.mark.parametrize(
    ("leaf", "issuer", "edition", "profile"),
    [
        ("SECC_LEAF", "CPO_SUB_CA2", Edition.ISO2, profiles.SECC_ISO2),
        ("SECC_LEAF", "CPO_SUB_CA2_20", Edition.ISO20, profiles.SECC_ISO20),
        ("CSMS_LEAF", "CSMS_ROOT_CA", None, profiles.CSMS_CLIENT),
    ],
)
def test_a_signed_request_is_a_valid_leaf_of_its_row(leaf, issuer, edition, profile):
    key, request = requests.new_request(SUBJECT, profile)
    authority = world()[issuer]
    made = pki.sign_request(
        request,
        authority,
        pki.LEAVES[leaf],
        options=pki.Options(now=NOW),
        edition=edition,
        mint=pki.insecure_mint("sign", 500),
    )
    verdict = chain.verify(made, authority.chain, [authority.path[-1]], profile=profile, now=NOW)
    assert verdict.result is Result.VALID
    assert key_matches(key, made)
    assert names.common_name(made) == "DE*NEW"
    assert made.serial_number == 500
