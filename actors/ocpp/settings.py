"""What the site file says about a charge point, and whom it speaks to. Declarations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from protocols.ocpp.version import Version

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from actors.ocpp.error_mapping import ErrorRule
    from actors.ocpp.inputs import Peer


class Chance(Protocol):
    """Where message ids and random waits come from."""

    def getrandbits(self, k: int, /) -> int:
        """So many random bits."""

    def uniform(self, a: float, b: float, /) -> float:
        """A number between the two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Fixed for one life."""

    evses: Mapping[int, int]
    """By EVSE number: how many connectors it has; EVSEs are 1 to n, connectors 1 to m (M9.5)."""
    outside: frozenset[int] = frozenset()
    """EVSEs whose managers are programs from outside: they say no more than EVerest's interface has."""
    peers: frozenset[Peer] = frozenset()
    """Who is connected in the site file."""
    chance: Chance
    preferred_version: Version = Version.V21
    started_at: datetime
    """When this life began."""
    site_life: str = ""
    """The same for all lives of the actor in one life of the site: what a restart of the station changes."""
    resume_delay_s: float = 0.0
    """`MessageQueueResumeDelay` (M9.3)."""
    start_delay_s: float = 0.0
    """`DelayOcppStart`, in seconds."""
    reset_delay_s: float = 0.0
    """`ResetStopDelay`."""
    composite_schedule_interval_s: int = 30
    composite_schedule_duration_s: int = 600
    composite_schedule_unit: str = "A"
    external_control: bool = False
    """`EnableExternalWebsocketControl`."""
    simulated: bool = False
    """Some of the site is simulated: what is for tests alone is carried out."""
    error_rules: tuple[ErrorRule, ...] = ()
    """What the operator says about errors, of `error_mapping.json`."""
    queue_bytes: int = 6 * 1024 * 1024
    """So much of the journal the queue may take before the lightest messages are given up."""
