"""What the message log of an OCPP module says of each message, by the files it has. Pure.

    log = MessageLog(orders)
    for piece in log.frame(seen): ...     # append piece.text to the file named piece.file

Files are named as EVerest names them, and hold the same: `.log` and `.html` the messages with their names,
indented; `_raw.log` and `_raw.html` the same as they went over the wire, `.security.log` the security events.
Texts of the wire are kept to the letter, save what could play tricks on a terminal: that is escaped.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from actors.ocpp import message_log_page as page
from protocols.ocpp import times

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from actors.ocpp.messages import FrameSeen, LogOrders
    from protocols.types.ocpp import SecurityEvent

LOG: Final = "libocpp_201.log"
HTML: Final = "libocpp_201.html"
RAW_LOG: Final = "libocpp_201_raw.log"
RAW_HTML: Final = "libocpp_201_raw.html"
SECURITY: Final = "libocpp_201.security.log"
HEADS: Final[Mapping[str, str]] = MappingProxyType({HTML: page.HEAD, RAW_HTML: page.HEAD})
"""How a file begins; those that are not here begin with their first entry."""
ENDS: Final[Mapping[str, str]] = MappingProxyType(
    {LOG: "\n\n", RAW_LOG: "\n", SECURITY: "\n", HTML: page.END, RAW_HTML: page.END}
)
"""With what every entry of a file ends, and nothing within an entry does. All files there are."""

WAYS: Final[Mapping[bool, str]] = MappingProxyType(
    {True: "ChargePoint>CentralSystem", False: "CentralSystem>ChargePoint"}
)
REMEMBERED: Final = 32
"""Calls of either side whose answers are told by name."""
MAX_INDENTED: Final = 64 * 1024
"""A longer message is not indented."""
DEEPEST: Final = 16
"""Below this level nothing is indented further: a message of brackets alone would fill the disk."""
TOKENS: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{][ \t\r\n]*[\]}]|[\[\]{},:]|[^\[\]{},:"\s]+', re.DOTALL)
"""Of JSON: strings, empty brackets, brackets and marks, everything else."""
UNSEEN: Final = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""What steers a terminal or the direction of writing, or is not to be seen."""
RESULT_ERROR: Final = 5
"""The type of a message by which the caller refuses the answer."""
MAX_NAME: Final = 64
MAX_ON_CONSOLE: Final = 4096


@dataclass(frozen=True, slots=True)
class Piece:
    """An entry of one file."""

    file: str
    text: str


class MessageLog:
    """What is written for each message, and what answers belong to."""

    def __init__(self, orders: LogOrders) -> None:
        formats = frozenset(orders.formats)
        wanted = {
            LOG: "log" in formats,
            HTML: "html" in formats,
            RAW_LOG: orders.raw and "log" in formats,
            RAW_HTML: orders.raw and "html" in formats,
        }
        self.files = tuple(name for name, is_wanted in wanted.items() if is_wanted)
        """Those that get an entry of each message."""
        self._actions: dict[tuple[bool, str], str] = {}
        """By who has called, and the message id."""
        self.is_whole_on_console = "console_detailed" in formats
        """Whether the log of the site is to show whole messages."""
        self.is_on_console = self.is_whole_on_console or "console" in formats
        """Whether it is to tell of messages at all."""
        self.wants_frames = self.is_on_console or bool(self.files)
        self.wants_security = "security" in formats

    def frame(self, seen: FrameSeen) -> tuple[Piece, ...]:
        """A message was sent or received."""
        parsed = _parsed(seen.text)
        name, refusal = self.name(parsed, sent=seen.sent)
        time, raw = times.text_of(seen.at), plain(seen.text).replace("\n", "\\n")
        pretty = raw if parsed is None else indented(seen.text)
        texts = {
            LOG: lambda: f"{time}: {WAYS[seen.sent]} {name}\n{pretty}\n\n",
            RAW_LOG: lambda: f"{time}: {WAYS[seen.sent]} {raw}\n",
            HTML: lambda: page.entry(time, name, raw, sent=seen.sent, refusal=refusal, whole=pretty),
            RAW_HTML: lambda: page.entry(time, name, raw, sent=seen.sent, refusal=refusal, whole=raw),
        }
        return tuple(Piece(file, texts[file]()) for file in self.files)

    def line(self, seen: FrameSeen) -> dict[str, str]:
        """What the log of the site tells of a message."""
        name, _refusal = self.name(_parsed(seen.text), sent=seen.sent)
        line = {"way": WAYS[seen.sent], "message": name}
        return line | {"text": seen.text[:MAX_ON_CONSOLE]} if self.is_whole_on_console else line

    def name(self, parsed: Any, *, sent: bool) -> tuple[str, bool]:
        """What a message is called, and whether it refuses something; of answers, by what they answer."""
        match parsed:
            case [2 | 6, str() as message_id, str() as action, *_]:
                name = plain(action[:MAX_NAME])
                self._remember((sent, message_id), name)
                return name, False
            case [3, str() as message_id, *_]:
                return f"{self._actions.get((not sent, message_id), '')}Response", False
            case [4 | 5 as kind, str() as message_id, str() as code, *_]:
                caller = sent if kind == RESULT_ERROR else not sent
                action = self._actions.get((caller, message_id), "")
                return f"{action} refused: {plain(code[:MAX_NAME])}".strip(), True
        return "no message", True

    def _remember(self, key: tuple[bool, str], action: str) -> None:
        self._actions.pop(key, None)
        self._actions[key] = action
        if len(self._actions) > REMEMBERED:
            del self._actions[next(iter(self._actions))]


def security(event: SecurityEvent, now: datetime) -> Piece:
    """A security event: a line of JSON."""
    line = {
        "timestamp": times.text_of(event.timestamp or now),
        "type": event.type,
        "critical": bool(event.critical),
        "info": event.info or "",
    }
    return Piece(SECURITY, json.dumps(line) + "\n")


def gap(file: str, missing: int, now: datetime) -> str:
    """The entry of a file that says that so many are missing before the next one."""
    time = times.text_of(now)
    if file == SECURITY:
        return json.dumps({"timestamp": time, "missing": missing}) + "\n"
    if file in HEADS:
        return page.gap(time, missing)
    return f"{time}: SYS> {missing} missing here{ENDS[file]}"


def plain(text: str) -> str:
    """A text of which nothing is hidden and nothing steers: such characters as JSON would escape them."""
    return UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def indented(text: str) -> str:
    """JSON, plain, with a line for each value; no other character of any value changes."""
    if len(text) > MAX_INDENTED:
        return plain(text).replace("\n", "\\n")
    return plain("".join(_lines(text)))


def _parsed(text: str) -> Any:
    """JSON, or None for what is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _lines(text: str) -> Iterator[str]:
    depth = 0
    for word in TOKENS.findall(text):
        if word in "[{":
            depth += 1
            yield word + _margin(depth)
        elif word in "]}":
            depth = max(0, depth - 1)
            yield _margin(depth) + word
        elif word == ",":
            yield word + _margin(depth)
        elif word == ":":
            yield ": "
        else:
            yield word


def _margin(depth: int) -> str:
    return "\n" + "  " * min(depth, DEEPEST)
