from datetime import UTC, datetime

import pytest

from actors.catalog.iso15118 import EVSE_15118_D20, EVSE_V2G
from actors.engine import messages as engine
from actors.engine.clock import ManualClock
from actors.engine.root import RootSupervisor
from actors.engine.simulation import Simulation
from actors.engine.supervision import ChildSpec
from actors.v2g import messages, parcel
from actors.v2g.parameters import TABLE, settings_of
from actors.v2g.secc.exchange import Connected, Received, Send, StartTimer, Told
from actors.v2g.secc.settings import Settings
from actors.v2g.secc.state import State
from protocols import codec
from protocols.interfaces import iso15118_charger as charger
from protocols.message import Failure
from tests.support.links import AGREED, HELLO

NAME = "v2g/session"
EMPTY = codec.encode(State())


class Root(RootSupervisor):
    """A session alone; it has no successor."""

    def branches(self):
        config = {"module": "v2g", "parameters": {}, "implementations": {}, "connections": {}, "state": ""}
        actor = "actors.v2g.session_actor.V2gSessionActor"
        return [ChildSpec(id="v2g.session", actor=actor, grants={NAME: ""}, config=config)]


@pytest.fixture
def session():
    simulation = Simulation(ManualClock(datetime(2026, 6, 1, tzinfo=UTC)))
    simulation.start(Root, engine.Start(path="site", lineage="site#0"))
    simulation.advance(0.5)
    return simulation


def step(session, given, state=EMPTY):
    reply = session.ask(NAME, messages.Step(state=state, given=parcel.pack(given)))
    assert isinstance(reply, messages.Stepped), reply
    return reply.state, parcel.unpack_effects(reply.effects)


def test_a_step_gives_the_next_state_and_what_is_to_be_done(session):
    state, effects = step(session, Connected(tls=None))

    assert codec.decode(state).talk is not None
    assert [type(each) for each in effects] == [StartTimer]


def test_the_same_step_asked_again_is_decided_the_same(session):
    state, _effects = step(session, Connected(tls=None))

    first = step(session, Received(payload_type=0x8001, payload=HELLO), state)
    again = step(session, Received(payload_type=0x8001, payload=HELLO), state)

    assert first == again
    assert Send(payload_type=0x8001, payload=AGREED) in first[1]


def test_a_fresh_session_goes_on_where_the_dead_one_stood(session):
    state, _effects = step(session, Connected(tls=None))
    session.kill("site/v2g.session")
    session.advance(2.0)

    _state, effects = step(session, Received(payload_type=0x8001, payload=HELLO), state)

    assert Send(payload_type=0x8001, payload=AGREED) in effects


def test_a_command_changes_the_station_in_the_state(session):
    state, effects = step(session, Told(command=charger.StopCharging(stop=True)))

    assert codec.decode(state).station.stop
    assert effects == ()


def test_a_state_that_is_none_is_no_step(session):
    reply = session.ask(NAME, messages.Step(state=codec.encode(charger.ResetError()), given=b"\xc0"))

    assert isinstance(reply, Failure)


@pytest.mark.parametrize("manifest", [EVSE_V2G, EVSE_15118_D20], ids=lambda each: each.name)
def test_defaults_of_the_site_file_are_those_of_the_core(manifest):
    defaults = {name: each.default for name, each in manifest.parameters.items()}

    assert settings_of(defaults) == Settings()


def test_every_parameter_of_the_table_reaches_its_setting():
    for theirs, ours in TABLE.items():
        other = {bool: True, int: 7, str: "x"}[type(getattr(Settings(), ours))]
        value = (not getattr(Settings(), ours)) if other is True else other

        assert getattr(settings_of({theirs: value}), ours) == value


def test_the_table_covers_every_setting():
    assert sorted(TABLE.values()) == sorted(Settings.__dataclass_fields__)
