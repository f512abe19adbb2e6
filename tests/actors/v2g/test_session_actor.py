from dataclasses import replace
from datetime import UTC, datetime

import pytest

from actors.catalog.iso15118 import EVSE_15118_D20, EVSE_V2G
from actors.engine import messages as engine
from actors.engine.clock import ManualClock
from actors.engine.root import RootSupervisor
from actors.engine.simulation import Simulation
from actors.engine.supervision import ChildSpec
from actors.v2g import messages, parcel, snapshot
from actors.v2g.parameters import TABLE, settings_of
from actors.v2g.secc import preparation
from actors.v2g.secc.exchange import Connected, Received, Send, StartTimer, Told
from actors.v2g.secc.settings import Settings
from actors.v2g.secc.state import State
from actors.v2g.session_actor import V2gSessionActor
from protocols import codec
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118.exi import Schema
from protocols.message import Failure
from tests.support.links import AGREED, HELLO

NAME = "v2g/session"
EMPTY = snapshot.parts_of(State())


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


def ask(session, *given, after=b"", state=b""):
    reply = session.ask(
        NAME, messages.Step(after=after, state=state, given=tuple(parcel.pack(each) for each in given))
    )
    assert isinstance(reply, messages.Stepped), reply
    return reply


def step(session, given, parts=EMPTY):
    """One input for a session that is given the whole state: the parts after it, and the effects."""
    reply = ask(session, given, state=snapshot.pack(parts))
    found = dict(parts)
    snapshot.apply(found, snapshot.unpack(reply.changes))
    (effects,) = reply.effects
    return found, parcel.unpack_effects(effects)


def test_a_step_gives_the_next_state_and_what_is_to_be_done(session):
    state, effects = step(session, Connected(tls=None))

    assert snapshot.state_of(state).talk is not None
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

    assert snapshot.state_of(state).station.stop
    assert effects == ()


def test_a_session_goes_on_from_what_it_gave_last_without_being_given_it(session):
    first = ask(session, Connected(tls=None), state=snapshot.pack(EMPTY))

    reply = ask(session, Received(payload_type=0x8001, payload=HELLO), after=first.mark)

    assert reply.mark not in (b"", first.mark)
    assert Send(payload_type=0x8001, payload=AGREED) in parcel.unpack_effects(reply.effects[0])


def test_a_successor_says_that_it_does_not_have_the_state(session):
    first = ask(session, Connected(tls=None), state=snapshot.pack(EMPTY))
    session.kill("site/v2g.session")
    session.advance(2.0)

    reply = ask(session, Received(payload_type=0x8001, payload=HELLO), after=first.mark)

    assert reply == messages.Stepped(mark=b"")


@pytest.mark.parametrize("after", [b"", b"of nobody"])
def test_a_session_that_never_had_a_state_decides_nothing_without_one(session, after):
    reply = ask(session, Connected(tls=None), after=after)

    assert reply == messages.Stepped(mark=b"")


def test_a_mark_names_the_last_state_alone(session):
    first = ask(session, Connected(tls=None), state=snapshot.pack(EMPTY))
    ask(session, Told(command=charger.StopCharging(stop=True)), after=first.mark)

    reply = ask(session, Received(payload_type=0x8001, payload=HELLO), after=first.mark)

    assert reply == messages.Stepped(mark=b"")


def test_inputs_that_come_together_are_decided_in_their_order(session):
    given = Connected(tls=None), Received(payload_type=0x8001, payload=HELLO)

    reply = ask(session, *given, state=snapshot.pack(EMPTY))

    connected, answered = map(parcel.unpack_effects, reply.effects)
    assert [type(each) for each in connected] == [StartTimer]
    assert Send(payload_type=0x8001, payload=AGREED) in answered


def test_a_state_that_is_none_is_no_step(session):
    state = snapshot.pack({"": codec.encode(charger.ResetError())})

    reply = session.ask(NAME, messages.Step(state=state, given=()))

    assert isinstance(reply, Failure)


@pytest.mark.parametrize("manifest", [EVSE_V2G, EVSE_15118_D20], ids=lambda each: each.name)
def test_defaults_of_the_site_file_are_those_of_the_core(manifest):
    spoken = ("din70121", "iso15118_2", "iso15118_20")  # in which the modules differ
    defaults = {name: each.default for name, each in manifest.parameters.items()}

    assert replace(settings_of(defaults), **dict.fromkeys(spoken, True)) == Settings()


def test_every_parameter_of_the_table_reaches_its_setting():
    for theirs, ours in TABLE.items():
        other = {bool: True, int: 7, str: "x"}[type(getattr(Settings(), ours))]
        value = (not getattr(Settings(), ours)) if other is True else other

        assert getattr(settings_of({theirs: value}), ours) == value


def test_the_table_covers_every_setting():
    assert sorted(TABLE.values()) == sorted(Settings.__dataclass_fields__)


@pytest.mark.parametrize(
    ("parameters", "spoken"),
    [
        ({"supported_ISO15118_20": False}, {Schema.APP_PROTOCOL, Schema.DIN, Schema.ISO2}),
        (
            {"supported_DIN70121": False, "supported_ISO15118_2": False},
            {Schema.APP_PROTOCOL, *preparation.ISO20},
        ),
        ({}, set(Schema) - {Schema.ISO20_ACDP, Schema.ISO20_WPT}),
    ],
)
def test_what_a_site_speaks_is_generated_before_the_fork(parameters, spoken, monkeypatch):
    generated = set()
    monkeypatch.setattr("actors.v2g.secc.preparation.exi.prepare", generated.add)

    V2gSessionActor.before_fork({"parameters": parameters})

    assert generated == spoken
