import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.iso15118 import v2gtp
from protocols.iso15118.v2gtp import (
    CLOSED,
    NEED_DATA,
    Frame,
    FrameReader,
    PayloadType,
    Protocol,
    SkippedFrame,
)

FRAMES = st.lists(
    st.builds(Frame, st.sampled_from(PayloadType), st.binary(min_size=1, max_size=50)), max_size=6
)


def drain(reader):
    events = []
    while not isinstance(event := reader.next_event(), v2gtp.Signal):
        events.append(event)
    return events, event


def cut(data, places):
    ends = [*sorted({place % (len(data) + 1) for place in places} - {0}), len(data)]
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False) if start < end]


def test_a_frame_is_header_then_payload_in_network_order():
    assert v2gtp.encode(0x8001, b"\x80\x98") == bytes.fromhex("01fe8001000000028098")


@pytest.mark.untraced
@settings(derandomize=True)
@given(FRAMES, st.lists(st.integers(0, 500), max_size=12))
def test_frames_survive_being_cut_into_any_chunks(frames, places):
    reader = FrameReader()
    seen = []
    for chunk in cut(b"".join(frame.encode() for frame in frames), places):
        reader.receive_data(chunk)
        events, signal = drain(reader)
        seen += events
        assert signal is NEED_DATA
    assert seen == frames
    assert reader.pending_bytes == 0


@settings(derandomize=True)
@given(st.binary(max_size=400), st.lists(st.integers(0, 500), max_size=8))
def test_random_bytes_raise_only_the_documented_error(data, places):
    reader = FrameReader(max_payload_bytes=100)
    offset = 0
    try:
        for chunk in cut(data, places):
            reader.receive_data(chunk)
            drain(reader)
    except v2gtp.RemoteProtocolError as error:
        offset = error.offset
    assert 0 <= offset <= len(data)


@pytest.mark.parametrize(
    ("header", "field", "offset"),
    [
        ("02fd800100000001", "protocol version", 10),
        ("01ff800100000001", "inverse protocol version", 11),
        ("01fe800100000000", "payload length", 14),
        ("01fe800100000401", "payload length", 14),
        ("01fe8001ffffffff", "payload length", 14),
    ],
)
def test_a_bad_header_is_refused_naming_its_offset(header, field, offset):
    # given a good frame of ten bytes before it
    reader = FrameReader(max_payload_bytes=1024)
    reader.receive_data(v2gtp.encode(PayloadType.EXI, b"ok") + bytes.fromhex(header))
    assert reader.next_event() == Frame(PayloadType.EXI, b"ok")
    with pytest.raises(v2gtp.RemoteProtocolError) as caught:
        reader.next_event()
    assert (caught.value.field, caught.value.offset) == (field, offset)


def test_a_reader_that_failed_keeps_nothing_and_fails_again():
    reader = FrameReader()
    reader.receive_data(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(v2gtp.RemoteProtocolError):
        reader.next_event()
    with pytest.raises(v2gtp.RemoteProtocolError):
        reader.next_event()
    with pytest.raises(v2gtp.RemoteProtocolError):
        reader.receive_data(b"more")
    assert reader.pending_bytes == 0


def test_an_unknown_payload_type_is_passed_over_without_keeping_it():
    reader = FrameReader()
    reader.receive_data(bytes.fromhex("01fea00000010000") + b"x" * 100)
    assert reader.next_event() is NEED_DATA
    assert reader.pending_bytes == 0
    reader.receive_data(b"x" * (0x10000 - 101))
    assert reader.next_event() is NEED_DATA
    reader.receive_data(b"x" + v2gtp.encode(PayloadType.DC, b"!"))
    assert drain(reader)[0] == [SkippedFrame(0xA000, 0x10000), Frame(PayloadType.DC, b"!")]


def test_an_unknown_frame_that_is_all_there_is_skipped_at_once():
    reader = FrameReader()
    reader.receive_data(v2gtp.encode(0xA001, b"abc") + v2gtp.encode(PayloadType.AC, b"!"))
    assert drain(reader)[0] == [SkippedFrame(0xA001, 3), Frame(PayloadType.AC, b"!")]
    assert reader.offset == 20


def test_the_end_between_two_frames_closes_the_reader():
    reader = FrameReader()
    reader.receive_data(v2gtp.encode(PayloadType.EXI, b"x"))
    reader.receive_data(b"")
    assert reader.next_event() == Frame(PayloadType.EXI, b"x")
    assert reader.next_event() is CLOSED
    with pytest.raises(v2gtp.LocalProtocolError):
        reader.receive_data(b"late")


@pytest.mark.parametrize(
    "data", [b"\x01", v2gtp.encode(0x8001, b"xy")[:-1], v2gtp.encode(0xA000, b"xy")[:-1]]
)
def test_the_end_inside_a_frame_is_the_peers_fault(data):
    reader = FrameReader()
    reader.receive_data(data)
    reader.receive_data(b"")
    with pytest.raises(v2gtp.RemoteProtocolError, match="middle of a frame") as caught:
        reader.next_event()
    assert caught.value.offset == len(data)


def test_a_long_stream_leaves_no_used_bytes_behind():
    reader = FrameReader()
    frame = v2gtp.encode(PayloadType.EXI, b"x" * 992)
    reader.receive_data(frame * 100 + frame[:5])
    assert len(drain(reader)[0]) == 100
    assert reader.pending_bytes == 5
    assert len(reader._buffer) < 70_000


@pytest.mark.parametrize(
    ("payload_type", "payload"), [(0x8001, b""), (0x8001, b"x" * 11), (0x10000, b"x"), (-1, b"x")]
)
def test_what_no_frame_can_carry_is_not_encoded(payload_type, payload):
    with pytest.raises(v2gtp.LocalProtocolError):
        v2gtp.encode(payload_type, payload, max_payload_bytes=10)


@pytest.mark.parametrize(
    ("payload_type", "protocol", "schema"),
    [
        (0x8001, None, "app_protocol"),
        (0x8001, Protocol.DIN, "din_msgdef"),
        (0x8001, Protocol.ISO2, "iso2_msgdef"),
        (0x8002, Protocol.ISO20_AC, "iso20_common"),
        (0x8101, Protocol.ISO20_DC, "iso20_common"),
        (0x8102, Protocol.ISO20_WPT, "iso20_common"),
        (0x8003, Protocol.ISO20_AC, "iso20_ac"),
        (0x8004, Protocol.ISO20_DC, "iso20_dc"),
        (0x8005, Protocol.ISO20_ACDP, "iso20_acdp"),
        (0x8006, Protocol.ISO20_WPT, "iso20_wpt"),
    ],
)
def test_payload_type_and_protocol_together_name_the_schema(payload_type, protocol, schema):
    assert v2gtp.schema_of(payload_type, protocol) == schema


@pytest.mark.parametrize(
    ("payload_type", "protocol"),
    [(0x8002, None), (0x8002, Protocol.ISO2), (0x8004, Protocol.ISO20_AC), (0x9000, Protocol.DIN), (1, None)],
)
def test_a_payload_type_out_of_place_is_refused(payload_type, protocol):
    with pytest.raises(v2gtp.RemoteProtocolError, match="payload type"):
        v2gtp.schema_of(payload_type, protocol)


def test_an_error_can_cross_a_process_border():
    error = pickle.loads(pickle.dumps(v2gtp.RemoteProtocolError("stream", 3, "broken")))
    assert (error.field, error.offset, error.problem) == ("stream", 3, "broken")


def test_the_payload_does_not_show_in_a_log():
    assert "secret" not in repr(Frame(PayloadType.EXI, b"secret"))
