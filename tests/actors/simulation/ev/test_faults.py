import pytest

from actors.simulation.ev.exchange import Drop, SendRaw
from actors.simulation.ev.faults import Spoiler
from actors.simulation.ev.iso2 import table
from actors.simulation.ev.outcome import TalkError
from actors.simulation.ev.script import Fault, FaultKind
from protocols.iso15118 import iso2

FRAME = b"\x01\xfe\x80\x01\x00\x00\x00\x04abcd"


def spoiler(**fault):
    return Spoiler([Fault.model_validate({"at": "X", **fault})], lambda count: b"r" * count)


def message(session_id=b"\1" * 8):
    return iso2.V2gMessage(
        header=iso2.MessageHeader(session_id=session_id),
        body=iso2.Body(body_element=iso2.ChargingStatusReq()),
    )


def test_a_fault_is_done_once_at_its_request():
    one = spoiler(kind="silence", occurrence=2)

    assert [one.at("X") is not None for _ in range(4)] == [False, True, False, False]
    assert one.done


def test_other_phases_are_left_alone():
    assert spoiler(kind="silence").at("Y") is None


@pytest.mark.parametrize(
    ("kind", "effects"),
    [
        ("silence", ()),
        ("garbage", (SendRaw(data=FRAME[:8] + b"rrrr"),)),
        ("no_frame", (SendRaw(data=b"\xff" + b"r" * 64),)),
        ("slow", (SendRaw(data=FRAME, chunk_bytes=1, every_s=0.01),)),
        ("abrupt_close", (Drop(),)),
        ("wrong_sequence", None),
        ("wrong_session_id", None),
        ("bad_signature", None),
    ],
)
def test_each_kind_has_its_effects(kind, effects):
    one = spoiler(kind=kind)

    assert one.effects(one.at("X"), FRAME) == effects


@pytest.mark.parametrize(
    ("instead", "phase", "sent"),
    [
        (None, "Authorization", "ChargingStatus"),
        (None, "ChargingStatus", "SessionSetup"),
        ("SessionStop", "Authorization", "SessionStop"),
    ],
)
def test_a_wrong_sequence_sends_what_nobody_expects(instead, phase, sent):
    one = spoiler(kind="wrong_sequence", instead=instead)

    assert one.instead(one.at("X"), table.AC, phase) == sent


def test_without_a_fault_nothing_is_changed():
    whole = message()

    assert spoiler(kind="silence").tamper(None, whole) is whole
    assert spoiler(kind="silence").instead(None, table.AC, "Authorization") is None


def test_a_wrong_session_id_is_another_one():
    one = spoiler(kind=FaultKind.WRONG_SESSION_ID)

    assert one.tamper(one.at("X"), message()).header.session_id == b"\xa4" * 8


def test_a_signature_that_is_not_there_cannot_be_spoilt():
    one = spoiler(kind=FaultKind.BAD_SIGNATURE)

    with pytest.raises(TalkError, match="no signature to spoil at X"):
        one.tamper(one.at("X"), message())


def test_a_phase_that_is_not_there_cannot_be_asked_for():
    one = spoiler(kind="wrong_sequence", instead="Nothing")

    with pytest.raises(TalkError, match="ISO 15118-2 AC has no Nothing"):
        one.instead(one.at("X"), table.AC, "Authorization")


def test_a_fault_is_left_until_it_is_done():
    one = spoiler(kind="silence")

    assert one.left == ("silence at X",)
    one.at("X")
    assert one.left == ()
