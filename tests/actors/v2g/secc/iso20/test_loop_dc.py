import dataclasses

import pytest

from actors.v2g.messages import DischargeWanted
from actors.v2g.secc.iso20.phases import Phase
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118.iso20 import dc
from protocols.types.iso15118 import (
    DcChargeDynamicModeValues,
    DcEvseMaximumLimits,
    DcEvsePresentVoltageCurrent,
    DcEvTargetValues,
)
from tests.support.secc_iso20 import STATION, Car20, car_in, number

KINDS = [
    (2, True, dc.ScheduledDcClResControlMode),
    (2, False, dc.DynamicDcClResControlMode),
    (6, True, dc.BptScheduledDcClResControlMode),
    (6, False, dc.BptDynamicDcClResControlMode),
]
BACK = DcEvseMaximumLimits(
    evse_maximum_current_limit_a=300.0,
    evse_maximum_power_limit_w=100.0,
    evse_maximum_voltage_limit_v=920.0,
    evse_maximum_discharge_current_limit_a=30.0,
    evse_maximum_discharge_power_limit_w=5000.0,
)


@pytest.mark.parametrize(("service", "scheduled", "kind"), KINDS)
def test_each_mode_is_answered_in_its_form(service, scheduled, kind):
    response = car_in(Phase.LOOP, service, scheduled=scheduled).loop()

    assert type(response.cl_res_control_mode) is kind
    assert float(response.cl_res_control_mode.evse_maximum_charge_current) == 300
    assert (float(response.evse_present_voltage), float(response.evse_present_current)) == (400, 100)


@pytest.mark.parametrize(("service", "scheduled"), [(2, True), (6, False), (6, True)])
def test_the_form_of_another_mode_is_wrong(service, scheduled):
    car = car_in(Phase.LOOP, 2)

    response = car.loop(Car20(service=service, scheduled=scheduled).control())

    assert response.response_code == "FAILED_WrongChargeParameter"
    assert car.bench.published(charger.DcOpenContactor)


def test_what_a_scheduled_car_wants_is_published():
    car = car_in(Phase.LOOP, scheduled=True)

    car.loop()

    target = DcEvTargetValues(dc_ev_target_voltage_v=400.0, dc_ev_target_current_a=100.0)
    assert car.bench.published(charger.DcEvTargetVoltageCurrent) == [
        charger.DcEvTargetVoltageCurrent(target=target)
    ]
    assert car.bench.published(charger.DcEvPresentVoltage) == [charger.DcEvPresentVoltage(voltage_v=400.0)]
    assert car.bench.published(charger.D20DcDynamicChargeMode) == []


def test_absurd_targets_are_cut_to_what_can_be_told():
    car = car_in(Phase.LOOP, 2, scheduled=True)
    control = car.control(ev_target_current=number(-25), ev_target_voltage=number(32767, 100))

    assert car.loop(control).response_code == "OK"

    (told,) = car.bench.published(charger.DcEvTargetVoltageCurrent)
    assert told.target == DcEvTargetValues(dc_ev_target_voltage_v=1500.0, dc_ev_target_current_a=0.0)


def test_a_scheduled_car_that_gives_back_says_how_much():
    car = car_in(Phase.LOOP, 6, scheduled=True)
    car.bench.tell(charger.UpdateDcMaximumLimits(maximum_limits=BACK))

    response = car.loop(car.control(ev_target_current=number(-25), ev_target_voltage=number(380)))

    assert car.bench.published(DischargeWanted) == [DischargeWanted(voltage_v=380.0, current_a=25.0)]
    assert car.bench.published(charger.DcEvTargetVoltageCurrent) == []
    assert float(response.evse_present_current) == -100  # what is measured has no sign


@pytest.mark.parametrize(
    ("service", "gives_w", "takes_w", "present_a"),
    [(6, 0.0, 5000.0, -100), (6, 100.0, 5000.0, 100), (6, 0.0, None, 100), (2, 0.0, 5000.0, 100)],
)
def test_a_dynamic_car_is_told_that_it_gives_when_the_station_only_takes(
    service, gives_w, takes_w, present_a
):
    car = car_in(Phase.LOOP, service)
    limits = dataclasses.replace(
        BACK, evse_maximum_power_limit_w=gives_w, evse_maximum_discharge_power_limit_w=takes_w
    )
    car.bench.tell(charger.UpdateDcMaximumLimits(maximum_limits=limits))

    assert float(car.loop().evse_present_current) == present_a


def test_what_a_dynamic_car_wants_is_published():
    car = car_in(Phase.LOOP, 6)

    car.loop()

    assert car.bench.published(charger.D20DcDynamicChargeMode) == [
        charger.D20DcDynamicChargeMode(
            request=DcChargeDynamicModeValues(
                departure_time_s=3600.0,
                target_energy_request_wh=40000.0,
                max_energy_request_wh=60000.0,
                min_energy_request_wh=0.0,
                max_charge_power_w=11000.0,
                min_charge_power_w=0.0,
                max_charge_current_a=250.0,
                max_voltage_v=450.0,
                min_voltage_v=200.0,
                max_discharge_power_w=5000.0,
                min_discharge_power_w=0.0,
                max_discharge_current_a=25.0,
                max_v2x_energy_request_wh=5000.0,
            )
        )
    ]


def test_new_limits_are_published_when_they_change():
    car = car_in(Phase.LOOP, scheduled=True)
    lower = car.control(ev_maximum_charge_current=number(90))

    car.loop(lower)
    first = car.bench.published(charger.DcEvMaximumLimits)
    car.loop(lower)

    assert first[0].limits.dc_ev_maximum_current_limit_a == 90
    assert first[0].limits.dc_ev_maximum_voltage_limit_v == 450
    assert car.bench.published(charger.DcEvMaximumLimits) == []


def test_limits_that_contradict_themselves_end_the_loop():
    car = car_in(Phase.LOOP)

    response = car.loop(car.control(ev_minimum_voltage=number(451)))

    assert response.response_code == "FAILED_WrongChargeParameter"


@pytest.mark.parametrize(
    ("voltage_v", "current_a", "achieved"),
    [
        (400.0, 100.0, (False, False, False)),
        (400.0, 300.0, (False, True, False)),
        (920.0, 10.0, (False, False, True)),
        (750.0, 200.0, (True, False, False)),
        (920.0, None, (False, False, True)),
    ],
)
def test_limits_that_are_reached_are_said_to_be(voltage_v, current_a, achieved):
    car = car_in(Phase.LOOP)
    present = DcEvsePresentVoltageCurrent(evse_present_voltage_v=voltage_v, evse_present_current_a=current_a)
    car.bench.tell(charger.UpdateDcPresentValues(present_voltage_current=present))

    response = car.loop()

    assert achieved == (
        response.evse_power_limit_achieved,
        response.evse_current_limit_achieved,
        response.evse_voltage_limit_achieved,
    )


def test_nothing_is_measured_until_the_station_says_so():
    station = dataclasses.replace(STATION, dc_present=None, dc_minimum=None)
    car = Car20(service=6, station=station).go_to(Phase.LOOP)

    response = car.loop()

    assert (float(response.evse_present_voltage), float(response.evse_present_current)) == (0, 0)
    assert float(response.cl_res_control_mode.evse_minimum_voltage) == 0
    assert float(response.cl_res_control_mode.evse_minimum_discharge_power) == 0


def test_a_limit_of_nothing_is_not_reached_by_nothing():
    car = car_in(Phase.LOOP)
    nothing = dataclasses.replace(
        STATION.dc_maximum, evse_maximum_power_limit_w=0.0, evse_maximum_current_limit_a=0.0
    )
    car.bench.tell(
        charger.UpdateDcMaximumLimits(maximum_limits=nothing),
        charger.UpdateDcPresentValues(
            present_voltage_current=DcEvsePresentVoltageCurrent(evse_present_voltage_v=400.0)
        ),
    )

    response = car.loop()

    assert (response.evse_power_limit_achieved, response.evse_current_limit_achieved) == (False, False)
