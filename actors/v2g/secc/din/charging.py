"""ChargeParameterDiscovery to WeldingDetection. Pure.

Source: DIN SPEC 70121; SAE J2847/2 as far as EVerest has it (row M5.18).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.v2g.secc import car
from actors.v2g.secc.din.answers import (
    TUPLE_ID,
    Answer,
    answer,
    cut,
    keep,
    kept,
    must_stop,
    quantity,
    transfer_type,
)
from actors.v2g.secc.din.limits import LIMIT_S, Timer
from actors.v2g.secc.din.phase import Phase
from actors.v2g.secc.state import Verdict
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import iso15118_extensions as extensions
from protocols.iso15118 import din
from protocols.iso15118.din import EvRequestedEnergyTransfer, EvseProcessing, ResponseCode, UnitSymbol
from protocols.types import iso15118
from protocols.types.iso15118 import EnergyTransferMode, NoEnergyPauseMode, SaeJ2847BidiMode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.v2g.secc.turn import Turn

NAMES: Final[Mapping[EvRequestedEnergyTransfer, str]] = {
    EvRequestedEnergyTransfer.DC_UNIQUE: "DC_dual",
}
"""Ways of energy transfer that a car and a station call differently."""
PAUSES: Final = frozenset(
    {NoEnergyPauseMode.PAUSE_AFTER_PRECHARGE, NoEnergyPauseMode.PAUSE_BEFORE_CABLE_CHECK}
)
"""Where a car without energy has to wait; the third mode lets it go on."""


def _number(value: din.PhysicalValue | None) -> float | None:
    return None if value is None else float(value)


def _status(turn: Turn, status: din.DcEvStatus) -> None:
    """Publish DC_EVStatus."""
    car.dc_status(
        turn,
        iso15118.DcEvStatus(
            dc_ev_ready=status.ev_ready,
            dc_ev_error_code=iso15118.DcEvErrorCode(status.ev_error_code.value),
            dc_ev_ress_soc_percent=float(status.ev_ress_soc_percent),
            dc_ev_cabin_conditioning=status.ev_cabin_conditioning,
            dc_ev_ress_conditioning=status.ev_ress_conditioning,
        ),
    )


def handle_charge_parameter_discovery(request: din.ChargeParameterDiscoveryReq, turn: Turn) -> Answer:
    """Offer the limits and a schedule; `Ongoing` while the EVSE manager has not told them."""
    wish, wanted = request.ev_charge_parameter, request.ev_requested_energy_transfer_type
    if NAMES.get(wanted, wanted.value) != transfer_type(turn):
        return ResponseCode.FAILED_WRONG_ENERGY_TRANSFER_TYPE
    if not isinstance(wish, din.DcEvChargeParameter) or not _is_sound(wish, turn):
        return ResponseCode.FAILED_WRONG_CHARGE_PARAMETER
    if turn.authorization.verdict is not Verdict.GRANTED or kept(turn).late == Timer.ONGOING:
        return ResponseCode.FAILED
    mode = EnergyTransferMode(wanted.value)
    turn.change(energy_mode=mode)
    if not kept(turn).told:
        keep(turn, told=True)
        _tell(wish, mode, turn)
    if turn.station.dc_maximum is not None:
        turn.cancel(Timer.ONGOING)
        turn.change(phase=Phase.OFFERED.value)
        return answer(request, turn)
    if not kept(turn).ongoing:
        keep(turn, ongoing=True)
        turn.start(Timer.ONGOING, LIMIT_S[Timer.ONGOING])
    return answer(request, turn, evse_processing=EvseProcessing.ONGOING)


def _is_sound(wish: din.DcEvChargeParameter, turn: Turn) -> bool:
    least = turn.station.dc_minimum
    return car.limits_are_sound(
        current_a=float(wish.ev_maximum_current_limit),
        power_w=_number(wish.ev_maximum_power_limit),
        voltage_v=float(wish.ev_maximum_voltage_limit),
        request_wh=_number(wish.ev_energy_request),
        least_voltage_v=least.evse_minimum_voltage_limit_v if least is not None else 0.0,
        may_flow_back=turn.station.sae_j2847_mode is not SaeJ2847BidiMode.NONE,
    )


def _tell(wish: din.DcEvChargeParameter, mode: EnergyTransferMode, turn: Turn) -> None:
    """Publish what the car wants."""
    current, voltage = float(wish.ev_maximum_current_limit), float(wish.ev_maximum_voltage_limit)
    power, capacity = _number(wish.ev_maximum_power_limit), _number(wish.ev_energy_capacity)
    request = _number(wish.ev_energy_request)
    turn.publish(charger.RequestedEnergyTransferMode(energy_transfer_mode=mode))
    _status(turn, wish.dc_ev_status)
    car.dc_limits(turn, current_a=current, power_w=power, voltage_v=voltage)
    car.dc_energy(turn, capacity_wh=capacity, request_wh=request)
    car.dc_goals(turn, full_percent=wish.full_soc_percent, bulk_percent=wish.bulk_soc_percent)
    parameters = iso15118.DCChargingParameters(
        ev_max_current_a=current,
        ev_max_voltage_v=voltage,
        ev_max_power_w=power,
        ev_energy_capacity_wh=capacity,
        energy_amount_wh=request,
        state_of_charge_percent=wish.dc_ev_status.ev_ress_soc_percent,
        full_soc_percent=wish.full_soc_percent,
        bulk_soc_percent=wish.bulk_soc_percent,
    )
    needs = iso15118.ChargingNeeds(requested_energy_transfer=mode, dc_charging_parameters=parameters)
    turn.publish(extensions.ChargingNeeds(needs=needs))
    if car.flows_back(request):
        turn.publish(charger.SaeBidiModeActive())


def handle_cable_check(request: din.CableCheckReq, turn: Turn) -> Answer:
    """Have the cable checked, `Ongoing` until it is."""
    _status(turn, request.dc_ev_status)
    found = turn.station.cable_check
    if not kept(turn).cable_check:
        waits = turn.station.no_energy is NoEnergyPauseMode.PAUSE_BEFORE_CABLE_CHECK
        if waits or must_stop(turn) or turn.authorization.verdict is not Verdict.GRANTED:
            return ResponseCode.FAILED
        keep(turn, cable_check=True, closed=True)
        turn.tell_station(cable_check=None)
        turn.publish(charger.StartCableCheck())
        turn.start(Timer.CABLE_CHECK, LIMIT_S[Timer.CABLE_CHECK])
        found = None
    if found is False or kept(turn).late == Timer.CABLE_CHECK:
        return ResponseCode.FAILED
    turn.change(phase=(Phase.CABLE_CHECK if found is None else Phase.CHECKED).value)
    if found is None:
        return answer(request, turn, evse_processing=EvseProcessing.ONGOING)
    turn.cancel(Timer.CABLE_CHECK)
    return answer(request, turn)


def handle_pre_charge(request: din.PreChargeReq, turn: Turn) -> Answer:
    """Have the output brought to the car's voltage, and tell how far it is."""
    _status(turn, request.dc_ev_status)
    car.dc_target(turn, float(request.ev_target_voltage), float(request.ev_target_current))
    if not kept(turn).pre_charge:
        keep(turn, pre_charge=True)
        turn.publish(charger.StartPreCharge())
    turn.change(phase=Phase.PRE_CHARGE.value)
    return answer(request, turn)


def handle_power_delivery(request: din.PowerDeliveryReq, turn: Turn) -> Answer:
    """Let energy flow, or stop it."""
    parameter, profile = request.ev_power_delivery_parameter, request.charging_profile
    if isinstance(parameter, din.DcEvPowerDeliveryParameter):
        _status(turn, parameter.dc_ev_status)
        car.dc_complete(
            turn, complete=parameter.charging_complete, bulk_complete=parameter.bulk_charging_complete
        )
    if not request.ready_to_charge_state:
        turn.publish(charger.V2gSetupFinished())
        cut(turn)
        turn.change(phase=Phase.STOPPED.value)
        return answer(request, turn)
    if Phase(turn.talk.phase) is not Phase.PRE_CHARGE:
        return ResponseCode.FAILED_SEQUENCE_ERROR
    if profile is not None and profile.sa_schedule_tuple_id != TUPLE_ID:
        return ResponseCode.FAILED_TARIFF_SELECTION_INVALID
    granted = turn.authorization.verdict is Verdict.GRANTED
    if must_stop(turn) or not granted or turn.station.no_energy in PAUSES:
        return ResponseCode.FAILED_POWER_DELIVERY_NOT_APPLIED
    turn.publish(charger.V2gSetupFinished())
    turn.change(phase=Phase.READY.value)
    return answer(request, turn)


def handle_current_demand(request: din.CurrentDemandReq, turn: Turn) -> Answer:
    """Pass the car's wish on, and tell what flows, the limits and what the station wants."""
    _status(turn, request.dc_ev_status)
    wanted_v, wanted_a = float(request.ev_target_voltage), float(request.ev_target_current)
    turn.change(phase=Phase.CHARGING.value)
    if not turn.talk.loop_started:
        turn.change(loop_started=True)
        turn.publish(charger.CurrentDemandStarted())
    car.dc_target(turn, wanted_v, wanted_a)
    car.dc_limits(
        turn,
        current_a=_number(request.ev_maximum_current_limit),
        power_w=_number(request.ev_maximum_power_limit),
        voltage_v=_number(request.ev_maximum_voltage_limit),
    )
    car.dc_complete(turn, complete=request.charging_complete, bulk_complete=request.bulk_charging_complete)
    car.dc_remaining(
        turn,
        full_s=_number(request.remaining_time_to_full_soc),
        bulk_s=_number(request.remaining_time_to_bulk_soc),
    )
    most = turn.station.dc_maximum
    if most is None:
        return answer(request, turn)
    voltage, current, power = (
        most.evse_maximum_voltage_limit_v,
        most.evse_maximum_current_limit_a,
        most.evse_maximum_power_limit_w,
    )
    return answer(
        request,
        turn,
        evse_maximum_voltage_limit=quantity(voltage, UnitSymbol.V),
        evse_maximum_current_limit=quantity(current, UnitSymbol.A),
        evse_maximum_power_limit=quantity(power, UnitSymbol.W),
        evse_voltage_limit_achieved=wanted_v >= voltage,
        evse_current_limit_achieved=wanted_a >= current,
        evse_power_limit_achieved=wanted_v * wanted_a >= power,
    )


def handle_welding_detection(request: din.WeldingDetectionReq, turn: Turn) -> Answer:
    """Tell the voltage at the output while the car opens its contactors."""
    _status(turn, request.dc_ev_status)
    return answer(request, turn)
