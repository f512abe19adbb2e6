"""What people see: coloured and cut to width on a terminal, plain and whole elsewhere."""

import io
import pathlib

import pytest
from rich.console import Console

from actors.simulation.csms.backend import Backend
from actors.simulation.csms.record import Entry, Kind
from actors.simulation.csms.run import Started
from actors.simulation.csms.screen import Screen
from actors.simulation.csms.script import Script
from tests.support.certificates import NOW
from tests.support.csms_stage import BOOT, Stage, event

WHERE = Started((("ws://127.0.0.1:9000/", "0 or 1"),), "http://127.0.0.1:9001")
LONG = "x" * 150


def shown(do, *, terminal=False):
    stream = io.StringIO()
    console = Console(
        file=stream, force_terminal=terminal, width=80, color_system="standard" if terminal else None,
        highlight=False, markup=False, emoji=False,
    )  # fmt: skip
    do(Screen(console))
    return stream.getvalue()


def entry(kind=Kind.PROBLEM, text="why", **more):
    return Entry(at=NOW, kind=kind, station="cp-1", text=text, **more)


def test_an_entry_is_plain_and_whole_where_no_terminal_is():
    text = shown(lambda screen: screen.show(entry(text=LONG)))

    assert text == f"12:00:00.000  cp-1         -- problem                    {LONG}\n"


def test_an_entry_is_cut_to_the_width_of_a_terminal():
    (line,) = shown(lambda screen: screen.show(entry(text=LONG)), terminal=True).splitlines()

    assert "xxx" in line
    assert LONG not in line


@pytest.mark.parametrize(
    ("kind", "more", "code"),
    [
        (Kind.CONNECTED, {"version": "ocpp2.1"}, "\x1b[1;32m"),
        (Kind.CLOSED, {}, "\x1b[33m"),
        (Kind.PROBLEM, {}, "\x1b[1;31m"),
        (Kind.FAULT, {"fault": "drop"}, "\x1b[35m"),
        (Kind.SCENE, {}, "\x1b[1;36m"),
        (
            Kind.FRAME,
            {"direction": "in", "action": "A", "frame": '[2,"1","A",{}]', "verdict": "good"},
            "\x1b[36m",
        ),
        (
            Kind.FRAME,
            {"direction": "out", "action": "A", "frame": '[3,"1",{}]', "verdict": "good"},
            "\x1b[32m",
        ),
    ],
)
def test_each_kind_has_its_colour(kind, more, code):
    assert code in shown(lambda screen: screen.show(entry(kind, **more)), terminal=True)


def test_the_start_says_where_everything_is():
    script = Script.model_validate({"tokens": [{"id": "AA"}], "faults": [{"kind": "drop"}]})

    def begin(screen):
        screen.begin(WHERE, script, pathlib.Path("/pki"), pathlib.Path("rec.jsonl"))

    text = shown(begin)

    assert "ws://127.0.0.1:9000/<identity>" in text
    assert "profile 0 or 1; ocpp2.1, ocpp2.0.1, ocpp1.6" in text
    assert "http://127.0.0.1:9001" in text
    assert "1 token " in text
    assert "0 answers, 0 scenes, 1 fault\n" in text
    assert "evsite csms ledger rec.jsonl" in text


def test_the_start_says_what_is_missing():
    text = shown(lambda screen: screen.begin(Started(WHERE.stations, None), Script(), None, None))

    assert "any token" in text
    assert "nothing is signed or installed: --pki" in text
    assert "control" not in text
    assert "record" not in text


@pytest.mark.parametrize(
    ("calls", "told"),
    [
        ([], "0 frames, 0 transactions, 0 problems"),
        ([("TransactionEvent", event())], "2 frames, 1 transaction (1 still open), 0 problems"),
        ([("Heartbeat", {"x": 1})], "2 frames, 0 transactions, 1 problem"),
        (
            [("BootNotification", BOOT)],
            "3 frames, 0 transactions, 0 problems, 0 failed, 1 scene not finished",
        ),
    ],
)
def test_the_end_says_what_it_came_to(calls, told):
    stage = Stage({"scenes": [{"name": "x", "steps": [{"call": {"action": "ClearCache"}}]}]})
    number = stage.connect()
    for action, payload in calls:
        stage.call(number, action, payload)

    assert shown(lambda screen: screen.end(stage.backend)).strip() == told


def test_a_bad_end_is_red():
    backend = Backend(Script(), None, prefix="t")
    good = shown(lambda screen: screen.end(backend), terminal=True)
    backend.hub.summary.problems = 1
    bad = shown(lambda screen: screen.end(backend), terminal=True)

    assert "\x1b[1;31m" in bad
    assert "\x1b[1;31m" not in good
