"""What a screen shows of a site: the snapshots of the Gateway's topics, and the news since. Pure.

Source: the topics `site`, `tree` and `messages` of `observe.subscribe`. What does not read as they are
promised is left out: a screen goes on with what it has.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

TOPICS: Final = ("site", "tree", "messages")
KEPT: Final = 200
"""Messages: more than any screen has lines."""
FRESH_S: Final = 10.0
"""So long a restart is told of."""


class Scene:
    """A site as it was last told of."""

    def __init__(self) -> None:
        self.site: dict[str, Any] = {}
        self.tree: dict[str, Any] = {}
        self.messages: deque[Mapping[str, Any]] = deque(maxlen=KEPT)
        self.restarted: dict[str, tuple[float, str]] = {}
        """By path of an actor: when its last restart was seen, and why."""
        self._lives: dict[str, tuple[int, int | None]] = {}

    def begin(self, snapshot: Mapping[str, Any], now_s: float) -> None:
        """The snapshots of all topics: what was known before no longer holds."""
        self.messages.clear()
        for topic, data in snapshot.items():
            if topic == "messages":
                self._take_messages(data)
            else:
                self.take(topic, data, now_s)

    def take(self, topic: str, data: Any, now_s: float) -> None:
        """News of one topic."""
        if topic == "messages":
            self._take_messages(data)
        elif isinstance(data, dict):
            if topic == "site":
                self._take_site(data)
            elif topic == "tree":
                self._take_tree(data, now_s)

    @property
    def evses(self) -> list[dict[str, Any]]:
        """All EVSEs, in the order of their numbers."""
        found = self.site.get("evses")
        return found if isinstance(found, list) else []

    def _take_messages(self, data: Any) -> None:
        """One message, or several: in a list, or in an object that has them."""
        if isinstance(data, dict):
            data = data.get("messages", [data])
        if isinstance(data, list):
            self.messages.extend(one for one in data if isinstance(one, dict))

    def _take_site(self, data: dict[str, Any]) -> None:
        if "evses" in data:
            self.site = dict(data)
            return
        changed = data.get("evse")
        if isinstance(changed, dict):
            others = [one for one in self.evses if one.get("evse") != changed.get("evse")]
            self.site["evses"] = sorted([*others, changed], key=lambda one: one.get("evse") or 0)
        self.site |= {name: value for name, value in data.items() if name != "evse"}

    def _take_tree(self, data: dict[str, Any], now_s: float) -> None:
        first = not self._lives
        self.tree = data
        lives: dict[str, tuple[int, int | None]] = {}
        for path, node in walk(data):
            lives[path] = (int(node.get("restarts") or 0), node.get("pid"))
            before = self._lives.get(path)
            if not first and before is not None and lives[path][0] > before[0]:
                self.restarted[path] = (now_s, str(node.get("last_error") or "restarted"))
        self._lives = lives
        self.restarted = {
            path: told for path, told in self.restarted.items() if now_s - told[0] < FRESH_S and path in lives
        }


def walk(node: Mapping[str, Any], above: str = "") -> list[tuple[str, Mapping[str, Any]]]:
    """Every actor of a tree with its path, parents before children."""
    path = f"{above}/{node.get('name', '')}" if above else str(node.get("name", ""))
    found: list[tuple[str, Mapping[str, Any]]] = [(path, node)]
    for child in node.get("children") or ():
        found += walk(child, path)
    return found
