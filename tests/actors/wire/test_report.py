from ipaddress import IPv6Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.wire import report
from protocols.iso15118 import exi, sdp, v2gtp
from tests.support import signed_messages as messages

MESSAGE = messages.iso2_message("ChargeParameterDiscoveryRes")
DATA = exi.encode(MESSAGE, "iso2_msgdef")


def records(data, schema=None):
    return list(report.blob_records(data if isinstance(data, list) else [data], schema))


def test_bare_exi_is_guessed_and_shown_with_values():
    (record,) = records(DATA)
    assert (record["schema"], record["message"]) == ("iso2_msgdef", exi.to_json(MESSAGE))
    path = "V2G_Message.Body.ChargeParameterDiscoveryRes.AC_EVSEChargeParameter.EVSENominalVoltage"
    assert record["values"][path] == "230 V"
    assert "guessed" not in record


def test_a_message_without_numbers_has_no_values():
    assert (
        "values" not in records(exi.encode(messages.iso2_message("ChargingStatusReq", {}), "iso2_msgdef"))[0]
    )


def test_an_uncertain_guess_names_what_fits_too():
    (record,) = records(DATA + b"\0")
    assert record["schema"] == "iso2_msgdef"
    assert isinstance(record["guessed"]["also_fits"], list)


def test_a_named_schema_is_not_guessed():
    (record,) = records(DATA, "iso2_msgdef")
    assert record["message"] == exi.to_json(MESSAGE)
    (record,) = records(DATA, "din_msgdef")
    assert record["exi_hex"] == DATA.hex()
    assert "error" in record


def test_frames_are_taken_apart():
    frames = v2gtp.encode(0x8001, DATA) + v2gtp.encode(0xA000, b"abc") + v2gtp.encode(0x8001, b"\x80\xff")
    good, unknown, broken = records(frames)
    assert (good["payload_type"], good["schema"]) == ("0x8001", "iso2_msgdef")
    assert (unknown["payload_type"], unknown["error"]) == ("0xa000", "a payload of 3 bytes of unknown type")
    assert broken["error"].startswith("no schema fits; ")
    assert set(broken["reasons"]) == {"app_protocol", "iso2_msgdef", "din_msgdef"}


@pytest.mark.parametrize(
    "data", [b"\x01\xfe", v2gtp.encode(0x8001, DATA)[:-1], b"\x01\xfe\x90\x00\xff\xff\xff\xff"]
)
def test_a_broken_frame_is_an_error(data):
    (record,) = records(data)
    assert record["v2gtp_hex"] == data.hex()
    assert record["error"]


def test_an_sdp_answer_is_shown_by_field():
    response = sdp.Response(address=IPv6Address("fe80::1"), port=61851, security=sdp.Security.NO_TLS)
    (record,) = records(response.encode())
    assert record == {
        "payload_type": "0x9001",
        "schema": "sdp",
        "message": {
            "SECCDiscoveryRes": {
                "address": "fe80::1",
                "port": 61851,
                "security": "NO_TLS",
                "transport": "TCP",
            }
        },
    }


def test_wireless_pairing_is_shown_by_flag():
    request = sdp.WirelessRequest(
        security=sdp.Security.TLS,
        pairing=sdp.Pairing.PPD_ON_EV | sdp.Pairing(0x8001),
        coupling=sdp.CouplingType.WPT,
        evid="ZZ1",
    )
    (record,) = records(request.encode())
    shown = record["message"]["SECCDiscoveryReqWireless"]
    assert (shown["pairing"], shown["coupling"], shown["evid"]) == (["PPD_ON_EV", "0x8001"], "WPT", "ZZ1")


def test_a_broken_sdp_message_is_an_error():
    (record,) = records(v2gtp.encode(0x9000, b"\0"))
    assert "exactly 2 bytes" in record["error"]


def test_the_first_reading_that_decodes_is_taken():
    assert records([b"\x12\x34", DATA])[0]["schema"] == "iso2_msgdef"
    assert records([b"\x12\x34", b"\x56"])[0]["exi_hex"] == "1234"


@settings(derandomize=True)
@given(
    st.binary(min_size=1, max_size=80),
    st.sampled_from([b"", b"\x80", b"\x01\xfe", b"\x01\xfe\x80\x01\0\0\0"]),
)
def test_any_bytes_give_records(data, prefix):
    for record in records(prefix + data):
        assert ("error" in record) is ("message" not in record)
