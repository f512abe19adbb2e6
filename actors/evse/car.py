"""What the car says by high-level communication, and what follows from it (rows S3.8, S3.15, M6.24). Pure."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from actors.connector.messages import Sequence
from actors.evse import backflow, detour, grants, introduction, pauses, sessions, stopping
from actors.evse.exchange import Timer
from actors.evse.record import Detour, State
from actors.v2g.messages import DischargeWanted
from actors.v2g.progress import DataLink, Progress, folded
from protocols.interfaces import evse_manager, slac
from protocols.interfaces import iso15118_charger as charger
from protocols.types import evse_manager as types
from protocols.types import iso15118
from protocols.types.evse_manager import HlcSessionFailedReasonEnum as Failed
from protocols.types.evse_manager import StopTransactionReason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actors.evse.turn import Turn
    from protocols.message import Var

OFFERS: Final[Mapping[type[Var], tuple[str, str]]] = {
    charger.DepartureTime: ("departure_time", "departure_time"),
    charger.AcEvMaxCurrent: ("maximum_current_limit_a", "max_current_a"),
    charger.AcEvMinCurrent: ("minimum_current_limit_a", "min_current_a"),
    charger.AcEvMaxVoltage: ("maximum_voltage_limit_v", "max_voltage_v"),
    charger.AcEamount: ("remaining_energy_needed_wh", "energy_wh"),
    charger.DcEvEnergyCapacity: ("battery_capacity_wh", "capacity_wh"),
    charger.DcEvEnergyRequest: ("remaining_energy_needed_wh", "energy_wh"),
    charger.DcFullSoc: ("battery_full_soc_percent", "full_soc_percent"),
    charger.DcBulkSoc: ("battery_bulk_soc_percent", "bulk_soc_percent"),
    charger.DcEvPresentVoltage: ("present_voltage_v", "voltage_v"),
    charger.EvccId: ("evcc_id", "evcc_id"),
}
"""What goes into `ev_info` as it is: by variable, its field there and here."""


def heard(variable: Var, turn: Turn) -> None:
    """One variable of the car's session."""
    if detour.stage(turn) is Detour.LEAVING:
        return
    if turn.session is not None:
        turn.change(car=folded(turn.session.car, variable))
    if (offer := OFFERS.get(type(variable))) is not None:
        field, source = offer
        _know(turn, **{field: getattr(variable, source)})
    if (handle := HANDLERS.get(type(variable))) is not None:
        handle(variable, turn)


def resumed(progress: Progress, turn: Turn) -> None:
    """The link tells how far the car has come: what was missed meanwhile is made up for."""
    if turn.session is None or turn.session.detour is Detour.LEAVING:
        return
    before = turn.session.car
    if not progress.protocol and pauses.sleeps(turn.session):  # that link has not spoken to the car yet
        progress = dataclasses.replace(progress, data_link=before.data_link)
    turn.change(car=progress)
    if progress.waits is not before.waits or progress.token != before.token:
        grants.car_waits(turn)
    if progress.data_link is not before.data_link:
        _data_link(turn)
    if progress.loop and not before.loop:
        pauses.loop_begun(turn)


def _know(turn: Turn, **fields: object) -> None:
    turn.facts.ev = dataclasses.replace(turn.facts.ev, **fields)  # type: ignore[arg-type]  # rows name fields of EVInfo
    turn.publish_changed(evse_manager.EvInfo(ev_info=turn.facts.ev))


def _waits(_variable: Var, turn: Turn) -> None:
    grants.car_waits(turn)


def _target(variable: charger.DcEvTargetVoltageCurrent, turn: Turn) -> None:
    target, facts = variable.target, turn.facts
    facts.target, facts.giving = target, None
    iso20 = turn.session is not None and turn.session.car.protocol == backflow.ISO20
    facts.gives = False if iso20 else None  # older protocols do not know the question
    _know(
        turn,
        target_voltage_v=target.dc_ev_target_voltage_v,
        target_current_a=target.dc_ev_target_current_a,
    )


def _gives(variable: DischargeWanted, turn: Turn) -> None:
    turn.facts.target = iso15118.DcEvTargetValues(
        dc_ev_target_voltage_v=variable.voltage_v, dc_ev_target_current_a=0.0
    )
    turn.facts.giving = iso15118.DcEvTargetValues(
        dc_ev_target_voltage_v=variable.voltage_v, dc_ev_target_current_a=variable.current_a
    )
    turn.facts.gives = True
    _know(turn, target_voltage_v=variable.voltage_v, target_current_a=-variable.current_a)


def _dynamic(variable: charger.D20DcDynamicChargeMode, turn: Turn) -> None:
    """In dynamic mode the station decides: the direction, and as much as both can."""
    request, facts = variable.request, turn.facts
    voltage_v = max(1.0, facts.voltage_v or request.min_voltage_v)
    most_a = min(request.max_charge_current_a, request.max_charge_power_w / voltage_v)
    facts.target = iso15118.DcEvTargetValues(
        dc_ev_target_voltage_v=min(request.max_voltage_v, 1500.0),
        dc_ev_target_current_a=max(0.0, min(most_a, 10_000.0)),
    )
    back_a, back_w = request.max_discharge_current_a or 0.0, request.max_discharge_power_w or 0.0
    facts.giving = iso15118.DcEvTargetValues(
        dc_ev_target_voltage_v=min(request.min_voltage_v, 1500.0),
        dc_ev_target_current_a=min(back_a, back_w / voltage_v, 10_000.0),
    )
    facts.gives = None
    _know(
        turn,
        target_energy_request_wh=request.target_energy_request_wh,
        max_energy_request_wh=request.max_energy_request_wh,
        min_energy_request_wh=request.min_energy_request_wh,
    )


def _cable_check(_variable: Var, turn: Turn) -> None:
    if detour.stage(turn) is Detour.READING:
        detour.leave(turn, "the car has not told its state of charge")


def _maximum(variable: charger.DcEvMaximumLimits, turn: Turn) -> None:
    turn.facts.maximum = variable.limits
    _know(
        turn,
        maximum_current_limit_a=variable.limits.dc_ev_maximum_current_limit_a,
        maximum_power_limit_w=variable.limits.dc_ev_maximum_power_limit_w,
        maximum_voltage_limit_v=variable.limits.dc_ev_maximum_voltage_limit_v,
    )


def _status(variable: charger.DcEvStatus, turn: Turn) -> None:
    _know(turn, soc_percent=float(variable.status.dc_ev_ress_soc_percent))
    if detour.stage(turn) is Detour.READING:
        detour.leave(turn, "the car has told its state of charge")


def _remaining(variable: charger.DcEvRemainingTime, turn: Turn) -> None:
    _know(
        turn,
        estimated_time_full=variable.remaining_time.ev_remaining_time_to_full_soc,
        estimated_time_bulk=variable.remaining_time.ev_remaining_time_to_full_bulk_soc,
    )


def _identified(variable: charger.EvccId, turn: Turn) -> None:
    if not turn.settings.autocharge_by_slac:
        grants.autocharge(turn, variable.evcc_id)


def _protocol(variable: charger.SelectedProtocol, turn: Turn) -> None:
    turn.publish_changed(evse_manager.SelectedProtocol(protocol=variable.protocol))
    pauses.woken(turn)


def _loop(_variable: Var, turn: Turn) -> None:
    turn.cancel(Timer.FALL_BACK)
    pauses.loop_begun(turn)


def _failed(variable: charger.HlcSessionFailed, turn: Turn) -> None:
    """The talk broke off. An AC car that may charge is offered a nominal duty cycle instead."""
    session = turn.session
    if session is not None and pauses.sleeps(session) and variable.reason is Failed.UNEXPECTED_SESSION_END:
        return  # so says every new link; nobody was speaking to the one before
    turn.publish(
        evse_manager.HlcSessionFailed(
            event=types.HlcSessionFailedEvent(
                uuid=session.uuid if session is not None else "", reason=variable.reason
            )
        )
    )
    if session is None:
        return
    if session.detour is Detour.READING:
        detour.leave(turn, "the talk has failed")
        return
    sessions.new_talk(turn)
    if not turn.settings.dc and session.token is not None and not grants.by_contract(session.token):
        fall_back(turn)


def fall_back(turn: Turn) -> None:
    """AC: charge by the duty cycle of the pilot alone, through X1 so that the car notices."""
    if turn.session is not None and not turn.session.basic and not turn.settings.dc:
        turn.change(basic=True)
        turn.step(Sequence.STEP_X1)
        turn.note("basic_charging", reason="no charging by high-level communication")


def _data_link_news(_variable: Var, turn: Turn) -> None:
    _data_link(turn)


def _data_link(turn: Turn) -> None:
    """Terminated: the car is done, unless the station pauses. Error: match it anew. Paused: it will wake up
    again.
    """
    session = turn.session
    if session is None:
        return
    if session.detour is Detour.READING and session.car.data_link is not DataLink.UP:
        detour.leave(turn, "the car has ended the talk")
        return
    data_link = session.car.data_link
    if data_link is DataLink.ERROR and pauses.wanted_end(turn):
        data_link = DataLink.TERMINATE  # however its talk has ended: it sleeps until it is woken
        turn.change(car=Progress(data_link=data_link))
    match data_link:
        case DataLink.TERMINATE:
            turn.tell_slac(slac.DlinkTerminate())
            if turn.running and not pauses.excuses(turn):
                stopping.stop(turn, StopTransactionReason.STOPPED_BY_EV)
        case DataLink.ERROR:
            turn.tell_slac(slac.DlinkError())
            if turn.settings.dc or turn.state is State.WAITING_FOR_AUTHENTICATION:
                turn.step(Sequence.STEP_EF)
            sessions.new_talk(turn)
        case DataLink.PAUSE:
            turn.tell_slac(slac.DlinkPause())
        case _:  # up: it speaks
            pass


def matched(turn: Turn, *, ready: bool) -> None:
    """The modem has found the car, or lost it."""
    turn.facts.matched = ready
    turn.tell_car(charger.DlinkReady(value=ready))


def mac_address(turn: Turn, address: str) -> None:
    """The modem knows the car's address."""
    _know(turn, evcc_id=turn.facts.ev.evcc_id or address)
    if turn.settings.autocharge_by_slac:
        grants.autocharge(turn, address)


def link_started(turn: Turn) -> None:
    """The link is new: it knows nothing of the station, and nothing of a car. One that sleeps sleeps on."""
    session = turn.session
    if session is not None and session.plugged:
        sessions.new_talk(turn)
    introduction.introduce(turn, of_car=True)
    if session is not None and turn.session is not None and pauses.sleeps(session):
        turn.change(car=dataclasses.replace(turn.session.car, data_link=session.car.data_link))


HANDLERS: Final[Mapping[type[Var], Callable[..., None]]] = {
    charger.RequireAuthEim: _waits,
    charger.RequireAuthPnc: _waits,
    charger.DcEvTargetVoltageCurrent: _target,
    charger.D20DcDynamicChargeMode: _dynamic,
    DischargeWanted: _gives,
    charger.StartCableCheck: _cable_check,
    charger.DcEvMaximumLimits: _maximum,
    charger.DcEvStatus: _status,
    charger.DcEvRemainingTime: _remaining,
    charger.EvccId: _identified,
    charger.SelectedProtocol: _protocol,
    charger.CurrentDemandStarted: _loop,
    charger.HlcSessionFailed: _failed,
    charger.DlinkTerminate: _data_link_news,
    charger.DlinkError: _data_link_news,
    charger.DlinkPause: _data_link_news,
}
"""What is done on top of remembering; each takes its own variable, the key."""
