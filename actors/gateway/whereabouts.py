"""Where a Gateway says that it is: a file of the state directory, for whoever looks for one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

NAME: Final = "gateway.json"


def said_where(state: Path) -> str | None:
    """The address of the Gateway of this state directory, or what it was; None: nobody has said so."""
    try:
        url = json.loads((state / NAME).read_text(encoding="ascii"))["url"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return url if isinstance(url, str) else None
