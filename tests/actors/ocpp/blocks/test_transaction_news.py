"""What an EVSE manager says, and what it makes of an EVSE (row S9.19)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from actors.evse.messages import EvseCondition, Flow, OutletCondition, Phase
from actors.ocpp.blocks import metering, transaction_news, transactions
from actors.ocpp.blocks.transaction_entries import Standing, standing
from actors.ocpp.device_model import variables
from actors.ocpp.inputs import Target
from protocols.interfaces import evse_manager
from protocols.types.evse_manager import ChargingStateChangedEvent, SessionEventEnum
from protocols.types.evse_manager import StopTransactionReason as Stop
from protocols.types.units import Power
from tests.support.ocpp_station import Station
from tests.support.ocpp_transactions import Evse, kinds, told

E = SessionEventEnum


def station(*starts, stops=("EVConnected", "Authorized")):
    made = Station(blocks=(metering.BLOCK, transactions.BLOCK))
    made.restart()
    if starts:
        made.set(variables.START_POINTS, starts)
    made.set(variables.STOP_POINTS, stops)
    return made


def running(*starts, **options):
    made = station(*starts, **options)
    evse = Evse(made)
    evse.plug()
    evse.authorize()
    return made, evse


def stands(made, evse_id=1):
    found = []
    made.turn(lambda turn: found.append(standing(turn, evse_id)))
    return found[0]


def slowly(evse, power_w=0.0):
    """Charging is said to begin while next to nothing flows."""
    meter = replace(evse.meter, power_w=None if power_w is None else Power(total_w=power_w))
    evse.say(E.CHARGING_STARTED, charging_state_changed_event=ChargingStateChangedEvent(meter_value=meter))


def reads(made, evse, power_w):
    meter = replace(evse.meter, power_w=None if power_w is None else Power(total_w=power_w))
    made.say(Target.EVSE_MANAGER, evse_manager.Powermeter(powermeter=meter))


@pytest.mark.parametrize(
    ("power_w", "more_wh", "flows"),
    [
        (49.9, 0, False),
        (50.0, 0, True),
        (-50.0, 0, True),
        (0.0, 1, True),
        (0.0, -1, True),
        (None, 0, False),
        (None, 1, True),
    ],
)
def test_energy_flows_from_a_power_or_an_energy_on(power_w, more_wh, flows):
    made, evse = running("EnergyTransfer")
    slowly(evse)
    assert kinds(made) == []
    made.later(1)
    evse.wh += Decimal(more_wh)
    reads(made, evse, power_w)

    assert bool(kinds(made)) is flows


def test_a_meter_that_measures_no_power_is_believed():
    made, evse = running("EnergyTransfer")
    slowly(evse, None)

    assert kinds(made) == [("Started", "ChargingStateChanged")]


def test_energy_that_is_seen_to_flow_is_no_news_of_its_own():
    made, evse = running()
    slowly(evse)
    made.later(1)
    reads(made, evse, 5000.0)

    assert [each[0] for each in kinds(made)] == ["Started", "Updated"]
    assert stands(made).transferring


def test_a_pause_before_anything_flowed_begins_anew():
    made, evse = running("EnergyTransfer")
    slowly(evse)
    made.later(1)
    evse.say(E.CHARGING_PAUSED_EV)
    made.later(1)
    reads(made, evse, 5000.0)

    assert kinds(made) == []
    assert stands(made).flow_from_wh is None


@pytest.mark.parametrize("kind", [E.SESSION_STARTED, E.TRANSACTION_STARTED])
def test_an_event_without_its_details_says_what_it_can(kind):
    made = station()
    evse = Evse(made)
    evse.say(kind)

    assert stands(made).session_id == evse.session
    assert stands(made).plugged is (kind is E.TRANSACTION_STARTED)


IRRELEVANT = sorted(set(E) - set(transaction_news.TABLE))


@pytest.mark.parametrize("kind", IRRELEVANT)
def test_events_about_other_things_change_nothing(kind):
    made, evse = running()
    before = stands(made)
    made.later(1)
    evse.say(kind)

    assert stands(made) == before


@pytest.mark.parametrize("kind", sorted(transaction_news.OF_A_KNOWN_SESSION))
def test_old_news_of_another_session_change_nothing(kind):
    made, evse = running()
    before = stands(made)
    evse.session = "another"
    evse.say(kind)

    assert stands(made) == before


def test_events_of_a_session_that_is_over_change_nothing():
    made, evse = running()
    evse.unplug()
    before = stands(made)
    made.later(1)
    evse.say(E.CHARGING_STARTED)

    assert stands(made) == before
    assert evse.session in before.over


def test_an_event_without_session_changes_nothing():
    made = station()
    evse = Evse(made)
    evse.session = ""
    evse.say(E.TRANSACTION_STARTED)

    assert stands(made) == Standing(evse_id=1)


def test_a_new_session_ends_the_one_before():
    made, evse = running()
    evse.token = None
    evse.plug()

    assert [each[0] for each in kinds(made)] == ["Started", "Ended"]


def test_a_condition_of_a_new_session_ends_the_one_before():
    made, evse = running()
    evse.condition(session_id="another", phase=Phase.TRANSACTION)

    assert [each[0] for each in kinds(made)] == ["Started", "Ended", "Started"]


def test_a_condition_after_the_end_of_the_managers_transaction_ends_ours():
    made, evse = running()
    evse.condition(phase=Phase.OVER)

    assert kinds(made)[-1] == ("Ended", "Deauthorized")
    assert told(made)[-1]["transactionInfo"]["chargingState"] == "EVConnected"


def test_a_condition_tells_of_a_car_that_came_unseen():
    made = station("EVConnected")
    evse = Evse(made)
    evse.plugged, evse.phase = True, Phase.SESSION
    evse.condition()

    assert kinds(made) == [("Started", "CablePluggedIn")]
    assert told(made)[-1]["transactionInfo"]["chargingState"] == "EVConnected"


def test_a_car_that_has_gone_is_told_of_when_its_transaction_is_over():
    made, evse = running()
    evse.plugged = False
    evse.condition(phase=Phase.TRANSACTION, flow=Flow.CHARGING)
    evse.say(E.STOPPING_CHARGING)
    evse.condition(phase=Phase.TRANSACTION, flow=Flow.NONE)
    evse.say(E.CHARGING_FINISHED)
    evse.unplug()

    assert [each[0] for each in kinds(made)].count("Ended") == 1
    assert kinds(made)[-1] == ("Ended", "EVCommunicationLost")


@pytest.mark.parametrize(
    ("flow", "state"),
    [
        (Flow.NONE, "EVConnected"),
        (Flow.CHARGING, "Charging"),
        (Flow.PAUSED_BY_EV, "SuspendedEV"),
        (Flow.PAUSED_BY_EVSE, "SuspendedEVSE"),
    ],
)
def test_a_condition_makes_up_for_a_change_of_state_nobody_heard(flow, state):
    made, evse = running()
    evse.condition(phase=Phase.TRANSACTION, flow=flow)
    evse.condition(phase=Phase.TRANSACTION, flow=flow)

    assert told(made)[-1]["transactionInfo"]["chargingState"] == state
    assert stands(made).transferring == (flow is Flow.CHARGING)
    assert [each[1] for each in kinds(made)].count("ChargingStateChanged") == (flow is not Flow.NONE)


def test_a_lost_grant_means_what_was_wanted_before():
    made, evse = running()
    made.turn(lambda turn: transactions.stop(turn, transactions.running(turn, 1), Stop.REMOTE))
    evse.say(E.DEAUTHORIZED)

    assert kinds(made)[-1] == ("Ended", "RemoteStop")
    assert told(made)[-1]["transactionInfo"]["stoppedReason"] == "Remote"


def test_the_reason_is_what_began_the_end_not_what_ends_it():  # M10.3
    made, evse = running(stops=("EVConnected",))
    evse.finish(Stop.REMOTE)
    evse.unplug()

    assert kinds(made)[1:] == [("Updated", "RemoteStop"), ("Ended", "EVCommunicationLost")]
    assert told(made)[-1]["transactionInfo"]["stoppedReason"] == "Remote"


def test_an_immediate_reset_ends_it_whatever_the_stop_points():  # M10.2
    made, evse = running(stops=("EVConnected",))
    evse.finish(Stop.HARD_RESET)

    assert kinds(made)[-1] == ("Ended", "ResetCommand")


@pytest.mark.parametrize(
    ("connectors", "faulted"),
    [((True,), True), ((False,), False), ((True, False), False), ((True, True), True)],
)
def test_an_evse_is_inoperative_when_all_its_outlets_are(connectors, faulted):
    condition = EvseCondition(
        evse_id=1,
        connectors=tuple(
            OutletCondition(connector_id=number, faulted=each) for number, each in enumerate(connectors, 1)
        ),
    )

    assert transaction_news.after_condition(Standing(evse_id=1), condition).faulted is faulted


def test_only_the_outlet_in_use_makes_it_inoperative():
    condition = EvseCondition(
        evse_id=1,
        connector_id=2,
        plugged_in=True,
        phase=Phase.SESSION,
        session_id="s",
        connectors=(OutletCondition(connector_id=1, faulted=True), OutletCondition(connector_id=2)),
    )

    assert not transaction_news.after_condition(Standing(evse_id=1), condition).faulted


def test_few_events_are_enough_to_be_known_again():
    made, evse = running()
    for _ in range(40):
        made.later(1)
        evse.say(E.CHARGING_PAUSED_EV)
        evse.charge()

    assert len(stands(made).heard) == transaction_news.HEARD
