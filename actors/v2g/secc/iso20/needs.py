"""What the car needs, for the EVSE manager and for the CSMS. Pure.

`V2XChargingParameters` holds what both sides can do: of two mosts the lesser, of two leasts the greater.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from actors.v2g.secc import car
from actors.v2g.secc.iso20 import contactors, supply
from actors.v2g.secc.iso20.numbers import amount, clip
from actors.v2g.secc.iso20.offer import mode_of
from actors.v2g.secc.iso20.phases import chosen, mine
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import iso15118_extensions as extensions
from protocols.iso15118.exi import UnixTime
from protocols.types.iso15118 import (
    ChargingNeeds,
    EVAbsolutePriceSchedule,
    EVAbsolutePriceScheduleEntry,
    EVEnergyOffer,
    EVPowerSchedule,
    EVPowerScheduleEntry,
    EVPriceRule,
    V2XChargingParameters,
)

if TYPE_CHECKING:
    from actors.v2g.secc.iso20.talk import Limits
    from actors.v2g.secc.turn import Turn
    from protocols.iso15118.iso20 import common

MAX_ENERGY_WH: Final = 200000.0
"""Bound of `AcEamount` and `DcEvEnergyRequest`."""
_MICROSECONDS: Final = 10**12
"""A time stamp beyond this many seconds counts microseconds, as some cars do."""


def publish(request: common.ScheduleExchangeReq, turn: Turn) -> None:
    """Tell what the car asks for in a schedule exchange."""
    mode = request.dynamic_se_req_control_mode or request.scheduled_se_req_control_mode
    departure_s = getattr(mode, "departure_time_s", None)
    car.leaves_in(turn, departure_s)
    target = getattr(mode, "ev_target_energy_request", None)
    if target is not None:
        energy(float(target), turn)
    scheduled = request.scheduled_se_req_control_mode
    offer = scheduled.ev_energy_offer if scheduled is not None else None
    selected = chosen(turn)
    turn.publish(
        extensions.ChargingNeeds(
            needs=ChargingNeeds(
                requested_energy_transfer=mode_of(selected),
                available_energy_transfer=turn.station.energy_transfer_modes or None,
                control_mode=selected.control_mode,
                mobility_needs_mode=selected.mobility_needs_mode,
                departure_time=car.departure(turn, departure_s),
                ev_energy_offer=_offer(offer) if offer is not None else None,
                v2x_charging_parameters=_parameters(mode, turn),
            )
        )
    )


def energy(energy_wh: float, turn: Turn) -> None:
    """Tell the energy the car asks for."""
    energy_wh = clip(energy_wh, 0.0, MAX_ENERGY_WH)
    if contactors.is_ac(turn):
        turn.publish(charger.AcEamount(energy_wh=energy_wh))
    else:
        turn.publish(charger.DcEvEnergyRequest(energy_wh=energy_wh))


def _lesser(one: float | None, other: float | None) -> float | None:
    given = [each for each in (one, other) if each is not None]
    return min(given) if given else None


def _greater(one: float | None, other: float | None) -> float | None:
    given = [each for each in (one, other) if each is not None]
    return max(given) if given else None


def _parameters(mode: Any, turn: Turn) -> V2XChargingParameters:
    car, outlet = mine(turn).limits, _outlet(turn)
    fields: dict[str, Any] = {}
    for name in car.__dataclass_fields__:
        agree = _lesser if name.startswith("max_") else _greater
        fields[name] = agree(getattr(car, name), getattr(outlet, name))
    return V2XChargingParameters(
        **fields,
        ev_target_energy_request_wh=amount(getattr(mode, "ev_target_energy_request", None)),
        ev_min_energy_request_wh=amount(getattr(mode, "ev_minimum_energy_request", None)),
        ev_max_energy_request_wh=amount(getattr(mode, "ev_maximum_energy_request", None)),
        ev_min_v2xenergy_request_wh=amount(getattr(mode, "ev_minimum_v2x_energy_request", None)),
        ev_max_v2xenergy_request_wh=amount(getattr(mode, "ev_maximum_v2x_energy_request", None)),
        target_soc_percent=getattr(mode, "target_soc_percent", None),
    )


def _outlet(turn: Turn) -> Limits:
    return _ac_outlet(turn) if contactors.is_ac(turn) else _dc_outlet(turn)


def _ac_outlet(turn: Turn) -> Limits:
    car = mine(turn).limits
    most, least = supply.ac_maximum(turn), supply.ac_minimum(turn)
    give, give_least = supply.ac_discharge(turn)
    single = car.max_charge_power_l2_w is None
    first, second, third = (most.total_w, None, None) if single else supply.by_phase(most)
    low, low_l2, low_l3 = (least.total_w, None, None) if single else supply.by_phase(least)
    return type(car)(
        max_charge_power_w=first,
        max_charge_power_l2_w=second,
        max_charge_power_l3_w=third,
        min_charge_power_w=low,
        min_charge_power_l2_w=low_l2,
        min_charge_power_l3_w=low_l3,
        max_discharge_power_w=abs(give.total_w) if car.max_discharge_power_w is not None else None,
        min_discharge_power_w=abs(give_least.total_w) if car.max_discharge_power_w is not None else None,
    )


def _dc_outlet(turn: Turn) -> Limits:
    car = mine(turn).limits
    most, least = supply.dc_maximum(turn), turn.station.dc_minimum
    both = car.max_discharge_power_w is not None
    return type(car)(
        max_charge_power_w=most.evse_maximum_power_limit_w,
        max_charge_current_a=most.evse_maximum_current_limit_a,
        max_voltage_v=most.evse_maximum_voltage_limit_v,
        max_discharge_power_w=most.evse_maximum_discharge_power_limit_w if both else None,
        max_discharge_current_a=most.evse_maximum_discharge_current_limit_a if both else None,
        min_charge_power_w=least.evse_minimum_power_limit_w if least else None,
        min_charge_current_a=least.evse_minimum_current_limit_a if least else None,
        min_voltage_v=least.evse_minimum_voltage_limit_v if least else None,
        min_discharge_power_w=least.evse_minimum_discharge_power_limit_w if least and both else None,
        min_discharge_current_a=least.evse_minimum_discharge_current_limit_a if least and both else None,
    )


def moment(stamp: int) -> datetime:
    """A time stamp of the car's; what no calendar holds becomes the nearest end of it."""
    seconds = stamp // 10**6 if stamp > _MICROSECONDS else stamp
    try:
        return UnixTime(seconds).to_datetime()
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def _offer(offer: common.EvEnergyOffer) -> EVEnergyOffer:
    power, price = offer.ev_power_schedule, offer.ev_absolute_price_schedule
    return EVEnergyOffer(
        ev_power_schedule=EVPowerSchedule(
            time_anchor=moment(power.time_anchor),
            ev_power_schedule_entries=tuple(
                EVPowerScheduleEntry(duration_s=each.duration_s, power_w=float(each.power))
                for each in power.ev_power_schedule_entries.ev_power_schedule_entry
            ),
        ),
        ev_absolute_price_schedule=EVAbsolutePriceSchedule(
            time_anchor=moment(price.time_anchor),
            currency=price.currency,
            price_algorithm=price.price_algorithm,
            ev_absolute_price_schedule_entries=tuple(
                EVAbsolutePriceScheduleEntry(
                    duration_s=each.duration_s,
                    ev_price_rule=tuple(
                        EVPriceRule(
                            energy_fee_per_kwh=rule.energy_fee.to_decimal(),
                            power_range_start_w=float(rule.power_range_start),
                        )
                        for rule in each.ev_price_rule
                    ),
                )
                for each in price.ev_price_rule_stacks.ev_price_rule_stack
            ),
        ),
    )
