"""A line for people for each entry of a record. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from actors.simulation.csms.record import GOOD, Entry, Kind
from actors.simulation.csms.transactions import energies_wh

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

STATION_WIDTH: Final = 12
ACTION_WIDTH: Final = 26
MAX_STATION: Final = 48
MAX_ACTION: Final = 36
MAX_VALUE: Final = 40
MAX_TEXT: Final = 200
MAX_FIELDS: Final = 6
MAX_ENTRIES: Final = 3
_CALL, _RESULT, _SEND = 2, 3, 6


@dataclass(frozen=True, slots=True)
class Line:
    """One line: when, who, which way, what, and how it is to be coloured."""

    at: str
    station: str
    arrow: str
    action: str
    text: str
    style: str

    def __str__(self) -> str:
        station = self.station.ljust(STATION_WIDTH)
        return f"{self.at}  {station} {self.arrow} {self.action.ljust(ACTION_WIDTH)} {self.text}".rstrip()


STYLES: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.FRAME: "",
        Kind.CONNECTED: "bold green",
        Kind.CLOSED: "yellow",
        Kind.REFUSED: "bold red",
        Kind.PROBLEM: "bold red",
        Kind.FAULT: "magenta",
        Kind.SCENE: "bold cyan",
        Kind.FAILED: "bold red",
    }
)


def line(entry: Entry) -> Line:
    """The line of an entry."""
    at = f"{entry.at:%H:%M:%S}.{entry.at.microsecond // 1000:03d}"
    if entry.kind is not Kind.FRAME:
        text = " ".join(part for part in (entry.fault or "", entry.action or "", entry.text) if part)
        if entry.kind is Kind.CONNECTED:
            text = f"{entry.version} {text}".rstrip()
        station = _plain(entry.station, MAX_STATION)
        return Line(at, station, "--", entry.kind.value, _plain(text), STYLES[entry.kind])
    incoming = entry.direction == "in"
    text, is_bad = _frame_text(entry)
    if entry.fault is not None:
        text = f"[{entry.fault}] {text}"
    style = "bold red" if is_bad else "magenta" if entry.fault else "cyan" if incoming else "green"
    arrow = "->" if incoming else "<-"
    action = _plain(entry.action or "?", MAX_ACTION)
    return Line(at, _plain(entry.station, MAX_STATION), arrow, action, _plain(text), style)


def _plain(text: str, width: int = MAX_TEXT) -> str:
    """Safe for a terminal, on one line, and not too long."""
    shown = text if len(text) <= width else f"{text[: width - 3]}..."
    return "".join(each if each.isprintable() else "?" for each in shown)


def _frame_text(entry: Entry) -> tuple[str, bool]:
    """What a frame says, in short, and whether it is bad news."""
    if entry.verdict != GOOD:
        return f"{entry.verdict}: {entry.text}", True
    frame = json.loads(entry.frame or "[]")
    if frame[0] == _RESULT:
        return f"= {summary(entry.action or '', frame[2]) or 'received'}", False
    if frame[0] in {_CALL, _SEND}:
        return summary(entry.action or "", frame[3]), False
    return f"= {' '.join(str(part) for part in frame[2:4])}", True


def summary(action: str, payload: Mapping[str, Any]) -> str:
    """What matters of a payload, in few words."""
    words = _WORDS.get(action, _fields)(payload)
    return words or _fields(payload)


def _fields(payload: Mapping[str, Any]) -> str:
    """The plain fields, and how many there are of others."""
    ordered = sorted(payload.items(), key=lambda item: _ORDER.get(item[0], 1))
    return " ".join(f"{name}={_value(value)}" for name, value in ordered[:MAX_FIELDS])


_ORDER: Final[Mapping[str, int]] = MappingProxyType(
    {"status": 0, "timestamp": 2, "generatedAt": 2, "currentTime": 2}
)
"""What matters most is shown first, times last; everything else between as it comes."""


def _value(value: Any) -> str:
    """A value in few characters."""
    if isinstance(value, list):
        return f"{len(value)} of them"
    if isinstance(value, dict):
        value = "/".join(str(each) for each in value.values() if not isinstance(each, dict | list))
    text = json.dumps(value) if isinstance(value, bool) else str(value)
    if "\n" in text:
        return f"{len(text)} characters"
    return text if len(text) <= MAX_VALUE else f"{text[: MAX_VALUE - 3]}..."


def _transaction_event(payload: Mapping[str, Any]) -> str:
    if "eventType" not in payload:
        return ""
    info = payload["transactionInfo"]
    parts = [
        payload["eventType"],
        f"#{payload['seqNo']}",
        payload["triggerReason"],
        info.get("chargingState", ""),
        info.get("stoppedReason", ""),
        f"evse {payload['evse']['id']}" if "evse" in payload else "",
        payload["idToken"]["idToken"] if "idToken" in payload else "",
        _energy(payload.get("meterValue", ())),
        "offline" if payload.get("offline") else "",
        info["transactionId"][:8],
    ]
    return " ".join(part for part in parts if part)


def _energy(values: Iterable[Mapping[str, Any]]) -> str:
    """The last reading of the register."""
    readings = energies_wh(values)
    return f"{readings[-1]:g} Wh" if readings else ""


def _meter_values(payload: Mapping[str, Any]) -> str:
    if "meterValue" not in payload:
        return ""
    where = f"evse {payload['evseId']}" if "evseId" in payload else f"connector {payload['connectorId']}"
    count = sum(len(value["sampledValue"]) for value in payload["meterValue"])
    return f"{where}: {count} values {_energy(payload['meterValue'])}".rstrip()


def _variables(payload: Mapping[str, Any]) -> str:
    """Variables of the device model with what is to become, or has become, of each."""
    entries = next((value for value in payload.values() if isinstance(value, list)), [])
    parts = []
    for each in entries:
        value = each.get("attributeValue")
        shown = f"={_value(value)}" if value is not None else ""
        status = f" {each['attributeStatus']}" if "attributeStatus" in each else ""
        parts.append(f"{_variable(each)}{shown}{status}")
    return _listed(parts)


def _events(payload: Mapping[str, Any]) -> str:
    """What has happened to which variables."""
    return _listed(
        [
            f"{_variable(each)}={_value(each['actualValue'])} {each['trigger']}"
            + (" cleared" if each.get("cleared") else "")
            for each in payload.get("eventData", ())
        ]
    )


def _report(payload: Mapping[str, Any]) -> str:
    """How far a report has come, and what stands first in this part."""
    if "seqNo" not in payload:
        return ""
    found = payload.get("reportData", ())
    part = f"#{payload['seqNo']} of report {payload['requestId']}{', the last' * (not payload.get('tbc'))}"
    return f"{part}: {_listed([_variable(each) for each in found])}" if found else part


def _variable(entry: Mapping[str, Any]) -> str:
    """A variable of the device model, with the EVSE and connector it belongs to."""
    component, variable = entry["component"], entry["variable"]
    where = component.get("evse", {})
    place = ":".join(str(where[name]) for name in ("id", "connectorId") if name in where)
    instance = f"[{variable['instance']}]" if "instance" in variable else ""
    return f"{component['name']}{f'@{place}' if place else ''}.{variable['name']}{instance}"


def _listed(parts: list[str]) -> str:
    """The first few, and how many more there are."""
    more = len(parts) - MAX_ENTRIES
    return ", ".join(parts[:MAX_ENTRIES]) + (f" and {more} more" if more > 0 else "")


def _boot(payload: Mapping[str, Any]) -> str:
    if "chargingStation" not in payload:
        return ""
    station = payload["chargingStation"]
    return f"{payload['reason']} {station['vendorName']} {station['model']}"


def _status(payload: Mapping[str, Any]) -> str:
    if "evseId" not in payload:
        return ""
    return f"evse {payload['evseId']} connector {payload['connectorId']} {payload['connectorStatus']}"


def _token(payload: Mapping[str, Any]) -> str:
    if "idToken" in payload:
        more = " with certificate" if len(payload) > 1 else ""
        return f"{payload['idToken']['type']} {payload['idToken']['idToken']}{more}"
    info = payload.get("idTokenInfo", payload.get("idTagInfo", {}))
    return " ".join(
        str(each) for each in (info.get("status", ""), payload.get("certificateStatus", ""))
    ).rstrip()


_WORDS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = MappingProxyType(
    {
        "Authorize": _token,
        "BootNotification": _boot,
        "GetVariables": _variables,
        "MeterValues": _meter_values,
        "NotifyEvent": _events,
        "NotifyReport": _report,
        "SetVariables": _variables,
        "StatusNotification": _status,
        "TransactionEvent": _transaction_event,
    }
)
"""By action: its own words; empty where the payload is another one, an answer for example."""
