"""Whatever is asked of the simulation: an error by its code, or commands that can be sent."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.gateway.method import Ask
from actors.gateway.rpc import RpcError
from protocols import codec
from protocols.message import tag_of
from tests.support.examples import few
from tests.support.gateway_simulation import BY_NAME, DEPLOY, map_of, scene

SIL = map_of(DEPLOY / "sil-2evse.yaml")
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 3),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=40),
    st.sampled_from(["iso15118", "contract", "AC", "RFID", "ac_rcd/DC", "hardware/Welded", "lock", "Actual"]),
    st.lists(st.integers(0, 3), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@pytest.mark.parametrize("name", sorted(BY_NAME))
@few(10)
@given(data=st.data())
def test_no_parameters_break_a_method(name: str, data: st.DataObject) -> None:
    method = BY_NAME[name]
    fields = [each.name for each in dataclasses.fields(method.params)]
    params: dict[str, Any] = {"evse": 1} if "evse" in fields else {}
    params |= data.draw(st.dictionaries(st.sampled_from(fields), VALUES))
    try:
        step = next(method.run(scene(SIL), method.read(params)))
    except RpcError:
        return  # with a code and a message, as everything else here has
    assert isinstance(step, Ask)
    sent = codec.decode(codec.encode(step.command))
    assert tag_of(type(sent)) == tag_of(type(step.command))


def test_every_method_says_what_it_does_and_needs_the_scope_of_simulation() -> None:
    assert {method.scope.value for method in BY_NAME.values()} == {"simulate"}
    assert all(method.simulated and method.meaning.endswith(".") for method in BY_NAME.values())
