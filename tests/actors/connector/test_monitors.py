"""When the monitors of a DC output are on, and what the overvoltage monitor is told."""

from dataclasses import replace

from actors.connector.exchange import Device
from actors.connector.messages import Supply
from protocols.interfaces import over_voltage_monitor as ovm
from protocols.interfaces.isolation_monitor import Start, Stop
from tests.support.outlet import DC, charging_dc, checked

TRIPPED = "over_voltage_monitor/MREC5OverVoltage"


def told(outlet, *kinds):
    return [type(each) for each in outlet.commands(kinds)]


def test_isolation_is_measured_until_the_contactor_is_open():
    outlet = charging_dc()
    assert told(outlet, Start, Stop) == [Stop, Start]

    outlet.order(supply=Supply.OFF)
    outlet.advance(3)

    assert told(outlet, Start, Stop) == [Stop, Start, Stop]


def test_some_cars_want_it_to_rest_in_pre_charge():
    outlet = checked(replace(DC, hack_pause_imd_during_precharge=True))

    outlet.order(supply=Supply.PRE_CHARGE, target_voltage_v=400)
    assert told(outlet, Start, Stop) == [Stop, Start, Stop]
    outlet.advance(1)

    outlet.order(supply=Supply.CHARGE)
    assert told(outlet, Start, Stop) == [Stop, Start, Stop, Start]


def test_overvoltage_is_watched_while_energy_flows_and_no_longer():
    outlet = checked()
    assert not told(outlet, ovm.Start)

    outlet.order(supply=Supply.PRE_CHARGE, target_voltage_v=400)
    assert told(outlet, ovm.Start, ovm.Stop) == [ovm.Stop, ovm.Start]

    outlet.order(supply=Supply.OFF)
    outlet.advance(3)
    assert told(outlet, ovm.Start, ovm.Stop) == [ovm.Stop, ovm.Start, ovm.Stop]


def test_its_limits_follow_the_cars():
    outlet = charging_dc()

    outlet.order(maximum_voltage_v=800)
    outlet.advance(1)

    first, second = outlet.commands(ovm.SetLimits)
    assert (first.emergency_over_voltage_limit_v, first.error_over_voltage_limit_v) == (550, 450)
    assert (second.emergency_over_voltage_limit_v, second.error_over_voltage_limit_v) == (935, 800)


def test_an_overvoltage_of_one_session_is_reset_for_the_next():
    outlet = charging_dc()
    outlet.stands(Device.OVM, TRIPPED)
    assert not told(outlet, ovm.ResetOverVoltageError)

    outlet.order(session="next", supply=Supply.OFF)

    assert told(outlet, ovm.ResetOverVoltageError) == [ovm.ResetOverVoltageError]


def test_an_outlet_without_monitors_tells_nobody():
    outlet = charging_dc(settings=replace(DC, has_imd=False, has_ovm=False))

    assert not told(outlet, Start, Stop, ovm.Start, ovm.SetLimits)
    assert outlet.closed


def test_a_successor_does_not_take_the_running_session_for_a_new_one():
    outlet = charging_dc()
    outlet.stands(Device.OVM, TRIPPED)

    outlet.restart()
    outlet.stands(Device.OVM, TRIPPED)
    outlet.advance(1)

    assert not told(outlet, ovm.ResetOverVoltageError)


def test_a_successor_goes_on_watching_in_the_middle_of_a_charge():
    """Until it has been told what is wanted it leaves the monitors as they are."""
    outlet = charging_dc()
    outlet.devices.log.clear()

    outlet.restart()
    assert not told(outlet, ovm.Start, ovm.Stop)
    outlet.advance(1)

    assert outlet.closed
    assert told(outlet, Start, Stop, ovm.Start, ovm.Stop) == [Start, ovm.Start]


def test_a_successor_ends_what_was_begun_by_a_connector_that_was_late():
    """The board has opened by itself meanwhile: what watched that charge is not to judge the next check."""
    outlet = charging_dc()
    outlet.devices.closed, outlet.devices.allowed_s = False, None
    outlet.devices.log.clear()

    outlet.restart()
    outlet.advance(0.2)

    assert not outlet.closed
    assert set(told(outlet, Start, Stop, ovm.Start, ovm.Stop)) == {Stop, ovm.Stop}
