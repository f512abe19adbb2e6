"""Meter values: what, when and how (rows S9.15 to S9.18)."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from ocpp.v21.enums import ReadingContextEnumType as Context

from actors.ocpp.blocks import metering, metering_series, transactions
from actors.ocpp.blocks.metering_values import QUANTITIES, Reading, meter_value, phases_used
from actors.ocpp.device_model import variables
from actors.ocpp.entries import Queued
from actors.ocpp.inputs import Note, Target
from actors.ocpp.tables import Overlay
from actors.ocpp.turn import Turn
from protocols.interfaces import evse_manager
from protocols.ocpp.version import Version
from protocols.types.authorization import AuthorizationType, IdToken, IdTokenType, ProvidedIdToken
from protocols.types.evse_manager import (
    EVInfo,
    Limits,
    SessionEvent,
    SessionEventEnum,
    SessionFinished,
    TransactionStarted,
)
from protocols.types.powermeter import Powermeter
from protocols.types.units import Current, Energy, Frequency, Power, ReactivePower, Voltage
from protocols.types.units_signed import SignedMeterValue
from tests.support.ocpp_station import START, Station

METER = Powermeter(
    timestamp=START,
    energy_wh_import=Energy(total_wh=Decimal("1234.5"), l1_wh=Decimal(1000), l2_wh=Decimal(234)),
    power_w=Power(total_w=-2300.0),
    current_a=Current(l1_a=10.0, l2_a=0.0, n_a=10.0),
    voltage_v=Voltage(l1_v=230.0),
    var=ReactivePower(total_var=5.0),
    frequency_hz=Frequency(l1_hz=50.0),
)
RECORD = SignedMeterValue(
    signed_meter_data="OCMF|{}|{}", signing_method="ECDSA", encoding_method="OCMF", public_key="KEY"
)
CARD = ProvidedIdToken(
    id_token=IdToken(value="CARD", type=IdTokenType.ISO14443), authorization_type=AuthorizationType.RFID
)


def values_of(name, reading):
    found = meter_value(reading, (name,), Context.trigger, START)
    return [] if found is None else [(each.phase, each.value) for each in found.sampled_value]


FULL = Reading(
    meter=METER,
    ev=EVInfo(soc_percent=80.0),
    limits=Limits(max_current_a=16.0, nr_of_phases_available=3),
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Energy.Active.Import.Register", [(None, 1234.5), ("L1", 1000.0), ("L2", 234.0)]),
        ("Energy.Active.Export.Register", []),
        ("Power.Active.Import", [(None, 0.0)]),
        ("Power.Active.Export", [(None, 2300.0)]),
        ("Power.Reactive.Import", [(None, 5.0)]),
        ("Power.Reactive.Export", [(None, 0.0)]),
        ("Current.Import", [("L1", 10.0), ("L2", 0.0), ("N", 10.0)]),
        ("Current.Export", [("L1", 0.0), ("L2", 0.0), ("N", 0.0)]),
        ("Voltage", [("L1-N", 230.0)]),
        ("Frequency", [(None, 50.0)]),
        ("Current.Offered", [(None, 16.0)]),
        ("Power.Offered", [(None, 11040.0)]),
        ("SoC", [(None, 80.0)]),
        ("Power.Factor", []),
    ],
)
def test_each_measurand_is_read_where_it_stands(name, expected):
    assert values_of(name, FULL) == expected


@pytest.mark.parametrize("name", QUANTITIES)
def test_what_is_not_known_is_left_out(name):  # S9.17, S9.18
    assert values_of(name, Reading()) == []


def test_phases_in_use_are_those_with_current():
    assert phases_used(FULL) == 1
    assert phases_used(Reading()) is None


def station(**options):
    made = Station(blocks=(metering.BLOCK, transactions.BLOCK), **options)
    made.restart()
    made.connect()
    return made


def reads(made, **fields):
    meter = replace(METER, timestamp=made.now, **fields)
    made.say(Target.EVSE_MANAGER, evse_manager.Powermeter(powermeter=meter))


def begin(made, signed=None):
    meter = replace(METER, timestamp=made.now)
    started = TransactionStarted(id_tag=CARD, meter_value=meter, signed_meter_value=signed)
    say(made, SessionEventEnum.TRANSACTION_STARTED, transaction_started=started)


def finish(made):
    meter = replace(METER, timestamp=made.now, signed_meter_value=RECORD)
    say(made, SessionEventEnum.SESSION_FINISHED, session_finished=SessionFinished(meter_value=meter))


def say(made, kind, **details):
    event = SessionEvent(uuid="s", timestamp=made.now, event=kind, **details)
    made.say(Target.EVSE_MANAGER, evse_manager.SessionEvent(event=event))


def queued(made, action="TransactionEvent"):
    return [json.loads(each.payload) for each in made.tables.all(Queued).values() if each.action == action]


def test_samples_are_taken_in_step_with_the_start():  # S9.16
    made = station()
    begin(made)
    assert made.timers()["sampled 1"] == pytest.approx(120)
    made.later(120)
    reads(made)
    made.fire("sampled 1")
    assert made.timers()["sampled 1"] == pytest.approx(120)
    made.later(50)
    made.restart()

    assert made.timers()["sampled 1"] == pytest.approx(70)
    assert queued(made)[-1]["triggerReason"] == "MeterValuePeriodic"


def test_the_end_has_what_was_gathered_between_begin_and_end():
    made = station()
    begin(made)
    for _ in range(3):
        made.later(60)
        reads(made)
        made.fire("ended 1")
    finish(made)

    contexts = [each["sampledValue"][0]["context"] for each in queued(made)[-1]["meterValue"]]
    assert contexts == ["Transaction.Begin", *["Sample.Periodic"] * 3, "Transaction.End"]
    assert not made.tables.all(metering_series.Sample)
    assert not made.tables.all(metering_series.Series)


def test_too_many_samples_are_thinned_evenly():
    made = station()
    overlay = Overlay(made.tables)
    turn = Turn(overlay, made.core.live, made.model, made.core.settings, made.now)
    for number in range(500):
        at = START + timedelta(seconds=number)
        value = meter_value(FULL, ("SoC",), Context.sample_periodic, at)
        metering_series.keep(turn, "t", metering_series.Kind.SAMPLED, value)

    found = metering_series.gathered(turn, "t", 10**6)
    seconds = [int(each.timestamp[14:16]) * 60 + int(each.timestamp[17:19]) for each in found]
    assert seconds == list(range(0, 500, 16))
    assert len(metering_series.gathered(turn, "t", 1000)) < len(found)


@pytest.mark.parametrize("rounds", [True, False])
def test_aligned_values_come_at_multiples_of_the_interval(rounds):
    made = station()
    made.set(variables.ROUND_ALIGNED_TIMES, rounds)
    made.later(400)
    reads(made)
    made.restart()
    assert made.timers()["aligned"] == 500
    reads(made)
    made.later(500)
    made.fire("aligned")
    made.fire("aligned")

    sent = queued(made, "MeterValues")
    assert len(sent) == 1
    expected = START + timedelta(seconds=900 if rounds else 400)
    assert sent[0]["meterValue"][0]["timestamp"] == expected.isoformat(timespec="milliseconds")[:-6] + "Z"


@pytest.mark.parametrize("idle_only", [True, False])
def test_aligned_values_go_into_a_transaction_unless_only_idle(idle_only):
    made = station()
    made.set(variables.ALIGNED_IDLE_ONLY, idle_only)
    begin(made)
    made.later(900)
    made.fire("aligned")

    found = [each["triggerReason"] for each in queued(made)]
    assert ("MeterValueClock" in found) is not idle_only
    assert queued(made, "MeterValues") == []


@pytest.mark.parametrize("keeps", [True, False])
def test_offline_values_outside_of_transactions_are_kept_if_wanted(keeps):
    made = station()
    made.disconnect()
    made.set(variables.QUEUE_ALL_MESSAGES, keeps)
    reads(made)
    made.later(900)
    made.fire("aligned")

    assert bool(queued(made, "MeterValues")) is keeps


@pytest.mark.parametrize(
    ("policy", "keys"), [("Never", [""]), ("OncePerTransaction", [""]), ("EveryMeterValue", ["KEY"])]
)
def test_the_public_key_goes_along_as_the_csms_wants(policy, keys):
    made = station(version=Version.V201)
    made.set(variables.PUBLIC_KEY_WITH_VALUES, policy)
    made.set(variables.SAMPLED_SIGNED, True)  # noqa: FBT003  # the value
    begin(made, RECORD)
    finish(made)

    def signed(message):
        return [
            value["signedMeterValue"]["publicKey"]
            for each in message["meterValue"]
            for value in each["sampledValue"]
            if "signedMeterValue" in value
        ]

    first, last = queued(made)
    assert signed(first) == (["KEY"] if policy != "Never" else [""])
    assert signed(last)[-1:] == keys


def test_triggered_values_are_sent_at_once():  # F06
    made = station()
    reads(made)
    overlay = Overlay(made.tables)
    turn = Turn(overlay, made.core.live, made.model, made.core.settings, made.now)

    assert metering.trigger_meter_values(turn, None)
    assert not metering.trigger_transaction_event(turn, 1)
    begin(made)
    turn = Turn(Overlay(made.tables), made.core.live, made.model, made.core.settings, made.now)
    assert metering.trigger_transaction_event(turn, 1)


def test_other_intervals_count_at_once_when_told_of():  # S9.16
    made = station()
    begin(made)
    made.set(variables.SAMPLED_UPDATED_INTERVAL, 30)
    made.set(variables.SAMPLED_ENDED_INTERVAL, 0)
    made.set(variables.ALIGNED_INTERVAL, 60)
    made.set(variables.ALIGNED_ENDED_INTERVAL, 0)
    made.later(45)
    made.turn(metering.reschedule)

    timers = made.timers()
    assert timers["sampled 1"] == pytest.approx(15)
    assert timers["aligned"] == 15
    assert "ended 1" not in timers
    assert "aligned_ended" not in timers


@pytest.mark.parametrize("timer", ["sampled 1", "ended 1"])
def test_a_sample_of_no_transaction_is_not_taken(timer):
    made = station()
    reads(made)

    assert [each for each in made.fire(timer) if not isinstance(each, Note)] == []


@pytest.mark.parametrize("timer", ["sampled 1", "ended 1"])
def test_nothing_is_sampled_where_that_is_switched_off(timer):
    made = station()
    made.set(variables.SAMPLED_ENABLED, False)  # noqa: FBT003  # the value
    begin(made)

    assert timer not in made.timers()
    assert made.fire(timer) == []


@pytest.mark.parametrize("timer", ["aligned", "aligned_ended"])
def test_nothing_is_aligned_where_that_is_switched_off(timer):
    made = station()
    made.set(variables.ALIGNED_ENABLED, False)  # noqa: FBT003  # the value
    made.turn(metering.reschedule)

    assert timer not in made.timers()
    assert made.fire(timer) == []


def test_a_sample_without_values_is_not_told():
    made = station()
    started = TransactionStarted(id_tag=CARD, meter_value=METER)
    begin(made)
    made.set(variables.SAMPLED_UPDATED_MEASURANDS, ("SoC",))
    made.set(variables.SAMPLED_ENDED_MEASURANDS, ("SoC",))
    before = len(queued(made))
    made.later(120)
    made.fire("sampled 1")
    made.fire("ended 1")
    made.set(variables.ALIGNED_ENDED_MEASURANDS, ("SoC",))
    made.later(780)
    made.fire("aligned_ended")

    assert started.id_tag == CARD
    assert len(queued(made)) == before
    assert len(made.tables.all(metering_series.Sample)) == 1


@pytest.mark.parametrize("rounds", [True, False])
def test_aligned_values_are_gathered_for_the_end(rounds):
    made = station()
    made.set(variables.ROUND_ALIGNED_TIMES, rounds)
    made.set(variables.ALIGNED_ENDED_MEASURANDS, ("Energy.Active.Import.Register",))
    begin(made)
    made.later(61)
    reads(made)
    made.fire("aligned_ended")
    made.fire("aligned_ended")
    finish(made)

    values = queued(made)[-1]["meterValue"]
    clock = [each for each in values if each["sampledValue"][0]["context"] == "Sample.Clock"]
    expected = START + timedelta(seconds=60 if rounds else 61)
    assert [each["timestamp"][:19] for each in clock] == [expected.isoformat()[:19]]


def test_a_rounded_time_goes_into_a_transaction_too():
    made = station()
    made.set(variables.ROUND_ALIGNED_TIMES, True)  # noqa: FBT003  # the value
    begin(made)
    made.later(903)
    reads(made)
    made.fire("aligned")

    assert queued(made)[-1]["meterValue"][0]["timestamp"] == "2026-03-01T12:15:00.000Z"


def test_nobody_sends_aligned_values_while_anybody_charges_if_idle_only():  # J01.FR.20
    made = station()
    made.set(variables.ALIGNED_IDLE_ONLY, True)  # noqa: FBT003  # the value
    made.say(Target.EVSE_MANAGER, evse_manager.Powermeter(powermeter=METER), 2)
    begin(made)
    made.later(900)
    made.fire("aligned")
    assert queued(made, "MeterValues") == []
    finish(made)
    made.later(900)
    made.fire("aligned")

    assert {each["evseId"] for each in queued(made, "MeterValues")} == {1, 2}


@pytest.mark.parametrize("switch", [True, False])
def test_values_outside_of_transactions_can_be_signed(switch):
    made = station()
    made.set(variables.ALIGNED_SIGNED, switch)
    reads(made, signed_meter_value=RECORD)
    made.later(900)
    made.fire("aligned")

    (sent,) = queued(made, "MeterValues")
    signed = ["signedMeterValue" in each for each in sent["meterValue"][0]["sampledValue"]]
    assert any(signed) is switch


@pytest.mark.parametrize("switch", [True, False])
def test_samples_can_be_signed(switch):
    made = station()
    made.set(variables.SAMPLED_SIGNED, switch)
    made.set(variables.SAMPLED_SIGNED_UPDATES, switch)
    made.set(variables.PUBLIC_KEY_WITH_VALUES, "OncePerTransaction")
    begin(made)
    for _ in range(2):
        made.later(120)
        reads(made, signed_meter_value=RECORD)
        made.fire("sampled 1")

    keys = [
        value["signedMeterValue"]["publicKey"]
        for each in queued(made)[1:]
        for value in each["meterValue"][0]["sampledValue"]
        if "signedMeterValue" in value
    ]
    assert keys == (["KEY", ""] if switch else [])


def test_messages_that_are_not_to_be_kept_are_not():
    made = station()
    made.disconnect()
    made.set(variables.QUEUE_ALL_MESSAGES, True)  # noqa: FBT003  # the value
    made.set(variables.MESSAGES_NOT_QUEUED, ("MeterValues",))
    reads(made)
    made.later(900)
    made.fire("aligned")

    assert queued(made, "MeterValues") == []


def test_an_evse_without_reading_sends_nothing():
    made = station()
    found = []
    made.turn(lambda turn: found.append(metering.trigger_meter_values(turn, 2)))

    assert found == [False]


def test_the_next_aligned_moment_is_never_beyond_midnight():  # J01.FR.14
    made = station()
    made.set(variables.ALIGNED_INTERVAL, 50_000)
    made.turn(metering.reschedule)
    assert made.timers()["aligned"] == 50_000 - 12 * 3600
    made.later(50_000 - 12 * 3600)
    made.fire("aligned")

    assert made.timers()["aligned"] == 86_400 - 50_000
