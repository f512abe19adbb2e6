from hypothesis import given, settings
from hypothesis import strategies as st

from actors.v2g.secc.iso2.quantities import amperes, volts, watts


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.floats(-1_000_000, 1_000_000))
def test_whatever_the_interface_lets_through_has_a_form_on_the_wire(value):
    for make, unit in ((volts, "V"), (amperes, "A"), (watts, "W")):
        made = make(value)
        assert made.unit == unit
        assert abs(float(made) - value) <= max(abs(value) * 2e-4, 0.001)
