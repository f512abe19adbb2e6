"""CableCheck, PreCharge, CurrentDemand and WeldingDetection. Pure.

Source: ISO 15118-2 8.4.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.v2g.secc import car
from actors.v2g.secc.direct_current import DirectCurrent, Words
from actors.v2g.secc.iso2.ac import loop_fields
from actors.v2g.secc.iso2.answers import Answer, answer
from actors.v2g.secc.iso2.kept import keep, kept
from actors.v2g.secc.iso2.phase import Phase
from actors.v2g.secc.iso2.status import OUTLET
from protocols.iso15118 import iso2

if TYPE_CHECKING:
    from actors.v2g.secc.turn import Turn

_DC: Final = DirectCurrent(Words(protocol=iso2, outlet=OUTLET, kept=kept, keep=keep, answer=answer))
handle_cable_check = _DC.handle_cable_check
handle_pre_charge = _DC.handle_pre_charge


def handle_current_demand(request: iso2.CurrentDemandReq, turn: Turn) -> Answer:
    """Pass the car's wish on, and tell what flows, the limits and what the station wants."""
    limits = _DC.demanded(request, turn)
    return answer(request, turn, **loop_fields(turn), **limits)


def handle_welding_detection(request: iso2.WeldingDetectionReq, turn: Turn) -> Answer:
    """Tell the voltage at the output while the car opens its contactors."""
    car.dc_says(turn, request.dc_ev_status)
    turn.change(phase=Phase.WELDING.value)
    return answer(request, turn)
