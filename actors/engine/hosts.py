"""Several hosts, one site: what their admins and supervisors tell each other beyond Thespian's convention.

The leading host's admin knows all others by their regular check-in. A child whose specification requires
capabilities (`{"evse:3": True}`) that its supervisor's host has not is created by the admin of a host that
has them, on behalf of the supervisor: it is that admin's ward. What keeps wards in order:

- at most one process per place in the tree and host: creating a ward ends the one that had its place;
- a ward does not outlive its supervisor: the admin asks every supervisor it holds wards for, and ends the
  wards when that process, or its whole host, does not answer any more;
- a supervisor that gives a ward up (its heartbeat failed) has it ended where it runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from thespian.actors import ActorSystemMessage
from thespian.system.admin import convention

if TYPE_CHECKING:
    from collections.abc import Mapping

    from thespian.actors import ActorAddress

PLACE: Final = "evsite place"
"""Entry in the requirements of a child that says where in the tree it stands; no capability."""
ANYWHERE: Final = "evsite anywhere"
"""Capability of a simulation, which carries everything."""
NOWHERE: Final = "no host of the site that can be reached has what it requires"
CHECK_IN_S: Final = 1.0
"""How often hosts check in at the leading one; three times missed means gone."""
WATCH_S: Final = 1.0
"""How often an admin asks the supervisors of its wards for a sign of life."""


class EndWard(ActorSystemMessage):
    """Kill the actor at this address, wherever it runs."""

    def __init__(self, address: ActorAddress) -> None:
        self.address = address


@dataclass(frozen=True, slots=True)
class Ward:
    """A process an admin has started for a supervisor on another host."""

    pid: int
    supervisor: ActorAddress
    place: str | None


def carries(capabilities: Mapping[str, Any], requirements: Mapping[str, Any] | None) -> bool:
    """Whether a host with these capabilities can carry an actor with these requirements."""
    return ANYWHERE in capabilities or all(
        capabilities.get(name) == value for name, value in (requirements or {}).items() if name != PLACE
    )


def check_in_often() -> None:
    """Shorten Thespian's periods, which are minutes, for this process and those forked from it."""
    period = timedelta(seconds=CHECK_IN_S)
    convention.CONVENTION_REREGISTRATION_PERIOD = period
    convention.CONVENTION_RESTART_PERIOD = period
