"""How closely those on an EVSE's power path are looked after."""

import pytest

from actors.engine.supervision import ChildSpec, Create, GaveUp, State, Supervision
from actors.evse.upkeep import POWER_PATH


@pytest.mark.parametrize("attempt_s", [0.05, 0.25])
def test_a_driver_that_never_starts_is_given_up_before_its_evse(attempt_s):
    """Otherwise the EVSE is late with its start, again and again, and no site starts with it."""
    core = Supervision([ChildSpec(id="board", actor="Board", **POWER_PATH)])
    now_s, actions = 0.0, core.start()

    while not any(isinstance(each, GaveUp) for each in actions):
        if Create("board") in actions:
            core.created("board", now_s)
            now_s += attempt_s
            actions = core.died("board", "no such device", clean=False, now_s=now_s, chance=1.0)
        else:
            now_s = core.next_s()
            actions = core.tick(now_s, {})
        assert now_s < ChildSpec(id="evse", actor="Evse").start_s

    assert core.children["board"].state is State.FAILED
