"""Bodies of messages as people may see them: without secrets, and no longer than is shown. Pure."""

from __future__ import annotations

import json
from typing import Any, Final

from actors.ocpp.link.blotting import BLOT, LOGIN, SECRET

MAX_BODY: Final = 16 * 1024
"""Characters of a body as JSON."""
NAMES: Final = ("key", "variable", "name", "component_variable")
"""Fields that name what stands beside them: of a configuration's entry, or of a variable."""
VALUES: Final = frozenset({"value", "attributeValue", "actualValue", "actual_value"})
"""What stands beside them, or below what does."""
ENTRIES: Final = frozenset({"key", "configurationKey", "unknownKey"})
"""Names of entries of a configuration, not keys."""
DEEPEST: Final = 64


def shown(body: Any) -> Any:
    """A body of JSON values for people."""
    cleaned = clean(body)
    length = len(json.dumps(cleaned))
    return cleaned if length <= MAX_BODY else {"too_long": length}


def clean(body: Any) -> Any:
    """A body of JSON values without secrets."""
    return _clean(body, 0)


def _clean(value: Any, depth: int, *, of_secret: bool = False) -> Any:
    """`of_secret`: it belongs to something whose values are nobody's business."""
    if depth > DEEPEST:
        return BLOT
    if isinstance(value, str):
        return LOGIN.sub(f"{BLOT}@", text(_clean_json(value, depth)))
    if isinstance(value, list | tuple):
        return [_clean(each, depth + 1, of_secret=of_secret) for each in value]
    if not isinstance(value, dict):
        return value
    named = of_secret or _names_secret(value)
    return {
        text(name): BLOT
        if _secret(name, one) or (named and name in VALUES)
        else _clean(one, depth + 1, of_secret=named)
        for name, one in value.items()
    }


def _clean_json(value: str, depth: int) -> str:
    """A text that may be JSON itself, as payloads of OCPP are."""
    if value[:1] not in {"{", "["}:
        return value
    try:
        inside = json.loads(value)
    except ValueError:
        return value
    except RecursionError:
        return BLOT
    cleaned = _clean(inside, depth + 1)
    return value if cleaned == inside else json.dumps(cleaned)


def text(value: str) -> str:
    """Half a surrogate pair, which JSON can say, cannot travel."""
    return value if value.isascii() else value.encode(errors="replace").decode()


def _secret(name: str, value: Any) -> bool:
    """Whether a field is nobody's business."""
    harmless = value is None or name in ENTRIES or "public" in name.casefold()
    return not harmless and SECRET.search(name) is not None


def _names_secret(entry: dict[str, Any]) -> bool:
    for field in NAMES:
        name = entry.get(field)
        while isinstance(name, dict):
            name = name.get("variable", name.get("name"))
        if isinstance(name, str) and SECRET.search(name):
            return True
    return False
