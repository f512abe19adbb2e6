from __future__ import annotations

import pickle

import pytest

from protocols.iso15118 import exi


def test_every_error_is_an_exi_error_and_a_value_error():
    for kind in (exi.DecodeError, exi.EncodeError, exi.JsonFormError, exi.SchemaError):
        assert issubclass(kind, exi.ExiError)
        assert issubclass(kind, ValueError)


@pytest.mark.parametrize(
    "error",
    [exi.DecodeError("too short", "A/B", 77), exi.EncodeError("too long", "A"), exi.SchemaError("unknown")],
)
def test_an_error_survives_pickling(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert vars(again) == vars(error)
    assert str(again) == str(error)


def test_a_decode_error_says_byte_bit_path_and_problem():
    assert str(exi.DecodeError("too short", "A/B", 77)) == "byte 9 bit 5: A/B: too short"
    assert exi.DecodeError("too short", "A/B", 77).byte_offset == 9
