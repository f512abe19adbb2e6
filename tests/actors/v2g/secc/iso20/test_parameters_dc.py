import dataclasses

import pytest

from actors.v2g.secc.iso20.phases import Phase
from actors.v2g.secc.settings import Settings
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118.iso20 import dc
from protocols.types.iso15118 import DcEvMaximumLimits
from tests.support.secc_iso20 import STATION, Car20, car_in, number


def test_the_outlet_says_its_limits():
    mode = car_in(Phase.PARAMETERS, 2).parameters().dc_cpd_res_energy_transfer_mode

    assert type(mode) is dc.DcCpdResEnergyTransferMode
    assert float(mode.evse_maximum_charge_power) == 150000
    assert float(mode.evse_maximum_charge_current) == 300
    assert float(mode.evse_maximum_voltage) == 920
    assert float(mode.evse_minimum_voltage) == 150
    assert float(mode.evse_minimum_charge_current) == 1


@pytest.mark.parametrize(("negative", "sign"), [(False, 1), (True, -1)])
def test_what_the_outlet_takes_back_has_the_configured_sign(negative, sign):
    car = Car20(service=6, settings=Settings(negative_bidirectional_limits=negative))

    mode = car.go_to(Phase.PARAMETERS).parameters().dc_cpd_res_energy_transfer_mode

    assert type(mode) is dc.BptDcCpdResEnergyTransferMode
    assert float(mode.evse_maximum_discharge_power) == sign * 20000
    assert float(mode.evse_maximum_discharge_current) == sign * 50


def test_an_outlet_without_a_least_says_zero():
    car = Car20(station=dataclasses.replace(STATION, dc_minimum=None)).go_to(Phase.PARAMETERS)

    mode = car.parameters().dc_cpd_res_energy_transfer_mode

    assert float(mode.evse_minimum_voltage) == 0


def test_the_limits_of_the_car_are_published_within_bounds():
    car = car_in(Phase.PARAMETERS)

    car.parameters(ev_maximum_charge_power=number(1000, 3), ev_maximum_charge_current=number(30, 4))

    assert car.bench.published(charger.DcEvMaximumLimits) == [
        charger.DcEvMaximumLimits(
            limits=DcEvMaximumLimits(
                dc_ev_maximum_current_limit_a=10000.0,
                dc_ev_maximum_power_limit_w=350000.0,
                dc_ev_maximum_voltage_limit_v=450.0,
            )
        )
    ]


WRONG = [
    {"ev_maximum_charge_power": number(-1)},
    {"ev_minimum_charge_power": number(-1)},
    {"ev_minimum_charge_power": number(101, 3)},
    {"ev_minimum_charge_current": number(251)},
    {"ev_minimum_voltage": number(451)},
    {"ev_maximum_voltage": number(0), "ev_minimum_voltage": number(0)},
    {"ev_maximum_voltage": number(149), "ev_minimum_voltage": number(0)},
    {"ev_maximum_voltage": number(1000), "ev_minimum_voltage": number(921)},
    {"ev_maximum_charge_current": number(0)},
    {"ev_maximum_charge_power": number(99)},
]


@pytest.mark.parametrize("changes", WRONG)
def test_limits_that_contradict_themselves_or_the_outlet_are_wrong(changes):
    car = car_in(Phase.PARAMETERS)

    response = car.parameters(**changes)

    assert response.response_code == "FAILED_WrongChargeParameter"
    assert car.bench.published(charger.DcEvMaximumLimits) == []


def test_a_least_to_give_back_above_the_most_is_wrong():
    response = car_in(Phase.PARAMETERS, 6).parameters(ev_minimum_discharge_current=number(26))

    assert response.response_code == "FAILED_WrongChargeParameter"


@pytest.mark.parametrize(("service", "bpt"), [(2, True), (6, False)])
def test_the_form_of_the_other_service_is_wrong(service, bpt):
    car = car_in(Phase.PARAMETERS, service)
    car.bpt = bpt

    assert car.parameters().response_code == "FAILED_WrongChargeParameter"
