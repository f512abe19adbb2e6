"""What a simulated back-end records of a transaction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from actors.simulation.csms.record import GOOD, Entry, Kind

if TYPE_CHECKING:
    from datetime import datetime


def text_of(at: datetime) -> str:
    """A time as OCPP has it."""
    return at.isoformat().replace("+00:00", "Z")


def event(
    number: int,
    kind: str,
    at: datetime,
    watts: float | None = None,
    *,
    transaction: str = "tx-1",
    **told: Any,
) -> Entry:
    """A TransactionEvent that has arrived."""
    payload: dict[str, Any] = {
        "eventType": kind, "seqNo": number, "timestamp": text_of(at), "triggerReason": "MeterValuePeriodic",
        "transactionInfo": {"transactionId": transaction, **told},
    }  # fmt: skip
    if kind == "Started":
        payload["evse"] = {"id": 2}
    if watts is not None:
        sampled = [
            {"measurand": "Power.Active.Import", "value": watts},
            {"measurand": "Voltage", "value": 400},
        ]
        payload["meterValue"] = [{"timestamp": text_of(at), "sampledValue": sampled}]
    frame = json.dumps([2, f"m{transaction}{number}", "TransactionEvent", payload])
    return Entry(
        at=at, kind=Kind.FRAME, station="cp001", connection=1, version="ocpp2.1", direction="in",
        action="TransactionEvent", frame=frame, verdict=GOOD,
    )  # fmt: skip
