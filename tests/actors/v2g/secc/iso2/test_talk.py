from actors.v2g.secc.ending import Ending
from actors.v2g.secc.iso2.talk import Iso2Talk, Reading
from protocols import codec
from tests.support.secc import NOW


def test_a_full_talk_goes_through_the_codec():
    full = Iso2Talk(
        services=(1, 60000),
        told=True,
        p_max_w=-1.5,
        cable_check=True,
        pre_charge=True,
        closed=True,
        ongoing=True,
        late="cable check",
        receipt=Reading(meter_id="M", reading_wh=2**62, at=-1),
        receipt_at=NOW,
        renegotiation_at=NOW,
        bidirectional=True,
        ending=Ending.PAUSE,
    )

    assert codec.decode(codec.encode(full)) == full


def test_a_talk_that_nobody_ended_has_broken_off():
    assert Iso2Talk().ending is Ending.ERROR
