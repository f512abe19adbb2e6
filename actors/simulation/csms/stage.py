"""The scenes of all stations: when each begins, and what it has done. Sans-IO."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from actors.simulation.csms import scenes
from actors.simulation.csms.effects import Close, Cut
from actors.simulation.csms.matching import concerns
from actors.simulation.csms.record import Kind
from actors.simulation.csms.script import At

if TYPE_CHECKING:
    from datetime import datetime

    from actors.simulation.csms.asking import Asking
    from actors.simulation.csms.conversation import Conversation
    from actors.simulation.csms.effects import Outcome
    from actors.simulation.csms.hub import Hub
    from protocols.ocpp.frames import Payload

MAX_PLAYS: Final = 1000
"""So many scenes run at the same time."""


class Stage:
    """The scenes that run."""

    def __init__(self, hub: Hub, asking: Asking) -> None:
        self._hub, self._asking = hub, asking
        self._plays: list[scenes.Play] = []

    @property
    def due(self) -> datetime | None:
        """When `tick` is to be called next."""
        moments = [play.deadline for play in self._plays if play.deadline is not None]
        return min(moments, default=None)

    @property
    def unfinished(self) -> tuple[str, ...]:
        """The scenes that still run."""
        return tuple(f"{play.scene.name} at {play.station}" for play in self._plays)

    def tick(self, now: datetime) -> None:
        """Deadlines may have passed."""
        for play in list(self._plays):
            self._act(play, play.tick(now), now)

    def begin(
        self,
        at: At,
        conversation: Conversation,
        now: datetime,
        action: str = "*",
        message: Payload | None = None,
    ) -> None:
        """Begin the scenes whose moment this is."""
        station, payload = conversation.station, message or {}
        for scene in self._hub.script.scenes:
            rule = scene.begin
            fits = rule.at is at and concerns(rule, station, conversation.version, action, payload)
            if not fits or not self._hub.turns.is_due(rule, station) or len(self._plays) >= MAX_PLAYS:
                continue
            play = scenes.Play(scene, station, payload, self._hub.known)
            self._plays.append(play)
            self._hub.after(rule.after_s, now, partial(self._start, play))

    def heard(
        self, conversation: Conversation, action: str, payload: Payload, status: str, now: datetime
    ) -> None:
        """A call of the station has been answered, with this status if it has one."""
        for play in list(self._plays):
            if play.station == conversation.station:
                self._act(play, play.heard(action, payload, now), now)
        self.begin(At.MESSAGE, conversation, now, action, payload)
        if action == "BootNotification" and status == "Accepted":
            self.begin(At.BOOTED, conversation, now, action, payload)

    def _start(self, play: scenes.Play, now: datetime) -> None:
        self._hub.note(Kind.SCENE, now, station=play.station, text=f"{play.scene.name}: begins")
        self._act(play, play.start(now), now)

    def _act(self, play: scenes.Play, acts: list[scenes.Act], now: datetime) -> None:
        """Do what a scene wants, and see whether it is over."""
        for act in acts:
            match act:
                case scenes.Ask():
                    done = partial(self._told, play)
                    self._asking.ask(play.station, act.action, act.payload, act.within_s, done, now)
                case scenes.End():
                    self._end(play.station, act.code)
                case _:
                    self._hub.add_fault(act.fault)
        if play.ended and play in self._plays:
            self._plays.remove(play)
            self._close(play, now)

    def _close(self, play: scenes.Play, now: datetime) -> None:
        if play.failure is not None:
            self._hub.fail(play.station, f"{play.scene.name}: {play.failure}", now)
        else:
            self._hub.note(Kind.SCENE, now, station=play.station, text=f"{play.scene.name}: ends as expected")

    def _told(self, play: scenes.Play, outcome: Outcome, now: datetime) -> None:
        self._act(play, play.answered(outcome, now), now)

    def _end(self, station: str, code: int | None) -> None:
        if (conversation := self._hub.connection_of(station)) is not None:
            number = conversation.number
            end = Cut(number) if code is None else Close(number, code, "as the script wants")
            self._hub.effects.append(end)
