import dataclasses

import pytest

from actors.v2g.secc.iso20 import supply
from actors.v2g.secc.iso20.phases import Phase, RefusedError
from actors.v2g.secc.turn import Turn
from protocols.iso15118.iso20 import ac
from protocols.types.iso15118 import Connector
from protocols.types.units import Power
from tests.support.secc_iso20 import STATION, Car20, number


def turn(service=1, phase=Phase.PARAMETERS, **station):
    car = Car20(service=service, station=dataclasses.replace(STATION, **station)).go_to(phase)
    return Turn(car.bench.state, car.bench.settings, car.bench.now, car.bench.random)


def test_an_ac_outlet_may_be_known_by_its_current_alone():
    made = turn(ac_maximum=None, ac_max_current_a=16.0)

    assert supply.ac_maximum(made) == Power(total_w=11040.0, l1_w=3680.0, l2_w=3680.0, l3_w=3680.0)


def test_a_single_phase_outlet_gives_a_third():
    parameters = dataclasses.replace(STATION.ac, connectors=(Connector.SINGLE_PHASE,))
    made = turn(ac=parameters, ac_maximum=None, ac_max_current_a=16.0)

    assert supply.ac_maximum(made) == Power(total_w=3680.0)


def test_before_the_choice_three_phases_are_assumed():
    made = turn(phase=Phase.AUTHORIZATION, ac_maximum=None, ac_max_current_a=16.0)

    assert supply.ac_maximum(made).total_w == 11040


def test_an_outlet_that_nobody_told_about_is_refused():
    with pytest.raises(RefusedError):
        supply.ac_maximum(turn(ac_maximum=None))
    with pytest.raises(RefusedError):
        supply.dc_maximum(turn(2, dc_maximum=None))


def test_what_an_outlet_takes_back_is_nothing_unless_told():
    made = turn(ac_maximum=None, ac_minimum=None, ac_max_current_a=16.0)

    assert supply.ac_discharge(made) == (Power(total_w=0.0), Power(total_w=0.0))
    assert supply.discharge_power_w(made) == 0
    limits = dataclasses.replace(STATION.dc_maximum, evse_maximum_discharge_power_limit_w=None)
    assert supply.discharge_power_w(turn(2, dc_maximum=limits)) == 0


def test_power_is_never_less_than_none():
    limits = dataclasses.replace(STATION.dc_maximum, evse_maximum_power_limit_w=-5.0)

    assert supply.charge_power_w(turn(2, dc_maximum=limits)) == 0


def test_a_power_is_read_by_the_phases_that_are_there():
    mode = ac.ScheduledAcClReqControlMode(
        ev_present_active_power=number(1), ev_present_active_power_l3=number(2)
    )

    assert supply.gathered(mode, "ev_present_active_power") == Power(total_w=3.0, l1_w=1.0, l3_w=2.0)
    assert supply.gathered(mode, "ev_maximum_charge_power") is None
    assert supply.spread("x", None) == {}
