"""Why transactions begin and end, in OCPP's words: every member of every table (rows M10.1 to M10.4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocpp.v21 import call_result, datatypes
from ocpp.v21.enums import ChargingStateEnumType as State
from ocpp.v21.enums import ReasonEnumType as Reason
from ocpp.v21.enums import TriggerReasonEnumType as Trigger

from actors.drivers.messages import BayState
from actors.ocpp.blocks import metering, transactions
from actors.ocpp.blocks import transaction_points as points
from actors.ocpp.blocks.transaction_entries import Standing
from actors.ocpp.device_model import variables
from actors.ocpp.inputs import Target
from protocols.interfaces import evse_manager
from protocols.ocpp import schemas
from protocols.ocpp.projection import OLDER_WORDS
from protocols.ocpp.version import Version
from protocols.types.evse_manager import EVInfo, SessionEventEnum, TransactionStarted
from protocols.types.evse_manager import StopTransactionReason as Stop
from protocols.types.units_signed import SignedMeterValue
from tests.support.examples import few
from tests.support.ocpp_station import Station
from tests.support.ocpp_transactions import CARD, REMOTE, Evse, told

BLOCKS = (metering.BLOCK, transactions.BLOCK)
E = SessionEventEnum

ENDINGS = {
    Stop.EMERGENCY_STOP: ("EmergencyStop", "AbnormalCondition"),
    Stop.EV_DISCONNECTED: ("EVDisconnected", "EVCommunicationLost"),
    Stop.HARD_RESET: ("ImmediateReset", "ResetCommand"),
    Stop.LOCAL: ("Local", "StopAuthorized"),
    Stop.OTHER: ("Other", "AbnormalCondition"),
    Stop.POWER_LOSS: ("PowerLoss", "AbnormalCondition"),
    Stop.REBOOT: ("Reboot", "ResetCommand"),
    Stop.REMOTE: ("Remote", "RemoteStop"),
    Stop.SOFT_RESET: ("Other", "ResetCommand"),
    Stop.UNLOCK_COMMAND: ("Other", "UnlockCommand"),
    Stop.DE_AUTHORIZED: ("DeAuthorized", "Deauthorized"),
    Stop.ENERGY_LIMIT_REACHED: ("EnergyLimitReached", "EnergyLimitReached"),
    Stop.GROUND_FAULT: ("GroundFault", "AbnormalCondition"),
    Stop.LOCAL_OUT_OF_CREDIT: ("LocalOutOfCredit", "CostLimitReached"),
    Stop.MASTER_PASS: ("MasterPass", "StopAuthorized"),
    Stop.OVERCURRENT_FAULT: ("OvercurrentFault", "AbnormalCondition"),
    Stop.POWER_QUALITY: ("PowerQuality", "AbnormalCondition"),
    Stop.SOC_LIMIT_REACHED: ("SOCLimitReached", "SoCLimitReached"),
    Stop.STOPPED_BY_EV: ("StoppedByEV", "ChargingStateChanged"),
    Stop.TIME_LIMIT_REACHED: ("TimeLimitReached", "TimeLimitReached"),
    Stop.TIMEOUT: ("Timeout", "EVConnectTimeout"),
    Stop.REQ_ENERGY_TRANSFER_REJECTED: ("Other", "AbnormalCondition"),
}


def station(**options):
    made = Station(blocks=BLOCKS, **options)
    made.restart()
    return made


def running():
    made = station()
    evse = Evse(made)
    evse.plug()
    evse.authorize()
    return made, evse


def last(made):
    return told(made)[-1]


@pytest.mark.parametrize("stop", Stop)
def test_every_reason_to_stop_ends_a_transaction_in_these_words(stop):  # M10.3
    made, evse = running()
    evse.finish(stop)

    event = last(made)
    assert event["eventType"] == "Ended"
    assert (event["transactionInfo"]["stoppedReason"], event["triggerReason"]) == ENDINGS[stop]


@pytest.mark.parametrize("stop", Stop)
def test_every_ending_is_said_in_words_of_both_versions(stop):
    definitions = schemas.schema(Version.V201, "TransactionEvent")["definitions"]
    ending = points.ENDINGS[stop]

    assert ending.reason.value in definitions["ReasonEnumType"]["enum"]
    trigger = OLDER_WORDS["triggerReason"].get(ending.trigger.value, ending.trigger.value)
    assert trigger in definitions["TriggerReasonEnumType"]["enum"]


def test_every_reason_of_2_0_1_can_be_the_end_of_a_transaction():
    told_reasons = {each.reason for each in points.ENDINGS.values()}

    assert set(Reason) - told_reasons == {Reason.req_energy_transfer_rejected}


# -- charging states ---------------------------------------------------------------------------------------

STATES = {
    E.AUTH_REQUIRED: State.charging,
    E.PREPARE_CHARGING: State.ev_connected,
    E.CHARGING_STARTED: State.charging,
    E.CHARGING_PAUSED_EV: State.suspended_ev,
    E.CHARGING_PAUSED_EVSE: State.suspended_evse,
    E.STOPPING_CHARGING: State.ev_connected,
    E.CHARGING_FINISHED: State.ev_connected,
    E.SESSION_FINISHED: State.idle,
    E.TRANSACTION_FINISHED: State.idle,
    E.SESSION_STARTED: State.charging,
    E.TRANSACTION_STARTED: State.charging,
}
"""After charging; those that are absent say nothing about it."""


@pytest.mark.parametrize("kind", E)
def test_every_session_event_leads_to_this_charging_state(kind):  # M10.4
    made, evse = running()
    evse.charge()
    made.later(1)
    evse.say(kind)
    made.turn(lambda turn: metering.trigger_transaction_event(turn, None))

    assert last(made)["transactionInfo"]["chargingState"] == STATES.get(kind, State.charging).value


@pytest.mark.parametrize("state", State)
def test_every_charging_state_is_told_by_some_event(state):
    made, evse = running()
    evse.charge()
    for kind in (E.CHARGING_PAUSED_EV, E.CHARGING_PAUSED_EVSE, E.CHARGING_FINISHED):
        evse.say(kind)
    evse.unplug()

    assert state.value in {each["transactionInfo"]["chargingState"] for each in told(made)}


# -- triggers ----------------------------------------------------------------------------------------------


def by_events(*kinds):
    def act(made, evse):
        evse.plug()
        evse.authorize()
        for kind in kinds:
            evse.say(kind) if isinstance(kind, E) else getattr(evse, kind)()

    return act


def stopped(stop):
    def act(_made, evse):
        evse.plug()
        evse.authorize()
        evse.finish(stop)

    return act


def fired(timer):
    def act(made, evse):
        evse.plug()
        evse.authorize()
        made.later(900)
        made.say(Target.EVSE_MANAGER, evse_manager.Powermeter(powermeter=evse.meter))
        made.fire(timer)

    return act


def authorized_first(token):
    def act(_made, evse):
        evse.authorize(token)
        evse.plug()

    return act


def remote(_made, evse):
    evse.plug()
    evse.authorize(REMOTE)


def signed(made, evse):
    made.set(variables.START_POINTS, ("DataSigned",))
    evse.plug()
    evse.token = CARD
    record = SignedMeterValue(signed_meter_data="x", signing_method="", encoding_method="OCMF")
    evse.condition(token=CARD)
    evse.say(
        E.TRANSACTION_STARTED,
        transaction_started=TransactionStarted(
            id_tag=CARD, meter_value=evse.meter, signed_meter_value=record
        ),
    )


def timed_out(made, evse):
    made.set(variables.START_POINTS, ("Authorized",))
    evse.authorize()
    evse.say(E.DEAUTHORIZED)


def triggered(made, evse):
    evse.plug()
    evse.authorize()
    made.turn(lambda turn: metering.trigger_transaction_event(turn, 1))


def resumed(made, evse):
    evse.plug()
    evse.authorize()
    made.options["site_life"] = "another"
    made.restart()
    evse.say(E.SESSION_RESUMED)


def parked(*moves):
    def scene(made, _evse):
        made.set(variables.START_POINTS, ("ParkingBayOccupancy",))
        made.set(variables.STOP_POINTS, ("ParkingBayOccupancy",))
        for each in moves:
            made.say(Target.EVSE_MANAGER, BayState(occupied=each == "in"))

    return scene


def limited(**limit):
    def act(made, evse):
        made.connect()
        made.core.live.accepted = True
        evse.plug()
        evse.authorize()
        made.answered(
            call_result.TransactionEvent(
                transaction_limit=datatypes.TransactionLimitType(**limit), total_cost=7.0
            )
        )
        made.say(Target.EVSE_MANAGER, evse_manager.EvInfo(ev_info=EVInfo(soc_percent=50.0)))
        while made.open is not None:
            made.answered(call_result.TransactionEvent())

    return act


SCENES = {
    Trigger.abnormal_condition: stopped(Stop.GROUND_FAULT),
    Trigger.authorized: by_events(),
    Trigger.cable_plugged_in: authorized_first(CARD),
    Trigger.charging_state_changed: by_events("charge"),
    Trigger.cost_limit_reached: limited(max_cost=5.0),
    Trigger.deauthorized: by_events(E.DEAUTHORIZED),
    Trigger.energy_limit_reached: limited(max_energy=0.0),
    Trigger.ev_communication_lost: by_events("unplug"),
    Trigger.ev_connect_timeout: timed_out,
    Trigger.ev_departed: parked("in", "out"),
    Trigger.ev_detected: parked("in"),
    Trigger.limit_set: limited(max_soc=90),
    Trigger.meter_value_clock: fired("aligned"),
    Trigger.meter_value_periodic: fired("sampled 1"),
    Trigger.remote_start: remote,
    Trigger.remote_stop: stopped(Stop.REMOTE),
    Trigger.reset_command: stopped(Stop.HARD_RESET),
    Trigger.signed_data_received: signed,
    Trigger.so_c_limit_reached: limited(max_soc=40),
    Trigger.stop_authorized: stopped(Stop.LOCAL),
    Trigger.time_limit_reached: limited(max_time=0),
    Trigger.trigger: triggered,
    Trigger.tx_resumed: resumed,
    Trigger.unlock_command: stopped(Stop.UNLOCK_COMMAND),
}
NEVER = {
    Trigger.charging_rate_changed,  # told by NotifyChargingLimit, where it is told at all
    Trigger.operation_mode_changed,  # no bidirectional profiles
    Trigger.running_cost,  # costs are the back-end's
    Trigger.tariff_changed,
    Trigger.tariff_not_accepted,
}


def test_every_trigger_is_in_one_of_the_two_tables():
    assert set(SCENES) | NEVER == set(Trigger)
    assert not set(SCENES) & NEVER


@pytest.mark.parametrize("trigger", SCENES)
def test_every_trigger_has_something_that_brings_it_about(trigger):
    made = station(options={"site_life": "one"})
    SCENES[trigger](made, Evse(made))

    sent = [each["triggerReason"] for each in made.sent("TransactionEvent")]
    assert trigger.value in [*sent, *(each["triggerReason"] for each in told(made))]


def test_a_stop_point_lost_to_the_car_ends_it_by_the_car():
    made = station()
    made.set(variables.STOP_POINTS, ("EnergyTransfer",))
    evse = Evse(made)
    evse.plug()
    evse.authorize()
    evse.charge()
    evse.say(E.CHARGING_PAUSED_EV)

    assert last(made)["transactionInfo"]["stoppedReason"] == "StoppedByEV"


def test_nothing_new_is_no_trigger():
    now = Standing(evse_id=1, plugged=True, token=CARD)

    assert points.gained(now, now) is None
    assert points.lost(now, now) is None


NAMES = st.lists(st.sampled_from([*points.HOLDS, "NewPointOfALaterVersion"]), unique=True)
STANDINGS = st.builds(
    Standing,
    evse_id=st.just(1),
    plugged=st.booleans(),
    token=st.sampled_from([None, CARD]),
    transferring=st.booleans(),
    signed=st.booleans(),
)


@few(50)
@given(NAMES, STANDINGS, STANDINGS)
def test_who_begins_did_not_hold_and_who_ends_did(names, before, after):
    if points.begins(tuple(names), before, after):
        assert points.holds(tuple(names), after)
    if points.ends(tuple(names), before, after):
        assert points.holds(tuple(names), before)
        assert set(names) - points.NEVER_STOPS
    assert not points.begins(tuple(names), after, after)
    assert not points.ends(tuple(names), after, after)
