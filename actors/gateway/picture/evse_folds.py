"""What is published of one EVSE, by its manager and its link to the car, into how it is shown. Pure.

What the manager retains (`EvseCondition`, `SessionSoFar`) says all but a session's end and its readings; the
session events say it earlier. Either may come first, come twice or be missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actors.evse.messages import EvseCondition, SessionSoFar
from actors.v2g.messages import Milestones
from protocols.interfaces import evse_manager, power_supply_dc
from protocols.types.evse_manager import SessionEventEnum as Event

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from actors.gateway.picture.evse import EvseView
    from actors.gateway.picture.outside import OutsideEvse
    from actors.gateway.picture.session import SessionView
    from protocols.message import Var
    from protocols.types.evse_manager import SessionEvent

LETTING_GO: Final = frozenset({Event.STOPPING_CHARGING, Event.CHARGING_FINISHED, Event.TRANSACTION_FINISHED})
NOMINAL_V: Final = 230.0
"""Between phase and neutral, for the power that a current means."""


def take(view: EvseView, variable: Var, now: datetime) -> bool:
    """Fold in one of `FOLDS`; False where only what is measured again and again may have changed."""
    fold, measured = FOLDS[type(variable)]
    before = view.offered_a, view.offered_w
    if view.outside is not None:
        _outside(view, view.outside, variable, now)
    fold(view, variable, now)
    view.follow(now)
    return not measured or before != (view.offered_a, view.offered_w)


def _outside(view: EvseView, outside: OutsideEvse, variable: Var, now: datetime) -> None:
    """Something of a manager that does not say how its EVSE is; what ends a session is left to the event."""
    outside.take(variable)
    condition = view.stands()
    if condition is not None and condition.session_id:
        _conditioned(view, condition, now)


def _conditioned(view: EvseView, condition: EvseCondition, now: datetime) -> None:
    view.condition = condition
    if not condition.session_id:
        view.close(now)
        return
    session = view.at_hand(condition.session_id, condition.plugged_in_at or now)
    session.connector = condition.connector_id or session.connector
    session.prove(plugged_at=condition.plugged_in_at)
    token = condition.token or condition.presented
    if token is not None:
        session.charged_to(token)


def _so_far(view: EvseView, news: SessionSoFar, now: datetime) -> None:
    if not news.session_id:
        view.close(now)
        return
    session = view.at_hand(news.session_id, news.began or now)
    session.began_at(news.began or session.began)
    session.evidence = session.evidence or news.evidence
    session.prove(authorized_at=news.authorized_at)
    if news.provided_at is not None:
        session.provided(news.provided_at, view.place.module)
    if news.transaction_began is not None and news.start_import_wh is not None:
        session.began_transaction(news.transaction_began, news.start_import_wh)
    if news.stopping is not None:
        session.reason = news.stopping.value
    session.over = session.over or news.finished


def _happened(view: EvseView, variable: evse_manager.SessionEvent, _now: datetime) -> None:
    event = variable.event
    if event.event is Event.SESSION_STARTED and event.uuid:
        view.at_hand(event.uuid, event.timestamp).began_at(event.timestamp)
    session = view.sessions.get(event.uuid)
    if session is not None and session.evse == view.place.evse:
        session.connector = event.connector_id or session.connector
        if (fold := EVENTS.get(event.event)) is not None:
            fold(session, event)
        if session is view.session:
            view.letting_go = view.letting_go or event.event in LETTING_GO
            if session.ended is not None:
                view.close(session.ended)


def _authorized(session: SessionView, event: SessionEvent) -> None:
    session.prove(authorized_at=event.timestamp)


def _transaction_started(session: SessionView, event: SessionEvent) -> None:
    if (details := event.transaction_started) is not None:
        session.charged_to(details.id_tag)
        session.began_transaction(event.timestamp, details.meter_value.energy_wh_import.total_wh)


def _transaction_finished(session: SessionView, event: SessionEvent) -> None:
    if (details := event.transaction_finished) is not None:
        session.over = False
        session.read(details.meter_value.energy_wh_import.total_wh)
        session.over = True
        if details.reason is not None:
            session.reason = details.reason.value


def _session_finished(session: SessionView, event: SessionEvent) -> None:
    session.end(event.timestamp)


def _said_ready(view: EvseView, variable: evse_manager.Ready, _now: datetime) -> None:
    view.ready = variable.ready


def _talked(view: EvseView, talk: Milestones, _now: datetime) -> None:
    view.talk = talk


def _metered(view: EvseView, variable: evse_manager.Powermeter, now: datetime) -> None:
    view.meter = reading = variable.powermeter
    if view.session is not None:
        view.session.read(reading.energy_wh_import.total_wh)
        if reading.power_w is not None:
            view.session.drew(now, reading.power_w.total_w)


def _informed(view: EvseView, variable: evse_manager.EvInfo, _now: datetime) -> None:
    view.soc_percent = variable.ev_info.soc_percent


def _limited(view: EvseView, variable: evse_manager.Limits, _now: datetime) -> None:
    limits = variable.limits
    view.offered_a = limits.max_current_a
    view.offered_w = limits.max_current_a * limits.nr_of_phases_available * NOMINAL_V


def _granted(view: EvseView, variable: evse_manager.EnforcedLimits, _now: datetime) -> None:
    power = variable.limits.limits_root_side.total_power_w
    if view.place.mode == "DC" and power is not None:
        view.offered_w = power.value


def _can(view: EvseView, variable: power_supply_dc.Capabilities, _now: datetime) -> None:
    """What an EVSE gives that no manager of power takes care of."""
    if view.offered_w is None:
        view.offered_w = variable.capabilities.max_export_power_w


FOLDS: Final[Mapping[type[Var], tuple[Callable[..., None], bool]]] = {
    evse_manager.SessionEvent: (_happened, False),
    EvseCondition: (_conditioned, False),
    SessionSoFar: (_so_far, False),
    evse_manager.Ready: (_said_ready, False),
    Milestones: (_talked, False),
    evse_manager.Powermeter: (_metered, True),
    evse_manager.EvInfo: (_informed, True),
    evse_manager.Limits: (_limited, True),
    evse_manager.EnforcedLimits: (_granted, True),
    power_supply_dc.Capabilities: (_can, True),
}
"""What is listened to, what is done with it, and whether it is measured again and again."""
EVENTS: Final[Mapping[Event, Callable[..., None]]] = {
    Event.AUTHORIZED: _authorized,
    Event.TRANSACTION_STARTED: _transaction_started,
    Event.TRANSACTION_FINISHED: _transaction_finished,
    Event.SESSION_FINISHED: _session_finished,
}
"""What is done with a session event beside knowing its session."""
