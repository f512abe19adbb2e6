"""What is answered about id tokens, id tags and contracts."""

from datetime import timedelta

import pytest

from actors.simulation.csms import tokens
from actors.simulation.csms.script import Script
from certs import pki
from certs.pem import to_pem
from protocols.ocpp.times import text_of
from tests.support.certificates import NOW, world
from tests.support.csms_stage import authority, hashes

LISTED = {
    "tokens": [
        {"id": "DEADBEEF", "type": "ISO14443", "valid_s": 60, "group": "fleet"},
        {"id": "CAFE", "status": "Blocked", "info": {"language1": "en"}},
        {"id": "ODD", "status": "NoCredit"},
    ],
    "contracts": [
        {"emaid": "DE-8EV-SC0000001-X", "pcid": "WEVSITE0000000001"},
        {"emaid": "DE8EVSC0000002Y", "status": "Blocked"},
    ],
}


def script(**more):
    return Script.model_validate({**LISTED, **more})


def info(token, kind="ISO14443", plan=None):
    return tokens.token_info(plan or script(), {"idToken": token, "type": kind}, NOW)


def test_without_lists_everything_is_accepted():
    assert info("any", plan=Script()) == info("any", "eMAID", Script()) == {"status": "Accepted"}
    assert tokens.tag_info(Script(), "any", NOW) == {"status": "Accepted"}


def test_a_listed_token_is_answered_with_all_it_has():
    expected = {
        "status": "Accepted",
        "cacheExpiryDateTime": text_of(NOW + timedelta(seconds=60)),
        "groupIdToken": {"idToken": "fleet", "type": "Central"},
    }

    assert info("deadbeef") == expected


@pytest.mark.parametrize(
    ("token", "kind", "status"),
    [
        ("DEADBEEF", "KeyCode", "Unknown"),
        ("cafe", "KeyCode", "Blocked"),
        ("other", "ISO14443", "Unknown"),
        ("", "NoAuthorization", "Accepted"),
        ("DE8EVSC0000001X", "eMAID", "Accepted"),
        ("de8evsc0000002y", "eMAID", "Blocked"),
        ("DE8EVSC0000003Z", "eMAID", "Unknown"),
        ("CAFE", "eMAID", "Blocked"),
    ],
)
def test_type_and_list_decide_on_a_token(token, kind, status):
    assert info(token, kind)["status"] == status


def test_further_fields_come_from_the_script():
    assert info("CAFE") == {"status": "Blocked", "language1": "en"}


@pytest.mark.parametrize(
    ("tag", "answer"),
    [
        (
            "DEADBEEF",
            {
                "status": "Accepted",
                "expiryDate": text_of(NOW + timedelta(seconds=60)),
                "parentIdTag": "fleet",
            },
        ),
        ("CAFE", {"status": "Blocked"}),
        ("ODD", {"status": "Invalid"}),
        ("other", {"status": "Invalid"}),
    ],
)
def test_a_tag_of_the_old_version_is_looked_up_alike(tag, answer):
    assert tokens.tag_info(script(), tag, NOW) == answer


def test_a_car_gets_the_contract_that_the_script_gives_it():
    assert tokens.emaid_for(Script(), "WEVSITE0000000001") is None
    assert tokens.emaid_for(script(), "WEVSITE0000000001") == "DE-8EV-SC0000001-X"
    with pytest.raises(KeyError):
        tokens.emaid_for(script(), "WOTHER00000000001")


def asked(emaid="DE8EVSC0000001X", **more):
    return {"idToken": {"idToken": emaid, "type": "eMAID"}, **more}


def checked(payload, made=None, now=NOW):
    return tokens.check_contract(payload, made or authority(), now).status


def pem(name="MO_LEAF"):
    return to_pem(list(world()[name].chain)).decode()


def test_without_a_certificate_nothing_is_checked():
    assert tokens.check_contract(asked(), authority(), NOW) is None


def test_without_a_pki_no_certificate_is_known():
    found = tokens.check_contract(asked(certificate="x"), None, NOW)

    assert (found.good, found.status, found.token_status) == (False, "NoCertificateAvailable", "Invalid")


def test_hash_data_of_the_pki_are_accepted():
    assert checked(asked(iso15118CertificateHashData=[hashes()])) == "Accepted"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"issuerKeyHash": "0" * 64}, "CertChainError"),
        ({"issuerKeyHash": "not hexadecimal"}, "CertChainError"),
    ],
)
def test_hash_data_of_nobody_are_a_broken_chain(change, status):
    assert checked(asked(iso15118CertificateHashData=[hashes(**change)])) == status


def test_hash_data_of_a_revoked_certificate_are_told():
    made = authority(revoked=("MO_LEAF",))

    assert (
        checked(asked(iso15118CertificateHashData=[hashes("MO_SUB_CA2"), hashes()]), made)
        == "CertificateRevoked"
    )


@pytest.mark.parametrize("name", ["MO_LEAF", "MO_LEAF_20"])
def test_a_chain_of_the_pki_is_accepted(name):
    found = tokens.check_contract(asked(certificate=pem(name)), authority(), NOW)

    assert found.good
    assert found.token_status == "Accepted"


def test_a_chain_of_another_contract_is_refused():
    assert checked(asked("DE8EVSC0000002Y", certificate=pem())) == "CertChainError"


def test_a_text_that_is_no_chain_is_refused():
    assert checked(asked(certificate="no PEM")) == "CertChainError"


@pytest.mark.parametrize(
    ("variant", "status", "token_status"),
    [
        ("expired", "CertificateExpired", "Expired"),
        ("wrong-signature", "SignatureError", "Invalid"),
        ("foreign-root", "CertChainError", "Invalid"),
    ],
)
def test_a_broken_chain_is_told_by_its_reason(variant, status, token_status):
    broken = pki.broken(world(), "MO_LEAF", variant)
    text = to_pem([broken.leaf, *broken.received]).decode()

    found = tokens.check_contract(asked(certificate=text), authority(), NOW)

    assert (found.status, found.token_status) == (status, token_status)


def test_a_revoked_chain_is_told():
    assert checked(asked(certificate=pem()), authority(revoked=("MO_LEAF",))) == "CertificateRevoked"
