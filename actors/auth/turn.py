"""One input's worth of work: the state as it becomes, and what is to be done about it. Pure."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from actors.auth.availability import is_available
from actors.auth.entries import Errand, Said
from actors.auth.inputs import Answer, Cancel, Note, Say, Start
from actors.auth.state import AWAY, NOTHING
from protocols.types.authorization import (
    ProvidedIdToken,
    TokenValidationStatus,
    TokenValidationStatusMessage,
    ValidationResult,
)
from protocols.types.reservation import ReservationStatus, ReservationUpdateStatus

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from actors.auth.entries import Booking, ErrandKind, Evse, Request
    from actors.auth.inputs import Effect
    from actors.auth.state import Live, State
    from protocols.message import Reply


class Turn:
    """Handlers read and change the state through this, and collect effects."""

    def __init__(self, state: State, now: datetime) -> None:
        self.state = state
        self.now = now
        self.effects: list[Effect] = []

    # -- reading -------------------------------------------------------------------------------------------

    def evse(self, evse_id: int) -> Evse:
        """One EVSE. Raises KeyError for one that is not connected."""
        return self.state.evses[evse_id]

    def live(self, evse_id: int) -> Live:
        """What is known of its manager in this life."""
        return self.state.live.get(evse_id, NOTHING)

    def is_available(self, evse_id: int) -> bool:
        """M2.5, under the rules of the site, and only where somebody is there to be told."""
        there = self.live(evse_id).failures < AWAY
        ignore_faults = self.state.rules.ignore_connector_faults
        return there and is_available(self.evse(evse_id), ignore_faults=ignore_faults)

    def available(self, evses: Iterable[int]) -> list[int]:
        """Those of them that can be granted to somebody, in order."""
        return [each for each in evses if self.is_available(each)]

    # -- changing ------------------------------------------------------------------------------------------

    def change_evse(self, evse_id: int, **fields: Any) -> Evse:
        """Replace fields of an EVSE."""
        changed = dataclasses.replace(self.evse(evse_id), **fields)
        self._replace(evses={**self.state.evses, evse_id: changed})
        return changed

    def change_live(self, evse_id: int, **fields: Any) -> Live:
        """Replace what is known of an EVSE's manager."""
        changed = dataclasses.replace(self.live(evse_id), **fields)
        self._replace(live={**self.state.live, evse_id: changed})
        return changed

    def put_request(self, request: Request) -> None:
        """Add or replace a token in process."""
        self._replace(requests={**self.state.requests, request.number: request})

    def end_request(self, number: int) -> None:
        """Forget a token in process."""
        self._replace(requests={key: each for key, each in self.state.requests.items() if key != number})
        self.cancel(f"request {number}")

    def put_booking(self, booking: Booking) -> None:
        """Add or replace a reservation."""
        self._replace(bookings={**self.state.bookings, booking.reservation.reservation_id: booking})

    def drop_booking(self, reservation_id: int) -> None:
        """Forget a reservation."""
        rest = {key: each for key, each in self.state.bookings.items() if key != reservation_id}
        self._replace(bookings=rest)
        self.cancel(f"booking {reservation_id}")

    def set(self, **fields: Any) -> None:
        """Replace other fields of the state."""
        self._replace(**fields)

    def number(self) -> int:
        """A number that was never given out."""
        self._replace(numbered=self.state.numbered + 1)
        return self.state.numbered

    def add_errand(self, evse_id: int, kind: ErrandKind, **fields: Any) -> Errand:
        """One more thing that an EVSE's manager is to do, behind the others."""
        errand = Errand(number=self.number(), kind=kind, **fields)
        self.change_evse(evse_id, errands=(*self.evse(evse_id).errands, errand))
        return errand

    def drop_errand(self, evse_id: int, number: int) -> None:
        """An errand is done, or not needed any more."""
        rest = tuple(each for each in self.evse(evse_id).errands if each.number != number)
        self.change_evse(evse_id, errands=rest)

    def _replace(self, **fields: Any) -> None:
        self.state = dataclasses.replace(self.state, **fields)

    # -- effects -------------------------------------------------------------------------------------------

    def do(self, *effects: Effect) -> None:
        """Have something done."""
        self.effects.extend(effects)

    def start(self, timer: str, after_s: float) -> None:
        """Start a timer."""
        self.do(Start(timer, after_s))

    def start_until(self, timer: str, until: datetime) -> None:
        """Start a timer that was running in an earlier life; the time of day may have been turned since."""
        left_s = (until - self.now).total_seconds()
        self.start(timer, max(0.0, min(left_s, float(self.state.settings.connection_timeout_s))))

    def cancel(self, timer: str) -> None:
        """Cancel a timer."""
        self.do(Cancel(timer))

    def answer(self, tag: int, reply: Reply) -> None:
        """Answer a command."""
        self.do(Answer(tag, reply))

    def note(self, event: str, *, warning: bool = False, **fields: object) -> None:
        """Log a line."""
        self.do(Note(event, fields, warning))

    def say(
        self, token: ProvidedIdToken, status: TokenValidationStatus, result: ValidationResult | None = None
    ) -> None:
        """Publish a token's status; with a verdict, its texts go along."""
        texts = result.tariff_messages if result is not None else ()
        news = TokenValidationStatusMessage(token=token, status=status, messages=texts or None)
        self._say(token=news)

    def tell_of(self, reservation_id: int, status: ReservationStatus) -> None:
        """Publish what happened to a reservation."""
        news = ReservationUpdateStatus(reservation_id=reservation_id, reservation_status=status)
        self._say(reservation=news)

    def _say(self, **what: Any) -> None:
        said = Said(number=self.number(), **what)
        self._replace(outbox=(*self.state.outbox, said))
        self.do(Say(said))
