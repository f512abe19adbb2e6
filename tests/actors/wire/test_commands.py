"""The two commands as a user meets them: arguments, standard input, files, exit codes."""

import base64
import json

import pytest
import typer
from typer.testing import CliRunner

from actors.wire import blobs, commands
from protocols.iso15118 import exi, sdp, v2gtp
from protocols.iso15118.v2gtp import PayloadType
from tests.support import captures
from tests.support import signed_messages as messages
from tests.support.evidence import Told

MESSAGE = messages.iso2_message("AuthorizationReq")
DATA = exi.encode(MESSAGE, "iso2_msgdef")
TREE = exi.to_json(MESSAGE)
LINE = json.dumps({"schema": "iso2_msgdef", "exi_hex": DATA.hex()})

app = typer.Typer()
app.command()(commands.decode)
app.command()(commands.encode)


def run(*arguments, stdin=None):
    return CliRunner().invoke(app, [str(one) for one in arguments], input=stdin)


def documents(result):
    decoder, text, found = json.JSONDecoder(), result.stdout.strip(), []
    while text:
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:].strip()
    return found


@pytest.mark.parametrize("text", [DATA.hex(), base64.b64encode(DATA).decode(), "0x" + DATA.hex(" ")])
def test_a_pasted_message_is_decoded(text):
    result = run("decode", text)
    assert result.exit_code == 0
    assert documents(result) == [{"schema": "iso2_msgdef", "message": TREE}]


def test_standard_input_may_hold_several_messages():
    result = run("decode", "--compact", stdin=f"# log\n{DATA.hex()}\n{base64.b64encode(DATA).decode()}\n")
    assert result.exit_code == 0
    assert [json.loads(line)["message"] for line in result.stdout.splitlines()] == [TREE, TREE]


@pytest.mark.parametrize("data", [DATA, v2gtp.encode(0x8001, DATA), DATA.hex().encode() + b"\n"])
def test_a_file_may_hold_bytes_or_text(tmp_path, data):
    (tmp_path / "message").write_bytes(data)
    result = run("decode", tmp_path / "message")
    assert documents(result)[0]["message"] == TREE


def test_a_message_that_fits_no_schema_exits_with_1():
    result = run("decode", "80ffffff")
    assert result.exit_code == 1
    assert documents(result)[0]["error"].startswith("no schema fits")


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        (["decode", "hello world"], None),
        (["decode"], ""),
        (["decode", "-"], b"\xff\xfe"),
        (["decode", "\x00" * 3], None),
        (["decode", "/nowhere/at/all.pcap"], None),
        (["decode", "--jsonl", "/nowhere/at/all"], None),
        (["encode"], "no json"),
        (["encode"], "[" * 100_000),
        (["encode"], json.dumps(TREE)),
        (["encode", "--jsonl", "/nowhere/at/all"], None),
    ],
)
def test_bad_input_to_the_command_exits_with_2(arguments, stdin):
    result = run(*arguments, stdin=stdin)
    assert result.exit_code == 2
    assert result.stderr
    assert not result.stdout


def test_an_argument_too_long_for_a_file_name_is_a_message():
    result = run("decode", "80" + "ff" * 20_000)
    assert result.exit_code == 1


def test_a_file_that_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(blobs, "MAX_INPUT_BYTES", 10)
    (tmp_path / "large").write_bytes(b"8" * 11)
    assert run("decode", tmp_path / "large").exit_code == 2


def test_what_decode_prints_encode_takes():
    printed = run("decode", DATA.hex()).stdout
    result = run("encode", stdin=printed)
    assert (result.exit_code, result.stdout.strip()) == (0, DATA.hex())


def test_a_bare_message_is_encoded_with_a_named_schema(tmp_path):
    (tmp_path / "message.json").write_text(json.dumps(TREE))
    result = run("encode", "--schema", "iso2_msgdef", "--base64", tmp_path / "message.json")
    assert base64.b64decode(result.stdout) == DATA


@pytest.mark.parametrize("tree", [{"V2G_Message": {}}, {"Nothing": {}}, [1], "x"])
def test_a_tree_that_is_no_message_exits_with_1(tree):
    result = run("encode", "--schema", "iso2_msgdef", stdin=json.dumps(tree))
    assert result.exit_code == 1
    assert result.stderr


def test_lines_are_answered_in_their_place():
    result = run("decode", "--jsonl", stdin=f"{LINE}\nnonsense\n\n{LINE}\n")
    assert result.exit_code == 1
    first, second, third = map(json.loads, result.stdout.splitlines())
    assert first["message"] == third["message"] == TREE
    assert second["line"] == 2


def test_good_lines_exit_with_0_both_ways(tmp_path):
    (tmp_path / "lines").write_text(LINE)
    result = run("decode", "--jsonl", tmp_path / "lines")
    assert result.exit_code == 0
    result = run("encode", "--jsonl", stdin=result.stdout)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["exi_hex"] == DATA.hex()


APP = {
    "supportedAppProtocolReq": {
        "AppProtocol": [
            {
                "ProtocolNamespace": "urn:iso:15118:2:2013:MsgDef",
                "VersionNumberMajor": 2,
                "VersionNumberMinor": 0,
                "SchemaID": 1,
                "Priority": 1,
            }
        ]
    }
}
CHOICE = {"supportedAppProtocolRes": {"ResponseCode": "OK_SuccessfulNegotiation", "SchemaID": 1}}


def app_frame(tree):
    return v2gtp.encode(PayloadType.EXI, exi.encode(exi.from_json(tree, "app_protocol"), "app_protocol"))


TALK = [
    (captures.Side.CLIENT, app_frame(APP)),
    (captures.Side.SERVER, app_frame(CHOICE)),
    (captures.Side.CLIENT, v2gtp.encode(PayloadType.EXI, DATA)),
]


@pytest.fixture(scope="module")
def talk():
    return captures.converse(TALK, suite="ECDHE-ECDSA-AES128-SHA256")


def test_a_capture_is_decoded_with_its_key_log(tmp_path, talk):
    discovery = captures.udp(captures.EV, ("ff02::1", 15118), sdp.Request(security=sdp.Security.TLS).encode())
    (tmp_path / "capture").write_bytes(captures.pcap([discovery, *captures.conversation(talk.flights)]))
    (tmp_path / "keys").write_text(talk.keylog)
    result = run("decode", "--keylog", tmp_path / "keys", tmp_path / "capture")
    assert result.exit_code == 0
    found, request, response, message = documents(result)
    assert (found["transport"], found["schema"]) == ("UDP", "sdp")
    assert (request["message"], response["message"]) == (APP, CHOICE)
    assert message["message"] == TREE
    assert message["time"].startswith("2023-11-14T22:13:20.0")
    assert message["time"].endswith("Z")
    assert {
        key: message[key] for key in ("from", "to", "transport", "protocol", "payload_type", "schema")
    } == {
        "from": "[fe80::1]:50000",
        "to": "[fe80::2]:61851",
        "transport": "TLS",
        "protocol": "urn:iso:15118:2:2013:MsgDef",
        "payload_type": "0x8001",
        "schema": "iso2_msgdef",
    }


def test_a_pcapng_may_bring_its_keys_along(tmp_path, talk):
    data = captures.pcapng(captures.conversation(talk.flights), keylog=talk.keylog)
    (tmp_path / "capture").write_bytes(data)
    result = run("decode", tmp_path / "capture")
    assert result.exit_code == 0
    assert documents(result)[-1]["message"] == TREE


def test_a_capture_without_keys_exits_with_1(tmp_path, talk):
    (tmp_path / "capture").write_bytes(captures.pcap(captures.conversation(talk.flights)))
    result = run("decode", tmp_path / "capture")
    assert result.exit_code == 1
    assert "key log" in documents(result)[0]["error"]


def test_a_key_log_that_is_none_exits_with_2(tmp_path, talk):
    (tmp_path / "capture").write_bytes(captures.pcap(captures.conversation(talk.flights)))
    (tmp_path / "keys").write_text("nonsense")
    assert run("decode", "--keylog", tmp_path / "keys", tmp_path / "capture").exit_code == 2
    assert run("decode", "--keylog", tmp_path / "no", tmp_path / "capture").exit_code == 2


def test_a_damaged_capture_gives_what_it_can_and_says_so(tmp_path):
    data = captures.pcap(captures.conversation(TALK))[:-10]
    result = run("decode", "-", stdin=data)
    assert result.exit_code == 1
    *good, last = documents(result)
    assert good[-1]["message"] == TREE
    assert last["error"].startswith("the capture is damaged: byte ")


def test_a_broken_message_in_a_capture_shows_its_bytes():
    broken = [*TALK[:2], (captures.Side.CLIENT, v2gtp.encode(PayloadType.EXI, b"\x80\x98\xff"))]
    result = run("decode", "-", stdin=captures.pcap(captures.conversation(broken)))
    assert result.exit_code == 1
    assert documents(result)[-1]["payload_hex"] == "8098ff"


@pytest.mark.parametrize(
    ("command", "content", "told"),
    [
        ("decode", b"\x00\xff\xfe", "neither text nor EXI, V2GTP or a capture"),
        ("decode", b"hello", "'hello' is neither hexadecimal digits nor base64"),
        ("decode", b"# nothing\n", "there is no input"),
        ("encode", b"\x00\xff\xfe", "no JSON: "),
        ("encode", b"{}", "which schema? "),
    ],
)
def test_a_file_with_something_else_is_named(tmp_path, command, content, told):
    path = tmp_path / "bin.yaml"
    path.write_bytes(content)

    result = run(command, path)

    assert result.exit_code == 2
    assert result.stderr.startswith(f"evsite: {path}: {told}")


@pytest.mark.parametrize("command", ["decode", "encode"])
def test_a_directory_is_called_a_directory(tmp_path, command):
    result = run(command, tmp_path)

    assert (result.exit_code, result.stderr) == (2, f"evsite: {tmp_path}: Is a directory\n")


def test_what_is_no_file_is_called_the_argument():
    result = run("decode", "nosuch.pcap")

    assert result.stderr.startswith("evsite: the argument, which names no file: 'nosuch.pcap' is neither")


def bundle(directory):
    told = Told()
    told.talk()
    told.end()
    (directory / "talk.jsonl").write_bytes(told.files["talk.jsonl"])
    return directory


@pytest.mark.parametrize("named", ["", "talk.jsonl"])
def test_an_evidence_bundle_is_decoded(tmp_path, named):
    result = run("decode", bundle(tmp_path) / named)

    assert result.exit_code == 0
    assert [one.get("kind", "message") for one in documents(result)] == ["talk", *["message"] * 4, "end"]


def test_what_evidence_says_encode_takes(tmp_path):
    lines = (bundle(tmp_path) / "talk.jsonl").read_text().splitlines()
    result = run("encode", "--jsonl", stdin=lines[3])

    assert json.loads(result.stdout)["exi_hex"] == json.loads(lines[3])["exi_hex"]


def test_a_truncated_bundle_is_decoded_up_to_there_and_exits_with_2(tmp_path):
    path = bundle(tmp_path) / "talk.jsonl"
    path.write_bytes(path.read_bytes()[:1500])
    result = run("decode", tmp_path)

    assert (result.exit_code, len(documents(result))) == (2, path.read_bytes().count(b"\n"))
    assert f"talk.jsonl: line {path.read_bytes().count(bytes([10])) + 1}: no JSON" in result.stderr


def test_a_line_without_end_costs_no_memory(tmp_path):
    with (tmp_path / "talk.jsonl").open("wb") as file:
        file.write(b'{"kind":"talk","x":"')
        file.truncate(100_000_000)
    result = run("decode", tmp_path)

    assert result.exit_code == 2
    assert "line 1: longer than" in result.stderr


def test_evidence_that_may_not_be_read_exits_with_2(tmp_path, monkeypatch):
    path = bundle(tmp_path) / "talk.jsonl"
    monkeypatch.setattr(commands, "_bundle", lambda _source: path)
    path.unlink()

    assert run("decode", tmp_path).exit_code == 2
