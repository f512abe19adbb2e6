"""When the monitors of a DC output, for isolation and overvoltage, are on and what they are told. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from actors.connector import isolation
from actors.connector.exchange import Device
from actors.connector.messages import CableCheck, Supply
from actors.connector.state import Phase, Stage, Turn
from protocols.interfaces import isolation_monitor, over_voltage_monitor

CONNECTED: Final = frozenset({Phase.CLOSED, Phase.RELEASING})

MEASURING: Final = frozenset({Stage.MEASURE, Stage.DISCHARGE})
"""The stages of a cable check in which isolation is measured."""


def step(turn: Turn) -> None:
    """Switch them as the sequence wants it."""
    if turn.settings.has_imd:
        _isolation(turn)
    if turn.settings.has_ovm:
        _over_voltage(turn)


def _isolation(turn: Turn) -> None:
    """It measures from the end of the cable check until the contactor is open.

    With `hack_pause_imd_during_precharge` not in pre-charge: some cars take the measurement for a fault.
    """
    state, order = turn.state, turn.state.order
    if state.switch.phase is Phase.UNKNOWN:
        return
    checks = state.check.verdict is CableCheck.RUNNING and state.check.stage in MEASURING
    holds = state.check.verdict is CableCheck.PASSED and state.switch.phase in CONNECTED
    pre_charge = order is not None and order.supply is Supply.PRE_CHARGE
    paused = turn.settings.hack_pause_imd_during_precharge and pre_charge
    wanted = checks or (holds and not paused)
    if wanted is not state.monitors.imd_on:
        turn.set(monitors=replace(state.monitors, imd_on=wanted))
        turn.do(Device.IMD, isolation_monitor.Start() if wanted else isolation_monitor.Stop())


def _over_voltage(turn: Turn) -> None:
    state, order = turn.state, turn.state.order
    maximum_v = order.maximum_voltage_v if order is not None else 0.0
    if maximum_v > 0 and maximum_v != state.monitors.limits_v:
        turn.set(monitors=replace(state.monitors, limits_v=maximum_v))
        limits = over_voltage_monitor.SetLimits(
            emergency_over_voltage_limit_v=isolation.emergency_v(maximum_v),
            error_over_voltage_limit_v=maximum_v,
        )
        turn.do(Device.OVM, limits)
    if state.switch.phase is Phase.UNKNOWN or (order is None and state.switch.phase in CONNECTED):
        return  # it may be on, and rightly so
    energy = order is not None and order.supply in (Supply.PRE_CHARGE, Supply.CHARGE)
    wanted = energy and state.switch.phase in CONNECTED
    if wanted is not state.monitors.ovm_on:
        turn.set(monitors=replace(turn.state.monitors, ovm_on=wanted))
        turn.do(Device.OVM, over_voltage_monitor.Start() if wanted else over_voltage_monitor.Stop())


def session_began(turn: Turn) -> None:
    """An overvoltage of the last session does not keep the next one from beginning."""
    if turn.settings.has_ovm and Device.OVM in turn.state.facts.ailing:
        turn.do(Device.OVM, over_voltage_monitor.ResetOverVoltageError())
        turn.set(monitors=replace(turn.state.monitors, ovm_on=False))
