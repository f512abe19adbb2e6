"""What a link tells of its talks to those who watch: how far the newest has come, and what is said. Pure.

    telling = Telling()
    telling.opened(now, tls, certificate); telling.published(variable, now)     # telling.milestones
    telling.said(payload_type, payload, now, sent=False)                        # only while somebody listens
    seen = telling.take()                                                       # what has come together

Of a charging loop, four or more exchanges a second, little is told: one exchange a second, and the last one,
which ends the loop. The same holds where a car asks the same again and again, until the cable is checked or
somebody has authorized it.
"""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from actors.v2g.messages import CarAuthorized, Frame, FramesSeen, Milestones
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118.v2gtp import PayloadType

if TYPE_CHECKING:
    from datetime import datetime

    from actors.v2g.secc.exchange import Tls
    from protocols.message import Var

MAX_PAYLOAD: Final = 16 * 1024
"""Of a longer payload, which no honest car sends, only the size is told."""
MAX_FRAMES: Final = 64
"""In one `FramesSeen`; a car that says more before it is told is not told of whole."""
LOOP_PERIOD: Final = timedelta(seconds=1)


class Telling:
    """Of one link."""

    def __init__(self) -> None:
        self.milestones = Milestones()
        self._frames: list[Frame] = []
        self._left_out = 0
        self._loop = False
        self._next_told: datetime | None = None
        """Of what comes again and again: not before that."""
        self._asked: object = None
        """The likeness of the car's last request."""
        self._skipped: list[Frame] = []
        """The exchange at hand, if it is one that is not told."""

    # -- how far it is -------------------------------------------------------------------------------------

    def opened(self, now: datetime, tls: Tls | None, certificate: str) -> None:
        """A talk begins; the one before is forgotten."""
        self._loop = False
        self.milestones = Milestones(
            opened_at=now,
            tls=tls.version if tls is not None else "",
            cipher=tls.cipher if tls is not None else "",
            certificate=certificate,
        )

    def published(self, variable: Var, now: datetime) -> bool:
        """What the session has published; whether that is a milestone."""
        match variable:
            case charger.SelectedProtocol(protocol=protocol):
                return self._reached(protocol=protocol)
            case charger.RequireAuthPnc():
                return self._reached(contract_at=now)
            case CarAuthorized():
                return self._reached(authorized_at=now)
            case charger.CurrentDemandStarted():
                self._loop, self._next_told = True, None
            case charger.CurrentDemandFinished():
                self._loop = False
                self._tell_skipped()
        return False

    def ended(self, now: datetime) -> bool:
        """The car is gone; whether its talk had begun."""
        self._tell_skipped()
        self._loop = False
        begun = self.milestones.opened_at is not None and self.milestones.ended_at is None
        return begun and self._reached(ended_at=now)

    def _reached(self, **fields: datetime | str) -> bool:
        self.milestones = dataclasses.replace(self.milestones, **fields)  # type: ignore[arg-type]  # callers name its fields
        return True

    # -- what is said --------------------------------------------------------------------------------------

    def said(self, payload_type: int, payload: bytes, now: datetime, *, sent: bool) -> None:
        """A frame of the car, or one of the station."""
        frame = Frame(
            at=now,
            sent=sent,
            payload_type=payload_type,
            payload=payload if len(payload) <= MAX_PAYLOAD else b"",
            size=len(payload),
            protocol=self.milestones.protocol,
            loop=self._loop,
        )
        if not sent:
            asked = _likeness(payload_type, payload)
            again, self._asked = self._loop or asked == self._asked, asked
            if again:  # the exchange before was one of many
                self._left_out += len(self._skipped)
                self._skipped.clear()
            else:
                self._tell_skipped()
            if again and self._next_told is not None and now < self._next_told:
                self._skipped.append(frame)
                return
            self._next_told = now + LOOP_PERIOD
        elif self._skipped and len(self._skipped) < MAX_FRAMES:
            self._skipped.append(frame)
            return
        self._tell(frame)

    def _tell_skipped(self) -> None:
        for frame in self._skipped:
            self._tell(dataclasses.replace(frame, loop=False))
        self._skipped.clear()

    def _tell(self, frame: Frame) -> None:
        if len(self._frames) < MAX_FRAMES:
            self._frames.append(frame)
        else:
            self._left_out += 1

    def take(self) -> FramesSeen | None:
        """What has not been told yet, if there is any."""
        frames, left_out = tuple(self._frames), self._left_out
        if not frames:
            return None
        self._frames.clear()
        self._left_out = 0
        return FramesSeen(frames=frames, left_out=left_out)


def _likeness(payload_type: int, payload: bytes) -> object:
    """What two requests have in common that ask the same.

    In ISO 15118-20 each has its own time stamp; the first two bytes tell what kind of message it is.
    """
    if payload_type == PayloadType.EXI:
        return payload
    return payload_type, len(payload), payload[:2]
