"""What an EVSE manager is told to do, until it has done it (rows S9.3, S9.4, M10.12)."""

import pytest

from actors.ocpp.blocks import metering, transaction_orders, transactions
from actors.ocpp.blocks.transaction_orders import Order
from actors.ocpp.device_model import variables
from actors.ocpp.inputs import Peer, Target
from protocols.interfaces import auth, evse_manager
from protocols.message import Failure, FailureReason, Reply
from protocols.types.authorization import WithdrawAuthorizationResult
from protocols.types.evse_manager import StopTransactionReason as Stop
from tests.support.ocpp_station import PEERS, Station
from tests.support.ocpp_transactions import Evse, kinds

LOST = Failure(reason=FailureReason.CRASHED, detail="")


def running(**options):
    made = Station(blocks=(metering.BLOCK, transactions.BLOCK), **options)
    made.restart()
    evse = Evse(made)
    evse.plug()
    evse.authorize()
    return made, evse


def orders(made):
    return list(made.tables.all(Order).values())


def stop(made, reason=Stop.REMOTE):
    made.turn(lambda turn: transactions.stop(turn, transactions.running(turn, 1), reason))


def pause(made, evse):
    made.turn(lambda turn: transaction_orders.pause(turn, 1, evse.session))


def go_on(made, evse):
    made.turn(lambda turn: transaction_orders.go_on(turn, 1, evse.session))


def test_a_stop_stands_until_the_manager_has_stopped():  # S9.4
    made, evse = running()
    stop(made)
    assert [each.stop for each in orders(made)] == [Stop.REMOTE]
    made.reply(evse_manager.StopTransaction, evse_manager.StopTransactionReply(stopped=True))
    assert orders(made) == []
    evse.finish(Stop.REMOTE)

    assert kinds(made)[-1] == ("Ended", "RemoteStop")


def test_a_stop_that_nobody_heard_is_said_again():
    made, _evse = running()
    stop(made)
    made.reply(evse_manager.StopTransaction, LOST)
    assert made.timers()["order 1"] == transaction_orders.AGAIN_S
    made.fire("order 1")

    assert len(made.asks(evse_manager.StopTransaction)) == 2


def test_a_session_that_is_over_needs_no_order():
    made, evse = running()
    stop(made)
    made.reply(evse_manager.StopTransaction, LOST)
    evse.unplug()

    assert orders(made) == []
    assert "order 1" not in made.timers()
    assert made.fire("order 1") == []


def test_an_order_of_another_session_stays():
    made, evse = running()
    stop(made)
    made.turn(lambda turn: transaction_orders.settle(turn, 1, "another"))

    assert [each.session_id for each in orders(made)] == [evse.session]


def authorized(**options):
    """A grant without a car: the manager has no transaction, OCPP has."""
    made = Station(blocks=(metering.BLOCK, transactions.BLOCK), **options)
    made.restart()
    made.set(variables.START_POINTS, ("Authorized",))
    evse = Evse(made)
    evse.authorize()
    stop(made)
    made.reply(evse_manager.StopTransaction, evse_manager.StopTransactionReply(stopped=False))
    return made, evse


@pytest.mark.parametrize("result", WithdrawAuthorizationResult)
def test_what_the_manager_cannot_stop_is_withdrawn(result):
    made, _evse = authorized()
    assert [each.request.evse_id for each in made.asks(auth.WithdrawAuthorization)] == [1]
    made.reply(auth.WithdrawAuthorization, auth.WithdrawAuthorizationReply(result=result))

    assert orders(made) == []


def test_a_withdrawal_that_nobody_heard_begins_with_the_stop():
    made, _evse = authorized()
    made.reply(auth.WithdrawAuthorization, LOST)
    made.fire("order 1")

    assert len(made.asks(evse_manager.StopTransaction)) == 2


def test_without_auth_there_is_nothing_to_withdraw():
    made, _evse = authorized(peers=frozenset(each for each in PEERS if each != Peer(Target.AUTH)))

    assert not made.asks(auth.WithdrawAuthorization)
    assert orders(made) == []


def test_a_late_answer_to_a_withdrawal_changes_nothing():
    made, evse = authorized()
    evse.say(transactions.SessionEventEnum.SESSION_FINISHED)
    result = WithdrawAuthorizationResult.ACCEPTED

    assert made.reply(auth.WithdrawAuthorization, auth.WithdrawAuthorizationReply(result=result)) == []


@pytest.mark.parametrize(
    ("give", "kind", "reply"),
    [
        (pause, evse_manager.PauseCharging, evse_manager.PauseChargingReply(paused=True)),
        (pause, evse_manager.PauseCharging, evse_manager.PauseChargingReply(paused=False)),
        (go_on, evse_manager.ResumeCharging, evse_manager.ResumeChargingReply(resumed=True)),
        (go_on, evse_manager.ResumeCharging, evse_manager.ResumeChargingReply(resumed=False)),
    ],
)
def test_a_pause_and_its_end_are_done_when_answered(give, kind, reply):
    made, evse = running()
    give(made, evse)
    made.reply(kind, LOST)
    made.restart()
    assert len(made.asks(kind)) == 1
    made.reply(kind, reply)

    assert orders(made) == []


@pytest.mark.parametrize(
    ("first", "kind"), [(pause, evse_manager.PauseCharging), (go_on, evse_manager.ResumeCharging)]
)
def test_an_answer_to_an_order_that_is_replaced_is_passed_over(first, kind):
    made, evse = running()
    first(made, evse)
    stop(made)
    made.reply(kind, Reply())

    assert [each.stop for each in orders(made)] == [Stop.REMOTE]


@pytest.mark.parametrize("give", [pause, go_on])
def test_a_stop_is_not_replaced_by_less(give):
    made, evse = running()
    stop(made)
    give(made, evse)

    assert [each.stop for each in orders(made)] == [Stop.REMOTE]


def test_an_answer_to_a_stop_that_is_settled_is_passed_over():
    made, evse = running()
    stop(made)
    evse.unplug()

    made.reply(evse_manager.StopTransaction, evse_manager.StopTransactionReply(stopped=False))
    assert not made.asks(auth.WithdrawAuthorization)
