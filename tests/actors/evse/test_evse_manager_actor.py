"""Tests for actors/evse/evse_manager_actor.py: one EVSE manager among played devices, in one thread."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from actors.connector.messages import LEASE_S, Began, Order, Supply
from actors.engine import messages
from actors.engine.faults import Fault, Rule
from actors.engine.journal import DiskFull, Journal
from actors.engine.simulation import Simulation
from actors.evse.evse_manager_actor import FROM_THE_CAR
from actors.evse.messages import EvseCondition
from actors.evse.record import Record, State
from actors.v2g.messages import DischargeWanted
from protocols.interfaces import evse_manager, iso15118_charger
from protocols.message import Failure, FailureReason, Reply, Var, message_types
from protocols.types import authorization
from protocols.types.evse_manager import (
    SessionEvent,
    SessionEventEnum,
    StopTransactionReason,
    StopTransactionRequest,
)
from tests.actors.evse.test_settings import parameters
from tests.support import actors, evse_devices
from tests.support.evse import CARD
from tests.support.evse_devices import SWITCHED, Move, events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from actors.engine.faults import Faults

DEVICES = "tests.support.evse_devices"
HAPPY = [
    "SessionStarted", "AuthRequired", "Authorized", "TransactionStarted", "PrepareCharging",
    "ChargingStarted", "StoppingCharging", "ChargingFinished", "TransactionFinished", "SessionFinished",
]  # fmt: skip


class Station:
    """One EVSE of played devices."""

    def __init__(self, directory: Path, **changes: Any) -> None:
        evse_devices.reset()
        actors.reset()
        self.directory = directory
        self.simulation = Simulation()
        names = ("evse", "energy_grid", "token_provider", "random_delay", "dc_external_derate")
        faces = ("evse_manager", "energy", "auth_token_provider", "uk_random_delay", "dc_external_derate")
        manager = {
            "id": "evse_1",
            "actor": "actors.evse.evse_manager_actor.EvseManagerActor",
            "grants": {f"evse_1/{name}": face for name, face in zip(names, faces, strict=True)},
            "config": {
                "module": "evse_1",
                "parameters": parameters(connector_id=1, **changes),
                "connections": {"bsp": ["board/bsp"], "powermeter_grid_side": ["meter/main"]},
                "state": str(directory),
            },
        }
        children = [
            manager,
            {"id": "connector", "actor": f"{DEVICES}.ConnectorPlayer", "grants": {"evse_1/connector_1": ""}},
            {"id": "meter", "actor": f"{DEVICES}.MeterPlayer", "grants": {"meter/main": "powermeter"}},
            {"id": "observer", "actor": f"{DEVICES}.Observer"},
        ]
        start = messages.Start(path="site", lineage="site#0", config={"children": children})
        self.simulation.start(actors.Site, start)
        self.simulation.run()

    def __call__(self, command: Any) -> Reply:
        reply = self.simulation.ask("evse_1/evse", command)
        self.simulation.run()
        return reply

    def move(self, *, plugged: bool, wants: bool = False) -> None:
        self.simulation.ask("evse_1/connector_1", Move(plugged=plugged, wants_power=wants))
        self.simulation.run()

    def grant(self) -> None:
        verdict = authorization.ValidationResult(
            authorization_status=authorization.AuthorizationStatus.ACCEPTED, tariff_messages=()
        )
        self(evse_manager.AuthorizeResponse(provided_token=CARD, validation_result=verdict))

    def stop(self) -> None:
        self(evse_manager.StopTransaction(request=StopTransactionRequest(reason=StopTransactionReason.LOCAL)))

    def kill(self, who: str) -> None:
        self.simulation.kill(f"site/{who}")
        self.simulation.run()
        self.simulation.advance(1.0)

    @property
    def said(self) -> list[str]:
        """Session events, each once: one that is repeated by a successor is the same to the last byte."""
        once: list[Any] = []
        for each in events():
            if each not in once:
                once.append(each)
        return [each.event.value for each in once]

    @property
    def condition(self) -> EvseCondition:
        found = [each for each in evse_devices.SEEN if isinstance(each, EvseCondition)]
        return found[-1]


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    made = Station(tmp_path)
    yield made
    evse_devices.reset()
    actors.reset()


STEPS: list[Callable[[Station], object]] = [
    lambda each: each.move(plugged=True),
    Station.grant,
    lambda each: each.move(plugged=True, wants=True),
    Station.stop,
    lambda each: each.move(plugged=False),
]


def test_a_charge_by_card_goes_through_its_events(station: Station) -> None:
    for step in STEPS:
        step(station)

    assert station.said == HAPPY
    assert SWITCHED == [True, False]


@pytest.mark.untraced
@pytest.mark.parametrize("after", range(len(STEPS)))
@pytest.mark.parametrize("victim", ["evse_1", "connector", "meter"])
def test_a_charge_survives_the_death_of_any_actor_at_any_step(
    tmp_path: Path, victim: str, after: int
) -> None:
    """Same session, the same events each once, and the contactor switched once."""
    station = Station(tmp_path)

    for number, step in enumerate(STEPS):
        step(station)
        if number == after:
            station.kill(victim)

    assert station.said == HAPPY
    assert len({each.uuid for each in events()}) == 1
    assert SWITCHED == [True, False]


@pytest.mark.untraced
@pytest.mark.parametrize("after", range(len(STEPS)))
def test_a_charge_survives_a_manager_that_hangs(tmp_path: Path, after: int) -> None:
    station = Station(tmp_path)

    for number, step in enumerate(STEPS):
        step(station)
        if number == after:
            station.simulation.hang("site/evse_1")
            station.simulation.advance(5.0)

    assert station.said == HAPPY


def test_orders_are_renewed_as_long_as_power_depends_on_them(station: Station) -> None:
    """A connector opens when it has not heard an order for the lease."""
    heard: list[float] = []
    connector: Any = station.simulation.actor("site/connector")
    before = connector._obey

    def note(order: Order) -> None:
        heard.append(station.simulation.clock.monotonic_s())
        before(order)

    connector._obey = note
    for step in STEPS[:3]:
        step(station)

    station.simulation.advance(5.0)

    gaps = [later - earlier for earlier, later in pairwise(heard)]
    assert len(heard) > 20
    assert max(gaps) < LEASE_S / 2
    station.stop()
    heard.clear()
    station.simulation.advance(5.0)
    assert heard == []


def test_a_connector_that_begins_hears_its_order_at_once(station: Station) -> None:
    """Who has waited for it since its predecessor hung may not have until the next renewal."""
    connector: Any = station.simulation.actor("site/connector")
    for step in STEPS[:3]:
        step(station)
    heard: list[Order] = []
    connector._obey = heard.append

    for life in ("first", "second"):
        connector.publish(Began(life=life), "evse_1/connector_1", retain=True)
        station.simulation.run()

    assert [(each.number, each.supply) for each in heard] == [(heard[0].number, Supply.AC)] * 2


def test_the_order_of_a_predecessor_is_renewed_as_well(station: Station) -> None:
    """Nothing has changed, so there is nothing to order; but a connector that hears nothing opens."""
    heard: list[float] = []
    connector: Any = station.simulation.actor("site/connector")
    before = connector._obey
    for step in STEPS[:3]:
        step(station)

    def note(order: Order) -> None:
        heard.append(station.simulation.clock.monotonic_s())
        before(order)

    connector._obey = note
    station.kill("evse_1")
    station.simulation.advance(5.0)

    assert len(heard) > 20
    assert max(later - earlier for earlier, later in pairwise(heard)) < LEASE_S / 2


def test_authorization_finds_the_condition_of_the_evse_whenever_it_comes(station: Station) -> None:
    station.move(plugged=True)
    station.grant()

    station.kill("observer")

    assert station.condition.token == CARD
    assert station.condition.plugged_in


def test_a_command_of_nobodys_interface_is_unsupported(station: Station) -> None:
    reply = station(Move(plugged=True))

    assert isinstance(reply, Failure)
    assert reply.reason is FailureReason.UNSUPPORTED


def test_an_open_transaction_of_an_earlier_run_is_closed_for_power_loss(tmp_path: Path) -> None:
    """Row M6.23: the whole site was down; the car has gone meanwhile."""
    station = Station(tmp_path)
    for step in STEPS[:3]:
        step(station)
    session = events()[0].uuid
    for path in list(station.simulation.actors()):
        if path == "site/evse_1":
            station.simulation.actor(path).close_owned()

    again = Station(tmp_path)
    again.simulation.advance(1.0)

    finished = [each for each in events() if each.transaction_finished is not None]
    assert [each.uuid for each in finished] == [session]
    assert finished[0].transaction_finished is not None
    assert finished[0].transaction_finished.reason is StopTransactionReason.POWER_LOSS
    assert again.said[-1] == "SessionFinished"


def test_what_a_manager_died_on_is_said_by_its_successor_before_all_else(
    station: Station, evsite_faults: Callable[..., Faults]
) -> None:
    # given a manager that has committed that a session began, and died before it could say so
    died = SessionEvent(
        uuid="it", timestamp=station.simulation.clock.now(), event=SessionEventEnum.SESSION_STARTED
    )
    station.simulation.kill("site/evse_1")
    journal = Journal.open(station.directory / "evse_1.evse.journal", now=station.simulation.clock.now())
    journal.append(Record(unsaid=(died,)))
    journal.close()

    # when its successor hears from the hardware before it may speak itself
    evsite_faults([Rule(fault=Fault.DELAY, tag="actors.engine.messages.registered", seconds=1.0)])
    station.simulation.run()
    station.move(plugged=True)
    assert events() == []
    station.simulation.advance(2.0)

    # then that comes first, and once
    assert [each.uuid == "it" for each in events()] == [True, False, False]
    assert [each.event.value for each in events()] == ["SessionStarted", "SessionStarted", "AuthRequired"]


def test_a_full_disk_lets_the_car_down_in_order_and_charges_nobody(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be remembered must not go on; what has begun ends as it should."""
    for step in STEPS[:3]:
        step(station)

    def full(journal: Journal, *_items: object) -> None:
        raise DiskFull(journal.path, "no room")

    monkeypatch.setattr(Journal, "append", full)
    monkeypatch.setattr(Journal, "snapshot", full)
    station(evse_manager.PauseCharging())

    assert station.said[-1] == "ChargingPausedEVSE"
    assert SWITCHED == [True, False]
    assert [each.faulted for each in station.condition.connectors] == [True]

    monkeypatch.undo()
    station.simulation.advance(2.0)
    assert [each.faulted for each in station.condition.connectors] == [False]
    manager: Any = station.simulation.actor("site/evse_1")
    assert manager._core.record.state is not State.DISABLED


def test_the_manager_hears_every_variable_of_its_car() -> None:
    published = {
        kind
        for kind in message_types().values()
        if issubclass(kind, Var) and kind.__module__ == iso15118_charger.__name__
    }

    assert set(FROM_THE_CAR) == {*published, DischargeWanted}
    assert len(FROM_THE_CAR) == len(published) + 1
