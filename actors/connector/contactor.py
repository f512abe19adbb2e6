"""The contactor: who asks for what, what the feedback says, and what does not happen in time. Pure.

`ROWS` is the table: for each phase its ways out, the first one that is open is taken. Errors: a contactor
that does not close in time, does not open in time (welded), or opens under a DC load by itself is
`evse_board_support/MREC17EVSEContactorFault`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from actors.connector.exchange import Device
from actors.connector.messages import LEASE_S, CableCheck, Contactor, Supply
from actors.connector.state import LEAVE, Phase, Switch, Turn, Wish
from protocols.errors import EvseBoardSupport
from protocols.interfaces.evse_board_support import AllowPowerOn
from protocols.types.error_history import Severity
from protocols.types.evse_board_support import PowerOnOff, PowerOnOffReason
from protocols.types.power_supply_dc import Mode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CLOSE_S: Final = 3.0
"""AC: by then the feedback says closed. The car waits as long (IEC 61851-1, table A.6)."""
OPEN_S: Final = 1.0
"""By then the feedback says open, or the contactor is welded."""
AC_RELEASE_S: Final = 3.0
"""As long may a car take to leave state C when the pilot offers nothing any more (IEC 61851-1, A.6)."""
DC_RELEASE_S: Final = 10.0
"""By then the supply has brought its current down, whatever it was."""
SAFE_A: Final = 5.0
"""Below this current a DC contactor opens without harm."""

FAULT: Final = EvseBoardSupport.MREC17_EVSE_CONTACTOR_FAULT
REASONS: Final[Mapping[Supply, PowerOnOffReason]] = {
    Supply.CABLE_CHECK: PowerOnOffReason.DC_CABLE_CHECK,
    Supply.PRE_CHARGE: PowerOnOffReason.DC_PRE_CHARGE,
    Supply.CHARGE: PowerOnOffReason.FULL_POWER_CHARGING,
    Supply.AC: PowerOnOffReason.FULL_POWER_CHARGING,
}


class Row(NamedTuple):
    """One way out of a phase."""

    when: Callable[[Turn], bool]
    to: Phase
    fault: str = ""
    """What is wrong then; empty: nothing."""
    severity: Severity = Severity.MEDIUM


def _wish(*wishes: Wish) -> Callable[[Turn], bool]:
    return lambda turn: turn.wish in wishes


def _feedback(feedback: Contactor) -> Callable[[Turn], bool]:
    return lambda turn: turn.state.facts.feedback is feedback


def _after(bound_s: float) -> Callable[[Turn], bool]:
    return lambda turn: turn.over(turn.state.switch.since_s, bound_s)


def _found(feedback: Contactor, *wishes: Wish) -> Callable[[Turn], bool]:
    """Just started: what the board says and what the manager wants are both known.

    What else the outlet waits for, the lock's word say, may come a moment later; only an order to end is
    obeyed at once.
    """

    def known(turn: Turn) -> bool:
        order, waits = turn.state.order, turn.wish is Wish.RELEASE and bool(turn.state.reason)
        return (
            order is not None
            and turn.state.facts.feedback is feedback
            and turn.wish in wishes
            and not (waits and feedback is Contactor.CLOSED)
        )

    return known


def _too_late_to_close(turn: Turn) -> bool:
    bound_s = turn.settings.cable_check_relays_closed_timeout_s if turn.settings.dc else CLOSE_S
    return turn.over(turn.state.switch.since_s, bound_s)


def _opened_under_load(turn: Turn) -> bool:
    return turn.settings.dc and turn.state.facts.feedback is Contactor.OPEN


def _released(turn: Turn) -> bool:
    """No current flows any more, or it has been waited long enough."""
    facts, output = turn.state.facts, turn.state.output
    if not turn.settings.dc:
        return not facts.wants_power or turn.over(turn.state.switch.since_s, AC_RELEASE_S)
    low = facts.output is not None and abs(facts.output.current_a) < SAFE_A
    rests = output.known and output.mode is Mode.OFF and (output.off_answered or low)
    return rests or turn.over(turn.state.switch.since_s, DC_RELEASE_S)


ROWS: Final[Mapping[Phase, tuple[Row, ...]]] = {
    Phase.UNKNOWN: (
        Row(_found(Contactor.CLOSED, Wish.CLOSED), Phase.CLOSED),
        Row(_found(Contactor.CLOSED, Wish.RELEASE), Phase.RELEASING),
        Row(_found(Contactor.CLOSED, Wish.OPEN), Phase.OPENING),
        Row(_found(Contactor.OPEN, *Wish), Phase.OPEN),
        Row(lambda turn: turn.over(turn.state.started_s, LEASE_S), Phase.OPENING),
    ),
    Phase.OPEN: (
        Row(_feedback(Contactor.CLOSED), Phase.OPENING),
        Row(_wish(Wish.CLOSED), Phase.CLOSING),
    ),
    Phase.CLOSING: (
        Row(_wish(Wish.OPEN, Wish.RELEASE), Phase.OPENING),
        Row(_feedback(Contactor.CLOSED), Phase.CLOSED),
        Row(_too_late_to_close, Phase.OPENING, "the contactor has not closed"),
    ),
    Phase.CLOSED: (
        Row(_wish(Wish.OPEN), Phase.OPENING),
        Row(_opened_under_load, Phase.OPENING, "the contactor has opened by itself", Severity.HIGH),
        Row(_wish(Wish.RELEASE), Phase.RELEASING),
        Row(_feedback(Contactor.OPEN), Phase.CLOSING),
    ),
    Phase.RELEASING: (
        Row(_wish(Wish.OPEN), Phase.OPENING),
        Row(_feedback(Contactor.OPEN), Phase.OPENING),
        Row(_wish(Wish.CLOSED), Phase.CLOSED),
        Row(_released, Phase.OPENING),
    ),
    Phase.OPENING: (
        Row(_feedback(Contactor.OPEN), Phase.OPEN),
        Row(
            lambda turn: turn.state.facts.feedback is Contactor.CLOSED and _after(OPEN_S)(turn),
            Phase.WELDED,
            "the contactor has not opened",
            Severity.HIGH,
        ),
        Row(_after(OPEN_S), Phase.OPEN),
    ),
    Phase.WELDED: (Row(_feedback(Contactor.OPEN), Phase.OPEN),),
}
"""OPENING without any feedback ends in OPEN: a board that has never said `PowerOn` has closed nothing.

A contactor that a predecessor had closed for DC is taken over as it is: it was closed after a cable check.
"""


def step(turn: Turn) -> None:
    """Take one way out of the phase, or renew the leave to stay."""
    switch = turn.state.switch
    for row in ROWS[switch.phase]:
        if row.when(turn):
            _enter(turn, row)
            return
    if switch.phase in LEAVE and turn.due(switch.renewed_s):
        turn.set(switch=Switch(switch.phase, switch.since_s, turn.now_s))
        turn.do(Device.BOARD, leave(turn), renewal=True)


def leave(turn: Turn) -> AllowPowerOn:
    """Leave to close the contactor."""
    order = turn.state.order
    supply = order.supply if order is not None else Supply.OFF
    reason = REASONS.get(supply, PowerOnOffReason.FULL_POWER_CHARGING)
    return AllowPowerOn(value=PowerOnOff(allow_power_on=True, reason=reason))


def _enter(turn: Turn, row: Row) -> None:
    before = turn.state.switch
    kept = before.renewed_s if before.phase in LEAVE else 0.0  # whoever takes over renews at once
    turn.set(switch=Switch(row.to, turn.now_s, turn.now_s if row.to is Phase.CLOSING else kept))
    if row.fault:
        turn.fault(FAULT, row.fault, row.severity)
    if before.phase is Phase.WELDED:
        turn.mend(FAULT)
    if before.phase is Phase.UNKNOWN and row.to is Phase.CLOSED:
        _take_over(turn)
    if row.to is Phase.OPENING or (before.phase, row.to) == (Phase.UNKNOWN, Phase.OPEN):
        forbid = PowerOnOff(allow_power_on=False, reason=PowerOnOffReason.POWER_OFF)
        turn.do(Device.BOARD, AllowPowerOn(value=forbid))
    elif row.to is Phase.CLOSING:
        turn.do(Device.BOARD, leave(turn))


def _take_over(turn: Turn) -> None:
    """A predecessor had closed it: what came before that had been done, and is as it was ordered."""
    state = turn.state
    assert state.order is not None  # nobody wishes it closed otherwise
    phases = state.facts.phases or (3 if state.order.three_phases else 1)
    verdict = CableCheck.PASSED if turn.settings.dc else CableCheck.NONE
    turn.set(
        check=replace(state.check, verdict=verdict),
        pilot=replace(state.pilot, done=state.order.sequence_number),
        phases=replace(state.phases, ordered=phases),
    )
