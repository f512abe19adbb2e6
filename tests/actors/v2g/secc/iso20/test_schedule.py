import dataclasses

import pytest

from actors.v2g.secc.iso20.phases import Phase
from protocols.interfaces import iso15118_charger as charger
from protocols.interfaces import iso15118_extensions as extensions
from protocols.iso15118.iso20 import common
from protocols.types.authorization import AuthorizationStatus, CertificateStatus
from protocols.types.iso15118 import AcEvseMaximumPower, NoEnergyPauseMode
from protocols.types.units import Power
from tests.support.secc_iso20 import STATION, Car20, car_in

START = common.ChargeProgress.START
RENEGOTIATE = common.ChargeProgress.SCHEDULE_RENEGOTIATION


def with_power(power_w):
    return charger.UpdateDcMaximumLimits(
        maximum_limits=dataclasses.replace(STATION.dc_maximum, evse_maximum_power_limit_w=power_w)
    )


def powers(schedule):
    (entry,) = schedule.power_schedule.power_schedule_entries.power_schedule_entry
    return [float(each) for each in (entry.power, entry.power_l2, entry.power_l3) if each is not None]


def test_dynamic_control_leaves_the_goals_to_the_car():
    response = car_in(Phase.SCHEDULE).schedule()

    assert response.evse_processing == "Finished"
    assert response.dynamic_se_res_control_mode == common.DynamicSeResControlMode()
    assert response.scheduled_se_res_control_mode is None
    assert response.go_to_pause is None


@pytest.mark.parametrize(
    ("service", "charging", "discharging"),
    [
        (1, [7360, 7360, 7360], None),
        (2, [150000], None),
        (5, [7360, 7360, 7360], [11040]),
        (6, [150000], [20000]),
    ],
)
def test_scheduled_control_gives_what_the_outlet_can(service, charging, discharging):
    car = car_in(Phase.SCHEDULE, service, scheduled=True)

    (schedule,) = car.schedule().scheduled_se_res_control_mode.schedule_tuple

    assert schedule.schedule_tuple_id == 1
    assert powers(schedule.charging_schedule) == charging
    back = schedule.discharging_schedule
    assert (None if back is None else powers(back)) == discharging
    assert schedule.charging_schedule.power_schedule.time_anchor == int(car.bench.now.timestamp())


def test_the_phase_after_depends_on_the_current():
    for service, phase in ((1, Phase.DELIVERY), (2, Phase.CABLE_CHECK)):
        car = car_in(Phase.SCHEDULE, service)
        car.schedule()
        assert car.phase is phase


def test_the_mode_that_was_not_chosen_is_wrong():
    car = car_in(Phase.SCHEDULE)
    car.scheduled = True

    assert car.schedule().response_code == "FAILED_WrongChargeParameter"


def test_without_power_the_schedule_is_awaited():
    car = car_in(Phase.SCHEDULE, scheduled=True)
    car.bench.tell(with_power(0))

    assert car.schedule().evse_processing == "Ongoing"
    assert car.phase is Phase.SCHEDULE
    car.bench.tell(with_power(5000))
    response = car.schedule()
    assert response.evse_processing == "Finished"
    assert powers(response.scheduled_se_res_control_mode.schedule_tuple[0].charging_schedule) == [5000]
    assert len(car.bench.published(extensions.ChargingNeeds, ever=True)) == 1


def test_a_schedule_is_not_awaited_for_ever():
    car = car_in(Phase.SCHEDULE, 1, scheduled=True)
    nothing = AcEvseMaximumPower(charge_power=Power(total_w=0.0, l1_w=0.0, l2_w=0.0, l3_w=0.0))
    car.bench.tell(charger.UpdateAcMaximumLimits(maximum_limits=nothing))
    assert car.schedule().evse_processing == "Ongoing"
    car.bench.pass_time(55)

    response = car.schedule()

    assert response.evse_processing == "Finished"
    assert powers(response.scheduled_se_res_control_mode.schedule_tuple[0].charging_schedule) == [0]


def test_without_energy_a_dc_car_is_sent_to_pause():
    car = car_in(Phase.SCHEDULE)
    car.bench.tell(charger.NoEnergyPauseCharging(mode=NoEnergyPauseMode.PAUSE_BEFORE_CABLE_CHECK))

    assert car.schedule().go_to_pause is True
    assert car.stop(common.ChargingSession.PAUSE).response_code == "OK"


def test_a_car_sent_to_pause_may_not_go_on_to_the_cable_check():
    car = car_in(Phase.SCHEDULE)
    car.bench.tell(charger.NoEnergyPauseCharging(mode=NoEnergyPauseMode.PAUSE_BEFORE_CABLE_CHECK))
    car.schedule()

    assert car.cable_check().response_code == "FAILED_SequenceError"
    assert car.bench.closed.reason == "pause_expected"


def test_a_pause_that_may_be_ignored_may_be():
    car = car_in(Phase.SCHEDULE)
    car.bench.tell(charger.NoEnergyPauseCharging(mode=NoEnergyPauseMode.ALLOW_EV_TO_IGNORE_PAUSE))

    assert car.schedule().go_to_pause is True
    assert car.cable_check().response_code == "OK"


def test_energy_for_cable_check_and_pre_charge_is_used():
    car = car_in(Phase.SCHEDULE)
    car.bench.tell(charger.NoEnergyPauseCharging(mode=NoEnergyPauseMode.PAUSE_AFTER_PRECHARGE))

    assert car.schedule().go_to_pause is None
    car.go_to(Phase.DELIVERY)
    assert car.deliver().evse_status.evse_notification == "Pause"


@pytest.mark.parametrize("phase", [Phase.SCHEDULE])
def test_a_session_stopped_meanwhile_gets_no_schedule(phase):
    car = car_in(phase)
    car.bench.tell(charger.StopCharging(stop=True))

    assert car.schedule().response_code == "FAILED"


def test_a_grant_taken_back_meanwhile_gets_no_schedule():
    car = car_in(Phase.SCHEDULE)
    car.bench.tell(
        charger.AuthorizationResponse(
            authorization_status=AuthorizationStatus.TIMEOUT, certificate_status=CertificateStatus.ACCEPTED
        )
    )

    assert car.schedule().response_code == "FAILED"


def test_less_power_asks_a_scheduled_car_to_renegotiate():
    # given
    car = car_in(Phase.LOOP, scheduled=True)
    assert car.loop().evse_status is None

    # when
    car.bench.tell(with_power(50000))

    # then
    assert car.loop().evse_status.evse_notification == "ScheduleRenegotiation"
    response = car.schedule(channel=0x8101)
    assert powers(response.scheduled_se_res_control_mode.schedule_tuple[0].charging_schedule) == [50000]
    assert car.loop().evse_status is None
    assert car.deliver(RENEGOTIATE, channel=0x8101, ev_power_profile=car.profile()).response_code == "OK"
    assert car.phase is Phase.LOOP


def test_less_current_asks_a_scheduled_ac_car_to_renegotiate():
    station = dataclasses.replace(STATION, ac_maximum=None, ac_max_current_a=32.0)
    car = Car20(service=1, scheduled=True, station=station).go_to(Phase.LOOP)

    car.bench.tell(charger.UpdateAcMaxCurrent(max_current_a=10.0))

    assert car.loop().evse_status.evse_notification == "ScheduleRenegotiation"


def test_a_change_too_small_to_matter_asks_nothing():
    car = car_in(Phase.LOOP, scheduled=True)

    car.bench.tell(with_power(149000))

    assert car.loop().evse_status is None


def test_in_dynamic_control_less_power_asks_nothing():
    car = car_in(Phase.LOOP)

    car.bench.tell(with_power(1000))

    assert car.loop().evse_status is None


def test_while_a_new_schedule_is_awaited_the_wish_remains():
    car = car_in(Phase.LOOP, scheduled=True)
    car.bench.tell(with_power(0))

    assert car.schedule(channel=0x8101).evse_processing == "Ongoing"

    assert car.loop().evse_status.evse_notification == "ScheduleRenegotiation"
    response = car.deliver(RENEGOTIATE, channel=0x8101, ev_power_profile=car.profile())
    assert response.response_code == "FAILED_SequenceError"


PROFILES = {
    "none": (None, "FAILED_EVPowerProfileInvalid"),
    "too much": ({"power_w": 200000}, "FAILED_EVPowerProfileInvalid"),
    "backwards": ({"power_w": -100}, "FAILED_EVPowerProfileInvalid"),
    "another schedule": ({"schedule": 2}, "FAILED_ScheduleSelectionInvalid"),
    "all there is": ({"power_w": 150000}, "OK"),
    "nothing": ({"power_w": 0}, "OK"),
}


@pytest.mark.parametrize(("how", "code"), PROFILES.values(), ids=PROFILES)
def test_a_profile_has_to_keep_to_its_schedule(how, code):
    car = car_in(Phase.DELIVERY, scheduled=True)
    profile = None if how is None else car.profile(**how)

    assert car.deliver(START, ev_power_profile=profile).response_code == code


def test_a_bidirectional_profile_may_go_backwards():
    car = car_in(Phase.DELIVERY, 6, scheduled=True)

    assert car.deliver(START, ev_power_profile=car.profile(-20000)).response_code == "OK"


def test_a_bidirectional_profile_has_its_limit_backwards():
    car = car_in(Phase.DELIVERY, 6, scheduled=True)

    response = car.deliver(START, ev_power_profile=car.profile(-30000))

    assert response.response_code == "FAILED_EVPowerProfileInvalid"


def test_in_dynamic_control_a_profile_may_be_missing():
    assert car_in(Phase.DELIVERY).deliver(START, ev_power_profile=None).response_code == "OK"


def test_a_profile_of_the_other_control_mode_is_invalid():
    car = car_in(Phase.DELIVERY)
    profile = Car20(scheduled=True).profile()

    assert car.deliver(START, ev_power_profile=profile).response_code == "FAILED_EVPowerProfileInvalid"
