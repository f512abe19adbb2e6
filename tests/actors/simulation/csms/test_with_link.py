"""The link of evsite's own charge point against the simulated back-end, over loopback."""

import asyncio
import itertools
import json

import pytest

from actors.ocpp.messages import Outcome
from actors.simulation.csms.backend import Backend
from actors.simulation.csms.record import Kind
from actors.simulation.csms.script import Fault, Script
from actors.simulation.csms.server import Server
from protocols.ocpp.version import Version
from tests.support.ocpp_links import Stage, orders, profile

pytestmark = pytest.mark.timeout(60)

SCRIPT = {"stations": {"known": {"CP 1": {"password": "0123456789abcdef"}}}}


class Loop:
    """The back-end in the thread of the link: each step lets its loop do what can be done."""

    def __init__(self, script):
        self.loop = asyncio.new_event_loop()
        self.entries = []
        self.backend = Backend(Script.model_validate(script), None, prefix="t")
        self.server = self.loop.run_until_complete(self._made())
        self.port = self.loop.run_until_complete(self.server.listen("127.0.0.1", 0, 1, None))

    async def _made(self):
        return Server(self.backend, self.entries.append)

    def step(self):
        self.loop.run_until_complete(asyncio.sleep(0))

    def close(self):
        self.loop.run_until_complete(self.server.close())
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    @property
    def connections(self):
        return sum(entry.kind is Kind.CONNECTED for entry in self.entries)

    def has(self, kind):
        return any(entry.kind is kind for entry in self.entries)


@pytest.fixture
def csms():
    made = Loop(SCRIPT)
    yield made
    Stage.close_all()
    made.close()


@pytest.fixture
def stage(csms):
    made = Stage(csms)
    how = {"security_profile": 1, "basic_auth_password": "0123456789abcdef", "identity": "CP 1"}
    made.order(orders(profile(f"ws://127.0.0.1:{csms.port}/ocpp", **how)))
    return made


def connected(stage):
    stage.until(lambda: stage.state.connection)
    return stage.state.connection


def replied(stage):
    stage.until(lambda: stage.point.replies)
    return stage.point.replies[-1]


def in_time(stage, holds):
    """Step until something is true, and let the time of the link pass meanwhile."""
    steps = itertools.count(1)

    def done():
        if next(steps) % 20 == 0:
            stage.advance(1)
        return holds()

    stage.until(done)


def struck(stage, csms, **fault):
    """A Heartbeat that meets a fault."""
    connected(stage)
    csms.backend.add_fault(Fault.model_validate({"action": "Heartbeat", "times": 1, **fault}))
    stage.call("m1")


def test_the_link_finds_its_version_and_gets_answers(stage, csms):
    connected(stage)

    stage.call("m1")

    assert replied(stage).outcome is Outcome.ANSWERED
    assert stage.state.ocpp_version is Version.V21
    assert csms.entries[0].station == "CP 1"


def test_the_back_end_asks_the_station_through_its_link(stage, csms):
    connected(stage)
    asking = csms.loop.create_task(csms.server.ask("CP 1", "ClearCache", {}))
    stage.until(lambda: stage.point.asked)

    stage.answer(json.dumps({"status": "Accepted"}))
    stage.until(asking.done)

    assert asking.result().payload == {"status": "Accepted"}


@pytest.mark.parametrize("kind", ["binary", "fragments", "duplicate", "stray"])
def test_an_odd_answer_still_arrives(stage, csms, kind):
    struck(stage, csms, kind=kind)

    assert replied(stage).outcome is Outcome.ANSWERED


def test_a_refusal_arrives_as_one(stage, csms):
    struck(stage, csms, kind="call_error", error="GenericError")

    assert (replied(stage).outcome, replied(stage).code) == (Outcome.REFUSED, "GenericError")


@pytest.mark.parametrize("kind", ["silence", "wrong_id", "garbage"])
def test_an_answer_that_never_comes_runs_out_of_time(stage, csms, kind):
    struck(stage, csms, kind=kind)
    stage.until(lambda: csms.has(Kind.FAULT) or any(entry.fault for entry in csms.entries))
    for _ in range(20):
        stage.step()

    stage.advance(31)

    assert replied(stage).outcome is Outcome.TIMEOUT


@pytest.mark.parametrize("kind", ["drop", "drop_after", "close"])
def test_a_connection_that_breaks_is_made_again(stage, csms, kind):
    struck(stage, csms, kind=kind)

    in_time(stage, lambda: csms.connections == 2 and stage.state.connection)

    assert csms.has(Kind.CLOSED)


def test_a_storm_is_ridden_out(stage, csms):
    csms.backend.add_fault(Fault.model_validate({"kind": "storm", "code": 1001, "times": 3}))

    in_time(stage, lambda: csms.connections == 4 and stage.state.connection)

    stage.call("m1")
    assert replied(stage).outcome is Outcome.ANSWERED


@pytest.mark.parametrize("fault", [{"kind": "refuse", "status": 503}, {"kind": "no_subprotocol"}])
def test_an_upgrade_that_is_refused_is_tried_again(stage, csms, fault):
    csms.backend.add_fault(Fault.model_validate({**fault, "times": 1}))
    stage.until(lambda: stage.state.trouble)

    in_time(stage, lambda: stage.state.connection)

    assert csms.has(Kind.FAULT)
