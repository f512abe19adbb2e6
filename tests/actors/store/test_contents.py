"""How many values, and how large ones, a key-value store takes in."""

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.store.contents import Contents


def test_a_value_that_fits_is_not_refused():
    assert Contents(max_bytes=10).refusal("k", 10) is None


def test_a_value_beyond_the_bytes_is_refused_with_figures():
    contents = Contents(max_bytes=10)
    contents.put("a", 1, 6)

    assert contents.refusal("b", 5) == "6 bytes of 10 are taken, 5 do not fit; delete some"


def test_one_key_too_many_is_refused_with_figures():
    contents = Contents(max_bytes=10, max_keys=1)
    contents.put("a", 1, 1)

    assert contents.refusal("b", 1) == "1 keys are stored, and no more fit; delete some"
    assert contents.refusal("a", 1) is None


def test_a_value_in_place_of_another_needs_only_the_difference():
    contents = Contents(max_bytes=10)
    contents.put("a", 1, 9)

    assert contents.refusal("a", 10) is None
    assert contents.refusal("a", 11) is not None


def test_what_is_beyond_the_bounds_already_may_shrink():
    contents = Contents(max_bytes=10)
    contents.put("a", 1, 20)

    assert contents.refusal("a", 19) is None
    assert contents.refusal("a", 21) is not None


@settings(derandomize=True, max_examples=100, database=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.integers(0, 9))))
def test_the_bytes_taken_are_those_of_the_values_held(steps):
    contents, sizes = Contents(max_bytes=10), {}
    for key, size_bytes in steps:
        if size_bytes is None:
            contents.remove(key)
            sizes.pop(key, None)
        else:
            contents.put(key, size_bytes, size_bytes)
            sizes[key] = size_bytes

    assert contents.size_bytes == sum(sizes.values())
    assert contents.values == sizes
