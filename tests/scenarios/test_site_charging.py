"""A whole site charges simulated cars: by card and by contract, on AC and DC, all in between real.

Boards, supplies and cars are simulated; sockets, TLS, EXI, certificates, actors and processes are not.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import yaml

from actors.config import load_site
from actors.engine.base import SiteActor, handles
from actors.engine.branch import branch_config
from actors.engine.supervision import ChildSpec
from actors.gateway.client import GatewayClient
from actors.simulation.car.messages import TalkState
from actors.site import Site, plan
from certs.keys import KeyKind, generate_key, key_to_pem
from protocols.interfaces import evse_manager
from protocols.message import Command, Reply, message
from protocols.types.authorization import AuthorizationType
from protocols.types.evse_manager import SessionEvent  # noqa: TC001  # a message's field
from tests.support.charging_site import Car, site_file
from tests.support.engine import eventually, pids
from tests.support.multiplexed import certify, living_pki
from tests.support.patient_hardware import patient_hardware
from tests.support.stores import leaf_for, put, text

if TYPE_CHECKING:
    from pathlib import Path

    from actors.engine.client import Client

__all__ = ["patient_hardware"]

pytestmark = [pytest.mark.timeout(150), pytest.mark.usefixtures("patient_hardware")]
TALK_S = 60.0
HAPPY = [
    "SessionStarted", "AuthRequired", "Authorized", "TransactionStarted", "PrepareCharging",
    "ChargingStarted", "StoppingCharging", "ChargingFinished", "TransactionFinished", "SessionFinished",
]  # fmt: skip


@message
class WatchedReply(Reply):
    """Every session event, in the order in which it was heard."""

    events: tuple[SessionEvent, ...]
    charging: dict[str, int]
    """By the car that talks in its charging loop: the number of that talk."""
    full: tuple[str, ...]
    """The EVSEs whose cars have told how full they are."""


@message
class Watched(Command):
    """Ask the watcher what it has heard."""

    answer: ClassVar[type[Reply]] = WatchedReply


class Watcher(SiteActor):
    """Hears the session events of all EVSEs, and the talks of cars. Its successor has forgotten them."""

    def __init__(self) -> None:
        super().__init__()
        self._events: list[SessionEvent] = []
        self._charging: dict[str, int] = {}
        self._full: set[str] = set()

    def on_start(self) -> None:
        for name in self.config["talks"]:
            self.subscribe(f"{name}/ev", TalkState, partial(self._hear_talk, name))
        for number in self.config["evses"]:
            name = f"evse_{number}/evse"
            self.subscribe(name, evse_manager.SessionEvent, self._hear)
            self.subscribe(name, evse_manager.EvInfo, partial(self._hear_car, name))

    def _hear(self, news: evse_manager.SessionEvent) -> None:
        self._events.append(news.event)

    def _hear_talk(self, name: str, talk: TalkState) -> None:
        self._charging.pop(name, None)
        if talk.charging:
            self._charging[name] = talk.number

    def _hear_car(self, name: str, news: evse_manager.EvInfo) -> None:
        if news.ev_info.soc_percent is not None:
            self._full.add(name)

    @handles(Watched)
    def handle_watched(self, _command: Watched) -> WatchedReply:
        full = tuple(sorted(self._full))
        return WatchedReply(events=tuple(self._events), charging=dict(self._charging), full=full)


CARS = {
    1: Car(card="CARD1"),
    2: Car(speaks=True, card="CARD2"),
    3: Car(dc=True, speaks=True, pay="Contract"),
    4: Car(dc=True, speaks=True, iso20=True, card="CARD4"),
    5: Car(dc=True, speaks=True, card="CARD5"),
    6: Car(speaks=True, pay="Contract", wallet="another_car"),
    7: Car(dc=True, speaks=True, iso20=True, gives_back=True, card="CARD7", seconds=6.0),
    8: Car(speaks=True, detour=True, card="CARD8"),
}


def furnish(directory: Path, cars: dict[int, Car]) -> dict[str, Any]:
    """A checked site with certificates; the configuration of `Site` for it."""
    state = directory / "state"
    journals = state / "journals"
    journals.mkdir(parents=True)
    certify(state)
    another_contract(state / "car", state / "another_car")
    file = directory / "site.yaml"
    modules = yaml.safe_load(site_file(cars))
    modules["active_modules"]["gateway"] = {"module": "Gateway", "config_module": {"port": 0}}
    file.write_text(yaml.safe_dump(modules, sort_keys=False))
    watcher = ChildSpec(
        id="watcher",
        actor=f"{__name__}.Watcher",
        grants={"watcher/main": ""},
        config={
            "evses": list(cars),
            "talks": [f"car_{number}_v2g" for number, car in cars.items() if car.speaks],
        },
    )
    return branch_config((watcher, *plan(load_site(file), str(journals))))


def another_contract(car: Path, other: Path) -> None:
    """A car like the first one with a contract of its own: the same one, presented at a second EVSE while it
    is being looked at, counts for nothing.
    """
    shutil.copytree(car, other)
    made, key, now = living_pki(), generate_key(KeyKind.P256), datetime.now(UTC)
    day = timedelta(days=1)
    leaf = leaf_for(
        key, name="MO_LEAF", made=made, common_name="DE8EVSC0000002X", component="MO",
        start=now - day, end=now + day,
    )  # fmt: skip
    put(other / "client/mo/MO_LEAF.key", key_to_pem(key), 0o600)
    put(other / "client/mo/MO_CERT_CHAIN.pem", text(leaf, *made["MO_SUB_CA2"].chain))


def watched(client: Client) -> WatchedReply:
    """What the watcher has heard."""
    reply = client.ask("watcher/main", Watched(), deadline_s=10.0)
    assert isinstance(reply, WatchedReply)
    return reply


def heard(client: Client) -> dict[str, list[SessionEvent]]:
    """The events of each session, each once: what a successor says again is the same to the last byte."""
    found: dict[str, list[SessionEvent]] = {}
    for each in watched(client).events:
        events = found.setdefault(each.uuid, [])
        if each not in events:
            events.append(each)
    return found


def stories(client: Client) -> list[list[str]]:
    """What happened in each session."""
    return [[each.event.value for each in events] for events in heard(client).values()]


def test_every_car_charges_by_its_own_means(evsite_system: Any, tmp_path: Path) -> None:
    """AC by card, ISO 15118-2 AC and DC by contract and by card, -20 DC by card, at one site.

    One -20 car gives energy back, and one AC car tells how full it is, by the detour through DC.
    """
    _system, client = evsite_system(Site, furnish(tmp_path, CARS))

    eventually(
        lambda: sum(each[-1] == "SessionFinished" for each in stories(client)) == len(CARS), within_s=TALK_S
    )

    assert sorted(stories(client)) == [HAPPY] * len(CARS)
    by_contract, back = 0, set()
    for events in heard(client).values():
        started = next(each.transaction_started for each in events if each.transaction_started)
        finished = next(each.transaction_finished for each in events if each.transaction_finished)
        before, after = started.meter_value, finished.meter_value
        if after.energy_wh_export is not None and after.energy_wh_export.total_wh > 0:
            back.add(after.meter_id)
        else:
            assert after.energy_wh_import.total_wh > before.energy_wh_import.total_wh
        by_contract += started.id_tag.authorization_type is AuthorizationType.PLUG_AND_CHARGE
    assert by_contract == sum(car.pay == "Contract" for car in CARS.values())
    assert back == {"SIM-supply_7"}
    alternating = {f"evse_{number}/evse" for number, car in CARS.items() if not car.dc}
    assert alternating & set(watched(client).full) == {"evse_8/evse"}
    with GatewayClient(json.loads((tmp_path / "state" / "gateway.json").read_text())["url"]) as gateway:
        look(gateway)


def look(gateway: GatewayClient) -> None:
    """What people were shown: for each car the steps that something has proved, and what it has said."""

    def ended() -> dict[int, Any]:
        found = gateway.call("sessions.list")["sessions"]
        return {each["evse"]: each for each in found if each["ended"] is not None}

    eventually(lambda: len(ended()) == len(CARS), within_s=TALK_S)
    sessions = ended()
    for number, car in CARS.items():
        session, contract = sessions[number], car.pay == "Contract"
        proved = [each["at"] for each in session["steps"] if each["at"] is not None]
        steps = [each["step"] for each in session["steps"] if each["at"] is not None]
        by_card = [0, 1, 3, 4, 5, 6] if car.speaks else [1, 3, 4, 5]
        assert steps == (list(range(7)) if contract else by_card)
        assert proved == sorted(proved) or not contract
        talks: dict[str, Any] = {"protocol": "IEC 61851-1", "tls": None}
        if car.speaks:
            talks = {"protocol": "ISO 15118-20" if car.iso20 else "ISO 15118-2", "tls": True}
        assert {name: session[name] for name in talks} == talks
        assert session["authorization"] == ("PlugAndCharge" if contract else "RFID")
        said = gateway.call("messages.list", evse=number, limit=200)["messages"]
        assert ("AuthorizationRes" in {each["name"] for each in said}) is car.speaks
        assert "unreadable" not in {each["name"] for each in said}


VICTIMS = (
    "evse_1/evse_1",
    "evse_1/evse_1.connector_1",
    "evse_1/board_1",
    "evse_2/evse_2",
    "evse_2/evse_2.connector_1",
    "evse_2/board_2",
    "evse_2/supply_2",
    "evse_2/imd_2",
    "evse_2/slac_2",
    "evse_2/v2g_2.session",
    "auth/auth",
    "certificates/manager",
    "validator",
    "site:errors",
    "gateway",
)


def test_a_charge_goes_on_whoever_is_killed(evsite_system: Any, tmp_path: Path) -> None:
    """Every actor on the way of power and right once, one after the other; neither car notices.

    The link that holds a car's connection takes that along: the car connects again, by itself, and goes on in
    the same transaction.
    """
    cars = {1: Car(card="CARD1", seconds=8.0), 2: Car(dc=True, speaks=True, pay="Contract", seconds=14.0)}
    _system, client = evsite_system(Site, furnish(tmp_path, cars))
    eventually(lambda: sum("ChargingStarted" in each for each in stories(client)) == 2, within_s=TALK_S)

    kill(client, "site/evse_2/v2g_2")
    eventually(lambda: watched(client).charging.get("car_2_v2g", 0) > 1, within_s=TALK_S)
    for victim in VICTIMS:
        kill(client, f"site/{victim}")

    eventually(lambda: sum(each[-1] == "SessionFinished" for each in stories(client)) == 2, within_s=TALK_S)
    assert sorted(stories(client)) == [HAPPY] * 2


def kill(client: Client, path: str) -> None:
    """SIGKILL, and wait for the successor."""
    before = eventually(lambda: pids(client).get(path))
    os.kill(before, signal.SIGKILL)
    eventually(lambda: pids(client).get(path, before) != before)
