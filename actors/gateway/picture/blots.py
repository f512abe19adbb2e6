"""Bodies of messages as people may see them: without secrets, and no longer than is shown. Pure."""

from __future__ import annotations

import json
from typing import Any, Final

from actors.ocpp.link.blotting import BLOT, SECRET

MAX_BODY: Final = 16 * 1024
"""Characters of a body as JSON."""
NAMES: Final = ("key", "variable", "name")
"""Fields that name what stands beside them: of a configuration's entry, or of a variable."""
VALUES: Final = frozenset({"value", "attributeValue"})
"""What stands beside them."""
DEEPEST: Final = 64


def shown(body: Any) -> Any:
    """A body of JSON values for people."""
    clean = _clean(body, 0)
    length = len(json.dumps(clean))
    return clean if length <= MAX_BODY else {"too_long": length}


def _clean(value: Any, depth: int) -> Any:
    if depth > DEEPEST:
        return BLOT
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list | tuple):
        return [_clean(each, depth + 1) for each in value]
    if not isinstance(value, dict):
        return value
    named = _names_secret(value)
    return {
        text(name): BLOT if _secret(name, one) or (named and name in VALUES) else _clean(one, depth + 1)
        for name, one in value.items()
    }


def text(value: str) -> str:
    """Half a surrogate pair, which JSON can say, cannot travel."""
    return value if value.isascii() else value.encode(errors="replace").decode()


def _secret(name: str, value: Any) -> bool:
    """Whether a field is nobody's business; `key` alone names an entry of a configuration."""
    harmless = value is None or name == "key" or "public" in name.casefold()
    return not harmless and SECRET.search(name) is not None


def _names_secret(entry: dict[str, Any]) -> bool:
    for field in NAMES:
        name = entry.get(field)
        if isinstance(name, dict):
            name = name.get("name")
        if isinstance(name, str) and SECRET.search(name):
            return True
    return False
