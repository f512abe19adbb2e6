"""CableCheck, PreCharge, CurrentDemand and WeldingDetection. Pure.

Source: ISO 15118-2 8.4.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.v2g.secc import car
from actors.v2g.secc.iso2.ac import begin_loop, loop_fields
from actors.v2g.secc.iso2.answers import Answer, answer
from actors.v2g.secc.iso2.kept import keep, kept
from actors.v2g.secc.iso2.limits import LIMIT_S, Timer
from actors.v2g.secc.iso2.phase import Phase
from actors.v2g.secc.iso2.quantities import amperes, number, volts, watts
from actors.v2g.secc.iso2.status import must_stop
from actors.v2g.secc.iso2.wishes import dc_status
from actors.v2g.secc.state import Verdict
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118.iso2 import EvseProcessing, ResponseCode
from protocols.types.iso15118 import NoEnergyPauseMode

if TYPE_CHECKING:
    from actors.v2g.secc.turn import Turn
    from protocols.iso15118 import iso2


def handle_cable_check(request: iso2.CableCheckReq, turn: Turn) -> Answer:
    """Have the cable checked, `Ongoing` until it is; in a renegotiation the cable is live and checked."""
    dc_status(turn, request.dc_ev_status)
    ours, found = kept(turn), turn.station.cable_check
    if not ours.cable_check:
        waits = turn.station.no_energy is NoEnergyPauseMode.PAUSE_BEFORE_CABLE_CHECK
        if waits or must_stop(turn) or turn.authorization.verdict is not Verdict.GRANTED:
            return ResponseCode.FAILED
        keep(turn, cable_check=True, closed=True)
        turn.tell_station(cable_check=None)
        turn.publish(charger.StartCableCheck())
        turn.start(Timer.CABLE_CHECK, LIMIT_S[Timer.CABLE_CHECK])
        found = None
    if found is False or ours.late == Timer.CABLE_CHECK:
        return ResponseCode.FAILED
    turn.change(phase=(Phase.CABLE_CHECK if found is None else Phase.CHECKED).value)
    if found is None:
        return answer(request, turn, evse_processing=EvseProcessing.ONGOING)
    turn.cancel(Timer.CABLE_CHECK)
    return answer(request, turn)


def handle_pre_charge(request: iso2.PreChargeReq, turn: Turn) -> Answer:
    """Have the output brought to the car's voltage, and tell how far it is."""
    dc_status(turn, request.dc_ev_status)
    car.dc_target(turn, float(request.ev_target_voltage), float(request.ev_target_current))
    if not kept(turn).pre_charge:
        keep(turn, pre_charge=True)
        turn.publish(charger.StartPreCharge())
    turn.change(phase=Phase.PRE_CHARGE.value)
    return answer(request, turn)


def handle_current_demand(request: iso2.CurrentDemandReq, turn: Turn) -> Answer:
    """Pass the car's wish on, and tell what flows, the limits and what the station wants."""
    dc_status(turn, request.dc_ev_status)
    wanted_v, wanted_a = float(request.ev_target_voltage), float(request.ev_target_current)
    begin_loop(turn)
    car.dc_target(turn, wanted_v, wanted_a)
    car.dc_limits(
        turn,
        current_a=number(request.ev_maximum_current_limit),
        power_w=number(request.ev_maximum_power_limit),
        voltage_v=number(request.ev_maximum_voltage_limit),
    )
    car.dc_complete(turn, complete=request.charging_complete, bulk_complete=request.bulk_charging_complete)
    car.dc_remaining(
        turn,
        full_s=number(request.remaining_time_to_full_soc),
        bulk_s=number(request.remaining_time_to_bulk_soc),
    )
    fields = loop_fields(turn)
    most = turn.station.dc_maximum
    if most is not None:
        voltage, current, power = (
            most.evse_maximum_voltage_limit_v,
            most.evse_maximum_current_limit_a,
            most.evse_maximum_power_limit_w,
        )
        fields |= {
            "evse_maximum_voltage_limit": volts(voltage),
            "evse_maximum_current_limit": amperes(current),
            "evse_maximum_power_limit": watts(power),
            "evse_voltage_limit_achieved": wanted_v >= voltage,
            "evse_current_limit_achieved": wanted_a >= current,
            "evse_power_limit_achieved": wanted_v * wanted_a >= power,
        }
    return answer(request, turn, **fields)


def handle_welding_detection(request: iso2.WeldingDetectionReq, turn: Turn) -> Answer:
    """Tell the voltage at the output while the car opens its contactors."""
    dc_status(turn, request.dc_ev_status)
    turn.change(phase=Phase.WELDING.value)
    return answer(request, turn)
