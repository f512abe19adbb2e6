"""Every schema of every version compiles, and payloads are refused with the standard's codes."""

import pytest

from protocols.ocpp import schemas
from protocols.ocpp.errors import Code, RefusalError
from protocols.ocpp.version import Version

BOOT = {"reason": "PowerUp", "chargingStation": {"model": "m", "vendorName": "v"}}


@pytest.mark.parametrize(
    ("version", "count"), [(Version.V16, 39), (Version.V201, 64), (Version.V21, 91)], ids=str
)
def test_every_schema_of_a_version_compiles(version: Version, count: int) -> None:
    schemas.prepare(version)

    assert len(schemas.actions(version)) == count


@pytest.mark.parametrize(
    ("change", "code", "problem"),
    [
        ({}, None, ""),
        ({"reason": None}, Code.OCCURRENCE_CONSTRAINT_VIOLATION, "a required field is missing"),
        ({"reason": 5}, Code.TYPE_CONSTRAINT_VIOLATION, "reason: of another type"),
        ({"reason": "Why"}, Code.PROPERTY_CONSTRAINT_VIOLATION, "reason: not one of the allowed values"),
        ({"more": 1}, Code.FORMAT_VIOLATION, "a field that the schema has not"),
        (
            {"chargingStation": {"model": "m" * 21, "vendorName": "v"}},
            Code.PROPERTY_CONSTRAINT_VIOLATION,
            "chargingStation/model: too long",
        ),
    ],
    ids=["good", "missing", "type", "enum", "additional", "long"],
)
def test_a_payload_is_refused_with_place_and_code(
    change: dict[str, object], code: Code | None, problem: str
) -> None:
    payload = {name: value for name, value in {**BOOT, **change}.items() if value is not None}

    if code is None:
        schemas.check(Version.V21, "BootNotification", payload)
        return
    with pytest.raises(RefusalError, match=problem) as refused:
        schemas.check(Version.V21, "BootNotification", payload)

    assert refused.value.code is code


def test_too_few_entries_break_the_occurrence() -> None:
    with pytest.raises(RefusalError, match="getVariableData: too few entries") as refused:
        schemas.check(Version.V201, "GetVariables", {"getVariableData": []})

    assert refused.value.code is Code.OCCURRENCE_CONSTRAINT_VIOLATION


@pytest.mark.parametrize("action", ["Nonsense", "../call", "heartbeat", "HeartbeatRequest"])
def test_an_unknown_action_is_not_implemented(action: str) -> None:
    with pytest.raises(RefusalError) as refused:
        schemas.check(Version.V21, action, {})

    assert refused.value.code is Code.NOT_IMPLEMENTED


def test_a_message_nobody_answers_has_no_answer() -> None:
    with pytest.raises(RefusalError):
        schemas.check(Version.V21, "NotifyPeriodicEventStream", {}, answer=True)


def test_an_answer_has_a_schema_of_its_own() -> None:
    schemas.check(Version.V16, "Heartbeat", {"currentTime": "2026-01-01T00:00:00Z"}, answer=True)

    with pytest.raises(RefusalError):
        schemas.check(Version.V16, "Heartbeat", {"currentTime": "2026-01-01T00:00:00Z"})


def test_what_was_received_may_write_its_clock_as_it_likes() -> None:
    payload = {"currentTime": "2026-01-01T00:00:00"}

    schemas.check_received(Version.V21, "Heartbeat", payload, answer=True)

    with pytest.raises(RefusalError):
        schemas.check(Version.V21, "Heartbeat", payload, answer=True)


@pytest.mark.parametrize("number", [2**63, -(2**63), 10**400], ids=["more", "less", "endless"])
def test_no_number_that_was_received_has_more_than_64_bits(number: int) -> None:
    data = {"vendorId": "x", "customData": {"vendorId": "x", "deep": [True, "a", {"n": number}]}}

    with pytest.raises(RefusalError, match="64 bits"):
        schemas.check_received(Version.V21, "DataTransfer", data)
