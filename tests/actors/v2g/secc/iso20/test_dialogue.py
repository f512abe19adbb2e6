import dataclasses

import pytest

from actors.v2g.secc import authorization
from actors.v2g.secc.exchange import Expired, Send
from actors.v2g.secc.iso20.phases import FAILURES, Phase
from actors.v2g.secc.iso20.timers import CLOSE_S, LOOP_SEQUENCE_S
from actors.v2g.secc.settings import Settings
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118 import exi
from protocols.iso15118.iso20 import common
from protocols.iso15118.iso20.types import DisplayParameters
from protocols.message import Reply
from protocols.types.iso15118 import EVSEID, EnergyTransferMode, EvseError, SaeJ2847BidiMode
from tests.support.secc_iso20 import STATION, Car20, car_in, number

ORDER = [phase for phase in Phase if phase not in {Phase.EXPIRING, Phase.AUTHORIZING}]
CONNECTED = {Phase.PRE_CHARGE, Phase.DELIVERY, Phase.LOOP}


@pytest.mark.parametrize("phase", ORDER)
def test_a_car_that_vanishes_is_parted_if_it_was_connected(phase):
    # given
    car = car_in(phase)

    # when
    car.bench.disconnect()

    # then
    assert bool(car.bench.published(charger.DcOpenContactor)) is (phase in CONNECTED)
    assert bool(car.bench.published(charger.CurrentDemandFinished)) is (phase is Phase.LOOP)
    assert car.bench.published(charger.HlcSessionFailed) == [charger.HlcSessionFailed(reason=FAILURES[phase])]
    assert car.bench.published(charger.DlinkError) == [charger.DlinkError()]


@pytest.mark.parametrize("phase", [Phase.DELIVERY, Phase.LOOP, Phase.STOP])
def test_an_ac_car_that_vanishes_is_parted_while_it_charges(phase):
    car = car_in(phase, 1)

    car.bench.disconnect()

    assert bool(car.bench.published(charger.AcOpenContactor)) is (phase is Phase.LOOP)


def test_an_ac_car_that_vanishes_before_the_contactor_answers_is_parted():
    car = car_in(Phase.DELIVERY, 1)
    assert car.deliver() is None

    car.bench.disconnect()

    assert car.bench.published(charger.AcOpenContactor)


@pytest.mark.parametrize("phase", [phase for phase in ORDER if phase is not Phase.SESSION_SETUP])
def test_a_silent_car_is_let_go_after_its_time(phase):
    # given
    car = car_in(phase)
    limit_s = LOOP_SEQUENCE_S if phase is Phase.LOOP else 60

    # when
    car.bench.pass_time(limit_s - 0.1)
    assert car.bench.closed is None
    car.bench.pass_time(0.2)

    # then
    assert car.bench.closed.reason == "sequence_timeout"
    assert car.bench.closed.failed is FAILURES[phase]
    assert bool(car.bench.published(charger.DcOpenContactor)) is (phase in CONNECTED)


@pytest.mark.parametrize("payload_type", [0x8001, 0x8003, 0x8005, 0x9000, 0xFFFF])
def test_a_payload_type_of_another_protocol_ends_the_talk(payload_type):
    car = car_in(Phase.AUTHORIZATION)

    assert car.bench.receive(b"\x80", payload_type) is None

    assert car.bench.closed.reason == "payload_type_unexpected"
    assert car.bench.closed.after_s == 0


@pytest.mark.parametrize("payload", [b"", b"\x80", b"\x00" * 9, b"\x80\x04" + b"\xff" * 60])
def test_garbage_ends_the_talk_without_an_answer(payload):
    car = car_in(Phase.LOOP)

    assert car.bench.receive(payload, 0x8004) is None

    assert car.bench.closed.reason == "message_undecodable"
    assert car.bench.published(charger.DcOpenContactor)
    assert car.bench.published(charger.CurrentDemandFinished)


def test_a_response_is_no_request():
    car = car_in(Phase.AUTHORIZATION)
    response = common.SessionStopRes(
        header=car.message(common.AuthorizationSetupReq).header, response_code="OK"
    )

    car.bench.receive(exi.encode(response, exi.Schema.ISO20_COMMON), 0x8002)

    assert car.bench.closed.reason == "request_expected"


def test_a_second_request_while_one_waits_ends_the_talk():
    car = car_in(Phase.DELIVERY, 1)
    assert car.deliver() is None

    assert car.stop() is None

    assert car.bench.closed.reason == "request_before_answer"
    assert car.bench.published(charger.AcOpenContactor)


def test_a_failed_answer_gives_the_car_time_to_close():
    car = car_in(Phase.SERVICE_DETAIL)

    car.detail(99)

    assert car.bench.closed.after_s == CLOSE_S
    assert car.bench.closed.failed is FAILURES[Phase.SERVICE_DETAIL]


def test_what_came_with_a_refused_request_has_not_happened():
    car = car_in(Phase.LOOP)

    car.loop(
        car.control(ev_minimum_voltage=number(451)),
        meter=True,
        display_parameters=DisplayParameters(present_soc_percent=40),
    )

    assert car.bench.talk.iso20.display is None
    assert car.bench.talk.iso20.meter_requested is False
    assert car.bench.published(charger.DisplayParameters) == []
    assert car.bench.published(charger.MeterInfoRequested) == []


def test_a_failed_answer_may_close_at_once():
    settings = Settings(terminate_connection_on_failed_response=True)
    car = Car20(settings=settings).go_to(Phase.SERVICE_DETAIL)

    car.detail(99)

    assert car.bench.closed.after_s == 0


def test_a_failed_talk_is_reported_once_by_its_close():
    car = car_in(Phase.SERVICE_DETAIL)
    car.detail(99)

    car.bench.disconnect()

    assert car.bench.published(charger.HlcSessionFailed) == []
    assert car.bench.published(charger.DlinkError)


@pytest.mark.parametrize("phase", [Phase.PARAMETERS, Phase.SCHEDULE, Phase.CABLE_CHECK, Phase.PRE_CHARGE])
@pytest.mark.parametrize(
    "error", [EvseError.ERROR_CONTACTOR, EvseError.ERROR_RCD, EvseError.ERROR_MALFUNCTION]
)
def test_a_broken_station_ends_the_talk_before_energy_flows(phase, error):
    car = car_in(phase)
    car.bench.tell(charger.SendError(error=error))

    act = {
        Phase.PARAMETERS: car.parameters,
        Phase.SCHEDULE: car.schedule,
        Phase.CABLE_CHECK: car.cable_check,
        Phase.PRE_CHARGE: car.pre_charge,
    }[phase]
    response = act()

    expected = "FAILED_ContactorError" if error is EvseError.ERROR_CONTACTOR else "FAILED"
    assert response.response_code == expected
    assert car.bench.closed.reason == "station_failed"


def test_an_emergency_ends_the_loop_at_once():
    car = car_in(Phase.LOOP)
    car.bench.tell(charger.SendError(error=EvseError.ERROR_EMERGENCY_SHUTDOWN))

    assert car.loop().response_code == "FAILED"

    assert car.bench.published(charger.DcOpenContactor)


def test_other_errors_let_the_car_stop_in_order():
    car = car_in(Phase.LOOP)
    car.bench.tell(charger.SendError(error=EvseError.ERROR_MALFUNCTION))

    response = car.loop()

    assert response.evse_status.evse_notification == "Terminate"
    assert car.deliver(common.ChargeProgress.STOP).response_code == "OK"
    assert car.weld().response_code == "OK"
    assert car.stop().response_code == "OK"


def test_an_error_that_was_taken_back_changes_nothing():
    car = car_in(Phase.PARAMETERS)
    car.bench.tell(charger.SendError(error=EvseError.ERROR_MALFUNCTION), charger.ResetError())

    assert car.parameters().response_code == "OK"


def test_a_shortage_of_the_grid_does_not_fail_a_talk():
    car = car_in(Phase.PARAMETERS)
    car.bench.tell(charger.SendError(error=EvseError.ERROR_UTILITY_INTERRUPT_EVENT))

    assert car.parameters().response_code == "OK"


def test_debugging_shows_every_message_both_ways():
    car = car_in(Phase.AUTHORIZATION_SETUP)
    setup = charger.Setup(
        evse_id=EVSEID(evse_id="DE*PNX*E1*1"), sae_j2847_mode=SaeJ2847BidiMode.NONE, debug_mode=True
    )
    car.bench.tell(setup)

    car.authorization_setup()

    told = [each.message.id.value for each in car.bench.published(charger.V2gMessages)]
    assert told == ["AuthorizationSetupReq", "AuthorizationSetupRes"]


def test_a_timer_of_nobody_changes_nothing():
    car = car_in(Phase.LOOP)
    before = car.bench.state

    for timer in ("contactor", "certificate", "what", authorization.TIMER):
        car.bench.feed(Expired(timer=timer))

    assert car.bench.state == before
    assert not any(isinstance(each, Send) for each in car.bench.effects)


def test_a_timer_of_another_wait_does_not_end_this_one():
    car = car_in(Phase.DELIVERY, 1)
    car.deliver()

    car.bench.feed(Expired(timer="certificate"))

    assert car.bench.closed is None
    assert car.bench.talk.held


def test_an_answer_nobody_asked_for_changes_nothing():
    car = car_in(Phase.LOOP)
    before = car.bench.state
    car.bench.asks["contract ocsp request data"] = None
    car.bench.asks["what"] = None

    car.bench.answer("contract ocsp request data", Reply())
    car.bench.answer("what", Reply())

    assert car.bench.state == before


def test_a_service_that_is_withdrawn_is_renegotiated_in_the_loop():
    car = car_in(Phase.LOOP)
    gone = charger.UpdateEnergyTransferModes(supported_energy_transfer_modes=(EnergyTransferMode.DC_BPT,))
    car.bench.tell(gone)

    assert car.loop().evse_status.evse_notification == "ServiceRenegotiation"

    back = charger.UpdateEnergyTransferModes(supported_energy_transfer_modes=(EnergyTransferMode.DC,))
    car.bench.tell(back)
    assert car.loop().evse_status is None


def test_side_channels_do_not_keep_a_silent_loop_alive():
    # given
    car = car_in(Phase.LOOP)
    car.bench.pass_time(LOOP_SEQUENCE_S - 1)

    # when
    response = car.schedule(channel=0x8101)
    car.bench.pass_time(1.1)

    # then
    assert response.response_code == "OK"
    assert car.bench.closed.reason == "sequence_timeout"


def test_a_successor_answers_the_same_request_the_same():
    # given: two cores with the same state, as before and after the death of a session
    car = car_in(Phase.LOOP)
    twin = car.fork()

    # when
    first, second = car.loop(), twin.loop()

    # then
    assert first == second
    assert car.bench.effects == twin.bench.effects


def test_a_talk_without_limits_of_the_station_fails_in_order():
    car = Car20(station=dataclasses.replace(STATION, dc_maximum=None)).go_to(Phase.PARAMETERS)

    response = car.parameters()

    assert response.response_code == "FAILED"
    assert car.bench.closed.reason == "station_limits_unknown"
