import pytest

from protocols.iso15118.identifiers import IdentifierError, SessionId


def test_a_session_id_is_written_in_capital_digits():
    assert str(SessionId.parse("00ffab0000000001")) == "00FFAB0000000001"


@pytest.mark.parametrize("text", ["", "00", "0" * 15, "0" * 17, "g" * 16, "0" * 16])
def test_a_text_that_is_no_session_id_is_refused(text):
    with pytest.raises(IdentifierError, match="session id"):
        SessionId.parse(text)


def test_bytes_of_another_length_are_no_session_id():
    with pytest.raises(IdentifierError, match="7 bytes are not 8"):
        SessionId(b"1234567")


@pytest.mark.parametrize("raw", [b"", b"\0", bytes(8), b"1234567"])
def test_a_car_that_sends_no_id_asks_for_a_new_session(raw):
    assert SessionId.requested(raw) is None


def test_a_car_that_sends_an_id_asks_to_resume_it():
    assert SessionId.requested(b"12345678") == SessionId(b"12345678")


def test_a_fresh_id_is_never_zero_nor_the_old_one():
    draws = iter([bytes(8), b"12345678", b"abcdefgh"])
    assert SessionId.fresh(lambda _: next(draws), unlike=SessionId(b"12345678")) == SessionId(b"abcdefgh")


def test_a_broken_source_of_randomness_is_found_out():
    with pytest.raises(RuntimeError, match="randomness"):
        SessionId.fresh(bytes)


def test_a_session_id_does_not_show_in_a_repr():
    assert "3132" not in repr(SessionId(b"12345678"))
