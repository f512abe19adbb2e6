from actors.v2g.secc.seen import DcSeen
from protocols import codec
from protocols.types.iso15118 import DcEvErrorCode, DcEvMaximumLimits, DcEvStatus


def test_what_was_seen_goes_through_the_codec():
    full = DcSeen(
        status=DcEvStatus(
            dc_ev_ready=True, dc_ev_error_code=DcEvErrorCode.NO_ERROR, dc_ev_ress_soc_percent=1.5
        ),
        limits=DcEvMaximumLimits(dc_ev_maximum_current_limit_a=1.0),
        bulk_complete=False,
        complete=True,
    )

    assert codec.decode(codec.encode(full)) == full
    assert codec.decode(codec.encode(DcSeen())) == DcSeen()
