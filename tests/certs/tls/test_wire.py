import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.tls.wire import Cursor, VectorError, numbers, vector


def test_a_vector_is_read_back_as_written():
    cursor = Cursor(vector(b"abc", 2) + vector(b"", 1))

    assert (cursor.vector(2), cursor.vector(1), bool(cursor)) == (b"abc", b"", False)


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\x02a"])
def test_a_vector_cut_short_is_refused(data):
    with pytest.raises(VectorError):
        Cursor(data).vector(2)


def test_a_vector_below_its_least_length_is_refused():
    with pytest.raises(VectorError):
        Cursor(b"\x01a").vector(1, least=2)


def test_bytes_left_over_are_refused_at_the_end():
    with pytest.raises(VectorError, match="1 bytes too many"):
        Cursor(b"a").finish()


def test_numbers_that_do_not_come_out_even_are_refused():
    with pytest.raises(VectorError):
        numbers(b"\0\x01\0", 2)


def test_a_vector_too_long_for_its_length_is_refused():
    with pytest.raises(ValueError, match="256 bytes"):
        vector(bytes(256), 1)


@settings(derandomize=True)
@given(st.lists(st.integers(0, 0xFFFF)))
def test_numbers_are_read_back_as_written(values):
    data = b"".join(value.to_bytes(2, "big") for value in values)

    assert numbers(data, 2) == tuple(values)
