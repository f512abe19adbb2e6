"""What must be so after a charge in which actors died, by trace, log and the back-end's record. Pure.

The car charges, whoever dies (docs/v2g.md, docs/evse.md). Its talk breaks off with the link that holds its
socket alone, be that killed or its supervisor; then the car begins another one, in the same session and the
same transaction. Nobody else is noticed by the car, nobody at all by EVSE 2, and the back-end sees one
transaction, whole and in order (docs/ocpp.md), whose energy is what the meter has shown.
"""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from actors.simulation.csms.ledger import judge
from actors.simulation.csms.record import Kind
from actors.simulation.csms.transactions import energies_wh
from protocols.ocpp import times
from tests.support.step_matrix import HOLDERS, METER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from actors.simulation.csms.ledger import Account
    from actors.simulation.csms.record import Entry
    from tests.support.step_charge import Seen
    from tests.support.step_matrix import Told

HAPPY: Final = (
    "SessionStarted", "AuthRequired", "Authorized", "TransactionStarted", "PrepareCharging",
    "ChargingStarted", "StoppingCharging", "ChargingFinished", "TransactionFinished", "SessionFinished",
)  # fmt: skip
READ: Final = timedelta(seconds=3)
"""A meter is read every second; nothing is told that is older."""
GRAIN: Final = timedelta(milliseconds=5)
"""Of the times that back-ends are told."""
EXACT_WH: Final = 0.0015
"""Meters show thousandths."""
GAP_S: Final = 16.0
"""Between two samples of a transaction, of which there is one in five seconds (actors/demo/preparation.py):
one that is due while the charge point is dead is not made up for, and it dies in one case after the other.
"""
REGULAR: Final = frozenset({"MeterValuePeriodic", "MeterValueClock"})
BESIDE: Final = 2
CALL: Final = 2


class Verdict(NamedTuple):
    """What is wrong, and what was seen."""

    findings: list[str]
    seen: str


def verdict(seen: Seen) -> Verdict:
    """Judge one charge."""
    story, talks = _story(seen.trace), _talks(seen.log)
    holders = [death for death in seen.deaths if death.case.kind in HOLDERS]
    accounts = [each for each in judge(seen.record).accounts if each.transaction not in seen.known]
    findings = list(seen.trouble)
    findings += [f"{len(accounts)} transactions"] * (len(accounts) != 1)
    for account in accounts:
        findings += [str(each) for each in account.findings]
        findings += _energy(account, _meter(seen.trace))
    findings += _session(story, broken=bool(holders))
    findings += _car(talks, may_break=bool(holders))
    findings += _beside(seen)
    findings += [f"the back-end: {each.text}" for each in _since(seen) if each.kind is Kind.PROBLEM]
    return Verdict(findings, _told(accounts, story, talks))


def last_verdict(record: Sequence[Entry]) -> list[str]:
    """What is wrong with the whole record when everything has ended: one start and one end of each."""
    ledger = judge(record)
    return [f"{each.transaction}: {one}" for each in ledger.accounts for one in each.findings]


def _told(accounts: Sequence[Account], story: Sequence[str], talks: Sequence[Told]) -> str:
    energy = ", ".join(f"{each.energy_wh:.0f} Wh" for each in accounts)
    reasons = ", ".join(_reason(each) for each in accounts)
    more = "" if tuple(story) == HAPPY else f"; {' '.join(story)}"
    broken = sum(not each["completed"] for each in talks)
    return f"{energy}, {reasons}, talks {len(talks)} ({broken} broken off){more}"


def _reason(account: Account) -> str:
    ends = [each.payload for each in account.messages if each.payload.get("eventType") == "Ended"]
    return str(ends[-1]["transactionInfo"].get("stoppedReason", "Local")) if ends else "no end"


# -- the session and the car ---------------------------------------------------------------------------------


def _events(trace: Sequence[Told], evse: int) -> list[Told]:
    """The events of the sessions of an EVSE, each once: a successor may say the last ones again."""
    found: list[Told] = []
    for line in trace:
        if line["tag"] == "evse_manager.session_event" and line["name"] == f"evse_{evse}/evse":
            event = line["content"]["event"]
            if event not in found:
                found.append(event)
    return found


def _story(trace: Sequence[Told]) -> list[str]:
    """What happened in the session, without changes of the current limit."""
    return [event["event"] for event in _events(trace, 1)]


def _session(story: Sequence[str], *, broken: bool) -> list[str]:
    if not broken:
        return [] if tuple(story) == HAPPY else [f"the session went {' '.join(story)}"]
    once = [name for name in HAPPY if name not in {"AuthRequired", "PrepareCharging", "ChargingStarted"}]
    return [f"{story.count(name)} times {name}" for name in once if story.count(name) != 1]


def _talks(log: Sequence[Told]) -> list[Told]:
    return [line for line in log if line.get("event") == "talk_over" and line.get("evse") == 1]


def _car(talks: Sequence[Told], *, may_break: bool) -> list[str]:
    """One talk, in order."""
    if may_break or (len(talks) == 1 and talks[0]["completed"]):
        return []
    return [f"the car's talks ended: {', '.join(str(each['outcome']) for each in talks) or 'never'}"]


# -- the energy ----------------------------------------------------------------------------------------------


def _meter(trace: Sequence[Told]) -> list[tuple[datetime, float]]:
    """What the meter of EVSE 1 has shown, and when."""
    readings = [
        line["content"]["powermeter"]
        for line in trace
        if line["tag"] == "powermeter.powermeter" and line["name"] == METER
    ]
    return [
        (times.moment_of(each["timestamp"]), float(each["energy_Wh_import"]["total"])) for each in readings
    ]


def _energy(account: Account, meter: Sequence[tuple[datetime, float]]) -> list[str]:
    """Every register that was told is one that the meter has shown then; of what has flowed only what came
    after the last reading is not in it: a meter is read every second.
    """
    found, told = [], sorted(_registers(account))
    if not told or told[-1][1] - told[0][1] <= 0.0:
        found.append("no energy was told of")
    for at, energy_wh in told:
        near = [shown for read_at, shown in meter if abs(read_at - at) <= READ]
        if all(abs(shown - energy_wh) > EXACT_WH for shown in near):
            found.append(f"{energy_wh:g} Wh at {at:%H:%M:%S.%f}, where the meter showed {near}")
    later = [shown for read_at, shown in meter if told and read_at > told[-1][0] + GRAIN]
    if later and meter[-1][1] > later[0] + EXACT_WH:
        found.append(f"{told[-1][1]:g} Wh at the end, behind which the meter showed {later}")
    return found


def _registers(account: Account) -> Iterator[tuple[datetime, float]]:
    for message in account.messages:
        for value in message.payload.get("meterValue", ()):
            for energy_wh in energies_wh([value]):
                yield times.moment_of(value["timestamp"]), energy_wh


# -- the car beside ------------------------------------------------------------------------------------------


def _beside(seen: Seen) -> list[str]:
    """EVSE 2: its car charges all the time, and the back-end hears of that and of nothing else."""
    found = [f"EVSE 2: {event['event']}" for event in _events(seen.trace, BESIDE)]
    for line in seen.trace:
        if line["tag"] == "actors.simulation.plant.messages.plant" and line["name"] == "plant:2":
            found += ["EVSE 2: its contactor is open"] * (not line["content"].get("closed"))
        if line["tag"] == "powermeter.powermeter" and line["name"] == "board_2/powermeter":
            watts = float(line["content"]["powermeter"]["power_W"]["total"])
            found += [f"EVSE 2: {watts:g} W"] * (watts <= 0)
    told = [
        payload
        for payload in _calls(_since(seen))
        if _evse_of(payload, seen) == BESIDE and times.moment_of(payload["timestamp"]) >= seen.began
    ]
    for payload in told:
        if payload.get("triggerReason") not in REGULAR or payload["eventType"] != "Updated":
            found.append(f"EVSE 2: the back-end was told {json.dumps(payload)[:300]}")
    return found + _samples(seen)


def _samples(seen: Seen) -> list[str]:
    """None of its samples is missing."""
    at = [
        times.moment_of(payload["timestamp"])
        for payload in _calls(seen.record)
        if payload.get("triggerReason") == "MeterValuePeriodic" and _evse_of(payload, seen) == BESIDE
    ]
    gaps = [
        (later - earlier).total_seconds()
        for earlier, later in itertools.pairwise(sorted(at))
        if later >= seen.began
    ]
    return [f"EVSE 2: no sample for {gap:.1f} s" for gap in gaps if gap > GAP_S]


def _since(seen: Seen) -> list[Entry]:
    return [entry for entry in seen.record if entry.at >= seen.began]


def _calls(entries: Sequence[Entry]) -> Iterator[Mapping[str, Any]]:
    """The payloads of what the station has called for."""
    for entry in entries:
        if entry.kind is Kind.FRAME and entry.direction == "in" and entry.frame:
            frame = json.loads(entry.frame)
            if frame[0] == CALL:
                yield frame[3]


def _evse_of(payload: Mapping[str, Any], seen: Seen) -> int | None:
    """The EVSE that a call is about, so far as it is about one."""
    if "transactionInfo" in payload and "evse" not in payload:
        return _evses(seen).get(payload["transactionInfo"]["transactionId"])
    return payload.get("evseId") or payload.get("evse", {}).get("id")


def _evses(seen: Seen) -> Mapping[str, int]:
    return {
        payload["transactionInfo"]["transactionId"]: payload["evse"]["id"]
        for payload in _calls(seen.record)
        if "transactionInfo" in payload and "evse" in payload
    }
