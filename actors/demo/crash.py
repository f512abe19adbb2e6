"""Who is killed in `evsite demo crash`, when cars charge, and whether anybody noticed. Pure.

What the back-end saw is judged by its record, what the cars saw by their own words in the log.
"""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from actors.simulation.csms.ledger import judge
from actors.simulation.csms.record import GOOD, Kind
from protocols.ocpp import times

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from actors.engine.messages import TreeNode
    from actors.simulation.csms.record import Entry

SPARED: Final[Mapping[str, str]] = {
    "Site": "the root: whoever starts it anew is outside",
    "EvseSupervisor": "takes the link to its car along",
    "V2gLinkActor": "holds the car's TLS socket: the one exception (docs/v2g.md)",
    "Branch": "the simulated hardware",
    "PlantActor": "the simulated hardware",
    "SimulatedCarActor": "a simulated car",
    "SimulatedCarV2gActor": "a simulated car",
}
"""Kinds of actors that are not killed, and why."""
POWER: Final = "Power.Active.Import"
CHARGING_W: Final = 500.0
"""Whoever draws more charges."""
CALL: Final = 2
STOPPED: Final = ("Local",)
"""What the back-end is told when the station ends a transaction, as the demonstration does in the end."""


@dataclass(frozen=True, slots=True)
class Victim:
    """An actor that is to be killed."""

    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class Killed:
    """How it went."""

    victim: Victim
    back_s: float | None
    """From the signal until its successor works; None: there was none in time."""


def victims(tree: TreeNode) -> tuple[Victim, ...]:
    """One actor of each kind, where there are several the last, workers before those who supervise them."""
    found: dict[str, tuple[bool, str]] = {}
    _gather(tree, tree.name, found)
    ordered = sorted(found.items(), key=lambda one: one[1][0])
    return tuple(Victim(kind, path) for kind, (_supervises, path) in ordered)


def _gather(node: TreeNode, path: str, found: dict[str, tuple[bool, str]]) -> None:
    if node.kind not in SPARED and node.pid is not None:
        found[node.kind] = bool(node.children), path
    for child in node.children:
        _gather(child, f"{path}/{child.name}", found)


@dataclass(slots=True)
class Charge:
    """A transaction as the back-end has seen it so far."""

    transaction: str
    evse: int | None = None
    ended: bool = False
    reason: str = ""
    samples: list[tuple[datetime, float]] = field(default_factory=list)
    """When how many watts flowed, in the order they were taken."""

    @property
    def runs(self) -> bool:
        """Whether a car draws power in it, by the last word of it."""
        return not self.ended and bool(self.samples) and self.samples[-1][1] > CHARGING_W


def charges(entries: Iterable[Entry]) -> dict[str, Charge]:
    """All transactions of a record, by their ids."""
    found: dict[str, Charge] = {}
    for entry in entries:
        if entry.action != "TransactionEvent" or entry.direction != "in" or entry.verdict != GOOD:
            continue
        frame = json.loads(entry.frame or "null")
        if frame[0] == CALL:
            _take(found, frame[3])
    for charge in found.values():
        charge.samples.sort()
    return found


def _take(found: dict[str, Charge], payload: Mapping[str, Any]) -> None:
    told = payload["transactionInfo"]
    charge = found.setdefault(told["transactionId"], Charge(told["transactionId"]))
    charge.evse = payload.get("evse", {}).get("id", charge.evse)
    if payload["eventType"] == "Ended":
        charge.ended, charge.reason = True, str(told.get("stoppedReason", ""))
    for value in payload.get("meterValue", ()):
        watts = [
            float(one["value"])
            for one in value["sampledValue"]
            if one.get("measurand") == POWER and "phase" not in one
        ]
        if watts:
            charge.samples.append((times.moment_of(value["timestamp"]), sum(watts)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of it all."""

    killed: tuple[Killed, ...]
    charged: tuple[Charge, ...]
    """The transactions that were under way all the time."""
    noticed: tuple[str, ...]
    """What a car or the back-end may have noticed."""
    repeated: int = 0
    """How many messages came again, rightly."""

    @property
    def good(self) -> bool:
        """Everybody was killed and is back, and nobody noticed."""
        return bool(self.killed) and not self.noticed and all(one.back_s is not None for one in self.killed)

    @property
    def median_s(self) -> float:
        """Half of them were back sooner."""
        return statistics.median([one.back_s for one in self.killed if one.back_s is not None] or [0.0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a run has left behind."""

    before: Sequence[Entry]
    """What the back-end had recorded before the run. What was under way then ends in it, broken off by a
    power cut of the simulated hardware: none of this run's business."""
    entries: Sequence[Entry]
    """What it has recorded in the run."""
    log: Iterable[str]
    """Lines of the site's log."""
    began: datetime
    ended: datetime
    """Actors were killed between these two; then the site ended the transactions `watched` itself."""
    watched: Sequence[str]


def verdict(killed: Sequence[Killed], seen: Evidence) -> Verdict:
    """Judge a run."""
    found, old = charges(seen.entries), charges(seen.before)
    charged = tuple(found[name] for name in seen.watched if name in found)
    ledger = judge(seen.entries)
    faults = [
        f"{account.transaction}: {each}"
        for account in ledger.accounts
        if account.transaction not in old
        for each in account.findings
    ]
    faults += [str(one.text or one.kind) for one in seen.entries if one.kind is Kind.PROBLEM]
    if more := found.keys() - old.keys() - set(seen.watched):
        faults.append(f"{len(more)} transactions more than cars")
    noticed = [f"the back-end: {each}" for each in faults]
    for charge in charged:
        noticed += _interrupted(charge, seen.began, seen.ended)
    noticed += _said_by_cars(seen.log, seen.began, seen.ended)
    return Verdict(killed=tuple(killed), charged=charged, noticed=tuple(noticed), repeated=ledger.repeated)


def _interrupted(charge: Charge, began: datetime, ended: datetime) -> list[str]:
    meanwhile = [watts for at, watts in charge.samples if began <= at <= ended]
    where = f"EVSE {charge.evse}"
    if not meanwhile:
        return [f"{where}: nobody measured anything meanwhile"]
    found = []
    if min(meanwhile) <= CHARGING_W:
        found.append(f"{where}: only {min(meanwhile):.0f} W flowed at some time")
    if not charge.ended or charge.reason not in STOPPED:
        found.append(f"{where}: its transaction ended otherwise: {charge.reason or 'not at all'}")
    return found


def _said_by_cars(log: Iterable[str], began: datetime, ended: datetime) -> list[str]:
    """Talks that ended while actors were killed, and contactors that opened."""
    found = []
    for line in log:
        told = _line(line)
        at = _moment(told)
        if at is None or not began <= at <= ended:
            continue
        if told.get("event") == "talk_over":
            found.append(f"the car: its talk ended: {told.get('outcome')}")
        if told.get("event") == "contactor" and told.get("phase") == "Opening":
            found.append(f"the car: {told.get('actor')} opened: {told.get('reason')}")
    return found


def _line(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _moment(told: Mapping[str, Any]) -> datetime | None:
    try:
        return times.moment_of(str(told["timestamp"]))
    except (KeyError, ValueError):
        return None
