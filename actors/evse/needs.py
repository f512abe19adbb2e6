"""What an EVSE needs of the site's power, and what it was granted (rows M6.21, S9.18, M15.3). Pure."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from actors.evse import backflow, power, random_delay
from actors.evse.exchange import Service, Timer
from actors.evse.record import State
from protocols.interfaces import energy as interface
from protocols.interfaces import evse_manager
from protocols.types import energy
from protocols.types import evse_manager as types

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.evse.turn import Turn
    from protocols.types.energy import EnforcedLimits

GRACE_S: Final = 5.0
"""So long what was given before holds on, after a restart, without a grant: several rounds of whoever shares
the site's power."""
REQUEST_S: Final = 1.0
"""How often the need is said again; the manager of the site's power decides at about that pace."""

STATES: Final[Mapping[State, energy.EvseState]] = {
    State.DISABLED: energy.EvseState.DISABLED,
    State.IDLE: energy.EvseState.UNPLUGGED,
    State.WAITING_FOR_AUTHENTICATION: energy.EvseState.WAIT_FOR_AUTH,
    State.PREPARE_CHARGING: energy.EvseState.PREPARE_CHARGING,
    State.CHARGING: energy.EvseState.CHARGING,
    State.CHARGING_PAUSED_EV: energy.EvseState.PAUSED_EV,
    State.CHARGING_PAUSED_EVSE: energy.EvseState.PAUSED_EVSE,
    State.STOPPING_CHARGING: energy.EvseState.FINISHED,
    State.FINISHED: energy.EvseState.FINISHED,
}


def granted(grant: EnforcedLimits, turn: Turn) -> None:
    """The manager of the site's power grants something, for some time."""
    before = power.limit(turn)
    turn.facts.grant = grant
    turn.facts.grant_ends = turn.now + timedelta(seconds=grant.valid_for_s)
    turn.start(Timer.LIMITS, grant.valid_for_s)
    random_delay.changed(turn, before)
    turn.publish_changed(evse_manager.EnforcedLimits(limits=grant))


def say(turn: Turn) -> None:
    """Say what is needed, and what is given."""
    limit = power.given(turn)
    if not turn.settings.dc:
        offered = types.Limits(
            uuid=node(turn), max_current_a=limit.current_a, nr_of_phases_available=limit.phases
        )
        turn.publish_changed(evse_manager.Limits(limits=offered))
    turn.publish_changed(interface.EnergyFlowRequest(request=request(turn)), Service.ENERGY)


def node(turn: Turn) -> str:
    """The EVSE's name among the nodes of the energy tree."""
    return turn.settings.node or f"evse_{turn.settings.evse}"


def request(turn: Turn) -> energy.EnergyFlowRequest:
    """The need, now and for as long as nothing else is said."""
    limits, efficiency = _limits(turn), power.efficiency(turn)
    entry = energy.ScheduleReqEntry(
        timestamp=turn.now.replace(minute=0, second=0, microsecond=0),
        limits_to_root=_at_the_root(limits, efficiency),
        limits_to_leaves=limits,
        conversion_efficiency=efficiency if efficiency < 1.0 else None,
    )
    return energy.EnergyFlowRequest(
        children=(),
        uuid=node(turn),
        node_type=energy.NodeType.EVSE,
        evse_state=STATES[turn.state],
        priority_request=turn.state is State.PREPARE_CHARGING or None,
        energy_usage_root=turn.facts.meter,
        schedule_import=(entry,),
        schedule_export=_export(turn, entry),
        schedule_setpoints=(),
    )


def _at_the_root(limits: energy.LimitsReq, efficiency: float) -> energy.LimitsReq:
    """DC: what the supply takes from the grid to give that much."""
    given = limits.total_power_w
    if given is None or efficiency >= 1.0:
        return limits
    return dataclasses.replace(
        limits, total_power_w=dataclasses.replace(given, value=given.value / efficiency)
    )


def _export(turn: Turn, entry: energy.ScheduleReqEntry) -> tuple[energy.ScheduleReqEntry, ...]:
    """DC: what may be taken from cars, where they are asked for any."""
    back_w = backflow.offered_w(turn) if turn.settings.dc else 0.0
    if back_w <= 0.0:
        return ()
    idle_w = entry.limits_to_root.total_power_w
    value = 0.0 if idle_w is not None and idle_w.value <= 0.0 else back_w
    limits = energy.LimitsReq(total_power_w=energy.NumberWithSource(value=value, source=node(turn)))
    return (dataclasses.replace(entry, limits_to_root=limits, limits_to_leaves=limits),)


def _limits(turn: Turn) -> energy.LimitsReq:
    """What the hardware can take; nothing while nobody is there, where that is configured (M5.9)."""
    own, source, dc = power.own_limit(turn), node(turn), turn.settings.dc
    idle = turn.state in {State.IDLE, State.DISABLED, State.FINISHED}
    nothing = idle and turn.settings.request_zero_power_in_idle
    capabilities = turn.outlet.capabilities if turn.outlet is not None else None

    def value(number: float) -> energy.NumberWithSource:
        return energy.NumberWithSource(value=0.0 if nothing else number, source=source)

    def count(number: int) -> energy.IntegerWithSource:
        return energy.IntegerWithSource(value=number, source=source)

    return energy.LimitsReq(
        total_power_w=value(own.power_w) if dc else None,
        ac_max_current_a=None if dc else value(own.current_a),
        ac_min_current_a=None if dc else value(power.LEAST_AC_A),
        ac_max_phase_count=count(own.phases),
        ac_min_phase_count=count(capabilities.min_phase_count_import if capabilities is not None else 1),
        ac_supports_changing_phases_during_charging=(
            capabilities is not None and capabilities.supports_changing_phases_during_charging
        ),
        ac_number_of_active_phases=turn.outlet.phases if turn.outlet is not None else None,
    )
