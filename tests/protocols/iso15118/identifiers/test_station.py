import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.iso15118.identifiers import DinEvseid, Evseid, IdentifierError, Seccid


@pytest.mark.parametrize("text", ["DE*ICE*E45B*78C", "DEICEE45B78C", "de*ice*e45b78c"])
def test_separators_and_case_do_not_count_in_an_evseid(text):
    assert Evseid.parse(text) == Evseid("DE", "ICE", "45B78C")


def test_an_evseid_has_a_form_with_and_without_separators():
    evseid = Evseid.parse("DEICEE45B*78C")
    assert (str(evseid), evseid.compact) == ("DE*ICE*E45B78C", "DEICEE45B78C")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("DE*A*E", "7 to 37"),
        ("DE*ABC*E" + "1" * 31, "7 to 37"),
        ("D1*ABC*E1", "country"),
        ("DE*ABC*X1", "an E follows"),
        ("DE*ABC*E1*", "with \\* between"),
        ("DE*ABCE1", "with \\* between"),
        ("DE*ABC*E\u0661", "ASCII"),
    ],
)
def test_a_text_that_is_no_evseid_is_told_why(text, problem):
    with pytest.raises(IdentifierError, match=problem):
        Evseid.parse(text)


@pytest.mark.parametrize("text", ["+49*80737*45678", "49*80737*45678", "49A80737A45678", "49a80737a45678"])
def test_a_din_evseid_is_read_in_both_notations(text):
    assert DinEvseid.parse(text) == DinEvseid("49", "80737", "45678")


def test_a_din_evseid_travels_as_packed_digits():
    evseid = DinEvseid.parse("+49*80737*45678")
    assert bytes(evseid) == bytes.fromhex("49A80737A45678")
    assert DinEvseid.from_bytes(bytes(evseid)) == evseid


def test_a_din_evseid_of_odd_length_cannot_be_sent():
    with pytest.raises(IdentifierError, match="whole bytes"):
        bytes(DinEvseid.parse("+49*80737*4567"))


@pytest.mark.parametrize("raw", [b"\0", b"", b"ZZ00000", bytes.fromhex("49A8A1")])
def test_bytes_that_are_no_din_evseid_are_refused(raw):
    with pytest.raises(IdentifierError, match="DIN EVSEID"):
        DinEvseid.from_bytes(raw)


def test_a_seccid_is_read_with_its_check_character():
    seccid = Seccid.parse("de-ice-s-00003C4D557878675645330967543476-2")
    assert (seccid.controller, seccid.check_digit) == ("00003C4D557878675645330967543476", "2")
    assert str(seccid) == "DE-ICE-S-00003C4D557878675645330967543476-2"


@pytest.mark.parametrize("text", ["DEICE00", "DE-ICE-E-1", "DE-ICE-S-" + "1" * 33, "DE-ICE-S-\u0661"])
def test_a_text_that_is_no_seccid_is_refused(text):
    with pytest.raises(IdentifierError, match="SECCID"):
        Seccid.parse(text)


@pytest.mark.parametrize(
    "make",
    [lambda: Evseid("DE", "ICE", ""), lambda: DinEvseid("49", "1", "2"), lambda: Seccid("DE", "ICE", "")],
)
def test_an_id_cannot_be_made_of_wrong_parts(make):
    with pytest.raises(IdentifierError):
        make()


@settings(derandomize=True)
@given(st.text(max_size=45))
def test_any_text_is_an_id_or_the_documented_error(text):
    for kind in (Evseid, DinEvseid, Seccid):
        with contextlib.suppress(IdentifierError):
            assert kind.parse(str(kind.parse(text))) == kind.parse(text)
