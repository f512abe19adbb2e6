"""Scenes begin at their moment, do what they say, and tell how they ended."""

import json

import pytest

from actors.simulation.csms import stage as module
from actors.simulation.csms.effects import Close, Cut
from actors.simulation.csms.record import Kind
from protocols.ocpp.version import Version
from tests.support.csms_stage import BOOT, Stage, event, said

ASK = {"call": {"action": "ClearCache"}}


def scene(*steps, name="scene", **begin):
    return {"name": name, "begin": begin, "steps": steps or [ASK]}


def begun(*scenes, version=Version.V21):
    stage = Stage({"scenes": scenes})
    return stage, stage.connect(version=version)


def actions(frames):
    return [frame[2] for frame in frames if isinstance(frame, list) and frame[0] == 2]


def answer(stage, number, frames, payload):
    (asked,) = [frame for frame in frames if isinstance(frame, list) and frame[0] == 2]
    return stage.say(number, json.dumps([3, asked[1], payload]))


def test_a_scene_begins_behind_an_accepted_boot():
    stage, number = begun(scene())

    assert actions(stage.call(number, "Heartbeat", {})) == []
    assert actions(stage.call(number, "BootNotification", BOOT)) == ["ClearCache"]
    assert stage.texts(Kind.SCENE) == ["scene: begins"]


def test_a_boot_that_is_pending_begins_nothing():
    stage = Stage(
        {"scenes": [scene()], "answers": [{"action": "BootNotification", "merge": {"status": "Pending"}}]}
    )

    assert actions(stage.call(stage.connect(), "BootNotification", BOOT)) == []


def test_a_scene_begins_with_the_connection():
    stage = Stage({"scenes": [scene(at="connected")]})
    stage.connect()

    assert actions(said(stage.effects)) == ["ClearCache"]


def test_a_scene_begins_with_a_message_that_fits():
    found = "${message.transactionInfo.transactionId}"
    stage, number = begun(
        scene(
            {"call": {"action": "RequestStopTransaction", "payload": {"transactionId": found}}},
            at="message", action="TransactionEvent", where={"eventType": "Started"},
        )
    )  # fmt: skip

    assert actions(stage.call(number, "TransactionEvent", event("Updated", 1))) == []
    (_, asked) = stage.call(number, "TransactionEvent", event("Started", 0))
    assert asked[3] == {"transactionId": "tx-1"}


@pytest.mark.parametrize(
    ("more", "count"), [({}, 1), ({"times": 2}, 2), ({"times": None}, 3), ({"after": 2}, 1)]
)
def test_a_scene_begins_so_many_times(more, count):
    stage, number = begun(scene({"sleep_s": 0}, at="message", action="Heartbeat", **more))
    for _ in range(3):
        stage.call(number, "Heartbeat", {})

    assert stage.texts(Kind.SCENE).count("scene: begins") == count


def test_a_scene_waits_for_its_time():
    stage, number = begun(scene(after_s=10))
    stage.call(number, "BootNotification", BOOT)

    assert stage.backend.unfinished == ("scene at cp-1",)
    assert stage.wait(9) == []
    assert actions(stage.wait(1)) == ["ClearCache"]


def test_a_scene_that_ends_well_is_told():
    stage, number = begun(scene(ASK, {"wait": {"action": "Heartbeat"}}, {"sleep_s": 3}))
    frames = stage.call(number, "BootNotification", BOOT)
    answer(stage, number, frames, {"status": "Accepted"})
    stage.call(number, "Heartbeat", {})

    assert not stage.backend.good()
    stage.wait(3)
    assert stage.texts(Kind.SCENE) == ["scene: begins", "scene: ends as expected"]
    assert stage.backend.good()


def test_a_scene_that_fails_is_told():
    stage, number = begun(scene({"call": {"action": "ClearCache", "expect": {"status": "Accepted"}}}))
    frames = stage.call(number, "BootNotification", BOOT)
    answer(stage, number, frames, {"status": "Rejected"})

    (told,) = stage.texts(Kind.FAILED)
    assert told.startswith("scene: step 1: ClearCache: the answer is not as expected")
    assert not stage.backend.good()


def test_a_wait_of_a_scene_runs_out():
    stage, number = begun(scene({"wait": {"action": "Heartbeat", "within_s": 5}}))
    stage.call(number, "BootNotification", BOOT)

    assert stage.backend.due is not None
    stage.wait(5)
    assert stage.texts(Kind.FAILED) == ["scene: step 1: no Heartbeat as expected within 5 s"]


def test_a_station_that_leaves_fails_its_scene():
    stage, number = begun(scene())
    stage.call(number, "BootNotification", BOOT)

    stage.close(number)

    assert stage.texts(Kind.FAILED) == ["scene: step 1: ClearCache: Lost"]


def test_a_scene_of_one_station_does_not_hear_another():
    stage, number = begun(scene({"wait": {"action": "Heartbeat"}}))
    stage.call(number, "BootNotification", BOOT)
    other = stage.connect("cp-2")

    stage.call(other, "Heartbeat", {})

    assert stage.backend.unfinished == ("scene at cp-1",)


def test_a_scene_closes_and_cuts_connections():
    stage, number = begun(scene({"close": 1012}, {"drop": True}))

    *_, close, cut = stage.call(number, "BootNotification", BOOT)

    assert (close, cut) == (Close(number, 1012, "as the script wants"), Cut(number))


def test_a_scene_finds_nothing_to_close_when_the_station_has_left():
    stage, number = begun(scene({"sleep_s": 1}, {"drop": True}))
    stage.call(number, "BootNotification", BOOT)
    stage.close(number)

    assert stage.wait(1) == []
    assert stage.texts(Kind.SCENE)[-1] == "scene: ends as expected"


def test_a_fault_of_a_scene_counts_from_then_on():
    stage, number = begun(scene({"fault": {"kind": "silence", "action": "Heartbeat"}}))
    other = stage.connect("cp-2")
    assert stage.call(number, "Heartbeat", {})
    stage.call(number, "BootNotification", BOOT)

    assert stage.call(number, "Heartbeat", {}) == []
    assert stage.call(other, "Heartbeat", {})


def test_only_so_many_scenes_run_at_a_time(monkeypatch):
    monkeypatch.setattr(module, "MAX_PLAYS", 1)
    stage, number = begun(scene({"sleep_s": 9}, name="a"), scene(name="b"))
    stage.call(number, "BootNotification", BOOT)

    assert stage.backend.unfinished == ("a at cp-1",)
