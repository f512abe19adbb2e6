import pytest

from actors.v2g.link.evidence import Limits
from actors.v2g.link.evidence_lines import LINES, EvidenceError
from actors.wire import evidence
from protocols.iso15118 import exi, guess
from tests.support.evidence import AGREED, HELLO, SETUP, Told


def records(told):
    told.end()
    return list(evidence.records(told.files[LINES].splitlines()))


def test_messages_are_told_as_those_of_a_capture():
    told = Told(transport="TLS")
    told.talk()
    _talk, _offer, answer, request, *_ = records(told)

    assert answer == {
        "time": "2026-07-01T12:00:00.002000Z",
        "from": "[::1]:61851",
        "to": "[::1]:50000",
        "transport": "TLS",
        "payload_type": "0x8001",
        "took_ms": 1.0,
        "schema": "app_protocol",
        "message": exi.to_json(guess.decode(AGREED, "app_protocol")),
    }
    assert request["from"] == "[::1]:50000"
    assert request["protocol"] == "urn:iso:15118:2:2013:MsgDef"
    assert request["message"] == exi.to_json(guess.decode(SETUP, "iso2_msgdef"))


def test_lines_without_the_message_are_decoded_all_the_same():
    told = Told(Limits(in_full=False))
    told.talk()

    assert "supportedAppProtocolReq" in records(told)[1]["message"]


def test_what_could_not_be_decoded_says_so_with_its_bytes():
    told = Told()
    told.talk(((HELLO, AGREED),))
    told.request(b"\x80\xff\xff")
    told.request(b"\x80" * 70_000)
    *_, damaged, huge, _end = records(told)

    assert damaged["error"].startswith("iso2_msgdef")
    assert damaged["payload_hex"] == "80ffff"
    assert (huge["schema"], len(huge["payload_hex"])) == ("iso2_msgdef", 140_000)


def test_facts_pass_through_as_they_are():
    told = Told(module="v2g")
    first, last = records(told)

    assert (first["kind"], first["module"], last["kind"]) == ("talk", "v2g", "end")


def test_a_damaged_line_ends_the_records_before_it():
    told = Told()
    told.talk()
    told.end()
    raw = told.files[LINES].splitlines()
    found = []

    with pytest.raises(EvidenceError, match="line 3"):
        found.extend(evidence.records([*raw[:2], raw[2][:-9]]))
    assert not found or len(found) == 2
