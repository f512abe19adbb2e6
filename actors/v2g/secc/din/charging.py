"""ChargeParameterDiscovery to WeldingDetection. Pure.

Source: DIN SPEC 70121; SAE J2847/2 as far as EVerest has it (row M5.18).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.v2g.secc import car
from actors.v2g.secc.din.answers import (
    OUTLET,
    TUPLE_ID,
    Answer,
    answer,
    cut,
    keep,
    kept,
    transfer_type,
)
from actors.v2g.secc.din.limits import LIMIT_S, Timer
from actors.v2g.secc.din.phase import Phase
from actors.v2g.secc.direct_current import DirectCurrent, Words
from actors.v2g.secc.outlet import PAUSES, must_stop
from actors.v2g.secc.state import Verdict
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import iso15118_extensions as extensions
from protocols.iso15118 import din
from protocols.iso15118.din import EvRequestedEnergyTransfer, EvseProcessing, ResponseCode
from protocols.types import iso15118
from protocols.types.iso15118 import EnergyTransferMode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.v2g.secc.turn import Turn

NAMES: Final[Mapping[EvRequestedEnergyTransfer, str]] = {
    EvRequestedEnergyTransfer.DC_UNIQUE: "DC_dual",
}
"""Ways of energy transfer that a car and a station call differently."""
_DC: Final = DirectCurrent(Words(protocol=din, outlet=OUTLET, kept=kept, keep=keep, answer=answer))
handle_cable_check = _DC.handle_cable_check
handle_pre_charge = _DC.handle_pre_charge


def handle_charge_parameter_discovery(request: din.ChargeParameterDiscoveryReq, turn: Turn) -> Answer:
    """Offer the limits and a schedule; `Ongoing` while the EVSE manager has not told them."""
    wish, wanted = request.ev_charge_parameter, request.ev_requested_energy_transfer_type
    if NAMES.get(wanted, wanted.value) != transfer_type(turn):
        return ResponseCode.FAILED_WRONG_ENERGY_TRANSFER_TYPE
    if not isinstance(wish, din.DcEvChargeParameter) or not car.dc_is_sound(turn, wish):
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


def _tell(wish: din.DcEvChargeParameter, mode: EnergyTransferMode, turn: Turn) -> None:
    """Publish what the car wants."""
    turn.publish(charger.RequestedEnergyTransferMode(energy_transfer_mode=mode))
    parameters = car.dc_wishes(turn, wish)
    needs = iso15118.ChargingNeeds(requested_energy_transfer=mode, dc_charging_parameters=parameters)
    turn.publish(extensions.ChargingNeeds(needs=needs))
    if car.flows_back(wish):
        turn.publish(charger.SaeBidiModeActive())


def handle_power_delivery(request: din.PowerDeliveryReq, turn: Turn) -> Answer:
    """Let energy flow, or stop it."""
    parameter, profile = request.ev_power_delivery_parameter, request.charging_profile
    if isinstance(parameter, din.DcEvPowerDeliveryParameter):
        car.dc_says(turn, parameter.dc_ev_status)
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
    turn.change(phase=Phase.CHARGING.value)
    return answer(request, turn, **_DC.demanded(request, turn))


def handle_welding_detection(request: din.WeldingDetectionReq, turn: Turn) -> Answer:
    """Tell the voltage at the output while the car opens its contactors."""
    car.dc_says(turn, request.dc_ev_status)
    return answer(request, turn)
