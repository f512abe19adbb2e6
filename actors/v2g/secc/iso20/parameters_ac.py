"""AC charge parameter discovery, one way and both ways. Pure.

Sources: ISO 15118-20 8.3.4.4.2 and 8.3.5.4, [V2G20-2658]; limits that contradict themselves or the outlet are
FAILED_WrongChargeParameter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from actors.v2g.secc.iso20 import supply
from actors.v2g.secc.iso20.answers import ok
from actors.v2g.secc.iso20.numbers import optional, rational
from actors.v2g.secc.iso20.offer import BIDIRECTIONAL
from actors.v2g.secc.iso20.phases import Phase, RefusedError, chosen, enter, keep
from actors.v2g.secc.iso20.talk import Limits
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118.iso20 import ac
from protocols.iso15118.iso20.enumerations import ResponseCode
from protocols.types.iso15118 import AcEvPowerLimits
from protocols.types.units import Power

if TYPE_CHECKING:
    from actors.v2g.secc.turn import Turn

_DEFAULT_FREQUENCY_HZ: Final = 50.0
_MINUTE_S: Final = 60.0
_PERCENT: Final = 100.0


def handle_ac_charge_parameter_discovery(
    request: ac.AcChargeParameterDiscoveryReq, turn: Turn
) -> ac.AcChargeParameterDiscoveryRes:
    """Take what the car can do, and tell what the outlet can."""
    mode = request.ac_cpd_req_energy_transfer_mode
    both_ways = chosen(turn).energy_transfer in BIDIRECTIONAL
    if isinstance(mode, ac.BptAcCpdReqEnergyTransferMode) is not both_ways:
        raise wrong("mode_of_another_service")
    most = supply.ac_maximum(turn)
    limits = power_limits(mode)
    check(limits)
    if limits.max_charge_power is not None and limits.max_charge_power.total_w < _least(turn):
        raise wrong("car_below_the_least_of_the_outlet")
    publish(limits, turn)
    enter(turn, Phase.SCHEDULE)
    fields = _fields(most, turn)
    if both_ways:
        take, least = supply.ac_discharge(turn)
        return ac.AcChargeParameterDiscoveryRes(
            **ok(turn),
            ac_cpd_res_energy_transfer_mode=ac.BptAcCpdResEnergyTransferMode(
                **fields,
                **_taking("evse_maximum_discharge_power", take, turn),
                **_taking("evse_minimum_discharge_power", least, turn),
            ),
        )
    return ac.AcChargeParameterDiscoveryRes(
        **ok(turn), ac_cpd_res_energy_transfer_mode=ac.AcCpdResEnergyTransferMode(**fields)
    )


def wrong(why: str) -> RefusedError:
    """The car's parameters cannot be."""
    return RefusedError(ResponseCode.FAILED_WRONG_CHARGE_PARAMETER, why)


def _least(turn: Turn) -> float:
    return supply.ac_minimum(turn).total_w


def _taking(field: str, power: Power, turn: Turn) -> dict[str, Any]:
    names = (field, f"{field}_l2", f"{field}_l3")
    return {
        name: supply.discharging(value, turn)
        for name, value in zip(names, supply.by_phase(power), strict=True)
        if value is not None
    }


def _fields(most: Power, turn: Turn) -> dict[str, Any]:
    told = turn.station.ac
    percent = told.power_ramp_limitation_percent_per_min if told is not None else None
    ramp_w_per_s = None if percent is None else most.total_w * percent / _PERCENT / _MINUTE_S
    return {
        **supply.spread("evse_maximum_charge_power", most),
        **supply.spread("evse_minimum_charge_power", supply.ac_minimum(turn)),
        "evse_nominal_frequency": rational(
            told.nominal_frequency_hz if told is not None else _DEFAULT_FREQUENCY_HZ
        ),
        "maximum_power_asymmetry": optional(told.max_power_asymmetry_w if told is not None else None),
        "evse_power_ramp_limitation": optional(ramp_w_per_s),
        **supply.spread("evse_present_active_power", turn.station.ac_present_power),
    }


def power_limits(mode: Any) -> AcEvPowerLimits:
    """What the car has stated, in discovery or in the loop; what it takes back counts positive."""
    both = hasattr(mode, "ev_maximum_discharge_power")
    return AcEvPowerLimits(
        max_charge_power=supply.gathered(mode, "ev_maximum_charge_power"),
        min_charge_power=supply.gathered(mode, "ev_minimum_charge_power"),
        max_discharge_power=_absolute(supply.gathered(mode, "ev_maximum_discharge_power")) if both else None,
        min_discharge_power=_absolute(supply.gathered(mode, "ev_minimum_discharge_power")) if both else None,
    )


def _absolute(power: Power | None) -> Power | None:
    if power is None:
        return None
    l1, l2, l3 = (None if each is None else abs(each) for each in (power.l1_w, power.l2_w, power.l3_w))
    return Power(total_w=abs(power.total_w), l1_w=l1, l2_w=l2, l3_w=l3)


def check(limits: AcEvPowerLimits) -> None:
    """See that no limit is negative and no least exceeds its most, on any phase."""
    for most, least in (
        (limits.max_charge_power, limits.min_charge_power),
        (limits.max_discharge_power, limits.min_discharge_power),
    ):
        for phase in ("total_w", "l1_w", "l2_w", "l3_w"):
            high, low = getattr(most, phase, None), getattr(least, phase, None)
            if (high is not None and high < 0) or (low is not None and low < 0):
                raise wrong("negative_limit")
            if high is not None and low is not None and low > high:
                raise wrong("least_above_most")


def publish(limits: AcEvPowerLimits, turn: Turn) -> None:
    """Tell what the car can do."""
    keep(turn, limits=as_limits(limits))
    turn.publish(charger.AcEvPowerLimits(limits=limits))


def as_limits(limits: AcEvPowerLimits) -> Limits:
    """The same in the form the talk keeps it."""
    most, least = limits.max_charge_power, limits.min_charge_power
    give, give_least = limits.max_discharge_power, limits.min_discharge_power
    first, second, third = supply.by_phase(most) if most is not None else (None, None, None)
    low, low_l2, low_l3 = supply.by_phase(least) if least is not None else (None, None, None)
    return Limits(
        max_charge_power_w=first,
        max_charge_power_l2_w=second,
        max_charge_power_l3_w=third,
        min_charge_power_w=low,
        min_charge_power_l2_w=low_l2,
        min_charge_power_l3_w=low_l3,
        max_discharge_power_w=give.total_w if give is not None else None,
        min_discharge_power_w=give_least.total_w if give_least is not None else None,
    )
