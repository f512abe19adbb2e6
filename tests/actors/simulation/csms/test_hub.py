"""What the parts of the back-end share: time, faults, connections, and the record."""

import json
from datetime import timedelta

import pytest

from actors.simulation.csms import hub as module
from actors.simulation.csms.effects import Say, Write
from actors.simulation.csms.hub import Hub
from actors.simulation.csms.record import Kind
from actors.simulation.csms.script import Fault, FaultKind, Script
from protocols.ocpp.errors import Code, RefusalError
from protocols.ocpp.version import Version
from tests.support.certificates import NOW
from tests.support.csms_stage import Stage, authority, event


def later(seconds):
    return NOW + timedelta(seconds=seconds)


def hub(**script):
    return Hub(Script.model_validate(script), None)


def test_what_is_due_is_done_in_its_order():
    one, done = hub(), []
    for name, seconds in (("b", 2), ("a", 1), ("c", 2), ("now", 0)):
        one.after(seconds, NOW, lambda now, name=name: done.append((name, now)))

    assert (done, one.due) == ([("now", NOW)], later(1))
    one.tick(later(1))
    one.tick(later(3))
    assert [name for name, _ in done] == ["now", "a", "b", "c"]
    assert one.due is None


def fault(**more):
    return Fault.model_validate({"kind": "drop", **more})


def first(one, action="Heartbeat", kinds=frozenset({FaultKind.DROP})):
    return one.fault_for(kinds, "cp-1", Version.V21, action, {})


def test_the_first_fault_that_is_due_strikes():
    one = hub(faults=[{"kind": "drop", "times": 1}, {"kind": "drop", "action": "Heartbeat"}])

    assert first(one).action == "*"
    assert first(one).action == "Heartbeat"
    assert first(one, "Authorize") is None
    assert first(one, kinds={FaultKind.DELAY}) is None


def test_a_new_fault_goes_before_all_others():
    one = hub(faults=[{"kind": "drop"}])

    assert one.add_fault(fault(action="Heartbeat"))
    assert first(one).action == "Heartbeat"


def test_only_so_many_faults_are_taken(monkeypatch):
    monkeypatch.setattr(module, "MAX_FAULTS", 1)
    one = hub(faults=[{"kind": "drop"}])

    assert not one.add_fault(fault())


def test_another_script_begins_counting_anew():
    one = hub(faults=[{"kind": "drop", "times": 1}])
    first(one)
    one.add_fault(fault(action="Authorize"))

    one.change(Script.model_validate({"faults": [{"kind": "drop", "times": 1}], "heartbeat_s": 7}))

    assert first(one) is not None
    assert first(one, "Authorize") is None
    assert one.script.heartbeat_s == 7


def test_another_script_changes_what_the_authority_does():
    one = Hub(Script(), authority())

    one.change(Script.model_validate({"certificates": {"revoked": ["MO_LEAF"]}}))

    assert one.authority.settings.revoked == ("MO_LEAF",)


def test_the_newest_connection_of_a_station_counts():
    stage = Stage()
    stage.connect()
    newer = stage.connect()

    assert stage.backend.hub.connection_of("cp-1").number == newer
    assert stage.backend.hub.connection_of("cp-2") is None


@pytest.mark.parametrize(("name", "number"), [("tx-1", "tx-1"), ("12", 12)])
def test_a_running_transaction_is_known_for_payloads(name, number):
    stage = Stage()
    stage.call(stage.connect(), "TransactionEvent", event(transaction=name, evse={"id": 2}))

    assert stage.backend.hub.known("cp-1") == {"station": "cp-1", "transaction": number, "evse": 2}
    assert stage.backend.hub.known("cp-2") == {"station": "cp-2"}


def written(one):
    return [effect.entry for effect in one.take() if isinstance(effect, Write)]


def test_what_stations_do_wrong_is_counted():
    stage = Stage()
    conversation = stage.backend.hub.conversations[stage.connect()]
    one = stage.backend.hub

    one.blame(conversation, "why", NOW)
    one.seen(conversation, "{", None, RefusalError(Code.FORMAT_VIOLATION, "no JSON"), NOW)
    one.seen(conversation, "[]", "Heartbeat", None, NOW)

    problem, bad, good = written(one)
    assert (problem.kind, problem.text, problem.station, problem.connection) == (
        Kind.PROBLEM,
        "why",
        "cp-1",
        1,
    )
    assert (bad.verdict, bad.text, bad.direction) == ("FormatViolation", "no JSON", "in")
    assert (good.verdict, good.action) == ("good", "Heartbeat")
    assert one.summary.problems == 2


def test_what_does_not_go_as_expected_is_counted_apart():
    one = hub()

    one.fail("cp-1", "why", NOW)

    (told,) = written(one)
    assert (told.kind, told.text, told.station) == (Kind.FAILED, "why", "cp-1")
    assert (one.summary.failed, one.summary.problems) == (1, 0)


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        ('[2,"1","Reset",{"type":"Immediate"}]', "good"),
        ('[2,"1","Reset",{}]', "OccurrenceConstraintViolation"),
        ('[3,"1",{"status":"Accepted"}]', "good"),
        ('[3,"1",{}]', "OccurrenceConstraintViolation"),
        ('[4,"1","x","y",{}]', "good"),
        ("{", "RpcFrameworkError"),
        (b'[3,"1",{"status":"Accepted"}]', "good"),
    ],
)
def test_what_we_send_is_judged_like_what_comes(data, verdict):
    stage = Stage()
    conversation = stage.backend.hub.conversations[stage.connect()]

    stage.backend.hub.wrote(conversation, Say(1, data), "Reset", NOW)

    (entry,) = written(stage.backend.hub)
    assert (entry.verdict, entry.direction) == (verdict, "out")
    assert json.dumps(entry.frame)
    assert stage.backend.good()
