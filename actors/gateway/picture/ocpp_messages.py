"""Frames of OCPP as messages of the timeline: by their action, with the EVSE they are about. Pure.

Answers bear neither; they are found by the call that they answer. What names a transaction only is about the
EVSE at which it was begun.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from actors.gateway.picture import blots
from actors.gateway.picture.forms import MessageShown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from actors.ocpp.messages import FrameSeen

SOURCE: Final = "ocpp"
REMEMBERED: Final = 64
"""Calls of either side that may still be answered, and transactions."""
OVERHEAD: Final = 400
"""Bytes that keeping a message takes beside its text."""
MAX_TEXT: Final = 64 * 1024
"""Of a longer message only name and length are kept."""
MAX_NAME: Final = 64
NO_FRAME: Final = "no message"
CALL: Final = 2
RESULT_ERROR: Final = 5
"""Types of messages (OCPP-J 4.2): a CALL, and the refusal of an answer, which is the caller's own."""


class Head(NamedTuple):
    """What a message is, without its payload."""

    name: str
    kind: str
    id: str | None = None
    evse: int | None = None


@dataclass(frozen=True, slots=True)
class OcppSaid:
    """One message."""

    at: datetime
    sent: bool
    head: Head
    text: str
    """As it went over the wire, secrets blotted out."""
    length: int
    source: str = SOURCE
    loop: bool = False

    @property
    def evse(self) -> int | None:
        """What it is about."""
        return self.head.evse

    @property
    def size(self) -> int:
        """Bytes that keeping it takes."""
        return len(self.text) + OVERHEAD

    def show(self, number: int) -> MessageShown:
        """For people."""
        head = self.head
        body = blots.shown(_payload(self.text)) if self.text or not self.length else {"too_long": self.length}
        return MessageShown(
            number=number,
            at=self.at,
            source=SOURCE,
            direction="sent" if self.sent else "received",
            name=head.name,
            evse=head.evse,
            kind=head.kind,
            id=head.id,
            body=body,
        )


class OcppReader:
    """Reads frames in their order."""

    def __init__(self) -> None:
        self._calls: dict[tuple[bool, str], Head] = {}
        """By who has called, and the message id."""
        self._transactions: dict[str, int] = {}
        """The EVSE of each."""

    def read(self, seen: FrameSeen) -> OcppSaid:
        """One frame, as it is kept."""
        length = len(seen.text)
        head = self._head(_parsed(seen.text), sent=seen.sent)
        return OcppSaid(seen.at, seen.sent, head, seen.text if length <= MAX_TEXT else "", length)

    def _head(self, frame: Any, *, sent: bool) -> Head:
        match frame:
            case [2 | 6 as kind, str() as number, str() as action, *rest]:
                evse = self._evse(rest[0] if rest and isinstance(rest[0], dict) else {})
                head = Head(
                    blots.text(action[:MAX_NAME]), "request" if kind == CALL else "event", _id(number), evse
                )
                self._remember(self._calls, (sent, number), head)
                return head
            case [3, str() as number, *_]:
                return self._answer(number, "response", called=not sent)
            case [4 | 5 as kind, str() as number, *_]:
                return self._answer(number, "error", called=sent if kind == RESULT_ERROR else not sent)
        return Head(NO_FRAME, "error")

    def _answer(self, number: str, kind: str, *, called: bool) -> Head:
        call = self._calls.get((called, number))
        name, evse = (call.name, call.evse) if call is not None else ("", None)
        return Head(name, kind, _id(number), evse)

    def _evse(self, payload: Mapping[str, Any]) -> int | None:
        """What a payload is about; 0 is the whole station."""
        transaction = _transaction(payload)
        for found in (_at(payload, "evse", "id"), payload.get("evseId"), payload.get("connectorId")):
            if type(found) is int and found > 0:
                if transaction:
                    self._remember(self._transactions, transaction, found)
                return found
        return self._transactions.get(transaction)

    @staticmethod
    def _remember(known: dict[Any, Any], key: Any, value: Any) -> None:
        known.pop(key, None)
        known[key] = value
        if len(known) > REMEMBERED:
            del known[next(iter(known))]


def _id(number: str) -> str:
    return blots.text(number[:MAX_NAME])


def _transaction(payload: Mapping[str, Any]) -> str:
    found = _at(payload, "transactionInfo", "transactionId") or payload.get("transactionId")
    return str(found) if isinstance(found, str | int) else ""


def _at(payload: Mapping[str, Any], *path: str) -> Any:
    found: Any = payload
    for each in path:
        found = found.get(each) if isinstance(found, dict) else None
    return found


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        return None


def _payload(text: str) -> Any:
    """What is said beside type, id and action; of what is no frame, its text."""
    match _parsed(text):
        case [2 | 6, str(), str(), *rest]:
            return rest[0] if rest else {}
        case [3, str(), *rest]:
            return rest[0] if rest else {}
        case [4 | 5, str(), *rest]:
            return dict(zip(("code", "description", "details"), rest, strict=False))
    return {"text": text[: blots.MAX_BODY // 4]}
