"""The random delay of British smart charging rules, interface `uk_random_delay` (row M5.15). Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from actors.evse import power
from actors.evse.exchange import Service, Timer
from actors.evse.record import State
from protocols.interfaces import uk_random_delay as interface
from protocols.message import Reply
from protocols.types import energy
from protocols.types import uk_random_delay as types

if TYPE_CHECKING:
    from actors.evse.power import Limit
    from actors.evse.turn import Turn

COUNTDOWN_S = 1.0


def changed(turn: Turn, before: Limit) -> None:
    """A new grant holds: during a charge, where it is so configured, only after a random time."""
    facts = turn.facts
    if facts.delayed is not None:
        return  # the running delay ends with whatever is granted then
    after = power.limit(turn)
    if not facts.random_delay or turn.state not in {State.CHARGING, State.PREPARE_CHARGING}:
        return
    at_zero = min(before.current_a, after.current_a) < power.LEAST_AC_A
    if after == before or not (turn.settings.random_delay_at_any_change or at_zero):
        return
    share = int.from_bytes(turn.random(4), "big") / 2**32
    facts.delayed = energy.LimitsRes(
        ac_max_current_a=energy.NumberWithSource(value=before.current_a, source="random delay"),
        ac_max_phase_count=energy.IntegerWithSource(value=before.phases, source="random delay"),
    )
    facts.delay_began = turn.now
    facts.delay_ends = turn.now + timedelta(seconds=share * facts.random_delay_max_s)
    turn.start(Timer.DELAY, share * facts.random_delay_max_s)
    say(turn)


def say(turn: Turn) -> None:
    """How much of the delay is left; again every second while one runs."""
    facts = turn.facts
    left_s = 0.0
    if facts.delay_ends is not None:
        left_s = max(0.0, (facts.delay_ends - turn.now).total_seconds())
    during_a = power.limit(turn).current_a
    held, facts.delayed = facts.delayed, None
    after_a = power.limit(turn).current_a
    facts.delayed = held
    turn.publish(
        interface.Countdown(
            countdown=types.CountDown(
                countdown_s=round(left_s),
                current_limit_after_delay_a=after_a,
                current_limit_during_delay_a=during_a,
                start_time=facts.delay_began,
            )
        ),
        Service.DELAY,
    )
    if facts.delayed is not None:
        turn.start(Timer.COUNTDOWN, COUNTDOWN_S)


def over(turn: Turn) -> None:
    """The delay has run down, or was cancelled."""
    facts = turn.facts
    if facts.delayed is None:
        return
    facts.delayed = facts.delay_ends = facts.delay_began = None
    turn.cancel(Timer.DELAY, Timer.COUNTDOWN)
    say(turn)


def handle_enable(_command: interface.Enable, turn: Turn) -> Reply:
    """Use delays from now on."""
    turn.facts.random_delay = True
    return Reply()


def handle_disable(_command: interface.Disable, turn: Turn) -> Reply:
    """Use none any more; a running one ends."""
    turn.facts.random_delay = False
    over(turn)
    return Reply()


def handle_cancel(_command: interface.Cancel, turn: Turn) -> Reply:
    """End the running delay."""
    over(turn)
    return Reply()


def handle_set_duration_s(command: interface.SetDurationS, turn: Turn) -> Reply:
    """Set the longest delay; a running one stays as long as it is."""
    turn.facts.random_delay_max_s = max(0, command.duration_s)
    return Reply()
