"""Tests for actors/auth/reservations/making.py: the commands of `reservation` and what follows (M4.*)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from actors.auth import inputs
from protocols.interfaces import evse_manager
from protocols.interfaces import reservation as say
from protocols.message import Failure, FailureReason
from protocols.types.evse_manager import ConnectorTypeEnum
from protocols.types.reservation import Reservation, ReservationCheck, ReservationStatus
from tests.support.auth_desk import Desk, token, verdict

CCS, TYPE2 = ConnectorTypeEnum.C_CCS2, ConnectorTypeEnum.C_TYPE2
REMOVED, EXPIRED = ReservationStatus.REMOVED, ReservationStatus.EXPIRED


def wish(desk, number=1, evse_id=None, *, value="MINE", parent=None, kind=None, within_s=600):
    return Reservation(
        evse_id=evse_id,
        reservation_id=number,
        id_token=value,
        expiry_time=desk.now + timedelta(seconds=within_s),
        parent_id_token=parent,
        connector_type=kind,
    )


def reserve(desk, number=1, evse_id=None, **fields):
    reply = desk.ask(say.ReserveNow(request=wish(desk, number, evse_id, **fields)))
    return str(reply.result)


def cancel(desk, number=1):
    return desk.ask(say.CancelReservation(reservation_id=number)).cancelled


def exists(desk, evse_id, value, group=None):
    check = ReservationCheck(evse_id=evse_id, id_token=value, group_id_token=group)
    return str(desk.ask(say.ExistsReservation(request=check)).status)


def held(desk):
    return {number: evse.reservation for number, evse in desk.evses.items() if evse.reservation is not None}


# -- results (M4.1, M4.2) ----------------------------------------------------------------------------------


def _occupied(desk):
    desk.plug(1)
    desk.present(token(connectors=(1,)))


def _granted(desk):
    desk.present(token(connectors=(1,)))


def _plugged(desk):
    desk.plug(1)


def _faulted(desk):
    desk.evses[1].fault()
    desk.run()


def _disabled(desk):
    desk.evses[1].enable(enabled=False)
    desk.run()


def _both_wrong(desk):
    _faulted(desk)
    _disabled(desk)


def _reserved(desk):
    assert reserve(desk, 9, 1, value="HERS") == "Accepted"


def _refusing(desk):
    desk.evses[1].reservation = 77


@pytest.mark.parametrize(
    ("before", "evse_id", "fields", "result"),
    [
        (None, 1, {}, "Accepted"),
        (None, 1, {"kind": TYPE2}, "Accepted"),
        (None, 1, {"kind": ConnectorTypeEnum.UNKNOWN}, "Accepted"),
        (None, 1, {"kind": CCS}, "Rejected"),
        (None, 9, {}, "Rejected"),
        (None, 1, {"within_s": 0}, "Rejected"),
        (None, 1, {"within_s": -1}, "Rejected"),
        (_occupied, 1, {}, "Occupied"),
        (_granted, 1, {}, "Occupied"),
        (_plugged, 1, {}, "Occupied"),
        (_reserved, 1, {}, "Occupied"),
        (_faulted, 1, {}, "Faulted"),
        (_disabled, 1, {}, "Unavailable"),
        (_both_wrong, 1, {}, "Unavailable"),
        (_refusing, 1, {}, "Rejected"),  # M4.10
        (None, None, {}, "Accepted"),
        (None, None, {"kind": TYPE2}, "Accepted"),
        (None, None, {"kind": CCS}, "Rejected"),
        (None, None, {"within_s": 0}, "Rejected"),
        (_occupied, None, {}, "Occupied"),
        (_plugged, None, {}, "Occupied"),
        (_faulted, None, {}, "Faulted"),
        (_disabled, None, {}, "Unavailable"),
    ],
)
def test_a_reservation_is_made_or_refused_as_the_table_says(before, evse_id, fields, result):
    desk = Desk(1)
    if before is not None:
        before(desk)

    assert reserve(desk, 1, evse_id, **fields) == result
    assert (1 in desk.state.bookings) is (result == "Accepted")


@pytest.mark.parametrize(
    ("spoil", "result"),
    [
        ([_occupied], "Accepted"),
        ([_occupied, lambda desk: desk.evses[2].fault()], "Occupied"),
        ([_disabled, lambda desk: desk.evses[2].fault()], "Faulted"),
    ],
)
def test_any_evse_is_refused_for_the_reason_nearest_to_a_yes(spoil, result):
    desk = Desk(2)
    for each in spoil:
        each(desk)
    desk.run()

    assert reserve(desk) == result


@pytest.mark.parametrize("evse_id", [1, None])
def test_the_ids_that_mean_all_reservations_are_nobody_s(evse_id):
    assert reserve(Desk(1), -1, evse_id) == "Rejected"


def test_an_evse_that_does_not_answer_cannot_be_reserved():
    desk = Desk(1)
    tag = 1_000_001
    desk.feed(inputs.Asked(tag, say.ReserveNow(request=wish(desk, 1, 1))))
    _command, then = desk.to_evse[1].popleft()

    desk.feed(inputs.Fired("reserve 1"))
    result = str(desk.answers[tag].result)
    desk.feed(then(evse_manager.ReserveReply(accepted=True)))
    desk.run()

    assert result == "Rejected"
    assert not desk.state.bookings
    assert held(desk) == {}


def test_an_answer_in_time_is_not_given_twice():
    desk = Desk(1)
    reserve(desk, 1, 1)

    desk.feed(inputs.Fired("reserve 1"))

    assert 1 in desk.state.bookings


@pytest.mark.parametrize(("before", "second"), [("Accepted", 1), ("Accepted", None), ("Rejected", 9)])
def test_the_same_id_replaces_the_old_reservation(before, second):
    """Row M4.3: it is gone even if the new one fails."""
    desk = Desk(2)
    reserve(desk, 1, 2, value="OLD")

    result = reserve(desk, 1, second, value="NEW")

    assert result == before
    assert [one.reservation.id_token for one in desk.state.bookings.values()] == (
        ["NEW"] if result == "Accepted" else []
    )
    assert 2 not in held(desk) or held(desk)[2] != 1


# -- any EVSE (M4.4, M4.5) ---------------------------------------------------------------------------------


def test_no_more_is_promised_than_can_be_kept():
    """Row M4.4."""
    desk = Desk(2, types=((CCS,), (CCS, TYPE2)))

    results = [reserve(desk, 1, kind=CCS), reserve(desk, 2, kind=TYPE2), reserve(desk, 3, kind=CCS)]

    # the holder of the first might take EVSE 2, which alone fits the second
    assert results == ["Accepted", "Occupied", "Accepted"]


def test_evses_are_held_once_everybody_needs_them():
    """Row M4.5."""
    desk = Desk(2)

    reserve(desk, 1)
    one = held(desk)
    reserve(desk, 2)
    both = held(desk)
    cancel(desk, 2)

    assert one == {}
    assert both == {1: -1, 2: -1}
    assert held(desk) == {}


def test_the_only_evse_of_a_type_is_held():
    desk = Desk(2, types=((CCS,), (TYPE2,)))

    reserve(desk, 1, kind=TYPE2)

    assert held(desk) == {2: -1}


def test_one_evse_is_not_reserved_where_all_need_it():
    desk = Desk(2)
    reserve(desk, 1)
    reserve(desk, 2)

    assert reserve(desk, 3, 1) == "Occupied"


def test_an_evse_that_would_not_be_held_beside_a_car_is_asked_again():
    desk = Desk(2)
    desk.plug(1)
    reserve(desk, 1)
    desk.evses[2].fault()
    desk.run()
    while_there = held(desk)

    desk.unplug(1)

    assert while_there == {}
    assert held(desk) == {1: -1}


# -- who may have it (M2.8, M2.14) -------------------------------------------------------------------------


def test_a_stranger_is_refused_before_any_validator_is_asked():
    """Row M2.8."""
    desk = Desk(1)
    reserve(desk, 1, 1)

    desk.feed(inputs.Presented(token("STRANGER")))

    assert not desk.validations
    assert desk.stream("STRANGER") == ["Processing", "Rejected"]


def test_a_reservation_for_a_group_needs_a_verdict():
    """Row M2.8: no parent id on a reservation is a condition."""
    desk = Desk(1)
    reserve(desk, 1, 1, parent="FAMILY")

    desk.feed(inputs.Presented(token("STRANGER")))

    assert desk.validations


@pytest.mark.parametrize(
    ("value", "found", "end"),
    [
        ("mine", verdict(), "UsedToStart"),
        ("OTHER", verdict(parent="family"), "UsedToStart"),
        ("OTHER", verdict(parent="FOREIGN"), "Rejected"),
        ("OTHER", verdict(reservation_id=1), "UsedToStart"),
        ("OTHER", verdict(), "Rejected"),
    ],
)
def test_only_who_is_meant_redeems_a_reservation(value, found, end):
    """Row M2.14."""
    desk = Desk(1)
    reserve(desk, 1, 1, parent="FAMILY")
    desk.plug(1)
    desk.verdicts[value] = found

    desk.present(token(value))

    assert desk.stream(value)[-1] == end
    redeemed = end == "UsedToStart"
    assert not any(isinstance(one, evse_manager.CancelReservation) for one in desk.evses[1].told)
    assert [reservation for _token, reservation in desk.evses[1].granted] == ([1] if redeemed else [])
    assert (1 in desk.state.bookings) is not redeemed
    assert desk.updates == []  # M4.7: use is no news


def test_a_reservation_of_any_evse_is_redeemed_where_the_car_is():
    desk = Desk(2)
    reserve(desk, 1, value="MINE")
    reserve(desk, 2, value="HERS")
    desk.plug(2)

    desk.present(token("MINE"))

    assert desk.charging() == {2: "MINE"}
    assert [reservation for _token, reservation in desk.evses[2].granted] == [1]
    assert held(desk) == {1: -1}


def test_an_own_reservation_is_preferred_to_the_first_free_evse():
    desk = Desk(2)
    reserve(desk, 1, 2)

    desk.present(token("MINE"))

    assert desk.holder(2) == "MINE"


def test_a_reservation_whose_grant_never_reached_the_evse_is_let_go():
    desk = Desk(1)
    reserve(desk, 1, 1)
    desk.present(token("MINE"), run=False)
    desk.answer_validation(max(desk.validations))
    _command, then = desk.to_evse[1].popleft()
    desk.feed(then(Failure(reason=FailureReason.UNAVAILABLE, detail="away")))

    desk.feed(inputs.Fired("evse 1"))
    desk.wait(1)

    assert held(desk) == {}


# -- how it ends (M4.6, M4.7) ------------------------------------------------------------------------------


@pytest.mark.parametrize("evse_id", [1, None])
def test_an_evse_out_of_service_ends_what_needs_it(evse_id):
    """Rows M4.6 and M4.10."""
    desk = Desk(1)
    reserve(desk, 1, evse_id)

    desk.evses[1].enable(enabled=False)
    desk.run()

    assert desk.updates == [(1, REMOVED)]
    assert held(desk) == {}


def test_the_newest_promise_goes_first_when_an_evse_is_lost():
    """Row M4.6: disable one of two EVSEs."""
    desk = Desk(2)
    reserve(desk, 1)
    reserve(desk, 2)

    desk.evses[2].enable(enabled=False)
    desk.run()

    assert desk.updates == [(2, REMOVED)]
    assert held(desk) == {1: -1}


def test_a_car_that_charges_without_asking_ends_the_reservation():
    desk = Desk(1)
    reserve(desk, 1, 1)
    desk.evses[1].token = token("FREE")

    desk.plug(1)

    assert desk.updates == [(1, REMOVED)]


@pytest.mark.parametrize("evse_id", [1, None])
def test_a_reservation_expires_in_time(evse_id):
    """Row M4.7."""
    desk = Desk(1)
    reserve(desk, 1, evse_id, within_s=150)

    desk.wait(149)
    before = list(desk.updates)
    desk.wait(2)

    assert before == []
    assert desk.updates == [(1, EXPIRED)]
    assert held(desk) == {}


def test_a_clock_that_was_set_is_noticed_within_a_minute():
    desk = Desk(1)
    reserve(desk, 1, 1, within_s=86_400)

    desk._pass_to(desk.now + timedelta(days=2))
    desk.timers["booking 1"] = desk.now
    desk.wait(1)

    assert desk.updates == [(1, EXPIRED)]


def test_the_end_of_what_is_gone_is_no_news():
    desk = Desk(1)

    desk.feed(inputs.Fired("booking 7"))

    assert desk.updates == []


def test_a_reservation_is_taken_back_once_and_nobody_is_told():
    """Rows M4.7 and M4.8."""
    desk = Desk(2)
    reserve(desk, 1, 2)

    assert cancel(desk) is True
    assert cancel(desk) is False
    assert desk.updates == []
    assert held(desk) == {}


def test_a_manager_that_let_go_by_itself_is_asked_again():
    desk = Desk(1)
    reserve(desk, 1, 1)

    desk.evses[1].command(evse_manager.CancelReservation())
    desk.run()

    assert held(desk) == {1: 1}
    assert desk.updates == []


def test_a_manager_that_forgot_what_it_holds_is_told_again():
    desk = Desk(1)
    reserve(desk, 1, 1)

    desk.evses[1].reservation = None
    desk.evses[1].tell()
    desk.run()

    assert held(desk) == {1: 1}


# -- exists_reservation (M4.8) -----------------------------------------------------------------------------

MINE = "ReservedForToken"
OTHER = "ReservedForOtherToken"
PARENT = "ReservedForOtherTokenAndHasParentToken"
NOT = "NotReserved"


@pytest.mark.parametrize(
    ("made", "evse_id", "value", "group", "status"),
    [
        (None, 2, "MINE", None, NOT),
        (None, None, "MINE", None, NOT),
        (None, 9, "MINE", None, NOT),
        ({"evse_id": 2}, 2, "mine", None, MINE),
        ({"evse_id": 2}, 1, "MINE", None, NOT),
        ({"evse_id": 2}, None, "MINE", None, NOT),
        ({"evse_id": 2}, 2, "OTHER", None, OTHER),
        ({"evse_id": 2}, 2, "OTHER", "FAMILY", OTHER),
        ({"evse_id": 2, "parent": "FAMILY"}, 2, "OTHER", None, PARENT),
        ({"evse_id": 2, "parent": "FAMILY"}, 2, "OTHER", "family", MINE),
        ({"evse_id": 2, "parent": "FAMILY"}, 2, "OTHER", "FOREIGN", OTHER),
        ({"evse_id": None}, 2, "MINE", None, MINE),
        ({"evse_id": None}, None, "MINE", None, MINE),
        ({"evse_id": None}, None, "OTHER", None, NOT),
        ({"evse_id": None, "kind": CCS}, 1, "OTHER", None, OTHER),
        ({"evse_id": None, "kind": CCS, "parent": "FAMILY"}, 1, "OTHER", None, PARENT),
        ({"evse_id": None, "kind": CCS}, 1, "MINE", None, MINE),
        ({"evse_id": None, "kind": CCS}, 2, "MINE", None, NOT),
    ],
)
def test_for_whom_an_evse_is_reserved_is_told_by_its_number(made, evse_id, value, group, status):
    """Row M4.8; EVSE 2, too."""
    desk = Desk(2, types=((CCS,), (TYPE2,)))
    if made is not None:
        assert reserve(desk, **made) == "Accepted"

    assert exists(desk, evse_id, value, group) == status


def test_where_every_evse_is_reserved_no_particular_one_is_free():
    desk = Desk(2)
    reserve(desk, 1, 1)
    reserve(desk, 2, 2, parent="FAMILY")

    assert exists(desk, None, "OTHER") == PARENT
    assert exists(desk, None, "MINE") == NOT


# -- durable (M4.9) ----------------------------------------------------------------------------------------


def test_reservations_outlive_a_death_and_are_kept_again():
    desk = Desk(2)
    desk.feed(inputs.Recalled(()))
    reserve(desk, 1, 1)
    reserve(desk, 2)
    cancel(desk, 2)

    desk.kill()
    desk.run()

    assert [[one.reservation_id for one in kept] for kept in desk.kept[-4:]] == [[1], [1, 2], [1], [1]]
    assert exists(desk, 1, "MINE") == MINE


def test_the_empty_list_is_kept_as_well():
    desk = Desk(2)
    desk.feed(inputs.Recalled(()))
    reserve(desk, 1, 1)
    cancel(desk, 1)

    assert desk.kept[-1] == ()


def test_nothing_is_kept_before_the_old_list_was_looked_at():
    desk = Desk(2)

    reserve(desk, 1, 1)

    assert desk.kept == []


def test_what_is_recalled_is_held_or_reported():
    """Row M4.9: those that no longer fit are cancelled and reported."""
    desk = Desk(2)
    reserve(desk, 4, 2)
    old = [wish(desk, 1, 1), wish(desk, 2, 7), wish(desk, 3, None, within_s=-5), wish(desk, 4, 1)]

    desk.feed(inputs.Recalled(tuple(old)))
    desk.run()
    desk.wait(1)

    assert sorted(desk.updates) == [(2, REMOVED), (3, EXPIRED)]
    assert held(desk) == {1: 1, 2: 4}
    assert [one.reservation_id for one in desk.kept[-1]] == [4, 1]


def test_a_start_takes_no_reservation_away_before_evses_are_known():
    desk = Desk(2, known=False)

    desk.feed(inputs.Recalled((wish(desk, 1, 1), wish(desk, 2))))
    asked = [errand for evse in desk.state.evses.values() for errand in evse.errands]
    before = list(desk.updates)
    desk.run()

    assert asked == []
    assert before == desk.updates == []
    assert held(desk) == {1: 1, 2: -1}


def test_who_asked_before_a_death_is_not_answered_by_the_successor():
    desk = Desk(1)
    tag = 1_000_001
    desk.feed(inputs.Asked(tag, say.ReserveNow(request=wish(desk, 1, 1))))

    desk.kill()
    desk.run()

    assert tag not in desk.answers
    assert held(desk) == {1: 1}


def test_a_reservation_refused_after_a_death_is_reported():
    desk = Desk(1)
    desk.feed(inputs.Asked(1_000_001, say.ReserveNow(request=wish(desk, 1, 1))))
    desk.evses[1].reservation = 55
    desk.to_evse[1].clear()

    desk.kill()
    desk.run()

    assert desk.updates == [(1, REMOVED)]
