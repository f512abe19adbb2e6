"""How closely the session beside a link is looked after: a car in its charging loop waits 250 ms at most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from actors.engine.supervision import Exhausted

if TYPE_CHECKING:
    from collections.abc import Mapping

SESSION: Final[Mapping[str, Any]] = {
    "heartbeat_s": 0.25,  # for a session that nobody waits for; a link doubts one that it waits for (DOUBT_S)
    "deadline_s": 0.08,  # and an eighth: with DOUBT_S, a hang in a talk is noticed within 110 ms
    "backoff_s": 0.002,
    "backoff_max_s": 0.005,  # a car waits for the successor, and the link gives up on what kills every one
    "intensity": 50,
    "exhausted": Exhausted.GIVE_UP,
    "retry_s": 1.0,  # the rest of the EVSE goes on meanwhile
}
"""Fields of its child specification that differ from the usual."""
