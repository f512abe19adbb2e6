"""`evsite csms` on the command line: options, the ledger, the schema, and one run of everything."""

import json
import re
import signal
import subprocess
import urllib.request

import pytest
from websockets.sync.client import connect

from actors.simulation.csms.record import to_line
from certs import pki
from tests.support.certificates import world
from tests.support.command_line import evsite
from tests.support.csms_stage import Stage, event
from tests.support.running_site import COMMAND, PATIENCE_S, ROOT, wait_for

pytestmark = pytest.mark.timeout(60)

SHORT = ("csms", "--port", 0, "--for", 0)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--ocpp", "3.0"), "--ocpp 3.0: one of 1.6, 2.0.1, 2.1"),
        (("--also", "9443"), "--also 9443: PORT:PROFILE, for example 9443:2"),
        (("--also", "9443:4"), "--also 9443:4: PORT:PROFILE"),
        (("--also", "70000:1"), "--also 70000:1: PORT:PROFILE"),
        (("--profile", "2"), "profile 2 speaks TLS: --pki DIRECTORY"),
        (("--pki", "/nowhere"), "/nowhere: no keys of test CAs; make some: evsite pki init"),
        (("--script", "/nowhere.yaml"), "/nowhere.yaml: error: cannot be read: No such file or directory"),
        (("--record", "/nowhere/x"), "/nowhere/x: No such file or directory"),
        (("--token-file", "/nowhere"), "/nowhere: No such file or directory"),
        (("--token-file", "/dev/null"), "/dev/null: its first line is empty"),
        (("--token-file", "/bin/true"), "/bin/true: no text"),
        (("--pki", "/", "--password-file", "/dev/null"), "/dev/null: its first line is empty"),
    ],
)
def test_a_bad_option_is_refused_with_a_line(options, told):
    done = evsite(*SHORT, "--no-control", *options)

    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_port_that_cannot_be_had_fails():
    done = evsite(*SHORT, "--no-control", "--host", "192.0.2.1")

    assert done.exit_code == 1
    assert "192.0.2.1:0: " in done.stderr


def test_a_run_says_where_it_listens_and_what_it_came_to(tmp_path):
    record = tmp_path / "record.jsonl"

    done = evsite(
        *SHORT, "--control", 0, "--ocpp", "2.0.1", "--ocpp", "ocpp1.6", "--also", "0:1", "--record", record
    )

    assert done.exit_code == 0, done.stderr
    assert len(re.findall(r"stations +ws://127\.0\.0\.1:\d+/<identity>", done.stdout)) == 2
    assert "profile 0 or 1; ocpp2.0.1, ocpp1.6" in done.stdout
    assert "0 frames, 0 transactions, 0 problems" in done.stdout
    assert record.read_text() == ""


def test_strict_is_content_with_a_good_run():
    assert evsite(*SHORT, "--no-control", "--strict", "--quiet").exit_code == 0


def written(folder, password=None):
    for name, file in pki.files(world(), password, with_broken=False).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    return folder


def test_keys_of_the_pki_may_be_encrypted(tmp_path):
    folder, password = written(tmp_path / "pki", b"sesame"), tmp_path / "password"
    password.write_text("sesame\n")

    refused = evsite(*SHORT, "--no-control", "--pki", folder)
    opened = evsite(*SHORT, "--no-control", "--pki", folder, "--password-file", password)

    assert (refused.exit_code, opened.exit_code) == (2, 0)
    assert "the key is encrypted and no password is given" in refused.stderr


def test_a_key_that_is_missing_is_told_with_its_file(tmp_path):
    folder = written(tmp_path / "pki")
    (folder / "authorities/MO_SUB_CA2.key").unlink()

    done = evsite(*SHORT, "--no-control", "--pki", folder)

    assert (done.exit_code, "MO_SUB_CA2.key: No such file or directory" in done.stderr) == (2, True)


def test_the_schema_is_printed():
    done = evsite("csms", "schema")

    assert done.exit_code == 0
    assert json.loads(done.stdout)["title"] == "Script"


def recorded(tmp_path, *payloads, stations=("cp-1",)):
    stage = Stage()
    for station in stations:
        number = stage.connect(station)
        for payload in payloads:
            stage.call(number, "TransactionEvent", payload)
    path = tmp_path / "record.jsonl"
    path.write_text("".join(f"{to_line(entry)}\n" for entry in stage.entries))
    return path


WHOLE = [event("Started", 0, 100), event("Ended", 1, 300)]


def test_a_good_record_is_judged_so(tmp_path):
    done = evsite("csms", "ledger", recorded(tmp_path, *WHOLE))

    assert done.exit_code == 0
    assert re.search(r"cp-1 +tx-1 +2 +0 +200 +good", done.stdout)
    assert "1 transaction: 1 good, 0 not; 0 messages came again, rightly" in done.stdout


def test_a_record_with_gaps_fails_and_shows_only_those(tmp_path):
    path = recorded(tmp_path, *WHOLE, event("Started", 0, transaction="tx-2"))

    done = evsite("csms", "ledger", path)

    assert done.exit_code == 1
    assert "tx-1" not in done.stdout
    assert "no end" in done.stdout
    assert "2 transactions: 1 good, 1 not" in done.stdout


@pytest.mark.parametrize(
    ("options", "code", "missing"),
    [
        ((), 0, None),
        (("--at-least", "2"), 1, "1 transaction of station *, where there have to be 2 at least"),
        (("--station", "cp-9"), 1, "0 transactions of station cp-9, where there have to be 1 at least"),
        (("--station", "cp-9", "--at-least", "0"), 0, None),
    ],
)
def test_too_few_transactions_are_no_good_record(tmp_path, options, code, missing):
    path = recorded(tmp_path, *WHOLE)

    done = evsite("csms", "ledger", path, *options)
    programs = json.loads(evsite("csms", "ledger", path, *options, "--json").stdout)

    assert (done.exit_code, programs["good"], programs["enough"]) == (code, code == 0, code == 0)
    assert done.stderr == (f"evsite: {path}: {missing} (--at-least)\n" if missing else "")


def test_an_empty_record_says_that_it_is_empty(tmp_path):
    done = evsite("csms", "ledger", recorded(tmp_path, stations=()))

    assert (done.exit_code, done.stdout) == (
        1,
        "0 transactions: 0 good, 0 not; 0 messages came again, rightly\n",
    )


def test_a_judgement_is_printed_for_programs(tmp_path):
    path = recorded(tmp_path, WHOLE[0], stations=("cp-1", "cp-2"))

    done = evsite("csms", "ledger", path, "--json", "--station", "cp-2")

    told = json.loads(done.stdout)
    assert (done.exit_code, told["good"]) == (1, False)
    assert told["transactions"] == [
        {
            "station": "cp-2", "transaction": "tx-1", "version": "ocpp2.1", "messages": 1, "repeated": 0,
            "energy_wh": 0.0, "findings": ["no end"],
        }
    ]  # fmt: skip


def test_only_so_many_transactions_are_shown_one_by_one(tmp_path, monkeypatch):
    monkeypatch.setattr("actors.simulation.csms.commands.MAX_SHOWN", 1)
    path = recorded(tmp_path, *WHOLE, stations=("cp-1", "cp-2", "cp-3"))

    done = evsite("csms", "ledger", path)

    assert "cp-2" not in done.stdout
    assert "(2 more not shown)" in done.stdout


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"{}\n{}\n", "line 1: "), (b"\xff\xfe", "record.jsonl: "), (None, "No such file or directory")],
)
def test_what_is_no_record_is_refused(tmp_path, content, told):
    path = tmp_path / "record.jsonl"
    if content is not None:
        path.write_bytes(content)

    done = evsite("csms", "ledger", path)

    assert (done.exit_code, told in done.stderr) == (2, True)


SCRIPT = """
scenes:
  - name: cache
    steps:
      - call: {action: ClearCache, expect: {status: Accepted}}
"""
BOOT = {"reason": "PowerUp", "chargingStation": {"vendorName": "evsite", "model": "SIL"}}


def control(address, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(f"{address}{path}", data, {"Authorization": "Bearer secret"})  # loopback
    with urllib.request.urlopen(asked, timeout=10) as answer:  # as above
        return json.loads(answer.read())


def test_a_whole_run_with_script_control_record_and_verdict(tmp_path):
    # given: a back-end as a process of its own
    script, token, record, out = (tmp_path / name for name in ("s.yaml", "token", "record.jsonl", "out"))
    script.write_text(SCRIPT)
    token.write_text("secret\n")
    options = [
        "--port",
        "0",
        "--control",
        "0",
        "--script",
        script,
        "--token-file",
        token,
        "--record",
        record,
        "--strict",
    ]
    with out.open("w") as stream:
        process = subprocess.Popen(
            [*COMMAND, "csms", *map(str, options)],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        wait_for(lambda: "Ctrl-C ends it." in out.read_text(), "the back-end to listen")
        url = re.search(r"ws://\S+/", out.read_text())[0]
        address = re.search(r"http://\S+", out.read_text())[0]

        # when: a station boots, is asked something, charges, and says something that it must not
        with connect(f"{url}cp-1", subprotocols=["ocpp2.1"], proxy=None) as station:
            station.send(json.dumps([2, "1", "BootNotification", BOOT]))
            booted, asked = json.loads(station.recv()), json.loads(station.recv())
            station.send(json.dumps([3, asked[1], {"status": "Accepted"}]))
            for number, payload in enumerate([*WHOLE, {"surplus": 1}], 2):
                station.send(json.dumps([2, str(number), "TransactionEvent", payload]))
                last = json.loads(station.recv())
            listed = control(address, "/stations")
            refused = control(address, "/fault", {"kind": "refuse", "status": 503})
        process.send_signal(signal.SIGINT)
        code = process.wait(PATIENCE_S)
    finally:
        process.kill()
        process.wait()

    # then
    assert (booted[2]["status"], asked[2], last[0]) == ("Accepted", "ClearCache", 4)
    assert [one["station"] for one in listed] == ["cp-1"]
    assert refused == {"ok": True}
    assert code == 1
    shown = out.read_text()
    assert "cache: ends as expected" in shown
    assert "10 frames, 1 transaction, 1 problem\n" in shown
    assert evsite("csms", "ledger", record).exit_code == 0
