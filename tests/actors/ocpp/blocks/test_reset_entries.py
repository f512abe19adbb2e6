"""What is kept of resets."""

import pytest

from actors.ocpp.blocks.reset_entries import Hold, PendingReset, Stage
from protocols import codec
from tests.support.ocpp_station import START


@pytest.mark.parametrize("stage", Stage)
def test_a_promised_reset_reads_as_it_was_written(stage: Stage) -> None:
    pending = PendingReset(
        evse_id=2, kind="OnIdle", scheduled=True, stage=stage, site_life="one", entered_at=START, tries=2
    )

    assert codec.decode(codec.encode(pending)) == pending
    assert (pending.key, Hold(evse_id=3).key) == ("2", "3")
