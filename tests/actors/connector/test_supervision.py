"""What an outlet calls a fault by itself: after how long, how grave, and until when (M5.13, M5.17)."""

from dataclasses import replace

import pytest

from actors.connector.exchange import Clear, Device, Raise, Told
from actors.connector.messages import Pilot, Supply
from actors.connector.state import Turn
from actors.connector.supervision import WATCHES
from protocols.interfaces import evse_board_support
from protocols.interfaces.evse_board_support import AcSetOvercurrentLimitA, PwmOn
from protocols.interfaces.isolation_monitor import IsolationMeasurement
from protocols.interfaces.over_voltage_monitor import VoltageMeasurementV
from protocols.types.error_history import Severity
from protocols.types.evse_board_support import Telemetry
from protocols.types.isolation_monitor import IsolationMeasurement as Measured
from tests.support.outlet import AC, CABLE, DC, Outlet, charging, charging_dc

HOT = "evse_board_support/MREC19CableOverTempStop"
OVER_CURRENT = "evse_manager/MREC4OverCurrentFailure"
OVER_VOLTAGE = "evse_manager/MREC5OverVoltage"
RESISTANCE = "evse_manager/MREC22ResistanceFault"
IMPLAUSIBLE = "evse_manager/VoltagePlausibilityFault"


@pytest.mark.parametrize(
    ("current_a", "faults"), [(16, []), (18.0, []), (18.09, []), (18.2, [OVER_CURRENT]), (32, [OVER_CURRENT])]
)
def test_a_car_may_draw_a_little_more_than_it_was_offered(current_a, faults):
    outlet = charging()

    outlet.draws(current_a)
    outlet.advance(7.1)

    assert outlet.errors == faults
    assert outlet.closed is not bool(faults) or outlet.state.switch.phase == "Releasing"


def test_it_may_draw_more_for_a_while():
    outlet = charging()
    outlet.draws(20)
    outlet.advance(6.9)

    outlet.draws(16)
    outlet.advance(10)

    assert not outlet.errors
    assert outlet.closed


def test_tolerance_noise_and_time_are_configured():
    settings = replace(
        AC,
        soft_over_current_tolerance_percent=0.0,
        soft_over_current_measurement_noise_a=0.0,
        soft_over_current_timeout_ms=6000,
    )
    outlet = charging(settings=settings)

    outlet.draws(16.1)
    outlet.advance(6.1)

    assert outlet.errors == [OVER_CURRENT]


def test_a_fault_is_raised_once_and_cleared_once():
    outlet = charging()
    turn = Turn(outlet.state, AC, 0.0)
    kind = WATCHES[0].kind

    turn.fault(kind, "found")
    turn.fault(kind, "found in the next pass")
    turn.mend(kind)
    turn.mend(kind)

    assert turn.effects == [Raise(kind, "found", Severity.MEDIUM), Clear(kind)]


def reduced(*offers_a):
    """The car follows at once whatever it is shown; the last offer waits for the pilot."""
    outlet = charging()
    outlet.draws(16)
    for offer_a in offers_a:
        outlet.order(offer_a=offer_a)
        outlet.advance(0.1)
    outlet.draws(offers_a[0])
    return outlet


def test_a_car_is_not_blamed_for_what_its_pilot_does_not_show_yet():
    """A duty cycle changes every five seconds at most (row M6.22); a car has as long to follow it, and the
    time of over-current begins when it is shown (IEC 61851-1, annex A; EVerest, Charger).
    """
    outlet = reduced(10, 8)

    outlet.advance(4.7)
    assert outlet.pilot == PwmOn(duty_cycle_percent=16.67)
    outlet.advance(7.0)

    assert outlet.pilot == PwmOn(duty_cycle_percent=13.33)
    assert not outlet.errors


def test_a_car_that_ignores_what_its_pilot_shows_is_stopped():
    outlet = reduced(10, 8)

    outlet.advance(5.0 + 7.1)

    assert outlet.errors == [OVER_CURRENT]


def test_a_car_that_talks_hears_of_an_order_at_once():
    outlet = charging()
    outlet.order(pilot=Pilot.DIGITAL)
    outlet.advance(1)
    outlet.order(offer_a=10)
    outlet.order(offer_a=8)

    outlet.draws(10)
    outlet.advance(7.1)

    assert outlet.errors == [OVER_CURRENT]


STAIRS = (28, 24, 20, 16, 12, 8)


@pytest.mark.parametrize(("seen_s", "faults"), [(4.9, []), (6.5, []), (30.0, [OVER_CURRENT])])
def test_a_car_has_its_time_for_each_of_several_lower_offers(seen_s, faults):
    """One that takes almost 5 s each time, beside a slow meter, is above its offer without a break."""
    outlet = charging()
    outlet.order(offer_a=32)
    outlet.advance(6)
    seen = [(outlet.now_s, 32)]
    began_s = outlet.now_s

    while outlet.now_s < began_s + 40:
        step = int((outlet.now_s - began_s + 1e-6) // 5)
        if step < len(STAIRS) and outlet.ordered.offer_a != STAIRS[step]:
            outlet.order(offer_a=STAIRS[step])
            seen.append((outlet.now_s + seen_s, STAIRS[step]))
        outlet.draws([amount for at_s, amount in seen if at_s <= outlet.now_s][-1])
        outlet.advance(0.25)

    assert outlet.errors == faults


def test_over_current_ends_the_charge_until_the_next_session():
    # given
    outlet = charging()
    outlet.draws(32)
    outlet.advance(7.1)

    # when / then
    outlet.advance(3.1)
    assert not outlet.closed
    outlet.draws(0)
    outlet.advance(30)
    assert outlet.errors == [OVER_CURRENT]
    assert not outlet.closed

    outlet.order(session="next")
    outlet.advance(1)
    assert not outlet.errors
    assert outlet.closed


def test_a_current_without_a_closed_contactor_is_no_fault():
    outlet = Outlet()
    outlet.car("B")
    outlet.order(pilot=Pilot.NOMINAL, offer_a=16)

    outlet.draws(32)
    outlet.advance(60)

    assert not outlet.errors


def limits(outlet):
    return [each.limit_a for each in outlet.commands(AcSetOvercurrentLimitA)]


def test_the_boards_trip_rises_at_once_and_falls_when_the_car_had_time():
    outlet = charging()
    outlet.order(offer_a=20)
    assert limits(outlet) == [16, 20]
    outlet.advance(6)

    outlet.order(offer_a=10)
    outlet.advance(4.9)
    assert limits(outlet) == [16, 20]
    outlet.advance(0.2)
    assert limits(outlet) == [16, 20, 10]


def test_the_boards_trip_falls_when_the_car_had_time_since_it_was_told():
    outlet = charging()
    outlet.order(offer_a=14)
    outlet.order(offer_a=10)

    outlet.advance(9.9)
    assert limits(outlet) == [16, 14]
    outlet.advance(0.2)
    assert limits(outlet) == [16, 14, 10]


def test_the_boards_trip_has_risen_before_the_car_is_told():
    outlet = charging()
    outlet.order(offer_a=10)
    outlet.advance(0.1)

    outlet.order(offer_a=20)

    assert limits(outlet) == [16, 20]
    assert outlet.pilot == PwmOn(duty_cycle_percent=16.67)


def test_a_trip_that_is_to_fall_and_rises_again_stays():
    outlet = charging()
    outlet.order(offer_a=10)
    outlet.advance(3)

    outlet.order(offer_a=16)
    outlet.advance(10)

    assert limits(outlet) == [16]


def test_a_trip_without_load_falls_at_once():
    outlet = charging()
    outlet.car("B")
    outlet.advance(1)

    outlet.order(offer_a=10)

    assert limits(outlet) == [16, 10]


@pytest.mark.parametrize(("voltage_v", "after_s", "faults"), [
    (450, 1, []), (451, 0.3, []), (451, 0.5, [OVER_VOLTAGE]),
])  # fmt: skip
def test_a_voltage_above_the_cars_limit_is_borne_for_a_moment(voltage_v, after_s, faults):
    outlet = charging_dc()

    outlet.devices.battery_v = voltage_v
    outlet.advance(after_s)

    assert outlet.errors == faults
    assert outlet.closed is not bool(faults)


def test_a_car_that_has_told_no_limit_has_none():
    outlet = charging_dc()
    outlet.order(maximum_voltage_v=0)

    outlet.devices.battery_v = 900.0
    outlet.advance(2)

    assert not outlet.errors


def test_voltages_that_differ_for_long_are_implausible():
    # given
    outlet = charging_dc()

    # when
    for _ in range(29):
        outlet.tell(Device.OVM, VoltageMeasurementV(voltage_v=451.0))
        outlet.advance(1)
    assert not outlet.errors
    for _ in range(2):
        outlet.tell(Device.OVM, VoltageMeasurementV(voltage_v=451.0))
        outlet.advance(1)

    # then
    assert outlet.errors == [IMPLAUSIBLE]


def test_an_old_voltage_says_nothing():
    outlet = charging_dc()

    outlet.tell(Device.OVM, VoltageMeasurementV(voltage_v=0.0))
    outlet.advance(40)

    assert not outlet.errors


def test_isolation_that_breaks_down_ends_the_charge():
    outlet = charging_dc()

    outlet.devices.ohm = 50_000
    outlet.advance(3)

    assert outlet.errors == [RESISTANCE]
    assert not outlet.closed
    assert outlet.condition.isolation_ohm == 50_000


def test_isolation_that_is_only_worth_a_look_ends_nothing():
    outlet = charging_dc()

    outlet.devices.ohm = 150_000
    outlet.advance(3)

    assert outlet.closed


def measured(line_v):
    return Told(
        Device.IMD,
        IsolationMeasurement(
            measurement=Measured(
                resistance_f_ohm=1e6, voltage_to_earth_l1e_v=-line_v, voltage_to_earth_l2e_v=100.0
            )
        ),
    )


@pytest.mark.parametrize(("line_v", "faults"), [(1012, []), (1013, [RESISTANCE])])
def test_a_line_too_far_from_earth_ends_the_charge(line_v, faults):
    """The supply can give 920 V, so the limit is that of the class up to 1000 V."""
    outlet = charging_dc()
    outlet.monitor_mute = True

    for _ in range(5):
        outlet.feed(measured(line_v + 88))
        outlet.advance(0.5)

    assert outlet.errors == faults


def test_a_single_measurement_too_far_from_earth_is_none():
    outlet = charging_dc()
    outlet.monitor_mute = True

    outlet.feed(measured(1500))
    outlet.advance(1)
    outlet.feed(measured(100))
    outlet.advance(5)

    assert not outlet.errors


def test_nothing_is_watched_that_is_not_connected():
    outlet = Outlet(DC)
    outlet.order(supply=Supply.OFF, maximum_voltage_v=100)
    outlet.devices.voltage_v, outlet.devices.slew_v = 900.0, 0.0
    outlet.feed(measured(2000))

    outlet.advance(60)

    assert not outlet.errors


def warm(plug_c):
    readings = Telemetry(
        evse_temperature_c=30, plug_temperature_c=plug_c, fan_rpm=0, supply_voltage_12v=12,
        supply_voltage_minus_12v=-12, relais_on=True,
    )  # fmt: skip
    return Told(Device.BOARD, evse_board_support.Telemetry(telemetry=readings))


@pytest.mark.parametrize(
    ("limit_c", "plug_c", "faults"), [(90, 90, []), (90, 91, [HOT]), (None, 200, []), (90, None, [])]
)
def test_a_plug_that_is_too_hot_ends_the_charge(limit_c, plug_c, faults):
    outlet = charging(capabilities=replace(CABLE, max_plug_temperature_c=limit_c))

    outlet.feed(warm(plug_c))
    outlet.advance(3.1)

    assert outlet.errors == faults
    assert outlet.closed is not bool(faults)
