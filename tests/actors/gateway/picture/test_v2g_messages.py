"""Frames between car and station, decoded when somebody looks."""

from dataclasses import replace

import pytest

from actors.gateway.picture.v2g_messages import MOST_HEX, OVERHEAD, UNREADABLE, V2gSaid
from actors.v2g.messages import Frame
from protocols.iso15118 import din, exi, iso2, v2gtp
from protocols.iso15118.exi import UnixTime
from protocols.iso15118.iso20 import common, types
from protocols.iso15118.iso20.enumerations import ResponseCode
from tests.support.gateway_data import T0, handshake, iso2_message

HELLO, AGREED = handshake()


def frame(payload, protocol="ISO15118-2", payload_type=0x8001, **more):
    return Frame(
        at=T0,
        sent=False,
        payload_type=payload_type,
        payload=payload,
        size=len(payload),
        protocol=protocol,
        **more,
    )


def din_message(element):
    header = din.MessageHeader(session_id=bytes(8))
    return exi.encode(din.V2gMessage(header=header, body=din.Body(body_element=element)), exi.Schema.DIN)


def iso20_stop():
    header = types.MessageHeader(session_id=bytes(8), time_stamp=UnixTime(1_700_000_000))
    stop = common.SessionStopRes(header=header, response_code=ResponseCode.OK)
    return exi.encode(stop, exi.Schema.ISO20_COMMON)


COMMON = v2gtp.PayloadType.COMMON
STOP = iso2_message(iso2.SessionStopRes(response_code=iso2.ResponseCode.OK))
FAILED = iso2_message(iso2.SessionStopRes(response_code=iso2.ResponseCode.FAILED))
DIN_SETUP = din_message(din.SessionSetupReq(evcc_id=b"\x02\0\0\0\0\x02"))


@pytest.mark.parametrize(
    ("seen", "name", "kind", "field"),
    [
        (frame(HELLO, ""), "supportedAppProtocolReq", "request", "AppProtocol"),
        (frame(AGREED, ""), "supportedAppProtocolRes", "response", "ResponseCode"),
        (frame(STOP), "SessionStopRes", "response", "ResponseCode"),
        (frame(FAILED), "SessionStopRes", "error", "ResponseCode"),
        (frame(DIN_SETUP, "DIN70121"), "SessionSetupReq", "request", "EVCCID"),
        (frame(iso20_stop(), "ISO15118-20", COMMON), "SessionStopRes", "response", "ResponseCode"),
    ],
)  # fmt: skip
def test_a_frame_is_read_by_what_was_agreed_on(seen, name, kind, field):
    found = V2gSaid(seen, 2).show(3)

    assert (found.number, found.evse, found.name, found.kind) == (3, 2, name, kind)
    assert field in found.body
    assert "Header" not in found.body


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (frame(b"\x80\xff\xff" * MOST_HEX), "error"),
        (frame(STOP, "ISO15118-20", 0x9999), "payload_type"),
        (replace(frame(b""), size=20_000), "too_long"),
    ],
)
def test_what_cannot_be_read_says_why(seen, said):
    found = V2gSaid(seen, None).show(1)

    assert (found.name, found.kind) == (UNREADABLE, "error")
    assert said in found.body
    assert len(found.body.get("exi_hex", "")) <= 2 * MOST_HEX


@pytest.mark.parametrize(("sent", "direction"), [(True, "sent"), (False, "received")])
def test_directions_are_seen_from_the_station(sent, direction):
    assert V2gSaid(replace(frame(STOP), sent=sent), 1).show(1).direction == direction


def test_a_frame_costs_its_payload_and_tells_of_its_loop():
    said = V2gSaid(frame(STOP, loop=True), 1)

    assert (said.size, said.loop, said.source) == (len(STOP) + OVERHEAD, True, "v2g")
