"""What an older peer does not know is left out, and nothing else."""

import json

import pytest
from ocpp.v21 import call, datatypes, enums

from protocols.ocpp import payloads, schemas
from protocols.ocpp.errors import RefusalError
from protocols.ocpp.projection import project
from protocols.ocpp.version import Version


def test_fields_that_2_0_1_has_not_are_left_out() -> None:
    event = call.TransactionEvent(
        event_type=enums.TransactionEventEnumType.started,
        timestamp="2026-01-01T00:00:00.000Z",
        trigger_reason=enums.TriggerReasonEnumType.authorized,
        seq_no=0,
        transaction_info=datatypes.TransactionType(
            transaction_id="t", transaction_limit=datatypes.TransactionLimitType(max_energy=5.0)
        ),
        evse=datatypes.EVSEType(id=1, connector_id=2),
    )
    encoded = payloads.encode(event)

    cut = project(Version.V201, "TransactionEvent", encoded)

    schemas.check(Version.V201, "TransactionEvent", cut)
    assert cut["transactionInfo"] == {"transactionId": "t"}
    assert cut["evse"] == {"id": 1, "connectorId": 2}
    assert encoded["transactionInfo"]["transactionLimit"] == {"maxEnergy": 5.0}


@pytest.mark.parametrize(("version", "said"), [(Version.V201, "16"), (Version.V21, "16.0")])
def test_a_number_that_2_0_1_has_as_integer_has_no_fraction(version: Version, said: str) -> None:
    parameters = {"energyAmount": 16.0, "evMinCurrent": 16.0, "evMaxCurrent": 16.0, "evMaxVoltage": 16.0}
    needs = {"requestedEnergyTransfer": "AC_three_phase", "acChargingParameters": parameters}

    cut = project(version, "NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": needs})

    told = cut["chargingNeeds"]["acChargingParameters"]
    assert {json.dumps(each) for each in told.values()} == {said}


def test_what_has_a_fraction_keeps_it_to_be_refused() -> None:
    parameters = {"energyAmount": 16.5, "evMinCurrent": 1, "evMaxCurrent": 1, "evMaxVoltage": 1}
    needs = {"requestedEnergyTransfer": "AC_three_phase", "acChargingParameters": parameters}

    cut = project(Version.V201, "NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": needs})

    with pytest.raises(RefusalError):
        schemas.check(Version.V201, "NotifyEVChargingNeeds", cut)


def test_an_unknown_value_of_an_optional_field_is_left_out() -> None:
    info = {"transactionId": "t", "stoppedReason": "ReqEnergyTransferRejected"}
    cut = project(Version.V201, "TransactionEvent", {"transactionInfo": info})

    assert cut == {"transactionInfo": {"transactionId": "t"}}


def test_an_unknown_value_of_a_required_field_stays_to_be_refused() -> None:
    payload = {"idToken": {"idToken": "x", "type": "DirectPayment"}}

    cut = project(Version.V201, "Authorize", payload)

    assert cut == payload
    with pytest.raises(RefusalError, match="not one of the allowed values"):
        schemas.check(Version.V201, "Authorize", cut)


@pytest.mark.parametrize("trigger", enums.TriggerReasonEnumType)
def test_every_trigger_has_a_word_in_2_0_1(trigger: enums.TriggerReasonEnumType) -> None:
    payload = {
        "eventType": "Updated",
        "timestamp": "2026-01-01T00:00:00.000Z",
        "triggerReason": trigger.value,
        "seqNo": 1,
        "transactionInfo": {"transactionId": "t"},
    }
    cut = project(Version.V201, "TransactionEvent", payload)

    schemas.check(Version.V201, "TransactionEvent", cut)
    assert (cut["triggerReason"] == trigger.value) is (trigger.value in _triggers())


def _triggers() -> list[str]:
    definitions = schemas.schema(Version.V201, "TransactionEvent")["definitions"]
    found: list[str] = definitions["TriggerReasonEnumType"]["enum"]
    return found


def test_custom_data_travels_whole() -> None:
    payload = {"customData": {"vendorId": "v", "anything": [1, {"x": 2}]}}

    assert project(Version.V201, "Heartbeat", payload) == payload


def test_an_action_that_2_0_1_has_not_cannot_be_cut() -> None:
    with pytest.raises(KeyError):
        project(Version.V201, "BatterySwap", {})


def test_lists_are_cut_entry_by_entry() -> None:
    payload = {"setVariableResult": [{"attributeStatus": "Accepted", "foreign": 1}, {"foreign": 2}]}

    cut = project(Version.V201, "SetVariables", payload, answer=True)

    assert cut == {"setVariableResult": [{"attributeStatus": "Accepted"}, {}]}
