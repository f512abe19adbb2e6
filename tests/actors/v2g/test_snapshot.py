import itertools
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.v2g import snapshot
from actors.v2g.secc.din.talk import DinTalk
from actors.v2g.secc.iso2.talk import Iso2Talk
from actors.v2g.secc.seen import DcSeen
from actors.v2g.secc.state import Authorization, Contract, Dialect, Paused, State, Talk, Verdict
from actors.v2g.secc.station import Station
from protocols import codec
from protocols.types.iso15118 import DcEvsePresentVoltageCurrent
from protocols.types.powermeter import Powermeter
from protocols.types.units import Energy
from tests.support.examples import few

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CONTRACT = Contract(chain=(b"leaf", b"sub"), emaid="DE8AAA1A2B3C4D")
PRESENT = DcEvsePresentVoltageCurrent(evse_present_voltage_v=400.0, evse_present_current_a=10.0)
METER = Powermeter(timestamp=NOW, energy_wh_import=Energy(total_wh=Decimal(7)))
STATIONS = (
    Station(),
    Station(dc_present=PRESENT),
    Station(dc_present=PRESENT, meter=METER, debug_mode=True),
    Station(meter=METER, stop=True),
)
TALKS = (
    None,
    Talk(),
    Talk(dialect=Dialect.ISO2, phase="Charging", iso2=Iso2Talk(p_max_w=11000.0), held=b"x"),
    Talk(dialect=Dialect.ISO2, contract=CONTRACT, authorization=Authorization(verdict=Verdict.WAITING)),
    Talk(dialect=Dialect.DIN, din=DinTalk(), dc_seen=DcSeen(complete=True)),
)
PAUSES = (None, Paused(session_id=b"12345678", dialect=Dialect.ISO2, paused_at=NOW))
STATES = st.builds(
    State, station=st.sampled_from(STATIONS), talk=st.sampled_from(TALKS), paused=st.sampled_from(PAUSES)
)


def travelled(changed):
    return snapshot.unpack(snapshot.pack(changed))


@pytest.mark.untraced
@few(50)
@given(st.lists(STATES, min_size=2, max_size=6))
def test_changes_lead_from_each_state_to_the_next(states):
    parts = snapshot.parts_of(states[0])

    for before, after in itertools.pairwise(states):
        snapshot.apply(parts, travelled(snapshot.changes(before, after)))

        assert snapshot.state_of(parts) == after
        assert parts.keys() == snapshot.parts_of(after).keys()


def test_a_whole_state_comes_out_as_it_went_in():
    state = State(station=STATIONS[2], talk=TALKS[3], paused=PAUSES[1])

    assert snapshot.state_of(travelled(snapshot.parts_of(state))) == state


def test_only_what_an_input_has_changed_is_encoded():
    before = State(station=STATIONS[2], talk=TALKS[2])
    after = replace(before, station=replace(before.station, meter=replace(METER, meter_id="other")))

    assert list(snapshot.changes(before, after)) == ["/station/meter"]


def test_a_value_that_was_told_again_is_no_change():
    before = State(talk=TALKS[2])
    after = State(talk=replace(TALKS[2], iso2=replace(TALKS[2].iso2)))

    assert snapshot.changes(before, after) == {}


def test_a_talk_that_is_over_leaves_none_of_its_parts():
    parts = snapshot.parts_of(State(talk=TALKS[3]))

    snapshot.apply(parts, {snapshot.TALK: None})

    assert snapshot.state_of(parts) == State()
    assert set(parts) == {"", "/station"}


def test_every_field_that_holds_a_message_is_a_part():
    split = {kind.__name__: set(layout.parts) for kind, layout in snapshot._LAYOUTS.items()}

    assert split["State"] == {"station", "talk", "paused"}
    assert {"authorization", "contract", "din", "iso2", "iso20", "dc_seen"} <= split["Talk"]
    assert {"meter", "dc_present", "evse_id"} <= split["Station"]


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"": codec.encode(Station())},
        {"": codec.encode(State())},
        {"": b"no message", "/station": codec.encode(Station())},
        {"": codec.encode(State()), "/station": codec.encode(Station()), "/stop": codec.encode(Station())},
        {"": codec.encode(State()), "/station": codec.encode(Station()), "/talk": codec.encode(Talk())},
    ],
)
def test_parts_that_make_no_state_are_refused(parts):
    with pytest.raises(snapshot.SnapshotError):
        snapshot.state_of(parts)


@pytest.mark.parametrize(
    "data", [b"", b"\xc1", msgpack.packb([1]), msgpack.packb({1: b""}), msgpack.packb({"": 7})]
)
def test_bytes_that_hold_no_parts_are_refused(data):
    with pytest.raises(snapshot.SnapshotError):
        snapshot.unpack(data)


def test_more_bytes_than_a_state_can_have_are_not_looked_at():
    with pytest.raises(snapshot.SnapshotError, match="more than"):
        snapshot.unpack(bytes(snapshot.MAX_BYTES + 1))
