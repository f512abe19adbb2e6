"""The judgement over transactions of OCPP 1.6, which have numbers of ours and no sequence. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.simulation.csms.ledger import Account, Message, check_ends
from actors.simulation.csms.record import GOOD
from actors.simulation.csms.transactions import energies_wh, reading
from protocols.ocpp.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

START, STOP, METER = "StartTransaction", "StopTransaction", "MeterValues"


def accounts(messages: Iterable[Message]) -> list[Account]:
    """The accounts, by the numbers that were answered to StartTransaction."""
    good = [message for message in messages if message.entry.verdict == GOOD]
    starts = {
        (message.entry.station, message.content): str(message.answer["transactionId"])
        for message in good
        if message.action == START and message.answer is not None and "transactionId" in message.answer
    }
    gathered: dict[tuple[str, str], list[Message]] = {}
    for message in good:
        if (number := _number(message, starts)) is not None:
            gathered.setdefault((message.entry.station, number), []).append(message)
    return [_account(station, number, found) for (station, number), found in gathered.items()]


def _number(message: Message, starts: dict[tuple[str, str], str]) -> str | None:
    """The number of the transaction a message is about; None: of none.

    A start that was never answered has none: it is known by when it came.
    """
    if message.action != START:
        number = message.payload.get("transactionId")
        return None if number is None else str(number)
    key = (message.entry.station, message.content)
    return starts.setdefault(key, f"unanswered at {message.entry.at.isoformat()}")


def _account(station: str, number: str, messages: list[Message]) -> Account:
    account = Account(station=station, transaction=number, version=Version.V16.value)
    known: dict[tuple[str, str], list[Message]] = {}
    for message in messages:
        earlier = known.setdefault((message.action, message.content), [])
        if earlier:
            account.is_again(message, earlier)
        else:
            account.messages.append(message)
        earlier.append(message)
    check_ends(account, [message.action for message in account.messages], START, STOP)
    account.weigh(_readings(account.messages))
    return account


def _readings(messages: Iterable[Message]) -> Iterator[float]:
    for message in messages:
        payload = message.payload
        if message.action == START:
            yield from reading(payload["meterStart"])
        yield from energies_wh(payload.get("meterValue", payload.get("transactionData", ())))
        if message.action == STOP:
            yield from reading(payload["meterStop"])
