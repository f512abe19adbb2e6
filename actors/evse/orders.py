"""What the connectors are told, derived from where the session is. Pure: the same facts give the same order.

Nothing here remembers what was ordered before: a manager that has just been started orders what its
predecessor did, as long as record and facts say the same.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from actors.connector.messages import Order, Pilot, Supply, Urgency
from actors.evse import backflow, enabling, faults, pauses, power
from actors.evse.exchange import Say
from actors.evse.record import Detour, State
from actors.v2g.progress import DataLink, Direct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors.evse.power import Limit
    from actors.evse.record import Session
    from actors.evse.turn import Turn

GIVING: Final = frozenset({State.PREPARE_CHARGING, State.CHARGING, State.CHARGING_PAUSED_EV})
"""Where a car may take what it is offered."""
ENDED: Final = frozenset({State.FINISHED, State.IDLE, State.DISABLED})
DIRECT: Final[Mapping[Direct, Supply]] = {
    Direct.OFF: Supply.OFF,
    Direct.CABLE_CHECK: Supply.CABLE_CHECK,
    Direct.PRE_CHARGE: Supply.PRE_CHARGE,
    Direct.LOOP: Supply.CHARGE,
    Direct.ENDING: Supply.OFF,
}


def idle_order(turn: Turn, connector: int) -> Order:
    """A connector without session."""
    usable = turn.facts.ready and enabling.in_service(turn, connector)
    usable = usable and power.shutdown(turn) is faults.Shutdown.NONE
    return Order(number=1, in_service=usable, pilot=Pilot.IDLE if usable else Pilot.UNAVAILABLE)


def digital(turn: Turn, session: Session) -> bool:
    """Whether the pilot asks the car to speak ISO 15118 or DIN 70121."""
    if not turn.settings.hlc or session.basic or pauses.sleeps(session):
        return False
    if session.stop is not None and not session.car.protocol:
        return False  # its talk broke off, and it is not to begin another one
    detour = session.detour is not Detour.NONE
    return turn.settings.dc or turn.settings.ac_hlc_use_5percent or detour


def _listens(turn: Turn, session: Session) -> bool:
    """Whether the modem has had its time since the plug (`sleep_before_enabling_pwm_hlc_mode_ms`)."""
    if session.plugged_at is None:
        return True
    passed_s = (turn.now - session.plugged_at).total_seconds()
    return not 0.0 <= passed_s < turn.settings.sleep_before_pwm_s  # less than nothing: the clock was set back


def pilot(turn: Turn, session: Session) -> Pilot:
    """What the pilot shows during a session."""
    if power.shutdown(turn) is faults.Shutdown.EMERGENCY:
        return Pilot.IDLE
    if turn.state in ENDED or session.timed_out:
        return Pilot.IDLE
    if not turn.running and not enabling.in_service(turn, session.connector or 1):
        return Pilot.UNAVAILABLE
    if turn.settings.hlc and not session.basic and pauses.sleeps(session):
        return Pilot.IDLE  # [V2G3-M07-20], also where an AC car has paused on a nominal duty cycle
    if digital(turn, session):
        return Pilot.DIGITAL if _listens(turn, session) else Pilot.IDLE
    return Pilot.NOMINAL if turn.state in GIVING and not turn.settings.dc else Pilot.IDLE


def supply(turn: Turn, session: Session) -> Supply:
    """What the outlet is to carry during a session."""
    if not turn.running or turn.state in ENDED or session.forced or not session.plugged:
        return Supply.OFF
    if power.shutdown(turn) is not faults.Shutdown.NONE:
        return Supply.OFF
    if turn.settings.dc:
        return DIRECT[session.car.direct]
    if speaks(turn, session):
        return Supply.AC if session.car.contactor else Supply.OFF
    return Supply.AC if turn.state in GIVING else Supply.OFF


def speaks(turn: Turn, session: Session) -> bool:
    """Whether the car charges by high-level communication, so that power follows what it says.

    One that has ended its power delivery has said so, and waits for the contactor [V2G20-2020], also where it
    was offered a nominal duty cycle and stays in state C: until that talk is over.
    """
    car = session.car
    if turn.settings.dc or (car.direct is Direct.ENDING and car.data_link is DataLink.UP):
        return True
    return turn.settings.hlc and not session.basic and (car.contactor or car.loop or digital(turn, session))


def session_order(turn: Turn, session: Session) -> Order:
    """The connector of the session."""
    limit = power.limit(turn)
    kind = pilot(turn, session)
    carries = supply(turn, session)
    offers = turn.state in GIVING and power.has_energy(turn) and not turn.settings.dc
    locked = (
        session.plugged
        and not session.unlock
        and (turn.running or turn.settings.lock_connector_in_state_b)
        and turn.state not in ENDED
        and not session.timed_out
    )
    order = Order(
        number=1,
        session=session.uuid,
        in_service=kind is not Pilot.UNAVAILABLE,
        pilot=kind,
        offer_a=limit.current_a if offers else 0.0,
        sequence_number=turn.record.sequences,
        sequence=turn.record.sequence,
        locked=locked,
        supply=carries,
        urgency=_urgency(turn, session),
        three_phases=limit.phases > 1,
    )
    return _with_targets(turn, order) if turn.settings.dc and carries is not Supply.OFF else order


def _urgency(turn: Turn, session: Session) -> Urgency:
    emergency = power.shutdown(turn) is faults.Shutdown.EMERGENCY or not session.plugged
    return Urgency.EMERGENCY if emergency else Urgency.ORDERLY


def _with_targets(turn: Turn, order: Order) -> Order:
    """DC: what the car wants, within what may be given; without its word, what was ordered last."""
    facts = turn.facts
    last = facts.orders.get((turn.session.connector if turn.session else None) or 1)
    if facts.target is None:
        if last is None:
            return order
        return dataclasses.replace(
            order,
            target_voltage_v=last.target_voltage_v,
            target_current_a=last.target_current_a,
            maximum_voltage_v=last.maximum_voltage_v,
            import_power=last.import_power,
        )
    limit = power.given(turn)
    back = backflow.flows(turn, limit.back_w)
    wish = backflow.target(turn) if back else facts.target
    voltage_v, current_a = max(0.0, wish.dc_ev_target_voltage_v), max(0.0, wish.dc_ev_target_current_a)
    allowed = returned if back else within
    maximum = facts.maximum.dc_ev_maximum_voltage_limit_v if facts.maximum is not None else None
    return dataclasses.replace(
        order,
        target_voltage_v=voltage_v,
        target_current_a=allowed(turn, limit, voltage_v, current_a),
        maximum_voltage_v=maximum or 0.0,
        import_power=back,
    )


def within(turn: Turn, limit: Limit, voltage_v: float, current_a: float) -> float:
    """The current at that voltage that supply and grant allow. Cars that ask for whole amperes get the rest
    up to that, where it is less than one (`hack_fix_hlc_integer_current_requests`).
    """
    if voltage_v <= 0.0:
        return 0.0
    most_a = min(power.most_current_a(turn), limit.power_w / voltage_v)
    rounds = turn.settings.whole_ampere_requests and current_a > 0.0
    return most_a if rounds and most_a - int(current_a) < 1.0 else min(current_a, most_a)


def returned(turn: Turn, limit: Limit, voltage_v: float, current_a: float) -> float:
    """The current out of the car that supply and grant allow; `voltage_v` is the least it falls to."""
    supply = turn.facts.supply
    most_a = (supply.max_import_current_a or 0.0) if supply is not None else 0.0
    at_v = max(turn.facts.voltage_v, voltage_v)
    return min(current_a, most_a, limit.back_w / at_v) if at_v > 0.0 else 0.0


def give_orders(turn: Turn) -> None:
    """Say to every connector what it is to be, if that is another thing than the last time, or a predecessor
    was the last to say it.
    """
    for connector in turn.facts.outlets:
        session = turn.session
        if session is not None and session.connector == connector:
            order = session_order(turn, session)
        else:
            order = idle_order(turn, connector)
        last = turn.facts.orders.get(connector)
        adopted = connector in turn.facts.adopted
        turn.facts.adopted.discard(connector)
        if last is not None and dataclasses.replace(order, number=last.number) == last:
            if adopted:  # nobody renews it before it has been said
                turn.effects.append(Say(connector=connector, order=last))
            continue
        number = turn.facts.numbers[connector] = turn.facts.numbers.get(connector, 0) + 1
        order = dataclasses.replace(order, number=number)
        turn.facts.orders[connector] = order
        turn.effects.append(Say(connector=connector, order=order))
