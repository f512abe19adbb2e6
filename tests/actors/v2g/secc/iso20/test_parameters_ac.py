import dataclasses

import pytest

from actors.v2g.secc.iso20.phases import Phase
from actors.v2g.secc.settings import Settings
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118.iso20 import ac
from protocols.types.iso15118 import AcEvseMinimumPower
from protocols.types.units import Power
from tests.support.secc_iso20 import STATION, Car20, car_in, number


def test_the_outlet_says_its_limits_by_phase():
    mode = car_in(Phase.PARAMETERS, 1).parameters().ac_cpd_res_energy_transfer_mode

    assert type(mode) is ac.AcCpdResEnergyTransferMode
    assert float(mode.evse_maximum_charge_power) == 7360
    assert float(mode.evse_maximum_charge_power_l3) == 7360
    assert float(mode.evse_nominal_frequency) == 50
    assert float(mode.evse_power_ramp_limitation) == 368
    assert mode.evse_minimum_charge_power_l2 is None
    assert mode.maximum_power_asymmetry is None


def test_an_outlet_not_told_about_has_usual_values():
    car = Car20(
        service=1, station=dataclasses.replace(STATION, ac=None, ac_minimum=None, ac_present_power=None)
    )

    mode = car.go_to(Phase.PARAMETERS).parameters().ac_cpd_res_energy_transfer_mode

    assert float(mode.evse_nominal_frequency) == 50
    assert float(mode.evse_minimum_charge_power) == 0
    assert mode.evse_power_ramp_limitation is None
    assert mode.evse_present_active_power is None


@pytest.mark.parametrize(("negative", "power"), [(False, 3680), (True, -3680)])
def test_what_the_outlet_takes_back_has_the_configured_sign(negative, power):
    car = Car20(service=5, settings=Settings(negative_bidirectional_limits=negative))

    mode = car.go_to(Phase.PARAMETERS).parameters().ac_cpd_res_energy_transfer_mode

    assert type(mode) is ac.BptAcCpdResEnergyTransferMode
    assert float(mode.evse_maximum_discharge_power) == power
    assert float(mode.evse_maximum_discharge_power_l2) == power
    assert float(mode.evse_minimum_discharge_power) == 0
    assert mode.evse_minimum_discharge_power_l2 is None


def test_the_limits_of_the_car_are_published_by_phase():
    car = car_in(Phase.PARAMETERS, 1)

    car.parameters(ev_maximum_charge_power_l2=number(11, 3), ev_maximum_charge_power_l3=number(10, 3))

    (told,) = car.bench.published(charger.AcEvPowerLimits)
    assert told.limits.max_charge_power == Power(total_w=32000.0, l1_w=11000.0, l2_w=11000.0, l3_w=10000.0)
    assert told.limits.min_charge_power == Power(total_w=0.0)
    assert told.limits.max_discharge_power is None


def test_what_the_car_gives_back_counts_positive():
    car = car_in(Phase.PARAMETERS, 5)

    car.parameters(ev_maximum_discharge_power_l2=number(-4, 3))

    (told,) = car.bench.published(charger.AcEvPowerLimits)
    assert told.limits.max_discharge_power == Power(total_w=9000.0, l1_w=5000.0, l2_w=4000.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"ev_maximum_charge_power": number(-1)},
        {"ev_minimum_charge_power": number(-1)},
        {"ev_minimum_charge_power": number(12, 3)},
        {"ev_maximum_charge_power_l2": number(1), "ev_minimum_charge_power_l2": number(2)},
        {"ev_minimum_charge_power": number(1, 127)},
    ],
)
def test_limits_that_contradict_themselves_are_wrong(changes):
    car = car_in(Phase.PARAMETERS, 1)

    response = car.parameters(**changes)

    assert response.response_code == "FAILED_WrongChargeParameter"
    assert car.bench.published(charger.AcEvPowerLimits) == []


def test_a_least_to_give_back_above_the_most_is_wrong():
    response = car_in(Phase.PARAMETERS, 5).parameters(ev_minimum_discharge_power=number(6, 3))

    assert response.response_code == "FAILED_WrongChargeParameter"


def test_a_car_that_cannot_take_the_least_is_wrong_here():
    least = AcEvseMinimumPower(charge_power=Power(total_w=12000.0))
    car = Car20(service=1, station=dataclasses.replace(STATION, ac_minimum=least)).go_to(Phase.PARAMETERS)

    assert car.parameters().response_code == "FAILED_WrongChargeParameter"


@pytest.mark.parametrize(("service", "other"), [(1, 5), (5, 1)])
def test_the_form_of_the_other_service_is_wrong(service, other):
    car = car_in(Phase.PARAMETERS, service)
    car.bpt = other == 5

    assert car.parameters().response_code == "FAILED_WrongChargeParameter"


def test_absurd_but_honest_numbers_do_no_harm():
    car = car_in(Phase.PARAMETERS, 1)

    assert car.parameters(ev_maximum_charge_power=number(32767, 127)).response_code == "OK"
    assert car.schedule().response_code == "OK"
