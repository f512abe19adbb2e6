"""The last messages to and from the back-end and the cars, the newest below. Pure."""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rich.table import Table
from rich.text import Text

from actors.view.words import clock, moment, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SOURCES: Final[Mapping[str, tuple[str, str]]] = {"ocpp": ("OCPP", "magenta"), "v2g": ("V2G", "blue")}
ARROWS: Final[Mapping[str, str]] = {"sent": "→", "received": "←"}
"""Seen from the station."""
TELLING: Final = (
    "eventType", "triggerReason", "status", "connectorStatus", "chargingState", "responseCode",
    "ResponseCode", "response_code", "type", "action", "seqNo", "errorCode",
)  # fmt: skip
"""Fields of a payload that say most in few characters, in this order."""
MAX_DETAIL: Final = 120
DEPTH: Final = 3
LOOP: Final = 2
"""Messages of one round of a charging loop: a request and its response."""


class Shown(NamedTuple):
    """A line of the timeline."""

    message: Mapping[str, Any]
    times: int = 1
    """How often such a one came."""
    answer: Mapping[str, Any] | None = None
    """The answer to a request of OCPP, which has no line of its own."""


def timeline(messages: Sequence[Mapping[str, Any]], height: int) -> Table:
    """The last so many messages; a request and its answer, and all rounds of a loop, are folded."""
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    for shown in folded(messages)[-height:]:
        table.add_row(*_row(shown))
    return table


def folded(messages: Sequence[Mapping[str, Any]]) -> list[Shown]:
    """Lines: the loop of a charging car is two, the newest of each kind; an answer of OCPP joins its request.

    A message of a car's talk is folded into an earlier one of its kind where the talk had nothing but that
    one and one other in between; what the back-end is told meanwhile is no part of the talk.
    """
    found: dict[int, Shown] = {}
    talks: dict[Any, deque[tuple[Any, int]]] = {}
    open_calls: dict[Any, int] = {}
    for number, message in enumerate(messages):
        if message.get("source") == "v2g":
            count = _fold_talk(
                found, talks.setdefault(message.get("evse"), deque(maxlen=LOOP)), number, message
            )
            found[number] = Shown(message, count)
        elif (call := open_calls.pop(message.get("id"), None)) is not None:
            found[call] = found[call]._replace(answer=message)
        else:
            found[number] = Shown(message)
            if message.get("id") is not None and message.get("kind") == "request":
                open_calls[message["id"]] = number
    return list(found.values())


def _fold_talk(
    found: dict[int, Shown], talk: deque[tuple[Any, int]], number: int, message: Mapping[str, Any]
) -> int:
    """Take out the earlier message of this kind, if there is one; how often there have been such, now."""
    kind, count = (message.get("direction"), message.get("name"), message.get("kind")), 1
    for each in list(talk):
        if each[0] == kind:
            count += found.pop(each[1]).times
            talk.remove(each)
    talk.append((kind, number))
    return count


def _row(shown: Shown) -> tuple[Text, ...]:
    message, answer = shown.message, shown.answer
    source, style = SOURCES.get(str(message.get("source")), (one_line(message.get("source")), ""))
    evse = message.get("evse")
    arrow = ARROWS.get(str(message.get("direction")), " ")
    name = Text(one_line(message.get("name") or ""))
    if message.get("kind") == "error":
        name.stylize("bold red")
    if shown.times > 1:
        name.append(f" x{shown.times}", style="yellow")
    if answer is not None:
        wrong = answer.get("kind") == "error"
        name.append(" ✗" if wrong else " ✓", style="bold red" if wrong else "green")
    said = [detail(one.get("body")) for one in (message, answer) if one is not None]
    if told := " = ".join(filter(None, said)):
        name.append(f"  {told}", style="dim")
    return (
        Text(clock(moment(message.get("at"))), "dim"),
        Text(f"{source:4}{'' if evse is None else f' {evse}'}", style),
        Text(arrow, style),
        name,
    )


def detail(body: Any) -> str:
    """What says most of a payload, in few characters."""
    found: dict[str, str] = {}
    _gather(body, found, DEPTH)
    words = [found[name] for name in TELLING if name in found]
    return " ".join(words)[:MAX_DETAIL]


def _gather(value: Any, found: dict[str, str], depth: int) -> None:
    if isinstance(value, dict) and depth:
        for name, one in value.items():
            if name in TELLING and isinstance(one, str | int | float) and name not in found:
                found[name] = one_line(f"#{one}" if name == "seqNo" else one)[:40]
            else:
                _gather(one, found, depth - 1)


def plain(message: Mapping[str, Any]) -> str:
    """A message as one line of text, for a pipe."""
    body = message.get("body")
    told = detail(body) or ("" if body is None else json.dumps(body)[:MAX_DETAIL])
    evse = "" if message.get("evse") is None else f" evse {message['evse']}"
    arrow = {"sent": "->", "received": "<-"}.get(str(message.get("direction")), "--")
    words = (
        clock(moment(message.get("at"))),
        str(message.get("source", "")) + evse,
        arrow,
        message.get("name"),
        told,
    )
    return " ".join(one_line(word) for word in words if word)
