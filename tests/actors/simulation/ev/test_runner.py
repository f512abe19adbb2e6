import dataclasses
import errno
import gc
import os
import secrets
import select
import socket
from datetime import timedelta

import pytest

from actors.simulation.ev import runner as runner_module
from actors.simulation.ev.contexts import client_context
from actors.simulation.ev.exchange import Disconnected, Exchanged
from actors.simulation.ev.machine import Evcc
from actors.simulation.ev.outcome import Reason
from actors.simulation.ev.runner import Clock, Place, Runner
from actors.simulation.ev.wallet import Credential, Wallet
from certs.profiles import Domain
from protocols.iso15118 import iso2
from tests.support.ev_cars import script
from tests.support.ev_iso20_station import Iso20Station
from tests.support.ev_sockets import SocketStation, living_world, server_contexts
from tests.support.ev_stations import NOON, Iso2Station

SHORT = "\nsteps: [plug, charge: {energy_wh: 10}, unplug]\n"
AC = "car: {time_lapse: 100000, patience: 200}" + SHORT


@pytest.fixture(scope="module")
def world():
    return living_world()


@pytest.fixture(scope="module")
def wallet(world):
    def credential(name):
        return Credential(chain=world[name].chain, key=world[name].key)

    return Wallet(
        v2g_roots=world.roots(Domain.V2G),
        contract=credential("MO_LEAF"),
        vehicle=credential("VEHICLE_LEAF_20"),
    )


class Ticking:
    """A clock that goes on by a little each time somebody looks."""

    def __init__(self, by_ms=5):
        self.now, self.by = NOON, timedelta(milliseconds=by_ms)

    def __call__(self):
        self.now += self.by
        return self.now


def run(text, station, *, wallet=None, place=None, clock=None, within_s=None, kind=Evcc):
    plan = script(text)
    context = client_context(plan.car, wallet, key_log=True) if wallet is not None else None
    car = kind(plan, wallet, secrets.token_bytes)
    runner = Runner(car, place or Place(sdp=("::1", station.sdp_port)), context, clock, within_s=within_s)
    exchanges = []
    try:
        while not runner.finished:
            exchanges += [one for one in runner.step(0.001) if isinstance(one, Exchanged)]
            station.step()
    finally:
        runner.close()
        station.step()
        station.close()
    return runner, exchanges


def test_a_car_finds_a_station_and_charges():
    runner, exchanges = run(AC, SocketStation(Iso2Station), clock=Ticking())

    assert str(runner.car.outcome) == "completed"
    assert exchanges[-1].request == "SessionStopReq"


def test_what_a_car_thinks_is_not_counted_as_its_stations_time():
    clock = Ticking()

    class Thoughtful(Evcc):
        def feed(self, given, now):
            clock.now += timedelta(seconds=1)
            return super().feed(given, now)

    _, exchanges = run(AC, SocketStation(Iso2Station), clock=clock, kind=Thoughtful)

    assert max(each.took_s for each in exchanges) < 1


def test_a_car_connects_to_a_port_it_is_told():
    station = SocketStation(Iso2Station)
    runner, _ = run(AC, station, place=Place(connect=("::1", station.port)), clock=Ticking())

    assert runner.car.outcome.completed


def test_a_car_asks_again_until_it_gets_an_answer():
    runner, _ = run(AC, SocketStation(Iso2Station, silent=3), clock=Ticking(50))

    assert runner.car.outcome.completed


class Waking(socket.socket):
    """Of a device that has just come up: it has no address at first."""

    failures = ()

    def sendto(self, *args):
        if self.failures:
            code = self.failures.pop(0)
            raise OSError(code, os.strerror(code))
        return super().sendto(*args)


@pytest.mark.parametrize(
    ("failures", "reason"),
    [([errno.EADDRNOTAVAIL] * 3, None), ([errno.EADDRNOTAVAIL, errno.ENETUNREACH], Reason.NO_STATION)],
)
def test_a_car_waits_for_the_address_of_a_device_that_came_up(monkeypatch, failures, reason):
    def search(place):
        found = Waking(socket.AF_INET6, socket.SOCK_DGRAM)
        found.failures = list(failures)
        return found, (socket.AF_INET6, place.sdp)

    monkeypatch.setattr(runner_module, "_search_socket", search)
    runner, _ = run(AC, SocketStation(Iso2Station), clock=Ticking(50))

    assert runner.car.outcome.reason is reason


def test_a_silent_network_has_no_station():
    runner, _ = run(AC, SocketStation(Iso2Station, silent=1000), clock=Ticking(100))

    assert (runner.car.outcome.reason, runner.car.outcome.phase) == (Reason.NO_STATION, "Connecting")
    assert "50 discovery requests" in runner.car.outcome.detail


def test_a_run_without_end_is_given_up_when_its_time_is_over():
    slow = "car: {patience: 200}"
    runner, exchanges = run(slow, SocketStation(Iso2Station), clock=Ticking(20), within_s=30)

    assert (runner.car.outcome.reason, runner.car.outcome.detail) == (Reason.TIMEOUT, "the whole run")
    assert exchanges[-1].request == "ChargingStatusReq"


def test_a_port_nobody_listens_on_is_no_station():
    gone = SocketStation(Iso2Station)
    port = gone.port
    gone.close()
    runner, _ = run(AC, SocketStation(Iso2Station), place=Place(connect=("::1", port)))

    assert runner.car.outcome.reason is Reason.NO_STATION


@pytest.mark.parametrize(
    "place",
    [Place(interface="no such one"), Place(connect=("host.invalid", 1)), Place(sdp=("host.invalid", 1))],
)
def test_a_place_that_is_not_there_is_no_station(place):
    runner, _ = run(AC, SocketStation(Iso2Station), place=place)

    assert runner.car.outcome.reason is Reason.NO_STATION


def test_an_interface_that_goes_while_it_is_looked_at_leaves_no_socket(monkeypatch):
    monkeypatch.setattr(socket, "if_nametoindex", lambda _name: 2**31 - 1)
    runner, _ = run(AC, SocketStation(Iso2Station), place=Place(interface="gone"))
    gc.collect()  # of a socket that was lost pytest hears at the latest now

    assert runner.car.outcome.reason is Reason.NO_STATION


def test_a_car_with_a_contract_shows_it_over_tls(world, wallet):
    text = "car: {time_lapse: 100000, pay: contract, patience: 20}" + SHORT
    station = SocketStation(lambda: Iso2Station(contract=True), server_contexts(world))
    runner, exchanges = run(text, station, wallet=wallet)

    assert str(runner.car.outcome) == "completed"
    assert "PaymentDetailsReq" in [one.request for one in exchanges]
    assert any(line.startswith("CLIENT_RANDOM") for line in runner.key_log)


def test_a_car_of_20_shows_its_certificate_over_tls(world, wallet):
    text = "car: {protocols: [iso20], pay: eim, patience: 200, time_lapse: 100000}" + SHORT
    station = SocketStation(Iso20Station, server_contexts(world))
    runner, _ = run(text, station, wallet=wallet)

    assert (str(runner.car.outcome), runner.car.spoken) == ("completed", "ISO 15118-20 AC")
    assert station.peer is not None
    assert any("TRAFFIC_SECRET" in line for line in runner.key_log)


def test_a_car_of_both_editions_speaks_the_one_there_is(world, wallet):
    text = "car: {protocols: [iso20, iso2], pay: eim, patience: 200, time_lapse: 100000}" + SHORT
    station = SocketStation(Iso2Station, server_contexts(world, editions=1))
    runner, _ = run(text, station, wallet=wallet)

    assert (str(runner.car.outcome), runner.car.spoken) == ("completed", "ISO 15118-2 AC")


def test_a_car_takes_plain_tcp_where_it_needs_no_tls(wallet):
    text = "car: {protocols: [iso20, iso2], pay: eim, patience: 200, time_lapse: 100000}" + SHORT
    runner, _ = run(text, SocketStation(Iso20Station), wallet=wallet)

    assert str(runner.car.outcome) == "completed"


def test_a_station_of_another_world_is_not_believed(world, wallet):
    from tests.support.certificates import world as other

    stranger = dataclasses.replace(wallet, v2g_roots=other().roots(Domain.V2G))
    station = SocketStation(Iso2Station, server_contexts(world))
    runner, _ = run("car: {tls: true}", station, wallet=stranger)

    assert runner.car.outcome.reason is Reason.TLS


def test_a_station_that_hangs_up_is_noticed():
    station = SocketStation(lambda: Iso2Station({iso2.AuthorizationReq: Disconnected(reason="")}))
    runner, _ = run(AC, station)

    assert (runner.car.outcome.reason, runner.car.outcome.phase) == (Reason.CONNECTION_LOST, "Authorization")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("garbage", Reason.CLOSED_AFTER_FAULT),
        ("no_frame", Reason.CLOSED_AFTER_FAULT),
        ("abrupt_close", Reason.DONE_BY_SCRIPT),
        ("slow", None),
    ],
)
def test_a_fault_is_carried_out_on_the_socket(kind, reason):
    runner, _ = run(
        AC + f"faults: [{{kind: {kind}, at: ServiceDiscovery, every_s: 0}}]", SocketStation(Iso2Station)
    )

    assert runner.car.outcome.reason is reason


def test_a_paused_car_connects_again():
    text = AC.replace("unplug", "pause: {seconds: 1}, resume, charge: {energy_wh: 9}, unplug")
    station = SocketStation(Iso2Station)
    runner, _ = run(text, station, clock=Ticking())

    assert runner.car.outcome.completed
    assert len(station.stations) == 2


def test_time_never_goes_back():
    clock = Clock()
    seen = [clock() for _ in range(100)]

    assert seen == sorted(seen)
    assert seen[0].tzinfo is not None


def test_an_actor_drives_a_car_by_descriptor_and_deadline():
    station = SocketStation(Iso2Station)
    plan = script(AC)
    runner = Runner(Evcc(plan, None, secrets.token_bytes), Place(sdp=("::1", station.sdp_port)))
    assert runner.due_s is None
    runner.step(0)
    while not runner.finished:
        due_s = runner.due_s
        assert due_s is not None
        select.select([runner.fileno()], [], [], min(due_s, 0.001))
        runner.step(0)
        station.step()
    runner.close()
    station.close()

    assert runner.car.outcome.completed


def test_a_station_that_closes_tls_in_order_is_noticed(world, wallet):
    text = "car: {tls: true, pay: eim, patience: 200}"
    station = SocketStation(lambda: Iso2Station({iso2.AuthorizationReq: None}), server_contexts(world))
    plan = script(text)
    runner = Runner(
        Evcc(plan, wallet, secrets.token_bytes),
        Place(connect=("::1", station.port)),
        client_context(plan.car, wallet),
    )
    while not runner.finished:
        runner.step(0.001)
        station.step()
        if runner.car.phase == "Authorization" and station.car is not None:
            station.tls.close()
            station.send(b"")
            station.hang_up()
    runner.close()
    station.close()

    assert (runner.car.outcome.reason, runner.car.outcome.detail) == (
        Reason.CONNECTION_LOST,
        "closed by the station",
    )
