"""Schedule exchange in both control modes, before the charge and, on the side channel, during it. Pure.

Scheduled control: one schedule with the power the station has now, for a day; a change of that power asks the
car to renegotiate. Dynamic control: no goals of the station's, they are the car's. Prices reach no session by
any command, so there are none. Sources: ISO 15118-20 8.3.4.3.7, requirement ids at the lines.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from actors.v2g.secc.iso20 import contactors, needs, supply
from actors.v2g.secc.iso20.answers import ok
from actors.v2g.secc.iso20.numbers import rational
from actors.v2g.secc.iso20.offer import BIDIRECTIONAL
from actors.v2g.secc.iso20.phases import Phase, RefusedError, chosen, enter, keep, mine
from actors.v2g.secc.iso20.timers import SCHEDULE_ONGOING_S
from actors.v2g.secc.state import Verdict
from protocols.iso15118.exi import UnixTime
from protocols.iso15118.iso20 import common
from protocols.iso15118.iso20.enumerations import Processing, ResponseCode
from protocols.types.iso15118 import ControlMode, NoEnergyPauseMode

if TYPE_CHECKING:
    from actors.v2g.secc.turn import Turn
    from protocols.iso15118.iso20.types import RationalNumber

TUPLE_ID: Final = 1
DAY_S: Final = 86400
_NOTICEABLE: Final = 0.01
"""A change of power below this part of the schedule's is not worth a negotiation."""


def handle_schedule_exchange(request: common.ScheduleExchangeReq, turn: Turn) -> common.ScheduleExchangeRes:
    """Take the car's needs and give a schedule, as soon as there is power to make it of."""
    if turn.stopped or turn.authorization.verdict is not Verdict.GRANTED:
        raise RefusedError(ResponseCode.FAILED, "stopped")
    response = _exchange(request, turn)
    if response.evse_processing is Processing.FINISHED:
        enter(turn, Phase.DELIVERY if contactors.is_ac(turn) else Phase.CABLE_CHECK)  # [V2G20-1989, -1611]
    return response


def handle_schedule_renegotiation(
    request: common.ScheduleExchangeReq, turn: Turn
) -> common.ScheduleExchangeRes:
    """The same while the charging loop goes on; a profile has to follow."""
    response = _exchange(request, turn)
    finished = response.evse_processing is Processing.FINISHED
    keep(turn, rescheduled=finished, wants_schedule=mine(turn).wants_schedule and not finished)
    return response


def _exchange(request: common.ScheduleExchangeReq, turn: Turn) -> common.ScheduleExchangeRes:
    scheduled = chosen(turn).control_mode is ControlMode.SCHEDULED_CONTROL
    if (request.scheduled_se_req_control_mode is not None) is not scheduled:
        raise RefusedError(ResponseCode.FAILED_WRONG_CHARGE_PARAMETER, "control_mode_not_chosen")
    first = mine(turn).schedule_since is None
    if first:
        keep(turn, schedule_since=turn.now)
        needs.publish(request, turn)
    power_w = supply.charge_power_w(turn)
    pausing = turn.station.no_energy is not None
    processing = Processing.FINISHED
    if power_w <= 0 and not pausing and _may_wait(turn):
        processing = Processing.ONGOING  # [V2G20-1986]
    else:
        keep(turn, schedule_since=None, scheduled_w=power_w if scheduled else None)
    go_to_pause = True if pausing and not contactors.is_ac(turn) and _before(turn) else None
    if go_to_pause:
        keep(turn, pause_notified=True)
    return common.ScheduleExchangeRes(
        **ok(turn),
        evse_processing=processing,
        go_to_pause=go_to_pause,
        dynamic_se_res_control_mode=None if scheduled else common.DynamicSeResControlMode(),
        scheduled_se_res_control_mode=_schedules(power_w, turn) if scheduled else None,
    )


def _may_wait(turn: Turn) -> bool:
    since = mine(turn).schedule_since
    return since is not None and turn.now - since < timedelta(seconds=SCHEDULE_ONGOING_S)


def _before(turn: Turn) -> bool:
    """Whether the missing energy is to be waited for already here, before the cable check."""
    return turn.station.no_energy is not NoEnergyPauseMode.PAUSE_AFTER_PRECHARGE


def _schedules(power_w: float, turn: Turn) -> common.ScheduledSeResControlMode:
    fields = {"power": rational(power_w)}
    if contactors.is_ac(turn) and power_w > 0:
        fields = supply.spread("power", supply.ac_maximum(turn))
    back = None
    if chosen(turn).energy_transfer in BIDIRECTIONAL:
        back = _one({"power": supply.discharging(supply.discharge_power_w(turn), turn)}, turn)
    schedule = common.ScheduleTuple(
        schedule_tuple_id=TUPLE_ID, charging_schedule=_one(fields, turn), discharging_schedule=back
    )
    return common.ScheduledSeResControlMode(schedule_tuple=(schedule,))


def _one(fields: dict[str, RationalNumber], turn: Turn) -> common.ChargingSchedule:
    entry = common.PowerScheduleEntry(duration_s=DAY_S, **fields)
    return common.ChargingSchedule(
        power_schedule=common.PowerSchedule(
            time_anchor=UnixTime.of(turn.now),
            power_schedule_entries=common.PowerScheduleEntryList(power_schedule_entry=(entry,)),
        )
    )


def limits_changed(turn: Turn) -> None:
    """The station has other limits: a car that charges by a schedule is asked to negotiate it anew."""
    agreed = mine(turn).scheduled_w
    if agreed is None:
        return
    now_w = supply.charge_power_w(turn)
    if abs(now_w - agreed) > _NOTICEABLE * max(agreed, now_w):
        keep(turn, wants_schedule=True)


def check_profile(request: common.PowerDeliveryReq, turn: Turn) -> None:
    """See that the car's profile keeps to what was agreed [V2G20-478, -479]."""
    profile = request.ev_power_profile
    scheduled = chosen(turn).control_mode is ControlMode.SCHEDULED_CONTROL
    if profile is None:
        if scheduled:
            raise RefusedError(ResponseCode.FAILED_EV_POWER_PROFILE_INVALID, "profile_missing")
        return
    selection = profile.scheduled_evppt_control_mode
    if (selection is not None) is not scheduled:
        raise RefusedError(ResponseCode.FAILED_EV_POWER_PROFILE_INVALID, "profile_of_another_mode")
    if selection is None:
        return
    if selection.selected_schedule_tuple_id != TUPLE_ID:
        raise RefusedError(ResponseCode.FAILED_SCHEDULE_SELECTION_INVALID, "schedule_not_offered")
    most = (mine(turn).scheduled_w or 0.0) * (1 + _NOTICEABLE)
    least = supply.discharge_power_w(turn) if chosen(turn).energy_transfer in BIDIRECTIONAL else 0.0
    for entry in profile.ev_power_profile_entries.ev_power_profile_entry:
        power_w = sum(float(each) for each in (entry.power, entry.power_l2, entry.power_l3) if each)
        if not -least * (1 + _NOTICEABLE) <= power_w <= most:
            raise RefusedError(ResponseCode.FAILED_EV_POWER_PROFILE_INVALID, "profile_beyond_schedule")
