"""DC around the charging loop: cable check, pre-charge, welding detection. Pure.

Sources: ISO 15118-20 8.3.4.5.3, 8.3.4.5.4 and 8.3.4.5.6, requirement ids at the lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.v2g.secc.iso20 import contactors
from actors.v2g.secc.iso20.answers import ok
from actors.v2g.secc.iso20.loop_dc import present, publish_target
from actors.v2g.secc.iso20.numbers import rational
from actors.v2g.secc.iso20.phases import Phase, RefusedError, enter, keep, mine
from actors.v2g.secc.iso20.timers import SECONDS, Timer
from actors.v2g.secc.state import Verdict
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118.iso20 import dc
from protocols.iso15118.iso20.enumerations import Processing, ResponseCode
from protocols.types.iso15118 import NoEnergyPauseMode

if TYPE_CHECKING:
    from actors.v2g.secc.turn import Turn

_NO_CURRENT = rational(0.0)


def handle_dc_cable_check(_request: dc.DcCableCheckReq, turn: Turn) -> dc.DcCableCheckRes:
    """Have the cable checked; say how far that is [V2G20-2003, -2004]."""
    if turn.station.no_energy is NoEnergyPauseMode.PAUSE_BEFORE_CABLE_CHECK:
        raise RefusedError(ResponseCode.FAILED_SEQUENCE_ERROR, "pause_expected")
    if not mine(turn).checking:
        if turn.stopped or turn.authorization.verdict is not Verdict.GRANTED:
            raise RefusedError(ResponseCode.FAILED, "stopped")
        contactors.check(turn)
        turn.start(Timer.CABLE_CHECK, SECONDS[Timer.CABLE_CHECK])
    ended = turn.station.cable_check
    if ended is None and not mine(turn).check_late:
        return dc.DcCableCheckRes(**ok(turn), evse_processing=Processing.ONGOING)
    turn.cancel(Timer.CABLE_CHECK)
    if not ended or mine(turn).check_late:
        raise RefusedError(ResponseCode.FAILED, "cable_check_failed")
    keep(turn, checking=False)
    enter(turn, Phase.PRE_CHARGE)
    return dc.DcCableCheckRes(**ok(turn), evse_processing=Processing.FINISHED)


def check_late(turn: Turn) -> None:
    """The check has not ended in time, which the car is told when it asks next, whatever comes of it then."""
    turn.note("cable_check_timeout")
    keep(turn, check_late=True)


def handle_dc_pre_charge(request: dc.DcPreChargeReq, turn: Turn) -> dc.DcPreChargeRes:
    """Bring the output to the voltage of the car [V2G20-2005, -2006]."""
    publish_target(request.ev_target_voltage, _NO_CURRENT, turn)
    turn.publish(charger.DcEvPresentVoltage(voltage_v=float(request.ev_present_voltage)))
    if not mine(turn).pre_charging:
        keep(turn, pre_charging=True)
        turn.publish(charger.StartPreCharge())
    if request.ev_processing is Processing.FINISHED:
        keep(turn, pre_charging=False)
        enter(turn, Phase.DELIVERY)
    return dc.DcPreChargeRes(**ok(turn), evse_present_voltage=rational(present(turn)[0]))


def handle_dc_welding_detection(request: dc.DcWeldingDetectionReq, turn: Turn) -> dc.DcWeldingDetectionRes:
    """Tell the voltage while the car tests its contactors [V2G20-1630]."""
    if request.ev_processing is Processing.FINISHED:
        enter(turn, Phase.STOP)
    return dc.DcWeldingDetectionRes(**ok(turn), evse_present_voltage=rational(present(turn)[0]))
