import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.iso15118.identifiers import Evccid, EvccMac, IdentifierError, Pcid


@pytest.mark.parametrize("text", ["12e23e10d348", "12:E2:3E:10:D3:48", "12-e2-3e-10-d3-48", " 12E23E10D348 "])
def test_a_mac_is_read_in_every_usual_notation(text):
    assert EvccMac.parse(text) == EvccMac(bytes.fromhex("12e23e10d348"))


def test_a_mac_is_written_as_everest_publishes_it():
    assert str(EvccMac(bytes.fromhex("12e23e10d348"))) == "12:E2:3E:10:D3:48"
    assert EvccMac(bytes.fromhex("12e23e10d348")).compact == "12E23E10D348"


def test_an_eui64_of_a_din_car_is_accepted():
    assert str(EvccMac(bytes(range(8)))) == "00:01:02:03:04:05:06:07"


@pytest.mark.parametrize(
    "text", ["", "12", "12E23E10D34", "12:E2-3E:10:D3:48", "12E23E10D3481", "zz" * 6, "12" * 7]
)
def test_a_text_that_is_no_mac_is_refused(text):
    with pytest.raises(IdentifierError, match="EVCCID"):
        EvccMac.parse(text)


def test_two_evccids_that_differ_by_case_are_one():
    assert Evccid.parse(" wmiv1234567890abcdex ") == Evccid("WMIV1234567890ABCDEX")
    assert len({Evccid("a"), Evccid("A"), Evccid("b")}) == 2
    assert Evccid("a") != "a"
    assert str(Evccid("aB")) == "aB"


@pytest.mark.parametrize("text", ["", "x" * 256, "a\tb"])
def test_a_text_that_is_no_evccid_is_refused(text):
    with pytest.raises(IdentifierError, match="EVCCID"):
        Evccid(text)


@pytest.mark.parametrize("text", ["HUBPP7YDYE44KWS7N", "HUBPP7YDYE44KWS7N1", "hub-pp7ydye44kws7n"])
def test_a_pcid_is_read_with_and_without_check_character(text):
    pcid = Pcid.parse(text)
    assert (pcid.manufacturer, pcid.vehicle) == ("HUB", "PP7YDYE44KWS7N")
    assert str(pcid) == text.upper().replace("-", "")


@pytest.mark.parametrize(
    "text", ["", "HUBPP7YDYE44KWS7", "HUBPP7YDYE44KWS7N12", "HUBPP7YDYE44KWS7\u0661", "HUB_P7YDYE44KWS7N"]
)
def test_a_text_that_is_no_pcid_is_refused(text):
    with pytest.raises(IdentifierError, match="PCID"):
        Pcid.parse(text)


def test_a_pcid_cannot_be_made_of_wrong_parts():
    with pytest.raises(IdentifierError):
        Pcid("HUB", "short")


@settings(derandomize=True)
@given(st.text(max_size=30))
def test_any_text_is_an_id_or_the_documented_error(text):
    for kind in (EvccMac, Evccid, Pcid):
        with contextlib.suppress(IdentifierError):
            assert kind.parse(str(kind.parse(text))) == kind.parse(text)
