"""Power delivery: the car starts and stops the flow of energy. Pure.

AC: the answer waits until the contactor has done what it was asked for. DC: the contactors follow the cable
check and the stop. Standby is not offered, which the car is told by a warning and charges on.

Sources: ISO 15118-20 8.3.4.3.8, requirement ids at the lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.v2g.secc import flow
from actors.v2g.secc.iso20 import contactors, notices, schedule
from actors.v2g.secc.iso20.answers import head, ok
from actors.v2g.secc.iso20.phases import Phase, RefusedError, enter, keep, mine, phase_of
from actors.v2g.secc.iso20.timers import SECONDS, Timer
from actors.v2g.secc.state import Verdict
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118.iso20 import common
from protocols.iso15118.iso20.enumerations import Processing, ResponseCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.v2g.secc.turn import Turn
    from protocols.message import Command


def handle_power_delivery(request: common.PowerDeliveryReq, turn: Turn) -> common.PowerDeliveryRes | None:
    """Do what the car has made up its mind to do."""
    if request.ev_processing is not Processing.FINISHED:
        return _done(turn)  # [V2G20-2007]: the rest does not count yet
    return PROGRESS[request.charge_progress](request, turn)


def _done(turn: Turn) -> common.PowerDeliveryRes:
    return common.PowerDeliveryRes(**ok(turn), evse_status=notices.status(turn, loop=False))


def _start(request: common.PowerDeliveryReq, turn: Turn) -> common.PowerDeliveryRes | None:
    if phase_of(turn) is not Phase.DELIVERY:
        raise RefusedError(ResponseCode.FAILED_SEQUENCE_ERROR, "started_already")
    _able(turn)
    schedule.check_profile(request, turn)
    turn.publish(charger.V2gSetupFinished())
    if not contactors.is_ac(turn):
        return _started(request, turn)
    contactors.close(turn)
    turn.start(Timer.CONTACTOR, SECONDS[Timer.CONTACTOR])
    return None


def _able(turn: Turn) -> None:
    """See that nobody has stopped the talk or taken its authorization back [V2G20-1411]."""
    if turn.stopped or turn.authorization.verdict is not Verdict.GRANTED:
        raise RefusedError(ResponseCode.FAILED_POWER_DELIVERY_NOT_APPLIED, "stopped")


def _started(request: common.PowerDeliveryReq, turn: Turn) -> common.PowerDeliveryRes:
    flow.begin(turn)
    keep(turn, looped=False)
    profile = request.ev_power_profile
    scheduled = profile.scheduled_evppt_control_mode if profile is not None else None
    accepted = scheduled.power_tolerance_acceptance if scheduled is not None else None
    confirmed = accepted is common.PowerToleranceAcceptance.POWER_TOLERANCE_CONFIRMED
    response = common.PowerDeliveryRes(
        header=head(turn),
        response_code=ResponseCode.OK_POWER_TOLERANCE_CONFIRMED if confirmed else ResponseCode.OK,
        evse_status=notices.status(turn, loop=False),
    )  # [V2G20-1944]; a tolerance that is declined was never asked for
    enter(turn, Phase.LOOP)  # [V2G20-2009, -2010]
    return response


def _stop(_request: common.PowerDeliveryReq, turn: Turn) -> common.PowerDeliveryRes | None:
    """Part the car [V2G20-1623, -2020]."""
    waiting = contactors.is_ac(turn) and mine(turn).connected and turn.station.contactor_closed is not False
    turn.publish(charger.V2gSetupFinished())
    contactors.part(turn)
    if not waiting:
        return _stopped(turn)
    turn.start(Timer.CONTACTOR, SECONDS[Timer.CONTACTOR])
    return None


def _stopped(turn: Turn) -> common.PowerDeliveryRes:
    response = _done(turn)
    enter(turn, Phase.STOP if contactors.is_ac(turn) else Phase.WELDING)
    return response


def _standby(_request: common.PowerDeliveryReq, turn: Turn) -> common.PowerDeliveryRes:
    return common.PowerDeliveryRes(
        header=head(turn),
        response_code=ResponseCode.WARNING_STANDBY_NOT_ALLOWED,
        evse_status=notices.status(turn, loop=False),
    )


def _misplaced(_request: common.PowerDeliveryReq, _turn: Turn) -> common.PowerDeliveryRes:
    raise RefusedError(ResponseCode.FAILED_SEQUENCE_ERROR, "renegotiation_on_main_channel")  # [V2G20-2018]


PROGRESS: Final[
    Mapping[common.ChargeProgress, Callable[[common.PowerDeliveryReq, Turn], common.PowerDeliveryRes | None]]
] = {
    common.ChargeProgress.START: _start,
    common.ChargeProgress.STOP: _stop,
    common.ChargeProgress.STANDBY: _standby,
    common.ChargeProgress.SCHEDULE_RENEGOTIATION: _misplaced,
}


def proceed(
    request: common.PowerDeliveryReq, _command: Command | None, turn: Turn
) -> common.PowerDeliveryRes | None:
    """Go on when the contactor has switched."""
    starting = request.charge_progress is common.ChargeProgress.START
    if starting:
        _able(turn)
    closed = turn.station.contactor_closed
    if closed is None:
        return None
    turn.cancel(Timer.CONTACTOR)
    if closed is not starting:
        raise RefusedError(ResponseCode.FAILED_CONTACTOR_ERROR, "contactor_not_switched")
    return _started(request, turn) if starting else _stopped(turn)


def late(_request: common.PowerDeliveryReq, _turn: Turn) -> common.PowerDeliveryRes:
    """The contactor has not switched in time."""
    raise RefusedError(ResponseCode.FAILED_CONTACTOR_ERROR, "contactor_timeout")


def handle_profile(request: common.PowerDeliveryReq, turn: Turn) -> common.PowerDeliveryRes:
    """On the side channel: take the profile for the schedule that was renegotiated."""
    own = mine(turn)
    if request.charge_progress is not common.ChargeProgress.SCHEDULE_RENEGOTIATION or not own.rescheduled:
        raise RefusedError(ResponseCode.FAILED_SEQUENCE_ERROR, "profile_without_renegotiation")
    if request.ev_processing is Processing.FINISHED:
        schedule.check_profile(request, turn)
        keep(turn, rescheduled=False)
    return common.PowerDeliveryRes(**ok(turn))
