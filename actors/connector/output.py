"""The DC supply: what it is told, ramped, clipped and said again. Pure.

The current rises by no more than `dc_ramp_ampere_per_second`; it falls at `FALL_A_PER_S` or at that rate,
whichever is steeper, for a car that asks for less has to be obeyed. When the contactor is to open at once the
supply is switched off in the same breath, before the board is told.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from actors.connector import cable_check
from actors.connector.exchange import Answered, Device
from actors.connector.messages import CableCheck, Order, Supply
from actors.connector.state import OutputState, Phase, Turn, Wish
from protocols.interfaces.power_supply_dc import SetExportVoltageCurrent, SetImportVoltageCurrent, SetMode
from protocols.types.power_supply_dc import ChargingPhase, Mode

if TYPE_CHECKING:
    from protocols.types.power_supply_dc import Capabilities

PRE_CHARGE_A: Final = 2.0
"""No more current before the car has closed its own contactors (IEC 61851-23, CC.5.2)."""
FALL_A_PER_S: Final = 100.0
"""The current follows a falling demand at least so fast (IEC 61851-23, CC.4.3)."""
STEP_A: Final = 0.05
"""A smaller change of the current is none."""


class Target(NamedTuple):
    """What the supply is to do."""

    mode: Mode
    phase: ChargingPhase
    voltage_v: float
    current_a: float
    ramped: bool


OFF: Final = Target(Mode.OFF, ChargingPhase.OTHER, 0.0, 0.0, ramped=False)


def target(turn: Turn) -> Target:
    """What the supply is to do, before the ramp."""
    order, phase = turn.state.order, turn.state.switch.phase
    now, wish = turn.state.output, turn.wish
    if turn.state.check.verdict is CableCheck.RUNNING:
        voltage_v = cable_check.wanted_v(turn)
        test = Target(Mode.EXPORT, ChargingPhase.CABLE_CHECK, voltage_v, cable_check.TEST_A, ramped=False)
        may = wish is Wish.CLOSED or (wish is Wish.RELEASE and phase is Phase.OPEN)
        return test if voltage_v > 0 and may else OFF
    if order is None or wish is Wish.OPEN or phase not in (Phase.CLOSED, Phase.RELEASING):
        return OFF
    if wish is Wish.RELEASE:
        falls = now.mode is not Mode.OFF and now.current_a > STEP_A
        return Target(now.mode, now.phase, now.voltage_v, 0.0, ramped=True) if falls else OFF
    return _ordered(turn, order)


def _ordered(turn: Turn, order: Order) -> Target:
    voltage_v = _voltage_v(turn, order)
    if voltage_v is None:
        return OFF
    if order.supply is Supply.PRE_CHARGE:
        current_a = min(order.target_current_a or PRE_CHARGE_A, PRE_CHARGE_A)
        return Target(Mode.EXPORT, ChargingPhase.PRE_CHARGE, voltage_v, current_a, ramped=False)
    if order.supply is Supply.CHARGE:
        mode = Mode.IMPORT if order.import_power else Mode.EXPORT
        return Target(
            mode, ChargingPhase.CHARGING, voltage_v, _current_a(turn, order, voltage_v), ramped=True
        )
    return OFF


def _limits(supply: Capabilities, *, import_power: bool) -> tuple[float, float, float, float]:
    """Lowest and highest voltage, highest current and power, in one direction."""
    if import_power:
        return (
            supply.min_import_voltage_v or 0.0,
            supply.max_import_voltage_v or 0.0,
            supply.max_import_current_a or 0.0,
            supply.max_import_power_w or 0.0,
        )
    return (
        supply.min_export_voltage_v,
        supply.max_export_voltage_v,
        supply.max_export_current_a,
        supply.max_export_power_w,
    )


def _voltage_v(turn: Turn, order: Order) -> float | None:
    """The target within what the supply can; None: no target that makes sense.

    A target below what the supply can give keeps the last one, unless `hack_skoda_enyaq` takes it for the
    lowest voltage (row M5.19).
    """
    supply = turn.state.facts.supply
    assert supply is not None  # the contactor would not be closed
    lowest_v, highest_v, _current_a, _power_w = _limits(supply, import_power=order.import_power)
    wanted_v = min(order.target_voltage_v, highest_v, order.maximum_voltage_v or highest_v)
    if wanted_v >= lowest_v:
        return wanted_v
    last_v = turn.state.output.voltage_v
    return lowest_v if turn.settings.hack_skoda_enyaq else last_v if last_v >= lowest_v else None


def _current_a(turn: Turn, order: Order, voltage_v: float) -> float:
    supply, facts = turn.state.facts.supply, turn.state.facts
    assert supply is not None  # as above
    if order.import_power and not supply.bidirectional:
        return 0.0
    _lowest_v, _highest_v, most_a, most_w = _limits(supply, import_power=order.import_power)
    at_v = max(facts.output_v or voltage_v, 1.0)
    return max(0.0, min(order.target_current_a, most_a, most_w / at_v))


def step(turn: Turn) -> None:
    """Tell the supply what it is to do, when that changes and before it lapses."""
    if not turn.settings.dc:
        return
    aim, now = target(turn), turn.state.output
    if not now.known and turn.state.switch.phase is Phase.UNKNOWN:
        return  # the predecessor's word still holds, for a moment; so does another outlet's
    if aim.mode is Mode.OFF:
        if now.mode is not Mode.OFF or (not now.known and turn.state.switch.phase is not Phase.OPEN):
            turn.set(output=OutputState(known=True, off_answered=False, said_s=turn.now_s))
            turn.do(Device.SUPPLY, SetMode(mode=Mode.OFF, phase=ChargingPhase.OTHER))
        return
    same = (aim.mode, aim.phase, aim.voltage_v) == (now.mode, now.phase, now.voltage_v)
    if same and (aim.ramped or aim.current_a == now.current_a) and not turn.due(now.said_s):
        return  # a ramp takes its steps when it is time to renew
    current_a = _ramped(turn, aim, now) if aim.ramped else aim.current_a
    fresh = OutputState(
        mode=aim.mode,
        phase=aim.phase,
        voltage_v=aim.voltage_v,
        current_a=current_a,
        said_s=turn.now_s,
        off_answered=False,
        known=True,
    )
    _say(turn, fresh, renewal=same and current_a == now.current_a)


def _say(turn: Turn, fresh: OutputState, *, renewal: bool) -> None:
    turn.set(output=fresh)
    points = SetImportVoltageCurrent if fresh.mode is Mode.IMPORT else SetExportVoltageCurrent
    turn.do(
        Device.SUPPLY, points(voltage_v=fresh.voltage_v, current_a=fresh.current_a), renewal=renewal
    )  # before the mode: no supply is to start with somebody else's set points
    turn.do(Device.SUPPLY, SetMode(mode=fresh.mode, phase=fresh.phase), renewal=renewal)


def _ramped(turn: Turn, aim: Target, now: OutputState) -> float:
    """How far the current may have come by now.

    A new direction or a new phase begins at nothing; a contactor that a predecessor had closed, with what is
    measured.
    """
    if not now.known:
        facts = turn.state.facts
        return min(abs(facts.output.current_a), aim.current_a) if facts.output is not None else 0.0
    if (now.mode, now.phase) != (aim.mode, aim.phase):
        return 0.0
    elapsed_s = max(0.0, turn.now_s - now.said_s)
    rate = turn.settings.dc_ramp_ampere_per_second
    highest_a = now.current_a + rate * elapsed_s
    lowest_a = now.current_a - max(rate, FALL_A_PER_S) * elapsed_s
    return max(lowest_a, min(highest_a, aim.current_a))


def answered(turn: Turn, given: Answered) -> None:
    """The supply is off: no current flows any more."""
    off = isinstance(given.command, SetMode) and given.command.mode is Mode.OFF
    if off and turn.state.output.mode is Mode.OFF:
        turn.set(output=replace(turn.state.output, off_answered=True))
