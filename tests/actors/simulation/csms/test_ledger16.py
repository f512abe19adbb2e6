"""Transactions of OCPP 1.6 are judged by the numbers that were answered."""

import pytest

from actors.simulation.csms import ledger16
from actors.simulation.csms.ledger import Fault, judge
from protocols.ocpp.version import Version
from tests.support.csms_stage import Stage

AT = "2026-06-01T12:00:00Z"
START = ("StartTransaction", {"connectorId": 1, "idTag": "AA", "meterStart": 100, "timestamp": AT})
METER = (
    "MeterValues",
    {
        "connectorId": 1,
        "transactionId": 1,
        "meterValue": [{"timestamp": AT, "sampledValue": [{"value": "200"}]}],
    },
)
STOP = ("StopTransaction", {"transactionId": 1, "meterStop": 300, "timestamp": AT})


def told(*calls, **script):
    stage = Stage(script)
    number = stage.connect(version=Version.V16)
    for action, payload in calls:
        stage.call(number, action, payload)
    return stage


def faults(stage):
    return [finding.fault for finding in judge(stage.entries).findings]


def test_a_whole_transaction_is_good_and_weighed():
    ledger = judge(told(START, METER, STOP).entries)

    assert ledger.good
    assert [(one.transaction, one.energy_wh, len(one.messages)) for one in ledger.accounts] == [("1", 200, 3)]


@pytest.mark.parametrize(
    ("calls", "wrong"),
    [
        ((START, METER), [Fault.NO_END]),
        ((METER, STOP), [Fault.NO_START]),
        ((START, STOP, METER), [Fault.END_NOT_LAST, Fault.ENERGY]),
        ((START, METER, METER, STOP), [Fault.DUPLICATE]),
        ((START, START, STOP), [Fault.DUPLICATE]),
        ((START, STOP, ("StopTransaction", {**STOP[1], "meterStop": 400})), [Fault.TWO_ENDS]),
        ((START, ("StopTransaction", {**STOP[1], "meterStop": 50})), [Fault.ENERGY]),
    ],
)
def test_each_flaw_of_a_transaction_is_found(calls, wrong):
    assert faults(told(*calls)) == wrong


def test_two_transactions_are_told_apart():
    second = ("StartTransaction", {**START[1], "connectorId": 2})

    ledger = judge(told(START, second, STOP, ("StopTransaction", {**STOP[1], "transactionId": 2})).entries)

    assert ledger.good
    assert [one.transaction for one in ledger.accounts] == ["1", "2"]


def test_a_start_that_was_never_answered_may_come_again():
    stage = told(START, faults=[{"kind": "drop", "action": "StartTransaction", "times": 1}])
    stage.close(1)
    number = stage.connect(version=Version.V16)
    for action, payload in (START, STOP):
        stage.call(number, action, payload)

    ledger = judge(stage.entries)

    assert ledger.good
    assert ledger.repeated == 1


def test_a_start_without_any_answer_is_a_transaction_without_end():
    stage = told(START, faults=[{"kind": "silence", "action": "StartTransaction"}])

    (account,) = judge(stage.entries).accounts

    assert account.transaction.startswith("unanswered at ")
    assert [finding.fault for finding in account.findings] == [Fault.NO_END]


def test_meter_values_of_no_transaction_are_none_of_its_business():
    bare = ("MeterValues", {name: value for name, value in METER[1].items() if name != "transactionId"})

    assert judge(told(bare).entries).accounts == ()


def test_readings_of_a_stop_are_weighed_too():
    data = [{"timestamp": AT, "sampledValue": [{"value": "250"}, {"value": "no number"}]}]

    ledger = judge(told(START, ("StopTransaction", {**STOP[1], "transactionData": data})).entries)

    assert (ledger.good, ledger.accounts[0].energy_wh) == (True, 200)


def test_a_message_that_was_refused_does_not_count():
    assert faults(told(START, ("StopTransaction", {"transactionId": 1}))) == [Fault.NO_END]


def test_of_nothing_there_is_no_account():
    assert ledger16.accounts([]) == []
