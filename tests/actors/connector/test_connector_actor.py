"""A connector among actors: charged, killed, hung, and replaced, it and whoever it speaks to."""

import dataclasses

import pytest

from actors.connector.absence import ABSENT_S
from actors.connector.messages import Contactor, Pilot, StopWanted, Supply, Urgency
from actors.errors.messages import StandingErrors
from protocols.interfaces import connector_lock
from protocols.types.board_support_common import BspEventKind
from protocols.types.evse_manager import StopTransactionReason, StopTransactionRequest
from tests.support import outlet_actors as stage
from tests.support.outlet_actors import HARDWARE, PATHS, condition

CHARGE = {"pilot": Pilot.NOMINAL, "offer_a": 16.0, "locked": True, "supply": Supply.AC}


@pytest.fixture
def site():
    return charging(stage.started())


def charging(site):
    HARDWARE.pin = BspEventKind.B
    stage.order(**CHARGE)
    site.advance(0.3)
    HARDWARE.pin = BspEventKind.C
    site.advance(0.5)
    assert HARDWARE.closed
    assert HARDWARE.locked
    HARDWARE.openings = 0
    return site


def test_a_car_is_charged_and_let_go(site):
    assert condition().contactor is Contactor.CLOSED
    assert condition().supply is Supply.AC
    assert condition().locked is True
    assert condition().standing == stage.ORDERS[-1]

    stage.order(pilot=Pilot.IDLE)
    HARDWARE.pin = BspEventKind.B
    site.advance(0.5)

    assert not HARDWARE.closed
    assert not HARDWARE.locked


@pytest.mark.parametrize("who", PATHS)
def test_a_killed_actor_is_replaced_and_the_charge_goes_on(site, who):
    site.kill(PATHS[who])
    site.advance(3)

    assert HARDWARE.closed
    assert HARDWARE.openings == 0
    assert condition().supply is Supply.AC
    assert condition().order == len(stage.ORDERS)


@pytest.mark.parametrize("who", PATHS)
def test_a_hung_actor_is_replaced_and_the_charge_goes_on(site, who):
    site.hang(PATHS[who])
    site.advance(3)

    assert HARDWARE.closed
    assert HARDWARE.openings == 0


@pytest.mark.untraced
@pytest.mark.parametrize("who", PATHS)
def test_actors_may_die_again_and_again_during_a_charge(site, who):
    for _ in range(5):
        site.kill(PATHS[who])
        site.advance(0.9)

    assert HARDWARE.closed
    assert HARDWARE.openings == 0


def test_all_of_them_may_die_at_once(site):
    for path in PATHS.values():
        site.kill(path)
    site.advance(3)

    assert HARDWARE.closed
    assert HARDWARE.openings == 0


@pytest.mark.parametrize("who", ["connector", "driver"])
def test_who_is_told_to_stop_while_it_is_away_stops_when_it_is_back(site, who):
    stage.order(pilot=Pilot.IDLE, urgency=Urgency.EMERGENCY)
    site.kill(PATHS[who])
    site.advance(1)

    assert not HARDWARE.closed


@pytest.mark.parametrize("who", PATHS)
def test_nobody_who_stays_away_keeps_power_on(site, who, monkeypatch):
    actor = site.actor(PATHS[who])
    monkeypatch.setattr(type(actor), "on_start", broken)

    site.kill(PATHS[who])
    site.advance(1.2)
    HARDWARE.live(site.clock.monotonic_s())

    assert not HARDWARE.closed
    assert HARDWARE.openings == 1


def broken(_actor):
    raise RuntimeError("it does not start any more")


def test_a_manager_that_comes_back_late_gets_power_again(site, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(stage.Manager, "on_start", broken)
        site.kill(PATHS["manager"])
        site.advance(1.5)
        assert not HARDWARE.closed
        assert site.actor(PATHS["connector"])._said.reason == "the manager is silent"

    site.advance(15)

    assert HARDWARE.closed


def test_what_the_outlet_finds_wrong_stands_under_its_own_name(site, monkeypatch):
    # given
    HARDWARE.pin = BspEventKind.B
    site.advance(0.5)
    monkeypatch.setattr(stage.Board, "allow_power", lambda *_args, **_named: None)

    # when
    HARDWARE.pin = BspEventKind.C
    site.advance(4)

    # then
    (one,) = news().errors
    assert one.error.type == "evse_board_support/MREC17EVSEContactorFault"
    assert (one.error.origin.module_id, one.error.origin.implementation_id) == ("evse_1", "connector_1")
    assert (one.evse, one.connector) == (1, 1)

    # and with the session it is over
    stage.ORDERS.append(
        dataclasses.replace(stage.ORDERS[-1], number=len(stage.ORDERS) + 1, session="t", supply=Supply.OFF)
    )
    site.advance(0.5)
    assert news().errors == ()


def news():
    return [each for each in stage.HEARD if isinstance(each, StandingErrors)][-1]


def test_a_board_that_is_given_up_is_a_fault_until_it_is_driven_again(site, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(stage.Board, "on_start", broken)
        site.kill(PATHS["driver"])
        site.advance(ABSENT_S - 0.2)
        assert news().errors == ()
        site.advance(2.5)
        HARDWARE.live(site.clock.monotonic_s())

        (one,) = news().errors
        assert one.error.type == "evse_board_support/CommunicationFault"
        assert not HARDWARE.closed
        assert condition().contactor is Contactor.UNKNOWN

    site.advance(90)

    assert news().errors == ()
    assert HARDWARE.closed


def test_a_lock_that_raises_an_error_ends_the_charge(site):
    site.actor(PATHS["driver"]).errors_of(connector_lock).raise_error("connector_lock/VendorError")
    site.advance(4)

    assert not HARDWARE.closed


def test_a_stop_button_is_passed_on(site):
    request = StopTransactionRequest(reason=StopTransactionReason.LOCAL)

    site.actor(PATHS["driver"]).tell_stop_wanted(request)
    site.run()

    assert stage.HEARD[-1] == StopWanted(request=request)


def test_an_outlet_asks_nothing_when_nothing_can_happen():
    site = stage.started()
    stage.order(pilot=Pilot.IDLE)
    site.advance(1)

    assert site.actor(PATHS["connector"])._state.wake_s is None


def test_what_is_not_connected_is_not_spoken_to():
    site = stage.started(connector_lock=[])
    HARDWARE.pin = BspEventKind.B
    stage.order(**{**CHARGE, "locked": False})
    site.advance(0.3)

    HARDWARE.pin = BspEventKind.C
    site.advance(0.5)

    assert HARDWARE.closed
    assert condition().locked is None


def test_a_direct_current_outlet_without_a_supply_gives_nothing():
    site = stage.started("DC", powermeter_grid_side=["board/meter"])
    site.advance(1)
    HARDWARE.pin = BspEventKind.B
    stage.order(**{**CHARGE, "supply": Supply.CABLE_CHECK})
    site.advance(0.3)

    HARDWARE.pin = BspEventKind.C
    site.advance(2)

    assert not HARDWARE.closed
    assert "supply" in condition().reason


@pytest.mark.parametrize(
    ("locks", "locked"), [(["nobody/lock", "board/lock"], True), (["nobody/lock"], None)]
)
def test_the_second_outlet_has_the_second_board_and_the_second_lock(locks, locked):
    site = stage.started(number=2, bsp=["nobody/bsp", "board/bsp"], connector_lock=locks)
    HARDWARE.pin = BspEventKind.B
    stage.order(**CHARGE)
    site.advance(0.3)

    HARDWARE.pin = BspEventKind.C
    site.advance(0.5)

    assert HARDWARE.closed
    assert condition().locked is locked
