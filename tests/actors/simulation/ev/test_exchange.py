from typing import get_args

from actors.simulation.ev import exchange


def test_raw_bytes_are_not_in_the_text_of_an_effect():
    assert "secret" not in repr(exchange.SendRaw(data=b"secret"))


def test_inputs_and_effects_have_nothing_in_common():
    assert not set(get_args(exchange.Input)) & set(get_args(exchange.Effect))
