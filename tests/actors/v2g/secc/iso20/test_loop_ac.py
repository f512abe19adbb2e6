import dataclasses

import pytest

from actors.v2g.secc.iso20.phases import Phase
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118.iso20 import ac
from protocols.types.iso15118 import AcEvDynamicModeValues, AcTargetValues
from protocols.types.units import Power, ReactivePower
from tests.support.secc_iso20 import STATION, Car20, car_in, number

KINDS = [
    (1, True, ac.ScheduledAcClResControlMode),
    (1, False, ac.DynamicAcClResControlMode),
    (5, True, ac.BptScheduledAcClResControlMode),
    (5, False, ac.BptDynamicAcClResControlMode),
]


@pytest.mark.parametrize(("service", "scheduled", "kind"), KINDS)
def test_each_mode_is_answered_in_its_form(service, scheduled, kind):
    response = car_in(Phase.LOOP, service, scheduled=scheduled).loop()

    assert type(response.cl_res_control_mode) is kind
    assert float(response.cl_res_control_mode.evse_target_active_power) == 3680
    assert float(response.evse_target_frequency) == 50


@pytest.mark.parametrize(("service", "scheduled"), [(1, True), (5, False), (5, True)])
def test_the_form_of_another_mode_is_wrong(service, scheduled):
    car = car_in(Phase.LOOP, 1)
    other = Car20(service=service, scheduled=scheduled).control()

    response = car.loop(other)

    assert response.response_code == "FAILED_WrongChargeParameter"
    assert car.bench.published(charger.AcOpenContactor)


def test_the_target_follows_what_the_station_says():
    car = car_in(Phase.LOOP, 1)
    target = AcTargetValues(
        target_active_power=Power(total_w=4000.0), target_reactive_power=ReactivePower(total_var=-120.0)
    )

    car.bench.tell(charger.UpdateAcTargetValues(target_values=target))
    response = car.loop()

    mode = response.cl_res_control_mode
    assert float(mode.evse_target_active_power) == 4000
    assert mode.evse_target_active_power_l2 is None
    assert float(mode.evse_target_reactive_power) == -120
    assert response.evse_target_frequency is None


def test_without_a_target_the_car_is_to_draw_nothing():
    station = dataclasses.replace(STATION, ac_target=None)
    car = Car20(service=1, station=station).go_to(Phase.LOOP)

    mode = car.loop().cl_res_control_mode

    assert float(mode.evse_target_active_power) == 0
    assert mode.evse_target_reactive_power is None


def test_the_present_power_of_the_station_is_passed_on():
    car = car_in(Phase.LOOP, 1)
    car.bench.tell(charger.UpdateAcPresentPower(present_power=Power(total_w=10500.0)))

    assert float(car.loop().cl_res_control_mode.evse_present_active_power) == 10500


def test_what_the_car_draws_is_published_each_time():
    car = car_in(Phase.LOOP, 1)
    control = car.control(ev_present_active_power_l2=number(9, 3))

    for _ in range(2):
        car.loop(control)
        (told,) = car.bench.published(charger.AcEvPresentPowers)
        assert told.present_powers.present_active_power == Power(total_w=19000.0, l1_w=10000.0, l2_w=9000.0)
        assert told.present_powers.present_reactive_power == Power(total_w=0.0)


def test_what_the_car_wants_in_dynamic_control_is_published():
    car = car_in(Phase.LOOP, 5)

    car.loop()

    assert car.bench.published(charger.AcEvDynamicControlMode) == [
        charger.AcEvDynamicControlMode(
            request=AcEvDynamicModeValues(
                departure_time_s=3600.0,
                target_energy_request_wh=40000.0,
                max_energy_request_wh=60000.0,
                min_energy_request_wh=0.0,
                max_v2x_energy_request_wh=5000.0,
            )
        )
    ]


def test_in_scheduled_control_there_is_no_dynamic_wish():
    car = car_in(Phase.LOOP, 1, scheduled=True)

    car.loop()

    assert car.bench.published(charger.AcEvDynamicControlMode) == []
    assert car.bench.published(charger.AcEvPowerLimits) == []


def test_new_limits_of_the_car_are_published_once():
    car = car_in(Phase.LOOP, 1)
    lower = car.control(ev_maximum_charge_power=number(6, 3))

    car.loop(lower)
    first = car.bench.published(charger.AcEvPowerLimits)
    car.loop(lower)

    assert first[0].limits.max_charge_power == Power(total_w=6000.0)
    assert car.bench.published(charger.AcEvPowerLimits) == []


def test_limits_that_contradict_themselves_end_the_loop():
    car = car_in(Phase.LOOP, 1)

    response = car.loop(car.control(ev_minimum_charge_power=number(12, 3)))

    assert response.response_code == "FAILED_WrongChargeParameter"
    assert car.bench.published(charger.CurrentDemandFinished)
