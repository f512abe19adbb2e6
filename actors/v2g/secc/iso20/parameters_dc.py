"""DC charge parameter discovery, one way and both ways. Pure.

Sources: ISO 15118-20 8.3.4.5.2 and 8.3.5.5, [V2G20-2658]; limits that contradict themselves or the outlet are
FAILED_WrongChargeParameter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from actors.v2g.secc.iso20 import supply
from actors.v2g.secc.iso20.answers import ok
from actors.v2g.secc.iso20.numbers import amount, clip, magnitude, rational
from actors.v2g.secc.iso20.offer import BIDIRECTIONAL
from actors.v2g.secc.iso20.parameters_ac import wrong
from actors.v2g.secc.iso20.phases import Phase, chosen, enter, keep
from actors.v2g.secc.iso20.talk import Limits
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118.iso20 import dc
from protocols.types.iso15118 import DcEvMaximumLimits, DcEvseMinimumLimits

if TYPE_CHECKING:
    from actors.v2g.secc.turn import Turn

MAX_CURRENT_A: Final = 10000.0
MAX_POWER_W: Final = 350000.0
MAX_VOLTAGE_V: Final = 1500.0
"""Bounds of `DcEvMaximumLimits`; a car that can do more is told of as one that can do this."""
_NONE: Final = DcEvseMinimumLimits(
    evse_minimum_current_limit_a=0, evse_minimum_voltage_limit_v=0, evse_minimum_power_limit_w=0
)


def handle_dc_charge_parameter_discovery(
    request: dc.DcChargeParameterDiscoveryReq, turn: Turn
) -> dc.DcChargeParameterDiscoveryRes:
    """Take what the car can do, and tell what the outlet can."""
    mode = request.dc_cpd_req_energy_transfer_mode
    both_ways = chosen(turn).energy_transfer in BIDIRECTIONAL
    if isinstance(mode, dc.BptDcCpdReqEnergyTransferMode) is not both_ways:
        raise wrong("mode_of_another_service")
    limits = stated(mode)
    check(limits)
    _check_against_outlet(limits, turn)
    publish(limits, turn)
    enter(turn, Phase.SCHEDULE)
    fields = _fields(turn)
    if both_ways:
        return dc.DcChargeParameterDiscoveryRes(
            **ok(turn),
            dc_cpd_res_energy_transfer_mode=dc.BptDcCpdResEnergyTransferMode(**fields, **_taking(turn)),
        )
    return dc.DcChargeParameterDiscoveryRes(
        **ok(turn), dc_cpd_res_energy_transfer_mode=dc.DcCpdResEnergyTransferMode(**fields)
    )


def _fields(turn: Turn) -> dict[str, Any]:
    most, least = supply.dc_maximum(turn), turn.station.dc_minimum or _NONE
    return {
        "evse_maximum_charge_power": rational(most.evse_maximum_power_limit_w),
        "evse_minimum_charge_power": rational(least.evse_minimum_power_limit_w),
        "evse_maximum_charge_current": rational(most.evse_maximum_current_limit_a),
        "evse_minimum_charge_current": rational(least.evse_minimum_current_limit_a),
        "evse_maximum_voltage": rational(most.evse_maximum_voltage_limit_v),
        "evse_minimum_voltage": rational(least.evse_minimum_voltage_limit_v),
    }


def _taking(turn: Turn) -> dict[str, Any]:
    most, least = supply.dc_maximum(turn), turn.station.dc_minimum or _NONE
    return {
        "evse_maximum_discharge_power": supply.discharging(most.evse_maximum_discharge_power_limit_w, turn),
        "evse_minimum_discharge_power": supply.discharging(least.evse_minimum_discharge_power_limit_w, turn),
        "evse_maximum_discharge_current": supply.discharging(
            most.evse_maximum_discharge_current_limit_a, turn
        ),
        "evse_minimum_discharge_current": supply.discharging(
            least.evse_minimum_discharge_current_limit_a, turn
        ),
    }


def stated(mode: Any) -> Limits:
    """What the car has stated, in discovery or in the loop; what it gives back counts positive."""

    def field(name: str) -> Any:
        return getattr(mode, name, None)

    return Limits(
        min_charge_power_w=amount(field("ev_minimum_charge_power")),
        max_charge_power_w=amount(field("ev_maximum_charge_power")),
        min_charge_current_a=amount(field("ev_minimum_charge_current")),
        max_charge_current_a=amount(field("ev_maximum_charge_current")),
        min_voltage_v=amount(field("ev_minimum_voltage")),
        max_voltage_v=amount(field("ev_maximum_voltage")),
        min_discharge_power_w=magnitude(field("ev_minimum_discharge_power")),
        max_discharge_power_w=magnitude(field("ev_maximum_discharge_power")),
        min_discharge_current_a=magnitude(field("ev_minimum_discharge_current")),
        max_discharge_current_a=magnitude(field("ev_maximum_discharge_current")),
    )


def check(limits: Limits) -> None:
    """See that no limit is negative and no least exceeds its most."""
    for low, high in (
        (limits.min_charge_power_w, limits.max_charge_power_w),
        (limits.min_charge_current_a, limits.max_charge_current_a),
        (limits.min_voltage_v, limits.max_voltage_v),
        (limits.min_discharge_power_w, limits.max_discharge_power_w),
        (limits.min_discharge_current_a, limits.max_discharge_current_a),
    ):
        if (low is not None and low < 0) or (high is not None and high < 0):
            raise wrong("negative_limit")
        if low is not None and high is not None and low > high:
            raise wrong("least_above_most")


def _check_against_outlet(limits: Limits, turn: Turn) -> None:
    """The voltages have to overlap, and the car must bear the least the outlet can do."""
    most, least = supply.dc_maximum(turn), turn.station.dc_minimum or _NONE
    for car, outlet in (
        (limits.max_voltage_v, least.evse_minimum_voltage_limit_v),
        (most.evse_maximum_voltage_limit_v, limits.min_voltage_v),
        (limits.max_charge_current_a, least.evse_minimum_current_limit_a),
        (limits.max_charge_power_w, least.evse_minimum_power_limit_w),
    ):
        if car is not None and outlet is not None and car < outlet:
            raise wrong("car_and_outlet_do_not_fit")


def publish(limits: Limits, turn: Turn) -> None:
    """Tell what the car can do."""
    keep(turn, limits=limits)
    turn.publish(
        charger.DcEvMaximumLimits(
            limits=DcEvMaximumLimits(
                dc_ev_maximum_current_limit_a=_within(limits.max_charge_current_a, MAX_CURRENT_A),
                dc_ev_maximum_power_limit_w=_within(limits.max_charge_power_w, MAX_POWER_W),
                dc_ev_maximum_voltage_limit_v=_within(limits.max_voltage_v, MAX_VOLTAGE_V),
            )
        )
    )


def _within(value: float | None, most: float) -> float | None:
    return None if value is None else clip(value, 0.0, most)
