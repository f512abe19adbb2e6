"""An actor that notes when the contactors of simulated EVSEs close and open, and what sessions go through."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from actors.engine.base import SiteActor, handles
from actors.simulation.plant.messages import Plant
from protocols.interfaces import evse_manager
from protocols.message import Command, Reply, message

if TYPE_CHECKING:
    from protocols.types.evse_manager import SessionEvent


@message
class Switched:
    """A contactor has moved, by its own feedback."""

    evse: int
    closed: bool
    at_s: float
    """Of the monotonic clock, which all processes of a machine have in common."""


@message
class NotedReply(Reply):
    """All that was noted, in order."""

    switched: tuple[Switched, ...]
    events: tuple[tuple[int, str], ...]
    """EVSE and session event, each once: what a successor says again is the same to the last byte."""
    ready: int
    """How many EVSEs have said that they can be used."""


@message
class Noted(Command):
    """Ask for it."""

    answer: ClassVar[type[Reply]] = NotedReply


class Stopwatch(SiteActor):
    """Listens to the EVSEs of `config["evses"]`. Its successor has forgotten what was."""

    def __init__(self) -> None:
        super().__init__()
        self._closed: dict[int, bool] = {}
        self._switched: list[Switched] = []
        self._events: list[tuple[int, SessionEvent]] = []
        self._usable: set[int] = set()

    def on_start(self) -> None:
        """Listen."""
        for number in self.config["evses"]:
            self.subscribe(f"plant:{number}", Plant, partial(self._look, number))
            name = f"evse_{number}/evse"
            self.subscribe(name, evse_manager.SessionEvent, partial(self._hear, number))
            self.subscribe(name, evse_manager.Ready, partial(self._is, number))

    def _look(self, evse: int, plant: Plant) -> None:
        if plant.closed is not self._closed.get(evse, False):
            self._closed[evse] = plant.closed
            moment_s = self.port.clock.monotonic_s()
            self._switched.append(Switched(evse=evse, closed=plant.closed, at_s=moment_s))

    def _hear(self, evse: int, news: evse_manager.SessionEvent) -> None:
        if (evse, news.event) not in self._events:
            self._events.append((evse, news.event))

    def _is(self, evse: int, news: evse_manager.Ready) -> None:
        (self._usable.add if news.ready else self._usable.discard)(evse)

    @handles(Noted)
    def handle_noted(self, _command: Noted) -> NotedReply:
        """Tell."""
        events = tuple((evse, each.event.value) for evse, each in self._events)
        return NotedReply(switched=tuple(self._switched), events=events, ready=len(self._usable))
