"""What a back-end and our charge point do with each other in `ocpp_peer`, step by step.

Each step checks what it sees; what it wants is the standard's (OCPP 2.0.1 and 2.1 part 2, the use cases and
requirements beside the lines). A step goes on as far as it can: everything it finds is told.
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Final

from tests.interop.ocpp_certificates import certificates, contract, leaves_for_cars, responders
from tests.interop.ocpp_site import CARD, STATION

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.interop.ocpp_back_ends import Payload
    from tests.interop.ocpp_run import Run

REMOTE: Final = {"idToken": "REMOTE", "type": "Central"}
ACCEPTED: Final[Payload] = {"status": "Accepted"}
BOOT: Final[Payload] = {"currentTime": "", "interval": 600, "status": "Accepted"}
INTERVAL: Final = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
MODEL: Final = {"component": {"name": "ChargingStation"}, "variable": {"name": "Model"}}
UNKNOWN: Final = {"component": {"name": "Nowhere"}, "variable": {"name": "Nothing"}}
TAKEN: Final[tuple[Payload, ...]] = ({},)
ANSWERS: Final[dict[str, tuple[Payload, ...]]] = {
    "BootNotification": (BOOT | {"status": "Pending"}, BOOT),
    "Heartbeat": ({"currentTime": ""},),
    "SecurityEventNotification": ({"refuse": "not today"}, {}),
    "SignCertificate": (ACCEPTED,),
    "DataTransfer": (ACCEPTED,),
    "NotifyEVChargingNeeds": (ACCEPTED,),
    "NotifyEVChargingSchedule": (ACCEPTED,),
} | dict.fromkeys(
    ("StatusNotification", "NotifyReport", "NotifyEvent", "TransactionEvent", "MeterValues",
     "LogStatusNotification", "FirmwareStatusNotification", "NotifyChargingLimit", "ClearedChargingLimit",
     "ReportChargingProfiles", "ReservationStatusUpdate"),
    TAKEN,
)  # fmt: skip


# -- the steps -----------------------------------------------------------------------------------------------


def boot(run: Run) -> None:
    """B01, B02: Pending first; what may be asked meanwhile; then Accepted, on being asked to say it again."""
    back_end = run.back_end
    first = back_end.awaited("BootNotification", within_s=90.0)
    run.same(back_end.connections, [f"/{STATION} ocpp{run.version}"], "connected to, with subprotocol")
    run.same(first["reason"], "PowerUp", "reason of the boot")
    run.same(_value(run, MODEL), ("Accepted", "evsite"), "GetVariables while Pending")  # B02.FR.01
    run.status("RequestStartTransaction", _remote_start(1), "Rejected")  # B02.FR.05
    run.same(back_end.heard(), {"BootNotification"}, "heard while Pending")  # B02.FR.02
    run.status("TriggerMessage", {"requestedMessage": "BootNotification"}, "Accepted")  # F06.FR.17
    back_end.awaited("BootNotification", lambda each: each["reason"] == "Triggered")
    for evse in (1, 2):
        back_end.awaited("StatusNotification", lambda each, evse=evse: each["evseId"] == evse)  # type: ignore[misc]  # mypy and defaults of a lambda
    run.status("TriggerMessage", {"requestedMessage": "BootNotification"}, "Rejected")  # F06.FR.17


def report(run: Run) -> None:
    """B07: a base report arrives whole, and says of a variable what GetVariables says."""
    for number, base in enumerate(("FullInventory", "ConfigurationInventory"), 11):
        run.status("GetBaseReport", {"requestId": number, "reportBase": base}, "Accepted")
        run.back_end.awaited(
            "NotifyReport",
            lambda each, number=number: each["requestId"] == number and not each.get("tbc"),  # type: ignore[misc]  # as above
        )
        parts = [each for each in run.back_end.said("NotifyReport") if each["requestId"] == number]
        run.same([each["seqNo"] for each in parts], list(range(len(parts))), f"{base}: seqNo")
        run.same([each.get("tbc", False) for each in parts], [True] * (len(parts) - 1) + [False], "tbc")
        data = [entry for each in parts for entry in each.get("reportData", ())]
        named = [json.dumps([entry["component"], entry["variable"]], sort_keys=True) for entry in data]
        run.same(len(named), len(set(named)), f"{base}: variables")
        run.check(len(data) > 50, f"{base}: only {len(data)} variables")
        found = [
            entry["variableAttribute"][0].get("value")
            for entry in data
            if {"component": entry["component"], "variable": entry["variable"]} == INTERVAL
        ]
        run.same(found, [_value(run, INTERVAL)[1]], f"{base} and GetVariables about HeartbeatInterval")


def variables(run: Run) -> None:
    """B05, B06: set and get, and why it does not go."""
    rows = [INTERVAL | {"attributeValue": "4242"}, INTERVAL | {"attributeValue": "soon"},
            MODEL | {"attributeValue": "x"}, UNKNOWN | {"attributeValue": "x"},
            INTERVAL | {"variable": {"name": "Nothing"}, "attributeValue": "x"}]  # fmt: skip
    answer = run.call("SetVariables", {"setVariableData": rows})
    statuses = [each["attributeStatus"] for each in answer.get("setVariableResult", ())]
    wanted = ["Accepted", "Rejected", "Rejected", "UnknownComponent", "UnknownVariable"]
    run.same(statuses, wanted, "SetVariables")
    run.same(_value(run, INTERVAL), ("Accepted", "4242"), "GetVariables after SetVariables")
    run.same(_value(run, UNKNOWN)[0], "UnknownComponent", "GetVariables")
    run.same(
        _value(run, INTERVAL | {"attributeType": "MaxSet"})[0],
        "NotSupportedAttributeType",
        "GetVariables of MaxSet",
    )


def by_card(run: Run) -> None:
    """C01, E01 to E07: a card is asked for, and its transaction told from beginning to end."""
    run.site.charge(1)
    card = {"idToken": CARD, "type": "ISO14443"}
    run.same(run.back_end.awaited("Authorize", within_s=60.0)["idToken"], card, "Authorize")
    ended = run.back_end.awaited("TransactionEvent", lambda each: each["eventType"] == "Ended", 60.0)
    events = transaction_of(run, transaction_id(ended))
    is_whole(run, events)
    run.check(any(each.get("idToken") == card for each in events), f"no event with the token {card}")
    run.check(not any(each.get("offline") for each in events), "told as if it had been offline")
    run.same(ended["transactionInfo"].get("stoppedReason"), "EVDisconnected", "stoppedReason")


def from_afar(run: Run) -> None:
    """F02, F03, E14: started and stopped by the back-end."""
    start = _remote_start(2)
    run.status("RequestStartTransaction", start, "Accepted")
    info = "transactionInfo"
    first = run.back_end.awaited(
        "TransactionEvent", lambda each: each[info].get("remoteStartId") == start["remoteStartId"]
    )
    transaction = first[info]["transactionId"]
    run.back_end.awaited(
        "TransactionEvent",
        lambda each: (
            each[info]["transactionId"] == transaction and each[info].get("chargingState") == "Charging"
        ),
    )
    status = run.call("GetTransactionStatus", {"transactionId": transaction})
    run.check(status.get("ongoingIndicator"), f"GetTransactionStatus of a running transaction: {status}")
    run.status("RequestStopTransaction", {"transactionId": "none"}, "Rejected")
    run.status("RequestStopTransaction", {"transactionId": transaction}, "Accepted")
    ended = run.back_end.awaited(
        "TransactionEvent",
        lambda each: each[info]["transactionId"] == transaction and each["eventType"] == "Ended",
    )
    run.same(ended[info].get("stoppedReason"), "Remote", "stoppedReason")
    run.same(ended["triggerReason"], "RemoteStop", "triggerReason of the end")
    events = transaction_of(run, transaction)
    is_whole(run, events)
    run.check(any(each.get("idToken") == REMOTE for each in events), "no event with the token of the start")
    for _ in range(5):  # until the last event has its answer
        status = run.call("GetTransactionStatus", {"transactionId": transaction})
        if status.get("messagesInQueue") is False:
            break
    run.same(status, {"ongoingIndicator": False, "messagesInQueue": False}, "GetTransactionStatus at the end")


def triggers(run: Run) -> None:
    """F06: messages that are asked for."""
    for wanted, evse in (("StatusNotification", 2), ("Heartbeat", None), ("MeterValues", 1)):
        before = len(_said_of(run, wanted, evse))
        where = {"evse": {"id": evse, "connectorId": 1}} if evse else {}
        run.status("TriggerMessage", {"requestedMessage": wanted} | where, "Accepted")
        _awaited_more(run, wanted, evse, before)
    run.status("TriggerMessage", {"requestedMessage": "StatusNotification", "evse": {"id": 9}}, "Rejected")


def _said_of(run: Run, action: str, evse: int | None) -> list[Payload]:
    return [each for each in run.back_end.said(action) if each.get("evseId") == evse]


def _awaited_more(run: Run, action: str, evse: int | None, before: int) -> None:
    run.back_end.until(lambda: len(_said_of(run, action, evse)) > before, f"{action}, asked for")


def data_transfer(run: Run) -> None:
    """P01: a vendor that the station does not know."""
    run.status("DataTransfer", {"vendorId": "org.example", "messageId": "hello", "data": {"a": [1, 2.5]}},
               "UnknownVendorId")  # fmt: skip


def call_errors(run: Run) -> None:
    """Part 4, section 4.3: what is no request is refused with the code that says why."""
    long = {"idToken": "x" * 300, "type": "Central"}
    start = _remote_start(3)
    for wanted, action, payload in (
        ("OccurrenceConstraintViolation", "GetBaseReport", {"requestId": 1}),
        ("OccurrenceConstraintViolation", "GetVariables", {"getVariableData": []}),
        ("TypeConstraintViolation", "GetBaseReport", {"requestId": "1", "reportBase": "FullInventory"}),
        ("PropertyConstraintViolation", "GetBaseReport", {"requestId": 1, "reportBase": "Everything"}),
        ("PropertyConstraintViolation", "RequestStartTransaction", start | {"idToken": long}),
        ("FormatViolation", "GetBaseReport", {"requestId": 1, "reportBase": "FullInventory", "more": 1}),
        ("NotImplemented", "MakeCoffee", {}),
    ):
        run.same(run.refused(action, payload), wanted, f"{action} {payload}"[:90])
    message_id = str(uuid.uuid4())
    run.same(
        run.refused_text(json.dumps([9, message_id, {}]), message_id), "MessageTypeNotSupported", "type 9"
    )
    run.same(run.refused_text('[2, "', "-1"), "RpcFrameworkError", "half a frame")
    run.back_end.until(
        lambda: _events(run, "StartupOfTheDevice")[1:],
        "the event that was answered with CALLERROR, once more",
    )
    first, *others = _events(run, "StartupOfTheDevice")
    run.same(
        others, [first], "a security event that was answered with CALLERROR, sent again until it was taken"
    )


def counts(run: Run) -> None:
    """What both sides have counted: connections, and frames that were no frames."""
    counted = run.site.counted()
    run.same(counted.get("connected"), len(run.back_end.connections), "connections")
    run.same(counted.get("call_was_refused"), 1, "calls of our station that were refused")
    wrong = counted.get("call_refused", 0) + counted.get("frame_malformed", 0)
    run.same(wrong, len(run.raw), "frames that our station found wrong")
    others = counted.keys() - {"connected", "call_was_refused", "call_refused", "frame_malformed"}
    run.same(others, set(), "what else our station has counted")


def reset(run: Run) -> None:
    """B11, B12: Reset when idle; the station comes back and says why."""
    before = len(run.back_end.said("BootNotification"))
    reasons = {"Accepted": "RemoteReset", "Scheduled": "ScheduledReset"}
    status = run.call("Reset", {"type": "OnIdle"}).get("status", "")
    run.check(status in reasons, f"Reset: {status}")
    run.site.restart()
    run.back_end.until(
        lambda: len(run.back_end.said("BootNotification")) > before, "BootNotification after Reset", 90.0
    )
    run.same(run.back_end.said("BootNotification")[-1]["reason"], reasons.get(status), "reason of the boot")
    run.back_end.awaited("StatusNotification")


# -- what they are made of -----------------------------------------------------------------------------------


def _events(run: Run, kind: str) -> list[Payload]:
    return [each for each in run.back_end.said("SecurityEventNotification") if each["type"] == kind]


def _value(run: Run, named: Payload) -> tuple[str, str | None]:
    answer = run.call("GetVariables", {"getVariableData": [named]})
    row = answer.get("getVariableResult", [{"attributeStatus": "nothing"}])[0]
    return row["attributeStatus"], row.get("attributeValue")


def _remote_start(number: int) -> Payload:
    return {"remoteStartId": number, "evseId": 2, "idToken": REMOTE}


def transaction_id(event: Payload) -> str:
    """Of which transaction an event tells."""
    transaction: str = event["transactionInfo"]["transactionId"]
    return transaction


def transaction_of(run: Run, transaction: str) -> list[Payload]:
    """All events of a transaction so far, in the order in which they came."""
    return [
        each for each in run.back_end.said("TransactionEvent")
        if each["transactionInfo"]["transactionId"] == transaction
    ]  # fmt: skip


def is_whole(run: Run, events: list[Payload]) -> None:
    """E01 to E07: one start, one end, every number once and in order, times that do not go back."""
    kinds = [each["eventType"] for each in events]
    wanted = ["Started", *["Updated"] * (len(kinds) - 2), "Ended"]
    run.same(kinds, wanted, "events")
    run.same([each["seqNo"] for each in events], list(range(len(events))), "seqNo")
    times = [each["timestamp"] for each in events]
    run.same(times, sorted(times), "times")
    readings = energy_wh(events)
    run.same(readings, sorted(readings), "energy")
    run.check(len(readings) >= 2, f"only {len(readings)} energy readings")


def energy_wh(events: list[Payload]) -> list[float]:
    """What the meter has shown in a transaction, in the order in which it was told."""
    return [
        sampled["value"]
        for each in events
        for value in each.get("meterValue", ())
        for sampled in value["sampledValue"]
        if sampled.get("measurand", "Energy.Active.Import.Register") == "Energy.Active.Import.Register"
        and sampled.get("phase") is None
    ]


STEPS: Final[tuple[tuple[str, Callable[[Run], None]], ...]] = (
    ("boot, Pending then Accepted", boot),
    ("what responders say (OCSP)", responders),
    ("base reports", report),
    ("variables", variables),
    ("a transaction by card", by_card),
    ("a transaction from afar", from_afar),
    ("certificates", certificates),
    ("certificates for cars", leaves_for_cars),
    ("a contract for a car", contract),
    ("triggered messages", triggers),
    ("data transfer", data_transfer),
    ("call errors", call_errors),
    ("counts", counts),
    ("reset when idle", reset),
)
