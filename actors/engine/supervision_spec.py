"""What a supervisor is told and what it tells: child specifications, states of children, and actions.

Child specifications are data, as in Erlang/OTP; `supervision` decides, and says what differs from OTP.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any

from protocols.message import message


class Restart(enum.StrEnum):
    """When a child that ended is replaced."""

    PERMANENT = "permanent"
    """Always."""
    TRANSIENT = "transient"
    """When it did not end by its own decision."""
    TEMPORARY = "temporary"
    """Never: it is forgotten, and its id is free again."""


class Strategy(enum.StrEnum):
    """Who else is restarted when a child dies; a temporary child among them is ended and not replaced.

    Nobody is created anew before the last of them has ended; then they start in the order of their stages.
    """

    ONE_FOR_ONE = "one_for_one"
    """Nobody."""
    REST_FOR_ONE = "rest_for_one"
    """Those specified after it."""
    ONE_FOR_ALL = "one_for_all"
    """All."""


class Exhausted(enum.StrEnum):
    """What happens when a child's restart budget is spent."""

    ESCALATE = "escalate"
    """The supervisor fails in turn."""
    GIVE_UP = "give_up"
    """The child stays down (and is tried again after `retry_s`), its siblings work on."""


class State(enum.StrEnum):
    """Where a child stands."""

    STARTING = "Starting"
    RUNNING = "Running"
    BACKOFF = "Backoff"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    FAILED = "Failed"


@message
class ChildSpec:
    """What a supervisor knows about one child before it exists.

    `actor` is the dotted path of its class; `grants` maps the names it serves to EVerest interfaces; `config`
    are plain values handed to it. Within one `stage` children start and stop together; stages start in rising
    and stop in falling order.
    """

    id: str
    actor: str
    grants: dict[str, str] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    evse: int | None = None
    restart: Restart = Restart.PERMANENT
    intensity: int = 5
    """Restarts allowed within `period_s`; one more exhausts the budget."""
    period_s: float = 10.0
    exhausted: Exhausted | None = None
    """What then happens. By default it escalates, save directly below the root: nobody starts a root anew."""
    reason: str = ""
    """Why it is not enough to start one actor anew.

    Required of a supervisor whose strategy is not one_for_one, and of an escalation directly below the root.
    """
    retry_s: float = 60.0
    backoff_s: float = 0.05
    """Delay of the second restart within the period; the first is immediate, each further one doubles it."""
    backoff_max_s: float = 5.0
    """No delay grows beyond this, apart from its jitter."""
    jitter: float = 0.2
    """The delay is lengthened or shortened at random by up to this share of it."""
    heartbeat_s: float = 0.4
    """How often the child is pinged; a hang is noticed within about heartbeat plus deadline."""
    deadline_s: float = 0.4
    start_s: float = 10.0
    """A child that has not reported `Started` by then counts as failed."""
    shutdown_s: float = 1.0
    stage: int = 0
    requirements: dict[str, bool] | None = None
    """Capabilities of the host it must run on, in a site of several hosts.

    While no such host can be reached the child waits, whatever `exhausted` says, and is tried again every
    `retry_s` and as soon as one joins.
    """


@dataclass(frozen=True, slots=True)
class Create:
    """Create the child."""

    id: str


@dataclass(frozen=True, slots=True)
class Terminate:
    """Ask the child to stop; kill it when it has not in its `shutdown_s`, or twice that without a core."""

    id: str


@dataclass(frozen=True, slots=True)
class Kill:
    """SIGKILL the child."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Probe:
    """Ping the child."""

    id: str
    number: int


@dataclass(frozen=True, slots=True)
class Escalate:
    """Fail: a child cannot be kept alive."""

    reason: str


@dataclass(frozen=True, slots=True)
class GaveUp:
    """The child stays down for now."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class AllStarted:
    """Every child has started for the first time."""


@dataclass(frozen=True, slots=True)
class AllStopped:
    """Every child has ended after `stop`."""


Action = Create | Terminate | Kill | Probe | Escalate | GaveUp | AllStarted | AllStopped
