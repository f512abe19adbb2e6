"""When our own certificates run out (A03; rows S18.1 to S18.6, S21.4, S21.10, S21.11, M11.1, M11.2).

A minute after the CSMS has first accepted us in a life of the site, and every twelve hours from then on, it
is looked how long the leaves for the CSMS and for cars are still good; one that is absent or soon runs out is
signed anew. Both moments are durable; a look that a kill has cut short is done again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from actors.ocpp.block import Block
from actors.ocpp.blocks import certificate_tables as tables
from actors.ocpp.blocks import csr
from actors.ocpp.blocks.certificate_tables import Kind
from actors.ocpp.blocks.iso15118_switches import renews_leaves
from actors.ocpp.device_model import steering, variables
from actors.ocpp.inputs import Target
from protocols.interfaces import evse_security
from protocols.message import Timestamp, message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.ocpp.device_model.steering import Steering
    from actors.ocpp.turn import Turn
    from protocols.message import Reply

TIMER: Final = "expiry"
AGAIN_S: Final = 60.0
"""After a store that did not answer."""
THRESHOLD_DAYS: Final = steering.integer("InternalCtrlr", "CertificateRenewalThreshold", 30, unit="days")
"""With less than this left a leaf is renewed; 0: once it is absent or has expired (S21.10)."""


def _station_wanted(turn: Turn) -> bool:
    """S18.4."""
    return turn.live.by_certificate


def _v2g_wanted(turn: Turn) -> bool:
    """S18.5."""
    return renews_leaves(turn.model)


@dataclass(frozen=True, slots=True)
class Watch:
    """One leaf that is looked after."""

    delay: Steering[int]
    interval: Steering[int]
    wanted: Callable[[Turn], bool]


WATCHED: Final[Mapping[Kind, Watch]] = MappingProxyType(
    {
        Kind.STATION: Watch(variables.CLIENT_CHECK_DELAY, variables.CLIENT_CHECK_INTERVAL, _station_wanted),
        Kind.V2G: Watch(variables.V2G_CHECK_DELAY, variables.V2G_CHECK_INTERVAL, _v2g_wanted),
    }
)


@message
class Check:
    """When a leaf is looked at next."""

    kind: Kind
    site_life: str
    due_at: Timestamp

    @property
    def key(self) -> str:
        """By the kind."""
        return self.kind.value


def _arm(turn: Turn) -> None:
    """There is a CSMS that has accepted us."""
    if not (turn.live.online and turn.live.accepted):
        return
    for kind, watch in WATCHED.items():
        check = turn.get(Check, kind.value)
        if check is None or check.site_life != turn.settings.site_life:
            _later(turn, kind, float(turn.model.read(watch.delay)))
        else:
            _start(turn, kind, (check.due_at - turn.now).total_seconds())


def _later(turn: Turn, kind: Kind, after_s: float) -> None:
    due_at = turn.now + timedelta(seconds=after_s)
    turn.put(Check(kind=kind, site_life=turn.settings.site_life, due_at=due_at))
    _start(turn, kind, after_s)


def _start(turn: Turn, kind: Kind, after_s: float) -> None:
    """A clock that was set back makes nobody wait for longer than the interval."""
    watch = WATCHED[kind]
    longest_s = max(turn.model.read(watch.delay), turn.model.read(watch.interval))
    turn.start(f"{TIMER} {kind.value}", min(after_s, float(longest_s)))


def _disconnected(turn: Turn) -> None:
    for kind in WATCHED:
        turn.cancel(f"{TIMER} {kind.value}")


def _look(turn: Turn, rest: str) -> None:
    kind = Kind(rest)
    if not WATCHED[kind].wanted(turn):
        _next(turn, kind)
        return
    command = evse_security.GetLeafExpiryDaysCount(certificate_type=tables.LEAVES[kind].type)
    turn.ask(Target.SECURITY, command, "expiry.days", kind=kind)


def _days(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    """M11.2, M8.17: no leaf is one with 0 days left."""
    kind = context["kind"]
    if not isinstance(reply, evse_security.GetLeafExpiryDaysCountReply):
        turn.note("store_silent", warning=True, command="get_leaf_expiry_days_count", why=str(reply))
        _later(turn, kind, AGAIN_S)
        return
    _next(turn, kind)
    if reply.days < max(1, turn.model.read(THRESHOLD_DAYS)):
        csr.sign(turn, kind)


def _next(turn: Turn, kind: Kind) -> None:
    """S18.6."""
    _later(turn, kind, float(max(1, turn.model.read(WATCHED[kind].interval))))


BLOCK: Final = Block(
    name="certificate_expiry",
    connected=_arm,
    accepted=_arm,
    disconnected=_disconnected,
    replies={"expiry.days": _days},
    timers={TIMER: _look},
)
