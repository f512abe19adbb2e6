"""The start of a charge point, what the site is told of variables (M9.6, M9.8, S9.2, S9.20, S9.21)."""

import pytest

from actors.ocpp.blocks import startup
from actors.ocpp.device_model import variables
from actors.ocpp.device_model.component import Source
from actors.ocpp.inputs import Ask, Peer, Target
from protocols.interfaces import auth, evse_manager
from protocols.message import Failure, FailureReason, Reply
from protocols.types.evse_manager import Connector, ConnectorTypeEnum, Evse
from tests.support.ocpp_station import PEERS, Station, altered

WAITS = evse_manager.WaitingForExternalReady(waiting=True)
READY = evse_manager.Ready(ready=True)
GO = evse_manager.ExternalReadyToStartCharging


def station(**options):
    made = Station(blocks=(startup.BLOCK,), **options)
    made.restart()
    return made


def begun(**options):
    made = station(**options)
    made.say(Target.EVSE_MANAGER, WAITS, 1)
    made.say(Target.EVSE_MANAGER, READY, 2)
    return made


def asked(made):
    """Whom something was said to, and what, in order."""
    return [
        (each.peer.target, each.peer.number, type(each.command))
        for each in made.effects
        if isinstance(each, Ask)
    ]


def is_ready(made):
    found = []
    made.turn(lambda turn: found.append(startup.ready(turn)))
    return found[0]


def test_every_evse_is_asked_for_its_id_at_the_start():  # S9.2
    made = station()

    assert asked(made) == [
        (Target.EVSE_MANAGER, 1, evse_manager.GetEvse),
        (Target.EVSE_MANAGER, 2, evse_manager.GetEvse),
    ]


@pytest.mark.parametrize(("found", "warned"), [(2, False), (7, True)])
def test_an_evse_that_is_another_one_is_told_of(found, warned):  # M9.5
    made = station()
    outlet = Connector(id=1, type=ConnectorTypeEnum.C_TYPE2)
    made.reply(evse_manager.GetEvse, evse_manager.GetEvseReply(evse=Evse(id=found, connectors=(outlet,))))

    assert ("evse_out_of_order" in made.notes()) is warned


@pytest.mark.parametrize("news", [WAITS, READY])
def test_it_is_ready_when_every_evse_has_spoken(news):  # S9.21
    made = station()
    made.say(Target.EVSE_MANAGER, news, 1)
    before = is_ready(made)
    made.say(Target.EVSE_MANAGER, news, 2)

    assert (before, is_ready(made)) == (False, True)


@pytest.mark.parametrize(
    "news", [evse_manager.WaitingForExternalReady(waiting=False), evse_manager.Ready(ready=False)]
)
def test_an_evse_that_says_no_is_not_there_yet(news):
    made = station()
    made.say(Target.EVSE_MANAGER, news, 1)
    made.say(Target.EVSE_MANAGER, news, 2)

    assert not is_ready(made)


def test_the_site_is_told_before_any_evse_gets_its_go():  # M9.6
    made = begun()

    assert asked(made)[2:] == [
        (Target.AUTH, 1, auth.SetConnectionTimeout),
        (Target.AUTH, 1, auth.SetMasterPassGroupId),
        (Target.EVSE_MANAGER, 1, evse_manager.SetPlugAndChargeConfiguration),
        (Target.EVSE_MANAGER, 2, evse_manager.SetPlugAndChargeConfiguration),
        (Target.EVSE_MANAGER, 1, GO),
        (Target.EVSE_MANAGER, 2, GO),
    ]


def test_a_manager_that_waits_again_gets_a_go_of_its_own():
    made = begun()
    made.effects.clear()
    made.say(Target.EVSE_MANAGER, READY, 1)
    made.say(Target.EVSE_MANAGER, WAITS, 2)

    assert asked(made) == [
        (Target.EVSE_MANAGER, 2, evse_manager.SetPlugAndChargeConfiguration),
        (Target.EVSE_MANAGER, 2, GO),
    ]


def test_an_evse_that_stays_away_does_not_stop_the_others():
    made = station()
    made.say(Target.EVSE_MANAGER, WAITS, 2)
    assert made.timers() == {"startup_patience": startup.PATIENCE_S}
    made.fire("startup_patience")
    gone = [each for each in asked(made) if each[2] is GO]
    made.say(Target.EVSE_MANAGER, WAITS, 1)

    assert gone == [(Target.EVSE_MANAGER, 2, GO)]
    assert "evses_missing" in made.notes()
    assert asked(made)[-1] == (Target.EVSE_MANAGER, 1, GO)


def test_a_successor_says_all_of_it_once_more():
    made = begun()
    made.restart()

    assert not is_ready(made)
    made.say(Target.EVSE_MANAGER, READY, 1)
    made.say(Target.EVSE_MANAGER, READY, 2)
    assert len(asked(made)) == 8


@pytest.mark.parametrize(
    ("source", "configured_s", "told_s"),
    [
        (Source.OCPP, 5, [10]),
        (Source.OCPP, 90, [90]),
        (Source.OCPP, 4000, [300]),
        (Source.SITE, 5, []),
        (Source.SITE, 90, [90]),
        (Source.SITE, 600, []),
    ],
)
def test_auth_hears_of_time_outs_that_it_takes(source, configured_s, told_s):  # S11.3
    # given one that is kept by the device model, or a parameter that Auth has started with
    made = begun(components=altered(str(variables.CONNECTION_TIMEOUT), source=source))
    made.set(variables.CONNECTION_TIMEOUT, configured_s)
    made.effects.clear()

    made.turn(startup.push_connection_timeout)

    assert [each.connection_timeout_s for each in made.asks(auth.SetConnectionTimeout)] == told_s


def test_auth_hears_of_the_group_of_the_master_pass():  # S11.4
    made = begun()
    made.set(variables.MASTER_PASS_GROUP, "POLICE")
    made.turn(startup.push_master_pass)

    assert made.asks(auth.SetMasterPassGroupId)[-1].master_pass_group_id == "POLICE"


def test_without_auth_only_the_managers_are_told():
    made = begun(peers=frozenset(each for each in PEERS if each != Peer(Target.AUTH)))

    assert {each[0] for each in asked(made)} == {Target.EVSE_MANAGER}


@pytest.mark.parametrize(
    ("variable", "name"),
    [
        (variables.PNC_ENABLED, "pnc_enabled"),
        (variables.CENTRAL_VALIDATION, "central_contract_validation_allowed"),
        (variables.CONTRACT_INSTALLATION, "contract_certificate_installation_enabled"),
    ],
)
@pytest.mark.parametrize("value", [True, False])
def test_each_manager_hears_of_plug_and_charge(variable, name, value):  # M9.8
    made = begun()
    made.set(variable, value)
    made.effects.clear()
    made.turn(startup.push_plug_and_charge)

    told = made.asks(evse_manager.SetPlugAndChargeConfiguration)
    assert [getattr(each.plug_and_charge_configuration, name) for each in told] == [value, value]


KINDS = (auth.SetConnectionTimeout, auth.SetMasterPassGroupId, evse_manager.SetPlugAndChargeConfiguration, GO)


@pytest.mark.parametrize("kind", KINDS)
def test_what_could_not_be_said_is_said_again(kind):
    made = begun()
    made.reply(kind, Failure(reason=FailureReason.TIMEOUT, detail=""))
    (timer,) = made.timers()
    assert timer.startswith("startup ")
    made.effects.clear()
    made.fire(timer)

    assert [each[2] for each in asked(made)] == [kind]


@pytest.mark.parametrize("reply", [Reply(), Failure(reason=FailureReason.UNSUPPORTED, detail="")])
def test_what_was_said_or_is_of_no_use_is_not_said_again(reply):
    made = begun()
    made.reply(GO, reply)

    assert made.timers() == {}
