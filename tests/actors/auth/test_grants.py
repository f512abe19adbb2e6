"""Tests for actors/auth/grants.py: how a grant ends (M3.4 to M3.7, M3.10)."""

from __future__ import annotations

import dataclasses

import pytest

from actors.auth import inputs
from actors.auth.entries import ErrandKind
from protocols.interfaces import auth, evse_manager
from protocols.message import Failure, FailureReason
from protocols.types.authorization import AuthorizationStatus, AuthorizationType
from protocols.types.evse_manager import StopTransactionReason
from tests.support.auth_desk import Desk, answers, token, verdict

ENDED = ["Processing", "Accepted"]


def withdrawals(desk, number):
    return sum(isinstance(one, evse_manager.WithdrawAuthorization) for one in desk.evses[number].told)


# -- time --------------------------------------------------------------------------------------------------


def test_a_grant_without_a_car_is_withdrawn_in_time():
    """Row M3.5."""
    desk = Desk(timeout_s=30)
    desk.present(token())

    desk.wait(29)
    before = desk.stream()
    desk.wait(2)

    assert before == ENDED
    assert desk.stream() == [*ENDED, "TimedOut"]
    assert withdrawals(desk, 1) == 1
    assert desk.holder(1) is None


def test_after_the_time_out_the_card_may_try_again():
    desk = Desk(timeout_s=30)
    desk.present(token())
    desk.wait(31)

    desk.present(token())
    desk.plug(1)

    assert desk.stream() == [*ENDED, "TimedOut", *ENDED, "UsedToStart"]


def test_a_transaction_that_overtakes_the_time_out_wins():
    """Row M3.6: the withdrawal is on its way when the car begins."""
    desk = Desk(timeout_s=30)
    desk.present(token())
    desk.now = desk.state.evses[1].holder.until
    desk.feed(inputs.Fired("evse 1"))

    desk.evses[1].plug()
    desk.run()

    assert desk.stream() == [*ENDED, "UsedToStart"]
    assert desk.charging() == {1: "CARD"}


def test_a_swipe_during_the_withdrawal_is_ignored():
    """Row M3.6: one outcome, and nothing of the second swipe."""
    desk = Desk(timeout_s=30)
    desk.present(token())
    desk.feed(inputs.Fired("evse 1"))

    desk.present(token("card"), run=False)
    desk.run()

    assert desk.stream() == [*ENDED, "TimedOut"]
    assert desk.stream("card") == []


def test_a_new_connection_time_out_holds_for_later_grants():
    """Row M3.10, S11.3."""
    desk = Desk(timeout_s=30)
    desk.present(token("EARLY", connectors=(1,)))

    desk.ask(auth.SetConnectionTimeout(connection_timeout_s=100))
    desk.present(token("LATE", connectors=(2,)))
    desk.wait(50)

    assert desk.stream("EARLY")[-1] == "TimedOut"
    assert desk.holder(2) == "LATE"
    desk.wait(51)
    assert desk.stream("LATE")[-1] == "TimedOut"


@pytest.mark.parametrize(
    ("enabled", "evses", "latched"), [(True, 2, True), (True, 1, False), (False, 2, False)]
)
def test_a_car_nobody_was_authorized_for_must_be_plugged_in_anew(enabled, evses, latched):
    """Rows M1.6 and M3.7."""
    desk = Desk(evses, timeout_s=30, plug_in_timeout_enabled=enabled)
    desk.plug(1)
    desk.wait(31)

    desk.present(token(connectors=(1,)))

    assert desk.state.evses[1].plug_in_timeout is latched
    assert withdrawals(desk, 1) == int(latched)
    assert desk.stream()[-1] == ("Rejected" if latched else "UsedToStart")


def test_a_new_plug_takes_the_time_out_back():
    desk = Desk(timeout_s=30, plug_in_timeout_enabled=True)
    desk.plug(1)
    desk.wait(31)

    desk.unplug(1)
    desk.plug(1)
    desk.present(token())

    assert desk.charging() == {1: "CARD"}


def test_a_car_that_is_granted_late_does_not_time_out():
    """Row M3.4: granting restarts the timer of the EVSE."""
    desk = Desk(timeout_s=30, plug_in_timeout_enabled=True)
    desk.plug(1)
    desk.wait(29)
    desk.evses[1].fault()
    desk.run()
    desk.evses[1].fault(faulted=False)
    desk.run()

    desk.present(token())
    desk.wait(5)

    assert desk.charging() == {1: "CARD"}
    assert not desk.state.evses[1].plug_in_timeout


def test_a_faulted_evse_may_be_granted_and_starts_when_it_is_well():
    """Row M1.5."""
    desk = Desk(1, ignore_connector_faults=True)
    desk.plug(1)
    desk.evses[1].fault()
    desk.run()

    desk.present(token())
    before = desk.charging()
    desk.evses[1].fault(faulted=False)
    desk.run()

    assert before == {}
    assert desk.charging() == {1: "CARD"}


def test_a_faulted_evse_is_granted_to_nobody_otherwise():
    desk = Desk(1)
    desk.evses[1].fault()
    desk.run()

    desk.present(token())

    assert desk.stream() == ["Processing", "Rejected"]


def test_a_grant_that_times_out_beside_its_car_lets_the_car_wait_on():
    desk = Desk(timeout_s=30, ignore_connector_faults=True, plug_in_timeout_enabled=True)
    desk.plug(1)
    desk.evses[1].fault()
    desk.run()
    desk.present(token(connectors=(1,)))

    desk.wait(31)
    assert desk.stream() == [*ENDED, "TimedOut"]
    desk.wait(31)

    assert desk.state.evses[1].plug_in_timeout


# -- what the EVSE does ------------------------------------------------------------------------------------


def test_an_evse_that_takes_its_permission_back_ends_the_grant():
    desk = Desk()
    desk.present(token())

    desk.evses[1].command(evse_manager.WithdrawAuthorization())
    desk.run()

    assert desk.stream() == [*ENDED, "Withdrawn"]


def test_an_evse_that_refuses_to_be_told_has_no_holder():
    desk = Desk()
    desk.present(token(), run=False)
    desk.answer_validation(1)
    _command, then = desk.to_evse[1].popleft()

    desk.feed(then(Failure(reason=FailureReason.INVALID, detail="no")))

    assert desk.stream() == [*ENDED, "Withdrawn"]
    assert desk.notes == ["errand_refused"]


def test_a_grant_that_led_to_nothing_is_known_from_the_condition():
    """The car was gone and another session over when the grant arrived."""
    desk = Desk()
    desk.present(token(), run=False)
    desk.answer_validation(1)
    desk.evses[1].phase = type(desk.evses[1].phase).OVER

    desk.run()

    assert desk.stream() == [*ENDED, "Withdrawn"]


def test_a_contract_granted_too_late_is_no_good_for_the_next_car():
    """The car has left before its EVSE was told; a card's grant would stay."""
    desk = Desk()
    desk.plug(1)
    contract = token("DE8AA", kind=AuthorizationType.PLUG_AND_CHARGE, connectors=(1,))
    desk.present(contract, run=False)
    desk.answer_validation(1)

    desk.evses[1].unplug()
    desk.take_out(1)
    while desk.from_evse[1]:
        desk.deliver_from_evse(1)
    desk.run()
    desk.plug(1)

    assert desk.stream("DE8AA") == [*ENDED, "Withdrawn"]
    assert desk.charging() == {}


def test_an_evse_that_begins_by_itself_has_that_holder():
    desk = Desk()
    evse = desk.evses[1]
    evse.token = token("FREE", parent="FAMILY")

    evse.plug()
    desk.run()
    desk.present(token("free"))

    assert desk.stream("FREE") == []
    assert desk.stream("free") == ["Processing", "UsedToStop"]
    assert desk.charging() == {}


def test_another_token_that_begins_ends_the_grant():
    desk = Desk()
    desk.present(token())
    evse = desk.evses[1]
    evse.token = token("OTHER")

    evse.plug()
    desk.run()

    assert desk.stream() == [*ENDED, "Withdrawn"]
    assert desk.holder(1) == "OTHER"


@pytest.mark.parametrize("sent", [True, False])
def test_another_token_that_begins_before_the_evse_was_told_ends_the_grant(sent):
    desk = Desk()
    desk.present(token("REFUSED", connectors=(9,)))
    desk.verdicts["FIRST"] = verdict(AuthorizationStatus.BLOCKED)
    if not sent:  # something else is in hand
        desk.feed(inputs.Presented(token("FIRST", connectors=(1,))))
        desk.answer_validation(max(desk.validations))
    desk.feed(inputs.Presented(token()))
    desk.answer_validation(max(desk.validations))
    evse = desk.evses[1]
    evse.token = token("OTHER")

    evse.plug()
    desk.take_out(1)
    while desk.from_evse[1]:
        desk.deliver_from_evse(1)
    desk.run()

    assert desk.stream() == [*ENDED, "Withdrawn"]
    assert desk.charging() == {1: "OTHER"}
    assert ("CARD", "Accepted") not in answers(desk, 1) or sent


def test_a_condition_older_than_the_grant_says_nothing_about_it():
    desk = Desk()
    desk.present(token())
    old = dataclasses.replace(desk.evses[1].condition(), grants_taken=0, token=None)

    desk.feed(inputs.ConditionSaid(old))

    assert desk.holder(1) == "CARD"


def test_a_stop_is_asked_for_once_in_a_session():
    desk = Desk()
    desk.plug(1)
    desk.present(token())

    desk.present(token(), run=False)
    desk.present(token(), run=False)

    assert [one.kind for one in desk.state.evses[1].errands] == [ErrandKind.STOP]
    desk.run()
    assert [one.reason for _, one in desk.evses[1].stopped] == [StopTransactionReason.LOCAL]


def test_a_stopped_car_is_not_charged_again_before_it_was_unplugged():
    desk = Desk(1)
    desk.plug(1)
    desk.present(token())
    desk.present(token())

    desk.present(token("NEXT"))
    refused = desk.stream("NEXT")
    desk.unplug(1)
    desk.plug(1)
    desk.present(token("NEXT"))

    assert refused == ["Processing", "Rejected"]
    assert desk.charging() == {1: "NEXT"}


# -- what is missed ----------------------------------------------------------------------------------------


def test_a_transaction_missed_from_end_to_end_counts_as_used():
    desk = Desk()
    desk.present(token())

    desk.evses[1].plug()
    desk.evses[1].unplug()
    desk.kill()
    desk.run()

    assert desk.stream()[-1] == "UsedToStart"
    assert desk.holder(1) is None


def test_a_transaction_that_is_over_beside_its_car_counts_as_used():
    desk = Desk()
    desk.present(token())

    desk.evses[1].grants_used = 0
    desk.evses[1].plug()
    desk.evses[1].grants_used = 0
    desk.evses[1].command(
        evse_manager.StopTransaction(
            request=evse_manager.types.evse_manager.StopTransactionRequest(
                reason=StopTransactionReason.REMOTE
            )
        )
    )
    desk.kill()
    desk.run()

    assert desk.stream()[-1] == "UsedToStart"
    assert desk.holder(1) is None


@pytest.mark.parametrize("which", ["before it is sent", "after it is sent"])
def test_a_grant_taken_back_is_told_to_the_car_that_waits(which):
    desk = Desk(timeout_s=30)
    desk.plug(1)
    desk.present(token(kind=AuthorizationType.PLUG_AND_CHARGE, connectors=(1,)), run=False)
    desk.answer_validation(1)
    if which == "before it is sent":
        _command, then = desk.to_evse[1].popleft()
        desk.feed(then(Failure(reason=FailureReason.UNAVAILABLE, detail="away")))

    desk.feed(inputs.Fired("evse 1"))
    desk.wait(1)

    started = which == "after it is sent"
    assert desk.stream()[-1] == ("UsedToStart" if started else "TimedOut")
    assert answers(desk, 1) == [("CARD", "Accepted" if started else "Timeout")]
