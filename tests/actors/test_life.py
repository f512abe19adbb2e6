"""One life of a site: when the next may begin. Whole lives are in test_run.py."""

import pytest

from actors.life import SHORTEST_LIFE_S, pause_before_next


@pytest.mark.parametrize(
    ("lasted_s", "pause_s"),
    [(0.0, SHORTEST_LIFE_S), (SHORTEST_LIFE_S - 1.0, 1.0), (SHORTEST_LIFE_S, 0.0), (1e6, 0.0)],
)
def test_lives_begin_no_sooner_than_that_after_each_other(lasted_s, pause_s):
    assert pause_before_next(100.0, 100.0 + lasted_s) == pytest.approx(pause_s)
