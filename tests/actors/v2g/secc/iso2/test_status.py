import dataclasses
from decimal import Decimal

import pytest

from actors.v2g.secc.iso2 import status
from actors.v2g.secc.iso2.phase import LOOP, Phase
from actors.v2g.secc.outlet import CODES as CODES_OF_ERRORS
from protocols.iso15118.iso2 import DcEvseStatusCode
from protocols.types.iso15118 import EvseError, IsolationStatus
from protocols.types.powermeter import Powermeter
from protocols.types.units import Energy
from tests.support.secc import NOW
from tests.support.secc_iso2 import Iso2Bench

CODES = {
    Phase.SETUP: DcEvseStatusCode.EVSE_NOT_READY,
    Phase.DISCOVERY: DcEvseStatusCode.EVSE_NOT_READY,
    Phase.SERVICES: DcEvseStatusCode.EVSE_NOT_READY,
    Phase.CERTIFICATE: DcEvseStatusCode.EVSE_NOT_READY,
    Phase.CONTRACT: DcEvseStatusCode.EVSE_NOT_READY,
    Phase.AUTHORIZATION: DcEvseStatusCode.EVSE_NOT_READY,
    Phase.PARAMETERS: DcEvseStatusCode.EVSE_NOT_READY,
    Phase.CABLE_CHECK: DcEvseStatusCode.EVSE_ISOLATION_MONITORING_ACTIVE,
    Phase.STOPPED: DcEvseStatusCode.EVSE_NOT_READY,
    Phase.WELDING: DcEvseStatusCode.EVSE_NOT_READY,
    Phase.ENDED: DcEvseStatusCode.EVSE_NOT_READY,
}
"""The rest is EVSE_Ready."""


def turn_in(phase, **station):
    from actors.v2g.secc.machine import Turn

    bench = Iso2Bench()
    state = dataclasses.replace(
        bench.state,
        talk=dataclasses.replace(bench.talk, phase=phase.value),
        station=dataclasses.replace(bench.state.station, **station),
    )
    return Turn(state, bench.settings, bench.now, bench.random)


@pytest.mark.parametrize("phase", list(Phase))
def test_an_outlet_without_error_is_ready_from_the_offer_to_the_loop(phase):
    code = status.dc(turn_in(phase)).evse_status_code

    assert code is CODES.get(phase, DcEvseStatusCode.EVSE_READY)


@pytest.mark.parametrize("error", list(EvseError))
def test_each_error_has_a_code_and_stops_the_car(error):
    said = status.dc(turn_in(Phase.CHARGING, error=error))

    assert said.evse_status_code == CODES_OF_ERRORS[error]
    assert said.evse_notification == "StopCharging"


@pytest.mark.parametrize("isolation", list(IsolationStatus))
def test_the_isolation_is_told_as_the_monitor_says(isolation):
    said = status.dc(turn_in(Phase.CHARGING, isolation=isolation))

    assert said.evse_isolation_status == isolation.value


def test_energy_may_flow_in_the_loop_only():
    assert set(Phase) - set(CODES) > LOOP


@pytest.mark.parametrize(("told", "said"), [(-1, 0), (12, 12), (10**30, 2**64 - 1)])
def test_a_meter_reading_fits_its_field_whatever_the_meter_says(told, said):
    reading = Powermeter(timestamp=NOW, energy_wh_import=Energy(total_wh=Decimal(told)))

    assert status.meter(turn_in(Phase.CHARGING, meter=reading)).meter_reading_wh == said
