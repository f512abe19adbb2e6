"""Tests for actors/display/display_actor.py: messages outlive the actor, and go with who charged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from actors.catalog import CATALOG
from actors.display.messages import Showing
from actors.engine import messages as engine
from actors.engine.journal import DiskFull, Limits
from actors.engine.simulation import Simulation
from actors.evse.messages import EvseCondition, OutletCondition
from protocols.interfaces import display_message as say
from protocols.interfaces import evse_manager, ocpp
from protocols.types import display_message as types
from protocols.types import evse_manager as evse_types
from protocols.types import powermeter, units
from protocols.types.evse_manager import SessionEventEnum as Kind
from protocols.types.ocpp import OcppTransactionEvent, TransactionEvent
from protocols.types.text_message import MessageContent
from tests.support import actors
from tests.support.actors import Puppet
from tests.support.actors_messages import Poke

HEARD: list[Showing] = []
NAME = "display/main"
EVSE = "evse_1/evse"
RIGS: list[Rig] = []


class Screen(Puppet):
    """Shows what it hears. Its successor goes on."""

    def on_start(self):
        self.subscribe(NAME, Showing, HEARD.append)


@pytest.fixture(autouse=True)
def _journals_are_closed():
    yield
    while RIGS:
        RIGS.pop().simulation.close()


class Rig:
    """A display, an EVSE and a back-end in a simulation."""

    def __init__(self, directory, **connections):
        HEARD.clear()
        actors.reset()
        RIGS.append(self)
        manifest = CATALOG["Display"]
        config = {
            "module": "display",
            "parameters": {},
            "implementations": {},
            "connections": {"evse_manager": [EVSE], "ocpp": ["ocpp/main"]} | connections,
            "state": str(directory),
        }
        puppet = "tests.support.actors.Puppet"
        children = [
            {
                "id": "display", "actor": manifest.actor.replace(":", "."),
                "grants": {NAME: "display_message"}, "config": config,
            },
            {"id": "evse", "actor": puppet, "grants": {EVSE: "evse_manager"}},
            {"id": "ocpp", "actor": puppet, "grants": {"ocpp/main": "ocpp"}},
            {"id": "screen", "actor": f"{__name__}.Screen"},
        ]  # fmt: skip
        self.simulation = Simulation()
        self.simulation.start(
            actors.Site, engine.Start(path="site", lineage="site#0", config={"children": children})
        )

    def put(self, *messages):
        return self.simulation.ask(NAME, say.SetDisplayMessage(request=messages)).response.status

    def get(self, **wanted):
        request = types.GetDisplayMessageRequest(**wanted)
        found = self.simulation.ask(NAME, say.GetDisplayMessages(request=request)).response.messages
        return [each.id for each in found]

    def clear(self, number):
        request = types.ClearDisplayMessageRequest(id=number)
        return self.simulation.ask(NAME, say.ClearDisplayMessage(request=request)).response

    def publish(self, who, variable, *, retain=False):
        puppet: Any = self.simulation.actor(f"site/{who}")
        puppet.todo.append(
            lambda self: self.publish(variable, {"evse": EVSE, "ocpp": "ocpp/main"}[who], retain=retain)
        )
        self.simulation.tell(f"site/{who}", Poke())

    def condition(self, session_id):
        self.publish(
            "evse",
            EvseCondition(evse_id=1, session_id=session_id, connectors=(OutletCondition(connector_id=1),)),
            retain=True,
        )

    def kill(self):
        self.simulation.kill("site/display")
        self.simulation.advance(1)


def message(number, **more):
    return types.DisplayMessage(id=number, message=MessageContent(content="hello"), **more)


def event(kind, **details):
    return evse_manager.SessionEvent(
        event=evse_types.SessionEvent(
            uuid="s1", timestamp=datetime(2026, 1, 1, tzinfo=UTC), event=kind, **details
        )
    )


READING = powermeter.Powermeter(
    timestamp=datetime(2026, 1, 1, tzinfo=UTC), energy_wh_import=units.Energy(total_wh=Decimal(1))
)


def test_messages_are_kept_told_and_removed(tmp_path):
    rig = Rig(tmp_path)

    assert rig.put(message(1), message(2)) == "Accepted"
    assert [each.id for each in HEARD[-1].messages] == [1, 2]
    assert rig.get() == [1, 2]
    assert rig.clear(1).status == "Accepted"
    assert rig.clear(1).status == "Unknown"
    assert rig.get() == [2]


def test_messages_outlive_the_actor(tmp_path):
    rig = Rig(tmp_path)
    rig.put(message(1), message(2))
    rig.clear(2)
    HEARD.clear()

    rig.kill()

    assert rig.get() == [1]
    assert [each.id for each in HEARD[-1].messages] == [1]


def test_a_message_is_gone_when_its_time_is_over(tmp_path):
    rig = Rig(tmp_path)
    now = rig.simulation.clock.now()
    rig.put(
        message(1, timestamp_to=now + timedelta(seconds=5)),
        message(2, timestamp_from=now + timedelta(seconds=3)),
    )
    assert [each.id for each in HEARD[-1].messages] == [1]

    rig.simulation.advance(4)
    assert [each.id for each in HEARD[-1].messages] == [1, 2]
    rig.simulation.advance(2)

    assert [each.id for each in HEARD[-1].messages] == [2]
    assert rig.get() == [2]


def test_a_message_goes_with_the_session_it_was_for(tmp_path):
    rig = Rig(tmp_path)
    assert rig.put(message(1, identifier_id="s1")) == "UnknownTransaction"
    rig.condition("s1")
    assert rig.put(message(1, identifier_id="s1")) == "Accepted"

    rig.condition("")

    assert rig.get() == []


def test_a_session_that_ended_while_nobody_listened_takes_its_messages_along(tmp_path):
    rig = Rig(tmp_path)
    rig.condition("s1")
    rig.put(message(1, identifier_id="s1"))
    rig.simulation.kill("site/display")
    rig.condition("")

    rig.simulation.advance(2)

    assert rig.get() == []


def test_sessions_are_heard_of_by_their_events_as_well(tmp_path):
    rig = Rig(tmp_path)
    reason = evse_types.StartSessionReason.EV_CONNECTED
    started = evse_types.SessionStarted(reason=reason, meter_value=READING)
    rig.publish("evse", event(Kind.SESSION_STARTED, session_started=started))
    rig.publish("evse", event(Kind.CHARGING_STARTED))
    assert rig.put(message(1, identifier_id="s1")) == "Accepted"

    finished = evse_types.SessionFinished(meter_value=READING)
    rig.publish("evse", event(Kind.SESSION_FINISHED, session_finished=finished))

    assert rig.get() == []


def test_what_ocpp_calls_a_transaction_is_learnt(tmp_path):
    rig = Rig(tmp_path)
    rig.condition("s1")
    tied = message(1, identifier_id="t1", identifier_type=types.IdentifierType.TRANSACTION_ID)
    assert rig.put(tied) == "UnknownTransaction"

    for session in ("s0", "s1"):
        news = OcppTransactionEvent(
            transaction_event=TransactionEvent.STARTED, session_id=session, transaction_id="t1"
        )
        rig.publish("ocpp", ocpp.OcppTransactionEvent(event=news))

    assert rig.put(tied) == "Accepted"


def test_without_evses_to_listen_to_every_name_is_accepted(tmp_path):
    rig = Rig(tmp_path, evse_manager=[])

    assert rig.put(message(1, identifier_id="s9")) == "Accepted"


def test_what_can_not_be_kept_is_refused_and_changes_nothing(tmp_path, monkeypatch):
    rig = Rig(tmp_path)
    rig.put(message(1))

    def full(self, *_records):
        raise DiskFull(self.path, "no space")

    monkeypatch.setattr("actors.engine.journal.Journal.append", full)

    assert rig.put(message(2)) == "Rejected"
    assert rig.clear(1).status_info == "it cannot be removed now"
    assert rig.get() == [1]


def test_many_changes_are_folded_and_outlive_the_actor(tmp_path):
    rig = Rig(tmp_path)
    journal = rig.simulation.actor("site/display")._journal
    journal.limits = Limits(records=20)
    for _ in range(20):
        rig.put(message(1))
        rig.clear(1)
    rig.put(message(7))

    rig.kill()

    assert rig.get() == [7]
