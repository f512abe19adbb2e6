import pytest

from actors.simulation.ev.din import table
from actors.simulation.ev.din.responses import Phase
from actors.simulation.ev.outcome import Reason, TalkError
from protocols.iso15118 import din, exi
from protocols.iso15118.v2gtp import PayloadType


def test_every_phase_has_its_row():
    assert set(table.TABLE) == set(Phase)
    assert all(row.source for row in table.TABLE.values())


def test_a_frame_of_another_type_is_undecodable():
    with pytest.raises(TalkError) as caught:
        table.decode(PayloadType.AC, b"")
    assert caught.value.reason is Reason.UNDECODABLE


def test_a_message_without_a_body_is_no_answer():
    empty = din.V2gMessage(header=din.MessageHeader(session_id=bytes(8)), body=din.Body())

    with pytest.raises(TalkError) as caught:
        table.decode(PayloadType.EXI, exi.encode(empty, exi.Schema.DIN))
    assert caught.value.reason is Reason.WRONG_MESSAGE
