"""What must not be forgotten passes the codec and is found by its key."""

import pytest

from actors.ocpp.blocks.variable_entries import AwaitsRestart, Report, Watched
from actors.ocpp.blocks.wire_names import site_name
from actors.ocpp.device_model import variables
from actors.ocpp.tables import Entry
from protocols import codec

PLACE = site_name(variables.GET_ITEMS.at())


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        (AwaitsRestart(name="txctrlr.x", site_life="a"), "txctrlr.x"),
        (Watched(name="evse at 1.power", site_life="a"), "evse at 1.power"),
        (
            Report(number=7, action="GetReport", request="{}", after=PLACE, seq_no=3, part=9, until=PLACE),
            "7",
        ),
    ],
)
def test_an_entry_is_kept_under_its_key(entry: Entry, key: str) -> None:
    assert codec.decode(codec.encode(entry)) == entry
    assert entry.key == key
