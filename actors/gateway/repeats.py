"""What those who listen know already: an EVSE measures on though nothing changes. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from actors.gateway.picture import News

SITE: Final = "site"
EVSE: Final = "evse"


class Repeats:
    """Remembers what was said last of each EVSE."""

    def __init__(self) -> None:
        self._said: dict[int, dict[str, Any]] = {}

    def is_old(self, news: News) -> bool:
        """Whether it says of an EVSE what was said last; from now on it has been said."""
        if news.topic != SITE or EVSE not in news.data:
            return False
        number = news.data[EVSE][EVSE]
        before, self._said[number] = self._said.get(number), news.data
        return before == news.data

    def forget(self) -> None:
        """Somebody else listens, and has seen what was not said: nothing is old."""
        self._said.clear()
