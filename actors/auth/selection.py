"""Which of the EVSEs that a token may have it gets (M3.1 to M3.4). Pure.

    FindFirst    the car that waits longest, else an EVSE reserved for the token, else the first; never waits
    PlugEvents   the car that waits longest; none: waits for one to be plugged in
    UserInput    never guesses: the only car that waits, else the next one that is plugged in, or the EVSE for
                 which the token is presented once more, say by a terminal that asks the user

Under each of them, one EVSE alone is chosen at once (M3.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.auth.reservations import book
from actors.auth.reservations.book import Claim

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from actors.auth.turn import Turn
    from protocols.types.authorization import ProvidedIdToken, ValidationResult

FIND_FIRST: Final = "FindFirst"
USER_INPUT: Final = "UserInput"


def free_for(turn: Turn, evses: Iterable[int], token: ProvidedIdToken, result: ValidationResult) -> list[int]:
    """Those of the EVSEs that a token may have now: available and not reserved for others (M2.14)."""
    who = book.bearer(token, result)
    return [
        each
        for each in turn.available(evses)
        if book.standing(turn.state, each, who).claim is not Claim.OTHERS
    ]


def at_once(turn: Turn, free: list[int], token: ProvidedIdToken, result: ValidationResult) -> int | None:
    """The EVSE chosen without waiting for anything, or None."""
    if len(free) == 1:
        return free[0]
    cars = waiting_cars(turn, free)
    algorithm = turn.state.rules.selection_algorithm
    if algorithm == USER_INPUT:
        return cars[0] if len(cars) == 1 else None
    if cars or algorithm != FIND_FIRST:
        return cars[0] if cars else None
    who = book.bearer(token, result)
    own = (each for each in free if book.standing(turn.state, each, who).claim is Claim.OWN)
    return next(own, free[0] if free else None)


def later(turn: Turn, free: list[int], since: datetime) -> int | None:
    """The EVSE chosen for a token that has waited since then, or None while it goes on waiting."""
    cars = waiting_cars(turn, free)
    if turn.state.rules.selection_algorithm == USER_INPUT and len(cars) > 1:
        cars = [each for each in cars if _plugged_at(turn, each) > since]
    return cars[0] if cars else None


def waiting_cars(turn: Turn, evses: list[int]) -> list[int]:
    """Where cars wait for somebody to be authorized, the longest wait first (M3.2)."""
    waiting = (each for each in evses if turn.evse(each).plugged_at is not None)
    return sorted(waiting, key=lambda each: _plugged_at(turn, each))


def _plugged_at(turn: Turn, evse_id: int) -> datetime:
    plugged_at = turn.evse(evse_id).plugged_at
    assert plugged_at is not None
    return plugged_at
