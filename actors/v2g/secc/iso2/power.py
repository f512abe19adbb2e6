"""PowerDelivery: contactors, and the way into and out of the charging loop. Pure.

Source: ISO 15118-2 8.4.3.9; EVerest EvseV2G for what is published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.v2g.secc import car, flow
from actors.v2g.secc.exchange import Expired
from actors.v2g.secc.iso2 import schedules
from actors.v2g.secc.iso2.answers import Answer, answer
from actors.v2g.secc.iso2.kept import is_dc, keep, kept
from actors.v2g.secc.iso2.limits import LIMIT_S, Timer
from actors.v2g.secc.iso2.phase import LOOP, Phase
from actors.v2g.secc.outlet import PAUSES, must_stop
from actors.v2g.secc.state import Verdict
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118 import iso2
from protocols.iso15118.iso2 import ChargeProgress, ResponseCode
from protocols.types.iso15118 import EvseError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.v2g.secc.conversation import Cause
    from actors.v2g.secc.turn import Turn


def cut(turn: Turn) -> None:
    """Stop whatever may flow: say that the loop has ended, have the contactors opened; each once."""
    flow.end(turn)
    if kept(turn).closed:
        keep(turn, closed=False, cable_check=False, pre_charge=False)
        turn.tell_station(contactor_closed=None)
        turn.publish(charger.DcOpenContactor() if is_dc(turn) else charger.AcOpenContactor())


def handle_power_delivery(request: iso2.PowerDeliveryReq, turn: Turn) -> Answer:
    """Start, stop or renegotiate."""
    parameter = request.ev_power_delivery_parameter
    if isinstance(parameter, iso2.DcEvPowerDeliveryParameter):
        car.dc_says(turn, parameter.dc_ev_status)
        car.dc_complete(
            turn, complete=parameter.charging_complete, bulk_complete=parameter.bulk_charging_complete
        )
    return PROGRESS[request.charge_progress](request, turn)


def _start(request: iso2.PowerDeliveryReq, turn: Turn) -> Answer:
    live = kept(turn).closed
    if Phase(turn.talk.phase) in LOOP or (is_dc(turn) and not live):
        return ResponseCode.FAILED_SEQUENCE_ERROR
    if (code := _why_not(turn) or schedules.refused(turn, request)) is not None:
        return code
    turn.publish(charger.V2gSetupFinished())
    if live:
        return _started(request, turn)
    keep(turn, closed=True)
    turn.tell_station(contactor_closed=None)
    turn.publish(charger.AcCloseContactor())
    turn.start(Timer.CONTACTOR, LIMIT_S[Timer.CONTACTOR])
    return None


def _why_not(turn: Turn) -> ResponseCode | None:
    """Why there will be no energy now."""
    station = turn.station
    if station.error is EvseError.ERROR_CONTACTOR:
        return ResponseCode.FAILED_CONTACTOR_ERROR
    granted = turn.authorization.verdict is Verdict.GRANTED
    waits = is_dc(turn) and station.no_energy in PAUSES
    if must_stop(turn) or not granted or waits:
        return ResponseCode.FAILED_POWER_DELIVERY_NOT_APPLIED
    return None


def _started(request: iso2.PowerDeliveryReq, turn: Turn) -> Answer:
    turn.change(phase=Phase.CHARGING.value)
    return answer(request, turn)


def _stop(request: iso2.PowerDeliveryReq, turn: Turn) -> Answer:
    turn.publish(charger.V2gSetupFinished())
    cut(turn)
    turn.change(phase=Phase.STOPPED.value)
    keep(turn, told=False)
    return answer(request, turn)


def _renegotiate(request: iso2.PowerDeliveryReq, turn: Turn) -> Answer:
    """Back to the parameters; the contactors stay closed [V2G2-813]."""
    if Phase(turn.talk.phase) not in LOOP:
        return ResponseCode.FAILED_SEQUENCE_ERROR
    turn.change(phase=Phase.PARAMETERS.value)
    keep(turn, told=False)
    return answer(request, turn)


PROGRESS: Final[Mapping[ChargeProgress, Callable[[iso2.PowerDeliveryReq, Turn], Answer]]] = {
    ChargeProgress.START: _start,
    ChargeProgress.STOP: _stop,
    ChargeProgress.RENEGOTIATE: _renegotiate,
}


def resume_power_delivery(request: iso2.PowerDeliveryReq, turn: Turn, cause: Cause) -> Answer:
    """Go on once the contactor has closed; fail when it does not, or when something else has come up."""
    if isinstance(cause, Expired) and cause.timer == Timer.CONTACTOR:
        return ResponseCode.FAILED_CONTACTOR_ERROR
    if (code := _why_not(turn)) is not None:
        turn.cancel(Timer.CONTACTOR)
        return code
    if turn.station.contactor_closed:
        turn.cancel(Timer.CONTACTOR)
        return _started(request, turn)
    return None
