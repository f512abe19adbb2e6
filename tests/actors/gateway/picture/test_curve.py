"""A curve keeps its whole span in few points."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.gateway.picture.curve import MOST, Curve


def drawn(*points):
    curve = Curve()
    for at_s, value in points:
        curve.add(at_s, value)
    return curve.points


def test_a_short_curve_keeps_every_point():
    assert drawn((0, 1), (0.25, 2), (0.5, 3)) == [(0, 1), (0.2, 2), (0.5, 3)]


@pytest.mark.parametrize("step_s", [0.25, 1.0, 60.0])
def test_a_long_curve_begins_and_ends_where_it_did(step_s):
    points = drawn(*((number * step_s, number) for number in range(5000)))

    assert points[0] == (0, 0)
    assert points[-1] == (round(4999 * step_s, 1), 4999)
    assert MOST / 3 <= len(points) <= MOST


def test_points_of_a_long_curve_lie_evenly():
    points = drawn(*((number, 0) for number in range(10_000)))
    gaps = {later[0] - earlier[0] for earlier, later in itertools.pairwise(points[:-1])}

    assert gaps == {32}


@settings(max_examples=25, derandomize=True, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(-1e5, 1e5)), max_size=1500))
def test_a_curve_is_bounded_and_in_order_whatever_comes(points):
    found = drawn(*points)

    assert len(found) <= MOST
    assert [at for at, _value in found] == sorted(at for at, _value in found)
    assert bool(found) == bool(points)
