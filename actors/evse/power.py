"""How much an EVSE may give, and why it may give nothing (rows M6.19 to M6.21). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from actors.connector.messages import CableCheck, Contactor
from actors.evse import backflow, faults
from actors.evse.record import State
from actors.v2g.progress import DataLink, Direct
from protocols.types.evse_manager import PauseChargingEVSEReasonEnum as Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors.errors.messages import Standing
    from actors.evse.turn import Turn
    from protocols.types.energy import LimitsRes

LEAST_AC_A: Final = 6.0
"""IEC 61851-1 has no duty cycle for less."""
OWN_MAX_A: Final = 16.0
"""Assumed of a board that has not told its limits yet."""


class Limit(NamedTuple):
    """What may be given now."""

    current_a: float
    """AC, per phase."""
    power_w: float
    """DC; also in addition to an AC current."""
    phases: int
    back_w: float = 0.0
    """DC: power from the car."""


def own_limit(turn: Turn) -> Limit:
    """What the hardware can give."""
    condition = turn.outlet
    capabilities = condition.capabilities if condition is not None else None
    current_a = capabilities.max_current_a_import if capabilities is not None else OWN_MAX_A
    if condition is not None and condition.cable_a is not None:
        current_a = min(current_a, condition.cable_a)
    phases = capabilities.max_phase_count_import if capabilities is not None else 3
    supply = turn.facts.supply
    power_w = supply.max_export_power_w if supply is not None else 0.0
    derate = turn.facts.derate
    if derate is not None and derate.max_export_power_w is not None:
        power_w = min(power_w, derate.max_export_power_w)
    back_w = backflow.most_w(turn) if backflow.may(turn) else 0.0
    return Limit(current_a, power_w, phases, back_w)


def efficiency(turn: Turn) -> float:
    """DC: the share of what the supply takes from the grid that it gives."""
    supply = turn.facts.supply
    share = supply.conversion_efficiency_export if supply is not None else None
    return share if turn.settings.dc and share else 1.0


def most_current_a(turn: Turn) -> float:
    """DC: the highest current that the supply gives, derated from outside or not; 0 while it is not known."""
    supply, derate = turn.facts.supply, turn.facts.derate
    most_a = supply.max_export_current_a if supply is not None else 0.0
    if derate is not None and derate.max_export_current_a is not None:
        most_a = min(most_a, derate.max_export_current_a)
    return most_a


def granted(turn: Turn) -> LimitsRes | None:
    """What the energy manager grants now; None while it grants nothing."""
    facts = turn.facts
    if facts.grant is None or facts.grant_ends is None or turn.now >= facts.grant_ends:
        return None
    return facts.delayed if facts.delayed is not None else facts.grant.limits_root_side


def awaits_grant(turn: Turn) -> bool:
    """Whether a manager that was just started has not been granted anything yet."""
    return turn.settings.managed and turn.facts.grant is None and turn.now < turn.facts.grace_ends


def held(turn: Turn, own: Limit) -> Limit:
    """What the outlet was ordered to give last, for the time in which the manager of the site's power has not
    yet spoken to an EVSE manager that was just started.
    """
    number = turn.session.connector if turn.session is not None else None
    order = turn.facts.orders.get(number or 1)
    if order is None:
        return Limit(0.0, 0.0, own.phases)
    if order.import_power:
        back_w = max(order.target_voltage_v, turn.facts.voltage_v) * order.target_current_a
        return Limit(0.0, 0.0, own.phases, min(own.back_w, back_w))
    power_w = order.target_voltage_v * order.target_current_a
    return Limit(min(own.current_a, order.offer_a), min(own.power_w, power_w), own.phases)


def limit(turn: Turn) -> Limit:
    """What may be given now: the lower of what the hardware can and what is granted."""
    own = own_limit(turn)
    if not turn.settings.managed:
        return own
    if awaits_grant(turn):
        return held(turn, own)
    grant = granted(turn)
    if grant is None:
        return Limit(0.0, 0.0, own.phases)
    total_w = grant.total_power_w.value if grant.total_power_w is not None else None
    phases = own.phases
    if grant.ac_max_phase_count is not None:
        phases = max(1, min(phases, grant.ac_max_phase_count.value))
    current_a = own.current_a
    if grant.ac_max_current_a is not None:
        current_a = min(current_a, max(0.0, grant.ac_max_current_a.value))
    if total_w is not None:
        current_a = min(current_a, max(0.0, total_w) / (phases * turn.settings.ac_nominal_voltage_v))
    if total_w is None and turn.settings.dc and grant.ac_max_current_a is not None:
        total_w = grant.ac_max_current_a.value * phases * turn.settings.ac_nominal_voltage_v
    if total_w is None:
        return Limit(current_a, own.power_w, phases)
    given_w = max(0.0, total_w) * efficiency(turn)
    return Limit(current_a, min(own.power_w, given_w), phases, backflow.granted_w(turn, total_w))


def given(turn: Turn) -> Limit:
    """What is given now: nothing while somebody has paused the session."""
    now = limit(turn)
    if turn.session is not None and turn.session.paused:
        return Limit(0.0, 0.0, now.phases)
    return now


def has_energy(turn: Turn) -> bool:
    """Whether there is enough to charge with."""
    now = limit(turn)
    return max(now.power_w, now.back_w) > 0.0 if turn.settings.dc else now.current_a >= LEAST_AC_A


def blocking(turn: Turn) -> Iterator[Standing]:
    """The errors that keep the EVSE from charging."""
    for name, errors in turn.facts.standing.items():
        for each in errors:
            if faults.blocks(
                each,
                of_meter=name in turn.facts.meters,
                fail_on_powermeter_errors=turn.settings.fail_on_powermeter_errors,
            ):
                yield each


def shutdown(turn: Turn) -> faults.Shutdown:
    """How the EVSE has to be brought down now. An error for which a predecessor paused stands for as long as
    not every device has said what is wrong with it.
    """
    found = faults.shutdown(blocking(turn))
    if found is faults.Shutdown.NONE and turn.facts.silent and Reason.ERROR in turn.record.pauses:
        return faults.Shutdown.ERROR
    return found


def _lacked(turn: Turn, *, paused: bool) -> bool:
    """Whether there was no energy for a manager's predecessor. Until it is granted any, its successor neither
    begins a pause for that nor ends one; `paused`: there is another reason, and this one would be news.
    """
    if turn.state is not State.CHARGING_PAUSED_EVSE:
        return False
    return not paused or Reason.NO_ENERGY in turn.record.pauses


def lost(turn: Turn) -> bool:
    """DC: whether the outlet has opened under a car, because somebody was silent for too long or there was an
    error, and may not close again: in the charging loop not without a pre-charge, in the pre-charge not when
    it is not known any more to have been checked (IEC 61851-23). So no more comes of this talk. A car that
    has left state C is about to end it by itself.
    """
    session, outlet = turn.session, turn.outlet
    if not turn.settings.dc or session is None or outlet is None or session.stop is not None:
        return False
    opened = outlet.contactor is Contactor.OPEN and outlet.wants_power
    direct, checked = session.car.direct, outlet.cable_check is not CableCheck.NONE
    gone = direct is Direct.LOOP or (direct is Direct.PRE_CHARGE and not checked)
    return turn.running and opened and gone and session.car.data_link is DataLink.UP


def reasons(turn: Turn) -> tuple[Reason, ...]:
    """Why the station pauses; empty when it does not."""
    found = []
    if turn.session is not None and turn.session.paused:
        found.append(Reason.USER_PAUSE)
    if shutdown(turn) is not faults.Shutdown.NONE or lost(turn):
        found.append(Reason.ERROR)
    lacks = _lacked(turn, paused=bool(found)) if awaits_grant(turn) else not has_energy(turn)
    if lacks:
        found.append(Reason.NO_ENERGY)
    return tuple(found)
