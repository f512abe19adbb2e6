"""The DC charging loop, one way and both ways, scheduled and dynamic. Pure.

Sources: ISO 15118-20 8.3.4.5.5 and 8.3.5.5, [V2G20-2013].
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from actors.v2g.messages import DischargeWanted
from actors.v2g.secc.iso20 import notices, observing, parameters_dc, supply
from actors.v2g.secc.iso20.answers import ok
from actors.v2g.secc.iso20.loop_ac import Kind
from actors.v2g.secc.iso20.numbers import amount, clip, magnitude, positive, rational
from actors.v2g.secc.iso20.offer import BIDIRECTIONAL
from actors.v2g.secc.iso20.parameters_ac import wrong
from actors.v2g.secc.iso20.phases import chosen, keep, mine
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118.iso20 import dc
from protocols.types.iso15118 import ControlMode, DcChargeDynamicModeValues, DcEvTargetValues

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.v2g.secc.turn import Turn
    from protocols.types.iso15118 import DcEvseMaximumLimits

KINDS: Final[Mapping[tuple[bool, ControlMode], Kind]] = {
    (False, ControlMode.SCHEDULED_CONTROL): Kind(
        dc.ScheduledDcClReqControlMode, dc.ScheduledDcClResControlMode
    ),
    (False, ControlMode.DYNAMIC_CONTROL): Kind(dc.DynamicDcClReqControlMode, dc.DynamicDcClResControlMode),
    (True, ControlMode.SCHEDULED_CONTROL): Kind(
        dc.BptScheduledDcClReqControlMode, dc.BptScheduledDcClResControlMode
    ),
    (True, ControlMode.DYNAMIC_CONTROL): Kind(
        dc.BptDynamicDcClReqControlMode, dc.BptDynamicDcClResControlMode
    ),
}
"""By whether energy flows both ways, and by who makes the schedule."""


def handle_dc_charge_loop(request: dc.DcChargeLoopReq, turn: Turn) -> dc.DcChargeLoopRes:
    """Take what the car wants now, tell it what flows and what the limits are."""
    selected = chosen(turn)
    both_ways = selected.energy_transfer in BIDIRECTIONAL
    kind = KINDS[both_ways, selected.control_mode]
    mode: Any = request.cl_req_control_mode
    if type(mode) is not kind.request:
        raise wrong("mode_of_another_service")
    observing.observe(request, turn)
    turn.publish(charger.DcEvPresentVoltage(voltage_v=float(request.ev_present_voltage)))
    if selected.control_mode is ControlMode.DYNAMIC_CONTROL:
        _publish_dynamic(mode, turn)
    else:
        publish_target(mode.ev_target_voltage, mode.ev_target_current, turn)
    _publish_limits(mode, turn)
    status, reading = notices.status(turn, loop=True), observing.meter(request, turn)
    keep(turn, looped=True)
    voltage_v, current_a = present(turn)
    most = supply.dc_maximum(turn)
    if both_ways and _flows_back(mode, most):
        current_a = -current_a
    return dc.DcChargeLoopRes(
        **ok(turn),
        evse_status=status,
        meter_info=reading,
        evse_present_current=rational(current_a),
        evse_present_voltage=rational(voltage_v),
        evse_power_limit_achieved=_achieved(voltage_v * current_a, most.evse_maximum_power_limit_w),
        evse_current_limit_achieved=_achieved(current_a, most.evse_maximum_current_limit_a),
        evse_voltage_limit_achieved=_achieved(voltage_v, most.evse_maximum_voltage_limit_v),
        cl_res_control_mode=kind.response(**_limits(turn, both_ways=both_ways)),
    )


def _flows_back(mode: Any, most: DcEvseMaximumLimits) -> bool:
    """Whether the car gives energy: in scheduled control it says so, in dynamic control a station that gives
    nothing takes. What the station measures has no sign.
    """
    wanted = getattr(mode, "ev_target_current", None)
    if wanted is not None:
        return float(wanted) < 0
    return most.evse_maximum_power_limit_w <= 0 < (most.evse_maximum_discharge_power_limit_w or 0.0)


def _achieved(value: float, limit: float) -> bool:
    return value >= limit > 0


def present(turn: Turn) -> tuple[float, float]:
    """Voltage and current at the outlet; zero until the station has said."""
    told = turn.station.dc_present
    if told is None:
        return 0.0, 0.0
    return told.evse_present_voltage_v, told.evse_present_current_a or 0.0


def _limits(turn: Turn, *, both_ways: bool) -> dict[str, Any]:
    most, least = supply.dc_maximum(turn), turn.station.dc_minimum
    fields = {
        "evse_maximum_charge_power": rational(most.evse_maximum_power_limit_w),
        "evse_minimum_charge_power": rational(least.evse_minimum_power_limit_w if least is not None else 0.0),
        "evse_maximum_charge_current": rational(most.evse_maximum_current_limit_a),
        "evse_maximum_voltage": rational(most.evse_maximum_voltage_limit_v),
    }
    if both_ways:
        give_least_w = least.evse_minimum_discharge_power_limit_w if least is not None else None
        fields |= {
            "evse_maximum_discharge_power": supply.discharging(
                most.evse_maximum_discharge_power_limit_w, turn
            ),
            "evse_minimum_discharge_power": supply.discharging(give_least_w, turn),
            "evse_maximum_discharge_current": supply.discharging(
                most.evse_maximum_discharge_current_limit_a, turn
            ),
            "evse_minimum_voltage": rational(
                least.evse_minimum_voltage_limit_v if least is not None else 0.0
            ),
        }
    return fields


def publish_target(voltage: Any, current: Any, turn: Turn) -> None:
    """Tell the voltage and current the car wants; out of the car only where that was agreed on."""
    if float(current) < 0 and chosen(turn).energy_transfer in BIDIRECTIONAL:
        turn.publish(
            DischargeWanted(
                voltage_v=clip(float(voltage), 0.0, parameters_dc.MAX_VOLTAGE_V),
                current_a=min(-float(current), parameters_dc.MAX_CURRENT_A),
            )
        )
        return
    turn.publish(
        charger.DcEvTargetVoltageCurrent(
            target=DcEvTargetValues(
                dc_ev_target_voltage_v=clip(float(voltage), 0.0, parameters_dc.MAX_VOLTAGE_V),
                dc_ev_target_current_a=clip(float(current), 0.0, parameters_dc.MAX_CURRENT_A),
            )
        )
    )


def _publish_limits(mode: Any, turn: Turn) -> None:
    stated = parameters_dc.stated(mode)
    before = mine(turn).limits
    fields = {name: getattr(stated, name) for name in stated.__dataclass_fields__}
    merged = type(stated)(
        **{name: getattr(before, name) if value is None else value for name, value in fields.items()}
    )
    if merged != before:
        parameters_dc.check(stated)
        parameters_dc.publish(merged, turn)


def _publish_dynamic(mode: Any, turn: Turn) -> None:
    def at_least_nothing(name: str) -> float:
        return max(float(getattr(mode, name)), 0.0)

    def optional(name: str) -> float | None:
        return positive(amount(getattr(mode, name, None)))

    turn.publish(
        charger.D20DcDynamicChargeMode(
            request=DcChargeDynamicModeValues(
                departure_time_s=mode.departure_time_s,
                target_energy_request_wh=at_least_nothing("ev_target_energy_request"),
                max_energy_request_wh=at_least_nothing("ev_maximum_energy_request"),
                min_energy_request_wh=at_least_nothing("ev_minimum_energy_request"),
                max_charge_power_w=at_least_nothing("ev_maximum_charge_power"),
                min_charge_power_w=at_least_nothing("ev_minimum_charge_power"),
                max_charge_current_a=at_least_nothing("ev_maximum_charge_current"),
                max_voltage_v=at_least_nothing("ev_maximum_voltage"),
                min_voltage_v=at_least_nothing("ev_minimum_voltage"),
                max_discharge_power_w=magnitude(getattr(mode, "ev_maximum_discharge_power", None)),
                min_discharge_power_w=magnitude(getattr(mode, "ev_minimum_discharge_power", None)),
                max_discharge_current_a=magnitude(getattr(mode, "ev_maximum_discharge_current", None)),
                max_v2x_energy_request_wh=optional("ev_maximum_v2x_energy_request"),
                min_v2x_energy_request_wh=optional("ev_minimum_v2x_energy_request"),
            )
        )
    )
