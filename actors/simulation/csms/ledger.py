"""Judges every transaction of a record: complete, in order, each message once. Pure.

    ledger = judge(entries)
    ledger.good                       # nothing lost, doubled or out of order anywhere
    for account in ledger.accounts: account.findings

A message that comes again counts as repeated, which stations must do, as long as they may not have got its
answer: none was sent, it was spoilt by a fault, or nothing came behind it on that connection. Once the
station has called for something else behind an answer, it has it, and the same message again is a duplicate.

Source: OCPP 2.0.1 part 2, E01 to E12 (seqNo, eventType), and 2.1's of the same names; OCPP 1.6, 4.8 and 4.10.
"""

from __future__ import annotations

import enum
import itertools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from actors.simulation.csms.record import GOOD, Entry, Kind
from actors.simulation.csms.transactions import energies_wh
from protocols.ocpp import times
from protocols.ocpp.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TRANSACTION: Final = frozenset({"TransactionEvent", "StartTransaction", "StopTransaction", "MeterValues"})
CALL: Final = 2
RESULT: Final = 3
TOLERANCE_WH: Final = 0.001
"""Registers are decimal numbers, ours are binary."""
MAX_TOLD: Final = 10
"""So many missing numbers are told one by one."""


class Fault(enum.StrEnum):
    """What can be wrong with a transaction."""

    NO_START = "no start"
    NO_END = "no end"
    TWO_STARTS = "more than one start"
    TWO_ENDS = "more than one end"
    START_NOT_FIRST = "the start is not the first message"
    END_NOT_LAST = "something behind the end"
    GAP = "messages are missing"
    DISORDER = "out of order"
    DUPLICATE = "sent again although it was answered"
    CONFLICT = "two different messages with one number"
    REFUSED = "refused"
    ENERGY = "the energy register falls"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    fault: Fault
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.fault}: {self.detail}" if self.detail else str(self.fault)


@dataclass(slots=True, kw_only=True)
class Message:
    """One call of a station about a transaction, as it came, with what is known about its answer."""

    entry: Entry
    message_id: str
    action: str
    payload: dict[str, Any]
    answer: dict[str, Any] | None = None
    """What it was answered."""
    proven: bool = False
    """The station has the answer: it has gone on behind it."""

    @property
    def content(self) -> str:
        """What it says, to compare; whether it says so offline may change."""
        return json.dumps(
            {name: each for name, each in self.payload.items() if name != "offline"}, sort_keys=True
        )


@dataclass(slots=True, kw_only=True)
class Account:
    """One transaction."""

    station: str
    transaction: str
    version: str
    messages: list[Message] = field(default_factory=list)
    """Each once, in the order they first came."""
    repeated: int = 0
    """How often one came again, rightly."""
    findings: list[Finding] = field(default_factory=list)
    energy_wh: float = 0.0
    """Between the first and the last reading of the register."""

    @property
    def good(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.findings

    def find(self, fault: Fault, detail: str = "") -> None:
        """Something is wrong with it."""
        self.findings.append(Finding(fault, detail))

    def is_again(self, message: Message, earlier: list[Message]) -> None:
        """The same message has come again: rightly, or not."""
        if any(each.proven for each in earlier):
            self.find(Fault.DUPLICATE, f"{_called(message)} at {message.entry.at:%H:%M:%S}")
        else:
            self.repeated += 1

    def weigh(self, readings: Iterable[float]) -> None:
        """See that the register does not fall."""
        values = list(readings)
        for earlier, later in itertools.pairwise(values):
            if later < earlier - TOLERANCE_WH:
                self.find(Fault.ENERGY, f"from {earlier:g} to {later:g} Wh")
        self.energy_wh = values[-1] - values[0] if values else 0.0


def _called(message: Message) -> str:
    number = message.payload.get("seqNo")
    return message.action if number is None else f"seqNo {number}"


@dataclass(frozen=True, slots=True)
class Ledger:
    """The judgement over a record."""

    accounts: tuple[Account, ...]

    @property
    def good(self) -> bool:
        """Whether every transaction is complete, in order, and once."""
        return all(account.good for account in self.accounts)

    @property
    def repeated(self) -> int:
        """How many messages came again, rightly."""
        return sum(account.repeated for account in self.accounts)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that is wrong."""
        return tuple(finding for account in self.accounts for finding in account.findings)


def judge(entries: Iterable[Entry]) -> Ledger:
    """The judgement over the entries of a record, in their order."""
    from actors.simulation.csms import ledger16  # noqa: PLC0415  # which stands on this module

    reader = _Reader()
    for entry in entries:
        reader.take(entry)
    old = [each for each in reader.found if each.entry.version == Version.V16.value]
    new = [each for each in reader.found if each.entry.version != Version.V16.value]
    return Ledger((*_accounts(new), *ledger16.accounts(old)))


class _Reader:
    """Reads entries: the calls about transactions, and what became of their answers."""

    def __init__(self) -> None:
        self.found: list[Message] = []
        self._open: dict[int, dict[str, Message]] = {}
        self._answered: dict[int, list[Message]] = {}

    def take(self, entry: Entry) -> None:
        """One entry, in its turn. Numbers of connections begin anew when a back-end has been restarted."""
        if entry.kind is Kind.CONNECTED:
            self._open.pop(entry.connection, None)
            self._answered.pop(entry.connection, None)
        elif entry.kind is Kind.FRAME and entry.frame is not None:
            frame = _frame(entry.frame)
            if entry.direction == "in" and frame[0] == CALL:
                self._called(entry, frame)
            elif entry.direction == "out" and frame[0] == RESULT:
                self._answer(entry, frame)

    def _called(self, entry: Entry, frame: list[Any]) -> None:
        for each in self._answered.pop(entry.connection, ()):
            each.proven = each.message_id != frame[1]
        if entry.action in TRANSACTION and _is_readable(entry, frame):
            message = Message(entry=entry, message_id=frame[1], action=frame[2], payload=frame[3])
            self._open.setdefault(entry.connection, {})[frame[1]] = message
            self.found.append(message)

    def _answer(self, entry: Entry, frame: list[Any]) -> None:
        message = self._open.get(entry.connection, {}).pop(frame[1], None)
        if message is None:
            return
        message.answer = frame[2]
        if entry.fault is None:
            self._answered.setdefault(entry.connection, []).append(message)


def _frame(text: str) -> list[Any]:
    try:
        frame = json.loads(text)
    except ValueError:
        return [None]
    return frame if isinstance(frame, list) and frame else [None]


def _is_readable(entry: Entry, frame: list[Any]) -> bool:
    """Whether the call names its transaction, be it otherwise good or not."""
    if entry.verdict == GOOD:
        return True
    try:
        return isinstance(frame[3]["transactionInfo"]["transactionId"], str) and isinstance(
            frame[3]["seqNo"], int
        )
    except (IndexError, KeyError, TypeError):
        return False


def _accounts(messages: Iterable[Message]) -> list[Account]:
    """The accounts of OCPP 2."""
    gathered: dict[tuple[str, str], list[Message]] = {}
    for message in messages:
        if message.action == "TransactionEvent":
            key = (message.entry.station, message.payload["transactionInfo"]["transactionId"])
            gathered.setdefault(key, []).append(message)
    return [_account(station, transaction, found) for (station, transaction), found in gathered.items()]


def _account(station: str, transaction: str, messages: list[Message]) -> Account:
    account = Account(station=station, transaction=transaction, version=messages[0].entry.version or "")
    known: dict[int, list[Message]] = {}
    for message in messages:
        number = message.payload["seqNo"]
        if message.entry.verdict != GOOD:
            account.find(Fault.REFUSED, f"seqNo {number}: {message.entry.verdict}")
        earlier = known.setdefault(number, [])
        if not earlier:
            if number < max(known):
                account.find(Fault.DISORDER, f"seqNo {number} behind {max(known)}")
            account.messages.append(message)
        elif message.content == earlier[0].content:
            account.is_again(message, earlier)
        else:
            account.find(Fault.CONFLICT, f"seqNo {number}")
        earlier.append(message)
    _check_whole(account, set(known))
    good = [one.payload for one in account.messages if one.entry.verdict == GOOD]
    values = [each for payload in good for each in payload.get("meterValue", ())]
    values.sort(key=lambda each: times.moment_of(each["timestamp"]))  # an end has those of the beginning too
    account.weigh(energies_wh(values))
    return account


def _check_whole(account: Account, numbers: set[int]) -> None:
    """One start, one end, at their places, and nothing missing between."""
    missing = list(itertools.islice(_missing(numbers), MAX_TOLD + 1))
    if missing:
        more = " and more" if len(missing) > MAX_TOLD else ""
        account.find(Fault.GAP, f"seqNo {', '.join(map(str, missing[:MAX_TOLD]))}{more}")
    kinds = [message.payload.get("eventType") for message in account.messages]
    check_ends(account, kinds, "Started", "Ended")


def _missing(numbers: set[int]) -> Iterator[int]:
    """What is not there between 0 and the highest, however high that is."""
    expected = 0
    for number in sorted(numbers):
        yield from range(expected, number)
        expected = number + 1


def check_ends(account: Account, kinds: list[Any], start: str, end: str) -> None:
    """See that there is one start, which is the first, and one end, which is the last."""
    starts, ends = kinds.count(start), kinds.count(end)
    if starts != 1:
        account.find(Fault.TWO_STARTS if starts else Fault.NO_START)
    elif kinds[0] != start:
        account.find(Fault.START_NOT_FIRST)
    if ends != 1:
        account.find(Fault.TWO_ENDS if ends else Fault.NO_END)
    elif kinds[-1] != end:
        account.find(Fault.END_NOT_LAST)
