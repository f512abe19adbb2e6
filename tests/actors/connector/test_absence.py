"""Devices that nobody drives, and a board that says nothing: a fault for as long as it lasts."""

from dataclasses import replace

import pytest

from actors.connector.absence import ABSENT_S, FAULTS, UNHEARD_S
from actors.connector.exchange import Clear, Device, Ordered, Raise, Served, SiteRuns
from actors.connector.machine import decide
from actors.connector.messages import Contactor, Pilot, Supply
from actors.connector.state import Phase
from tests.support.outlet import AC, CABLE, Outlet, charging, charging_dc

SILENT = "evse_board_support/CommunicationFault"
METER = "generic/CommunicationFault"


def running(outlet: Outlet) -> Outlet:
    outlet.feed(SiteRuns())
    return outlet


@pytest.mark.parametrize("device", FAULTS)
def test_a_device_without_a_driver_ends_the_charge_until_it_has_one(device):
    outlet = running(charging_dc() if device in (Device.SUPPLY, Device.IMD, Device.OVM) else charging())
    outlet.feed(Served(device, served=False))
    outlet.advance(ABSENT_S - 0.1)
    assert (outlet.errors, outlet.closed) == ([], True)

    outlet.advance(15)
    assert (outlet.errors, outlet.closed) == ([FAULTS[device][0]], False)

    outlet.feed(Served(device, served=True))
    assert not outlet.errors


@pytest.mark.parametrize("device", Device)
def test_a_driver_that_is_replaced_in_time_is_not_missed(device):
    outlet = running(charging())
    for _ in range(4):
        outlet.feed(Served(device, served=False))
        outlet.advance(ABSENT_S - 0.1)
        outlet.feed(Served(device, served=True))
        outlet.advance(0.1)

    assert (outlet.errors, outlet.closed) == ([], True)


@pytest.mark.parametrize("device", [Device.LOCK, Device.RCD])
def test_a_lock_or_rcd_without_a_driver_is_no_fault_of_its_own(device):
    outlet = running(charging())

    outlet.feed(Served(device, served=False))
    outlet.advance(2 * ABSENT_S)

    assert (outlet.errors, outlet.closed) == ([], True)


@pytest.mark.parametrize(("fails", "errors"), [(True, [METER]), (False, [])])
def test_a_meter_is_missed_where_its_errors_count(fails, errors):
    outlet = running(charging(settings=replace(AC, fail_on_powermeter_errors=fails)))

    outlet.feed(Served(Device.METER, served=False))
    outlet.advance(2 * ABSENT_S)

    assert outlet.errors == errors
    assert outlet.closed is not fails


def test_a_contactor_that_nobody_watches_is_not_called_welded():
    outlet = running(charging())
    outlet.feed(Served(Device.BOARD, served=False))
    outlet._live = lambda: None  # nobody passes on what the board says or is told

    outlet.advance(3 * ABSENT_S)

    assert outlet.errors == [SILENT]
    assert outlet.condition.contactor is Contactor.UNKNOWN
    assert outlet.condition.supply is Supply.OFF
    assert outlet.state.switch.phase is Phase.OPEN


def test_a_charge_goes_on_when_the_board_is_driven_again():
    outlet = running(charging())
    outlet.feed(Served(Device.BOARD, served=False))
    outlet.advance(2 * ABSENT_S)

    outlet.feed(Served(Device.BOARD, served=True))
    outlet.car("C")
    outlet.advance(1)

    assert (outlet.errors, outlet.closed) == ([], True)


def test_a_new_session_does_not_hide_that_nobody_drives_the_board():
    outlet = running(Outlet())
    outlet.feed(Served(Device.BOARD, served=False))
    outlet.order(pilot=Pilot.IDLE)
    outlet.advance(2 * ABSENT_S)

    outlet.order(session="another")

    assert outlet.errors == [SILENT]


@pytest.mark.parametrize("device", FAULTS)
def test_a_new_session_neither_clears_nor_raises_what_lasts(device):
    outlet = running(charging_dc() if device in (Device.SUPPLY, Device.IMD, Device.OVM) else charging())
    outlet.feed(Served(device, served=False))
    outlet.advance(ABSENT_S + 0.1)
    assert outlet.errors == [FAULTS[device][0]]
    order = replace(outlet.ordered, number=outlet.ordered.number + 1, session="another")

    step = decide(outlet.state, Ordered(order), outlet.settings, outlet.now_s)

    assert step.state.session == "another"
    assert [kind for kind, _severity in step.state.faults] == [FAULTS[device][0]]
    assert not [each for each in step.effects if isinstance(each, (Raise, Clear))]


def test_nobody_is_missed_before_the_site_has_started():
    outlet = Outlet()
    for device in Device:
        outlet.feed(Served(device, served=False))
    outlet.advance(2 * ABSENT_S)
    assert not outlet.errors

    running(outlet).advance(ABSENT_S + 0.1)
    assert set(outlet.errors) == {kind for kind, _name in FAULTS.values()}


def test_a_board_that_says_nothing_is_a_fault_until_it_speaks():
    outlet = running(Outlet(capabilities=None))
    outlet.advance(UNHEARD_S - 0.1)
    assert not outlet.errors

    outlet.advance(0.2)
    assert outlet.errors == [SILENT]

    outlet.capabilities = CABLE
    outlet.tell_capabilities()
    assert not outlet.errors
    outlet.advance(2 * UNHEARD_S)
    assert not outlet.errors


def test_a_board_that_speaks_late_was_no_fault():
    outlet = Outlet(capabilities=None)
    outlet.advance(2 * UNHEARD_S)  # the site is slow to start
    running(outlet).advance(UNHEARD_S - 0.1)

    outlet.capabilities = CABLE
    outlet.tell_capabilities()
    outlet.advance(2 * UNHEARD_S)

    assert not outlet.errors
