"""The actor of a role among a played Gateway and who listens to it: what takes time in a real site."""

from functools import partial

import pytest

from actors.engine import messages as engine
from actors.engine.simulation import Simulation
from actors.errors.messages import StandingErrors
from actors.gateway.messages import (
    ConnectionGone,
    GatewayLife,
    HoldRole,
    HoldRoleReply,
    Invoke,
    InvokeReply,
)
from actors.gateway.role_actor import GRACE_S
from actors.gateway.role_messages import GetRole, GetRoleReply, PublishForRole, RegisterRole, RoleReady
from protocols.interfaces import powermeter
from protocols.message import Failure, FailureReason, Reply
from tests.support import actors
from tests.support.actors import Puppet
from tests.support.actors_messages import Poke

NAME, GATEWAY = "meter/main", "gateway/gateway"
HERE = 7
ASKED = powermeter.StopTransaction(transaction_id="t")
INVOKED = []
ANSWERS = []
"""What the Gateway brings of the program, the next first; the last for ever."""
HEARD = []


class Gateway(Puppet):
    """Knows every connection, and answers for programs. Its successor goes on."""

    def on_start(self):
        self.publish(GatewayLife(life="one"), GATEWAY, retain=True)

    def unsupported(self, command):
        if isinstance(command, HoldRole):
            return HoldRoleReply(there=True)
        if isinstance(command, Invoke):
            INVOKED.append(command)
            return ANSWERS.pop(0) if len(ANSWERS) > 1 else ANSWERS[0]
        return Reply()


class Listener(Puppet):
    """Notes down what the role says. Its successor goes on."""

    def on_start(self):
        self.subscribe(NAME, StandingErrors, self.errors_stand)
        self.subscribe(NAME, powermeter.PublicKeyOcmf, HEARD.append)

    def errors_stand(self, news):
        HEARD.append([each.error.type for each in news.errors])


class Rig:
    """A site with one role, that of a meter."""

    def __init__(self, state):
        for each in (INVOKED, ANSWERS, HEARD):
            each.clear()
        actors.reset()
        ANSWERS.append(InvokeReply(result={"response": {"status": "OK"}}))
        self.simulation = Simulation()
        config = {
            "module": "meter",
            "parameters": {"command_timeout": 5},
            "implementations": {},
            "connections": {},
            "state": str(state),
            "provides": {"main": "powermeter"},
            "gateway": GATEWAY,
        }
        role = "actors.gateway.role_actor.RoleActor"
        children = [
            {"id": "meter", "actor": role, "grants": {NAME: "powermeter"}, "config": config},
            {"id": "gateway", "actor": f"{__name__}.Gateway", "grants": {GATEWAY: "gateway"}},
            {"id": "listener", "actor": f"{__name__}.Listener"},
        ]
        start = engine.Start(path="site", lineage="site#0", config={"children": children})
        self.simulation.start(actors.Site, start)

    def fill(self, connection=HERE):
        self.simulation.ask(NAME, RegisterRole(connection=connection))
        return self.simulation.ask(NAME, RoleReady(connection=connection))

    def ask(self):
        return self.simulation.ask(NAME, ASKED)

    @property
    def role(self):
        return self.simulation.ask(NAME, GetRole())

    def say(self, name, variable):
        self.simulation.actor(f"site/{name}").todo.append(lambda one: one.publish(variable, GATEWAY))
        self.simulation.tell(f"site/{name}", Poke())


@pytest.fixture
def rig(tmp_path):
    made = Rig(tmp_path)
    yield made
    made.simulation.close()


def lost(reason):
    return Failure(reason=reason, detail="no")


def test_no_command_goes_to_a_program_that_is_not_ready(rig):
    rig.simulation.ask(NAME, RegisterRole(connection=HERE))

    assert rig.ask().reason is FailureReason.UNAVAILABLE
    assert INVOKED == []
    rig.simulation.ask(NAME, RoleReady(connection=HERE))
    assert isinstance(rig.ask(), powermeter.StopTransactionReply)
    assert [each.connection for each in INVOKED] == [HERE]


def test_the_program_is_given_the_time_of_the_site_file(rig):
    rig.fill()
    rig.ask()

    assert INVOKED[0].deadline_s == 5.0


def test_only_commands_that_are_not_answered_in_time_count_against_a_program(rig):
    rig.fill()
    ANSWERS[:] = [lost(FailureReason.CRASHED)]

    assert [rig.ask().reason for _ in range(5)] == [FailureReason.CRASHED] * 5
    assert rig.role == GetRoleReply(registered=True, ready=True)


def test_a_program_that_is_late_three_times_loses_the_role(rig):
    rig.fill()
    ANSWERS[:] = [lost(FailureReason.TIMEOUT)]

    assert [rig.ask().reason for _ in range(3)] == [FailureReason.TIMEOUT] * 3
    rig.simulation.advance(1.0)

    assert rig.role == GetRoleReply(registered=False, ready=False)


def test_that_nobody_is_there_is_an_error_until_a_program_is_ready(rig):
    fault = ["generic/CommunicationFault"]
    rig.simulation.advance(0.1)
    assert HEARD[-1] == fault

    rig.simulation.ask(NAME, RegisterRole(connection=HERE))
    assert HEARD[-1] == fault
    rig.simulation.ask(NAME, RoleReady(connection=HERE))
    assert HEARD[-1] == []
    rig.simulation.ask(NAME, RegisterRole(connection=HERE))  # it begins anew
    assert HEARD[-1] == fault


def test_a_program_that_comes_back_in_time_is_not_missed(rig):
    rig.fill()
    heard = len(HEARD)

    rig.simulation.kill("site/meter")
    rig.simulation.advance(GRACE_S - 1)
    rig.fill()
    rig.simulation.advance(GRACE_S)

    assert HEARD[heard:] == [[]]


def test_one_that_does_not_come_back_is(rig):
    rig.fill()

    rig.simulation.kill("site/meter")
    rig.simulation.advance(GRACE_S + 1)

    assert HEARD[-1] == ["generic/CommunicationFault"]


def test_the_end_of_its_connection_is_the_end_of_a_programs_role(rig):
    rig.fill()

    rig.say("gateway", ConnectionGone(connection=HERE + 1))
    assert rig.role.registered
    rig.say("gateway", ConnectionGone(connection=HERE))
    rig.simulation.advance(1.0)

    assert not rig.role.registered


@pytest.mark.parametrize("retain", [True, False])
def test_a_program_says_whether_who_comes_later_is_told(rig, retain):
    rig.fill()
    say = partial(PublishForRole, connection=HERE, implementation="main", variable="public_key_ocmf")
    rig.simulation.ask(NAME, say(value={"public_key": "k"}, retain=retain))
    key = powermeter.PublicKeyOcmf(public_key="k")
    assert HEARD.count(key) == 1

    rig.simulation.kill("site/listener")
    rig.simulation.advance(1.0)

    assert HEARD.count(key) == 1 + retain
