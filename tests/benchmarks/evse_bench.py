"""EVSEs: from card to contactor, deaths during a charge, and what a site of 24 weighs and takes to start.

    python -m tests.benchmarks.evse_bench [--only card|deaths|sites] [--rounds 10] [--swipes 25]

Boards, supplies and cars are simulated; actors, processes, sockets, TLS and certificates are not. Cars, their
other half and the plant stand for what a real station has not: they are weighed apart from it.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import structlog
import yaml

from actors.auth.messages import PresentToken
from actors.config import load_site
from actors.engine import messages
from actors.engine.branch import branch_config
from actors.engine.client import Client
from actors.engine.processes import reap_session
from actors.engine.supervision import ChildSpec
from actors.engine.wiring import Wiring
from actors.simulation.plant.hardware import STEP_S, SWITCH_S
from actors.site import Site, plan
from actors.start import prepare
from actors.state_directory import StateDirectory, StateError
from protocols import codec
from protocols.interfaces import car_simulator
from protocols.message import Failure, message_types
from protocols.types.authorization import AuthorizationType, IdToken, IdTokenType, ProvidedIdToken
from tests.benchmarks.machine import Figure, describe, in_ms, percentile, print_table, pss_kib
from tests.support.charging_site import Car, site_file, wire
from tests.support.engine import eventually, nodes, pids, running
from tests.support.multiplexed import certify
from tests.support.stopwatch import Noted, NotedReply

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CARDS: Final = ("BENCHCARD1", "BENCHCARD2")
COMES: Final = "sleep 0.1;iec_wait_pwr_ready;draw_power_regulated 16,3;sleep 3600"
GOES: Final = "unplug"
EVERY_S: Final = 10.5
"""Between two deaths of the same actor: beyond it no back-off delays the next replacement."""
GAP_S: Final = 0.3
"""Between two deaths: each is over before the next comes."""
LONG_S: Final = 3600.0
VICTIMS: Final = {
    "EVSE manager": ("evse_1/evse_1", "evse_1/evse"),
    "EVSE manager (DC)": ("evse_2/evse_2", "evse_2/evse"),
    "connector": ("evse_1/evse_1.connector_1", "evse_1/connector_1"),
    "connector (DC)": ("evse_2/evse_2.connector_1", "evse_2/connector_1"),
    "board": ("evse_1/board_1", "board_1/board_support"),
    "DC supply": ("evse_2/supply_2", "supply_2/main"),
    "isolation monitor": ("evse_2/imd_2", "imd_2/main"),
    "over-voltage monitor": ("evse_2/ovm_2", "ovm_2/main"),
    "SLAC": ("evse_2/slac_2", "slac_2/evse"),
    "V2G session": ("evse_2/v2g_2.session", "v2g_2/session"),
    "authorization": ("auth/auth", "auth/main"),
    "certificate manager": ("certificates/manager", "certificates/main"),
    "allow list": ("allow_list", "allow_list/token_validator"),
    "token provider": ("reader", "reader/main"),
    "errors": ("site:errors", "site:errors/framework"),
    "system": ("system", "system/main"),
    "store": ("store", "store/main"),
    "display": ("display", "display/main"),
}
"""Where each stands, and a name it serves."""
NOT_THE_STATION: Final = ("PlantActor", "SimulatedCarActor", "SimulatedCarV2gActor")
SIZES: Final = {2: 3.0, 24: 12.0}
"""EVSEs of a site, and within how many seconds it is to be ready (DESIGN 9)."""
READY: Final = "ready after"
"""What `evsite run` says when every actor runs."""
MOST_S: Final = 60.0
MOST_MIB: Final = 1536.0
EACH_MIB: Final = 12.0


def write_site(
    directory: pathlib.Path, cars: dict[int, Car], *, by_themselves: bool, whole: bool = False
) -> pathlib.Path:
    """A site with an allow list and a reader that is handed its cards; the cars plug in when told to.

    `whole`: with one of each kind of actor besides that a site may have.
    """
    modules: dict[str, Any] = yaml.safe_load(site_file(cars))["active_modules"]
    del modules["validator"]
    modules["allow_list"] = {"module": "LocalAllowlistTokenValidator"}
    modules["reader"] = {"module": "DummyTokenProviderManual"}
    modules["auth"]["connections"]["token_validator"] = wire("allow_list", "token_validator")
    modules["auth"]["connections"]["token_provider"] += wire("reader", "main")
    if whole:
        modules |= {"system": {"module": "System"}, "display": {"module": "Display"}}
        modules |= {"store": {"module": "PersistentStore"}}
        modules["ovm_2"] = {"module": "SimulatedOvm", "mapping": {"module": {"evse": 2}}}
        modules["evse_2"]["connections"]["over_voltage_monitor"] = wire("ovm_2", "main")
    for number in cars:
        modules[f"car_{number}"]["config_module"]["auto_exec"] = by_themselves
    state = directory / "state"
    (state / "journals").mkdir(parents=True)
    (state / "allowlist.yaml").write_text(yaml.safe_dump({"tokens": [{"id": each} for each in CARDS]}))
    certify(state)
    file = directory / "site.yaml"
    file.write_text(yaml.safe_dump({"active_modules": modules}, sort_keys=False))
    return file


@contextlib.contextmanager
def site(cars: dict[int, Car], *, whole: bool = False) -> Iterator[Client]:
    """A running site, with somebody who listens."""
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        file = write_site(directory, cars, by_themselves=False, whole=whole)
        children = plan(load_site(file), str(directory / "state" / "journals"))
        listener = ChildSpec(
            id="stopwatch",
            actor="tests.support.stopwatch.Stopwatch",
            grants={"stopwatch/main": ""},
            config={"evses": list(cars)},
        )
        prepare(children)  # as `evsite run` does
        with running(Site, branch_config((listener, *children))) as (_system, client):
            eventually(lambda: noted(client).ready == len(cars), within_s=60)
            yield client


def noted(client: Client) -> NotedReply:
    """What has happened so far."""
    reply = client.ask("stopwatch/main", Noted(), deadline_s=10)
    return reply if isinstance(reply, NotedReply) else fail(f"stopwatch: {reply}")


def fail(text: str) -> Any:
    """End the benchmark."""
    raise SystemExit(text)


def drive(client: Client, number: int, program: str) -> None:
    """Have a car do something."""
    reply = client.ask(f"car_{number}/main", car_simulator.ExecuteChargingSession(value=program))
    if isinstance(reply, Failure):
        fail(f"car {number}: {reply}")


def present(client: Client, evse: int) -> None:
    """Hold the card of an EVSE to the reader."""
    card = ProvidedIdToken(
        id_token=IdToken(value=CARDS[evse - 1], type=IdTokenType.ISO14443),
        authorization_type=AuthorizationType.RFID,
        connectors=(evse,),
    )
    client.ask("reader/main", PresentToken(token=card))


def count(client: Client, evse: int, event: str) -> int:
    """How often a session event was said."""
    return noted(client).events.count((evse, event))


def said(client: Client, evse: int, event: str, number: int = 1) -> None:
    """Wait until a session event was said so often."""
    try:
        eventually(lambda: count(client, evse, event) >= number, within_s=30)
    except AssertionError:
        fail(f"EVSE {evse} has not said {event}, only {noted(client).events}")


# -- the card ----------------------------------------------------------------------------------------------


def cards(swipes: int) -> Iterator[Figure]:
    """One car after the other at an AC socket, charged by card."""
    took_s = []
    with site({1: Car()}) as client:
        for number in range(1, swipes + 1):
            drive(client, 1, COMES)
            said(client, 1, "AuthRequired", number)
            time.sleep(0.2)
            begun_s = time.monotonic()
            present(client, 1)
            eventually(partial(_closings, client, number), within_s=20)
            took_s.append(closed(client)[-1] - begun_s)
            drive(client, 1, GOES)
            said(client, 1, "SessionFinished", number)
    yield in_ms("card presented to contactor closed", took_s)
    moves = f"{SWITCH_S * 1e3:.0f} ms, seen at its next look, every {STEP_S * 1e3:.0f} ms"
    yield Figure("  of it: the plant's contactor moves", moves)


def _closings(client: Client, number: int) -> bool:
    return len(closed(client)) >= number


def closed(client: Client) -> list[float]:
    """When contactors closed."""
    return [each.at_s for each in noted(client).switched if each.closed]


# -- deaths ------------------------------------------------------------------------------------------------


def deaths(rounds: int) -> Iterator[Figure]:
    """Everybody once in a round, while one car charges AC by card and one DC by ISO 15118-2."""
    cars = {1: Car(seconds=LONG_S), 2: Car(dc=True, speaks=True, seconds=LONG_S)}
    took_s: dict[str, list[float]] = {kind: [] for kind in VICTIMS}
    with site(cars, whole=True) as client:
        for number, car in cars.items():
            drive(client, number, car.program)
        for number in cars:
            said(client, number, "AuthRequired")
            present(client, number)
            said(client, number, "ChargingStarted")
        time.sleep(1.0)
        before = len(noted(client).switched)  # a cable check closes and opens, too
        for _ in range(rounds):
            begun_s = time.monotonic()
            for kind, (path, name) in VICTIMS.items():
                took_s[kind].append(strike(client, f"site/{path}", name))
                time.sleep(GAP_S)
            time.sleep(max(0.0, begun_s + EVERY_S - time.monotonic()))
        what = noted(client)
    for kind, found in took_s.items():
        yield _restarts(f"kill -9 to serving: {kind}", found)
    everybody = [each for found in took_s.values() for each in found]
    yield _restarts("kill -9 to serving: any", everybody)._replace(of="restart")
    opened = sum(not each.closed for each in what.switched[before:])
    killed = sum(map(len, took_s.values()))
    yield Figure(f"contactor openings in {killed} deaths, both EVSEs", str(opened), "", "0", opened == 0)
    ended = sum(event in {"ChargingPausedEVSE", "StoppingCharging"} for _evse, event in what.events)
    yield Figure("charges paused or stopped", str(ended), "", "0", ended == 0)


def strike(client: Client, path: str, name: str) -> float:
    """Kill one actor; seconds until its successor answers."""
    victim = eventually(lambda: pids(client).get(path))
    client.ask(name, messages.Tick(), deadline_s=1.0)  # the connection is there, as between actors
    begun_s = time.monotonic()
    os.kill(victim, signal.SIGKILL)
    while isinstance(client.ask(name, messages.Tick(), deadline_s=1.0), Failure):
        if time.monotonic() - begun_s > 10:
            last = client.ask(name, messages.Tick(), deadline_s=1.0)
            fail(f"{path} does not come back: {last}; {nodes(client.tree()).get(path)}")
        time.sleep(0.001)
    took_s = time.monotonic() - begun_s
    if eventually(lambda: pids(client).get(path)) == victim:
        fail(f"{path} was not killed")
    return took_s


def _restarts(what: str, seconds: list[float]) -> Figure:
    p50, p99 = percentile(seconds, 0.5) * 1e3, percentile(seconds, 0.99) * 1e3
    text = f"{p99:.1f} ms, max {max(seconds) * 1e3:.1f} ms"
    held = p50 <= 30 and p99 <= 150
    return Figure(f"{what} (n={len(seconds)})", f"{p50:.1f} ms", text, "p50 <= 30, p99 <= 150", held)


# -- whole sites -------------------------------------------------------------------------------------------


def sites() -> Iterator[Figure]:
    """`evsite run` with few and with many EVSEs: half of them AC, half DC, all with ISO 15118; no car yet."""
    for number, most_s in SIZES.items():
        cars = {each: Car(dc=each > number // 2, speaks=True) for each in range(1, number + 1)}
        with tempfile.TemporaryDirectory() as name:
            directory = pathlib.Path(name)
            file = write_site(directory, cars, by_themselves=False)
            yield from _started(directory, file, number, most_s)


def _started(directory: pathlib.Path, file: pathlib.Path, number: int, most_s: float) -> Iterator[Figure]:
    state = directory / "state"
    command = [sys.executable, "-m", "actors.cli", "run", str(file), "--state", str(state), "--plain"]
    out = directory / "out"
    begun_s = time.monotonic()
    with out.open("w") as output, (directory / "err").open("w") as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, start_new_session=True
        )
    try:
        while READY not in out.read_text() and process.poll() is None and time.monotonic() - begun_s < MOST_S:
            time.sleep(0.01)
        took_s = time.monotonic() - begun_s
        where = f"{number} EVSEs"
        if READY not in out.read_text():
            yield Figure(
                f"start, {where}",
                "did not start",
                f"{took_s:.1f} s",
                f"<= {most_s:g} s",
                held=False,
                of="start",
            )
            return
        yield Figure(
            f"evsite run to ready, {where}",
            f"{took_s:.2f} s",
            "",
            f"<= {most_s:g} s",
            took_s <= most_s,
            "start",
        )
        time.sleep(1.0)
        yield from _weights(state, where)
    finally:
        _end(process, state)


def _end(process: subprocess.Popen[bytes], state: pathlib.Path) -> None:
    session = 0
    with contextlib.suppress(StateError):
        session = StateDirectory(state).running().session
    process.send_signal(signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(15)
    process.kill()
    process.wait()
    if session:
        reap_session(session)


def _weights(state: pathlib.Path, where: str) -> Iterator[Figure]:
    """By kind of actor, the station's own and what stands for cars and hardware."""
    directory = StateDirectory(state)
    with Client(directory.running().root, Wiring(key=directory.key())) as client:
        everybody = nodes(client.tree(deadline_s=30))
    by_kind: dict[str, list[float]] = {}
    for each in everybody.values():
        if each.pid is not None:
            by_kind.setdefault(each.kind, []).append(pss_kib(each.pid) / 1024)
    station = [one for kind, found in by_kind.items() if kind not in NOT_THE_STATION for one in found]
    played = [one for kind in NOT_THE_STATION for one in by_kind.get(kind, ())]
    bar = f"<= {MOST_MIB:.0f} MiB" if where.startswith("24") else ""
    held = sum(station) <= MOST_MIB if bar else None
    yield Figure(
        f"PSS of {len(station)} actors of the station, {where}",
        f"{sum(station):.0f} MiB",
        bar=bar,
        held=held,
        of="memory" if bar else "",
    )
    yield Figure(f"  of {len(played)} cars and plants beside it", f"{sum(played):.0f} MiB")
    mean = sum(station) / len(station)
    yield Figure(
        f"  per actor of the station, mean, {where}",
        f"{mean:.1f} MiB",
        bar=f"<= {EACH_MIB:g} MiB",
        held=mean <= EACH_MIB,
        of="memory",
    )
    for kind, weights in sorted(by_kind.items(), key=lambda item: -max(item[1])):
        yield Figure(
            f"  {kind} (n={len(weights)})",
            f"{sum(weights) / len(weights):.1f} MiB",
            f"max {max(weights):.1f} MiB",
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; return 1 when a bar was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("card", "deaths", "sites"))
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--swipes", type=int, default=25)
    chosen = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    codec.prepare(message_types().values())
    parts = {
        "card": lambda: cards(chosen.swipes),
        "deaths": lambda: deaths(chosen.rounds),
        "sites": sites,
    }
    good = True
    for name, part in parts.items():
        if chosen.only in (None, name):
            title = describe()
            figures = list(part())
            good &= print_table(f"EVSE, {name}: {title}, {os.getloadavg()[0]:.1f} at the end", figures)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
