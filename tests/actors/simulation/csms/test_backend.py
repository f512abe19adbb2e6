"""The simulated back-end answers a station sensibly in every version, and refuses what breaks a schema."""

import pytest

from protocols.ocpp import schemas
from protocols.ocpp.version import Version
from tests.support.csms_stage import BOOT, BOOT16, Stage

TOKEN = {"idToken": {"idToken": "C0FFEE", "type": "ISO14443"}}
EVENT = {
    "eventType": "Started",
    "timestamp": "2026-03-01T12:00:00Z",
    "triggerReason": "Authorized",
    "seqNo": 0,
    "transactionInfo": {"transactionId": "t"},
    "evse": {"id": 1, "connectorId": 1},
    **TOKEN,
}


def answer(stage, number, version, action, payload):
    """The answer to a call, held to its schema."""
    ((kind, message_id, answered),) = stage.call(number, action, payload, "m")
    assert (kind, message_id) == (3, "m")
    schemas.check(version, action, answered, answer=True)
    return answered


@pytest.mark.parametrize("version", Version, ids=str)
def test_a_station_may_register_in_every_version(version):
    stage = Stage()
    number = stage.connect(version=version)

    booted = answer(stage, number, version, "BootNotification", BOOT16 if version is Version.V16 else BOOT)

    assert booted["status"] == "Accepted"
    assert answer(stage, number, version, "Heartbeat", {})["currentTime"]


@pytest.mark.parametrize("version", [Version.V21, Version.V201], ids=str)
def test_a_token_is_accepted_and_a_transaction_taken_in(version):
    stage = Stage()
    number = stage.connect(version=version)

    assert answer(stage, number, version, "Authorize", TOKEN)["idTokenInfo"]["status"] == "Accepted"
    answer(stage, number, version, "TransactionEvent", EVENT)


@pytest.mark.parametrize(
    ("payload", "code"),
    [({"x": 1}, "FormatViolation"), ({"customData": {}}, "OccurrenceConstraintViolation")],
    ids=["surplus", "missing"],
)
def test_what_breaks_its_schema_is_refused(payload, code):
    stage = Stage()
    number = stage.connect()

    ((kind, message_id, refused, *_),) = stage.call(number, "Heartbeat", payload, "m")

    assert (kind, message_id, refused) == (4, "m", code)
    assert not stage.backend.good()


def test_what_is_no_frame_does_not_end_the_talk():
    stage = Stage()
    number = stage.connect()

    stage.say(number, "{")

    assert answer(stage, number, Version.V21, "BootNotification", BOOT)["status"] == "Accepted"
