"""Tests for actors/auth/auth_actor.py: the shell around the core, in a simulation."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from actors.auth import messages
from actors.engine.journal import DiskFull, Journal
from protocols import codec
from protocols.interfaces import auth, auth_token_validator, evse_manager, kvs
from protocols.interfaces import reservation as say
from protocols.message import Failure, FailureReason, Reply
from protocols.types.authorization import ValidationResultUpdate, WithdrawAuthorizationRequest
from protocols.types.reservation import Reservation, ReservationCheck
from tests.support.auth_desk import token, verdict
from tests.support.auth_evse import NOW
from tests.support.auth_stage import MAIN, Stage

KEY = "auth.reservations"


@pytest.fixture
def stage(tmp_path):
    return Stage(tmp_path)


def wish(number=1, evse_id=None, value="MINE"):
    expiry = NOW + timedelta(hours=1)
    return Reservation(evse_id=evse_id, reservation_id=number, id_token=value, expiry_time=expiry)


def reserve(stage, number=1, evse_id=None):
    return str(stage.ask(say.ReserveNow(request=wish(number, evse_id)), "auth/reservation").result)


def kept(stage):
    value = stage.ask(kvs.Load(key=KEY), "store/main").value
    return None if value is None else [one["reservation_id"] for one in value]


def kill(stage):
    stage.simulation.kill(MAIN)
    stage.wait(0.5)


def test_a_card_charges_a_car_through_all_actors(stage):
    """Row S3.14."""
    stage.drive(1, "plug")

    stage.present(token())
    stage.wait(1)

    assert stage.stream() == ["Processing", "Accepted", "UsedToStart"]
    assert stage.evse(1).phase.value == "Transaction"
    assert stage.evse(2).told == [evse_manager.GetEvse()]


@pytest.mark.parametrize(
    ("providers", "stream"),
    [((), []), (("evse_1/token_provider",), ["Processing", "Accepted", "UsedToStart"])],
)
def test_a_token_lost_on_its_way_is_taken_up_of_listed_managers_only(tmp_path, providers, stream):
    """Row S4.8: what a manager says of it counts as its token provider would."""
    stage = Stage(tmp_path, providers=providers)
    stage.drive(1, "plug")

    stage.evse(1).presented = token("CONTRACT", connectors=(1,))
    stage.drive(1, "tell")
    stage.wait(1)

    assert stage.stream("CONTRACT") == stream


def test_a_verdict_is_asked_of_every_validator(tmp_path):
    """Rows S3.11 and M2.10; the last of them accepts."""
    stage = Stage(
        tmp_path,
        validators=[
            {"sleep": 0.0, "validation_result": "Blocked"},
            {"sleep": 3.0, "validation_result": "Invalid"},
            {"sleep": 1.0},
        ],
    )
    stage.present(token())

    stage.wait(0.9)
    before = stage.stream()
    stage.wait(0.2)

    assert before == ["Processing"]
    assert stage.stream() == ["Processing", "Accepted"]


def test_a_slow_validator_holds_no_other_token_up(tmp_path):
    """Row M2.1: each token has an actor of its own."""
    stage = Stage(tmp_path, validators=[{"sleep": 5.0}])
    stage.present(token("ONE"))
    stage.wait(0.1)
    stage.present(token("TWO"))
    stage.wait(0.1)

    requests = [path for path in stage.simulation.actors() if path.startswith("site/auth/request_")]
    stage.wait(5)

    assert len(requests) == 2
    assert (stage.stream("ONE")[-1], stage.stream("TWO")[-1]) == ("Accepted", "Accepted")
    assert not [path for path in stage.simulation.actors() if path.startswith("site/auth/request_")]


def test_commands_of_both_interfaces_are_answered(stage):
    assert stage.ask(auth.SetConnectionTimeout(connection_timeout_s=30)) == Reply()
    assert stage.ask(auth.SetMasterPassGroupId(master_pass_group_id="POLICE")) == Reply()
    found = stage.ask(auth.WithdrawAuthorization(request=WithdrawAuthorizationRequest(evse_id=9)))
    assert str(found.result) == "EvseNotFound"
    assert reserve(stage, 1, 2) == "Accepted"
    check = say.ExistsReservation(request=ReservationCheck(evse_id=2, id_token="mine"))
    assert str(stage.ask(check, "auth/reservation").status) == "ReservedForToken"
    assert stage.ask(say.CancelReservation(reservation_id=1), "auth/reservation").cancelled


def test_what_commands_have_set_outlives_a_death(stage):
    stage.ask(auth.SetConnectionTimeout(connection_timeout_s=30))

    kill(stage)

    assert stage.simulation.actor(MAIN).state.settings.connection_timeout_s == 30


def test_a_changed_verdict_reaches_the_evse_s_token(stage):
    stage.drive(1, "plug")
    stage.present(token())
    stage.wait(1)
    update = ValidationResultUpdate(validation_result=verdict(parent="GROUP"), connector_id=1)

    validator = stage.simulation.actor("site/validator_1")
    validator.publish(auth_token_validator.ValidateResultUpdate(update=update))
    stage.wait(0.1)

    assert stage.stream()[-1] == "Accepted"
    assert stage.simulation.actor(MAIN).state.evses[1].holder.result.parent_id_token.value == "GROUP"


# -- before everything is known (M2.18) --------------------------------------------------------------------


def test_tokens_are_dropped_while_an_evse_is_silent_and_events_are_not(tmp_path):
    """Row M2.18; two seconds at most."""
    stage = Stage(tmp_path)
    stage.simulation.hang("site/evse_2")
    stage.simulation.kill(MAIN)
    stage.drive(1, "plug")
    stage.wait(0.3)

    stage.present(token("EARLY"))
    update = ValidationResultUpdate(validation_result=verdict(), connector_id=1)
    stage.simulation.actor("site/validator_1").publish(
        auth_token_validator.ValidateResultUpdate(update=update)
    )
    stage.wait(2.5)
    stage.present(token("LATER"))
    stage.wait(0.1)

    assert stage.stream("EARLY") == []
    assert stage.stream("LATER") == ["Processing", "Accepted", "UsedToStart"]
    assert stage.evse(1).phase.value == "Transaction"


def test_a_verdict_that_comes_before_the_evses_are_known_waits_for_them(tmp_path):
    stage = Stage(tmp_path, validators=[{"sleep": 0.2}])
    stage.present(token())
    stage.wait(0.1)
    stage.simulation.hang("site/evse_2")

    stage.simulation.kill(MAIN)
    stage.wait(0.5)
    before = stage.stream()
    stage.wait(3)

    assert before == ["Processing"]
    assert stage.stream() == ["Processing", "Accepted"]


def test_the_end_of_a_request_waits_for_the_evses_too(tmp_path):
    stage = Stage(tmp_path, validators=[{"sleep": 60.0}])
    stage.present(token())
    stage.wait(0.1)
    stage.simulation.hang("site/evse_2")
    stage.simulation.kill(MAIN)
    stage.wait(0.3)

    (request,) = [path for path in stage.simulation.actors() if "request_" in path]
    stage.simulation.kill(request)
    stage.wait(0.3)
    before = [path for path in stage.simulation.actors() if "request_" in path]
    stage.wait(3)

    assert before == []
    assert [path for path in stage.simulation.actors() if "request_" in path]
    assert stage.stream() == ["Processing"]


def test_an_evse_out_of_its_order_is_granted_to_nobody(stage):
    """Row M1.7."""
    stage.evse(1).evse_id = 5
    stage.drive(1, "tell")

    kill(stage)
    stage.wait(3)
    stage.present(token(connectors=(1,)))
    stage.present(token("FINE"))
    stage.wait(1)

    assert stage.stream()[-1] == "Rejected"
    assert stage.evse(2).granted


def test_a_condition_of_another_evse_is_not_believed(stage):
    other = dataclasses.replace(stage.evse(1).condition(), evse_id=2, session_id="x")

    stage.simulation.actor("site/evse_1").publish(other, "evse_1/evse")
    stage.wait(0.1)

    assert stage.simulation.actor(MAIN).state.evses[2].session_id == ""


# -- the key-value store (M4.9) ----------------------------------------------------------------------------


def test_every_change_of_the_reservations_reaches_the_store(stage):
    """Row M4.9: a new one for one EVSE, and the empty list."""
    before = kept(stage)
    reserve(stage, 7, 2)
    made = kept(stage)
    stage.ask(say.CancelReservation(reservation_id=7), "auth/reservation")

    assert before is None
    assert made == [7]
    assert kept(stage) == []


def test_a_killed_actor_has_every_reservation_again(stage):
    reserve(stage, 7, 2)
    reserve(stage, 8)

    kill(stage)

    assert sorted(stage.simulation.actor(MAIN).state.bookings) == [7, 8]
    assert kept(stage) == [7, 8]
    assert stage.evse(2).reservation == 7


def test_a_journal_that_is_lost_is_made_up_from_the_store(tmp_path):
    """Row M4.9; what cannot be read is left out."""
    stage = Stage(tmp_path)
    good = codec.to_plain(wish(3, 1))
    stage.ask(kvs.Store(key=KEY, value=(good, {"reservation_id": "x"}, 5)), "store/main")

    stage.simulation.actor(MAIN)._journal.close()
    for path in (tmp_path / "journals").glob("auth.auth*"):
        path.unlink()
    kill(stage)

    assert list(stage.simulation.actor(MAIN).state.bookings) == [3]
    assert kept(stage) == [3]
    assert stage.evse(1).reservation == 3


def test_a_store_that_is_away_is_asked_again(tmp_path):
    stage = Stage(tmp_path)
    main = stage.simulation.actor(MAIN)

    main._recalled(Failure(reason=FailureReason.TIMEOUT, detail="away"))
    main._kept(Failure(reason=FailureReason.TIMEOUT, detail="away"))
    main._state = dataclasses.replace(
        main.state, settings=dataclasses.replace(main.state.settings, recalled=False)
    )
    stage.wait(6)

    assert stage.simulation.actor(MAIN).state.settings.recalled


# -- a full disk -------------------------------------------------------------------------------------------


@pytest.fixture
def full(monkeypatch):
    """Whether the disk is full."""
    switch = {"full": False}

    def guarded(real):
        def write(self, *items):
            if switch["full"]:
                raise DiskFull(self.path, "no room")
            return real(self, *items)

        return write

    monkeypatch.setattr(Journal, "append", guarded(Journal.append))
    monkeypatch.setattr(Journal, "snapshot", guarded(Journal.snapshot))
    return switch


def test_on_a_full_disk_commands_are_refused_and_tokens_dropped(stage, full):
    full["full"] = True

    reply = stage.ask(auth.SetConnectionTimeout(connection_timeout_s=30))
    stage.present(token())
    stage.wait(1)

    assert isinstance(reply, Failure)
    assert reply.reason is FailureReason.OVERLOADED
    assert stage.stream() == []
    assert stage.simulation.actor(MAIN).state.settings.connection_timeout_s == 60


def test_what_evses_report_is_written_down_when_there_is_room_again(stage, full):
    full["full"] = True
    stage.drive(1, "plug")
    full["full"] = False
    stage.ask(auth.SetConnectionTimeout(connection_timeout_s=30))

    kill(stage)

    assert stage.simulation.actor(MAIN).state.evses[1].plugged_at is not None


# -- the rest ----------------------------------------------------------------------------------------------


def test_what_was_published_is_not_published_again_for_ever(stage):
    stage.present(token())
    stage.wait(3)
    before = len(stage.lines())

    kill(stage)

    assert len(stage.lines()) == before


def test_what_may_not_have_been_published_is_published_again(stage):
    stage.present(token())
    stage.wait(0.1)

    kill(stage)

    assert [what for _, _, what in stage.lines()] == ["Processing", "Accepted"] * 2


def test_the_end_of_a_reservation_is_published(stage):
    """Row M4.7."""
    soon = dataclasses.replace(wish(5, 1), expiry_time=NOW + timedelta(seconds=5))
    stage.ask(say.ReserveNow(request=soon), "auth/reservation")

    stage.wait(6)

    assert stage.lines() == [["reservation", 5, "Expired"]]
    assert kept(stage) == []


def test_what_is_odd_is_logged(stage):
    update = ValidationResultUpdate(validation_result=verdict(), connector_id=2)

    with capture_logs() as lines:
        stage.simulation.actor("site/validator_1").publish(
            auth_token_validator.ValidateResultUpdate(update=update)
        )
        stage.wait(0.1)

    assert "verdict_about_nobody" in {line["event"] for line in lines}


def test_what_waits_for_the_site_to_be_ready_is_not_taken_for_published(stage):
    stage.present(token())
    stage.wait(0.1)
    main = stage.simulation.actor(MAIN)
    numbers = [said.number for said in main.state.outbox]

    main.ready = False
    main._remember(numbers[-1])
    kept_back = main.state.outbox
    main.ready = True
    stage.wait(2)

    assert len(kept_back) == len(numbers) == 2
    assert main.state.outbox == ()


def test_a_verdict_about_nobody_ends_the_request(stage):
    reply = stage.ask(messages.Verdict(number=99, result=verdict(), last=True))

    assert reply == messages.VerdictReply(more=False)


def test_the_branch_comes_back_when_its_supervisor_dies(tmp_path):
    stage = Stage(tmp_path, validators=[{"sleep": 1.0}])
    stage.present(token())
    stage.wait(0.1)

    stage.simulation.kill("site/auth")
    stage.wait(3)

    assert stage.stream() == ["Processing", "Accepted"]
