import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.iso15118.identifiers import (
    DinContractId,
    Emaid,
    IdentifierError,
    din_check_digit,
    emaid_check_digit,
)

# published: OCHP's explanation of the check digit, eMI3 part 2, and the mobilityid test data
EMAIDS = [
    ("NN123ABCDEFGHI", "T"),
    ("FRXYZ123456789", "2"),
    ("ITA1B2C3E4F5G6", "4"),
    ("ESZU8WOX834H1D", "R"),
    ("PT73902837ABCZ", "Z"),
    ("DE83DUIEN83QGZ", "D"),
    ("DE83DUIEN83ZGQ", "M"),
    ("DE8AA001234567", "0"),
    ("NLTNM000122045", "U"),
    ("NLTNM000722345", "X"),
    ("NLTNMC00122045", "K"),
]
DIN_IDS = [
    ("NLTNM012204", "5"),
    ("NLTNM009637", "9"),
    ("INTNM000071", "9"),
    ("INTNM000110", "X"),
    ("INTNM000124", "0"),
    ("INTNM000114", "6"),
    ("INTNM000191", "5"),
]
CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BODIES = st.tuples(
    st.text(CHARACTERS[10:], min_size=2, max_size=2), st.text(CHARACTERS, min_size=12, max_size=12)
).map("".join)


@pytest.mark.parametrize(("body", "check"), EMAIDS)
def test_the_check_character_is_that_of_the_published_emaid(body, check):
    assert emaid_check_digit(body) == check


@pytest.mark.parametrize(("body", "check"), DIN_IDS)
def test_the_check_character_is_that_of_the_published_din_id(body, check):
    assert din_check_digit(body) == check


@settings(derandomize=True)
@given(BODIES, st.integers(0, 14), st.sampled_from(CHARACTERS))
def test_one_wrong_character_never_passes_the_check(body, place, character):
    right = body + emaid_check_digit(body)
    wrong = right[:place] + character + right[place + 1 :]
    assert (emaid_check_digit(wrong[:14]) == wrong[14]) == (wrong == right)


@settings(derandomize=True)
@given(BODIES, st.integers(0, 12))
def test_two_swapped_neighbours_never_pass_the_check(body, place):
    swapped = body[:place] + body[place + 1] + body[place] + body[place + 2 :]
    assert (emaid_check_digit(swapped) == emaid_check_digit(body)) == (swapped == body)


@pytest.mark.parametrize(
    "text", ["DE8AA001234567", "DE-8AA-001234567", "de-8aa-001234567", " DE8AA001234567 "]
)
def test_case_and_hyphens_do_not_count_in_an_emaid(text):
    assert Emaid.parse(text) == Emaid("DE", "8AA", "001234567")


@settings(derandomize=True)
@given(BODIES, st.booleans())
def test_an_emaid_survives_both_of_its_forms(body, checked):
    emaid = Emaid.parse(body)
    emaid = emaid.complete if checked else emaid
    assert Emaid.parse(str(emaid)) == Emaid.parse(emaid.hyphenated.lower(), verify=True) == emaid


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("DE8AA00123456", "this has 13"),
        ("DE8AA0012345670X", "this has 16"),
        ("DE8AA00123456\u0661", "ASCII"),
        ("DE8AA_01234567", "letters and digits"),
        ("D18AA001234567", "country"),
        ("DE-8AA001234567", "hyphens"),
        ("", "this has 0"),
    ],
)
def test_a_text_that_is_no_emaid_is_told_why(text, problem):
    with pytest.raises(IdentifierError, match=problem) as caught:
        Emaid.parse(text)
    assert caught.value.kind == "EMAID"


def test_a_wrong_check_character_is_refused_only_when_asked():
    assert Emaid.parse("UKSWI123456789A").check_digit_is_right is False
    with pytest.raises(IdentifierError, match="should be G"):
        Emaid.parse("UKSWI123456789A", verify=True)


def test_an_emaid_without_check_character_is_neither_right_nor_wrong():
    assert Emaid.parse("UKSWI123456789").check_digit_is_right is None
    assert Emaid.parse("NLTNM000122045U").check_digit_is_right is True


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("NLTNM000122045U", "nl-tnm-000122045", True),
        ("NLTNM000122045U", "nl-tnm-000122045-u", True),
        ("NLTNM000122045U", "NLTNM000122045X", False),
        ("NLTNM000122045", "NLTNM000122046", False),
    ],
)
def test_a_missing_check_character_does_not_make_two_contracts(one, other, same):
    assert Emaid.parse(one).same_contract(Emaid.parse(other)) is same


def test_an_emaid_cannot_be_made_of_wrong_parts():
    with pytest.raises(IdentifierError):
        Emaid("DE", "8AA", "0012345", "67")


def test_a_din_contract_becomes_the_published_emaid():
    assert DinContractId.parse("NL-TNM-012204-5").to_emaid().hyphenated == "NL-TNM-000122045-U"
    assert DinContractId.parse("NL*TNM*012204").to_emaid() == Emaid.parse("NLTNM000122045U")


def test_a_din_contract_is_written_with_hyphens():
    assert str(DinContractId.parse("nltnm0122045", verify=True)) == "NL-TNM-012204-5"


@pytest.mark.parametrize(
    "text", ["NL-TNM-01220-5", "NL-TNM012204", "12TNM012204", "NLTNM01220\u0661", "NL-TNM-012204-A"]
)
def test_a_text_that_is_no_din_contract_is_refused(text):
    with pytest.raises(IdentifierError, match="DIN contract id"):
        DinContractId.parse(text)


def test_a_din_contract_with_a_wrong_check_is_refused_when_asked():
    assert DinContractId.parse("NL-TNM-012204-6").check_digit == "6"
    with pytest.raises(IdentifierError, match="should be 5"):
        DinContractId.parse("NL-TNM-012204-6", verify=True)


def test_a_din_contract_checked_by_x_has_no_emaid():
    with pytest.raises(IdentifierError, match="no place in an EMAID"):
        DinContractId.parse("INTNM000110X").to_emaid()


@pytest.mark.parametrize(
    ("function", "body"), [(emaid_check_digit, "DE8AA00123456"), (din_check_digit, "nltnm012204")]
)
def test_a_check_character_needs_a_body_of_its_length(function, body):
    with pytest.raises(IdentifierError):
        function(body)


def test_a_din_contract_cannot_be_made_of_wrong_parts():
    with pytest.raises(IdentifierError):
        DinContractId("NL", "TNM", "1")


@settings(derandomize=True)
@given(st.text(max_size=40))
def test_any_text_is_an_id_or_the_documented_error(text):
    for kind in (Emaid, DinContractId):
        with contextlib.suppress(IdentifierError):
            assert kind.parse(str(kind.parse(text))) == kind.parse(text)
