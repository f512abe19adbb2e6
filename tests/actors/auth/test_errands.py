"""Tests for actors/auth/errands.py: what a manager is asked for is done once, whoever dies."""

from __future__ import annotations

import dataclasses

import pytest

from actors.auth.entries import Errand, ErrandKind
from actors.auth.errands import COMMANDS, DONE
from actors.evse.messages import EvseCondition, OutletCondition, Phase
from protocols.interfaces import evse_manager
from protocols.message import Failure, FailureReason
from protocols.types.evse_manager import StopTransactionReason, StopTransactionRequest
from tests.support.auth_desk import ACCEPTED, Desk, token

K = ErrandKind
IDLE = EvseCondition(evse_id=1, connectors=(OutletCondition(connector_id=1),))
SESSION = dataclasses.replace(IDLE, phase=Phase.SESSION, session_id="s1")
CHARGING = dataclasses.replace(IDLE, phase=Phase.TRANSACTION, session_id="s1", token=token())


def errand(kind, **fields):
    return Errand(number=1, kind=kind, **fields)


@pytest.mark.parametrize(
    ("given", "command"),
    [
        (
            errand(K.AUTHORIZE, token=token(), result=ACCEPTED),
            evse_manager.AuthorizeResponse(provided_token=token(), validation_result=ACCEPTED),
        ),
        (
            errand(K.REJECT, token=token(), result=ACCEPTED),
            evse_manager.AuthorizeResponse(provided_token=token(), validation_result=ACCEPTED),
        ),
        (errand(K.WITHDRAW), evse_manager.WithdrawAuthorization()),
        (
            errand(K.STOP, reason=StopTransactionReason.LOCAL, token=token()),
            evse_manager.StopTransaction(
                request=StopTransactionRequest(reason=StopTransactionReason.LOCAL, id_tag=token())
            ),
        ),
        (errand(K.RESERVE, reservation_id=-1), evse_manager.Reserve(reservation_id=-1)),
        (errand(K.RELEASE), evse_manager.CancelReservation()),
    ],
)
def test_each_errand_is_a_command_of_everest(given, command):
    assert COMMANDS[given.kind](given) == command


@pytest.mark.parametrize(
    ("given", "now", "done"),
    [
        (errand(K.AUTHORIZE, grants_before=3), dataclasses.replace(IDLE, grants_taken=3), False),
        (errand(K.AUTHORIZE, grants_before=3), dataclasses.replace(IDLE, grants_taken=4), True),
        (errand(K.AUTHORIZE), dataclasses.replace(IDLE, grants_taken=1), True),
        (errand(K.REJECT), IDLE, True),
        (errand(K.REJECT), dataclasses.replace(SESSION, presented=token()), False),
        (errand(K.WITHDRAW, token=token()), IDLE, True),
        (errand(K.WITHDRAW, token=token()), CHARGING, True),
        (errand(K.WITHDRAW, token=token()), SESSION, True),
        (errand(K.WITHDRAW, token=token()), dataclasses.replace(SESSION, token=token("card")), False),
        (errand(K.WITHDRAW, token=token()), dataclasses.replace(SESSION, token=token("OTHER")), True),
        (errand(K.WITHDRAW), SESSION, False),
        (errand(K.STOP, session_id="s1"), CHARGING, False),
        (errand(K.STOP, session_id="s0"), CHARGING, True),
        (errand(K.STOP, session_id="s1"), dataclasses.replace(CHARGING, phase=Phase.OVER), True),
        (errand(K.RESERVE, reservation_id=5), dataclasses.replace(IDLE, reservation_id=5), True),
        (errand(K.RESERVE, reservation_id=5), IDLE, False),
        (errand(K.RELEASE), IDLE, True),
        (errand(K.RELEASE), dataclasses.replace(IDLE, reservation_id=5), False),
    ],
)
def test_the_condition_tells_whether_an_errand_was_carried_out(given, now, done):
    assert DONE[given.kind](given, now) is done


def granted(desk):
    desk.present(token(), run=False)
    desk.answer_validation(1)
    return desk


def fail(desk, reason, *, carried_out=False):
    """The first command to EVSE 1 gets this failure."""
    command, then = desk.to_evse[1].popleft()
    if carried_out:
        desk.evses[1].command(command)
        desk.evses[1].out.clear()
    desk.evses[1].tell()
    desk.take_out(1)
    desk.feed(then(Failure(reason=reason, detail="it")))


def grants_told(desk):
    return sum(isinstance(one, evse_manager.AuthorizeResponse) for one in desk.evses[1].told)


@pytest.mark.parametrize("reason", [FailureReason.CRASHED, FailureReason.TIMEOUT])
@pytest.mark.parametrize("carried_out", [True, False])
def test_a_grant_whose_answer_was_lost_is_taken_in_once(reason, carried_out):
    desk = granted(Desk())

    fail(desk, reason, carried_out=carried_out)
    desk.run()

    assert len(desk.evses[1].granted) == grants_told(desk) == 1
    assert desk.holder(1) == "CARD"


@pytest.mark.parametrize("reason", [FailureReason.UNAVAILABLE, FailureReason.OVERLOADED])
def test_what_was_not_carried_out_is_tried_again_after_a_pause(reason):
    desk = granted(Desk())

    fail(desk, reason)
    desk.run()
    before = grants_told(desk)
    desk.wait(1)

    assert (before, grants_told(desk)) == (0, 1)


def test_a_manager_that_gives_no_sign_of_life_is_asked_for_it_again():
    desk = granted(Desk())
    fail(desk, FailureReason.CRASHED)
    _command, then = desk.to_evse[1].popleft()
    number, _reply = then(None)
    desk.from_evse[1].append((then, Failure(reason=FailureReason.TIMEOUT, detail="silent")))

    desk.run()
    before = grants_told(desk)
    desk.wait(1)

    assert number == 1
    assert (before, grants_told(desk)) == (0, 1)


def test_a_manager_that_never_says_how_it_is_is_granted_once():
    desk = granted(Desk())
    live = dataclasses.replace(desk.state.live[1], condition=None)
    desk.state = dataclasses.replace(desk.state, live={**desk.state.live, 1: live})

    command, then = desk.to_evse[1].popleft()
    desk.evses[1].command(command)
    desk.evses[1].out.clear()
    desk.feed(then(Failure(reason=FailureReason.CRASHED, detail="died")))
    desk.run()

    assert len(desk.evses[1].granted) == grants_told(desk) == 1


def test_an_answer_to_an_earlier_life_is_ignored():
    desk = granted(Desk())
    _command, then = desk.to_evse[1].popleft()
    desk.kill()
    before = desk.state

    desk.feed(then(Failure(reason=FailureReason.INVALID, detail="late")))

    assert desk.state == before


def test_a_manager_does_one_thing_at_a_time():
    desk = granted(Desk())

    for _ in range(2):
        desk.present(token("REFUSED", connectors=(1,)), run=False)

    assert len(desk.to_evse[1]) == 1
    assert len(desk.state.evses[1].errands) == 3


def test_an_errand_not_needed_any_more_blocks_nobody():
    """A transaction begins while its withdrawal is under way."""
    desk = Desk(timeout_s=30)
    desk.present(token())
    desk.evses[1].plug()
    desk.take_out(1)
    events = list(desk.from_evse[1])
    desk.from_evse[1].clear()
    desk.fire_next()
    while desk.state.evses[1].holder.leaving is None:
        desk.fire_next()
    desk.from_evse[1].extend(events)
    while desk.from_evse[1]:
        desk.deliver_from_evse(1)

    desk.run()

    assert desk.state.evses[1].errands == ()
    assert desk.stream()[-1] == "UsedToStart"
    assert desk.charging() == {1: "CARD"}
