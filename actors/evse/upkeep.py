"""How closely the actors on an EVSE's power path are looked after: hardware switches off when they are silent
for half a second, so they must be back before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from actors.engine.supervision import Exhausted

if TYPE_CHECKING:
    from collections.abc import Mapping

POWER_PATH: Final[Mapping[str, Any]] = {
    "heartbeat_s": 0.15,
    "deadline_s": 0.15,  # a hang is noticed within 300 ms
    "backoff_s": 0.01,
    "backoff_max_s": 0.25,  # who never starts is given up before the EVSE is late with its start
    "intensity": 20,
    "exhausted": Exhausted.GIVE_UP,
    "retry_s": 10.0,  # the EVSE is inoperative meanwhile, the rest of the site works
}
"""Fields of their child specifications that differ from the usual: manager, connectors and drivers."""
