from datetime import timedelta

import pytest

from actors.simulation.replay import record
from actors.v2g.link import evidence_lines as lines
from actors.v2g.link.channel import Ended, Opened
from actors.v2g.link.evidence import Limits
from actors.v2g.secc.exchange import Tls
from protocols.iso15118 import iso2, v2gtp
from tests.support.evidence import (
    AGREED,
    DISCOVERY,
    HELLO,
    NOON,
    REFUSED,
    SESSION,
    SET_UP,
    SETUP,
    Told,
    iso2_payload,
)


def read(told, reason="closed_by_car"):
    told.end(reason)
    return record.read(told.files[lines.LINES].splitlines())


def test_requests_have_their_answers_and_the_pauses_before_them():
    told = Told(transport="TCP")
    told.talk()
    told.now += timedelta(seconds=2)
    told.talk(((DISCOVERY, REFUSED),))
    found = read(told)

    assert [(step.request.payload, step.answer.payload) for step in found.steps] == [
        (HELLO, AGREED),
        (SETUP, SET_UP),
        (DISCOVERY, REFUSED),
    ]
    assert [step.pause_s for step in found.steps] == [0.0, 0.001, 2.001]
    assert (found.namespace, found.tls_version) == ("urn:iso:15118:2:2013:MsgDef", None)
    assert found.notes == ()


def test_the_version_of_tls_is_known():
    told = Told()
    told.recorder.event(Opened(tls=Tls(version="TLSv1.3", cipher="X")), told.tick())
    told.talk()

    assert read(told).tls_version == "TLSv1.3"


def test_an_answer_goes_to_the_request_it_is_made_for():
    told = Told()
    told.talk(((HELLO, AGREED),))
    told.request(DISCOVERY)
    told.request(SETUP)
    told.answer(SET_UP)
    _hello, discovery, setup = read(told).steps

    assert discovery.answer is None
    assert setup.answer.name == "SessionSetupRes"


def test_an_answer_of_another_kind_goes_to_whoever_waits():
    told = Told()
    told.talk(((HELLO, AGREED), (DISCOVERY, REFUSED)))

    assert read(told).steps[-1].answer.name == "SessionStopRes"


def test_an_answer_nobody_waits_for_is_noted():
    told = Told()
    told.talk()
    told.answer(SET_UP)

    assert read(told).notes == ("line 6: nobody had asked for SessionSetupRes",)


@pytest.mark.parametrize(("reason", "is_open"), [("closed_by_car", True), ("session_stopped", False)])
def test_a_car_that_left_may_have_missed_an_answer(reason, is_open):
    told = Told()
    told.talk()

    assert read(told, reason).open_end is is_open


def test_a_record_that_breaks_off_is_played_up_to_there():
    told = Told()
    told.talk()
    told.work()
    found = record.read(told.files[lines.LINES].splitlines())

    assert (len(found.steps), found.open_end) == (2, True)
    assert found.notes == ("the record breaks off: its end is missing",)


def test_nothing_behind_a_gap_is_played():
    told = Told(Limits(file_bytes=900))
    for _ in range(100):
        told.talk()
    found = read(told, "session_stopped")

    assert len(found.steps) < 5
    assert found.open_end
    assert "messages are missing here" in found.notes[0]


def test_what_was_no_message_is_noted():
    told = Told()
    told.talk()
    told.recorder.event(v2gtp.SkippedFrame(0xAAAA, 3), told.tick())
    told.request(b"\x80\xff\xff")
    told.recorder.event(Ended(reason="framing_broken"), told.tick())
    told.answer(b"\x80\xff\xff")
    notes = read(told).notes

    assert [note.partition(":")[0] for note in notes] == ["line 6", "line 7", "line 8"]
    assert "sent as it was" in notes[1]


def test_a_session_that_was_joined_is_noted():
    told = Told()
    setup = iso2_payload(iso2.SessionSetupReq(evcc_id=b"\x02EV\0\0\x01"), SESSION)
    told.talk(((HELLO, AGREED), (setup, SET_UP)))

    assert "joins a session" in read(told).notes[0]


@pytest.mark.parametrize(("jump", "pause_s"), [(timedelta(days=9), 60.0), (timedelta(days=-9), 0.0)])
def test_pauses_are_bounded_whatever_the_clock_did(jump, pause_s):
    told = Told()
    told.talk(((HELLO, AGREED),))
    told.now += jump
    told.talk(((SETUP, SET_UP),))

    assert read(told).steps[1].pause_s == pause_s


def test_a_bundle_without_a_request_is_refused():
    told = Told()
    told.answer(AGREED)

    with pytest.raises(lines.EvidenceError, match="not sent a single message"):
        read(told)


def test_more_than_fits_the_memory_is_refused(monkeypatch):
    monkeypatch.setattr(record, "MAX_BYTES", 1500)
    told = Told()
    told.talk()

    with pytest.raises(lines.EvidenceError, match="line 4: more than 1500 bytes"):
        read(told)


def test_decoded_messages_are_not_kept():
    told = Told()
    told.talk()

    assert all(step.request.message is None and step.answer.message is None for step in read(told).steps)
    assert read(told).steps[0].request.time > NOON


def test_a_long_record_is_read_in_time_that_grows_with_its_length():
    told = Told()
    told.talk(((HELLO, AGREED),))
    for _ in range(100):
        told.request(b"\x80\xff\xff")
    for _ in range(200):
        told.answer(b"\x80\xff\xff")
    found = read(told)

    assert len(found.notes) == record.MAX_NOTES
    assert sum(step.answer is not None for step in found.steps) == 1 + record.MAX_WAITING
