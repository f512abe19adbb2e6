"""What a trace shows of actors that talk, and what happens when it cannot be written."""

import json
import os
import stat

import pytest

from actors.engine import messages, tracing
from actors.gateway.picture import blots
from actors.ocpp.messages import Called
from protocols.ocpp.version import Version
from tests.support import actors
from tests.support.actors_messages import Level, Note, Question, Unheard
from tests.support.simulated import Stage, child

TAG = "tests.support.actors_messages."


@pytest.fixture(autouse=True)
def _clean():
    actors.reset()
    yield
    tracing.disable()
    actors.reset()


@pytest.fixture
def trace(tmp_path):
    file = tmp_path / "trace.jsonl"
    tracing.enable(file, blots.clean)
    return file


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def talk():
    """One asks, tells and publishes; the other answers."""
    stage = Stage(child("asker", "asker"), child("evse", "evse"))
    stage.do("asker", lambda me: me.ask("evse", Question(text="who"), me.heard))
    stage.do("asker", lambda me: me.tell("evse", Note(number=4)))
    stage.do("evse", lambda me: me.publish(Level(number=7), "evse"))
    return stage


def test_each_message_is_a_line_in_the_order_of_saying(trace):
    talk()

    told = [
        (line["kind"], line["from"], line["name"], line["tag"].rpartition(".")[2]) for line in lines(trace)
    ]
    assert told == [
        ("command", "site/asker", "evse", "question"),
        ("reply", "site/evse", "evse", "answer"),
        ("tell", "site/asker", "evse", "note"),
        ("variable", "site/evse", "evse", "level"),
    ]


def test_a_reply_has_the_number_of_its_command(trace):
    talk()

    command, reply, *_ = lines(trace)
    assert command["id"] == reply["id"]
    assert command["content"]["text"] == "who"


def test_a_reply_names_the_actor_that_had_asked(trace):
    # given two that ask the same name under the same number
    stage = Stage(child("asker", "asker"), child("other", "other"), child("evse", "evse"))
    for name in ("other", "asker"):
        stage.do(name, lambda me: me.ask("evse", Question(text=me.path), me.heard))

    commands, replies = (
        [each for each in lines(trace) if each["kind"] == kind] for kind in ("command", "reply")
    )
    assert len({each["id"] for each in commands}) == 1
    assert [each["to"] for each in replies] == [each["from"] for each in commands]
    assert not any("to" in each for each in commands)


@pytest.mark.parametrize("command", [Question(), Unheard()], ids=["by a crash", "at once"])
def test_a_failure_names_the_actor_that_had_asked(trace, command):
    def explode(_actor):
        raise ValueError("no answer")

    actors.SCRIPTS["site/evse", "question"] = explode
    stage = Stage(child("asker", "asker"), child("evse", "evse"))

    stage.do("asker", lambda me: me.ask("evse", command, me.heard))

    asked, reply = lines(trace)
    assert (reply["to"], reply["tag"], reply["id"]) == ("site/asker", "message.failure", asked["id"])


def test_answers_to_the_engine_are_in_no_trace(trace):
    stage = Stage(child("asker", "asker"), child("evse", "evse"))

    stage.do("asker", lambda me: me.ask("evse", messages.GetMetrics(), me.heard))

    assert len(stage.record("asker")) == 1
    assert lines(trace) == []


def test_nobody_else_may_read_a_trace(trace):
    talk()

    assert stat.S_IMODE(trace.stat().st_mode) == 0o600


def test_content_is_written_as_it_may_be_seen(tmp_path):
    file = tmp_path / "trace.jsonl"
    tracing.enable(file, lambda _content: "***")
    talk()

    assert {line["content"] for line in lines(file)} == {"***"}


def test_a_variable_has_no_number(trace):
    talk()

    assert "id" not in lines(trace)[-1]


def test_a_trace_is_added_to_what_is_there(tmp_path):
    file = tmp_path / "trace.jsonl"
    file.write_text("a line of another run, longer than none\n")
    tracing.enable(file, blots.clean)
    talk()

    assert file.read_text().startswith("a line of another run, longer than none\n{")


def test_a_process_of_its_own_opens_the_trace_itself(trace, monkeypatch):
    monkeypatch.setattr(os, "getpid", lambda: 5)
    os.close(tracing.Trace.current._file)  # the one that it has inherited
    talk()

    assert len(lines(trace)) == 4


@pytest.mark.usefixtures("trace")
def test_a_trace_that_cannot_be_written_stops_nobody(monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    stage = talk()

    assert len(stage.record("evse")) == 2
    assert len(stage.record("asker")) == 1


def test_a_file_that_cannot_be_opened_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        tracing.enable(tmp_path / "none" / "trace.jsonl", blots.clean)


def test_a_password_in_a_payload_of_ocpp_is_blotted_out(trace):
    variable = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    payload = json.dumps({"setVariableData": [{**variable, "attributeValue": "geheim123456789"}]})
    asked = Called(
        connection=1, ocpp_version=Version.V201, message_id="1", action="SetVariables", payload=payload
    )
    stage = Stage(child("asker", "asker"), child("evse", "evse"))
    stage.do("asker", lambda me: me.ask("evse", asked, me.heard))

    assert "SetVariables" in trace.read_text()
    assert "geheim" not in trace.read_text()
