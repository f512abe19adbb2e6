"""What is published of an EVSE, early, late, twice or never."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.evse.messages import EvseCondition, OutletCondition, Phase, SessionSoFar
from actors.gateway.picture import evse_folds
from actors.gateway.picture.evse import EvseView
from actors.gateway.picture.session import Sessions
from actors.gateway.picture.tokens import Tokens
from protocols.interfaces import evse_manager
from protocols.types import energy, powermeter, units
from protocols.types import evse_manager as types
from protocols.types.evse_manager import SessionEventEnum as Event
from tests.support.gateway_data import AC, CARD, DC, at, by_card, by_contract, reading, sample

IDLE = EvseCondition(evse_id=1, connectors=(OutletCondition(connector_id=1),))
STARTED = types.SessionStarted(reason=types.StartSessionReason.EV_CONNECTED, meter_value=reading(0, 0, 0))


def view(number=1):
    return EvseView(sample().evse(number), Sessions(), Tokens(), evidence=False)


def event(kind, seconds=0, uuid=AC, **details):
    found = types.SessionEvent(uuid=uuid, timestamp=at(seconds), event=Event(kind), **details)
    return evse_manager.SessionEvent(event=found)


def fold(found, *variables):
    return [evse_folds.take(found, each, at(seconds)) for seconds, each in enumerate(variables)]


def moments(charge, kinds):
    return [
        variable
        for _at, name, variable in charge.said
        if name == charge.manager and isinstance(variable, kinds)
    ]


def whole(charge, kinds):
    """The session at its end, from these kinds of variables alone."""
    found = view(charge.evse)
    for variable in moments(charge, kinds):
        evse_folds.take(found, variable, at(200))
    session = found.sessions.get(charge.uuid)
    return session, found


@pytest.mark.parametrize("charge", [by_card(), by_contract()], ids=["card", "contract"])
def test_events_alone_tell_a_session(charge):
    session, found = whole(charge, evse_manager.SessionEvent)

    assert found.session is None
    assert (session.began, session.ended) == (at(charge.plugged_s), at(charge.gone_s))
    assert session.energy_wh == pytest.approx(
        float(charge.meter(charge.stopped_s).energy_wh_import.total_wh) - charge.register_wh
    )
    assert session.proofs.authorized_at == at(charge.authorized_s)
    assert session.reason is not None


@pytest.mark.parametrize("charge", [by_card(), by_contract()], ids=["card", "contract"])
def test_what_is_retained_tells_a_session_but_for_its_end(charge):
    session, found = whole(charge, (EvseCondition, SessionSoFar))

    assert found.session is None
    assert (session.began, session.ended) == (at(charge.plugged_s), at(200))
    assert session.transaction_began == at(charge.authorized_s)
    assert session.token == charge.token
    assert session.reason is not None


def test_one_who_comes_late_learns_where_the_energy_counts_from():
    found = view()
    news = SessionSoFar(
        session_id=AC, began=at(0), authorized_at=at(1), transaction_began=at(1), start_import_wh=Decimal(100)
    )
    fold(found, news, evse_manager.Powermeter(powermeter=reading(60, 150, 3000)))

    assert found.show().energy_wh == 50
    assert found.show().power_w == 3000


def test_events_that_are_said_again_open_nothing():
    found = view()
    fold(
        found,
        event("SessionStarted", 0, session_started=STARTED),
        event("SessionFinished", 9),
        event("SessionStarted", 0),
    )

    assert found.session is None
    assert found.sessions.get(AC).ended == at(9)


def test_a_session_that_nobody_has_heard_end_ends_with_the_next():
    found = view()
    fold(found, event("SessionStarted", 0), event("SessionStarted", 50, uuid="next"))

    assert found.session.uuid == "next"
    assert found.sessions.get(AC).ended == at(50)


@pytest.mark.parametrize("nothing", [IDLE, SessionSoFar()])
def test_an_evse_without_session_ends_the_one_at_hand(nothing):
    found = view()
    fold(found, event("SessionStarted", 0), nothing)

    assert found.session is None
    assert found.sessions.get(AC).ended == at(1)


@pytest.mark.parametrize(
    "stray", [event("Authorized", 3), event("Enabled", 3, uuid=""), event("SessionStarted", 3, uuid="")]
)
def test_an_event_of_no_session_that_is_known_changes_nothing(stray):
    found = view()
    fold(found, stray)

    assert found.session is None
    assert found.sessions.get(AC) is None


def test_events_without_their_details_are_taken():
    found = view()
    fold(
        found,
        event("SessionStarted"),
        event("TransactionStarted"),
        event("TransactionFinished"),
        event("ChargingStarted"),
    )

    assert found.session.transaction_began is None


def test_a_session_s_end_without_a_reason_keeps_the_one_that_is_known():
    found = view()
    finished = types.TransactionFinished(meter_value=reading(5, 5, 0))
    stopping = SessionSoFar(session_id=AC, stopping=types.StopTransactionReason.REMOTE)
    fold(found, stopping, event("TransactionFinished", 5, transaction_finished=finished))

    assert found.session.reason == "Remote"


def test_the_session_of_another_evse_is_left_alone():
    found, other = view(1), view(2)
    other.sessions = found.sessions
    fold(found, event("SessionStarted", 0))
    fold(other, event("Authorized", 3))

    assert found.session.proofs.authorized_at is None
    fold(other, event("SessionStarted", 4))
    assert found.sessions.get(AC).evse == 2


def test_only_what_is_measured_is_no_news():
    found = view()
    limits = evse_manager.Limits(limits=types.Limits(max_current_a=16.0, nr_of_phases_available=3))

    urgent = fold(
        found,
        limits,
        limits,
        evse_manager.Powermeter(powermeter=reading(0, 0, 0)),
        evse_manager.Ready(ready=True),
    )

    assert urgent == [True, False, False, True]
    assert found.show().offered_w == 11_040


def test_a_meter_without_power_shows_none():
    found = view()
    bare = powermeter.Powermeter(timestamp=at(0), energy_wh_import=units.Energy(total_wh=Decimal(1)))
    fold(found, event("SessionStarted"), evse_manager.Powermeter(powermeter=bare))

    assert found.show().power_w is None
    assert found.show().session.power == ()


def test_the_state_of_charge_belongs_to_its_session():
    found = view(2)
    info = evse_manager.EvInfo(ev_info=types.EVInfo(soc_percent=41.0))
    fold(found, info)
    assert found.show().soc_percent is None
    fold(found, event("SessionStarted", uuid=DC))
    assert found.show().soc_percent == 41
    fold(found, event("SessionStarted", 9, uuid="next"))
    assert found.show().soc_percent is None


def granted(power_w):
    source = energy.NumberWithSource(value=power_w, source="x") if power_w is not None else None
    root = energy.LimitsRes(total_power_w=source)
    limits = energy.EnforcedLimits(uuid="evse_2", valid_for_s=10, limits_root_side=root, schedule=())
    return evse_manager.EnforcedLimits(limits=limits)


@pytest.mark.parametrize(
    ("number", "power_w", "offered_w"), [(2, 50_000.0, 50_000), (2, None, None), (1, 50_000.0, None)]
)
def test_a_grant_of_power_is_what_a_dc_evse_offers(number, power_w, offered_w):
    found = view(number)
    fold(found, granted(power_w))

    assert found.show().offered_w == offered_w


def test_without_a_grant_a_dc_evse_offers_what_its_supply_can():
    supply = next(variable for _at, name, variable in by_contract().said if name == "supply_2/main")
    found = view(2)
    fold(found, supply)
    assert found.show().offered_w == 150_000
    fold(found, granted(50_000.0), supply)
    assert found.show().offered_w == 50_000


VARIABLES = [
    variable for charge in (by_card(), by_contract()) for _at, _name, variable in charge.said
    if type(variable) in evse_folds.FOLDS and not isinstance(variable, evse_manager.Powermeter)
]  # fmt: skip
VARIABLES = [each for each in VARIABLES if not isinstance(each, evse_manager.EvInfo)]
ODD = [
    SessionSoFar(session_id="x"),
    replace(IDLE, phase=Phase.SESSION, session_id="y", token=CARD, plugged_in_at=at(500)),
    *(event(kind, 5, uuid=AC) for kind in Event),
]


@settings(max_examples=25, derandomize=True, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(VARIABLES + ODD), st.integers(-10, 200)), max_size=60))
def test_no_order_of_variables_makes_the_fold_fail_or_forget(news):
    found, known = view(), {}
    for variable, seconds in news:
        evse_folds.take(found, variable, at(seconds))
        shown = found.show()
        for session in found.sessions:
            times = [each.at for each in session.show().steps]
            for before, after in zip(known.get(session.uuid, times), times, strict=True):
                assert before is None or after is not None or session.proofs.by_contract is False
            known[session.uuid] = times
        assert shown.session is None or shown.session.ended is None
