"""The answer to every action of a station of OCPP 1.6, and to Plug & Charge inside its DataTransfer."""

import base64
import json

import pytest

from actors.simulation.csms import answers16
from actors.simulation.csms.answers16 import PNC_VENDOR
from protocols.ocpp import schemas
from protocols.ocpp.version import Version
from tests.support.csms_cars import ISO2, asks_iso2, opened_iso2
from tests.support.csms_stage import Stage, csr, hashes
from tests.support.ocpp_samples import sample

START = {"connectorId": 1, "idTag": "AA", "meterStart": 1000, "timestamp": "2026-06-01T12:00:00Z"}
STOP = {"transactionId": 1, "meterStop": 3000, "timestamp": "2026-06-01T13:00:00Z"}


class Old(Stage):
    """A station of 1.6."""

    def __init__(self, script=None, *, certified=True):
        super().__init__(script, certified=certified)
        self.number = self.connect(version=Version.V16)

    def ask(self, action, payload):
        """The answer to one call, held to its schema, and what is asked behind it."""
        (kind, _, answered, *_), *behind = self.call(self.number, action, payload)
        if kind == 3:
            schemas.check(Version.V16, action, answered, answer=True)
        return answered, behind

    def pnc(self, name, payload):
        """A message of Plug & Charge: the answer inside, and what is asked behind it."""
        data = payload if isinstance(payload, str) else json.dumps(payload)
        answered, behind = self.ask("DataTransfer", {"vendorId": PNC_VENDOR, "messageId": name, "data": data})
        return answered["status"], json.loads(answered.get("data", "null")), behind


@pytest.mark.parametrize("action", sorted(answers16.ANSWERS))
def test_every_action_of_stations_is_answered_by_its_schema(action):
    answered, _ = Old().ask(action, sample(Version.V16, action, full=True))

    assert isinstance(answered, dict)


@pytest.mark.parametrize(("action", "code"), [("Reset", "NotSupported"), ("Sing", "NotImplemented")])
def test_what_stations_may_not_ask_is_refused(action, code):
    assert Old().ask(action, {"type": "Soft"})[0] == code


def test_a_transaction_has_the_number_it_was_given():
    stage = Old({"tokens": [{"id": "AA"}]})

    first, _ = stage.ask("StartTransaction", START)
    again, _ = stage.ask("StartTransaction", START)
    second, _ = stage.ask("StartTransaction", START | {"connectorId": 2})

    assert (first["transactionId"], again["transactionId"], second["transactionId"]) == (1, 1, 2)
    assert first["idTagInfo"] == {"status": "Accepted"}


@pytest.mark.parametrize(
    ("more", "answered"), [({}, {}), ({"idTag": "BB"}, {"idTagInfo": {"status": "Invalid"}})]
)
def test_a_stop_is_answered_about_its_tag(more, answered):
    assert Old({"tokens": []}).ask("StopTransaction", STOP | more)[0] == answered


def test_meter_values_count_for_the_transaction_they_name():
    stage = Old()
    stage.ask("StartTransaction", START)
    values = [{"timestamp": START["timestamp"], "sampledValue": [{"value": "1500"}]}]

    stage.ask("MeterValues", {"connectorId": 1, "transactionId": 1, "meterValue": values})
    stage.ask("MeterValues", {"connectorId": 1, "meterValue": values})

    (one,) = stage.backend.hub.transactions
    assert (one.messages, one.energy_wh) == (2, 500)


def test_the_stations_own_certificate_is_signed():
    answered, ((_, _, action, payload),) = Old().ask("SignCertificate", {"csr": csr()})

    assert (answered, action) == ({"status": "Accepted"}, "CertificateSigned")
    schemas.check(Version.V16, action, payload)


@pytest.mark.parametrize(
    ("script", "certified"), [({}, False), ({"certificates": {"sign": False}}, True), ({}, True)]
)
def test_what_cannot_be_signed_is_rejected(script, certified):
    assert Old(script, certified=certified).ask("SignCertificate", {"csr": "x"}) == (
        {"status": "Rejected"},
        [],
    )


def test_other_vendors_and_messages_are_unknown():
    stage = Old()

    assert stage.ask("DataTransfer", {"vendorId": "me"})[0] == {"status": "UnknownVendorId"}
    assert stage.ask("DataTransfer", {"vendorId": PNC_VENDOR})[0] == {"status": "UnknownMessageId"}
    assert stage.pnc("Reset", {})[0] == "UnknownMessageId"


@pytest.mark.parametrize(
    "data",
    [
        "",
        "{",
        "[]",
        "{},{}",
        "{}]",
        '{"idToken": NaN}',
        "[" * 5000,
        '{"a":"\\ud800"}',
        '{"surplus":1}',
        "{},1",
    ],
)
def test_data_that_is_no_payload_is_rejected(data):
    status, told, _ = Old().pnc("Authorize", data)

    assert status == "Rejected"
    assert told["error"]


def test_a_contract_is_authorized_inside_a_transfer():
    status, answered, _ = Old().pnc("Authorize", {"idToken": {"idToken": "DE8EVSC0000001X", "type": "eMAID"}})

    assert (status, answered) == ("Accepted", {"idTokenInfo": {"status": "Accepted"}})


def test_a_certificate_that_is_signed_follows_in_a_transfer():
    status, answered, ((_, _, action, payload),) = Old().pnc(
        "SignCertificate", {"csr": csr(), "certificateType": "V2GCertificate"}
    )

    assert (status, answered, action) == ("Accepted", {"status": "Accepted"}, "DataTransfer")
    assert payload["messageId"] == "CertificateSigned"
    schemas.check(Version.V201, "CertificateSigned", json.loads(payload["data"]))


def test_a_car_is_given_its_contract_inside_a_transfer():
    request = {
        "iso15118SchemaVersion": ISO2,
        "action": "Install",
        "exiRequest": base64.b64encode(asks_iso2()).decode(),
    }

    status, answered, _ = Old().pnc("Get15118EVCertificate", request)

    assert (status, answered["status"]) == ("Accepted", "Accepted")
    assert opened_iso2(base64.b64decode(answered["exiResponse"]))


def test_a_certificate_status_is_told_inside_a_transfer():
    status, answered, _ = Old().pnc(
        "GetCertificateStatus", {"ocspRequestData": {**hashes(), "responderURL": "http://x"}}
    )

    assert (status, answered["status"]) == ("Accepted", "Accepted")
