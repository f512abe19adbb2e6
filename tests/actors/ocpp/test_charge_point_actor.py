"""The actor carries out what the core decides, and its successor goes on where it died."""

import json
import shutil

import pytest
from ocpp.v21 import call, call_result

from actors.drivers.messages import BayState
from actors.errors.messages import StandingErrors
from actors.ocpp import assembly
from actors.ocpp.blocks import remote_transactions
from actors.ocpp.blocks.transaction_entries import Standing
from actors.ocpp.charge_point_actor import ChargePointActor
from actors.ocpp.device_model.generation import Evse, Outlet
from actors.ocpp.entries import Numbered, Queued, Rank
from actors.ocpp.keeping import Keeper
from actors.ocpp.messages import (
    Called,
    CallReply,
    Connect,
    ConnectReply,
    Disconnect,
    DisconnectReply,
    FrameSeen,
    MakeCall,
    Outcome,
    SecurityNews,
)
from protocols.errors import Generic
from protocols.interfaces import auth_token_validator, kvs, ocpp
from protocols.message import Failure, FailureReason
from protocols.ocpp.errors import Code
from protocols.ocpp.version import Version
from protocols.types.authorization import (
    AuthorizationStatus,
    AuthorizationType,
    IdToken,
    IdTokenType,
    ProvidedIdToken,
)
from protocols.types.ocpp import MessageDirection, RegistrationStatus, SecurityEvent
from tests.support.evse import standing
from tests.support.ocpp_point import PARAMETERS, RootWithStarts, Scene, config_of
from tests.support.ocpp_station import START


@pytest.fixture
def scene(tmp_path):
    return Scene(config_of(tmp_path))


def test_it_registers_when_there_is_a_connection(scene):
    scene.connect()
    assert scene.call().action == "BootNotification"

    scene.accept()

    assert scene.actor("point").core.live.accepted
    assert [each.response.status for each in scene.actor("ear").heard] == [RegistrationStatus.ACCEPTED]


def test_its_heart_beats_by_its_own_timer(scene):
    scene.connect()
    scene.accept()
    said = len(scene.actor("link").calls)

    scene.site.advance(150)
    scene.oblige(said)
    scene.site.advance(150)

    assert scene.call().action == "Heartbeat"


def test_a_successor_sends_the_open_message_again_under_its_id(scene):
    scene.connect()
    first = scene.call()

    scene.site.kill("site/point")
    scene.site.advance(5)

    assert len(scene.actor("link").calls) == 2
    assert scene.call() == first


def test_a_successor_is_still_registered(scene):
    scene.connect()
    scene.accept()
    said = len(scene.actor("link").calls)

    scene.site.kill("site/point")
    scene.site.advance(5)

    assert scene.actor("point").core.live.accepted
    assert len(scene.actor("link").calls) == said


def test_a_dead_link_leaves_the_message_waiting(scene):
    scene.connect()
    scene.site.kill("site/link")
    scene.site.advance(1)

    waiting = scene.actor("point").core.tables.all(Queued).values()
    assert [each.action for each in waiting if each.rank is Rank.BOOT] == ["BootNotification"]


def test_a_message_that_cannot_be_sent_is_an_error_of_the_station(scene):
    def standing():
        return [each.error.sub_type for each in scene.actor("ear").standing[-1].errors]

    scene.connect()
    assert standing() == []
    scene.actor("link").calls[-1][1].answer(CallReply(outcome=Outcome.UNSENDABLE, description="too long"))
    scene.site.run()

    (found,) = scene.actor("ear").standing[-1].errors
    assert (found.error.type, found.error.sub_type) == (Generic.VENDOR_WARNING, "BootNotification")
    scene.site.advance(61)
    scene.accept()
    assert standing() == []


@pytest.mark.parametrize(
    ("reason", "waits"),
    [(FailureReason.INVALID, False), (FailureReason.OVERLOADED, True), (FailureReason.CRASHED, True)],
)
def test_a_link_that_takes_no_such_call_is_not_asked_again(scene, reason, waits):
    scene.connect()
    scene.actor("link").calls[-1][1].answer(Failure(reason=reason, detail="x"))
    scene.site.run()

    queued = scene.actor("point").core.tables.all(Queued).values()
    assert (Rank.BOOT in {each.rank for each in queued}) is waits


@pytest.mark.parametrize("how", ["little room", "nothing written"])
def test_a_disk_that_is_getting_full_is_a_security_event(scene, monkeypatch, how):
    def events():
        return [each.event.type for each in scene.actor("ear").security]

    scene.site.advance(60)
    assert "MemoryExhaustion" not in events()
    if how == "little room":
        usage = shutil.disk_usage("/")._replace(free=1)
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    else:
        monkeypatch.setattr(Keeper, "is_behind", property(lambda _self: True))
    scene.site.advance(120)

    assert events().count("MemoryExhaustion") == 1


def test_a_request_it_dies_of_is_answered_and_kills_no_successor(scene):
    scene.connect()
    scene.accept()
    scene.actor("point").core._requests = {call.ClearCache: lambda *_told: 1 / 0}  # a fault of ours

    called = Called(connection=1, ocpp_version=Version.V21, message_id="x", action="ClearCache", payload="{}")
    scene.site.tell("site/link", called)
    scene.site.advance(5)

    (reply,) = scene.actor("link").replies
    assert reply.code == Code.INTERNAL_ERROR
    assert scene.actor("point").core.live.accepted


def test_a_request_whose_change_cannot_be_kept_is_answered(scene):
    scene.connect()
    scene.accept()

    def numbered(turn, tag, _request):
        turn.put(Numbered(last=2**70))
        turn.respond(tag, call_result.ClearCache("Accepted"))

    scene.actor("point").core._requests = {call.ClearCache: numbered}
    called = Called(connection=1, ocpp_version=Version.V21, message_id="x", action="ClearCache", payload="{}")
    scene.site.tell("site/link", called)
    scene.site.advance(5)

    (reply,) = scene.actor("link").replies
    assert reply.code == Code.INTERNAL_ERROR
    assert scene.actor("point").core.tables.get(Numbered).last < 2**70


def test_a_message_whose_answer_it_dies_of_is_not_sent_again(scene):
    scene.connect()
    scene.accept()
    point = scene.actor("point").core
    point._answers = {"SecurityEventNotification": lambda *_told: 1 / 0}  # a fault of ours
    event = SecurityEvent(type="MemoryExhaustion", timestamp=START)
    scene.site.tell("site/point", ocpp.SecurityEvent(event=event))
    scene.site.run()
    assert scene.call().action == "SecurityEventNotification"

    scene.answer({})
    scene.site.advance(5)

    assert scene.actor("point").core is not point
    assert list(scene.actor("point").core.tables.all(Queued)) == []


def test_what_the_link_finds_about_security_is_heard(scene):
    news = SecurityNews(event="InvalidMessages", at=START, detail="no JSON")

    scene.site.tell("site/link", news)
    scene.site.run()

    assert [each.event.type for each in scene.actor("ear").security][-1] == "InvalidMessages"


@pytest.mark.parametrize(
    ("formats", "published"),
    [("log,security", []), ("log,callback", [MessageDirection.CSMS_TO_CHARGING_STATION])],
)
def test_messages_are_heard_and_published_where_that_is_asked_for_only(tmp_path, formats, published):
    """S8.20."""
    config = config_of(tmp_path)
    assembly.lay_out(tmp_path / "component_config", [Evse(connectors=(Outlet(),))] * 2)
    file = tmp_path / "component_config" / "standardized" / "InternalCtrlr.json"
    component = json.loads(file.read_text())
    component["properties"]["LogMessagesFormat"]["attributes"][0]["value"] = formats
    file.write_text(json.dumps(component))
    scene, heard = Scene(config), []
    scene.actor("ear").subscribe("ocpp/ocpp_generic", ocpp.OcppMessage, heard.append)
    scene.site.run()

    scene.actor("link").publish(FrameSeen(at=START, sent=False, text="[]"), "ocpp/link")
    scene.site.run()

    listening = [kind for _, kind in scene.actor("point")._subscriptions if kind is FrameSeen]
    assert len(listening) == len(published)
    assert [each.message.direction for each in heard] == published


def test_the_connection_is_cut_and_made_from_outside_where_that_is_allowed(tmp_path):
    """M9.3."""
    parameters = PARAMETERS | {"EnableExternalWebsocketControl": True}
    scene = Scene(config_of(tmp_path, parameters=parameters))

    replies = [scene.site.ask("ocpp/charge_point", command) for command in (Disconnect(), Connect())]

    assert replies == [DisconnectReply(changed=True), ConnectReply(changed=True)]


def test_a_simulated_site_obeys_whoever_tests_it(tmp_path):
    scene = Scene(config_of(tmp_path, simulated=True))

    replies = [
        scene.site.ask("ocpp/charge_point", command)
        for command in (Disconnect(), MakeCall(action="Heartbeat", payload="{}"))
    ]

    assert replies == [DisconnectReply(changed=True), CallReply(outcome=Outcome.NOT_SENT)]


def test_a_car_in_the_bay_is_heard_of(tmp_path):
    scene = Scene(config_of(tmp_path, bays=[[1, "system/main"]]))

    scene.actor("system").publish(BayState(occupied=True), "system/main", retain=True)
    scene.site.run()

    standing = scene.actor("point").core.tables.all(Standing).values()
    assert [(each.evse_id, each.bay) for each in standing] == [(1, True)]


def test_what_no_block_knows_is_unsupported(scene):
    reply = scene.site.ask("ocpp/charge_point", kvs.Load(key="a"))

    assert (reply.reason, "kvs.load" in reply.detail) == (FailureReason.UNSUPPORTED, True)


def test_the_connection_is_nobody_elses_business_otherwise(scene):
    reply = scene.site.ask("ocpp/charge_point", Disconnect())

    assert isinstance(reply, Failure)
    assert reply.reason is FailureReason.UNSUPPORTED


def test_what_stands_in_the_site_is_heard(scene):  # S17.1
    scene.connect()
    scene.accept()
    said = len(scene.actor("link").calls)

    scene.site.tell("site/errors", StandingErrors(errors=(standing("ac_rcd/DC"),)))
    scene.site.run()

    assert [each.action for each, _ in scene.actor("link").calls[said:]] == ["NotifyEvent"]


def test_a_request_of_the_csms_is_answered_through_the_link(scene):
    scene.connect()
    called = Called(connection=1, ocpp_version=Version.V21, message_id="a", action="Nonsense", payload="{}")

    scene.site.tell("site/link", called)
    scene.site.run()

    (reply,) = scene.actor("link").replies
    assert reply.code == "NotImplemented"


def test_a_command_no_block_carries_out_is_answered_so(scene, monkeypatch):
    monkeypatch.setattr(scene.site.actor("site/point").core, "_commands", {})

    reply = scene.site.ask("ocpp/ocpp_generic", ocpp.Stop())

    assert isinstance(reply, Failure)
    assert reply.reason is FailureReason.UNSUPPORTED


def test_a_list_of_the_csms_judges_tokens_over_a_kill(scene):
    scene.connect()
    scene.accept()
    item = {"idToken": {"idToken": "CARD", "type": "ISO14443"}, "idTokenInfo": {"status": "Blocked"}}
    payload = {"updateType": "Full", "versionNumber": 1, "localAuthorizationList": [item]}
    called = Called(
        connection=1,
        ocpp_version=Version.V21,
        message_id="a",
        action="SendLocalList",
        payload=json.dumps(payload),
    )
    scene.site.tell("site/link", called)
    scene.site.run()

    scene.site.kill("site/point")
    scene.site.advance(5)
    scene.connect(0)  # it is not asked then

    token = ProvidedIdToken(
        id_token=IdToken(value="card", type=IdTokenType.ISO14443), authorization_type=AuthorizationType.RFID
    )
    reply = scene.site.ask("ocpp/auth_validator", auth_token_validator.ValidateToken(provided_token=token))
    assert isinstance(reply, auth_token_validator.ValidateTokenReply)
    assert reply.validation_result.authorization_status is AuthorizationStatus.BLOCKED


@pytest.mark.parametrize("auth_hangs", [False, True])
def test_what_auth_makes_of_a_remote_start_is_heard(tmp_path, auth_hangs):
    """S8.6: a token that was lost with the Auth that had it is published again."""
    peers = [
        ["system", 1, "system/main"],
        ["auth", 1, "auth/main"],
        ["evse_manager", 1, "evse_1/evse"],
    ]
    scene = Scene(config_of(tmp_path, peers=peers), RootWithStarts)
    scene.connect()
    scene.accept()
    if auth_hangs:
        scene.site.hang("site/auth")
    payload = {"idToken": {"idToken": "CARD", "type": "ISO14443"}, "remoteStartId": 7, "evseId": 1}
    called = Called(
        connection=1,
        ocpp_version=Version.V21,
        message_id="a",
        action="RequestStartTransaction",
        payload=json.dumps(payload),
    )
    scene.site.tell("site/link", called)
    scene.site.run()
    assert json.loads(scene.actor("link").replies[0].payload) == {"status": "Accepted"}

    scene.site.advance(15)

    kept = scene.actor("point").core.tables.all(remote_transactions.RemoteStart)
    assert dict(kept) == {}  # no EVSE of Auth's can take it: it was rejected


def test_a_device_model_is_there_after_the_first_start(scene, tmp_path):
    files = {each.name for each in (tmp_path / "component_config" / "custom").iterdir()}

    assert files == {"EVSE_1.json", "EVSE_2.json", "Connector_1_1.json", "Connector_2_1.json"}


def test_a_broken_device_model_keeps_it_from_starting(tmp_path):
    shutil.rmtree(tmp_path / "component_config", ignore_errors=True)
    (tmp_path / "component_config").mkdir()

    scene = Scene(config_of(tmp_path))

    assert "site/point" not in {path for path, each in scene.site.actors().items() if is_up(each)}


def is_up(actor):
    """Whether a charge point has come to have a core."""
    try:
        return not isinstance(actor, ChargePointActor) or actor.core is not None
    except RuntimeError:
        return False


def test_a_core_is_not_there_before_the_start():
    with pytest.raises(RuntimeError, match="not started"):
        _ = ChargePointActor().core


def test_its_journal_is_where_the_site_file_says(scene, tmp_path):
    scene.connect()

    assert (tmp_path / "journals" / "ocpp201" / "charge_point.journal").exists()
