"""Whether a station answers as it did in the record. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from actors.v2g.link import evidence_lines as lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VOLATILE: Final = frozenset(
    {
        "SessionID",
        "TimeStamp",
        "EVSETimeStamp",
        "DateTimeNow",
        "TimeAnchor",
        "GenChallenge",
        "EVSEPresentVoltage",
        "EVSEPresentCurrent",
        "EVSEPresentActivePower",
        "EVSEPresentActivePower_L2",
        "EVSEPresentActivePower_L3",
        "MeterInfo",
        "Receipt",
        "Signature",
    }
)
"""Fields that differ between two talks at the same station."""
MAX_DIFFERENCES: Final = 5
"""Told of one answer."""
_TOLD: Final = 60
"""Characters of a value."""


def code_of(tree: Mapping[str, Any]) -> str:
    """The response code of an answer; empty where it has none."""
    _name, _header, content = lines.parts(tree)
    return str(content.get("ResponseCode", ""))


def is_ongoing(tree: Mapping[str, Any]) -> bool:
    """Whether an answer asks the car to ask again."""
    _name, _header, content = lines.parts(tree)
    return str(content.get("EVSEProcessing", "")).startswith("Ongoing")


def differences(recorded: Mapping[str, Any], found: Mapping[str, Any], *, strict: bool) -> tuple[str, ...]:
    """What an answer has other than the recorded one: its kind, its code, with `strict` any field."""
    name, _, content = lines.parts(recorded)
    now_name, _, now_content = lines.parts(found)
    if name != now_name:
        return (f"{now_name}, it was {name}",)
    if code_of(recorded) != code_of(found):
        return (f"{code_of(found)}, it was {code_of(recorded)}",)
    if not strict:
        return ()
    told = list(_walk(content, now_content, ""))
    more = len(told) - MAX_DIFFERENCES
    return (*told[:MAX_DIFFERENCES], *((f"and {more} more",) if more > 0 else ()))


def _walk(old: Any, new: Any, path: str) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in [*old, *(name for name in new if name not in old)]:
            if name not in VOLATILE and name != "Header":
                yield from _walk(old.get(name), new.get(name), f"{path}.{name}".lstrip("."))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for place, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _walk(one, other, f"{path}[{place}]")
    elif old != new:
        yield f"{path}: {_shown(new)}, it was {_shown(old)}"


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = str(value)
    return text if len(text) <= _TOLD else text[:_TOLD] + "..."
