"""A car charges at a link over real sockets, whatever becomes of the session that decides for the station."""

import contextlib
import os
import signal

import pytest

from actors.simulation.ev import exchange
from tests.support.charging import charge, furnish
from tests.support.engine import pids
from tests.support.evse_player import Played
from tests.support.links import SESSION, Root

pytestmark = pytest.mark.timeout(120)

CARS = {
    "AC by contract": "car: {mode: ac, pay: contract, time_lapse: 6000}",
    "DC by contract": "car: {mode: dc, pay: contract, time_lapse: 3000}",
    "DC by card": "car: {mode: dc, pay: eim, time_lapse: 3000}",
}
ONCE = {"require_auth_pnc", "require_auth_eim", "ac_close_contactor", "start_cable_check", "start_pre_charge"}
"""What must not happen twice in a session, however often the session dies."""


@pytest.fixture
def station(evsite_system, tmp_path):
    """A client of a link with all it needs, and where its certificates are."""
    _system, client = evsite_system(Root, furnish(tmp_path))
    return client, tmp_path


def play(station, car, at_message=lambda: None):
    """Let the car charge; what the station has published. `at_message` is called after each request."""
    client, directory = station

    def watch(effect):
        if isinstance(effect, exchange.Send):
            at_message()

    outcome = charge(client, directory, car, watch)
    assert outcome is not None
    assert outcome.completed, outcome
    return client.ask("player/main", Played())


def check(played):
    asked = ONCE & set(played.heard)
    assert played.failures == ()
    assert {name: played.heard.count(name) for name in asked} == dict.fromkeys(asked, 1)
    assert played.heard.count("current_demand_started") == played.heard.count("current_demand_finished") == 1


@pytest.mark.parametrize("car", CARS.values(), ids=CARS)
def test_a_car_charges_and_everything_is_asked_for_once(station, car):
    check(play(station, car))


def test_a_session_killed_from_outside_at_every_message_is_not_noticed(station):
    client, _directory = station
    killed = set()

    def kill():
        with contextlib.suppress(ProcessLookupError, KeyError):  # it is being replaced already
            pid = pids(client)[SESSION]
            os.kill(pid, signal.SIGKILL)
            killed.add(pid)

    check(play(station, CARS["DC by contract"], kill))

    assert len(killed) >= 8
