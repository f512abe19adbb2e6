"""The DC supply: what it is told in each phase, how steeply, and within which limits (M5.17, M5.19)."""

import itertools
from dataclasses import replace

import pytest

from actors.connector.exchange import Device
from actors.connector.messages import Contactor, Output, Supply, Urgency
from actors.connector.state import Phase, State
from protocols.interfaces.evse_board_support import AllowPowerOn
from protocols.interfaces.power_supply_dc import (
    Capabilities,
    SetExportVoltageCurrent,
    SetImportVoltageCurrent,
    SetMode,
)
from protocols.types.power_supply_dc import ChargingPhase, Mode
from tests.support.outlet import DC, SUPPLY, Outlet, charging_dc, checked


def pre_charging(**order):
    outlet = checked()
    outlet.order(**{"supply": Supply.PRE_CHARGE, "target_voltage_v": 400.0, **order})
    outlet.advance(0.5)
    return outlet


def exports(voltage_v, current_a):
    return SetExportVoltageCurrent(voltage_v=voltage_v, current_a=current_a)


def imports(voltage_v, current_a):
    return SetImportVoltageCurrent(voltage_v=voltage_v, current_a=current_a)


def last(outlet):
    return outlet.commands((SetExportVoltageCurrent, SetImportVoltageCurrent))[-1]


@pytest.mark.parametrize(("wanted_a", "given_a"), [(0, 2), (1, 1), (50, 2)])
def test_pre_charge_brings_the_voltage_with_little_current(wanted_a, given_a):
    outlet = pre_charging(target_current_a=wanted_a)

    assert last(outlet) == SetExportVoltageCurrent(voltage_v=400, current_a=given_a)
    assert outlet.commands(SetMode)[-1].phase is ChargingPhase.PRE_CHARGE
    assert outlet.condition.supply is Supply.PRE_CHARGE


def test_charging_reaches_its_target_no_steeper_than_configured():
    outlet = checked()
    outlet.order(supply=Supply.PRE_CHARGE, target_voltage_v=400)
    outlet.advance(0.5)
    outlet.devices.battery_v = 400.0
    before = len(outlet.devices.log)

    outlet.order(supply=Supply.CHARGE, target_current_a=100)
    outlet.advance(6)

    points = [
        (at, each.current_a)
        for at, _, each in outlet.devices.log[before:]
        if isinstance(each, SetExportVoltageCurrent)
    ]
    slopes = [(b - a) / max(t - s, 1e-9) for (s, a), (t, b) in itertools.pairwise(points) if b != a]
    assert points[0][1] == 0
    assert points[-1][1] == 100
    assert max(slopes) < 26
    assert next(at for at, current_a in points if current_a == 100) - points[0][0] >= 4


def test_a_falling_demand_is_followed_within_a_second_per_hundred_ampere():
    outlet = charging_dc()

    outlet.order(target_current_a=10)
    outlet.advance(1.1)

    assert last(outlet).current_a == 10


def test_a_new_voltage_is_told_at_once():
    outlet = charging_dc()

    outlet.order(target_voltage_v=410)

    assert last(outlet).voltage_v == 410


def test_everything_is_said_again_before_it_lapses():
    outlet = charging_dc()
    outlet.advance(5)

    times = outlet.times(SetMode)[-20:]

    assert max(after - before for before, after in itertools.pairwise(times)) < 0.21


def test_set_points_are_told_before_the_mode():
    outlet = pre_charging()
    told = outlet.commands((SetMode, SetExportVoltageCurrent))

    assert told[0] == SetExportVoltageCurrent(voltage_v=500, current_a=2) or isinstance(told[0], SetMode)
    begins = next(n for n, each in enumerate(told) if isinstance(each, SetMode) and each.mode is Mode.EXPORT)
    assert isinstance(told[begins - 1], SetExportVoltageCurrent)


@pytest.mark.untraced
@pytest.mark.parametrize(
    ("order", "point"),
    [
        ({"target_voltage_v": 440, "target_current_a": 500}, exports(440, 200)),
        ({"target_voltage_v": 600}, exports(450, 100)),
        ({"import_power": True}, imports(400, 100)),
        ({"import_power": True, "target_current_a": 500}, imports(400, 100)),
        ({"target_voltage_v": 100}, exports(400, 100)),
    ],
)  # fmt: skip
def test_targets_stay_within_what_car_and_supply_can(order, point):
    outlet = charging_dc()

    outlet.order(**order)
    outlet.advance(9)

    assert last(outlet) == point


def test_power_is_limited_by_the_voltage_that_is_measured():
    outlet = charging_dc()
    outlet.devices.battery_v = 800.0
    outlet.order(target_voltage_v=900, maximum_voltage_v=900, target_current_a=200)

    outlet.advance(9)

    assert last(outlet).current_a == 125  # 100 kW at 800 V


def test_a_direction_begins_without_current():
    outlet = charging_dc()
    outlet.devices.log.clear()

    outlet.order(import_power=True)

    assert last(outlet).current_a == 0
    assert outlet.commands(SetMode)[-1].mode is Mode.IMPORT


def test_a_supply_that_takes_nothing_back_is_not_asked_to():
    outlet = charging_dc()
    one_way = replace(SUPPLY, bidirectional=False)
    outlet.tell(Device.SUPPLY, Capabilities(capabilities=one_way))

    outlet.order(import_power=True)
    outlet.advance(3)

    assert last(outlet).current_a == 0


@pytest.mark.parametrize(("hack", "told"), [(False, Mode.OFF), (True, Mode.EXPORT)])
def test_a_target_too_low_is_the_lowest_one_only_for_one_car(hack, told):
    outlet = checked(replace(DC, hack_skoda_enyaq=hack))

    outlet.order(supply=Supply.PRE_CHARGE, target_voltage_v=20)
    outlet.advance(1)

    assert outlet.devices.mode is told
    assert last(outlet).voltage_v == (150 if hack else 500)


def test_an_orderly_end_brings_the_current_down_first():
    outlet = charging_dc()
    outlet.devices.log.clear()

    outlet.order(supply=Supply.OFF)
    outlet.advance(3)

    points = [each.current_a for each in outlet.commands(SetExportVoltageCurrent)]
    assert points == sorted(points, reverse=True)
    kinds = outlet.commands((SetMode, AllowPowerOn, SetExportVoltageCurrent))
    off = next(n for n, each in enumerate(kinds) if isinstance(each, SetMode) and each.mode is Mode.OFF)
    opens = next(n for n, each in enumerate(kinds)
                 if isinstance(each, AllowPowerOn) and not each.value.allow_power_on)  # fmt: skip
    assert points[-1] == 0
    assert off < opens
    assert not outlet.closed
    assert outlet.condition.supply is Supply.OFF


def test_a_supply_that_never_says_it_is_off_holds_nothing_up_for_ever():
    # given
    outlet = charging_dc()
    outlet.measures_a = 50.0

    # when
    outlet.order(supply=Supply.OFF)
    outlet.advance(9.5)
    assert outlet.closed
    outlet.advance(1)

    # then
    assert not outlet.closed


@pytest.mark.parametrize(
    "end",
    [
        lambda outlet: outlet.order(supply=Supply.OFF, urgency=Urgency.EMERGENCY),
        lambda outlet: outlet.car("B"),
        lambda outlet: outlet.car("A"),
        lambda outlet: outlet.car("E"),
    ],
)
def test_an_emergency_switches_the_supply_off_and_then_opens(end):
    outlet = charging_dc()
    outlet.devices.log.clear()

    end(outlet)

    first, second = outlet.commands((SetMode, AllowPowerOn))[:2]
    assert first.mode is Mode.OFF
    assert second.value.allow_power_on is False


def test_a_silent_manager_loses_supply_and_contactor():
    outlet = charging_dc()
    outlet.renewing = False

    outlet.advance(0.6)

    assert outlet.devices.mode is Mode.OFF
    assert not outlet.closed


def test_the_supply_of_a_test_with_open_relays_lapses_too():
    settings = replace(DC, cable_check_enable_imd_self_test_relays_open=True)
    outlet = checked(settings, self_test=None)
    assert outlet.devices.mode is Mode.EXPORT

    outlet.renewing = False
    outlet.advance(0.6)

    assert outlet.devices.mode is Mode.OFF


def test_the_outlet_carries_something_until_its_voltage_is_gone():
    outlet = charging_dc()
    outlet.devices.slew_v = 10.0

    outlet.order(supply=Supply.OFF, urgency=Urgency.EMERGENCY)
    outlet.advance(1)
    assert outlet.condition.contactor is Contactor.OPEN
    assert outlet.condition.supply is Supply.CHARGE

    outlet.advance(2)
    assert outlet.condition.supply is Supply.OFF


@pytest.mark.parametrize(
    ("supply", "reason"),
    [(Supply.PRE_CHARGE, "cable check"), (Supply.CHARGE, "cable check")],
)
def test_no_energy_flows_before_the_cable_check(supply, reason):
    outlet = Outlet(DC)
    outlet.car("B")
    outlet.order(supply=supply, target_voltage_v=400)
    outlet.car("C")
    outlet.advance(1)

    assert not outlet.closed
    assert reason in outlet.condition.reason


def test_nobody_closes_on_a_battery_without_pre_charge():
    outlet = checked()
    outlet.renewing = False
    outlet.advance(1)
    assert not outlet.closed

    outlet.order(supply=Supply.CHARGE, target_voltage_v=400, target_current_a=100)
    outlet.renewing = True
    outlet.advance(1)

    assert not outlet.closed
    assert "pre-charge" in outlet.condition.reason


def test_a_contactor_that_opens_by_itself_under_power_is_a_fault():
    outlet = charging_dc()

    outlet.devices.stuck = False
    outlet.advance(0.1)

    assert outlet.errors == ["evse_board_support/MREC17EVSEContactorFault"]
    assert outlet.devices.mode is Mode.OFF
    assert outlet.state.switch.phase is Phase.OPEN


def test_a_successor_goes_on_with_the_current_that_flows():
    # given
    outlet = charging_dc()
    before = len(outlet.devices.log)

    # when
    outlet.restart()
    outlet.advance(2)

    # then
    points = [
        each.current_a
        for _, _, each in outlet.devices.log[before:]
        if isinstance(each, SetExportVoltageCurrent)
    ]
    assert outlet.closed
    assert set(points) == {100}
    assert not [each for _, _, each in outlet.devices.log[before:] if isinstance(each, AllowPowerOn)
                and not each.value.allow_power_on]  # fmt: skip
    assert not outlet.errors


def test_a_successor_that_is_to_end_brings_the_current_down():
    outlet = charging_dc()
    outlet.restart()

    outlet.order(supply=Supply.OFF)
    outlet.advance(1)

    assert outlet.devices.mode is Mode.OFF
    assert not outlet.closed


def test_another_outlets_supply_is_left_alone():
    outlet = Outlet(replace(DC, shared=True))
    outlet.order()
    outlet.advance(5)

    assert not outlet.commands(SetMode)


def test_what_is_measured_is_said_on():
    outlet = charging_dc()

    assert outlet.said[-1] == Output(voltage_v=400, current_a=100)


def test_a_successor_waits_for_what_the_supply_can_and_gives():
    # given
    outlet = charging_dc()
    before = len(outlet.commands(SetMode))
    outlet.state = State(started_s=outlet.now_s)
    outlet.car("C")
    outlet.tell_capabilities()

    # when
    outlet.renew()
    assert outlet.state.switch.phase is Phase.UNKNOWN
    outlet.tell(Device.SUPPLY, Capabilities(capabilities=SUPPLY))
    outlet.advance(1)

    # then
    assert outlet.closed
    assert {each.mode for each in outlet.commands(SetMode)[before:]} == {Mode.EXPORT}
    assert last(outlet).current_a == 100
