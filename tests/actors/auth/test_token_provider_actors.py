"""Tests for actors/auth/token_provider_actors.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from actors.auth.messages import PresentToken
from actors.engine import messages as engine
from actors.engine.base import SiteActor
from actors.engine.root import RootSupervisor
from actors.engine.simulation import Simulation
from actors.engine.supervision import ChildSpec
from protocols.interfaces import auth_token_provider, evse_manager
from protocols.message import Reply
from protocols.types import evse_manager as types
from protocols.types.authorization import AuthorizationType, IdTokenType
from protocols.types.evse_manager import SessionEventEnum
from tests.support.auth_desk import token
from tests.support.auth_evse import NOW

if TYPE_CHECKING:
    from collections.abc import Sequence

PRESENTED = []


class Quiet(SiteActor):
    """Stands for an EVSE, and hears the tokens. Its successor recovers nothing."""

    def on_start(self) -> None:
        """Listen."""
        self.subscribe("reader/main", auth_token_provider.ProvidedToken, PRESENTED.append)


class Root(RootSupervisor):
    """A provider and its EVSE. It has no successor."""

    def branches(self) -> Sequence[ChildSpec]:
        """The two."""
        return [
            ChildSpec(id="evse", actor=f"{__name__}.Quiet", grants={"evse/evse": "evse_manager"}),
            ChildSpec(
                id="reader",
                actor=f"actors.auth.token_provider_actors.{self.config['actor']}",
                grants={"reader/main": "auth_token_provider"},
                config={
                    "module": "reader",
                    "parameters": {},
                    "implementations": {"main": self.config["values"]},
                    "connections": {"evse": ["evse/evse"]},
                },
            ),
        ]


def stage(actor, **values):
    PRESENTED.clear()
    simulation = Simulation()
    config = {"actor": actor, "values": values}
    simulation.start(Root, engine.Start(path="site", lineage="site#0", config=config))
    simulation.advance(0.1)
    return simulation


def say(simulation, event, session="s1"):
    said = types.SessionEvent(uuid=session, timestamp=NOW, event=event)
    simulation.actor("site/evse").publish(evse_manager.SessionEvent(event=said))
    simulation.run()
    return [one.token for one in PRESENTED]


DUMMY = {"token": "DEADBEEF", "type": "RFID", "timeout": 10, "connector_id": 0}


@pytest.mark.parametrize(
    ("values", "kind", "connectors"),
    [
        ({}, IdTokenType.ISO14443, None),
        ({"type": "Autocharge", "connector_id": 2}, IdTokenType.MAC_ADDRESS, (2,)),
    ],
)
def test_the_dummy_presents_its_token_when_it_is_asked_for(values, kind, connectors):
    simulation = stage("DummyProviderActor", **DUMMY | values)

    before = say(simulation, SessionEventEnum.SESSION_STARTED)
    (shown,) = say(simulation, SessionEventEnum.AUTH_REQUIRED)

    assert before == []
    assert (shown.id_token.value, shown.id_token.type) == ("DEADBEEF", kind)
    assert shown.authorization_type is AuthorizationType(values.get("type", "RFID"))
    assert shown.connectors == connectors


@pytest.mark.parametrize(("after_s", "session", "times"), [(9, "s1", 1), (11, "s1", 2), (1, "s2", 2)])
def test_the_dummy_presents_its_token_again_only_later_or_in_another_session(after_s, session, times):
    simulation = stage("DummyProviderActor", **DUMMY)
    say(simulation, SessionEventEnum.AUTH_REQUIRED)

    simulation.advance(after_s)

    assert len(say(simulation, SessionEventEnum.AUTH_REQUIRED, session)) == times


def test_the_reader_without_a_reader_presents_what_it_is_handed():
    simulation = stage("ManualProviderActor")
    shown = token("CARD", connectors=(1,), prevalidated=True)

    reply = simulation.ask("reader/main", PresentToken(token=shown))

    assert reply == Reply()
    assert [one.token for one in PRESENTED] == [shown]
