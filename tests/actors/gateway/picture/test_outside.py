"""An EVSE whose manager is a program, as what that says by EVerest's interface lets it be known."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.errors.messages import FRAMEWORK, StandingErrors
from actors.evse.messages import EvseCondition, SessionSoFar
from actors.gateway.picture import Picture
from actors.gateway.picture.evse import EvseView
from actors.gateway.picture.evse_folds import take
from actors.gateway.picture.outside import INOPERATIVE, JOINS, MODULE, RESERVED, SERVICE, STANDS
from actors.gateway.picture.session import Sessions
from actors.gateway.picture.tokens import Tokens
from protocols.interfaces import evse_manager
from protocols.types import evse_manager as types
from protocols.types.evse_manager import SessionEventEnum as Event
from tests.support.gateway_data import AC, CARD, DC, HOT, Played, at, reading, sample, script

STARTED = types.SessionStarted(reason=types.StartSessionReason.EV_CONNECTED, meter_value=reading(0, 100, 0))
PRESENTED = types.SessionStarted(
    reason=types.StartSessionReason.AUTHORIZED, id_tag=CARD, meter_value=reading(0, 100, 0)
)
BEGUN = types.TransactionStarted(id_tag=CARD, meter_value=reading(2, 100, 0))
READY = evse_manager.Ready(ready=True)


def view():
    return EvseView(sample().evse(1), Sessions(), Tokens(), evidence=False, outside=True)


def event(kind, seconds=0.0, uuid=AC, **details):
    found = types.SessionEvent(uuid=uuid, timestamp=at(seconds), event=Event(kind), **details)
    return evse_manager.SessionEvent(event=found)


def after(*variables):
    """The EVSE behind all of this, one thing a second."""
    found = view()
    for seconds, each in enumerate(variables):
        take(found, each, at(seconds))
    return found


def meter(power_w):
    return evse_manager.Powermeter(powermeter=reading(5, 150, power_w))


def outside_site():
    """The sample site with programs in the place of its managers."""
    managers = {each.module for each in sample().evses}
    modules = tuple(replace(each, kind=MODULE) if each.id in managers else each for each in sample().modules)
    return replace(sample(), modules=modules)


def states(picture):
    return {each["evse"]: (each["state"], each["available"]) for each in picture.evses()}


def told_states(picture, kinds_left_out=()):
    """What the EVSEs were one after the other in two sessions."""
    found = {each.evse: [] for each in sample().evses}
    for seconds, name, variable in script():
        if not isinstance(variable, kinds_left_out):
            picture.take(name, variable, at(seconds))
        for evse, state in states(picture).items():
            found[evse] += [state] if found[evse][-1:] != [state] else []
    return found


def test_a_program_is_shown_as_a_manager_of_ours_that_says_the_same():
    """Of all that our manager says the program says only what EVerest's interface has."""
    ours, theirs = Picture(sample()), Picture(outside_site())

    wanted = told_states(ours)

    assert told_states(theirs, (EvseCondition, SessionSoFar)) == wanted
    assert [state for state, _ in wanted[1]] == [
        "Unknown", "Available", "Preparing", "Charging", "Finishing", "Available",
    ]  # fmt: skip
    for one, other in zip(ours.sessions, theirs.sessions, strict=True):
        assert (one.uuid, one.began, one.ended, one.energy_wh, one.token, one.reason) == (
            other.uuid, other.began, other.ended, other.energy_wh, other.token, other.reason,
        )  # fmt: skip


def test_a_manager_of_ours_is_known_by_its_own_word_only():
    picture = Picture(sample())

    assert told_states(picture, (EvseCondition, SessionSoFar))[1] == [("Unknown", False)]


def test_nothing_is_known_before_the_program_speaks():
    assert (view().show().state, view().show().available) == ("Unknown", False)


@pytest.mark.parametrize(
    ("said", "state", "available"),
    [
        ((READY,), "Available", True),
        ((evse_manager.Ready(ready=False),), "Unavailable", False),
        ((evse_manager.Ready(ready=False), READY), "Available", True),
        ((READY, event("Disabled", uuid="")), "Unavailable", False),
        ((event("Disabled", uuid=""), READY), "Unavailable", False),
        ((event("Disabled", uuid=""), event("Enabled", uuid="")), "Available", True),
        ((event("ReservationStart", uuid=""),), "Reserved", True),
        ((event("ReservationStart", uuid=""), event("ReservationEnd", uuid="")), "Available", True),
        ((event("SessionStarted", session_started=STARTED),), "Preparing", True),
        ((event("AuthRequired"),), "Preparing", True),
        ((event("TransactionStarted", transaction_started=BEGUN),), "Preparing", True),
        ((event("PrepareCharging"),), "Preparing", True),
        ((event("ChargingStarted"),), "Charging", True),
        ((event("ChargingStarted"), event("Authorized")), "Charging", True),
        ((event("ChargingPausedEV"),), "SuspendedEV", True),
        ((event("ChargingPausedEVSE"),), "SuspendedEVSE", True),
        ((event("SessionResumed"),), "Preparing", True),
        ((event("StoppingCharging"),), "Finishing", True),
        ((event("ChargingFinished"),), "Finishing", True),
        ((event("TransactionFinished"),), "Finishing", True),
        ((event("ChargingStarted"), event("SessionFinished")), "Available", True),
        ((event("ChargingStarted"), event("Disabled", uuid="")), "Charging", False),
    ],
)
def test_a_state_follows_from_what_was_said(said, state, available):
    """Also where it is the first that was heard: the Gateway may have come late."""
    found = after(*said).show()

    assert (found.state, found.available) == (state, available)


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ((meter(7000.0),), "Charging"),
        ((meter(-7000.0),), "Charging"),
        ((READY, meter(20.0)), "Available"),
        ((meter(7000.0), meter(0.0)), "Available"),
        ((meter(7000.0), event("SessionFinished"), meter(7000.0)), "Available"),
        ((event("ChargingPausedEV"), meter(7000.0)), "SuspendedEV"),
    ],
)
def test_the_meter_tells_of_charging_until_an_event_does(said, state):
    assert after(*said).show().state == state


def test_limits_are_what_it_offers():
    limits = types.Limits(max_current_a=16.0, nr_of_phases_available=3)
    found = after(READY, evse_manager.Limits(limits=limits)).show()

    assert (found.offered_a, found.offered_w) == (16.0, 11_040.0)


def test_a_session_has_its_token_energy_and_beginning():
    found = after(
        event("SessionStarted", session_started=STARTED),
        event("TransactionStarted", 2, transaction_started=BEGUN),
        event("ChargingStarted", 3),
        meter(7000.0),
    ).show()

    assert found.session is not None
    assert (found.session.began, found.session.session) == (at(0), AC)
    assert (found.energy_wh, found.power_w) == (50.0, 7000.0)
    assert found.session.token is not None
    assert found.session.steps[1].at == at(0)
    assert found.session.protocol == "IEC 61851-1"


def test_a_card_before_the_plug_is_the_sessions_until_it_is_withdrawn():
    begun = (event("SessionStarted", session_started=PRESENTED),)
    assert after(*begun).stands().token == CARD
    assert not after(*begun).stands().plugged_in
    assert after(*begun, event("Deauthorized", uuid=DC)).stands().token == CARD
    assert after(*begun, event("Deauthorized")).stands().token is None


def test_a_session_ends_when_the_program_says_so():
    found = after(event("SessionStarted", session_started=STARTED), event("SessionFinished", 7))

    assert found.session is None
    assert found.sessions.get(AC).ended == at(7)


@pytest.mark.parametrize("kind", ["ChargingStarted", "SessionFinished", "AuthRequired"])
def test_what_is_said_again_of_a_session_that_is_over_changes_nothing(kind):
    found = after(event("ChargingStarted"), event("SessionFinished"), event(kind))

    assert (found.show().state, found.session) == ("Available", None)


def test_the_end_of_an_earlier_session_leaves_the_one_at_hand():
    found = after(
        event("ChargingStarted", uuid=DC), event("ChargingStarted"), event("SessionFinished", uuid=DC)
    )

    assert (found.show().state, found.session.uuid) == ("Charging", AC)


def test_an_error_that_makes_it_inoperative_is_shown_at_once():
    picture = Picture(outside_site())
    manager = sample().evse(1).manager
    picture.take(manager, READY, at(0))
    error = replace(HOT.error, type=INOPERATIVE)

    news = picture.take(FRAMEWORK, StandingErrors(errors=(replace(HOT, error=error, evse=1),)), at(1))

    assert states(picture)[1] == ("Faulted", False)
    assert [each.data["evse"]["state"] for each in news if each.topic == "site"] == ["Faulted"]
    picture.take(FRAMEWORK, StandingErrors(errors=(replace(HOT, evse=1),)), at(2))
    assert states(picture)[1] == ("Available", True)


def test_its_readiness_counts_for_that_of_the_site():
    played = Played(picture=Picture(outside_site()))
    for each in sample().evses:
        assert not played.picture.ready
        played.picture.take(each.manager, READY, at(0))
    assert played.picture.ready


def test_every_event_is_looked_at_or_known_to_change_nothing():
    silent = {Event.DEAUTHORIZED, Event.PLUGIN_TIMEOUT, Event.SWITCHING_PHASES}
    assert set(Event) == {*STANDS} | JOINS | {*SERVICE} | {*RESERVED} | silent


@settings(derandomize=True, max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(Event), st.sampled_from([AC, DC, ""])), max_size=12))
def test_whatever_is_said_in_any_order_is_shown(said):
    found = after(*(event(kind, uuid=uuid) for kind, uuid in said))

    shown, stands = found.show(), found.stands()
    assert (stands is None) == (not said)
    if stands is not None and stands.session_id:
        assert shown.session is not None
        assert shown.state not in {"Available", "Reserved", "Unavailable"}
