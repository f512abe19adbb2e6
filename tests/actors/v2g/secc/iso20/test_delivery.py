import dataclasses

import pytest

from actors.v2g.secc.iso20.phases import Phase
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118.iso20 import common
from protocols.iso15118.iso20.enumerations import Processing
from protocols.types.authorization import AuthorizationStatus, CertificateStatus
from protocols.types.iso15118 import EvseError
from tests.support.secc_iso20 import REFUSED, car_in

START, STOP = common.ChargeProgress.START, common.ChargeProgress.STOP
CLOSED, OPEN = charger.AcContactorClosed(status=True), charger.AcContactorClosed(status=False)


def test_an_ac_start_waits_for_the_contactor():
    car = car_in(Phase.DELIVERY, 1)

    assert car.deliver() is None

    assert car.bench.published(charger.V2gSetupFinished)
    assert car.bench.published(charger.AcCloseContactor)
    assert car.bench.published(charger.CurrentDemandStarted) == []
    car.bench.tell(CLOSED)
    assert car.heard().response_code == "OK"
    assert car.bench.published(charger.CurrentDemandStarted)
    assert car.phase is Phase.LOOP
    assert "contactor" not in car.bench.timers


def test_a_contactor_that_was_closed_before_does_not_count():
    car = car_in(Phase.DELIVERY, 1)
    car.bench.tell(CLOSED)

    assert car.deliver() is None


def test_other_news_do_not_end_the_wait():
    car = car_in(Phase.DELIVERY, 1)
    car.deliver()

    car.bench.tell(charger.DlinkReady(value=True))

    assert car.bench.sent() is None
    assert car.bench.talk.held


@pytest.mark.parametrize("progress", [START, STOP])
def test_a_contactor_that_does_not_switch_in_time_is_an_error(progress):
    car = car_in(Phase.DELIVERY if progress is START else Phase.LOOP, 1)
    assert car.deliver(progress) is None

    car.bench.pass_time(4.6)

    assert car.heard().response_code == "FAILED_ContactorError"
    assert car.bench.closed.reason == "contactor_timeout"


@pytest.mark.parametrize(("progress", "answer"), [(START, OPEN), (STOP, CLOSED)])
def test_a_contactor_that_does_otherwise_is_an_error(progress, answer):
    car = car_in(Phase.DELIVERY if progress is START else Phase.LOOP, 1)
    car.deliver(progress)

    car.bench.tell(answer)

    assert car.heard().response_code == "FAILED_ContactorError"


def test_a_stop_while_the_contactor_closes_opens_it_again():
    car = car_in(Phase.DELIVERY, 1)
    car.deliver()

    car.bench.tell(charger.StopCharging(stop=True))

    assert car.heard().response_code == "FAILED_PowerDeliveryNotApplied"
    assert car.bench.published(charger.AcOpenContactor)


def test_an_ac_stop_waits_for_the_contactor():
    car = car_in(Phase.LOOP, 1)

    assert car.deliver(STOP) is None

    assert car.bench.published(charger.CurrentDemandFinished)
    assert car.bench.published(charger.AcOpenContactor)
    car.bench.tell(OPEN)
    assert car.heard().response_code == "OK"
    assert car.phase is Phase.STOP


def test_a_contactor_that_is_open_already_is_not_waited_for():
    car = car_in(Phase.LOOP, 1)
    car.bench.tell(OPEN)

    assert car.deliver(STOP).response_code == "OK"


def test_a_stop_before_the_start_waits_for_nothing():
    car = car_in(Phase.DELIVERY, 1)

    assert car.deliver(STOP).response_code == "OK"
    assert car.bench.published(charger.AcOpenContactor) == []
    assert car.phase is Phase.STOP


def test_a_dc_start_is_answered_at_once():
    car = car_in(Phase.DELIVERY, 2)

    assert car.deliver().response_code == "OK"
    assert car.bench.published(charger.CurrentDemandStarted)
    assert car.phase is Phase.LOOP


def test_a_dc_stop_opens_the_contactors():
    car = car_in(Phase.LOOP, 2)

    assert car.deliver(STOP).response_code == "OK"
    assert car.bench.published(charger.DcOpenContactor)
    assert car.bench.published(charger.CurrentDemandFinished)
    assert car.phase is Phase.WELDING


@pytest.mark.parametrize("service", [1, 2])
def test_an_unfinished_request_changes_nothing(service):
    car = car_in(Phase.DELIVERY, service)

    assert car.deliver(START, Processing.ONGOING).response_code == "OK"
    assert car.phase is Phase.DELIVERY
    assert car.bench.published(charger.V2gSetupFinished) == []


@pytest.mark.parametrize("phase", [Phase.DELIVERY, Phase.LOOP])
def test_standby_is_declined_and_the_talk_goes_on(phase):
    car = car_in(phase)

    response = car.deliver(common.ChargeProgress.STANDBY)

    assert response.response_code == "WARNING_StandbyNotAllowed"
    assert car.phase is phase
    assert car.bench.closed is None


def test_starting_twice_is_a_sequence_error():
    assert car_in(Phase.LOOP).deliver().response_code == "FAILED_SequenceError"


def test_renegotiation_has_no_place_on_the_main_channel():
    car = car_in(Phase.LOOP)

    response = car.deliver(common.ChargeProgress.SCHEDULE_RENEGOTIATION)

    assert response.response_code == "FAILED_SequenceError"
    assert car.bench.published(charger.DcOpenContactor)


@pytest.mark.parametrize("spoil", [charger.StopCharging(stop=True), REFUSED])
def test_nobody_charges_once_it_was_forbidden(spoil):
    car = car_in(Phase.DELIVERY)
    car.bench.tell(spoil)

    assert car.deliver().response_code == "FAILED_PowerDeliveryNotApplied"


def test_a_grant_after_that_does_not_help():
    car = car_in(Phase.DELIVERY)
    granted = charger.AuthorizationResponse(
        authorization_status=AuthorizationStatus.ACCEPTED, certificate_status=CertificateStatus.ACCEPTED
    )
    car.bench.tell(REFUSED, granted)

    assert car.deliver().response_code == "FAILED_PowerDeliveryNotApplied"


def test_the_answer_says_when_the_station_wants_to_stop():
    car = car_in(Phase.DELIVERY)
    car.bench.tell(charger.SendError(error=EvseError.ERROR_UTILITY_INTERRUPT_EVENT))

    assert car.deliver().evse_status.evse_notification == "Terminate"


@pytest.mark.parametrize("processing", [Processing.ONGOING, Processing.FINISHED])
def test_a_profile_aside_needs_a_new_schedule(processing):
    car = car_in(Phase.LOOP)

    response = car.deliver(common.ChargeProgress.SCHEDULE_RENEGOTIATION, processing, channel=0x8101)

    assert response.response_code == "FAILED_SequenceError"


def test_an_unfinished_profile_aside_is_awaited():
    car = car_in(Phase.LOOP)
    car.schedule(channel=0x8101)
    reneg = common.ChargeProgress.SCHEDULE_RENEGOTIATION

    assert car.deliver(reneg, Processing.ONGOING, channel=0x8101).response_code == "OK"
    assert car.deliver(reneg, ev_power_profile=car.profile(), channel=0x8101).response_code == "OK"
    assert car.deliver(reneg, channel=0x8101).response_code == "FAILED_SequenceError"


def test_the_direction_may_be_said_for_a_bidirectional_start():
    car = car_in(Phase.DELIVERY, 6)

    response = car.deliver(START, bpt_channel_selection=common.ChannelSelection.DISCHARGE)

    assert response.response_code == "OK"


@pytest.mark.parametrize(
    ("acceptance", "code"),
    [
        (None, "OK"),
        (common.PowerToleranceAcceptance.POWER_TOLERANCE_CONFIRMED, "OK_PowerToleranceConfirmed"),
        (common.PowerToleranceAcceptance.POWER_TOLERANCE_NOT_CONFIRMED, "OK"),
    ],
)
def test_a_confirmed_tolerance_is_acknowledged(acceptance, code):
    car = car_in(Phase.DELIVERY, scheduled=True)
    mode = common.ScheduledEvpptControlMode(
        selected_schedule_tuple_id=1, power_tolerance_acceptance=acceptance
    )
    profile = dataclasses.replace(car.profile(), scheduled_evppt_control_mode=mode)

    assert car.deliver(START, ev_power_profile=profile).response_code == code
