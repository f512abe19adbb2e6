"""What each fault makes of an answer."""

import json

import pytest

from actors.simulation.csms.effects import Close, Cut, Say
from actors.simulation.csms.script import ANSWER_FAULTS, Fault, FaultKind
from actors.simulation.csms.spoiling import spoil
from protocols.ocpp.frames import CallError, CallResult
from protocols.ocpp.version import Version

ANSWER = CallResult("m", {"a": 1})
USUAL = Say(4, '[3,"m",{"a":1}]')

MADE = {
    FaultKind.DROP: (2, (Cut(4),)),
    FaultKind.DROP_AFTER: (0, (USUAL, Cut(4))),
    FaultKind.CLOSE: (2, (Close(4, 1012, "as the script wants"),)),
    FaultKind.DELAY: (2, (USUAL,)),
    FaultKind.SILENCE: (0, ()),
    FaultKind.CALL_ERROR: (0, (Say(4, '[4,"m","GenericError","as the script wants",{}]'),)),
    FaultKind.DUPLICATE: (0, (USUAL, USUAL)),
    FaultKind.STRAY: (0, (Say(4, '[3,"stray-1",{"a":1}]'), USUAL)),
    FaultKind.WRONG_ID: (0, (Say(4, '[3,"wrong-1",{"a":1}]'),)),
    FaultKind.INVALID: (0, (Say(4, '[3,"m",{"b":2}]'),)),
    FaultKind.BINARY: (0, (Say(4, b'[3,"m",{"a":1}]'),)),
    FaultKind.FRAGMENTS: (0, (Say(4, USUAL.data, 5),)),
}


def made(kind, answer=ANSWER):
    fault = Fault(kind=kind, seconds=2, code=1012, error="GenericError", payload={"b": 2}, pieces=5)
    return spoil(4, answer, Version.V21, fault)


@pytest.mark.parametrize("kind", sorted(ANSWER_FAULTS - {FaultKind.GARBAGE}))
def test_each_fault_does_what_its_name_says(kind):
    assert tuple(made(kind)) == MADE[kind]


def test_garbage_is_no_json():
    (say,) = made(FaultKind.GARBAGE).effects

    with pytest.raises(ValueError, match="line 1"):
        json.loads(say.data)


def test_without_a_fault_an_answer_is_sent():
    assert tuple(spoil(4, ANSWER, Version.V21, None)) == (0, (USUAL,))


def test_a_refusal_can_be_spoilt_as_well():
    (say,) = made(FaultKind.WRONG_ID, CallError("m", "InternalError")).effects

    assert json.loads(say.data)[:3] == [4, "wrong-1", "InternalError"]
