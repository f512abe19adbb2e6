"""The transactions as they run, for answers and for whoever asks over HTTP. Pure; the judge is `ledger`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from protocols.ocpp.frames import Payload

REGISTER: Final = "Energy.Active.Import.Register"
"""What a sample is of when it does not say."""


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

    def __init__(self) -> None:
        self._all: dict[tuple[str, str], Transaction] = {}
        self._next_number = 1

    def __iter__(self) -> Iterator[Transaction]:
        return iter(self._all.values())

    def find(self, station: str, transaction_id: str) -> Transaction | None:
        """The transaction with this id."""
        return self._all.get((station, transaction_id))

    def open_at(self, station: str, evse: int | None = None) -> Transaction | None:
        """The newest open one of a station, or of one EVSE of it."""
        fitting = [
            one
            for one in self._all.values()
            if one.station == station and one.ended_at is None and evse in {None, one.evse}
        ]
        return fitting[-1] if fitting else None

    def told(self, station: str, payload: Payload, now: datetime) -> Transaction:
        """A TransactionEvent of OCPP 2 has come."""
        key = (station, payload["transactionInfo"]["transactionId"])
        one = self._all.setdefault(key, Transaction(station=station, id=key[1], began_at=now))
        one.messages += 1
        one.seq_no = payload["seqNo"]
        one.evse = payload.get("evse", {}).get("id", one.evse)
        one.token = payload.get("idToken", {}).get("idToken", one.token)
        one.state = payload["transactionInfo"].get("chargingState", one.state)
        one.read(energies_wh(payload.get("meterValue", ())))
        if payload["eventType"] == "Ended":
            one.ended_at = now
            one.reason = payload["transactionInfo"].get("stoppedReason", "Local")
        return one

    def started(self, station: str, payload: Payload, now: datetime) -> Transaction:
        """A StartTransaction of OCPP 1.6 has come; one that is said again has the number it had."""
        origin = tuple(payload[name] for name in ("connectorId", "idTag", "meterStart", "timestamp"))
        for one in self._all.values():
            if one.station == station and one.origin == origin:
                one.messages += 1
                return one
        number = str(self._next_number)
        self._next_number += 1
        one = Transaction(
            station=station, id=number, evse=payload["connectorId"], token=payload["idTag"],
            began_at=now, messages=1, origin=origin,
        )  # fmt: skip
        one.read([float(payload["meterStart"])])
        self._all[station, number] = one
        return one

    def metered(self, station: str, transaction_id: str, values: Iterable[Payload]) -> None:
        """MeterValues of OCPP 1.6 that name a transaction have come."""
        if (one := self.find(station, transaction_id)) is not None:
            one.messages += 1
            one.read(energies_wh(values))

    def stopped(self, station: str, payload: Payload, now: datetime) -> None:
        """A StopTransaction of OCPP 1.6 has come."""
        if (one := self.find(station, str(payload["transactionId"]))) is not None:
            one.messages += 1
            one.ended_at = now
            one.reason = payload.get("reason", "Local")
            one.read([float(payload["meterStop"])])


def energies_wh(values: Iterable[Payload]) -> list[float]:
    """The readings of the energy register of the whole outlet in meter values of either version."""
    return [
        float(sample["value"]) * _factor(sample)
        for value in values
        for sample in value.get("sampledValue", ())
        if sample.get("measurand", REGISTER) == REGISTER
        and "phase" not in sample
        and sample.get("location", "Outlet") == "Outlet"
        and sample.get("format", "Raw") == "Raw"
    ]


def _factor(sample: Payload) -> float:
    """What a reading is multiplied with to be Wh."""
    given: Any = sample.get("unitOfMeasure") or sample.get("unit") or {}
    unit: dict[str, Any] = {"unit": given} if isinstance(given, str) else given
    factor: float = 10.0 ** int(unit.get("multiplier", 0))
    return factor * (1000 if unit.get("unit", "Wh") == "kWh" else 1)
