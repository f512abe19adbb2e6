"""Frames as logs may show them: without passwords and keys. Pure."""

from __future__ import annotations

import json
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from protocols.ocpp import frames

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from protocols.ocpp.frames import Frame

BLOT: Final = "***"
MAX_SHOWN: Final = 64
"""Characters of a text that is no frame."""
SECRET: Final = re.compile(r"passw|passphrase|secret|pin$|key$|connectionprofiles$", re.IGNORECASE)
"""Names of fields and variables whose values are nobody's business; rather one too many."""

LOGIN: Final = re.compile(r"(?<=://)[^/\s@:]*:(?:[^/\s@]*@)+")
"""Of an address: user and password, as where logs are to be sent."""


def shown(frame: Frame, text: str) -> str:
    """The text of a frame; in those that may carry a secret, its value is blotted out."""
    if isinstance(frame, frames.Call) and (blot := _BLOTS.get(frame.action)) is not None:
        text = json.dumps([2, frame.message_id, frame.action, blot(frame.payload)], separators=(",", ":"))
    return LOGIN.sub(f"{BLOT}@", text)


def shown_garbage(text: str) -> str:
    """What was received and is no frame: its beginning, as far as no payload can have begun."""
    head = text[:MAX_SHOWN].partition("{")[0]
    return f"{ascii(head)[1:-1]}... ({len(text)} characters, no frame)"


def _everywhere(value: Any) -> Any:
    """Fields by their own name, at any depth."""
    if isinstance(value, list):
        return [_everywhere(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: BLOT if SECRET.search(name) else _everywhere(each) for name, each in value.items()}


def _variables(payload: frames.Payload) -> Any:
    """Values of variables, by the variable's name."""
    return {name: _entries(each) for name, each in payload.items()}


def _entries(entries: Any) -> Any:
    if not isinstance(entries, list):
        return BLOT
    return [_entry(each, "attributeValue", lambda one: one["variable"]["name"]) for each in entries]


def _configuration(payload: frames.Payload) -> Any:
    """The value of a key of OCPP 1.6."""
    return _entry(payload, "value", lambda one: one["key"])


def _entry(entry: Any, field: str, name: Callable[[Any], Any]) -> Any:
    """Blot out one field, unless the name it belongs to can be read and is harmless."""
    try:
        harmless = SECRET.search(name(entry)) is None
    except (KeyError, TypeError):
        return BLOT
    return entry if harmless else entry | {field: BLOT}


_BLOTS: Final[Mapping[str, Callable[[frames.Payload], Any]]] = MappingProxyType(
    {
        "SetVariables": _variables,
        "SetNetworkProfile": _everywhere,
        "ChangeConfiguration": _configuration,
    }
)
"""By action: how its payload is made fit for logs."""
