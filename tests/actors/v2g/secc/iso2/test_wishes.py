import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.examples import few
from tests.support.secc_iso2 import (
    AC_MODE,
    DC_MODE,
    DEMAND,
    EXTERNAL,
    STATUS,
    Iso2Bench,
    iso2,
    parameters,
)

VALUES = st.builds(
    iso2.PhysicalValue,
    multiplier=st.integers(-3, 3),
    unit=st.sampled_from(iso2.UnitSymbol),
    value=st.integers(-(2**15), 2**15 - 1),
)
PERCENT = st.one_of(st.none(), st.integers(0, 100))
MAYBE = st.one_of(st.none(), VALUES)
SOON = st.one_of(st.none(), st.integers(0, 2**32 - 1))
AC = st.builds(
    iso2.AcEvChargeParameter,
    departure_time_s=SOON,
    e_amount=VALUES,
    ev_max_voltage=VALUES,
    ev_max_current=VALUES,
    ev_min_current=VALUES,
)
DC = st.builds(
    iso2.DcEvChargeParameter,
    departure_time_s=SOON,
    dc_ev_status=st.just(STATUS),
    ev_maximum_current_limit=VALUES,
    ev_maximum_power_limit=MAYBE,
    ev_maximum_voltage_limit=VALUES,
    ev_energy_capacity=MAYBE,
    ev_energy_request=MAYBE,
    full_soc_percent=PERCENT,
    bulk_soc_percent=PERCENT,
)
DEMANDS = st.builds(
    iso2.CurrentDemandReq,
    dc_ev_status=st.just(STATUS),
    ev_target_current=VALUES,
    ev_target_voltage=VALUES,
    ev_maximum_voltage_limit=MAYBE,
    ev_maximum_current_limit=MAYBE,
    ev_maximum_power_limit=MAYBE,
    bulk_charging_complete=st.one_of(st.none(), st.booleans()),
    charging_complete=st.booleans(),
    remaining_time_to_full_soc=MAYBE,
    remaining_time_to_bulk_soc=MAYBE,
)
MANY = few(40)


@MANY
@given(wish=st.one_of(AC, DC))
def test_no_wish_of_a_car_is_more_than_the_interface_carries(wish):
    bench = Iso2Bench()
    bench.to_parameters(EXTERNAL)

    # the bench puts all that is published through the codec, which knows the limits
    response = bench.ask(parameters(DC_MODE if isinstance(wish, iso2.DcEvChargeParameter) else AC_MODE, wish))

    assert response.response_code in ("OK", "FAILED_WrongChargeParameter")


@pytest.mark.untraced
@MANY
@given(demands=st.lists(DEMANDS, min_size=1, max_size=3))
def test_no_demand_of_a_car_is_more_than_the_interface_carries(demands):
    bench = Iso2Bench()
    bench.to_loop()

    for demand in (*demands, DEMAND):
        assert bench.ask(demand).response_code == "OK"
