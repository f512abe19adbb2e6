"""The log of a session: what happened, in lines of CSV (parameter `session_logging`, row M5.7). Pure.

A line has the time, who it comes from (CAR, EVSE or SYS), what it is and its details as JSON. What is said
again in the same words is written once, and what flows many times a second is left to the evidence of the
talk. Whom a session is charged to is not in it.
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from actors.evse import exchange
from actors.v2g.messages import Evidence
from protocols import codec
from protocols.interfaces import evse_manager
from protocols.interfaces import iso15118_charger as charger

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from actors.connector.messages import Condition, Order
    from actors.errors.messages import Standing
    from protocols.message import Command, Var

FILE: Final = "eventlog.csv"
HEADER: Final = ("time", "from", "event", "details")
CAR, EVSE, SYS = "CAR", "EVSE", "SYS"
MAX_DETAILS: Final = 1000
"""Characters of a line's details; a certificate is longer."""
MAX_BYTES: Final = 4_000_000
"""Of a log; after that it says so and ends."""
ALL_THE_TIME: Final = frozenset(
    {
        charger.UpdateDcPresentValues, charger.UpdateMeterInfo, charger.UpdateAcPresentPower,
        charger.DcEvPresentVoltage, charger.DisplayParameters, Evidence,
    }
)  # fmt: skip
"""What is not written: it flows many times a second, or is about the writing."""
PRIVATE: Final = frozenset({"token", "id_tag", "id_token"})
"""Members that name a user."""
OUTLET: Final = (
    "pin",
    "contactor",
    "locked",
    "cable_a",
    "phases",
    "supply",
    "cable_check",
    "isolation_ohm",
    "reason",
)
ORDER: Final = (
    "in_service", "pilot", "offer_a", "sequence", "locked", "supply", "urgency", "three_phases",
    "target_voltage_v", "target_current_a", "maximum_voltage_v", "import_power",
)  # fmt: skip
"""What is told of a connector and its orders, where it has changed."""


class Lines(NamedTuple):
    """A piece of the log."""

    data: bytes
    file: str = FILE


class SessionLog:
    """The log of one session. Each method gives the lines to write, as they come."""

    def __init__(self) -> None:
        self._said: dict[str, str] = {}
        self._fields: dict[str, dict[str, Any]] = {}
        self._bytes = 0

    def begin(self, now: datetime, facts: Mapping[str, Any]) -> bytes:
        """The head, and what is known at once."""
        return self._row(HEADER) + self._line(now, SYS, "log", facts)

    def state(self, now: datetime, before: str, after: str) -> bytes:
        """The session has gone on."""
        return self._line(now, EVSE, "state", {"from": before, "to": after}) if before != after else b""

    def effect(self, now: datetime, effect: exchange.Effect) -> bytes:
        """What the manager does."""
        match effect:
            case exchange.Publish(variable=evse_manager.SessionEvent(event=event)):
                found = codec.to_plain(event)
                details = {
                    name: value for name, value in found.items() if name not in {"uuid", "timestamp", "event"}
                }
                return self._line(now, SYS, event.event.value, details)
            case exchange.Tell(command=command):
                return self._message(now, EVSE, command)
            case exchange.Say(connector=connector, order=order):
                return self._changed(now, EVSE, f"order to connector {connector}", order, ORDER)
            case exchange.Raise(error=error, message=text):
                return self._line(now, SYS, "error raised", {"error": error.value, "message": text})
            case exchange.Note(event=name, facts=facts):
                return self._line(now, SYS, name, facts)
            case _:
                return b""

    def outlet(self, now: datetime, number: int, condition: Condition) -> bytes:
        """A connector says how it is: the car's doing where the pilot says so, else the station's."""
        return self._changed(now, CAR, f"connector {number}", condition, OUTLET)

    def car(self, now: datetime, variable: Var) -> bytes:
        """What the car says by high-level communication."""
        return self._message(now, CAR, variable)

    def errors(self, now: datetime, name: str, standing: tuple[Standing, ...]) -> bytes:
        """The errors that stand at a device."""
        return self._new(now, SYS, f"errors of {name}", {"errors": [each.error.type for each in standing]})

    # -- lines ---------------------------------------------------------------------------------------------

    def _message(self, now: datetime, origin: str, said: Var | Command) -> bytes:
        if type(said) in ALL_THE_TIME:
            return b""
        return self._new(now, origin, type(said).__name__, codec.to_plain(said))

    def _new(self, now: datetime, origin: str, event: str, details: Mapping[str, Any]) -> bytes:
        """A line, unless the same was said last."""
        text = json.dumps(details, default=str)
        if self._said.get(event) == text:
            return b""
        self._said[event] = text
        return self._line(now, origin, event, details)

    def _changed(
        self, now: datetime, origin: str, event: str, whole: Condition | Order, names: tuple[str, ...]
    ) -> bytes:
        found = {name: getattr(whole, name) for name in names}
        before = self._fields.get(event, {})
        self._fields[event] = found
        changes = {name: value for name, value in found.items() if before.get(name) != value}
        return self._line(now, origin, event, changes) if changes else b""

    def _line(self, now: datetime, origin: str, event: str, details: Mapping[str, Any]) -> bytes:
        if self._bytes > MAX_BYTES:
            return b""
        shown = json.dumps(_public(details), default=str, separators=(",", ":"))[:MAX_DETAILS]
        line = self._row((now.isoformat(timespec="milliseconds"), origin, event, shown))
        if self._bytes > MAX_BYTES:
            line += self._row((now.isoformat(timespec="milliseconds"), SYS, "log full", "{}"))
        return line

    def _row(self, row: tuple[str, ...]) -> bytes:
        out = io.StringIO()
        csv.writer(out).writerow(row)
        data = out.getvalue().encode()
        self._bytes += len(data)
        return data


def _public(value: Any) -> Any:
    """The same without what names a user."""
    if isinstance(value, dict):
        return {name: _public(each) for name, each in value.items() if name not in PRIVATE}
    return value
