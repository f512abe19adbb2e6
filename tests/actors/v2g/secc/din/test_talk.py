from actors.v2g.secc.din.talk import DinTalk
from actors.v2g.secc.ending import Ending
from protocols import codec


def test_a_full_talk_goes_through_the_codec():
    full = DinTalk(
        told=True,
        cable_check=True,
        pre_charge=True,
        closed=True,
        ongoing=True,
        late="cable check",
        ending=Ending.TERMINATE,
    )

    assert codec.decode(codec.encode(full)) == full
