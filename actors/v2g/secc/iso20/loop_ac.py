"""The AC charging loop, one way and both ways, scheduled and dynamic. Pure.

Sources: ISO 15118-20 8.3.4.4.3 and 8.3.5.4, [V2G20-2012].
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from actors.v2g.secc.iso20 import notices, observing, parameters_ac, supply
from actors.v2g.secc.iso20.answers import ok
from actors.v2g.secc.iso20.numbers import amount, optional, positive
from actors.v2g.secc.iso20.offer import BIDIRECTIONAL
from actors.v2g.secc.iso20.phases import chosen, keep, mine
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118.iso20 import ac
from protocols.types.iso15118 import AcEvDynamicModeValues, AcEvPresentPowerValues, ControlMode
from protocols.types.units import Power

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.v2g.secc.turn import Turn

_NONE: Final = Power(total_w=0.0)


class Kind(NamedTuple):
    """The forms of request and response that belong together."""

    request: type[Any]
    response: type[Any]


KINDS: Final[Mapping[tuple[bool, ControlMode], Kind]] = {
    (False, ControlMode.SCHEDULED_CONTROL): Kind(
        ac.ScheduledAcClReqControlMode, ac.ScheduledAcClResControlMode
    ),
    (False, ControlMode.DYNAMIC_CONTROL): Kind(ac.DynamicAcClReqControlMode, ac.DynamicAcClResControlMode),
    (True, ControlMode.SCHEDULED_CONTROL): Kind(
        ac.BptScheduledAcClReqControlMode, ac.BptScheduledAcClResControlMode
    ),
    (True, ControlMode.DYNAMIC_CONTROL): Kind(
        ac.BptDynamicAcClReqControlMode, ac.BptDynamicAcClResControlMode
    ),
}
"""By whether energy flows both ways, and by who makes the schedule."""


def handle_ac_charge_loop(request: ac.AcChargeLoopReq, turn: Turn) -> ac.AcChargeLoopRes:
    """Take what the car draws and wants, tell it what the station wants."""
    selected = chosen(turn)
    kind = KINDS[selected.energy_transfer in BIDIRECTIONAL, selected.control_mode]
    mode: Any = request.cl_req_control_mode
    if type(mode) is not kind.request:
        raise parameters_ac.wrong("mode_of_another_service")
    observing.observe(request, turn)
    _publish(mode, selected.control_mode is ControlMode.DYNAMIC_CONTROL, turn)
    status, reading = notices.status(turn, loop=True), observing.meter(request, turn)
    keep(turn, looped=True)
    target = turn.station.ac_target
    return ac.AcChargeLoopRes(
        **ok(turn),
        evse_status=status,
        meter_info=reading,
        evse_target_frequency=optional(target.target_frequency_hz if target is not None else None),
        cl_res_control_mode=kind.response(**_targets(turn)),
    )


def _targets(turn: Turn) -> dict[str, Any]:
    """What the car shall do; nothing at all until the station has said."""
    told = turn.station.ac_target
    power = told.target_active_power if told is not None else _NONE
    reactive = told.target_reactive_power if told is not None else None
    as_power = (
        Power(total_w=reactive.total_var, l1_w=reactive.l1_var, l2_w=reactive.l2_var, l3_w=reactive.l3_var)
        if reactive is not None
        else None
    )
    return {
        **supply.spread("evse_target_active_power", power),
        **supply.spread("evse_target_reactive_power", as_power),
        **supply.spread("evse_present_active_power", turn.station.ac_present_power),
    }


def _publish(mode: Any, dynamic: bool, turn: Turn) -> None:  # noqa: FBT001  # says which of two forms `mode` has
    present = supply.gathered(mode, "ev_present_active_power") or _NONE
    reactive = supply.gathered(mode, "ev_present_reactive_power")
    turn.publish(
        charger.AcEvPresentPowers(
            present_powers=AcEvPresentPowerValues(
                present_active_power=present, present_reactive_power=reactive
            )
        )
    )
    limits = parameters_ac.power_limits(mode)
    if limits.max_charge_power is not None:
        before = mine(turn).limits
        parameters_ac.check(limits)
        if parameters_ac.as_limits(limits) != before:
            parameters_ac.publish(limits, turn)
    if not dynamic:
        return
    turn.publish(
        charger.AcEvDynamicControlMode(
            request=AcEvDynamicModeValues(
                departure_time_s=mode.departure_time_s,
                target_energy_request_wh=max(float(mode.ev_target_energy_request), 0.0),
                max_energy_request_wh=max(float(mode.ev_maximum_energy_request), 0.0),
                min_energy_request_wh=max(float(mode.ev_minimum_energy_request), 0.0),
                max_v2x_energy_request_wh=positive(
                    amount(getattr(mode, "ev_maximum_v2x_energy_request", None))
                ),
                min_v2x_energy_request_wh=positive(
                    amount(getattr(mode, "ev_minimum_v2x_energy_request", None))
                ),
            )
        )
    )
