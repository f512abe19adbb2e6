"""The scripts that ship in deploy/csms do what they say, each with a station that does as it is asked."""

import json
import re
import textwrap
from pathlib import Path

import pytest
import yaml

from actors.simulation.csms.door import Knock
from actors.simulation.csms.effects import Close, Cut, Freeze
from actors.simulation.csms.record import Entry, Kind
from actors.simulation.csms.script import (
    Begin,
    Call,
    Certificates,
    Contract,
    FaultKind,
    Rule,
    Schedule,
    Script,
    Station,
    Step,
    Token,
)
from actors.simulation.csms.script_file import load_script, read_script
from certs import pki
from protocols.ocpp.version import Version
from tests.support.certificates import NOW, world
from tests.support.command_line import evsite
from tests.support.csms_server import basic
from tests.support.csms_stage import BOOT, BOOT16, Stage, event, hashes

FOLDER = Path(__file__).parents[4] / "deploy" / "csms"
EXAMPLES = sorted(FOLDER.glob("*.yaml"))


def staged(name, **more):
    return Stage(load_script(FOLDER / name), **more)


def calls(frames):
    return [frame for frame in frames if isinstance(frame, list) and frame[0] == 2]


def answered(stage, number, frames, payload):
    """Answer the one call among these; what comes behind."""
    ((_, message_id, *_),) = calls(frames)
    return stage.say(number, json.dumps([3, message_id, payload]))


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pki")
    for name, file in pki.files(world(), with_broken=False).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    return folder


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_starts_as_it_is(path, directory):
    done = evsite("csms", "--script", path, "--port", 0, "--no-control", "--for", 0, "--pki", directory)

    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_says_how_it_is_started(path):
    assert f"evsite csms --script deploy/csms/{path.name}" in path.read_text()


@pytest.mark.parametrize(
    ("station", "password", "status"),
    [
        ("cp-1", "correct-horse-battery", 101),
        ("cp-1", "wrong", 401),
        ("cp-2", "any", 101),
        ("cp-3", "any", 404),
    ],
)
def test_members_know_their_stations(station, password, status):
    stage = staged("members.yaml")
    header = basic(station, password)["Authorization"]
    knock = Knock(path=f"/{station}", offered=["ocpp2.1"], authorization=header, security_profile=1)

    assert stage.backend.knock(knock, NOW).status == status


@pytest.mark.parametrize(
    ("token", "status"), [("DEADBEEF", "Accepted"), ("CAFE0001", "Blocked"), ("X", "Unknown")]
)
def test_members_know_their_tokens(token, status):
    stage = staged("members.yaml")

    ((_, _, told),) = stage.call(
        stage.connect(), "Authorize", {"idToken": {"idToken": token, "type": "ISO14443"}}
    )

    assert told["idTokenInfo"]["status"] == status


@pytest.mark.parametrize(
    ("emaid", "name", "status", "certificate"),
    [
        ("DE8EVSC0000001X", "MO_LEAF", "Accepted", "Accepted"),
        ("DE8EVSC0000001X", "MO_LEAF_20", "Invalid", "CertificateRevoked"),
        ("DE8EVSC0000002Y", "MO_LEAF", "Blocked", "ContractCancelled"),
        ("DE8EVSC0000009Z", "MO_LEAF", "Unknown", "ContractCancelled"),
    ],
)
def test_contracts_are_good_cancelled_revoked_or_unknown(emaid, name, status, certificate):
    stage = staged("plug-and-charge.yaml", certified=True)
    token = {"idToken": emaid, "type": "eMAID"}
    data = [{**hashes(name), "responderURL": "http://x"}]

    ((_, _, told),) = stage.call(
        stage.connect(), "Authorize", {"idToken": token, "iso15118CertificateHashData": data}
    )

    assert (told["idTokenInfo"]["status"], told["certificateStatus"]) == (status, certificate)


def test_a_station_is_commissioned():
    # given
    stage = staged("commissioning.yaml")
    number = stage.connect()

    # when
    ((_, _, pending),) = stage.call(number, "BootNotification", BOOT)
    frames = stage.call(number, "BootNotification", BOOT)
    answered(stage, number, frames, {"status": "Accepted"})
    frames = stage.call(
        number, "NotifyReport", {"requestId": 1, "generatedAt": BEGAN, "seqNo": 0, "tbc": False}
    )
    variable = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
    frames = answered(
        stage, number, frames, {"setVariableResult": [{**variable, "attributeStatus": "Accepted"}]}
    )
    found = {**variable, "attributeStatus": "Accepted", "attributeValue": "30"}
    frames = answered(stage, number, frames, {"getVariableResult": [found]})
    answered(stage, number, frames, {"status": "Accepted"})
    stage.call(number, "Heartbeat", {})

    # then
    assert pending["status"] == "Pending"
    assert stage.texts(Kind.SCENE)[-1] == "inventory: ends as expected"
    assert stage.backend.good()


BEGAN = "2026-06-01T12:00:00Z"


def test_a_transaction_is_stopped_by_remote():
    stage = staged("commissioning.yaml")
    number = stage.connect()
    stage.call(number, "TransactionEvent", event())
    stage.call(number, "TransactionEvent", event(transaction="tx-2"))

    frames = stage.wait(10)
    answered(stage, number, frames, {"status": "Accepted"})
    stage.call(number, "TransactionEvent", event("Ended", 1, transaction="tx-2"))
    unfinished = stage.backend.unfinished
    stage.call(number, "TransactionEvent", event("Ended", 1))

    assert calls(frames)[0][3] == {"transactionId": "tx-1"}
    assert unfinished == ("stop by remote at cp-1",)
    assert stage.backend.good()


def test_the_old_version_starts_and_stops_by_remote():
    # given
    stage = staged("ocpp16.yaml")
    number = stage.connect(version=Version.V16)
    frames = stage.call(number, "BootNotification", BOOT16)
    key = {"key": "HeartbeatInterval", "readonly": False, "value": "300"}
    frames = answered(stage, number, frames, {"configurationKey": [key]})
    answered(stage, number, frames, {"status": "Accepted"})

    # when
    status = {"connectorId": 1, "errorCode": "NoError", "status": "Preparing"}
    frames = stage.call(number, "StatusNotification", status)
    answered(stage, number, frames, {"status": "Accepted"})
    start = {"connectorId": 1, "idTag": "REMOTE01", "meterStart": 0, "timestamp": BEGAN}
    stage.call(number, "StartTransaction", start)
    values = [{"timestamp": BEGAN, "sampledValue": [{"value": "1"}]}]
    frames = stage.call(number, "MeterValues", {"connectorId": 1, "transactionId": 1, "meterValue": values})
    answered(stage, number, frames, {"status": "Accepted"})
    stage.call(number, "StopTransaction", {"transactionId": 1, "meterStop": 1, "timestamp": BEGAN})

    # then
    assert calls(frames)[0][2:] == ["RemoteStopTransaction", {"transactionId": 1}]
    assert stage.texts(Kind.SCENE).count("remote start: ends as expected") == 1
    assert stage.backend.good()


def test_an_unreliable_back_end_knows_every_fault():
    assert {fault.kind for fault in load_script(FOLDER / "unreliable.yaml").faults} >= set(FaultKind) - {
        FaultKind.CLOSE, FaultKind.NO_SUBPROTOCOL,
    }  # fmt: skip


def test_an_unreliable_back_end_strikes_one_connection_after_the_other():
    stage = staged("unreliable.yaml")
    knock = Knock(path="/cp-1", offered=["ocpp2.1"])

    first, second, third = (stage.backend.knock(knock, NOW) for _ in range(3))
    for _ in range(5):
        stage.backend.connected(third, stage.now)
    stage.wait(60)

    assert (first.status, second.hold_s, third.hold_s) == (503, 5, 0)
    struck = [each for each in stage.effects if isinstance(each, Freeze)]
    stormed = [
        each for each in stage.effects if isinstance(each, Close) and each.reason == "as the script wants"
    ]
    assert [each.connection for each in stormed] == [2, 3, 4]
    assert [each.connection for each in struck] == [5]


def test_an_unreliable_back_end_drops_the_first_start():
    stage = staged("unreliable.yaml")
    knock = Knock(path="/cp-1", offered=["ocpp2.1"])
    *_, admission = (stage.backend.knock(knock, NOW) for _ in range(3))
    number = stage.backend.connected(admission, NOW)
    stage.collect()

    assert stage.call(number, "TransactionEvent", event()) == [Cut(number)]
    assert stage.call(number, "TransactionEvent", event())[0][0] == 3


DOCUMENT = Path(__file__).parents[4] / "docs" / "csms.md"


def scripts_in_the_documentation():
    """The indented blocks that are scripts, or parts of one."""
    blocks = re.findall(r"(?:^(?: {4}.*)?\n)+", DOCUMENT.read_text(), re.MULTILINE)
    blocks = [block.strip("\n") for block in blocks]
    return [block for block in blocks if re.match(rf" {{4}}({'|'.join(Script.model_fields)}):", block)]


@pytest.mark.parametrize("block", scripts_in_the_documentation(), ids=lambda block: block.split()[0])
def test_a_script_in_the_documentation_is_one(block):
    assert read_script(textwrap.dedent(block).encode(), "csms.md").model_fields_set


def test_the_documentation_shows_every_part_of_a_script():
    shown = {name for block in scripts_in_the_documentation() for name in yaml.safe_load(block)}

    assert shown == set(Script.model_fields)


@pytest.mark.parametrize("model", [Station, Token, Contract, Certificates, Schedule, Rule, Begin, Call, Step])
def test_the_documentation_names_every_field(model):
    text = DOCUMENT.read_text()

    assert {name for name in model.model_fields if not re.search(rf"\b{name}\b", text)} == set()


@pytest.mark.parametrize("name", [*FaultKind, *Kind, *(path.name for path in EXAMPLES), *Entry.model_fields])
def test_the_documentation_tells_of_every_fault_kind_and_example(name):
    assert f"`{name}`" in DOCUMENT.read_text()
