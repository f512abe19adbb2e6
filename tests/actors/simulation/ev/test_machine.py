import dataclasses
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.simulation.ev.exchange import (
    Close,
    Connected,
    Disconnected,
    Exchanged,
    Expired,
    Finished,
    Measured,
    Note,
    Order,
    Ordered,
    Pilot,
    Plugged,
    Received,
    SetPilot,
    StartTimer,
    Tls,
)
from actors.simulation.ev.machine import Evcc
from actors.simulation.ev.outcome import Reason
from protocols.iso15118 import app_protocol, exi, iso2
from protocols.iso15118.v2gtp import PayloadType
from tests.support.ev_cars import script, wallet
from tests.support.ev_iso20_station import Iso20Station
from tests.support.ev_stations import METER, NOON, OK, SESSION, Iso2Station, Run, ac_status, dc_status
from tests.support.examples import few

TLS = Tls(version="TLSv1.2", cipher="")
AC = "car: {time_lapse: 3600}\n"
DC = "car: {mode: dc, time_lapse: 600, battery: {soc_percent: 70}}\n"
SHORT = "steps: [plug, charge: {energy_wh: 1}, unplug]\n"
START = ["SupportedAppProtocol", "SessionSetup", "ServiceDiscovery", "PaymentServiceSelection"]
AC_EIM = [
    *START,
    "Authorization",
    "ChargeParameterDiscovery",
    "PowerDeliveryStart",
    "ChargingStatus",
    "PowerDeliveryStop",
    "SessionStop",
]
DC_EIM = [
    *START,
    "Authorization",
    "ChargeParameterDiscovery",
    "CableCheck",
    "PreCharge",
    "PowerDeliveryStart",
    "CurrentDemand",
    "PowerDeliveryStop",
    "WeldingDetection",
    "SessionStop",
]


def changed(**changes):
    """The usual answer to a request, with changes."""
    return lambda station, request: dataclasses.replace(
        getattr(station, f"on_{type(request).__name__}")(request), **changes
    )


@pytest.mark.parametrize(("text", "phases"), [(AC, AC_EIM), (DC, DC_EIM)])
def test_a_car_charges_until_its_battery_is_full(text, phases):
    run = Run(script(text), Iso2Station())

    assert (run.outcome.completed, run.outcome.soc_percent, run.phases) == (True, 100, phases)


def test_the_control_pilot_follows_the_talk():
    assert Run(script(AC), Iso2Station()).pilots == ["B", "C", "B", "A"]


AC_20 = "car: {protocols: [iso20], time_lapse: 3600}\n"


@pytest.mark.parametrize(
    ("text", "station", "first"),
    [(AC, Iso2Station, True), (AC_20, Iso20Station, True), (DC, Iso2Station, False)],
)
def test_an_ac_car_leaves_state_c_before_the_answer(text, station, first):
    """[V2G2-848]; a DC car waits until its contactors are open."""
    effects = Run(script(text), station()).effects
    left = effects.index(SetPilot(pilot=Pilot.PLUGGED), effects.index(SetPilot(pilot=Pilot.READY)))
    (answered,) = (
        number
        for number, one in enumerate(effects)
        if isinstance(one, Exchanged) and one.phase == "PowerDeliveryStop"
    )

    assert (left < answered) is first


def test_a_contract_is_shown_and_the_challenge_signed():
    station = Iso2Station(contract=True)
    run = Run(script(AC + SHORT), station, wallet(), tls=TLS)
    (authorization,) = [
        one for one in station.requests[1:] if isinstance(one.body.body_element, iso2.AuthorizationReq)
    ]

    assert run.phases[4:6] == ["PaymentDetails", "Authorization"]
    assert authorization.header.signature is not None


def test_a_receipt_is_signed_where_the_station_asks_for_one():
    station = Iso2Station(
        {
            iso2.ChargingStatusReq: [
                changed(receipt_required=True, meter_info=METER),
                lambda one, request: one.on_ChargingStatusReq(request),
            ]
        },
        contract=True,
    )
    run = Run(script(AC + SHORT), station, wallet(), tls=TLS)
    receipts = [
        one for one in station.requests[1:] if isinstance(one.body.body_element, iso2.MeteringReceiptReq)
    ]

    assert (run.outcome.completed, len(receipts)) == (True, 1)
    assert receipts[0].header.signature is not None
    assert receipts[0].body.body_element.meter_info == METER


def test_a_paused_session_is_joined_with_its_id():
    station = Iso2Station()
    run = Run(
        script(AC + "steps: [plug, charge: {energy_wh: 9}, pause: {seconds: 5}, resume, charge, unplug]"),
        station,
    )

    assert run.outcome.completed
    assert station.requests[1].header.session_id == SESSION
    assert run.phases.count("SessionSetup") == 2


def test_an_unplugged_pause_ends_the_run():
    run = Run(script(AC + "steps: [plug, charge: {energy_wh: 9}, pause, unplug]"), Iso2Station())

    assert (run.outcome.completed, run.phases.count("SessionSetup")) == (True, 1)


def test_renegotiating_keeps_the_energy_flowing():
    run = Run(
        script(DC + "steps: [plug, charge: {energy_wh: 9}, renegotiate, charge: {energy_wh: 9}, unplug]"),
        Iso2Station(),
    )
    at = run.phases.index("PowerDeliveryRenegotiate")

    assert run.phases[at : at + 4] == [
        "PowerDeliveryRenegotiate",
        "ChargeParameterDiscovery",
        "PowerDeliveryStart",
        "CurrentDemand",
    ]
    assert run.pilots == ["B", "C", "B", "A"]


@pytest.mark.parametrize(
    ("notification", "phase"),
    [
        (iso2.EvseNotification.STOP_CHARGING, "PowerDeliveryStop"),
        (iso2.EvseNotification.RE_NEGOTIATION, "PowerDeliveryRenegotiate"),
    ],
)
def test_the_car_does_what_the_station_notifies(notification, phase):
    station = Iso2Station(
        {
            iso2.ChargingStatusReq: [
                changed(ac_evse_status=ac_status(evse_notification=notification)),
                lambda one, request: one.on_ChargingStatusReq(request),
            ]
        }
    )
    run = Run(script(AC), station)

    assert run.outcome.completed
    assert run.phases[run.phases.index("ChargingStatus") + 1] == phase


def test_the_time_before_plugging_in_is_waited_for():
    run = Run(script(AC + "steps: [plug: {after_s: 100}, charge: {energy_wh: 1}, unplug]"), Iso2Station())

    assert (run.now - NOON).total_seconds() > 100


@pytest.mark.parametrize(
    ("kind", "at", "reason"),
    [
        ("silence", "Authorization", Reason.TIMEOUT),
        ("garbage", "Authorization", Reason.CLOSED_AFTER_FAULT),
        ("no_frame", "SupportedAppProtocol", Reason.CLOSED_AFTER_FAULT),
        ("abrupt_close", "ChargingStatus", Reason.DONE_BY_SCRIPT),
        ("slow", "SessionSetup", Reason.CLOSED_AFTER_FAULT),
    ],
)
def test_a_fault_ends_as_it_has_to(kind, at, reason):
    run = Run(
        script(AC + f"faults: [{{kind: {kind}, at: {at}}}]\nexpect: {{reason: {reason}}}"), Iso2Station()
    )

    assert (run.outcome.reason, run.outcome.phase, run.outcome.good) == (reason, at, True)
    assert any(isinstance(one, Note) and one.event == "fault" for one in run.effects)


@pytest.mark.parametrize("kind", ["wrong_session_id", "wrong_sequence", "bad_signature"])
def test_a_tampered_request_is_sent_like_any_other(kind):
    station = Iso2Station(contract=True)
    run = Run(
        script(AC + SHORT + f"faults: [{{kind: {kind}, at: Authorization}}]"), station, wallet(), tls=TLS
    )
    sent = station.requests[5]

    assert {
        "wrong_session_id": sent.header.session_id != SESSION,
        "wrong_sequence": run.outcome.reason is Reason.WRONG_MESSAGE,
        "bad_signature": sent.header.signature is not None,
    }[kind]


@pytest.mark.parametrize(
    ("fault", "detail"),
    [
        ("kind: bad_signature, at: SessionSetup", "no signature to spoil at SessionSetup"),
        ("kind: wrong_session_id, at: SupportedAppProtocol", "no wrong_session_id is possible"),
        ("kind: wrong_sequence, at: Authorization, instead: X", "ISO 15118-2 AC has no X"),
    ],
)
def test_a_fault_that_cannot_be_is_a_fault_of_the_script(fault, detail):
    run = Run(script(AC + f"faults: [{{{fault}}}]\nexpect: {{}}"), Iso2Station())

    assert (run.outcome.reason, run.outcome.good) == (Reason.SCRIPT, False)
    assert detail in run.outcome.detail


def test_a_fault_that_never_comes_about_is_no_good_end():
    run = Run(script(AC + "faults: [{kind: silence, at: Authorisation}]"), Iso2Station())

    assert (run.outcome.completed, run.outcome.good) == (True, False)
    assert str(run.outcome) == "completed, but never done: silence at Authorisation"


def test_a_charge_that_the_station_ends_early_is_good_only_where_expected():
    ended = {iso2.ChargingStatusReq: changed(ac_evse_status=ac_status(evse_notification="StopCharging"))}

    found = [Run(script(AC + more), Iso2Station(ended)).outcome for more in ("", "expect: {completed: true}")]

    assert [(one.completed, one.good, one.undone_steps) for one in found] == [
        (True, False, ("charge",)),
        (True, True, ("charge",)),
    ]


def test_an_expected_refusal_is_a_good_end():
    code = iso2.ResponseCode.FAILED_CONTRACT_CANCELED
    station = Iso2Station(
        {iso2.AuthorizationReq: iso2.AuthorizationRes(response_code=code, evse_processing="Finished")}
    )
    run = Run(script(AC + "expect: {response_code: FAILED_ContractCanceled, phase: Authorization}"), station)

    assert (run.outcome.completed, run.outcome.good, run.outcome.code) == (False, True, code)


def test_an_end_that_was_not_expected_is_not_good():
    run = Run(script(AC + "expect: {reason: Timeout}"), Iso2Station())

    assert (run.outcome.completed, run.outcome.good) == (True, False)


ALL_REQUESTS = [
    iso2.SessionSetupReq,
    iso2.ServiceDiscoveryReq,
    iso2.PaymentServiceSelectionReq,
    iso2.AuthorizationReq,
    iso2.ChargeParameterDiscoveryReq,
    iso2.CableCheckReq,
    iso2.PreChargeReq,
    iso2.PowerDeliveryReq,
    iso2.CurrentDemandReq,
    iso2.WeldingDetectionReq,
    iso2.SessionStopReq,
]


@pytest.mark.parametrize("request_type", ALL_REQUESTS)
def test_a_failed_answer_ends_the_talk_with_its_code(request_type):
    refusal = changed(response_code=iso2.ResponseCode.FAILED_SEQUENCE_ERROR)
    run = Run(script(DC), Iso2Station({request_type: refusal}))

    assert (run.outcome.reason, run.outcome.code) == (Reason.RESPONSE_CODE, "FAILED_SequenceError")


@pytest.mark.parametrize("request_type", ALL_REQUESTS)
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, Reason.TIMEOUT),
        (Received(payload_type=PayloadType.EXI, payload=b"\x80\xff"), Reason.UNDECODABLE),
        (Received(payload_type=PayloadType.DC, payload=b"\x80"), Reason.UNDECODABLE),
        (Disconnected(reason="reset"), Reason.CONNECTION_LOST),
        (iso2.MeteringReceiptRes(response_code=OK, evse_status=dc_status()), Reason.WRONG_MESSAGE),
    ],
)
def test_a_wrong_answer_ends_with_a_typed_reason(request_type, answer, reason):
    run = Run(script(DC), Iso2Station({request_type: answer}))

    assert run.outcome.reason is reason
    assert isinstance(run.effects[-1], Finished)


@pytest.mark.parametrize("request_type", ALL_REQUESTS[1:])
def test_an_answer_in_another_session_is_not_taken(request_type):
    def other(station, request):
        return station.frame(getattr(station, f"on_{type(request).__name__}")(request), session=b"87654321")

    assert Run(script(DC), Iso2Station({request_type: other})).outcome.reason is Reason.SESSION_ID


def test_a_second_answer_is_not_asked_for():
    car = Evcc(script(AC), None, bytes)
    car.feed(Plugged(), NOON)
    effects = car.feed(Received(payload_type=PayloadType.EXI, payload=b"x"), NOON)

    assert effects[-1].outcome.reason is Reason.UNSOLICITED


def test_a_message_without_a_body_is_no_answer():
    empty = iso2.V2gMessage(header=iso2.MessageHeader(session_id=SESSION), body=iso2.Body())
    frame = Received(payload_type=PayloadType.EXI, payload=exi.encode(empty, exi.Schema.ISO2))

    assert Run(script(AC), Iso2Station({iso2.AuthorizationReq: frame})).outcome.reason is Reason.WRONG_MESSAGE


@pytest.mark.parametrize(("reason", "typed"), [("tls: alert 40", Reason.TLS), ("refused", Reason.NO_STATION)])
def test_a_connection_that_does_not_come_has_its_reason(reason, typed):
    car = Evcc(script(AC), None, bytes)
    car.feed(Plugged(), NOON)

    assert car.feed(Disconnected(reason=reason), NOON)[-1].outcome.reason is typed


def test_a_connection_nobody_waits_for_is_not_used():
    run = Run(script(AC), Iso2Station())
    assert run.car.feed(Connected(tls=None), run.now) == ()

    car = Evcc(script(AC), None, bytes)
    assert car.feed(Connected(tls=None), NOON) == ()


def test_a_station_may_close_a_paused_connection():
    car = Run(
        script(AC + "steps: [plug, charge: {energy_wh: 1}, pause: {seconds: 9}, resume, unplug]"),
        Iso2Station(),
    )
    other = Evcc(script(AC), None, bytes)
    other.phase = "Paused"

    assert car.outcome.completed
    assert other.feed(Disconnected(reason="closed"), NOON) == ()


def test_an_ongoing_authorization_is_not_waited_for_for_ever():
    ongoing = iso2.AuthorizationRes(response_code=OK, evse_processing=iso2.EvseProcessing.ONGOING)
    run = Run(script(AC), Iso2Station({iso2.AuthorizationReq: ongoing}))

    assert (run.outcome.reason, run.outcome.detail) == (Reason.TIMEOUT, "phase")
    assert 60 <= (run.now - NOON).total_seconds() < 61


def test_an_order_stops_the_car():
    run = Run(script(AC), Iso2Station(), until="ChargingStatus")
    run.give(Ordered(order=Order.STOP))
    run.go_on()

    assert (run.outcome.completed, run.outcome.energy_wh < 48_000) == (True, True)


def held():
    run = Run(script(AC), Iso2Station(), until="ChargingStatus")
    run.give(Ordered(order=Order.HOLD))
    run.go_on(until="Paused")
    return run


def test_a_car_that_holds_comes_back_when_it_is_told_to():
    run = held()
    assert (run.car.phase, run.car.drive.pilot) == ("Paused", Pilot.PLUGGED)
    session = run.car.drive.session_id

    run.give(Ordered(order=Order.RESUME))
    run.go_on(until="ChargingStatus")

    assert (run.car.phase, run.car.drive.session_id) == ("ChargingStatus", session)


def test_a_car_that_holds_may_be_stopped_for_good():
    run = held()
    run.give(Ordered(order=Order.STOP))

    assert run.outcome.completed


def test_a_suspended_car_takes_nothing_until_it_resumes():
    run = Run(script(AC), Iso2Station(), until="ChargingStatus")
    taken = [run.car.drive.charge_power_w(7000)]
    for order in (Order.SUSPEND, Order.RESUME):
        run.give(Ordered(order=order))
        taken.append(run.car.drive.charge_power_w(7000))

    assert taken == [7000, 0, 7000]


def test_what_the_car_measures_counts_from_then_on():
    from decimal import Decimal

    car = Evcc(script(AC), None, bytes)
    car.feed(Measured(voltage_v=Decimal(230), current_a=Decimal(10)), NOON)

    assert (car.drive.measured, car.drive.flowing_w) == (True, 6900)


def test_the_record_has_times_and_sizes():
    run = Run(script(AC + SHORT), Iso2Station(), latency_s=0.25)
    first = next(one for one in run.effects if isinstance(one, Exchanged))

    assert (first.request, first.response, first.took_s) == (
        "supportedAppProtocolReq",
        "supportedAppProtocolRes",
        0.25,
    )
    assert first.request_bytes > 0 < first.response_bytes


def test_patience_makes_the_time_outs_longer():
    car = Evcc(script("car: {patience: 3}"), None, bytes)
    car.feed(Plugged(), NOON)
    effects = car.feed(Connected(tls=None), NOON)

    assert StartTimer(timer="message", after_s=6.0) in effects


def test_the_pilot_goes_back_when_a_talk_fails():
    car = Evcc(script(AC), None, bytes)
    car.feed(Plugged(), NOON)
    effects = car.feed(Expired(timer="open"), NOON)

    assert [type(one) for one in effects] == [Close, SetPilot, Finished]
    assert effects[-1].outcome.reason is Reason.TIMEOUT


@pytest.mark.untraced
@few(60)
@given(st.data())
def test_no_bytes_of_a_station_make_a_car_crash(data):
    """Well up to some point, then anything at all: the car ends with a reason, or goes on."""
    good = data.draw(st.integers(0, 14))
    count = itertools.count()

    class Station(Iso2Station):
        def __call__(self, payload_type, payload):
            answer = super().__call__(payload_type, payload)
            if next(count) < good or not isinstance(answer, Received):
                return answer
            bits = bytearray(answer.payload)
            for _ in range(data.draw(st.integers(1, 4))):
                at = data.draw(st.integers(0, len(bits) - 1))
                bits[at] = data.draw(st.integers(0, 255))
            return Received(payload_type=answer.payload_type, payload=bytes(bits))

    run = Run(script(DC + SHORT), Station())

    assert run.outcome.completed or run.outcome.reason in Reason


@pytest.mark.untraced
@few(50)
@given(st.lists(st.sampled_from(ALL_REQUESTS), max_size=3), st.binary(min_size=1, max_size=64))
def test_any_payload_at_any_phase_is_survived(types, payload):
    frame = Received(payload_type=PayloadType.EXI, payload=payload)
    run = Run(script(DC + SHORT), Iso2Station(dict.fromkeys(types, frame)))

    assert run.outcome.completed or run.outcome.reason in Reason


def test_a_car_that_fails_while_charging_opens_its_contactor_first():
    run = Run(script(AC), Iso2Station({iso2.ChargingStatusReq: Disconnected(reason="reset")}))

    assert run.pilots == ["B", "C", "B", "A"]


def test_a_handshake_answer_that_is_garbage_has_its_reason():
    frame = Received(payload_type=PayloadType.EXI, payload=b"\0")
    run = Run(script(AC), Iso2Station({app_protocol.SupportedAppProtocolReq: frame}))

    assert run.outcome.reason is Reason.UNDECODABLE
