"""What a part of an actor needs of it, remembering what it is told: for tests without a simulation."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from actors.engine.clock import ManualClock


class Recorder:
    """Publishes into `published` and logs into `lines`."""

    def __init__(self, evse: int | None = None) -> None:
        self.evse = evse
        self.published: list[tuple[Any, str | None, bool]] = []
        self.lines: list[str] = []
        self.port = SimpleNamespace(clock=ManualClock())
        self.log = SimpleNamespace(error=self._log, warning=self._log, info=self._log)

    def publish(self, variable: Any, name: str | None = None, *, retain: bool = False) -> None:
        """Remember it."""
        self.published.append((variable, name, retain))

    def _log(self, event: str, **_fields: Any) -> None:
        self.lines.append(event)
