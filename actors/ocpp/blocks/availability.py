"""What the CSMS wants in service: the station, EVSEs, connectors (G03, G04; rows S8.15, S9.6 to S9.8, M9.6).

What is wanted is durable and outlives restarts. An EVSE works when both it and the station are wanted, a
connector when its EVSE works and it is wanted itself; so each comes back as it was when what is above it
does. The EVSE managers are told, as one opinion among others, with priority 5000; those that cannot be
reached are told again, and a successor of ours tells all of them anew. Nobody is put out of service while a
transaction runs there: that waits for its end, and needs no memory of its own, for the wish stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ocpp.v21.enums import ChangeAvailabilityStatusEnumType as Status

from actors.ocpp.blocks.evse_conditions import Hindrance
from actors.ocpp.blocks.transaction_entries import running, standing
from actors.ocpp.inputs import Target
from protocols.interfaces import evse_manager
from protocols.message import Failure, FailureReason, message
from protocols.types.evse_manager import EnableDisableSource, EnableSource, EnableState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from actors.ocpp.turn import Turn
    from protocols.message import Reply

PRIORITY: Final = 5000
"""S9.8: in the middle of 0 to 10000."""
AGAIN_S: Final = 5.0
"""After an EVSE manager that could not be told."""
WHOLE: Final = 0
"""As an EVSE's number the station, as a connector's the EVSE."""
HOPELESS: Final = frozenset({FailureReason.UNSUPPORTED, FailureReason.UNKNOWN_NAME, FailureReason.INVALID})
"""Telling it again would not help."""


@message
class Wish:
    """What the CSMS wants of one place."""

    evse_id: int
    connector_id: int
    operative: bool

    @property
    def key(self) -> str:
        """By its place."""
        return f"{self.evse_id} {self.connector_id}"


@dataclass(slots=True)
class Orders:
    """What the EVSE managers are told in this life."""

    told: dict[tuple[int, int], bool] = field(default_factory=dict)
    """What each was told last, by EVSE and connector."""
    held_back: set[int] = field(default_factory=set)
    """EVSEs that are to be told something when their transaction has ended."""


def wanted(turn: Turn, evse_id: int = WHOLE, connector_id: int = WHOLE) -> bool:
    """Whether a place is wanted in service, whatever is wanted of those above it."""
    found = turn.get(Wish, f"{evse_id} {connector_id}")
    return found is None or found.operative


def shut(turn: Turn, evse_id: int, connector_id: int = WHOLE) -> bool:
    """Whether an EVSE is out of service because it or the station is not wanted, or a connector because it
    is not wanted itself; not while a transaction runs there.
    """
    wish = wanted(turn, evse_id, connector_id) if connector_id else _evse_wanted(turn, evse_id)
    return not wish and not _runs(turn, evse_id, connector_id)


def change(
    turn: Turn, evse: int | None, connector: int | None, *, operative: bool
) -> tuple[Status, Hindrance | None]:
    """Want something else of a place from now on: of the station without an EVSE, or with 0 for it.

    A hindrance comes with Rejected: there is no such place.
    """
    evse_id, connector_id = evse or WHOLE, connector or WHOLE
    if evse_id not in {WHOLE, *turn.settings.evses}:
        return Status.rejected, Hindrance("UnknownEvse", f"there is no EVSE {evse_id}")
    if connector_id not in range(turn.settings.evses.get(evse_id, 0) + 1):
        text = f"there is no connector {connector_id} at EVSE {evse_id}"
        return Status.rejected, Hindrance("UnknownConnectorId", text)
    turn.put(Wish(evse_id=evse_id, connector_id=connector_id, operative=operative))
    concerned = turn.settings.evses if evse_id == WHOLE else (evse_id,)
    for each in concerned:
        tell(turn, each)
    waits = not operative and any(_runs(turn, each, connector_id) for each in concerned)
    return Status.scheduled if waits else Status.accepted, None  # G03.FR.05, G04.FR.06


def tell(turn: Turn, evse_id: int) -> None:
    """Have the manager of an EVSE told whatever it has not been told, and may be now."""
    orders = turn.live.of(Orders)
    orders.held_back.discard(evse_id)
    for connector_id, operative in _orders(turn, evse_id):
        if not operative and _runs(turn, evse_id, connector_id):
            orders.held_back.add(evse_id)
        elif orders.told.get((evse_id, connector_id)) is not operative:
            orders.told[evse_id, connector_id] = operative
            _say(turn, evse_id, connector_id, operative=operative)


def release(turn: Turn) -> bool:
    """Tell what had to wait for the end of a transaction that has ended now; return whether there was any."""
    over = [each for each in turn.live.of(Orders).held_back if running(turn, each) is None]
    for each in over:
        tell(turn, each)
    return bool(over)


def tell_all(turn: Turn) -> None:
    """A successor, or a restarted station, tells all of them anew (M9.6, G03.FR.08, G04.FR.09)."""
    for each in turn.settings.evses:
        tell(turn, each)


def again(turn: Turn, rest: str) -> None:
    """The time to tell the manager of an EVSE once more has come."""
    tell(turn, int(rest))


def answered(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    """A manager has taken it in, or could not be told. What holds there now it says itself."""
    evse_id, connector_id = context["evse_id"], context["connector_id"]
    if not isinstance(reply, Failure):
        return
    if reply.reason in HOPELESS:
        turn.note("availability_not_taken", warning=True, evse=evse_id, connector=connector_id)
        return
    turn.live.of(Orders).told.pop((evse_id, connector_id), None)
    turn.start(f"availability {evse_id}", AGAIN_S)


def _evse_wanted(turn: Turn, evse_id: int) -> bool:
    return wanted(turn) and wanted(turn, evse_id)


def _orders(turn: Turn, evse_id: int) -> Iterator[tuple[int, bool]]:
    """What is wanted of an EVSE and its connectors, where anything ever was."""
    if turn.get(Wish, f"{WHOLE} {WHOLE}") is not None or turn.get(Wish, f"{evse_id} {WHOLE}") is not None:
        yield WHOLE, _evse_wanted(turn, evse_id)
    for connector_id in range(1, turn.settings.evses[evse_id] + 1):
        if (wish := turn.get(Wish, f"{evse_id} {connector_id}")) is not None:
            yield connector_id, wish.operative


def _runs(turn: Turn, evse_id: int, connector_id: int) -> bool:
    """Whether a transaction runs at an EVSE, or at one connector of it as far as that is known."""
    if running(turn, evse_id) is None:
        return False
    return connector_id == WHOLE or standing(turn, evse_id).connector_id in {None, connector_id}


def _say(turn: Turn, evse_id: int, connector_id: int, *, operative: bool) -> None:
    source = EnableDisableSource(
        enable_source=EnableSource.CSMS,
        enable_state=EnableState.ENABLE if operative else EnableState.DISABLE,
        enable_priority=PRIORITY,
    )
    command = evse_manager.EnableDisable(connector_id=connector_id, cmd_source=source)
    context = {"evse_id": evse_id, "connector_id": connector_id}
    turn.ask(Target.EVSE_MANAGER, command, "status.told", number=evse_id, **context)
