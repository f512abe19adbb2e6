"""The transactions as they run, for answers and for whoever asks over HTTP. Pure; the judge is `ledger`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from protocols.ocpp.frames import Payload

REGISTER: Final = "Energy.Active.Import.Register"
"""What a sample is of when it does not say."""
MAX_KEPT: Final = 50_000
"""So many transactions are known; the oldest are forgotten first."""


@dataclass(slots=True, kw_only=True)
class Transaction:
    """One transaction, as far as it has been told."""

    station: str
    id: str
    evse: int | None = None
    token: str | None = None
    began_at: datetime
    ended_at: datetime | None = None
    messages: int = 0
    seq_no: int | None = None
    """Of the newest message; OCPP 1.6 has none."""
    state: str = ""
    """The charging state told last."""
    first_wh: float | None = None
    last_wh: float | None = None
    reason: str = ""
    origin: tuple[Any, ...] = field(default=(), repr=False)
    """What a StartTransaction of 1.6 said, to know it again."""

    @property
    def energy_wh(self) -> float:
        """By the register, between the first and the last reading."""
        if self.first_wh is None or self.last_wh is None:
            return 0.0
        return self.last_wh - self.first_wh

    def read(self, energies: Iterable[float]) -> None:
        """Take readings of the register, in Wh."""
        for each in energies:
            if self.first_wh is None:
                self.first_wh = each
            self.last_wh = each


class Transactions:
    """Those of all stations, in the order they began."""

    def __init__(self, kept: int = MAX_KEPT) -> None:
        self._kept = kept
        self._all: dict[tuple[str, str], Transaction] = {}
        self._open: dict[str, dict[str, Transaction]] = {}
        """By station and id."""
        self._origins: dict[tuple[Any, ...], Transaction] = {}
        self._next_number = 1

    def __iter__(self) -> Iterator[Transaction]:
        return iter(self._all.values())

    def find(self, station: str, transaction_id: str) -> Transaction | None:
        """The transaction with this id."""
        return self._all.get((station, transaction_id))

    def open_at(self, station: str, evse: int | None = None) -> Transaction | None:
        """The newest open one of a station, or of one EVSE of it."""
        running = reversed(self._open.get(station, {}).values())
        return next((one for one in running if evse in {None, one.evse}), None)

    def told(self, station: str, payload: Payload, now: datetime) -> Transaction:
        """A TransactionEvent of OCPP 2 has come."""
        name = payload["transactionInfo"]["transactionId"]
        one = self.find(station, name) or self._add(Transaction(station=station, id=name, began_at=now))
        one.messages += 1
        one.seq_no = payload["seqNo"]
        one.evse = payload.get("evse", {}).get("id", one.evse)
        one.token = payload.get("idToken", {}).get("idToken", one.token)
        one.state = payload["transactionInfo"].get("chargingState", one.state)
        one.read(energies_wh(payload.get("meterValue", ())))
        if payload["eventType"] == "Ended":
            self._end(one, payload["transactionInfo"].get("stoppedReason", "Local"), now)
        return one

    def started(self, station: str, payload: Payload, now: datetime) -> Transaction:
        """A StartTransaction of OCPP 1.6 has come; one that is said again has the number it had."""
        origin = tuple(payload[name] for name in ("connectorId", "idTag", "meterStart", "timestamp"))
        if (known := self._origins.get((station, *origin))) is not None:
            known.messages += 1
            return known
        number = str(self._next_number)
        self._next_number += 1
        one = Transaction(
            station=station, id=number, evse=payload["connectorId"], token=payload["idTag"],
            began_at=now, messages=1, origin=origin,
        )  # fmt: skip
        one.read(reading(payload["meterStart"]))
        self._origins[station, *origin] = one
        return self._add(one)

    def metered(self, station: str, transaction_id: str, values: Iterable[Payload]) -> None:
        """MeterValues of OCPP 1.6 that name a transaction have come."""
        if (one := self.find(station, transaction_id)) is not None:
            one.messages += 1
            one.read(energies_wh(values))

    def stopped(self, station: str, payload: Payload, now: datetime) -> None:
        """A StopTransaction of OCPP 1.6 has come."""
        if (one := self.find(station, str(payload["transactionId"]))) is not None:
            one.messages += 1
            one.read(reading(payload["meterStop"]))
            self._end(one, payload.get("reason", "Local"), now)

    def _add(self, one: Transaction) -> Transaction:
        self._all[one.station, one.id] = one
        self._open.setdefault(one.station, {})[one.id] = one
        if len(self._all) > self._kept:
            oldest = self._all.pop(next(iter(self._all)))
            self._close(oldest)
            self._origins.pop((oldest.station, *oldest.origin), None)
        return one

    def _end(self, one: Transaction, reason: str, now: datetime) -> None:
        one.ended_at, one.reason = now, reason
        self._close(one)

    def _close(self, one: Transaction) -> None:
        running = self._open.get(one.station, {})
        running.pop(one.id, None)
        if not running:
            self._open.pop(one.station, None)


def reading(value: Any) -> list[float]:
    """A reading of the register as it was told, if it is any: stations write numbers of every kind."""
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return []
    return [number] if math.isfinite(number) else []


def energies_wh(values: Iterable[Mapping[str, Any]]) -> list[float]:
    """The readings of the energy register of the whole outlet in meter values of either version."""
    return [
        found
        for value in values
        for sample in value.get("sampledValue", ())
        if sample.get("measurand", REGISTER) == REGISTER
        and "phase" not in sample
        and sample.get("location", "Outlet") == "Outlet"
        and sample.get("format", "Raw") == "Raw"
        for found in _wh(sample)
    ]


def _wh(sample: Mapping[str, Any]) -> list[float]:
    """A sample in Wh, if it is a number."""
    given: Any = sample.get("unitOfMeasure") or sample.get("unit") or {}
    unit: dict[str, Any] = {"unit": given} if isinstance(given, str) else given
    try:
        factor: float = 10.0 ** unit.get("multiplier", 0)
    except OverflowError:
        return []
    factor *= 1000 if unit.get("unit", "Wh") == "kWh" else 1
    return [each for number in reading(sample["value"]) for each in reading(number * factor)]
