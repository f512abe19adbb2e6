"""The answer to every action of a station of OCPP 2, held to its schema."""

import base64
import json

import pytest

from actors.simulation.csms import answers
from actors.simulation.csms.record import GOOD, Kind
from certs.pem import load_certificates, to_pem
from protocols.ocpp import schemas
from protocols.ocpp.times import text_of
from protocols.ocpp.version import Version
from tests.support.certificates import NOW, world
from tests.support.csms_cars import EMAID, ISO2, ISO20, asks_iso2, asks_iso20, opened_iso2, opened_iso20
from tests.support.csms_stage import Stage, csr, event, hashes
from tests.support.ocpp_samples import sample

STATION_ASKS = sorted(answers.ANSWERS)


def talk(action, payload, script=None, *, version=Version.V21, certified=True):
    """The answer to one call, and what is asked of the station behind it."""
    stage = Stage(script, certified=certified)
    number = stage.connect(version=version)
    (kind, _, answered, *_), *behind = stage.call(number, action, payload)
    if kind == 3:
        schemas.check(version, action, answered, answer=True)
    return (answered if kind == 3 else {"refused": answered}), behind


@pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
@pytest.mark.parametrize("action", STATION_ASKS)
def test_every_action_of_stations_is_answered_by_its_schema(action, version):
    if action not in schemas.actions(version):
        return
    answered, _ = talk(action, sample(version, action), version=version)

    assert "refused" not in answered


@pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
def test_what_only_a_back_end_asks_is_not_supported(version):
    refused, _ = talk("Reset", {"type": "Immediate"}, version=version)

    assert refused == {"refused": "NotSupported"}


def test_what_a_version_has_not_is_not_implemented():
    refused, _ = talk("VatNumberValidation", {"vatNumber": "DE1"}, version=Version.V201)

    assert refused == {"refused": "NotImplemented"}


def test_a_boot_is_told_time_and_interval():
    answered, _ = talk("BootNotification", sample(Version.V21, "BootNotification"), {"heartbeat_s": 42})

    assert answered == {"currentTime": text_of(NOW), "interval": 42, "status": "Accepted"}


def emaid(emaid=EMAID, **more):
    return {"idToken": {"idToken": emaid, "type": "eMAID"}, **more}


def test_a_blocked_contract_is_cancelled_although_its_chain_is_good():
    script = {"contracts": [{"emaid": EMAID, "status": "Blocked"}]}
    chain = to_pem(list(world()["MO_LEAF"].chain)).decode()

    answered, _ = talk("Authorize", emaid(certificate=chain), script)

    assert answered == {"idTokenInfo": {"status": "Blocked"}, "certificateStatus": "ContractCancelled"}


def test_a_good_contract_is_accepted_with_its_certificate():
    chain = to_pem(list(world()["MO_LEAF"].chain)).decode()

    answered, _ = talk("Authorize", emaid(certificate=chain))

    assert answered == {"idTokenInfo": {"status": "Accepted"}, "certificateStatus": "Accepted"}


def test_a_bad_chain_makes_the_token_bad():
    answered, _ = talk("Authorize", emaid(certificate="nothing"))

    assert answered == {"idTokenInfo": {"status": "Invalid"}, "certificateStatus": "CertChainError"}


def test_an_rfid_token_has_no_certificate_status():
    answered, _ = talk("Authorize", {"idToken": {"idToken": "AA", "type": "ISO14443"}})

    assert answered == {"idTokenInfo": {"status": "Accepted"}}


def test_a_transaction_costs_what_the_script_says():
    stage = Stage({"price_per_kwh": 0.5})
    number = stage.connect()

    ((_, _, started),) = stage.call(number, "TransactionEvent", event("Started", 0, 1000))
    ((_, _, updated),) = stage.call(number, "TransactionEvent", event("Updated", 1, 3500))

    assert started == {}
    assert updated == {"totalCost": 1.25}


def test_a_token_in_a_transaction_is_answered_too():
    answered, _ = talk(
        "TransactionEvent", event(idToken={"idToken": "AA", "type": "ISO14443"}), {"tokens": []}
    )

    assert answered == {"idTokenInfo": {"status": "Unknown"}}


@pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
def test_a_signed_certificate_follows_its_request(version):
    more = {"requestId": 7} if version is Version.V21 else {}

    answered, ((_, _, action, payload),) = talk(
        "SignCertificate", {"csr": csr(), "certificateType": "V2GCertificate", **more}, version=version
    )

    assert (answered["status"], action) == ("Accepted", "CertificateSigned")
    assert payload["certificateType"] == "V2GCertificate"
    assert payload.get("requestId") == more.get("requestId")
    assert len(load_certificates(payload["certificateChain"])) == 3
    schemas.check(version, "CertificateSigned", payload)


def test_a_signed_certificate_may_take_its_time():
    stage = Stage({"certificates": {"sign_after_s": 60}}, certified=True)
    number = stage.connect()

    assert len(stage.call(number, "SignCertificate", {"csr": csr()})) == 1
    assert stage.wait(59) == []
    assert [frame[2] for frame in stage.wait(2)] == ["CertificateSigned"]


@pytest.mark.parametrize(
    ("script", "certified", "code"),
    [({}, False, "NoCA"), ({"certificates": {"sign": False}}, True, "NoCA"), ({}, True, "InvalidCSR")],
)
def test_what_cannot_be_signed_is_rejected(script, certified, code):
    answered, behind = talk("SignCertificate", {"csr": "no request"}, script, certified=certified)

    assert (answered["status"], answered["statusInfo"]["reasonCode"]) == ("Rejected", code)
    assert behind == []


@pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
@pytest.mark.parametrize(
    ("namespace", "asks", "opened"), [(ISO2, asks_iso2, opened_iso2), (ISO20, asks_iso20, opened_iso20)]
)
def test_a_car_is_given_its_contract(version, namespace, asks, opened):
    request = {
        "iso15118SchemaVersion": namespace,
        "action": "Install",
        "exiRequest": base64.b64encode(asks()).decode(),
    }

    answered, _ = talk("Get15118EVCertificate", request, version=version)

    assert answered["status"] == "Accepted"
    assert opened(base64.b64decode(answered["exiResponse"]))


@pytest.mark.parametrize(
    ("request_", "certified", "code"),
    [
        ("AAAA", False, "NoCA"),
        ("no base64", True, "InvalidRequest"),
        ("\u00e4", True, "InvalidRequest"),
        ("AAAA", True, "NoContract"),
    ],
)
def test_a_car_without_a_good_request_gets_none(request_, certified, code):
    request = {"iso15118SchemaVersion": ISO2, "action": "Install", "exiRequest": request_}

    answered, _ = talk("Get15118EVCertificate", request, certified=certified)

    assert (answered["status"], answered["statusInfo"]["reasonCode"]) == ("Failed", code)


def test_a_certificate_status_is_an_ocsp_response():
    asked = {"ocspRequestData": {**hashes(), "responderURL": "http://x"}}

    answered, _ = talk("GetCertificateStatus", asked)

    assert answered["status"] == "Accepted"
    assert base64.b64decode(answered["ocspResult"])


@pytest.mark.parametrize(
    ("changes", "certified", "code"),
    [
        ({"issuerKeyHash": "0" * 64}, True, "UnknownIssuer"),
        ({}, False, "UnknownIssuer"),
        ({"serialNumber": "no number"}, True, "InvalidHashData"),
    ],
)
def test_without_a_responder_a_status_fails(changes, certified, code):
    asked = {"ocspRequestData": {**hashes(**changes), "responderURL": "http://x"}}

    answered, _ = talk("GetCertificateStatus", asked, certified=certified)

    assert (answered["status"], answered["statusInfo"]["reasonCode"]) == ("Failed", code)


@pytest.mark.parametrize(
    ("changes", "certified", "status"),
    [
        ({}, True, "Good"),
        ({"issuerKeyHash": "0" * 64}, True, "Unknown"),
        ({"serialNumber": "no number"}, True, "Unknown"),
        ({}, False, "Unknown"),
    ],
)
def test_a_chain_status_is_told_for_each_certificate(changes, certified, status):
    given = hashes(**changes)
    asked = {
        "certificateStatusRequests": [{"certificateHashData": given, "source": "OCSP", "urls": ["http://x"]}]
    }

    answered, _ = talk("GetCertificateChainStatus", asked, certified=certified)

    (one,) = answered["certificateStatus"]
    assert (one["status"], one["certificateHashData"], one["source"]) == (status, given, "OCSP")


NEEDS = {"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "DC"}}


@pytest.mark.parametrize(
    ("version", "status"), [(Version.V21, "NoChargingProfile"), (Version.V201, "Rejected")]
)
def test_needs_without_a_schedule_get_no_profile(version, status):
    assert talk("NotifyEVChargingNeeds", NEEDS, version=version) == ({"status": status}, [])


def test_needs_of_no_transaction_get_no_profile():
    assert talk("NotifyEVChargingNeeds", NEEDS, {"schedule": {"limit_w": 1}}) == (
        {"status": "NoChargingProfile"},
        [],
    )


def test_needs_of_a_car_are_answered_with_a_profile():
    stage = Stage({"schedule": {"limit_w": 5000, "stack_level": 3}})
    number = stage.connect()
    stage.call(number, "TransactionEvent", event(evse={"id": 1, "connectorId": 1}))

    (_, _, answered), (_, _, action, payload) = stage.call(number, "NotifyEVChargingNeeds", NEEDS)

    assert (answered, action) == ({"status": "Accepted"}, "SetChargingProfile")
    schemas.check(Version.V21, action, payload)
    profile = payload["chargingProfile"]
    assert (profile["transactionId"], profile["stackLevel"]) == ("tx-1", 3)
    assert profile["chargingSchedule"][0]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 5000}]


@pytest.mark.parametrize("evse", [{}, {"evseId": 2}])
def test_a_vat_number_comes_back(evse):
    answered, _ = talk("VatNumberValidation", {"vatNumber": "DE1", **evse})

    assert answered == {"status": "Accepted", "vatNumber": "DE1", **evse}


def test_a_follow_is_dropped_when_the_script_turns_its_answer_down():
    script = {"answers": [{"action": "SignCertificate", "merge": {"status": "Rejected"}}]}

    answered, behind = talk("SignCertificate", {"csr": csr()}, script)

    assert (answered["status"], behind) == ("Rejected", [])


def test_a_periodic_stream_is_taken_in_without_an_answer():
    stage = Stage()
    number = stage.connect()
    payload = {"id": 1, "pending": 0, "basetime": "2026-01-01T00:00:00Z", "data": [{"t": 0, "v": "1"}]}

    said = stage.say(number, json.dumps([6, "s1", "NotifyPeriodicEventStream", payload]))

    assert said == []
    assert (stage.entries[-1].kind, stage.entries[-1].verdict) == (Kind.FRAME, GOOD)
