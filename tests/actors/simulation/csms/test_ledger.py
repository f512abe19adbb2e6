"""Every transaction of a record is judged: complete, in order, each message once."""

import pytest

from actors.simulation.csms.ledger import Fault, judge
from actors.simulation.csms.record import Entry, Kind
from tests.support.csms_stage import Stage, event

WHOLE = [event("Started", 0, 100), event("Updated", 1, 150), event("Ended", 2, 300)]


def told(payloads, **script):
    stage = Stage(script)
    number = stage.connect()
    for payload in payloads:
        stage.call(number, "TransactionEvent", payload)
    return judge(stage.entries)


def faults(ledger):
    return [finding.fault for finding in ledger.findings]


def test_a_whole_transaction_is_good_and_weighed():
    ledger = told(WHOLE)

    assert ledger.good
    assert [(one.transaction, one.energy_wh, len(one.messages)) for one in ledger.accounts] == [
        ("tx-1", 200.0, 3)
    ]


@pytest.mark.parametrize(
    ("payloads", "wrong"),
    [
        (WHOLE[:2], [Fault.NO_END]),
        (WHOLE[1:], [Fault.GAP, Fault.NO_START]),
        ([WHOLE[0], WHOLE[2]], [Fault.GAP]),
        ([WHOLE[0], WHOLE[2], WHOLE[1]], [Fault.DISORDER, Fault.END_NOT_LAST, Fault.ENERGY]),
        ([*WHOLE, WHOLE[1]], [Fault.DUPLICATE]),
        ([*WHOLE, event("Updated", 1, 160)], [Fault.CONFLICT]),
        ([*WHOLE, event("Ended", 3, 300)], [Fault.TWO_ENDS]),
        ([WHOLE[0], event("Started", 1), event("Ended", 2)], [Fault.TWO_STARTS]),
        ([event("Updated", 0), event("Started", 1), event("Ended", 2)], [Fault.START_NOT_FIRST]),
        ([WHOLE[0], event("Updated", 1, 50), event("Ended", 2, 60)], [Fault.ENERGY]),
    ],
)
def test_each_flaw_of_a_transaction_is_found(payloads, wrong):
    assert faults(told(payloads)) == wrong


def test_a_message_that_was_never_answered_may_come_again():
    drop = {"kind": "drop", "action": "TransactionEvent", "where": {"seqNo": 1}, "times": 1}
    stage = Stage({"faults": [drop]})
    first = stage.connect()
    stage.call(first, "TransactionEvent", WHOLE[0])
    stage.call(first, "TransactionEvent", WHOLE[1])
    stage.close(first)
    second = stage.connect()
    for payload in WHOLE[1:]:
        stage.call(second, "TransactionEvent", {**payload, "offline": True})

    ledger = judge(stage.entries)

    assert ledger.good
    assert ledger.repeated == 1


def test_an_answer_with_nothing_behind_it_may_have_been_lost():
    stage = Stage()
    first = stage.connect()
    for payload in WHOLE[:2]:
        stage.call(first, "TransactionEvent", payload)
    stage.close(first)
    second = stage.connect()
    for payload in WHOLE[1:]:
        stage.call(second, "TransactionEvent", payload)

    assert judge(stage.entries).good


def test_a_back_end_that_was_restarted_begins_its_numbers_anew():
    # given: the answer to the last message of the first run may be lost
    one, two = Stage(), Stage()
    number = one.connect()
    for payload in WHOLE[:2]:
        one.call(number, "TransactionEvent", payload)
    number = two.connect()
    for payload in WHOLE[1:]:
        two.call(number, "TransactionEvent", payload)

    # when
    ledger = judge([*one.entries, *two.entries])

    # then
    assert ledger.good
    assert ledger.repeated == 1


def test_a_refused_message_is_told_with_its_code():
    (finding,) = told([*WHOLE[:2], event("Ended", 2, triggerReason="Nonsense")]).findings

    assert str(finding) == "refused: seqNo 2: PropertyConstraintViolation"


def test_what_cannot_be_read_does_not_stop_the_judge():
    frames = ["{", "[]", '[2,"1","TransactionEvent"]', '[2,"1","TransactionEvent",{"transactionInfo":3}]']
    at = Stage().now
    entries = [
        Entry(at=at, kind=Kind.FRAME, direction="in", action="TransactionEvent", frame=frame, verdict="X")
        for frame in frames
    ]

    assert judge([*entries, Entry(at=at, kind=Kind.FRAME, direction="out", frame='[3,"x",{}]')]).good


def test_findings_are_told_as_people_read_them():
    assert str(told(WHOLE[:2]).findings[0]) == "no end"


def test_missing_numbers_beyond_all_counting_are_told_in_short():
    (gap, *_) = told([WHOLE[0], event("Ended", 10**12, 300)]).findings

    assert str(gap) == "messages are missing: seqNo 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and more"


def test_energy_of_a_refused_message_is_not_weighed():
    odd = {**event("Updated", 1), "meterValue": 3}

    assert faults(told([WHOLE[0], odd, WHOLE[2]])) == [Fault.REFUSED]


def test_frames_without_a_text_are_passed_over():
    assert judge([Entry(at=Stage().now, kind=Kind.FRAME, direction="in")]).good


def test_what_is_about_no_transaction_is_passed_over():
    values = {
        "evseId": 1,
        "meterValue": [{"timestamp": "2026-06-01T12:00:00Z", "sampledValue": [{"value": 1}]}],
    }
    stage = Stage()
    number = stage.connect()
    stage.call(number, "MeterValues", values)
    stage.call(number, "Heartbeat", {"surplus": 1})

    assert judge(stage.entries).accounts == ()


def test_an_answer_that_a_fault_has_spoilt_may_have_been_missed():
    spoilt = {"kind": "binary", "action": "TransactionEvent", "where": {"seqNo": 1}, "times": 1}

    ledger = told([*WHOLE[:2], *WHOLE[1:]], faults=[spoilt])

    assert (ledger.good, ledger.repeated) == (True, 1)


def _value(wh, at):
    return {"timestamp": at, "sampledValue": [{"value": wh, "unitOfMeasure": {"unit": "Wh"}}]}


def test_readings_are_weighed_in_the_order_of_their_times():
    begin, between, end = (f"2026-06-01T12:{minute}:00Z" for minute in ("00", "10", "20"))
    started = event("Started", 0, meterValue=[_value(100, begin)])
    updated = event("Updated", 1, meterValue=[_value(150, between)])
    ended = event("Ended", 2, meterValue=[_value(100, begin), _value(180, end)])
    ledger = told([started, updated, ended])

    assert ledger.good
    assert ledger.accounts[0].energy_wh == 80
