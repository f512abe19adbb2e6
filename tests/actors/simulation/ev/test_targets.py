from decimal import Decimal

import pytest

from actors.simulation.ev import targets
from actors.simulation.ev.drive import Drive
from actors.simulation.ev.outcome import Reason, TalkError
from tests.support.ev_cars import script
from tests.support.ev_stations import NOON


def drive(soc=50):
    made = Drive(script(f"car: {{mode: dc, battery: {{soc_percent: {soc}}}}}"), None, bytes)
    made.at(NOON)
    return made


def test_the_current_keeps_to_power_inlet_and_station():
    one = drive()
    currents = [targets.dc_target(one)[1]]
    one.see_limits(current_a=Decimal(50))
    currents.append(targets.dc_target(one)[1])
    one.stopping = True

    assert [round(current) for current in (*currents, targets.dc_target(one)[1])] == [268, 50, 0]


@pytest.mark.parametrize(("lowest", "highest"), [(400, 900), (100, 300)])
def test_an_outlet_has_to_fit_the_battery(lowest, highest):
    with pytest.raises(TalkError) as caught:
        targets.check_range(drive(), Decimal(lowest), Decimal(highest))
    assert caught.value.reason is Reason.LIMITS


def test_no_battery_is_given_more_voltage_than_it_bears():
    targets.check_voltage(drive(), Decimal(450))

    with pytest.raises(TalkError):
        targets.check_voltage(drive(), Decimal(451))


def test_no_inlet_is_given_more_current_than_it_bears():
    for current in (0, 300, 330, -330):
        targets.check_flow(drive(), Decimal(current))

    for current in (331, -331):
        with pytest.raises(TalkError, match="at an inlet for 300 A"):
            targets.check_flow(drive(), Decimal(current))


@pytest.mark.parametrize(("voltage", "done"), [(350, False), (353, True), (392, True), (393, False)])
def test_pre_charge_is_done_near_the_voltage_of_the_battery(voltage, done):
    assert targets.pre_charged(drive(), Decimal(voltage)) is done


def test_the_voltage_is_waited_for_so_often_and_no_more():
    one = drive()
    phases = [targets.after_welding(one, Decimal(300), "again", "done").phase for _ in range(20)]

    assert phases == ["again"] * 19 + ["done"]
    assert targets.after_welding(drive(), Decimal(60), "again", "done").phase == "done"
