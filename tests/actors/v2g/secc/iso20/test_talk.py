from actors.v2g.secc.iso20.phases import Phase
from actors.v2g.secc.iso20.talk import Ending, Iso20Talk
from protocols import codec
from tests.support.secc_iso20 import car_in


def test_a_talk_that_nobody_ends_ends_in_an_error():
    assert Iso20Talk().ending is Ending.ERROR


def test_a_talk_that_has_come_far_survives_the_codec():
    talk = car_in(Phase.LOOP, 6, scheduled=True).bench.talk.iso20

    assert codec.decode(codec.encode(talk)) == talk
    assert talk != Iso20Talk()
