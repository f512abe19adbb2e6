"""Tests for actors/auth/desk.py: lives, commands, and what is said again."""

from __future__ import annotations

import pytest

from actors.auth import inputs
from protocols.interfaces import auth, reservation
from protocols.message import Reply
from protocols.types.authorization import WithdrawAuthorizationRequest
from protocols.types.reservation import ReservationCheck
from tests.support.auth_desk import Desk, token, verdict


@pytest.mark.parametrize(
    "command",
    [
        auth.SetConnectionTimeout(connection_timeout_s=30),
        auth.SetMasterPassGroupId(master_pass_group_id="POLICE"),
        auth.WithdrawAuthorization(request=WithdrawAuthorizationRequest()),
        reservation.CancelReservation(reservation_id=1),
        reservation.ExistsReservation(request=ReservationCheck(id_token="X")),
    ],
    ids=lambda command: type(command).__name__,
)
def test_every_command_is_answered_at_once_with_its_reply(command):
    assert type(Desk().ask(command, run=False)) is type(command).answer


def test_a_command_without_result_is_answered_barely():
    assert Desk().ask(auth.SetConnectionTimeout(connection_timeout_s=30)) == Reply()


@pytest.mark.parametrize("by_command", [True, False])
def test_the_master_pass_is_the_same_by_file_and_by_command(by_command):
    """Row M1.3, S11.4."""
    desk = Desk(1, master="" if by_command else "POLICE")
    if by_command:
        desk.ask(auth.SetMasterPassGroupId(master_pass_group_id="POLICE"))
    desk.plug(1)
    desk.present(token())
    desk.verdicts["BADGE"] = verdict(parent="POLICE")

    desk.present(token("BADGE"))

    assert desk.stream("BADGE")[-1] == "UsedToStop"


def test_what_commands_have_set_outlives_a_death():
    desk = Desk(timeout_s=60)
    desk.ask(auth.SetConnectionTimeout(connection_timeout_s=30))
    desk.ask(auth.SetMasterPassGroupId(master_pass_group_id="POLICE"))

    desk.kill()

    assert desk.state.settings.connection_timeout_s == 30
    assert desk.state.settings.master_pass_group_id == "POLICE"


def test_a_changed_site_file_outweighs_what_a_command_has_set():
    desk = Desk(timeout_s=60)
    desk.ask(auth.SetConnectionTimeout(connection_timeout_s=30))
    desk.ask(auth.SetMasterPassGroupId(master_pass_group_id="POLICE"))

    desk.timeout_s, desk.master = 90, "TOWING"
    desk.kill()

    assert desk.state.settings.connection_timeout_s == 90
    assert desk.state.settings.master_pass_group_id == "TOWING"


def test_an_evse_the_site_file_has_no_more_is_forgotten():
    desk = Desk(2)
    desk.present(token(connectors=(2,)))

    del desk.evses[2]
    desk.kill()

    assert list(desk.state.evses) == [1]


def test_a_snapshot_holds_everything_that_the_records_hold():
    desk = Desk(selection_algorithm="PlugEvents")
    desk.present(token("WAITS"))
    desk.present(token("HOLDS", connectors=(2,)))
    desk.feed(inputs.Presented(token("ASKS")))
    before = desk.state

    desk.snapshot()
    desk.kill()

    assert desk.state.requests == before.requests
    assert desk.state.bookings == before.bookings
    assert desk.state.numbered == before.numbered
    assert desk.state.evses == before.evses


def test_a_token_in_process_is_validated_again_after_a_death():
    desk = Desk()
    desk.feed(inputs.Presented(token()))
    desk.validations.clear()

    desk.kill()
    desk.run()

    assert desk.stream()[-1] == "Accepted"


def test_a_token_that_waits_goes_on_waiting_for_what_is_left():
    desk = Desk(timeout_s=60, selection_algorithm="PlugEvents")
    desk.present(token())
    desk.wait(40)

    desk.kill()
    desk.wait(19)
    before = desk.stream()[-1]
    desk.wait(2)

    assert (before, desk.stream()[-1]) == ("Accepted", "TimedOut")


def test_a_grant_runs_out_when_it_would_have_without_a_death():
    desk = Desk(timeout_s=60)
    desk.present(token())
    desk.wait(40)

    desk.kill()
    desk.wait(19)
    before = desk.holder(1)
    desk.wait(2)

    assert (before, desk.stream()[-1]) == ("CARD", "TimedOut")


def test_a_clock_set_back_meanwhile_makes_nobody_wait_longer():
    desk = Desk(timeout_s=60)
    desk.present(token())

    desk._pass_to(desk.now.replace(year=2025))
    desk.kill()
    desk.wait(61)

    assert desk.stream()[-1] == "TimedOut"


def test_a_car_that_waits_times_out_when_it_would_have():
    desk = Desk(timeout_s=60, plug_in_timeout_enabled=True)
    desk.plug(1)
    desk.wait(40)

    desk.kill()
    desk.wait(19)
    before = desk.state.evses[1].plug_in_timeout
    desk.wait(2)

    assert (before, desk.state.evses[1].plug_in_timeout) == (False, True)


def test_a_stop_that_was_decided_is_carried_out_by_the_successor():
    desk = Desk()
    desk.plug(1)
    desk.present(token())
    desk.present(token(), run=False)
    desk.to_evse[1].clear()

    desk.kill()
    desk.run()

    assert desk.charging() == {}
    assert len(desk.evses[1].stopped) == 1


def test_what_may_not_have_been_published_is_published_again():
    desk = Desk()
    desk.present(token())
    numbers = [said.number for _, _, said in desk.statuses]

    desk.feed(inputs.Published(numbers[0]))
    desk.kill()

    assert [said.number for _, _, said in desk.statuses] == [*numbers, *numbers[1:]]


def test_a_successor_grants_nothing_before_it_has_heard_of_an_evse():
    desk = Desk()
    desk.kill()

    desk.feed(inputs.Presented(token()))
    early = desk.stream()
    desk.run()
    desk.present(token())

    assert early == ["Processing", "Rejected"]
    assert desk.holder(1) == "CARD"


def test_an_unknown_verdict_number_is_nobody():
    desk = Desk()
    before = desk.state

    desk.feed(inputs.Judged(99, verdict(), last=True))
    desk.feed(inputs.Fired("request 99"))

    assert desk.state == before
