from ipaddress import IPv6Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.iso15118 import sdp, v2gtp

ADDRESS = IPv6Address("fe80::1234:5678:9abc:def0")
TEXT = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20)
COMMON = {"security": st.sampled_from(sdp.Security)}
WHERE = {"address": st.ip_addresses(v=6), "port": st.integers(1, 65535)}
MESSAGES = st.one_of(
    st.builds(sdp.Request, **COMMON),
    st.builds(sdp.Response, **COMMON, **WHERE),
    st.builds(
        sdp.WirelessRequest,
        **COMMON,
        pairing=st.integers(0, 0xFFFF).map(sdp.Pairing),
        coupling=st.sampled_from(sdp.CouplingType),
        evid=TEXT,
        evseid=TEXT,
    ),
    st.builds(
        sdp.WirelessResponse,
        **COMMON,
        **WHERE,
        status=st.sampled_from(sdp.DiagStatus),
        coupling=st.sampled_from(sdp.CouplingType),
        evseid=TEXT,
    ),
)


def test_a_request_for_tls_is_ten_bytes():
    assert sdp.Request(security=sdp.Security.TLS).encode() == bytes.fromhex("01fe9000000000020000")


def test_a_response_carries_address_port_and_security():
    response = sdp.Response(address=ADDRESS, port=61851, security=sdp.Security.NO_TLS)
    assert response.encode() == bytes.fromhex("01fe900100000014fe80000000000000123456789abcdef0f19b1000")


def test_a_wireless_request_has_62_bytes_in_table_order():
    request = sdp.WirelessRequest(
        security=sdp.Security.TLS,
        pairing=sdp.Pairing.PPD_ON_EV,
        coupling=sdp.CouplingType.WPT,
        evid="ZZ00000",
        evseid="DE*ABC*E1",
    )
    payload = request.encode()[8:]
    assert request.encode()[:8] == bytes.fromhex("01fe90020000003e")
    assert payload == b"\0\0\x02\0\x10" + b"ZZ00000".ljust(20, b"\0") + b"DE*ABC*E1".ljust(37, b"\0")


def test_a_wireless_response_has_59_bytes_in_table_order():
    response = sdp.WirelessResponse(
        address=ADDRESS,
        port=256,
        security=sdp.Security.TLS,
        status=sdp.DiagStatus.FINISHED_WITH_EVSEID,
        coupling=sdp.CouplingType.ACD_S,
        evseid="DE*ABC*E1",
    )
    assert response.encode()[:8] == bytes.fromhex("01fe90030000003b")
    assert response.encode()[8:] == ADDRESS.packed + b"\x01\0\0\0\x01\x30" + b"DE*ABC*E1".ljust(37, b"\0")


@settings(derandomize=True)
@given(MESSAGES)
def test_every_message_survives_encoding_and_decoding(message):
    assert sdp.decode(message.encode()) == message


@settings(derandomize=True)
@given(MESSAGES, st.sampled_from([-2, -1, 1, 2]))
def test_a_datagram_one_byte_off_is_refused(message, change):
    datagram = message.encode()
    wrong = datagram[:change] if change < 0 else datagram + b"\0" * change
    with pytest.raises(sdp.SdpError, match="payload length"):
        sdp.decode(wrong)


def test_a_header_that_announces_another_length_is_refused():
    datagram = bytearray(sdp.Request(security=sdp.Security.TLS).encode())
    datagram[7] = 3
    with pytest.raises(sdp.SdpError, match="exactly 2 bytes"):
        sdp.decode(bytes(datagram))


@pytest.mark.parametrize(
    ("datagram", "field", "offset"),
    [
        ("01fe9000", "datagram", 4),
        ("01fe8001000000020000", "payload type", 2),
        ("01fe9000000000020100", "security", 8),
        ("01fe9000000000020010", "transport protocol", 9),
        ("01fe900100000014" + "fe" * 16 + "00000000", "SECC port", 24),
        ("01fe90020000003e" + "0000000099" + "00" * 57, "CouplingType", 12),
        ("01fe90020000003e" + "0000000000" + "ff" * 57, "EVID", 13),
        ("01fe90020000003e" + "0000000000" + "07" + "00" * 56, "EVID", 13),
        ("01fe90030000003b" + "fe" * 16 + "0001" + "00000300" + "00" * 37, "DiagStatus", 28),
    ],
)
def test_a_reserved_or_broken_field_is_named_with_its_offset(datagram, field, offset):
    with pytest.raises(sdp.SdpError) as caught:
        sdp.decode(bytes.fromhex(datagram))
    assert (caught.value.field, caught.value.offset) == (field, offset)


def test_trailing_blanks_count_as_filling():
    payload = bytes.fromhex("0000000010") + b"ZZ1".ljust(20) + b"\0" * 37
    assert sdp.decode(v2gtp.encode(0x9002, payload)).evid == "ZZ1"


@settings(derandomize=True)
@given(st.binary(max_size=80) | st.binary(max_size=80).map(lambda tail: b"\x01\xfe\x90" + tail))
def test_random_datagrams_raise_only_the_documented_error(datagram):
    offset = 0
    try:
        assert sdp.decode(sdp.decode(datagram).encode())
    except v2gtp.RemoteProtocolError as error:
        offset = error.offset
    assert 0 <= offset <= len(datagram)


@pytest.mark.parametrize("evid", ["x" * 21, "\u00e9", "a\n", "a "])
def test_an_evid_that_does_not_fit_is_our_mistake(evid):
    with pytest.raises(v2gtp.LocalProtocolError, match="EVID"):
        sdp.WirelessRequest(security=sdp.Security.TLS, coupling=sdp.CouplingType.WPT, evid=evid)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_out_of_range_is_our_mistake(port):
    with pytest.raises(v2gtp.LocalProtocolError, match="port"):
        sdp.Response(address=ADDRESS, port=port, security=sdp.Security.TLS)
