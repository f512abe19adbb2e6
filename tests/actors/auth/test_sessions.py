"""Tests for actors/auth/sessions.py: what EVSEs report, and how one that was away catches up."""

from __future__ import annotations

import dataclasses

import pytest

from actors.auth import inputs
from actors.auth.entries import OutletState
from actors.evse.messages import OutletCondition, Phase
from protocols.types import evse_manager as types
from protocols.types.authorization import AuthorizationType
from protocols.types.evse_manager import ConnectorTypeEnum, SessionEventEnum
from tests.support.auth_desk import Desk, token
from tests.support.auth_evse import METER, NOW

E, S = SessionEventEnum, OutletState
TWO = ((ConnectorTypeEnum.C_CCS2, ConnectorTypeEnum.C_TYPE2),)


def news(event, *, connector_id=1, uuid="s1", **details):
    said = types.SessionEvent(uuid=uuid, timestamp=NOW, connector_id=connector_id, event=event, **details)
    return inputs.SessionNews(1, said)


def states(desk, number=1):
    return [outlet.state for outlet in desk.state.evses[number].outlets]


@pytest.mark.parametrize(
    ("connector_id", "expected"),
    [
        (0, [S.UNAVAILABLE, S.UNAVAILABLE]),
        (None, [S.UNAVAILABLE, S.AVAILABLE]),
        (2, [S.AVAILABLE, S.UNAVAILABLE]),
        (3, [S.AVAILABLE, S.AVAILABLE]),
    ],
)
def test_a_connector_is_disabled_and_enabled_by_its_number(connector_id, expected):
    desk = Desk(1, types=TWO)

    desk.feed(news(E.DISABLED, connector_id=connector_id))
    disabled = states(desk)
    desk.feed(news(E.ENABLED, connector_id=connector_id))

    assert disabled == expected
    assert states(desk) == [S.AVAILABLE, S.AVAILABLE]


def started(reason, **fields):
    details = types.SessionStarted(reason=reason, meter_value=METER, **fields)
    return news(E.SESSION_STARTED, session_started=details)


def transaction(value="CARD"):
    details = types.TransactionStarted(id_tag=token(value), meter_value=METER)
    return news(E.TRANSACTION_STARTED, transaction_started=details)


FINISHED = news(E.SESSION_FINISHED, session_finished=types.SessionFinished(meter_value=METER))
CONNECTED = types.StartSessionReason.EV_CONNECTED


def test_an_evse_that_only_reports_events_can_be_granted():
    """A manager from outside, which never says how it is."""
    desk = Desk(1)
    desk.state = dataclasses.replace(
        desk.state, live={1: dataclasses.replace(desk.state.live[1], condition=None)}
    )
    desk.feed(started(CONNECTED))
    desk.feed(inputs.Presented(token(prevalidated=True)))

    desk.feed(transaction())
    charging = desk.state.evses[1].holder.used, states(desk)
    desk.feed(news(E.TRANSACTION_FINISHED))
    over = desk.state.evses[1].holder, states(desk)
    desk.feed(FINISHED)

    assert charging == (True, [S.OCCUPIED])
    assert over == (None, [S.OCCUPIED])
    assert states(desk) == [S.AVAILABLE]
    assert desk.stream() == ["Processing", "Accepted", "UsedToStart"]


def test_a_session_that_ends_before_it_charged_ends_the_grant():
    desk = Desk(1)
    desk.present(token())

    desk.feed(news(E.SESSION_FINISHED, uuid=desk.state.evses[1].session_id))

    assert desk.stream() == ["Processing", "Accepted", "Withdrawn"]


def test_a_card_whose_grant_is_on_its_way_stays_when_the_car_leaves():
    desk = Desk(1)
    desk.plug(1)
    desk.feed(inputs.Presented(token(prevalidated=True)))  # the manager has not answered

    desk.feed(news(E.SESSION_FINISHED, uuid=desk.state.evses[1].session_id))

    assert desk.state.evses[1].holder.token.id_token.value == "CARD"
    assert desk.stream() == ["Processing", "Accepted"]


@pytest.mark.parametrize("event", [E.TRANSACTION_FINISHED, E.SESSION_FINISHED])
def test_the_end_of_an_earlier_session_said_again_ends_nothing(event):
    desk = Desk(1)
    desk.plug(1)
    desk.present(token())
    before = desk.state

    desk.feed(news(event, uuid="of yesterday"))

    assert desk.state == before


@pytest.mark.parametrize("event", [E.AUTH_REQUIRED, E.CHARGING_STARTED, E.PLUGIN_TIMEOUT, E.SWITCHING_PHASES])
def test_events_that_say_nothing_to_authorization_change_nothing(event):
    desk = Desk()
    before = desk.state

    desk.feed(news(event))

    assert desk.state == before


def test_events_without_their_details_do_no_harm():
    desk = Desk(1)

    for event in SessionEventEnum:
        desk.feed(news(event))

    assert desk.state.evses[1].holder is None


def test_a_resumed_session_is_known_by_its_id():
    desk = Desk()

    desk.feed(news(E.SESSION_RESUMED, uuid="s7"))

    assert desk.state.evses[1].session_id == "s7"


def test_a_session_that_begins_with_a_card_has_no_car_waiting():
    desk = Desk()

    desk.feed(started(types.StartSessionReason.AUTHORIZED))

    assert desk.state.evses[1].plugged_at is None


@pytest.mark.parametrize(
    "given",
    [
        inputs.SessionNews(9, FINISHED.event),
        inputs.EvseKnown(types.Evse(id=9, connectors=(types.Connector(id=1),))),
    ],
)
def test_who_is_not_connected_is_nobody(given):
    desk = Desk()
    before = desk.state

    desk.feed(given)

    assert desk.state == before


# -- conditions --------------------------------------------------------------------------------------------


def test_a_condition_of_an_evse_not_connected_is_passed_over():
    desk = Desk()
    before = desk.state

    desk.feed(inputs.ConditionSaid(dataclasses.replace(desk.evses[1].condition(), evse_id=9)))

    assert desk.state == before


def test_a_condition_after_all_events_were_heard_changes_nothing():
    desk = Desk()
    desk.plug(1)
    desk.present(token())
    before = desk.state

    desk.feed(inputs.ConditionSaid(desk.evses[1].condition()))

    assert desk.state == before


@pytest.mark.parametrize(
    ("enabled", "faulted", "phase", "expected"),
    [
        (True, False, Phase.IDLE, S.AVAILABLE),
        (True, False, Phase.SESSION, S.AVAILABLE),
        (True, False, Phase.TRANSACTION, S.OCCUPIED),
        (True, False, Phase.OVER, S.OCCUPIED),
        (True, True, Phase.TRANSACTION, S.FAULTED_OCCUPIED),
        (False, False, Phase.OVER, S.UNAVAILABLE),
        (False, True, Phase.IDLE, S.UNAVAILABLE_FAULTED),
    ],
)
def test_who_was_away_learns_the_state_of_a_connector(enabled, faulted, phase, expected):
    desk = Desk(1, types=TWO)
    said = dataclasses.replace(
        desk.evses[1].condition(),
        phase=phase,
        session_id="s1" if phase is not Phase.IDLE else "",
        connector_id=1,
        connectors=(OutletCondition(connector_id=1, enabled=enabled, faulted=faulted),),
    )

    desk.feed(inputs.ConditionSaid(said))

    assert states(desk) == [expected, S.AVAILABLE]


def test_a_car_that_was_plugged_in_meanwhile_is_in_the_queue():
    desk = Desk(selection_algorithm="PlugEvents")
    desk.evses[2].plug()
    desk.evses[2].plugged_at = desk.evses[2].plugged_at.replace(year=2025)
    desk.evses[1].plug()

    desk.kill()
    desk.run()
    desk.present(token())

    assert desk.charging() == {2: "CARD"}


def test_a_car_without_a_time_counts_from_now():
    desk = Desk()
    said = dataclasses.replace(
        desk.evses[1].condition(), phase=Phase.SESSION, session_id="s1", plugged_in=True, connector_id=1
    )

    desk.feed(inputs.ConditionSaid(said))

    assert desk.state.evses[1].plugged_at == desk.now


def test_a_car_that_left_meanwhile_is_forgotten():
    desk = Desk()
    desk.plug(1)
    desk.present(token())

    desk.evses[1].unplug()
    desk.kill()
    desk.run()

    assert desk.state.evses[1].holder is None
    assert states(desk) == [S.AVAILABLE]


@pytest.mark.parametrize("killed", [True, False])
def test_a_contract_whose_token_is_lost_is_found_in_the_condition(killed):
    """Nobody listened; or it came before tokens were taken, or died with the manager that published it."""
    desk = Desk()
    desk.plug(1)
    shown = token("DE8AA", kind=AuthorizationType.PLUG_AND_CHARGE, connectors=(1,))
    desk.evses[1].presented = shown

    if killed:
        desk.kill()
    else:
        desk.evses[1].tell()
    desk.run()
    desk.evses[1].tell()
    desk.run()

    assert desk.stream("DE8AA")[:2] == ["Processing", "Accepted"]
    assert desk.stream("DE8AA").count("Processing") == 1


def test_a_contract_that_was_heard_is_not_taken_up_by_its_condition():
    desk = Desk()
    desk.plug(1)
    shown = token("DE8AA", kind=AuthorizationType.PLUG_AND_CHARGE, connectors=(1,))
    desk.present(shown, run=False)

    desk.evses[1].presented = shown
    desk.evses[1].tell()
    desk.run()

    assert desk.stream("DE8AA").count("Processing") == 1


def test_a_contract_that_is_being_answered_is_not_taken_up_again():
    desk = Desk()
    desk.plug(1)
    shown = token("DE8AA", kind=AuthorizationType.PLUG_AND_CHARGE, connectors=(1,))
    desk.evses[1].presented = shown
    desk.present(shown, run=False)
    desk.feed(inputs.Judged(1, None, last=True))

    desk.to_evse[1].clear()
    desk.kill()
    desk.run()

    assert desk.stream("DE8AA") == ["Processing", "Rejected"] * 2  # said again, not decided again
    assert len({said.number for _, _, said in desk.statuses}) == 2
