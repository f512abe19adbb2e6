"""A car charges at a link over real sockets, whatever becomes of the session that decides for the station."""

import contextlib
import os
import secrets
import signal
import time

import pytest

from actors.simulation.ev import commands, exchange, machine, runner
from certs import pki
from tests.support.engine import eventually, pids
from tests.support.ev_cars import script
from tests.support.evse_player import AC_MODES, DC_MODES, Played
from tests.support.links import SESSION, Root, ports
from tests.support.managers import living_world
from tests.support.stores import provision, put

pytestmark = pytest.mark.timeout(120)

CARS = {
    "AC by contract": "car: {mode: ac, pay: contract, time_lapse: 6000}",
    "DC by contract": "car: {mode: dc, pay: contract, time_lapse: 3000}",
    "DC by card": "car: {mode: dc, pay: eim, time_lapse: 3000}",
}
ONCE = {"require_auth_pnc", "require_auth_eim", "ac_close_contactor", "start_cable_check", "start_pre_charge"}
"""What must not happen twice in a session, however often the session dies."""


@pytest.fixture
def charge(evsite_system, tmp_path):
    """Lets a car charge; `at_message(client)` is called after each message it has sent."""

    def run(yaml, at_message=lambda _client: None):
        plan, made = script(yaml), living_world()
        provision(tmp_path / "certs", made=made)
        for name, file in pki.files(made, None, with_broken=False).items():
            put(tmp_path / "car" / name, file.content, file.mode)
        modes = [each.value for each in (DC_MODES if plan.car.mode.is_dc else AC_MODES)]
        _system, client = evsite_system(Root, {"directory": str(tmp_path), "modes": modes})
        eventually(lambda: ports(client).tls, within_s=30)
        wallet = commands._wallet(tmp_path / "car", plan)
        car = machine.Evcc(plan, wallet, secrets.token_bytes)
        place = runner.Place(sdp=("::1", ports(client).sdp))
        with contextlib.closing(
            runner.Runner(car, place, commands._context(plan, wallet, key_log=False))
        ) as running:
            end_s = time.monotonic() + 60
            while not running.finished and time.monotonic() < end_s:
                for effect in running.step(0.05):
                    if isinstance(effect, exchange.Send):
                        at_message(client)
        assert car.outcome is not None
        assert car.outcome.completed, car.outcome
        return client.ask("player/main", Played())

    return run


def check(played):
    assert played.failures == ()
    assert {name: played.heard.count(name) for name in ONCE & set(played.heard)} == dict.fromkeys(
        ONCE & set(played.heard), 1
    )
    assert played.heard.count("current_demand_started") == played.heard.count("current_demand_finished") == 1


@pytest.mark.parametrize("car", CARS.values(), ids=CARS)
def test_a_car_charges_and_everything_is_asked_for_once(charge, car):
    check(charge(car))


@pytest.mark.parametrize("car", CARS.values(), ids=CARS)
def test_a_session_killed_at_every_message_of_a_charge_is_not_noticed(charge, car):
    killed = []

    def kill(client):
        with contextlib.suppress(ProcessLookupError, KeyError):  # it is being replaced already
            pid = pids(client)[SESSION]
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    check(charge(car, kill))

    assert len(set(killed)) >= 8


def test_a_session_that_hangs_once_in_each_phase_is_not_noticed(charge):
    sent = []

    def hang(client):
        sent.append(1)
        if len(sent) % 4 == 0 and len(sent) < 12:
            os.kill(pids(client)[SESSION], signal.SIGSTOP)

    check(charge(CARS["AC by contract"], hang))

    assert len(sent) > 12
