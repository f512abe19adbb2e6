"""The simulated back-end takes in connections and messages of any kind, and is never brought down by one."""

import json

import pytest

from actors.simulation.csms import door
from actors.simulation.csms.door import Knock
from actors.simulation.csms.effects import Close, Freeze
from actors.simulation.csms.ledger import judge
from actors.simulation.csms.record import GOOD, Kind, from_lines, to_line
from actors.simulation.csms.script import Fault, Script
from actors.simulation.csms.view import line
from protocols.ocpp import schemas
from protocols.ocpp.version import Version
from tests.support.csms_stage import BOOT, BOOT16, Stage
from tests.support.ocpp_samples import sample


def knock(stage, path="/cp-1", **more):
    return stage.backend.knock(Knock(path=path, offered=["ocpp2.1"], **more), stage.now)


def answer(stage, number, version, action, payload):
    """The answer to a call, held to its schema."""
    ((kind, message_id, answered),) = stage.call(number, action, payload, "m")
    assert (kind, message_id) == (3, "m")
    schemas.check(version, action, answered, answer=True)
    return answered


@pytest.mark.parametrize("version", Version, ids=str)
def test_a_station_may_register_in_every_version(version):
    stage = Stage()
    number = stage.connect(version=version)

    booted = answer(stage, number, version, "BootNotification", BOOT16 if version is Version.V16 else BOOT)

    assert booted["status"] == "Accepted"
    assert answer(stage, number, version, "Heartbeat", {})["currentTime"]


@pytest.mark.parametrize(
    ("payload", "code"),
    [({"x": 1}, "FormatViolation"), ({"customData": {}}, "OccurrenceConstraintViolation")],
    ids=["surplus", "missing"],
)
def test_what_breaks_its_schema_is_refused(payload, code):
    stage = Stage()
    number = stage.connect()

    ((kind, message_id, refused, *_),) = stage.call(number, "Heartbeat", payload, "m")

    assert (kind, message_id, refused) == (4, "m", code)
    assert not stage.backend.good()


@pytest.mark.parametrize(
    ("data", "answered"),
    [
        ("{", True),
        ("", True),
        ("[]", True),
        ("[2]", True),
        ('[2,"1","Heartbeat"]', True),
        ('[2,"1",["Heartbeat"],{}]', True),
        ('[2,"","Heartbeat",{}]', True),
        ("[" * 100_000, True),
        ("9" * 10_000, True),
        ('[2,"1","Heartbeat",{"a":NaN}]', True),
        ('[2,"\\ud800","Heartbeat",{}]', True),
        (b"\xff\xfe", True),
        (" " * (1024 * 1024 + 1), True),
        ('[7,"1"]', True),
        ('[3,"1"]', False),
        ('  [4,"1"', False),
        ("[5,", False),
    ],
    ids=range(17),
)
def test_what_is_no_frame_does_not_end_the_talk(data, answered):
    stage = Stage()
    number = stage.connect()

    said = stage.say(number, data)

    assert [frame[0] for frame in said] == ([4] if answered else [])
    assert not stage.backend.good()
    assert answer(stage, number, Version.V21, "BootNotification", BOOT)["status"] == "Accepted"


@pytest.mark.untraced
@pytest.mark.parametrize("version", Version, ids=str)
def test_no_values_that_a_schema_allows_bring_the_back_end_down(version):
    # given
    stage = Stage(
        {"price_per_kwh": 1, "schedule": {"limit_w": 1}, "tokens": [], "contracts": []}, certified=True
    )
    number = stage.connect(version=version)
    actions = sorted(schemas.actions(version))

    # when
    for wild in (0, 13):
        for place, action in enumerate(actions):
            for full in (False, True):
                stage.call(number, action, sample(version, action, full=full, wild=wild + place))

    # then: every call is in the record, which can be written, read, shown and judged
    taken = [entry for entry in stage.entries if entry.direction == "in"]
    assert len(taken) == 4 * len(actions)
    assert from_lines([to_line(entry) for entry in stage.entries]) == stage.entries
    assert all(str(line(entry)).isprintable() for entry in stage.entries)
    assert judge(stage.entries)


def test_an_older_connection_of_a_station_is_closed():
    stage = Stage()
    first = stage.connect()
    stage.connect("cp-2")

    stage.connect()

    assert [each for each in stage.effects if isinstance(each, Close)] == [
        Close(first, 1008, "a newer connection")
    ]


def test_an_upgrade_that_is_refused_is_written_down():
    stage = Stage({"stations": {"unknown": "refuse"}})

    assert knock(stage).status == 404
    stage.collect()
    assert stage.texts(Kind.REFUSED) == ["HTTP 404: this station is not known"]


def test_a_path_without_identity_meets_no_fault():
    stage = Stage({"faults": [{"kind": "refuse", "status": 503}]})

    assert knock(stage, path="/").status == 404
    assert knock(stage).status == 503
    stage.collect()
    assert [entry.fault for entry in stage.entries if entry.kind is Kind.FAULT] == ["refuse"]


def test_there_may_be_only_so_many_connections(monkeypatch):
    monkeypatch.setattr(door, "MAX_STATIONS", 1)
    stage = Stage()
    stage.connect()

    assert knock(stage, path="/cp-2").status == 503


def test_an_unknown_station_may_be_closed_at_once():
    stage = Stage({"stations": {"unknown": "close"}})
    number = stage.connect()

    assert [each for each in stage.effects if isinstance(each, Close)] == [
        Close(number, 1008, "this station is not known")
    ]


@pytest.mark.parametrize(
    ("fault", "effect"),
    [
        ({"kind": "storm", "code": 1012}, Close(1, 1012, "as the script wants")),
        ({"kind": "storm"}, Close(1, 1001, "as the script wants")),
        ({"kind": "freeze"}, Freeze(1)),
    ],
)
@pytest.mark.parametrize("seconds", [0, 5])
def test_a_fault_strikes_a_connection(fault, effect, seconds):
    stage = Stage({"faults": [{**fault, "seconds": seconds}]})
    stage.connect()
    before = effect in stage.effects

    stage.wait(5)

    assert before is (seconds == 0)
    assert effect in stage.effects
    assert sum(entry.kind is Kind.FAULT for entry in stage.entries) == 1


def test_a_fault_comes_too_late_for_a_connection_that_has_ended():
    stage = Stage({"faults": [{"kind": "storm", "seconds": 5}]})
    stage.close(stage.connect())

    assert stage.wait(5) == []


def test_a_frozen_connection_hears_nothing():
    stage = Stage({"faults": [{"kind": "freeze"}]})
    number = stage.connect()

    assert stage.call(number, "Heartbeat", {}) == []
    assert stage.backend.hub.summary.frames == 0


def test_a_storm_lasts_as_long_as_its_times():
    stage = Stage({"faults": [{"kind": "storm", "times": 3}]})
    for _ in range(5):
        stage.close(stage.connect())

    assert sum(isinstance(each, Close) for each in stage.effects) == 3


@pytest.mark.parametrize(("problem", "good"), [("", True), ("websocket: 1002", False)])
def test_a_connection_that_ends_badly_is_a_problem(problem, good):
    stage = Stage()
    number = stage.connect()

    stage.backend.closed(number, "1006", stage.now, problem=problem)
    stage.collect()

    assert stage.backend.good() is good
    assert stage.texts(Kind.CLOSED) == ["1006"]


def test_a_station_that_does_not_take_our_answer_is_blamed():
    stage = Stage()
    number = stage.connect()

    assert stage.say(number, '[5,"m1","FormatViolation","what?",{}]') == []
    assert stage.texts(Kind.PROBLEM) == ["the station did not take our answer: FormatViolation what?"]


def test_who_does_not_take_an_answer_that_was_wrong_is_not_blamed():
    stage = Stage(
        {
            "faults": [{"kind": "invalid", "payload": {"surprise": True}, "times": 1}],
            "answers": [{"action": "Heartbeat", "payload": {"currentTime": "tomorrow"}}],
        }
    )
    number = stage.connect()
    stage.call(number, "Heartbeat", {}, message_id="m1")
    stage.call(number, "Heartbeat", {}, message_id="m2")

    for message_id in ("m1", "m2"):
        stage.say(number, f'[5,"{message_id}","FormatViolation","what?",{{}}]')

    assert stage.texts(Kind.PROBLEM) == []


@pytest.mark.parametrize(
    ("payload", "verdict"),
    [
        ({"id": 1, "pending": 0, "basetime": "2026-01-01T00:00:00Z", "data": [{"t": 0, "v": "1"}]}, GOOD),
        ({}, "OccurrenceConstraintViolation"),
    ],
)
def test_what_nobody_answers_is_judged_all_the_same(payload, verdict):
    stage = Stage()
    number = stage.connect()

    said = stage.say(number, json.dumps([6, "s1", "NotifyPeriodicEventStream", payload]))

    assert (said, stage.entries[-1].verdict) == ([], verdict)


def test_a_script_and_a_fault_are_taken_while_it_runs():
    stage = Stage()
    number = stage.connect()

    stage.backend.change(Script.model_validate({"heartbeat_s": 7}))
    assert stage.backend.add_fault(Fault.model_validate({"kind": "silence", "action": "Heartbeat"}))

    assert stage.call(number, "BootNotification", BOOT)[0][2]["interval"] == 7
    assert stage.call(number, "Heartbeat", {}) == []


@pytest.mark.parametrize("known", [True, False])
def test_a_fault_of_our_own_is_written_down(known):
    stage = Stage()
    number = stage.connect()
    with pytest.raises(KeyError) as caught:
        {}["missing"]
    stage.backend.broken(caught.value, stage.now, number if known else None)
    stage.collect()

    (told,) = stage.texts(Kind.FAILED)
    assert "KeyError('missing')" in told
    assert "test_backend.py:" in told
    assert not stage.backend.good()


def test_it_is_due_when_a_delay_or_a_scene_is():
    stage = Stage()
    assert stage.backend.due is None

    stage.backend.hub.after(5, stage.now, lambda _now: None)
    assert stage.backend.due is not None
