"""EVSEs that a block of ours keeps out of service until it is done, in every life.

An opinion of its own about the whole EVSE, beside what the CSMS wants by ChangeAvailability, which it leaves
alone; of the same priority (S9.8). It outlives a restart of the station in the EVSE manager. So it is durable
and said until the manager has heard it, and an EVSE is forgotten only when it has been put back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from actors.ocpp.inputs import Target
from protocols.interfaces import evse_manager
from protocols.message import Failure, message
from protocols.types.evse_manager import EnableDisableSource, EnableSource, EnableState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.ocpp.turn import Turn
    from protocols.message import Reply

PRIORITY: Final = 5000
AGAIN_S: Final = 5.0
"""Until it is said again where it could not be said, or had no effect."""
WHOLE: Final = 0
"""As a connector's number: the whole EVSE."""


@message
class EvseHold:
    """An EVSE that is kept out of service, or is to be put back; each block keeps a class of its own."""

    evse_id: int
    over: bool = False
    """It is to be put back; the entry goes when its manager has heard it."""

    @property
    def key(self) -> str:
        """By its EVSE."""
        return str(self.evse_id)


H = TypeVar("H", bound=EvseHold)


class EvseHolds(Generic[H]):
    """Those of one block, which has `held` in its `replies` and `again` in its `timers` by these names."""

    def __init__(self, kind: type[H], source: EnableSource, *, purpose: str, timer: str) -> None:
        self._kind = kind
        self._source = source
        self.purpose = purpose
        self.timer = timer

    def hold(self, turn: Turn, evse_id: int) -> None:
        """Take an EVSE out of service, unless it is."""
        given = turn.get(self._kind, str(evse_id))
        if given is None or given.over:
            self._say(turn, self._new(turn, evse_id))

    def release(self, turn: Turn, evse_id: int) -> None:
        """Put it back, if it was taken out here."""
        given = turn.get(self._kind, str(evse_id))
        if given is not None and not given.over:
            self._say(turn, replace(given, over=True))

    def release_all(self, turn: Turn) -> None:
        """Put back what was taken out here."""
        for each in list(turn.all(self._kind)):
            self.release(turn, each.evse_id)

    def resumed(self, turn: Turn, *, over: bool) -> None:
        """What a predecessor wanted is said again; `over`: all of them are put back."""
        for each in list(turn.all(self._kind)):
            if over or each.over or not self._lasts(each):
                self._say(turn, replace(each, over=each.over or over))

    def again(self, turn: Turn, rest: str) -> None:
        """The time to say it once more has come."""
        given = turn.get(self._kind, rest)
        if given is not None and (given.over or not self._lasts(given)):
            self._say(turn, given)

    def held(self, turn: Turn, context: Mapping[str, Any], reply: Reply) -> None:
        """Its manager has heard it, or could not be reached."""
        given = turn.get(self._kind, str(context["evse_id"]))
        if given is None or given.over is not context["over"]:
            return  # something else is wanted by now
        taken = self._taken(turn, given, reply)
        if taken is None:
            turn.start(f"{self.timer} {given.key}", AGAIN_S)
        elif taken.over:
            turn.drop(self._kind, taken.key)
        else:
            turn.put(taken)

    def _say(self, turn: Turn, given: H) -> None:
        turn.put(given)
        source = EnableDisableSource(
            enable_source=self._source,
            enable_state=EnableState.UNASSIGNED if given.over else EnableState.DISABLE,
            enable_priority=PRIORITY,
        )
        command = evse_manager.EnableDisable(connector_id=WHOLE, cmd_source=source)
        evse_id, over = given.evse_id, given.over
        turn.ask(Target.EVSE_MANAGER, command, self.purpose, number=evse_id, evse_id=evse_id, over=over)

    # -- what blocks see differently -------------------------------------------------------------------------

    def _new(self, _turn: Turn, evse_id: int) -> H:
        """An EVSE that is to be taken out."""
        return self._kind(evse_id=evse_id)

    def _lasts(self, _given: H) -> bool:
        """Whether an EVSE that is held is known to be out, so that nothing is left to say."""
        return False

    def _taken(self, _turn: Turn, given: H, reply: Reply) -> H | None:
        """A hold as its manager's answer leaves it; None: it is to be said again."""
        return None if isinstance(reply, Failure) else given
