"""EVSEs that are out of service for a reset: nobody new begins to charge there (B12).

An opinion of its own beside what the CSMS wants by ChangeAvailability, which it leaves alone; the same
priority (S9.8). It outlives a restart of the station in the EVSE manager, so it is taken back after it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from actors.ocpp.blocks.reset_entries import Hold
from actors.ocpp.inputs import Target
from protocols.interfaces import evse_manager
from protocols.message import Failure
from protocols.types.evse_manager import EnableDisableSource, EnableSource, EnableState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.ocpp.turn import Turn
    from protocols.message import Reply

PRIORITY: Final = 5000
AGAIN_S: Final = 5.0
"""After something that could not be said."""
WHOLE: Final = 0
"""As a connector's number: the whole EVSE."""


def hold(turn: Turn, evse_id: int) -> None:
    """Take an EVSE out of service, unless it is."""
    given = turn.get(Hold, str(evse_id))
    if given is None or given.over:
        _say(turn, Hold(evse_id=evse_id))


def release(turn: Turn, evse_id: int) -> None:
    """Put it back, if it was taken out here."""
    given = turn.get(Hold, str(evse_id))
    if given is not None and not given.over:
        _say(turn, Hold(evse_id=evse_id, over=True))


def resumed(turn: Turn, *, over: bool) -> None:
    """What a predecessor wanted is said again; all of them are put back when the reset is over."""
    for each in list(turn.all(Hold)):
        _say(turn, replace(each, over=each.over or over))


def again(turn: Turn, rest: str) -> None:
    """The time to say it once more has come."""
    if (given := turn.get(Hold, rest)) is not None:
        _say(turn, given)


def _say(turn: Turn, given: Hold) -> None:
    turn.put(given)
    source = EnableDisableSource(
        enable_source=EnableSource.UNSPECIFIED,
        enable_state=EnableState.UNASSIGNED if given.over else EnableState.DISABLE,
        enable_priority=PRIORITY,
    )
    command = evse_manager.EnableDisable(connector_id=WHOLE, cmd_source=source)
    evse_id, over = given.evse_id, given.over
    turn.ask(Target.EVSE_MANAGER, command, "reset.held", number=evse_id, evse_id=evse_id, over=over)


def held(turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
    """Its manager has heard it, or could not be reached."""
    given = turn.get(Hold, str(context["evse_id"]))
    if given is None or given.over is not context["over"]:
        return  # something else is wanted by now
    if isinstance(reply, Failure):
        turn.start(f"reset_hold {given.key}", AGAIN_S)
    elif given.over:
        turn.drop(Hold, given.key)
