"""One input being worked on: the state it found, the state it makes, the effects it causes. Pure.

A handler changes nothing but its turn. If it raises, the turn is thrown away and nothing has happened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actors.v2g.secc.exchange import (
    Ask,
    CancelTimer,
    Close,
    Effect,
    Level,
    Note,
    Publish,
    Send,
    StartTimer,
)
from protocols.message import changed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from actors.v2g.secc.settings import Settings
    from actors.v2g.secc.state import Authorization, State, Talk
    from actors.v2g.secc.station import Station
    from protocols.message import Command, Var
    from protocols.types.evse_manager import HlcSessionFailedReasonEnum

LONGEST_FACT = 100


class Turn:
    """The surroundings of a handler."""

    def __init__(
        self, state: State, settings: Settings, now: datetime, random: Callable[[int], bytes]
    ) -> None:
        self.state = state
        self.settings = settings
        self.now = now
        """Aware UTC."""
        self.random = random
        """Gives that many unpredictable bytes."""
        self.effects: list[Effect] = []

    @property
    def station(self) -> Station:
        """What the station has told."""
        return self.state.station

    @property
    def talk(self) -> Talk:
        """The talk at hand. RuntimeError when there is none: nobody asks then."""
        if self.state.talk is None:
            raise RuntimeError("no car is connected")
        return self.state.talk

    @property
    def stopped(self) -> bool:
        """Whether this talk shall come to its end: a stop holds until the car is unplugged."""
        return self.station.stop or self.talk.stopped

    @property
    def authorization(self) -> Authorization:
        """Short for the talk's."""
        return self.talk.authorization

    def change(self, **fields: Any) -> None:
        """Put fields of the talk to new values."""
        self.state = changed(self.state, talk=changed(self.talk, **fields))

    def tell_station(self, **fields: Any) -> None:
        """Put fields of the station to new values: what was told is used up."""
        self.state = changed(self.state, station=changed(self.station, **fields))

    def send(self, payload_type: int, payload: bytes) -> None:
        """Send a frame to the car."""
        self.effects.append(Send(payload_type=payload_type, payload=payload))

    def publish(self, variable: Var) -> None:
        """Publish a variable."""
        self.effects.append(Publish(variable=variable))

    def ask(self, ask: str, requirement: str, command: Command, *, within_s: float, index: int = 0) -> None:
        """Ask a connected module; the protocol's `answered` gets the reply under that name."""
        self.effects.append(
            Ask(ask=ask, requirement=requirement, index=index, command=command, within_s=within_s)
        )

    def start(self, timer: str, after_s: float) -> None:
        """Start a timer, anew if it runs."""
        self.effects.append(StartTimer(timer=timer, after_s=after_s))

    def cancel(self, timer: str) -> None:
        """Stop a timer."""
        self.effects.append(CancelTimer(timer=timer))

    def close(
        self, reason: str, *, failed: HlcSessionFailedReasonEnum | None = None, after_s: float = 0.0
    ) -> None:
        """End the talk once everything before has been sent."""
        self.change(closing=True)
        self.effects.append(Close(reason=reason, failed=failed, after_s=after_s))

    def note(self, event: str, level: Level = Level.INFO, **facts: str | float | bool | None) -> None:
        """Write something down; texts are cut to a length that logs bear."""
        cut = {name: fact[:LONGEST_FACT] if isinstance(fact, str) else fact for name, fact in facts.items()}
        self.effects.append(Note(event=event, level=level, facts=cut))
