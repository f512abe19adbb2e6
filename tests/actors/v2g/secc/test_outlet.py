import pytest

from actors.v2g.secc.machine import Turn
from actors.v2g.secc.outlet import CODES, DcOutlet, must_stop
from actors.v2g.secc.settings import Settings
from actors.v2g.secc.state import Authorization, State, Talk, Verdict
from actors.v2g.secc.station import Station
from protocols.iso15118 import din, iso2
from protocols.types.iso15118 import DcEvseMaximumLimits, EvseError
from tests.support.secc import NOW, counted_random

OUTLETS = [DcOutlet(protocol, ready={"Go"}, checking="Check") for protocol in (din, iso2)]
LIMITS = DcEvseMaximumLimits(
    evse_maximum_current_limit_a=100.0,
    evse_maximum_power_limit_w=40_000.0,
    evse_maximum_voltage_limit_v=500.0,
)
outlets = pytest.mark.parametrize("outlet", OUTLETS, ids=["DIN", "-2"])


def turn(phase="", *, verdict=Verdict.GRANTED, stopped=False, **station):
    talk = Talk(phase=phase, authorization=Authorization(verdict=verdict), stopped=stopped)
    return Turn(State(station=Station(**station), talk=talk), Settings(), NOW, counted_random())


@pytest.mark.parametrize(
    "found",
    [
        turn(stop=True),
        turn(stopped=True),
        turn(verdict=Verdict.REFUSED),
        *(turn(error=each) for each in EvseError),
    ],
)
def test_whatever_speaks_against_energy_stops_it(found):
    assert must_stop(found)
    assert not must_stop(turn())


@outlets
@pytest.mark.parametrize(
    ("found", "code"),
    [
        (turn("Go"), "EVSE_Ready"),
        (turn("Check"), "EVSE_IsolationMonitoringActive"),
        (turn("Else"), "EVSE_NotReady"),
        (turn("Go", stop=True), "EVSE_Shutdown"),
        *((turn("Go", error=each, stop=True), CODES[each]) for each in EvseError),
    ],
)
def test_the_status_of_an_outlet_follows_its_phase_and_its_faults(outlet, found, code):
    assert outlet.status_code(found) == code


@outlets
def test_an_output_nobody_has_measured_counts_as_dead(outlet):
    assert float(outlet.present_voltage(turn())) == float(outlet.present_current(turn())) == 0


@outlets
@pytest.mark.parametrize(
    ("wanted", "achieved"),
    [((499, 1), ()), ((500, 80), ("voltage", "power")), ((100, 100), ("current",))],
)
def test_a_wish_reaches_the_limits_it_comes_up_to(outlet, wanted, achieved):
    limits = outlet.limits(turn(dc_maximum=LIMITS), *wanted)

    reached = {name for name in ("voltage", "current", "power") if limits[f"evse_{name}_limit_achieved"]}
    assert reached == set(achieved)
    assert float(limits["evse_maximum_power_limit"]) == 40_000
    assert outlet.limits(turn(), *wanted) == {}
