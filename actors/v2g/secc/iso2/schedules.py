"""The power a car is offered over time, and whether its profile keeps to it. Pure.

The station's side of EVerest has no input for schedules or tariffs, so one schedule is derived from the
limits: what can be had now, for a day. Source: ISO 15118-2 8.5.2.10 to 8.5.2.14, 8.4.3.8.3.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from actors.v2g.secc.iso2.kept import is_dc, keep, kept
from actors.v2g.secc.iso2.quantities import watts
from protocols.iso15118 import iso2
from protocols.types.iso15118 import EnergyTransferMode

if TYPE_CHECKING:
    from actors.v2g.secc.turn import Turn

TUPLE_ID: Final = 1
DAY_S: Final = 86_400
NOMINAL_VOLTAGE_V: Final = 230.0
TOLERANCE: Final = 1.01
"""Cars round."""


def nominal_voltage_v(turn: Turn) -> float:
    """Between phase and neutral, AC."""
    physical = turn.station.physical
    told = physical.ac_nominal_voltage_v if physical is not None else None
    return NOMINAL_VOLTAGE_V if told is None else told


def p_max_w(turn: Turn) -> float | None:
    """The power there is for the car's mode now; None while the EVSE manager has not said it."""
    station = turn.station
    if is_dc(turn):
        power = station.dc_maximum.evse_maximum_power_limit_w if station.dc_maximum is not None else None
    elif station.ac_max_current_a is None:
        power = None
    else:
        phases = 3 if turn.talk.energy_mode is EnergyTransferMode.AC_THREE_PHASE_CORE else 1
        power = station.ac_max_current_a * nominal_voltage_v(turn) * phases
    return 0.0 if power is not None and station.no_energy is not None else power


def offer(turn: Turn, power_w: float) -> iso2.SaScheduleList:
    """The schedule to choose; what was offered is kept."""
    keep(turn, p_max_w=power_w)
    entry = iso2.PMaxScheduleEntry(
        time_interval=iso2.RelativeTimeInterval(start_s=0, duration_s=DAY_S), p_max=watts(power_w)
    )
    schedule = iso2.PMaxSchedule(p_max_schedule_entry=(entry,))
    one = iso2.SaScheduleTuple(sa_schedule_tuple_id=TUPLE_ID, p_max_schedule=schedule)
    return iso2.SaScheduleList(sa_schedule_tuple=(one,))


def refused(turn: Turn, request: iso2.PowerDeliveryReq) -> iso2.ResponseCode | None:
    """Why the car's choice cannot be: a schedule that was not offered, a profile that does not keep to it.

    Entries have to follow each other in time, begin at 0 and stay under the offered power [V2G2-224].
    """
    if request.sa_schedule_tuple_id != TUPLE_ID:
        return iso2.ResponseCode.FAILED_TARIFF_SELECTION_INVALID
    offered_w = kept(turn).p_max_w
    if request.charging_profile is None or offered_w is None:
        return None
    entries = request.charging_profile.profile_entry
    starts = [each.charging_profile_entry_start_s for each in entries]
    highest = max(abs(offered_w) * TOLERANCE, 0.0)
    in_time = starts[0] == 0 and all(before < after for before, after in pairwise(starts))
    powers = [float(each.charging_profile_entry_max_power) for each in entries]
    lowest = -highest if kept(turn).bidirectional else 0.0
    if in_time and all(lowest <= power <= highest for power in powers):
        return None
    return iso2.ResponseCode.FAILED_CHARGING_PROFILE_INVALID
