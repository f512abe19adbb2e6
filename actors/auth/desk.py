"""The one place that decides about tokens and reservations: takes what happens, returns what to do. Pure.

    state, effects = feed(state, Presented(token), now)

What the state has gained is to be made durable (`state.difference`) before any of the effects is carried out.
What an input finds out of place it leaves alone; no input raises.
"""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from actors.auth import errands, grants, presenting, sessions
from actors.auth.entries import ErrandKind, Stage
from actors.auth.inputs import (
    Answered,
    Asked,
    ConditionSaid,
    EvseKnown,
    Fired,
    Judged,
    Keep,
    Presented,
    Probed,
    Published,
    Recalled,
    RequestLost,
    Resumed,
    Say,
    SessionNews,
    Validate,
    VerdictChanged,
)
from actors.auth.reservations import making
from actors.auth.state import AWAY
from actors.auth.turn import Turn
from actors.auth.withdrawing import withdraw
from protocols.interfaces import auth, reservation
from protocols.message import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from actors.auth.entries import Errand
    from actors.auth.inputs import Effect, Input
    from actors.auth.state import State
    from protocols.message import Command


class Fed(NamedTuple):
    """What an input has led to."""

    state: State
    effects: tuple[Effect, ...]


def feed(state: State, given: Input, now: datetime) -> Fed:
    """Take one input at a moment (aware)."""
    turn = Turn(state, now)
    INPUTS[type(given)](turn, given)
    making.enforce(turn)
    presenting.serve(turn)
    making.enforce(turn)
    for evse_id in turn.state.evses:
        errands.proceed(turn, evse_id)
    if turn.state.settings.recalled and _standing(turn.state) != _standing(state):
        turn.do(Keep(_standing(turn.state)))
    return Fed(turn.state, tuple(turn.effects))


def _standing(state: State) -> tuple[Any, ...]:
    """The reservations that have been answered."""
    return tuple(each.reservation for each in state.bookings.values() if not each.pending)


# -- life --------------------------------------------------------------------------------------------------


def _resumed(turn: Turn, _given: Resumed) -> None:
    """A new life: what was said is said again, what was asked is found out, what ran goes on."""
    turn.do(*(Say(each) for each in turn.state.outbox))
    for request in turn.state.requests.values():
        if request.stage is Stage.VALIDATING:
            turn.do(Validate(request.number, request.token))
        else:
            assert request.until is not None
            turn.start_until(f"request {request.number}", request.until)
    for booking in turn.state.bookings.values():
        making.watch(turn, booking)
        if booking.pending:  # whoever asked has been told that we died
            turn.put_booking(dataclasses.replace(booking, pending=False))
    timeout = timedelta(seconds=turn.state.settings.connection_timeout_s)
    for evse_id, evse in turn.state.evses.items():
        errands.doubt(turn, evse_id)
        turn.change_live(evse_id, failures=AWAY)  # until it is heard of
        if evse.holder is not None and evse.holder.until is not None and evse.holder.leaving is None:
            turn.start_until(f"evse {evse_id}", evse.holder.until)
        elif evse.holder is None and evse.plugged_at is not None and not evse.plug_in_timeout:
            turn.start_until(f"evse {evse_id}", evse.plugged_at + timeout)
    if turn.state.settings.recalled:
        turn.do(Keep(_standing(turn.state)))


def _published(turn: Turn, given: Published) -> None:
    """What was said has reached whoever listens, as far as that can be known."""
    turn.set(outbox=tuple(each for each in turn.state.outbox if each.number > given.number))


def _recalled(turn: Turn, given: Recalled) -> None:
    making.recalled(turn, given.reservations)


# -- errands -----------------------------------------------------------------------------------------------

SETTLED: Final[Mapping[ErrandKind, Callable[[Turn, int, Errand, Reply | None], None]]] = MappingProxyType(
    {
        ErrandKind.AUTHORIZE: grants.authorized,
        ErrandKind.WITHDRAW: lambda turn, evse_id, errand, _reply: grants.left(turn, evse_id, errand.request),
        ErrandKind.RESERVE: lambda turn, _evse_id, errand, reply: making.reserved(turn, errand, reply),
    }
)
"""What follows from an errand that is over; nothing from those that are absent."""


def _answered(turn: Turn, given: Answered) -> None:
    errand = errands.returned(turn, given.evse_id, given.errand, given.reply)
    if errand is not None and errand.kind in SETTLED:
        SETTLED[errand.kind](turn, given.evse_id, errand, given.reply)
    if (told := grants.unreachable(turn, given.evse_id)) is not None:
        presenting.move(turn, given.evse_id, told)


def _probed(turn: Turn, given: Probed) -> None:
    errand = errands.probed(turn, given.evse_id, alive=given.alive)
    if errand is not None and errand.kind in SETTLED:
        SETTLED[errand.kind](turn, given.evse_id, errand, None)


# -- timers ------------------------------------------------------------------------------------------------

TIMERS: Final[Mapping[str, Callable[[Turn, int], None]]] = MappingProxyType(
    {
        "evse": grants.timed_out,
        "request": presenting.waited,
        "booking": making.looked,
        "reserve": making.unanswered,
        "errand": errands.retry,
    }
)
"""By the first word of a timer's name; the second is the number of what it is about."""


def _fired(turn: Turn, given: Fired) -> None:
    what, _, number = given.name.partition(" ")
    TIMERS[what](turn, int(number))


# -- commands ----------------------------------------------------------------------------------------------


def _set_connection_timeout(turn: Turn, tag: int, command: auth.SetConnectionTimeout) -> None:
    """It holds for what begins to wait from now on (M3.10)."""
    settings = dataclasses.replace(turn.state.settings, connection_timeout_s=command.connection_timeout_s)
    turn.set(settings=settings)
    turn.answer(tag, Reply())


def _set_master_pass(turn: Turn, tag: int, command: auth.SetMasterPassGroupId) -> None:
    settings = dataclasses.replace(turn.state.settings, master_pass_group_id=command.master_pass_group_id)
    turn.set(settings=settings)
    turn.answer(tag, Reply())


COMMANDS: Final[Mapping[type[Command], Callable[[Turn, int, Any], None]]] = MappingProxyType(
    {
        auth.SetConnectionTimeout: _set_connection_timeout,
        auth.SetMasterPassGroupId: _set_master_pass,
        auth.WithdrawAuthorization: lambda turn, tag, command: withdraw(turn, tag, command.request),
        reservation.ReserveNow: lambda turn, tag, command: making.reserve(turn, tag, command.request),
        reservation.CancelReservation: lambda turn, tag, command: making.cancel(
            turn, tag, command.reservation_id
        ),
        reservation.ExistsReservation: lambda turn, tag, command: making.exists(turn, tag, command.request),
    }
)


def _asked(turn: Turn, given: Asked) -> None:
    COMMANDS[type(given.command)](turn, given.tag, given.command)


INPUTS: Final[Mapping[type, Callable[[Turn, Any], None]]] = MappingProxyType(
    {
        Resumed: _resumed,
        Presented: presenting.presented,
        Judged: presenting.judged,
        RequestLost: presenting.lost,
        VerdictChanged: presenting.verdict_changed,
        EvseKnown: sessions.known,
        SessionNews: sessions.reported,
        ConditionSaid: sessions.said,
        Answered: _answered,
        Probed: _probed,
        Fired: _fired,
        Published: _published,
        Asked: _asked,
        Recalled: _recalled,
    }
)
