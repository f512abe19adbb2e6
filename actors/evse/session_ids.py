"""Names for sessions (parameter `session_id_type`, row M5.1). Pure: chance is an argument."""

from __future__ import annotations

import base64
import uuid
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _uuid(random: Callable[[int], bytes]) -> uuid.UUID:
    return uuid.UUID(bytes=random(16), version=4)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii").rstrip("=")


FORMS: Final[Mapping[str, Callable[[Callable[[int], bytes]], str]]] = {
    "UUID": lambda random: str(_uuid(random)),
    "UUID_BASE64": lambda random: _base64(_uuid(random).bytes),
    "SHORT_BASE64": lambda random: _base64(random(12)),
}
"""36, 22 and 16 characters."""


def session_id(form: str, random: Callable[[int], bytes]) -> str:
    """A new name; `random` gives that many unpredictable bytes. KeyError for a form not in `FORMS`."""
    return FORMS[form](random)
