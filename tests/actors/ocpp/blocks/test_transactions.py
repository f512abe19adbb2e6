"""Transactions as the CSMS is told of them (rows M10.1 to M10.5, M10.12, S8.5, S8.17, S9.19)."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ocpp.v21 import call, call_result, datatypes, enums

from actors.drivers.messages import BayState
from actors.evse.messages import Flow, OutletCondition, Phase
from actors.ocpp.blocks import metering, transaction_limits, transactions
from actors.ocpp.blocks.authorization_entries import CachedToken, token_of
from actors.ocpp.blocks.transaction_entries import Transaction, running
from actors.ocpp.device_model import variables
from actors.ocpp.inputs import Target
from actors.ocpp.messages import Outcome
from actors.ocpp.tables import Overlay
from actors.ocpp.turn import Turn
from protocols.interfaces import auth, auth_token_validator, evse_manager, ocpp, session_cost
from protocols.ocpp.version import Version
from protocols.types.authorization import CustomIdToken, IdToken, IdTokenType
from protocols.types.evse_manager import (
    AuthorizationEvent,
    EVInfo,
    SessionEvent,
    SessionEventEnum,
    StopTransactionReason,
    TransactionFinished,
    TransactionStarted,
)
from tests.support.ocpp_station import Station
from tests.support.ocpp_transactions import CARD, REMOTE, Evse, kinds, told

BLOCKS = (metering.BLOCK, transactions.BLOCK)
E = SessionEventEnum


def station(**options):
    made = Station(blocks=BLOCKS, **options)
    made.restart()
    return made


def test_a_card_at_a_plugged_car_starts_and_stops_a_transaction():
    made = station()
    evse = Evse(made)

    evse.plug()
    evse.authorize()
    evse.charge()
    evse.finish(token=CARD)
    evse.unplug()

    assert kinds(made) == [
        ("Started", "Authorized"),
        ("Updated", "ChargingStateChanged"),
        ("Ended", "StopAuthorized"),
    ]
    assert [each["seqNo"] for each in told(made)] == [0, 1, 2]
    assert told(made)[2]["transactionInfo"]["stoppedReason"] == "Local"
    assert "idToken" not in told(made)[1]


@pytest.mark.parametrize(
    ("token", "first", "trigger"),
    [
        (CARD, "plug", "Authorized"),
        (REMOTE, "plug", "RemoteStart"),
        (CARD, "authorize", "CablePluggedIn"),
        (REMOTE, "authorize", "CablePluggedIn"),
    ],
)
def test_the_last_to_arrive_is_the_trigger_of_a_start(token, first, trigger):  # M10.3
    made = station()
    evse = Evse(made)

    if first == "plug":
        evse.plug()
        evse.authorize(token)
    else:
        evse.authorize(token)
        evse.plug()

    assert kinds(made) == [("Started", trigger)]
    expected = 77 if token is REMOTE else None
    assert told(made)[0]["transactionInfo"].get("remoteStartId") == expected


POINTS = ("ParkingBayOccupancy", "EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer")
STARTS_AT = {
    "ParkingBayOccupancy": 0,
    "EVConnected": 0,
    "Authorized": 1,
    "PowerPathClosed": 1,
    "EnergyTransfer": 2,
}
STOPS_AT = {
    "ParkingBayOccupancy": 5,
    "EVConnected": 5,
    "Authorized": 4,
    "PowerPathClosed": 4,
    "EnergyTransfer": 3,
}


@pytest.mark.parametrize("stop", POINTS)
@pytest.mark.parametrize("start", POINTS)
def test_every_pair_of_points_begins_and_ends_where_it_says(start, stop):  # M10.1, M10.2
    made = station()
    made.set(variables.START_POINTS, (start,))
    made.set(variables.STOP_POINTS, (stop,))
    evse = Evse(made)
    started = ended = None

    for number, step in enumerate(
        (
            evse.plug,
            evse.authorize,
            evse.charge,
            lambda: evse.say(E.STOPPING_CHARGING),
            evse.finish,
            evse.unplug,
        )
    ):
        step()
        found = [each[0] for each in kinds(made)]
        if started is None and "Started" in found:
            started = number
        if ended is None and "Ended" in found:
            ended = number

    assert (started, ended) == (STARTS_AT[start], STOPS_AT[stop])


def test_an_event_said_again_changes_nothing():
    made = station()
    evse = Evse(made)
    evse.plug()
    evse.authorize()
    evse.repeat()
    evse.unplug()
    evse.repeat()

    assert [each[0] for each in kinds(made)] == ["Started", "Ended"]


def test_a_condition_makes_up_for_a_missed_end():
    made = station()
    evse = Evse(made)
    evse.plug()
    evse.authorize()
    evse.phase, evse.plugged, evse.token = Phase.IDLE, False, None
    evse.condition()

    assert kinds(made)[-1] == ("Ended", "EVCommunicationLost")
    assert told(made)[-1]["transactionInfo"]["chargingState"] == "Idle"  # M10.4


def test_a_missed_end_is_told_once_with_its_reason_and_reading():
    # given a station that was away when a car stopped and left
    made = station()
    evse = Evse(made)
    evse.plug()
    evse.authorize()
    session, began = evse.session, evse.meter
    evse.wh += 500
    finished = TransactionFinished(meter_value=evse.meter, reason=StopTransactionReason.STOPPED_BY_EV)
    ended = SessionEvent(
        uuid=session, timestamp=made.now, connector_id=1, event=E.TRANSACTION_FINISHED,
        transaction_finished=finished,
    )  # fmt: skip
    made.restart()

    # when it hears how the EVSE is now
    evse.phase, evse.plugged, evse.token = Phase.IDLE, False, None
    evse.condition(ended=ended)
    evse.condition(ended=ended)

    # then nothing is lost: neither how much nor why
    last = told(made)[-1]
    assert [each[0] for each in kinds(made)] == ["Started", "Ended"]
    assert last["transactionInfo"]["stoppedReason"] == "StoppedByEV"
    assert registers(last)[-1] == ("Transaction.End", 1500.0)
    assert began.energy_wh_import.total_wh == 1000


def test_an_end_that_was_heard_is_not_told_again():
    made = station()
    evse = Evse(made)
    evse.plug()
    evse.authorize()
    evse.finish()
    ended = evse.last.event
    evse.unplug()

    evse.condition(ended=ended)
    evse.plug()
    evse.condition(ended=ended)
    evse.authorize()
    evse.condition(ended=ended, start_reading=evse.meter)

    assert [each[0] for each in kinds(made)] == ["Started", "Ended", "Started"]


def test_a_condition_makes_up_for_a_missed_start():
    made = station()
    evse = Evse(made)
    evse.phase, evse.plugged, evse.token = Phase.TRANSACTION, True, CARD
    evse.condition()
    evse.condition()

    assert kinds(made) == [("Started", "Authorized")]


def registers(event):
    """The energy registers in an event, with their contexts."""
    samples = [each for value in event.get("meterValue", ()) for each in value["sampledValue"]]
    return [(each["context"], each["value"]) for each in samples if "Register" in each["measurand"]]


def test_a_missed_start_is_told_with_the_reading_it_had():
    # given a station that was away when a transaction began, and hears of it when energy has flowed
    made = station()
    evse = Evse(made)
    evse.phase, evse.plugged, evse.token = Phase.TRANSACTION, True, CARD
    began = evse.meter
    evse.wh += 500
    made.say(Target.EVSE_MANAGER, evse_manager.Powermeter(powermeter=evse.meter), 1)

    evse.condition(start_reading=began)
    evse.condition(start_reading=began)
    evse.finish()

    first, last = told(made)
    assert registers(first) == [("Transaction.Begin", 1000.0)]
    assert ("Transaction.End", 1500.0) in registers(last)


def test_a_reading_that_comes_with_an_authorization_is_told():
    """It may be the first that a station hears: its predecessor heard how the session began."""
    made = station()
    evse = Evse(made)
    evse.phase, evse.plugged, evse.token = Phase.SESSION, True, CARD
    evse.condition(token=None)

    evse.say(E.AUTHORIZED, authorization_event=AuthorizationEvent(meter_value=evse.meter))
    evse.condition()

    assert registers(told(made)[0]) == [("Transaction.Begin", 1000.0)]


@pytest.mark.parametrize(("late_s", "kept"), [(0.5, True), (3600.0, False)])
def test_an_event_that_was_overtaken_does_not_go_back(late_s, kept):
    # given a transaction that a condition has begun, as of when it was heard
    made = station()
    evse = Evse(made)
    evse.phase, evse.plugged, evse.token = Phase.TRANSACTION, True, CARD
    evse.condition()

    # when an event is heard that is from before that, or the clock was set back
    made.now -= timedelta(seconds=late_s)
    evse.charge()

    began, goes_on = (each["timestamp"] for each in told(made))
    assert (goes_on == began) is kept


def test_no_transaction_begins_on_an_inoperative_evse_until_it_is_mended():  # S17.5
    made = station()
    made.set(variables.START_POINTS, ("EVConnected",))
    evse = Evse(made)
    evse.condition(connectors=(OutletCondition(connector_id=1, faulted=True),))
    evse.plug()
    assert kinds(made) == []
    evse.condition()
    assert [each[0] for each in kinds(made)] == ["Started"]


@pytest.mark.parametrize("version", [Version.V201, Version.V21])
def test_the_evcc_id_goes_along_in_2_1_only(version):  # M10.5
    made = station(version=version)
    made.connect()
    made.say(Target.EVSE_MANAGER, evse_manager.EvInfo(ev_info=EVInfo(evcc_id="00:11:22:33:44:55")))
    evse = Evse(made)
    evse.plug()
    evse.authorize()

    assert ("additionalInfo" in told(made)[0]["idToken"]) is (version is Version.V21)


def accepted(made):
    made.connect()
    made.core.live.accepted = True
    made.later(1)
    return made


def invalid(made):
    info = datatypes.IdTokenInfoType(status=enums.AuthorizationStatusEnumType.invalid)
    made.fire("queue")
    made.answered(call_result.TransactionEvent(id_token_info=info))


def in_transaction():
    made = accepted(station())
    evse = Evse(made)
    evse.plug()
    evse.authorize()
    return made, evse


def test_an_invalid_token_stops_its_transaction_where_that_is_wanted():  # M10.12
    made, evse = in_transaction()
    invalid(made)

    assert made.asks(evse_manager.StopTransaction)[0].request.reason is StopTransactionReason.DE_AUTHORIZED
    assert made.published(auth_token_validator.ValidateResultUpdate)  # S8.5
    evse.finish(StopTransactionReason.DE_AUTHORIZED)
    assert kinds(made)[-1] == ("Ended", "Deauthorized")


def test_an_invalid_token_pauses_where_nothing_else_is_wanted():  # S9.3
    made, _evse = in_transaction()
    made.set(variables.STOP_ON_INVALID_ID, False)  # noqa: FBT003  # the value
    invalid(made)

    assert made.asks(evse_manager.PauseCharging)


def test_an_invalid_token_may_still_have_its_energy():  # M10.12
    made, evse = in_transaction()
    made.set(variables.STOP_ON_INVALID_ID, False)  # noqa: FBT003  # the value
    made.set(variables.MAX_ENERGY_INVALID_ID, 500)
    invalid(made)
    assert not made.asks(evse_manager.PauseCharging)
    evse.wh += 500
    made.later(1)
    made.say(Target.EVSE_MANAGER, evse_manager.Powermeter(powermeter=evse.meter))

    assert len(made.asks(evse_manager.PauseCharging)) == 1


def test_a_verdict_on_a_token_in_use_goes_into_the_cache():  # C10
    made, _evse = in_transaction()
    invalid(made)
    made.restart()

    (entry,) = made.tables.all(CachedToken).values()
    assert entry.token == token_of(CARD.id_token)
    assert not entry.accepted


def test_an_order_is_given_again_by_a_successor():
    made, _evse = in_transaction()
    invalid(made)
    made.restart()

    assert made.asks(evse_manager.StopTransaction)


def test_a_transaction_without_the_managers_is_ended_by_withdrawing():
    made = station()
    made.set(variables.START_POINTS, ("Authorized",))
    evse = Evse(made)
    evse.authorize(REMOTE)

    turn_stop(made, running_of(made))
    made.reply(evse_manager.StopTransaction, evse_manager.StopTransactionReply(stopped=False))
    assert made.asks(auth.WithdrawAuthorization)
    evse.say(E.DEAUTHORIZED)

    assert kinds(made)[-1] == ("Ended", "RemoteStop")
    assert told(made)[-1]["transactionInfo"]["stoppedReason"] == "Remote"


def turn_of(made):
    overlay = Overlay(made.tables)
    return Turn(overlay, made.core.live, made.model, made.core.settings, made.now)


def running_of(made, evse_id=1):
    return running(turn_of(made), evse_id)


def turn_stop(made, transaction):
    turn = turn_of(made)
    transactions.stop(turn, transaction, StopTransactionReason.REMOTE)
    made.tables.apply(turn.overlay.records)
    made.effects.extend(turn.effects)


def test_costs_and_texts_of_an_answer_are_published():  # S8.17, S8.21
    made, _evse = in_transaction()
    made.fire("queue")
    made.answered(call_result.TransactionEvent(total_cost=3.25, charging_priority=2))

    response = made.published(ocpp.OcppTransactionEventResponse)[0].response
    assert (response.total_cost, response.charging_priority) == (Decimal("3.25"), 2)
    cost = made.published(session_cost.SessionCost)[0].cost
    assert cost.cost_chunks[0].cost.minor_units == 3250


def test_the_status_of_a_transaction_is_told():  # E14
    made, evse = in_transaction()
    transaction_id = running_of(made).transaction_id
    answer = made.request(call.GetTransactionStatus(transaction_id=transaction_id))
    assert answer == {"messagesInQueue": True, "ongoingIndicator": True}
    evse.unplug()
    while made.open is not None:
        made.answered(call_result.TransactionEvent())
    answer = made.request(call.GetTransactionStatus(transaction_id=transaction_id))
    assert answer == {"messagesInQueue": False, "ongoingIndicator": False}
    assert made.request(call.GetTransactionStatus()) == {"messagesInQueue": False}
    assert not made.tables.all(Transaction)


@pytest.mark.parametrize(("resumes", "last"), [(True, "TxResumed"), (False, "AbnormalCondition")])
def test_a_restart_of_the_site_resumes_or_ends_transactions(resumes, last):  # E17
    made = station(options={"site_life": "one"})
    made.set(variables.RESUME_TRANSACTIONS, resumes)
    evse = Evse(made)
    evse.plug()
    evse.authorize()
    made.options["site_life"] = "two"
    made.restart()
    evse.condition()

    assert kinds(made)[-1][1] == last
    assert (running_of(made) is not None) is resumes


@pytest.mark.parametrize(
    ("allowed", "flow", "state", "pauses"),
    [
        (True, Flow.CHARGING, "Charging", 0),
        (False, Flow.CHARGING, "SuspendedEVSE", 1),
        (False, Flow.PAUSED_BY_EV, "SuspendedEV", 1),
    ],
)
def test_energy_flows_again_after_a_restart_where_allowed(allowed, flow, state, pauses):  # E17
    made = station(options={"site_life": "one"})
    made.set(variables.ENERGY_RESUMPTION, allowed)
    evse = Evse(made)
    evse.plug()
    evse.authorize()
    evse.charge()
    made.options["site_life"] = "two"
    made.restart()
    evse.condition(flow=flow)

    assert running_of(made).suspended is not allowed
    assert told(made)[-1]["triggerReason"] == "TxResumed"
    assert told(made)[-1]["transactionInfo"]["chargingState"] == state
    assert len(made.asks(evse_manager.PauseCharging)) == pauses


def test_what_a_restart_has_suspended_stays_so():  # E17
    made = station(options={"site_life": "one"})
    made.set(variables.ENERGY_RESUMPTION, value=False)
    evse = Evse(made)
    evse.plug()
    evse.authorize()
    made.options["site_life"] = "two"
    made.restart()
    evse.condition()
    held = replace(running_of(made), held=True)
    made.turn(lambda turn: turn.put(held))
    made.turn(lambda turn: transaction_limits.release(turn, held))

    assert not made.asks(evse_manager.ResumeCharging)


def test_a_restart_of_the_actor_alone_tells_nothing():
    made, evse = in_transaction()
    made.restart()
    evse.condition()

    assert [each[0] for each in kinds(made)] == ["Started"]


def test_nothing_is_told_of_what_happens_while_stopped():  # S8.10
    made = station()
    made.core.live.stopped = True
    evse = Evse(made)
    evse.plug()
    evse.authorize()
    made.core.live.stopped = False
    evse.charge()
    evse.unplug()

    assert told(made) == []
    assert not made.tables.all(Transaction)


def test_a_restart_that_took_too_long_ends_transactions():  # E17
    made = station(options={"site_life": "one"})
    evse = Evse(made)
    evse.plug()
    evse.authorize()
    made.set(variables.RESUMPTION_TIMEOUT, 300)
    made.options["site_life"] = "two"
    made.later(301)
    made.restart()

    assert kinds(made)[-1] == ("Ended", "AbnormalCondition")
    assert told(made)[-1]["transactionInfo"]["stoppedReason"] == "PowerLoss"
    assert made.asks(evse_manager.StopTransaction)


def test_the_site_is_seen_to_live_while_somebody_charges():
    made = station(options={"site_life": "one"})
    evse = Evse(made)
    evse.plug()
    evse.authorize()
    for _ in range(10):
        made.later(60)
        made.fire("alive")
        assert made.timers()["alive"] == 60
    made.options["site_life"] = "two"
    made.later(299)
    made.restart()
    evse.say(E.SESSION_RESUMED)

    assert kinds(made)[-1] == ("Updated", "TxResumed")


def test_without_a_transaction_nobody_writes_that_the_site_lives():
    made = station()

    assert "alive" not in made.timers()


def test_2_0_1_has_no_word_for_a_resumed_transaction():
    made = station(version=Version.V201, options={"site_life": "one"})
    evse = Evse(made)
    evse.plug()
    evse.authorize()
    made.options["site_life"] = "two"
    made.restart()
    evse.condition()

    assert [each[0] for each in kinds(made)] == ["Started"]
    assert not running_of(made).resumes


def test_a_transaction_without_a_grant_ends_at_once_when_told_to():
    made = station()
    made.set(variables.START_POINTS, ("EVConnected",))
    evse = Evse(made)
    evse.plug()
    turn_stop(made, running_of(made))

    assert kinds(made)[-1] == ("Ended", "RemoteStop")
    assert not made.asks(evse_manager.StopTransaction)


def test_a_transaction_that_is_over_is_not_stopped_again():
    made, evse = in_transaction()
    transaction = running_of(made)
    evse.unplug()
    turn_stop(made, next(iter(made.tables.all(Transaction).values())))
    assert made.asks(evse_manager.StopTransaction) == []

    assert transaction.transaction_id in made.tables.all(Transaction)


def test_a_transaction_without_a_grant_goes_at_a_restart_without_the_manager():
    made = station(options={"site_life": "one"})
    made.set(variables.START_POINTS, ("EVConnected",))
    made.set(variables.RESUME_TRANSACTIONS, False)  # noqa: FBT003  # the value
    Evse(made).plug()
    made.options["site_life"] = "two"
    made.restart()

    assert kinds(made)[-1][0] == "Ended"
    assert not made.asks(evse_manager.StopTransaction)


def test_a_stop_that_was_begun_keeps_its_reason():
    made, _evse = in_transaction()
    turn_stop(made, running_of(made))
    made.turn(lambda turn: transactions.stop(turn, running(turn, 1), StopTransactionReason.LOCAL))

    assert running_of(made).stopping is StopTransactionReason.REMOTE


def test_a_change_that_says_nothing_new_is_not_told():
    made, evse = in_transaction()
    evse.say(E.PREPARE_CHARGING)
    made.later(1)
    evse.say(E.STOPPING_CHARGING)

    assert [each[0] for each in kinds(made)] == ["Started"]


def test_the_end_has_the_token_that_stopped_it():  # E07
    made, evse = in_transaction()
    other = replace(CARD, id_token=IdToken(value="OTHER", type=IdTokenType.ISO14443))
    evse.finish(token=other)

    assert told(made)[-1]["idToken"]["idToken"] == "OTHER"


@pytest.mark.parametrize("online", [True, False])
def test_what_happens_without_a_connection_is_marked_so(online):  # E04.FR.03
    made = station()
    if online:
        made.connect()
    evse = Evse(made)
    evse.plug()
    evse.authorize()

    assert told(made)[0]["offline"] is not online


def test_a_reservation_is_told_once():  # H01
    made = station()
    evse = Evse(made)
    evse.plugged, evse.token = True, CARD
    started = TransactionStarted(id_tag=CARD, meter_value=evse.meter, reservation_id=7)
    evse.say(E.TRANSACTION_STARTED, transaction_started=started)
    evse.charge()

    assert [each.get("reservationId") for each in told(made)] == [7, None]


def test_the_outlet_is_told_with_the_first_event():
    made, evse = in_transaction()
    evse.charge()

    assert [each.get("evse") for each in told(made)] == [{"id": 1, "connectorId": 1}, None]


def test_without_samples_a_transaction_has_no_values():
    made = station()
    made.set(variables.SAMPLED_ENABLED, False)  # noqa: FBT003  # the value
    evse = Evse(made)
    evse.plug()
    evse.authorize()
    evse.finish()

    assert [each.get("meterValue") for each in told(made)] == [None, None]


def test_what_goes_along_with_a_token_is_told():
    made = station()
    info = (CustomIdToken(value="extra", type="kind"),)
    evse = Evse(made)
    evse.plug()
    token = replace(CARD, id_token=replace(CARD.id_token, additional_info=info))
    evse.authorize(token)

    assert told(made)[0]["idToken"]["additionalInfo"] == [{"additionalIdToken": "extra", "type": "kind"}]


# -- at random -----------------------------------------------------------------------------------------------

STEPS = ("plug", "authorize", "charge", "pause", "finish", "unplug", "repeat", "condition")
OTHERS = ("answer", "lose", "disconnect", "connect", "restart", "reboot", "sample", "later")


def allowed(evse, step):
    return {
        "plug": not evse.plugged,
        "authorize": evse.token is None and evse.phase in {Phase.IDLE, Phase.SESSION},
        "charge": evse.phase is Phase.TRANSACTION,
        "pause": evse.phase is Phase.TRANSACTION,
        "finish": evse.phase is Phase.TRANSACTION,
        "unplug": evse.plugged or evse.token is not None,
        "repeat": evse.last is not None,
        "condition": True,
    }[step]


@settings(derandomize=True, max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(STEPS + OTHERS), st.integers(1, 2)), max_size=60),
    st.booleans(),
    st.sampled_from(POINTS),
    st.sampled_from(POINTS),
)
def test_every_transaction_is_told_whole_once_and_in_order(  # noqa: C901, PLR0912  # a branch per kind of step
    steps,
    resumes,
    start,
    stop,
):
    made = accepted(station(options={"site_life": "0"}))
    made.set(variables.RESUME_TRANSACTIONS, resumes)
    made.set(variables.START_POINTS, (start,))
    made.set(variables.STOP_POINTS, (stop,))
    evses = {number: Evse(made, number) for number in (1, 2)}
    arrived = []

    def answer():
        if made.open is not None:
            arrived.append(json.loads(made.open.payload))
            made.answered(call_result.TransactionEvent())

    for step, number in steps:
        evse = evses[number]
        if step in STEPS:
            if allowed(evse, step):
                evse.say(E.CHARGING_PAUSED_EV) if step == "pause" else getattr(evse, step)()
        elif step == "answer":
            answer()
        elif step == "lose" and made.open is not None:
            made.ended(Outcome.LOST)
        elif step == "later":
            made.later(30)
        elif step == "sample":
            made.fire(f"sampled {number}")
            made.fire(f"ended {number}")
        elif step in {"disconnect", "connect"}:
            getattr(made, step)()
            if made.open is not None and step == "disconnect":
                made.ended(Outcome.LOST)
        elif step in {"restart", "reboot"}:
            if step == "reboot":
                made.options["site_life"] += "x"
            made.restart()
            made.core.live.accepted = True
    made.connect()
    made.core.live.accepted = True
    for _ in range(300):
        made.later(10)
        made.fire("queue")
        if made.open is None:
            break
        answer()

    events = [each for each in arrived if "transactionInfo" in each]
    by_transaction = {}
    for each in events:
        by_transaction.setdefault(each["transactionInfo"]["transactionId"], []).append(each)
    for found in by_transaction.values():
        assert [each["seqNo"] for each in found] == list(range(len(found)))
        assert [each["eventType"] for each in found].index("Started") == 0
        assert [each["eventType"] for each in found].count("Started") == 1
        assert all(each["eventType"] == "Updated" for each in found[1:-1])
    still = {running_of(made, number) for number in (1, 2)} - {None}
    open_ones = {k for k, v in by_transaction.items() if v[-1]["eventType"] != "Ended"}
    assert open_ones == {each.transaction_id for each in still}


# -- the parking bay -----------------------------------------------------------------------------------------


def at_the_bay(*stop):
    made = station()
    made.set(variables.START_POINTS, ("ParkingBayOccupancy",))
    made.set(variables.STOP_POINTS, stop or ("ParkingBayOccupancy",))
    return made, Evse(made)


def drives(made, *, occupied):
    made.say(Target.EVSE_MANAGER, BayState(occupied=occupied))


def test_a_transaction_begins_in_the_bay_and_goes_on_with_the_session_there():
    made, evse = at_the_bay()
    drives(made, occupied=True)
    drives(made, occupied=True)  # a sensor that is new says it again
    evse.plug()
    evse.authorize()

    assert kinds(made) == [
        ("Started", "EVDetected"), ("Updated", "CablePluggedIn"), ("Updated", "Authorized")
    ]  # fmt: skip
    overlay = Overlay(made.tables)
    assert (
        running(Turn(overlay, made.core.live, made.model, made.core.settings, made.now), 1).session_id
        == evse.session
    )


def test_a_car_that_leaves_the_bay_without_charging_ends_its_transaction():
    made, _evse = at_the_bay()
    drives(made, occupied=True)
    drives(made, occupied=False)

    assert kinds(made) == [("Started", "EVDetected"), ("Ended", "EVDeparted")]


def test_a_bay_that_is_no_stop_point_ends_nothing():
    made, evse = at_the_bay("EVConnected")
    drives(made, occupied=True)
    evse.plug()
    drives(made, occupied=False)

    assert kinds(made) == [("Started", "EVDetected"), ("Updated", "CablePluggedIn")]
