"""ChargeParameterDiscovery: what the car wants and the station can give. Pure.

Source: ISO 15118-2 8.4.3.8; SAE J2847/2 as far as EVerest has it (row M5.18).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.v2g.secc import car
from actors.v2g.secc.iso2 import schedules, wishes
from actors.v2g.secc.iso2.answers import Answer, answer
from actors.v2g.secc.iso2.kept import keep, kept
from actors.v2g.secc.iso2.limits import LIMIT_S, Timer
from actors.v2g.secc.iso2.phase import Phase
from actors.v2g.secc.iso2.services import modes
from actors.v2g.secc.state import Verdict
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118 import iso2
from protocols.iso15118.iso2 import EvseProcessing, ResponseCode
from protocols.types.iso15118 import EnergyTransferMode

if TYPE_CHECKING:
    from actors.v2g.secc.turn import Turn


def handle_charge_parameter_discovery(request: iso2.ChargeParameterDiscoveryReq, turn: Turn) -> Answer:
    """Offer the limits and a schedule; `Ongoing` while the EVSE manager has not told them."""
    if (code := _refused(request, turn)) is not None:
        return code
    mode = EnergyTransferMode(request.requested_energy_transfer_mode.value)
    turn.change(energy_mode=mode)
    if not kept(turn).told:
        keep(turn, told=True)
        _tell(request.ev_charge_parameter, mode, turn)
    power_w = schedules.p_max_w(turn)
    if power_w is None:
        return _ongoing(request, turn)
    turn.cancel(Timer.ONGOING)
    keep(turn, ongoing=False)
    turn.change(phase=Phase.OFFERED.value)
    return answer(request, turn, sa_schedules=schedules.offer(turn, power_w))


def _ongoing(request: iso2.ChargeParameterDiscoveryReq, turn: Turn) -> Answer:
    ours = kept(turn)
    if ours.late == Timer.ONGOING:
        return ResponseCode.FAILED
    if not ours.ongoing:
        turn.start(Timer.ONGOING, LIMIT_S[Timer.ONGOING])
        keep(turn, ongoing=True)
    turn.change(phase=Phase.PARAMETERS.value)
    return answer(request, turn, evse_processing=EvseProcessing.ONGOING)


def _refused(request: iso2.ChargeParameterDiscoveryReq, turn: Turn) -> ResponseCode | None:
    mode, wish = request.requested_energy_transfer_mode, request.ev_charge_parameter
    changed = turn.talk.energy_mode not in (None, mode.value)
    if mode not in modes(turn) or (changed and kept(turn).closed):
        return ResponseCode.FAILED_WRONG_ENERGY_TRANSFER_MODE
    if turn.authorization.verdict is not Verdict.GRANTED:
        return ResponseCode.FAILED
    if isinstance(wish, iso2.DcEvChargeParameter) and mode.startswith("DC"):
        sound = car.dc_is_sound(turn, wish)
    elif isinstance(wish, iso2.AcEvChargeParameter) and mode.startswith("AC"):
        sound = _ac_is_sound(wish)
    else:
        sound = False
    return None if sound else ResponseCode.FAILED_WRONG_CHARGE_PARAMETER


def _ac_is_sound(wish: iso2.AcEvChargeParameter) -> bool:
    least, most = float(wish.ev_min_current), float(wish.ev_max_current)
    return float(wish.e_amount) >= 0 and float(wish.ev_max_voltage) >= 0 and 0 <= least <= most


def _tell(wish: iso2.EvChargeParameter, mode: EnergyTransferMode, turn: Turn) -> None:
    """Publish what the car wants."""
    turn.publish(charger.RequestedEnergyTransferMode(energy_transfer_mode=mode))
    if isinstance(wish, iso2.AcEvChargeParameter):
        wishes.ac_parameters(turn, wish, mode)
    if isinstance(wish, iso2.DcEvChargeParameter):
        wishes.dc_parameters(turn, wish, mode)
        if car.flows_back(wish) and not kept(turn).bidirectional:
            keep(turn, bidirectional=True)
            turn.publish(charger.SaeBidiModeActive())
