"""Limits of a transaction: set, told, reached, raised (OCPP 2.1, E16)."""

from dataclasses import replace
from decimal import Decimal

import pytest
from ocpp.v21 import call_result, datatypes, enums

from actors.ocpp.blocks import metering, transaction_limits, transactions
from actors.ocpp.device_model import variables
from actors.ocpp.inputs import Target
from protocols.interfaces import evse_manager
from protocols.message import Failure, FailureReason
from protocols.types.evse_manager import EVInfo, SessionEventEnum, StopTransactionReason
from tests.support.ocpp_station import Station
from tests.support.ocpp_transactions import Evse, told

BLOCKS = (metering.BLOCK, transactions.BLOCK)
E = SessionEventEnum
LIMITS = {
    "maxEnergy": datatypes.TransactionLimitType(max_energy=500.0),
    "maxTime": datatypes.TransactionLimitType(max_time=600),
    "maxSoC": datatypes.TransactionLimitType(max_soc=80),
    "maxCost": datatypes.TransactionLimitType(max_cost=12.5),
}


def charging(limit=None, **options):
    """A car that charges, its start answered with a limit."""
    made = Station(blocks=BLOCKS, **options)
    made.restart()
    made.connect()
    made.core.live.accepted = True
    evse = Evse(made)
    evse.plug()
    evse.authorize()
    evse.charge()
    if limit is not None:
        answer(made, transaction_limit=limit)
    return made, evse


def answer(made, **fields):
    """The open event is answered, those behind it without anything."""
    made.answered(call_result.TransactionEvent(**fields))
    while made.open is not None:
        made.answered(call_result.TransactionEvent())


def every(made):
    """All events so far, the answered ones among them."""
    found = {each["seqNo"]: each for each in made.sent("TransactionEvent")}
    return list((found | {each["seqNo"]: each for each in told(made)}).values())


def triggers(made):
    return [each["triggerReason"] for each in every(made)]


def read(made, evse, **fields):
    meter = replace(evse.meter, **fields)
    made.say(Target.EVSE_MANAGER, evse_manager.Powermeter(powermeter=meter))


def reach(made, evse, name):
    """Let a car come to its limit."""
    if name == "maxEnergy":
        evse.wh += 500
        made.later(1)
        read(made, evse)
    elif name == "maxTime":
        made.later(600)
        made.fire("limit 1")
    elif name == "maxSoC":
        made.say(Target.EVSE_MANAGER, evse_manager.EvInfo(ev_info=EVInfo(soc_percent=80.0)))
    else:
        evse.say(E.CHARGING_PAUSED_EV)
        made.later(1)
        evse.charge()
        made.answered(call_result.TransactionEvent(total_cost=12.5))


@pytest.mark.parametrize("limit", LIMITS.values(), ids=LIMITS)
def test_a_limit_is_confirmed_once(limit):  # E16.FR.03
    made, _evse = charging(limit)

    set_events = [each for each in every(made) if each["triggerReason"] == "LimitSet"]
    assert len(set_events) == 1
    (name,) = set_events[0]["transactionInfo"]["transactionLimit"]
    assert name in LIMITS


def test_the_same_limit_again_is_no_news():
    made, evse = charging(LIMITS["maxEnergy"])
    evse.say(E.CHARGING_PAUSED_EV)
    answer(made, transaction_limit=LIMITS["maxEnergy"])

    assert triggers(made).count("LimitSet") == 1


def test_a_limit_that_is_not_named_stays():
    made, evse = charging(LIMITS["maxEnergy"])
    evse.say(E.CHARGING_PAUSED_EV)
    answer(made, transaction_limit=LIMITS["maxSoC"])

    assert every(made)[-1]["transactionInfo"]["transactionLimit"] == {"maxEnergy": 500.0, "maxSoC": 80}


REACHED = {
    "maxEnergy": "EnergyLimitReached",
    "maxTime": "TimeLimitReached",
    "maxSoC": "SoCLimitReached",
    "maxCost": "CostLimitReached",
}


@pytest.mark.parametrize("name", REACHED)
def test_a_limit_that_is_reached_pauses_with_its_own_trigger(name):  # E16.FR.05
    made, evse = charging(LIMITS[name])
    reach(made, evse, name)
    assert len(made.asks(evse_manager.PauseCharging)) == 1
    evse.say(E.CHARGING_PAUSED_EVSE)

    last = every(made)[-1]
    assert (last["triggerReason"], last["transactionInfo"]["chargingState"]) == (
        REACHED[name],
        "SuspendedEVSE",
    )


@pytest.mark.parametrize("name", REACHED)
def test_a_pause_for_a_stop_point_ends_with_the_limit_as_reason(name):  # E16.FR.06
    made, evse = charging(LIMITS[name])
    made.set(variables.STOP_POINTS, ("EnergyTransfer",))
    if name == "maxCost":
        made.set(variables.STOP_POINTS, ("EVConnected",))
    reach(made, evse, name)
    made.set(variables.STOP_POINTS, ("EnergyTransfer",))
    evse.say(E.CHARGING_PAUSED_EVSE)

    expected = {
        "maxEnergy": "EnergyLimitReached",
        "maxTime": "TimeLimitReached",
        "maxSoC": "SOCLimitReached",
        "maxCost": "LocalOutOfCredit",
    }
    assert every(made)[-1]["eventType"] == "Ended"
    assert every(made)[-1]["transactionInfo"]["stoppedReason"] == expected[name]


def test_a_limit_below_what_is_reached_counts_at_once():  # E16.FR.10
    made, evse = charging()
    evse.wh += 700
    made.later(1)
    read(made, evse)
    answer(made, transaction_limit=LIMITS["maxEnergy"])

    assert made.asks(evse_manager.PauseCharging)


def test_a_raised_limit_lets_it_go_on():  # E16.FR.14
    made, evse = charging(LIMITS["maxEnergy"])
    reach(made, evse, "maxEnergy")
    made.reply(evse_manager.PauseCharging, evse_manager.PauseChargingReply(paused=True))
    evse.say(E.CHARGING_PAUSED_EVSE)
    answer(made, transaction_limit=datatypes.TransactionLimitType(max_energy=900.0))
    assert len(made.asks(evse_manager.ResumeCharging)) == 1
    made.reply(evse_manager.ResumeCharging, evse_manager.ResumeChargingReply(resumed=True))
    evse.wh += 400
    made.later(1)
    read(made, evse)

    assert len(made.asks(evse_manager.PauseCharging)) == 2


def test_a_limit_raised_too_little_changes_nothing():
    made, evse = charging(LIMITS["maxEnergy"])
    reach(made, evse, "maxEnergy")
    evse.wh += 300
    made.later(1)
    read(made, evse)
    evse.say(E.CHARGING_PAUSED_EVSE)
    answer(made, transaction_limit=datatypes.TransactionLimitType(max_energy=600.0))

    assert not made.asks(evse_manager.ResumeCharging)
    assert len(made.asks(evse_manager.PauseCharging)) == 1


def test_a_car_that_is_not_charging_is_told_of_at_once():
    made, evse = charging(LIMITS["maxTime"])
    evse.say(E.CHARGING_PAUSED_EV)
    reach(made, evse, "maxTime")

    assert triggers(made)[-1] == "TimeLimitReached"


@pytest.mark.parametrize("paused", [True, False])
def test_a_manager_that_cannot_pause_has_the_limit_told_at_once(paused):
    made, evse = charging(LIMITS["maxTime"])
    reach(made, evse, "maxTime")
    made.reply(evse_manager.PauseCharging, evse_manager.PauseChargingReply(paused=paused))

    assert ("TimeLimitReached" in triggers(made)) is not paused


def test_nothing_is_told_of_a_pause_when_the_transaction_is_over():
    made, evse = charging(LIMITS["maxTime"])
    reach(made, evse, "maxTime")
    evse.unplug()
    made.reply(evse_manager.PauseCharging, evse_manager.PauseChargingReply(paused=False))

    assert triggers(made)[-1] != "TimeLimitReached"
    made.fire("limit 1")
    assert every(made)[-1]["eventType"] == "Ended"


def test_a_successor_goes_on_watching_the_clock():
    made, _evse = charging(LIMITS["maxTime"])
    made.later(100)
    made.restart()

    assert made.timers()["limit 1"] == pytest.approx(500)


def test_a_successor_that_comes_late_pauses_at_once():
    made, _evse = charging(LIMITS["maxTime"])
    made.later(700)
    made.restart()

    assert made.asks(evse_manager.PauseCharging)


def test_orders_that_were_not_heard_are_given_again():
    made, evse = charging(LIMITS["maxEnergy"])
    reach(made, evse, "maxEnergy")
    made.reply(evse_manager.PauseCharging, evse_manager.PauseChargingReply(paused=True))
    evse.say(E.CHARGING_PAUSED_EVSE)
    answer(made, transaction_limit=datatypes.TransactionLimitType(max_energy=900.0))
    made.reply(evse_manager.ResumeCharging, Failure(reason=FailureReason.CRASHED, detail=""))
    made.fire("order 1")

    assert len(made.asks(evse_manager.ResumeCharging)) == 2


def test_what_limits_are_kept_stands_in_the_device_model():
    made, _evse = charging()

    assert made.model.find(transaction_limits.SUPPORTED) == transaction_limits.ALL
    made.restart()
    assert made.model.find(transaction_limits.SUPPORTED) == transaction_limits.ALL


def test_without_a_meter_nothing_counts_as_delivered():
    made, _evse = charging()
    transaction = next(iter(made.tables.all(transactions.Transaction).values()))
    found = []
    made.turn(
        lambda turn: found.append(
            transaction_limits.delivered_wh(turn, replace(transaction, meter_start=None))
        )
    )

    assert found == [Decimal(0)]


# -- tokens that are refused later --------------------------------------------------------------------------


def status(name):
    return datatypes.IdTokenInfoType(status=enums.AuthorizationStatusEnumType(name))


def refused():
    made, evse = charging()
    made.set(variables.STOP_ON_INVALID_ID, False)  # noqa: FBT003  # the value
    answer(made, id_token_info=status("Invalid"))
    made.reply(evse_manager.PauseCharging, evse_manager.PauseChargingReply(paused=True))
    evse.say(E.CHARGING_PAUSED_EVSE)
    return made


def test_a_refused_token_that_is_accepted_after_all_goes_on():
    made = refused()
    answer(made, id_token_info=status("Accepted"))

    assert len(made.asks(evse_manager.ResumeCharging)) == 1


def test_an_accepted_token_has_nothing_to_go_on_from():
    made, _evse = charging()
    answer(made, id_token_info=status("Accepted"))

    assert not made.asks(evse_manager.ResumeCharging)


def test_a_raised_limit_does_not_help_a_refused_token():
    made, evse = charging(LIMITS["maxTime"])
    made.set(variables.STOP_ON_INVALID_ID, False)  # noqa: FBT003  # the value
    reach(made, evse, "maxTime")
    evse.say(E.CHARGING_PAUSED_EVSE)
    made.answered(call_result.TransactionEvent(id_token_info=status("Blocked")))
    evse.say(E.CHARGING_PAUSED_EV)
    answer(made, transaction_limit=datatypes.TransactionLimitType(max_time=6000))

    assert not made.asks(evse_manager.ResumeCharging)


def test_an_accepted_token_does_not_help_over_a_limit():
    made = refused()
    made.later(1000)
    evse = Evse(made)
    evse.session = next(iter(made.tables.all(transactions.Transaction).values())).session_id
    evse.say(E.CHARGING_PAUSED_EV)
    made.answered(call_result.TransactionEvent(transaction_limit=LIMITS["maxTime"]))
    answer(made, id_token_info=status("Accepted"))

    assert not made.asks(evse_manager.ResumeCharging)


def test_who_is_to_stop_is_not_paused_any_more():
    made, evse = charging(LIMITS["maxTime"])
    made.turn(
        lambda turn: transactions.stop(turn, transactions.running(turn, 1), StopTransactionReason.REMOTE)
    )
    reach(made, evse, "maxTime")

    assert not made.asks(evse_manager.PauseCharging)
    made.reply(evse_manager.StopTransaction, evse_manager.StopTransactionReply(stopped=True))
