"""What stands for something in a script's payloads: `${now+3600}`, `${transaction}`, ... Pure.

    ${now} ${now+60} ${now-60}   the time of day, moved by seconds
    ${station}                   its identity
    ${transaction} ${evse}       its newest open transaction, and where that is
    ${message.evse.id}           a field of the message that began the scene, or that is answered
    ${answer.status}             a field of the last answer in this scene

A text that is nothing but one of these becomes the value itself, a number for example.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from protocols.ocpp.times import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_PLACE: Final = re.compile(r"\$\{([^{}]{1,200})\}")
_NOW: Final = re.compile(r"now([+-][0-9]{1,9})?")
NAMES: Final = ("now", "station", "transaction", "evse", "message", "answer")


class TemplateError(ValueError):
    """Something to be filled in is not known; the text names it."""


def problem_of(value: Any) -> str | None:
    """What is wrong with the places in a payload, before anything is known that could fill them."""
    for text in _texts(value):
        for found in _PLACE.finditer(text):
            name = found[1].partition(".")[0]
            if not (_NOW.fullmatch(found[1]) or name in NAMES[1:]):
                return f"nothing is called {found[0]}; known: {', '.join(NAMES)}"
    return None


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for each in inner for text in _texts(each)]


def fill(value: Any, known: Mapping[str, Any], now: datetime) -> Any:
    """The payload with everything filled in. TemplateError."""
    if isinstance(value, dict):
        return {name: fill(each, known, now) for name, each in value.items()}
    if isinstance(value, list):
        return [fill(each, known, now) for each in value]
    if not isinstance(value, str):
        return value
    if (whole := _PLACE.fullmatch(value)) is not None:
        return _value(whole[1], known, now)
    return _PLACE.sub(lambda found: str(_value(found[1], known, now)), value)


def _value(name: str, known: Mapping[str, Any], now: datetime) -> Any:
    if (moved := _NOW.fullmatch(name)) is not None:
        return text_of(now + timedelta(seconds=int(moved[1] or 0)))
    found: Any = known
    for part in name.split("."):
        if isinstance(found, list) and part.isdecimal() and int(part) < len(found):
            found = found[int(part)]
        elif isinstance(found, dict) and part in found:
            found = found[part]
        else:
            found = None
        if found is None:
            raise TemplateError(f"nothing is known for ${{{name}}}")
    return found
