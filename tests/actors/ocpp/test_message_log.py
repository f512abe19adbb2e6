"""What the message log says of each message: names, texts to the letter, and nothing that plays tricks."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.ocpp import message_log
from actors.ocpp.message_log import HTML, LOG, RAW_HTML, RAW_LOG, SECURITY, MessageLog
from actors.ocpp.messages import FrameSeen, LogOrders
from protocols.types.ocpp import SecurityEvent

NOW = datetime(2026, 3, 1, 12, 0, 0, 5000, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def seen(text, *, sent=True):
    return FrameSeen(at=NOW, sent=sent, text=text if isinstance(text, str) else json.dumps(text))


def a_log(*formats, **orders):
    return MessageLog(LogOrders(formats=formats, **orders))


def texts(log, frame):
    return {piece.file: piece.text for piece in log.frame(frame)}


# -- which files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formats", "raw", "files"),
    [
        ((), True, ()),
        (("log",), False, (LOG,)),
        (("html",), False, (HTML,)),
        (("log", "html"), True, (LOG, HTML, RAW_LOG, RAW_HTML)),
        (("security", "callback", "console", "session_logging"), True, ()),
    ],
)
def test_a_message_goes_to_the_files_that_are_wanted(formats, raw, files):
    log = a_log(*formats, raw=raw)
    assert tuple(texts(log, seen([3, "1", {}]))) == log.files == files


@pytest.mark.parametrize(
    ("formats", "frames", "events"),
    [
        ((), False, False),
        (("callback",), False, False),
        (("security",), False, True),
        (("html",), True, False),
        (("console",), True, False),
        (("console_detailed", "security"), True, True),
    ],
)
def test_only_what_is_wanted_is_listened_to(formats, frames, events):
    log = a_log(*formats)
    assert (log.wants_frames, log.wants_security) == (frames, events)


# -- names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frames", "name"),
    [
        ([(True, [2, "1", "Heartbeat", {}])], "Heartbeat"),
        ([(False, [6, "1", "NotifyPeriodicEventStream", {}])], "NotifyPeriodicEventStream"),
        ([(True, [2, "1", "Heartbeat", {}]), (False, [3, "1", {}])], "HeartbeatResponse"),
        ([(False, [2, "1", "Reset", {}]), (True, [2, "1", "Heartbeat", {}]), (True, [3, "1", {}])],
         "ResetResponse"),
        ([(False, [2, "1", "Reset", {}]), (True, [4, "1", "InternalError", "", {}])],
         "Reset refused: InternalError"),
        ([(True, [2, "1", "Heartbeat", {}]), (True, [5, "1", "FormatViolation", "", {}])],
         "Heartbeat refused: FormatViolation"),
        ([(False, [3, "1", {}])], "Response"),
        ([(False, [4, "1", "GenericError", "", {}])], "refused: GenericError"),
        ([(False, [7, "1", {}])], "no message"),
        ([(False, [4, "1"])], "no message"),
        ([(False, {"a": 1})], "no message"),
        ([(False, "garbage... (7 characters, no frame)")], "no message"),
        ([(False, "[" * 100_000)], "no message"),
    ],
)  # fmt: skip
def test_a_message_is_named_and_an_answer_by_what_it_answers(frames, name):
    log = a_log("log", "console")
    for sent, frame in frames:
        line = log.line(seen(frame, sent=sent))
    assert line["message"] == name


def test_only_the_last_calls_are_remembered_by_name():
    log = a_log("console")
    for number in range(message_log.REMEMBERED + 1):
        log.line(seen([2, str(number), "Heartbeat", {}]))
    log.line(seen([2, "1", "StatusNotification", {}]))

    named = [log.line(seen([3, number, {}], sent=False))["message"] for number in ("0", "1", "2")]

    assert named == ["Response", "StatusNotificationResponse", "HeartbeatResponse"]


@pytest.mark.parametrize(("format_", "shown"), [("console", False), ("console_detailed", True)])
def test_the_console_shows_whole_messages_on_demand_only(format_, shown):
    line = a_log(format_).line(seen([2, "1", "Heartbeat", {"a": "b" * 9000}]))

    assert line["way"] == "ChargePoint>CentralSystem"
    assert len(line.get("text", "")) == (message_log.MAX_ON_CONSOLE if shown else 0)


# -- texts -------------------------------------------------------------------------------------------------


def test_an_entry_has_its_time_its_way_and_a_line_for_each_value():
    text = texts(a_log("log"), seen('[2,"1","Heartbeat",{"a":[],"b":{ },"c":[1.50,-2E5,true]}]', sent=False))

    assert text[LOG] == (
        "2026-03-01T12:00:00.005Z: CentralSystem>ChargePoint Heartbeat\n"
        '[\n  2,\n  "1",\n  "Heartbeat",\n  {\n    "a": [],\n    "b": { },\n'
        '    "c": [\n      1.50,\n      -2E5,\n      true\n    ]\n  }\n]\n\n'
    )


def test_raw_entries_are_one_line_as_it_was():
    text = texts(a_log("log", raw=True), seen('[3, "1",\n{"a":1.0}]'))

    assert text[RAW_LOG] == ('2026-03-01T12:00:00.005Z: ChargePoint>CentralSystem [3, "1",\\n{"a":1.0}]\n')


@settings(derandomize=True, max_examples=60)
@given(JSON, st.sampled_from([None, 1]), st.booleans())
def test_whatever_a_message_says_it_says_in_the_log_too(value, indent, ascii_only):
    text = json.dumps([3, "1", value], indent=indent, ensure_ascii=ascii_only)

    shown = message_log.indented(text)

    assert json.loads(shown) == json.loads(text)
    assert "\n\n" not in shown
    assert not message_log.UNSEEN.search(shown)


@pytest.mark.parametrize(
    "trick", ["\x1b[2J", "\x9b2J", "\u202e", "\u200b", "\u2028", "\x7f", "\ufeff", "\x00"]
)
def test_what_steers_a_terminal_stands_there_in_plain_letters(trick):
    log = a_log("log", "html", raw=True)
    action = texts(log, seen([2, "1", f"A{trick}", {}])).values()
    inside = texts(log, seen('[2,"1","A",{"a":"' + trick + '"}]')).values()

    assert all(trick not in text for text in (*action, *inside))
    assert all(f"\\u{ord(trick[0]):04x}" in text for text in inside)


def test_brackets_alone_do_not_fill_the_disk():
    deep = '[2,"1","A",{"a":' + "[" * 5000 + "]" * 5000 + "}]"
    assert len(message_log.indented(deep)) < 40 * len(deep)

    wide = '[2,"1","A",{"a":[' + ",".join(["[]"] * 40_000) + "]}]"
    assert len(message_log.indented(wide)) == len(wide)


def test_text_that_is_no_json_stays_as_it_was():
    text = texts(a_log("log"), seen("what is this... (12 characters, no frame)"))
    assert text[LOG].endswith("no message\nwhat is this... (12 characters, no frame)\n\n")


@pytest.mark.parametrize("file", message_log.ENDS)
def test_an_entry_ends_as_its_file_says_and_only_there(file):
    log = a_log("log", "html", raw=True)
    nasty = [2, "1", "A", {"a": "\n\n</details>\n", "b": {}}]
    pieces = {
        **texts(log, seen(nasty)),
        SECURITY: message_log.security(SecurityEvent(type="x\n\n", info="</details>\n\n"), NOW).text,
    }
    end = message_log.ENDS[file]

    for text in (pieces[file], message_log.gap(file, 3, NOW)):
        assert text.endswith(end)
        assert text.count(end) == 1
    assert "3" in message_log.gap(file, 3, NOW)


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (SecurityEvent(type="MemoryExhaustion"), ("2026-03-01T12:00:00.005Z", "MemoryExhaustion", False, "")),
        (
            SecurityEvent(type="Own", info="\u00e4\n", critical=True, timestamp=NOW.replace(year=2025)),
            ("2025-03-01T12:00:00.005Z", "Own", True, "\u00e4\n"),
        ),
    ],
)
def test_a_security_event_is_a_line_of_json(event, line):
    piece = message_log.security(event, NOW)

    assert piece.file == SECURITY
    assert tuple(json.loads(piece.text).values()) == line
    assert piece.text.isascii()
