"""Tests for actors/auth/presenting.py: what becomes of a presented token (M2.1 to M2.17)."""

from __future__ import annotations

import pytest

from actors.auth import inputs
from protocols.message import Failure, FailureReason
from protocols.types.authorization import (
    AuthorizationStatus,
    AuthorizationType,
    TokenValidationStatus,
    ValidationResultUpdate,
)
from protocols.types.evse_manager import StopTransactionReason
from protocols.types.text_message import MessageContent
from tests.support.auth_desk import Desk, answers, token, verdict

STARTED = ["Processing", "Accepted", "UsedToStart"]
A = AuthorizationStatus


def charging(value="CARD", number=1, *, evses=2, **fields):
    """A desk at which a card charges at an EVSE."""
    desk = Desk(
        evses, **{key: fields.pop(key) for key in ("master", "prioritize_authorization") if key in fields}
    )
    parent = fields.pop("parent", None)
    desk.verdicts[value] = verdict(parent=parent)
    desk.plug(number)
    desk.present(token(value, connectors=(number,), **fields))
    assert desk.charging() == {number: value}
    return desk


# -- the way through ---------------------------------------------------------------------------------------


def test_a_card_at_a_plugged_in_car_starts_a_transaction():
    desk = Desk()

    desk.plug(2)
    desk.present(token())

    assert desk.stream() == STARTED
    assert desk.charging() == {2: "CARD"}


def test_a_slow_validation_holds_no_other_token_up():
    """Row M2.1."""
    desk = Desk()
    desk.present(token("SLOW"), run=False)
    desk.present(token("FAST"), run=False)

    desk.answer_validation(max(desk.validations))

    assert desk.stream("SLOW") == ["Processing"]
    assert desk.stream("FAST") == ["Processing", "Accepted"]


@pytest.mark.parametrize("phase", ["validating", "granted"])
def test_a_token_in_process_is_ignored_when_presented_again(phase):
    """Row M2.3, and M2.16: in any case."""
    desk = Desk()
    desk.present(token("ab12"), run=phase == "granted")
    before = desk.stream("ab12")

    desk.present(token("AB12"))

    assert desk.stream("AB12") == []
    assert desk.stream("ab12")[: len(before)] == before
    assert sum(len(evse.granted) for evse in desk.evses.values()) == 1


# -- before validation -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "stops"),
    [(kind, kind is AuthorizationType.RFID) for kind in AuthorizationType],
)
def test_only_a_card_stops_a_transaction_by_its_own_id(kind, stops):
    """Row M2.6."""
    desk = charging(evses=1)

    desk.present(token("card", kind=kind))

    assert desk.charging() == ({} if stops else {1: "CARD"})
    assert desk.stream("card")[-1] == ("UsedToStop" if stops else "Rejected")
    if stops:
        assert [one.reason for _, one in desk.evses[1].stopped] == [StopTransactionReason.LOCAL]


def test_the_card_that_is_the_parent_of_a_holder_stops_it():
    """Row M2.6: also matches the stored parent id."""
    desk = charging(parent="family")

    desk.present(token("FAMILY"))

    assert desk.stream("FAMILY") == ["Processing", "UsedToStop"]


def test_a_card_stops_only_at_the_evses_it_lists():
    desk = charging()

    desk.present(token(connectors=(2,)))

    assert desk.charging() == {1: "CARD"}
    assert desk.holder(2) == "CARD"


@pytest.mark.parametrize(
    ("parent", "master", "asked"), [(None, "", False), ("FAMILY", "", True), (None, "POLICE", True)]
)
def test_validators_are_asked_only_if_their_verdict_could_help(parent, master, asked):
    """Row M2.7."""
    desk = charging(evses=1, parent=parent, master=master)

    desk.feed(inputs.Presented(token("OTHER")))

    assert bool(desk.validations) is asked
    assert desk.stream("OTHER") == (["Processing"] if asked else ["Processing", "Rejected"])


def test_a_token_for_unknown_evses_is_refused_at_once():
    """Row M2.4."""
    desk = Desk(master="POLICE")

    desk.feed(inputs.Presented(token(connectors=(99,))))

    assert desk.stream() == ["Processing", "Rejected"]
    assert not desk.validations


def test_a_prevalidated_token_asks_no_validator():
    """Row M2.9."""
    desk = Desk()
    desk.verdicts["CARD"] = verdict(A.BLOCKED)

    desk.present(token(prevalidated=True, parent="FAMILY"))

    assert desk.stream() == ["Processing", "Accepted"]
    assert desk.state.evses[1].holder.result.parent_id_token.value == "FAMILY"


def test_a_prevalidated_token_too_may_be_refused():
    desk = charging(evses=1, parent="FAMILY")

    desk.present(token("OTHER", prevalidated=True))

    assert desk.stream("OTHER") == ["Processing", "Rejected"]


# -- verdicts ----------------------------------------------------------------------------------------------


def judged(desk, *results, last=True):
    for place, result in enumerate(results, 1):
        desk.feed(inputs.Judged(1, result, last=last and place == len(results)))


@pytest.mark.parametrize(
    ("results", "end"),
    [
        ((None, verdict()), "Accepted"),
        ((verdict(A.BLOCKED), verdict()), "Accepted"),
        ((verdict(), None), "Accepted"),
        ((None, None), "Rejected"),
        ((verdict(A.BLOCKED), verdict(A.EXPIRED)), "Rejected"),
        ((verdict(evse_ids=(9,)), verdict()), "Accepted"),
    ],
)
def test_the_first_validator_that_accepts_wins(results, end):
    """Row M2.10: who throws, dies or is late counts as Unknown."""
    desk = Desk()
    desk.feed(inputs.Presented(token()))

    judged(desk, *results)

    assert desk.stream()[-1] == end


def test_an_acceptance_does_not_wait_for_the_other_validators():
    desk = Desk()
    desk.feed(inputs.Presented(token()))

    judged(desk, verdict(), last=False)

    assert desk.stream() == ["Processing", "Accepted"]


@pytest.mark.parametrize(
    ("results", "told"),
    [
        ((None, verdict(A.BLOCKED), verdict(A.EXPIRED)), "Blocked"),
        ((None, None), "Unknown"),
        ((verdict(evse_ids=(9,)), None), "NotAtThisLocation"),
    ],
)
def test_listed_evses_are_told_the_weightiest_refusal(results, told):
    """Row M2.15."""
    desk = Desk()
    desk.feed(inputs.Presented(token(connectors=(2,))))

    judged(desk, *results)
    desk.run()

    assert answers(desk, 2) == [("CARD", told)]
    assert answers(desk, 1) == []


def test_a_manager_that_is_away_is_told_the_newest_refusals_only():
    desk = Desk()
    for number in range(30):
        desk.feed(inputs.Presented(token(f"CARD{number}", connectors=(1, 99))))
        desk.feed(inputs.Judged(max(desk.validations), None, last=True))

    kept = len(desk.state.evses[1].errands)
    desk.run()

    assert kept == 9  # one was sent already
    assert [value for value, _ in answers(desk, 1)] == ["CARD0", *(f"CARD{each}" for each in range(22, 30))]


def test_a_token_that_lists_no_evse_tells_none():
    desk = Desk()
    desk.verdicts["CARD"] = verdict(A.BLOCKED)

    desk.present(token())

    assert answers(desk, 1) == answers(desk, 2) == []


def test_a_late_verdict_on_a_token_that_is_done_changes_nothing():
    desk = Desk()
    desk.present(token())
    before = desk.state

    desk.feed(inputs.Judged(1, verdict(), last=True))
    desk.feed(inputs.RequestLost(1))

    assert desk.state == before


def test_who_asks_the_validators_is_replaced_once():
    desk = Desk()
    desk.feed(inputs.Presented(token()))
    desk.validations.clear()

    desk.feed(inputs.RequestLost(1))
    again = dict(desk.validations)
    desk.feed(inputs.RequestLost(1))

    assert list(again) == [1]
    assert desk.stream() == ["Processing", "Rejected"]


def test_the_master_pass_stops_every_transaction_and_starts_none():
    """Row M2.11."""
    desk = charging(evses=3, master="police")
    desk.plug(2)
    desk.present(token("OTHER", connectors=(2,)))
    desk.plug(3)
    desk.verdicts["BADGE"] = verdict(parent="POLICE")

    desk.present(token("BADGE"))

    assert desk.charging() == {}
    assert desk.stream("BADGE") == ["Processing", "UsedToStop"]
    assert {one.reason for n in (1, 2) for _, one in desk.evses[n].stopped} == {
        StopTransactionReason.MASTER_PASS
    }


def test_the_master_pass_is_good_for_nothing_else():
    desk = Desk(master="POLICE")
    desk.verdicts["BADGE"] = verdict(parent="POLICE")

    desk.present(token("BADGE"))

    assert desk.stream("BADGE") == ["Processing", "Rejected"]


@pytest.mark.parametrize(
    ("prioritize", "evses", "end", "charges"),
    [
        (True, 2, "Accepted", {1: "CARD"}),
        (True, 1, "UsedToStop", {}),
        (False, 2, "UsedToStop", {}),
        (False, 1, "UsedToStop", {}),
    ],
)
def test_a_card_of_the_same_group_stops_or_takes_a_free_evse(prioritize, evses, end, charges):
    """Rows M1.4 and M2.12."""
    desk = charging(evses=evses, parent="FAMILY", prioritize_authorization=prioritize)
    desk.verdicts["SECOND"] = verdict(parent="family")

    desk.present(token("SECOND"))

    assert desk.stream("SECOND")[-1] == end
    assert desk.charging() == charges


def test_a_group_that_has_not_begun_yet_is_in_process_already():
    """Row M2.12: a holder without transaction yet."""
    desk = Desk(prioritize_authorization=False)
    desk.verdicts = {"ONE": verdict(parent="FAMILY"), "TWO": verdict(parent="FAMILY")}
    desk.present(token("ONE"))

    desk.present(token("TWO"))

    assert desk.stream("TWO") == ["Processing", "Rejected"]
    assert desk.holder(1) == "ONE"
    assert desk.holder(2) is None


@pytest.mark.parametrize(("evse_ids", "granted"), [(None, 1), ((2,), 2), ((1, 2), 1), ((7,), None)])
def test_a_validator_may_narrow_the_evses_of_a_token(evse_ids, granted):
    """Row M2.13."""
    desk = Desk()
    desk.verdicts["CARD"] = verdict(evse_ids=evse_ids)

    desk.present(token())

    assert [n for n in (1, 2) if desk.holder(n)] == ([granted] if granted else [])


def test_an_evse_that_was_taken_meanwhile_is_not_granted_twice():
    desk = Desk(1)
    desk.present(token("ONE"), run=False)
    desk.present(token("TWO"), run=False)

    desk.run()

    assert (desk.stream("ONE")[-1], desk.stream("TWO")[-1]) == ("Accepted", "Rejected")


def test_a_second_thought_replaces_verdict_and_parent_and_is_published():
    """Row M2.17."""
    desk = charging(number=2)
    text = MessageContent(content="0.30 EUR/kWh")
    update = ValidationResultUpdate(
        validation_result=verdict(parent="GROUP", tariff_messages=(text,)), connector_id=2
    )

    desk.feed(inputs.VerdictChanged(update))
    desk.verdicts["FRIEND"] = verdict(parent="GROUP")
    desk.evses[1].enable(enabled=False)
    desk.run()
    desk.present(token("FRIEND"))

    statuses = [
        (status, said.token.messages) for one, status, said in desk.statuses if one.id_token.value == "CARD"
    ]
    assert statuses[-1] == (TokenValidationStatus.ACCEPTED, (text,))
    assert desk.charging() == {}


def test_a_second_thought_that_refuses_is_kept_and_not_published():
    desk = charging()
    update = ValidationResultUpdate(validation_result=verdict(A.BLOCKED, parent="GROUP"), connector_id=1)

    desk.feed(inputs.VerdictChanged(update))

    assert desk.stream() == STARTED
    assert desk.state.evses[1].holder.result.parent_id_token.value == "GROUP"


@pytest.mark.parametrize("number", [2, 9])
def test_a_second_thought_about_nobody_is_noted(number):
    desk = charging()

    desk.feed(inputs.VerdictChanged(ValidationResultUpdate(validation_result=verdict(), connector_id=number)))

    assert desk.notes == ["verdict_about_nobody"]


# -- nobody there ------------------------------------------------------------------------------------------


def away(desk, number, times):
    """Nobody takes what the manager of an EVSE is asked."""
    for _ in range(times):
        _command, then = desk.to_evse[number].popleft()
        desk.feed(then(Failure(reason=FailureReason.UNAVAILABLE, detail="away")))
        if not desk.to_evse[number] and desk.timers:
            desk.fire_next()


def test_a_grant_that_cannot_reach_its_evse_goes_to_another():
    desk = Desk()
    desk.present(token(), run=False)
    desk.answer_validation(1)

    away(desk, 1, 10)

    assert desk.holder(1) is None
    assert desk.holder(2) == "CARD"
    assert desk.stream() == ["Processing", "Accepted"]


def test_a_grant_stays_where_no_other_evse_will_do():
    desk = Desk()
    desk.present(token(connectors=(1,)), run=False)
    desk.answer_validation(1)

    away(desk, 1, 10)
    desk.run()

    assert desk.holder(1) == "CARD"
    assert desk.evses[1].granted


def test_a_short_absence_moves_no_grant():
    desk = Desk()
    desk.present(token(), run=False)
    desk.answer_validation(1)

    away(desk, 1, 3)
    desk.run()

    assert desk.holder(1) == "CARD"
