import pytest

from actors.v2g.secc.iso20.phases import Phase
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118.iso20 import common
from protocols.iso15118.iso20.enumerations import Processing
from protocols.types.authorization import AuthorizationStatus, CertificateStatus
from protocols.types.iso15118 import DcEvsePresentVoltageCurrent
from tests.support.secc_iso20 import car_in

STOP = charger.StopCharging(stop=True)
WITHDRAWN = charger.AuthorizationResponse(
    authorization_status=AuthorizationStatus.INVALID, certificate_status=CertificateStatus.ACCEPTED
)
GOOD, BAD = charger.CableCheckFinished(status=True), charger.CableCheckFinished(status=False)


def test_the_cable_is_checked_once():
    car = car_in(Phase.CABLE_CHECK)

    assert car.cable_check().evse_processing == "Ongoing"
    assert car.bench.published(charger.StartCableCheck)
    assert car.cable_check().evse_processing == "Ongoing"
    assert car.bench.published(charger.StartCableCheck) == []


@pytest.mark.parametrize("told", [STOP, WITHDRAWN], ids=lambda told: type(told).__name__)
def test_no_cable_is_checked_for_a_car_that_may_not_charge(told):
    car = car_in(Phase.CABLE_CHECK)
    car.bench.tell(told)

    assert car.cable_check().response_code == "FAILED"
    assert car.bench.published(charger.StartCableCheck, ever=True) == []


def test_a_good_cable_leads_to_pre_charge():
    car = car_in(Phase.CABLE_CHECK)
    car.cable_check()
    car.bench.tell(GOOD)

    assert car.cable_check().evse_processing == "Finished"
    assert car.phase is Phase.PRE_CHARGE
    assert "cable check" not in car.bench.timers


def test_a_result_from_before_does_not_count():
    car = car_in(Phase.CABLE_CHECK)
    car.bench.tell(GOOD)

    assert car.cable_check().evse_processing == "Ongoing"


def test_a_bad_cable_ends_the_talk_and_parts_the_car():
    car = car_in(Phase.CABLE_CHECK)
    car.cable_check()
    car.bench.tell(BAD)

    assert car.cable_check().response_code == "FAILED"
    assert car.bench.published(charger.DcOpenContactor)
    assert car.bench.closed.reason == "cable_check_failed"


def test_a_check_that_does_not_end_is_a_bad_one():
    car = car_in(Phase.CABLE_CHECK)
    car.cable_check()

    car.bench.pass_time(37)
    assert car.cable_check().evse_processing == "Ongoing"
    car.bench.pass_time(2)

    assert car.cable_check().response_code == "FAILED"


def test_a_check_that_ends_late_is_a_bad_one_however_it_ends():
    car = car_in(Phase.CABLE_CHECK)
    car.cable_check()
    car.bench.pass_time(39)

    car.bench.tell(GOOD)

    assert car.cable_check().response_code == "FAILED"


def test_pre_charge_is_started_once_with_the_voltage_wanted():
    car = car_in(Phase.PRE_CHARGE)

    car.pre_charge(Processing.ONGOING)
    assert car.bench.published(charger.StartPreCharge)
    (told,) = car.bench.published(charger.DcEvTargetVoltageCurrent)
    assert (told.target.dc_ev_target_voltage_v, told.target.dc_ev_target_current_a) == (400, 0)
    car.pre_charge(Processing.ONGOING)

    assert car.bench.published(charger.StartPreCharge) == []
    assert car.phase is Phase.PRE_CHARGE


def test_pre_charge_tells_the_voltage_of_the_output():
    car = car_in(Phase.PRE_CHARGE)
    present = DcEvsePresentVoltageCurrent(evse_present_voltage_v=387.5)
    car.bench.tell(charger.UpdateDcPresentValues(present_voltage_current=present))

    assert float(car.pre_charge().evse_present_voltage) == 387.5
    assert car.phase is Phase.DELIVERY


def test_welding_detection_repeats_until_the_car_is_done():
    car = car_in(Phase.WELDING)

    assert float(car.weld(Processing.ONGOING).evse_present_voltage) == 400
    assert car.phase is Phase.WELDING
    car.weld()

    assert car.phase is Phase.STOP


def test_after_a_renegotiation_the_cable_is_checked_again():
    car = car_in(Phase.WELDING)
    car.stop(common.ChargingSession.SERVICE_RENEGOTIATION)
    car.go_to(Phase.CABLE_CHECK)

    car.cable_check()

    assert car.bench.published(charger.StartCableCheck)
