"""Transactions through the actor: the start, a whole charge, a death, a refusal (M9.6, S9.19)."""

import json

import pytest

from actors.ocpp.inputs import Target
from protocols.interfaces import evse_manager
from protocols.types.evse_manager import StopTransactionReason
from tests.support.ocpp_manager import ManagedScene
from tests.support.ocpp_transactions import CARD, Evse

ACCEPTED = {"status": "Accepted", "currentTime": "2026-03-01T12:00:00Z", "interval": 300}


@pytest.fixture
def scene(tmp_path):
    made = ManagedScene(tmp_path)
    made.connect()
    answer_all(made)
    yield made
    made.site.close()


def answer_all(scene, **last):
    """The CSMS answers whatever is open, until nothing is; the newest with `last`."""
    calls = scene.actor("link").calls
    answered = getattr(scene, "answered", set())
    while (number := len(calls)) not in answered:
        answered.add(number)
        action = calls[-1][0].action
        scene.answer(
            ACCEPTED if action == "BootNotification" else last if action == "TransactionEvent" else {}
        )
    scene.answered = answered


def events(scene):
    return [json.loads(each.payload) for each in scene.sent("TransactionEvent")]


def test_every_evse_gets_its_go_when_the_station_has_begun(scene):
    kinds = [type(each) for each in scene.actor("evse").commands]

    assert kinds == [
        evse_manager.GetEvse,
        evse_manager.SetPlugAndChargeConfiguration,
        evse_manager.ExternalReadyToStartCharging,
    ]


def test_a_whole_charge_is_told_through_the_link(scene):
    evse = Evse(scene)
    for act in (evse.plug, evse.authorize, evse.charge):
        act()
        answer_all(scene)
    scene.site.advance(130)
    answer_all(scene)
    evse.finish(token=CARD)
    evse.unplug()
    answer_all(scene)

    assert [(each["seqNo"], each["eventType"], each["triggerReason"]) for each in events(scene)] == [
        (0, "Started", "Authorized"),
        (1, "Updated", "ChargingStateChanged"),
        (2, "Updated", "MeterValuePeriodic"),
        (3, "Ended", "StopAuthorized"),
    ]


def test_a_successor_goes_on_with_the_same_transaction(scene):
    evse = Evse(scene)
    evse.plug()
    evse.authorize()
    evse.condition()
    scene.site.kill("site/point")
    scene.site.advance(5)
    answer_all(scene)
    scene.say(Target.EVSE_MANAGER, evse_manager.Powermeter(powermeter=evse.meter))
    scene.site.advance(120)
    evse.unplug()
    answer_all(scene)

    told = events(scene)
    assert [each["seqNo"] for each in told] == list(range(len(told)))
    assert len({each["transactionInfo"]["transactionId"] for each in told}) == 1
    assert [each["eventType"] for each in told] == ["Started", "Updated", "Ended"]
    assert not any(each["offline"] for each in told)


def test_a_token_that_is_refused_stops_its_transaction(scene):
    evse = Evse(scene)
    evse.plug()
    evse.authorize()
    answer_all(scene, idTokenInfo={"status": "Blocked"})

    (order,) = [
        each for each in scene.actor("evse").commands if isinstance(each, evse_manager.StopTransaction)
    ]
    assert order.request.reason is StopTransactionReason.DE_AUTHORIZED
