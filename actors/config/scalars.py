"""What a YAML scalar means: the core schema of YAML 1.2, where `yes` and `on` are strings, as for EVerest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.catalog.manifest import Scalar

TAG: Final = "tag:yaml.org,2002:"

MAX_NUMBER_LENGTH: Final = 40
"""A longer run of digits is read as a string."""

_BOOLEANS: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_FLOATS: Final = {".inf": "inf", "+.inf": "inf", "-.inf": "-inf", ".nan": "nan"}
_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_BASED: Final = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_NUMBER: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def _integer(text: str) -> int | None:
    if len(text) <= MAX_NUMBER_LENGTH:
        if _INTEGER.fullmatch(text):
            return int(text, 10)
        if _BASED.fullmatch(text):
            return int(text, 0)
    return None


def _number(text: str) -> float | None:
    if len(text) <= MAX_NUMBER_LENGTH and _NUMBER.fullmatch(text):
        return float(text)
    name = _FLOATS.get(text.lower())
    return None if name is None else float(name)


def is_long_number(text: str) -> bool:
    """Whether a text is a number but for its length; nothing that long is read as one."""
    return len(text) > MAX_NUMBER_LENGTH and any(
        one.fullmatch(text) is not None for one in (_INTEGER, _BASED, _NUMBER)
    )


def plain(text: str) -> Scalar | None:
    """An untagged, unquoted scalar by YAML's core schema."""
    if text in _NULLS:
        return None
    for read in (_BOOLEANS.get, _integer, _number):
        value: Scalar | None = read(text)
        if value is not None:
            return value
    return text


TAGGED: Final[Mapping[str, Callable[[str], Scalar | None]]] = {
    f"{TAG}str": str,
    f"{TAG}bool": _BOOLEANS.get,
    f"{TAG}int": _integer,
    f"{TAG}float": _number,
    f"{TAG}null": lambda _: None,
}
