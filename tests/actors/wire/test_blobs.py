import base64
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.wire.blobs import BlobError, lines_of, readings

DATA = bytes.fromhex("8098fbff")


@pytest.mark.parametrize(
    "text",
    [
        "8098fbff",
        "8098FBFF",
        "0x8098fbff",
        "80 98 fb ff",
        "80:98:fb:ff",
        "0x80, 0x98, 0xfb, 0xff",
        " 8098fbff\n",
    ],
)
def test_hexadecimal_digits_are_read_in_every_usual_form(text):
    assert readings(text)[0] == DATA


@pytest.mark.parametrize("text", ["gJj7/w==", "gJj7/w", "gJj7_w", " gJj7/w== "])
def test_base64_is_read_with_and_without_padding(text):
    assert readings(text) == [DATA]


def test_digits_that_are_both_are_read_both_ways():
    assert readings("AF6A0000") == [bytes.fromhex("af6a0000")]
    assert readings("Af6A0000") == [bytes.fromhex("af6a0000"), base64.b64decode("Af6A0000")]


@pytest.mark.parametrize("text", ["", "   ", "8", "zz", "80g", "hello world!", "\u0661\u0662", "===="])
def test_anything_else_is_refused(text):
    with pytest.raises(BlobError, match="neither"):
        readings(text)


def test_a_long_text_is_shown_shortened():
    with pytest.raises(BlobError) as caught:
        readings("!" * 10_000)
    assert len(str(caught.value)) < 120
    assert pickle.loads(pickle.dumps(caught.value)).text == caught.value.text


def test_empty_lines_and_comments_hold_no_message():
    assert lines_of("# a log\n\n8098\n   \ngJg=\n") == ["8098", "gJg="]


@settings(derandomize=True)
@given(st.binary(min_size=1, max_size=50))
def test_what_was_written_is_read_back(data):
    assert readings(data.hex())[0] == data
    data = b"\x80" + data
    assert data in readings(base64.b64encode(data).decode())
    assert data in readings(base64.urlsafe_b64encode(data).decode().rstrip("="))
