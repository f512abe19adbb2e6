import pytest

from actors.v2g.secc.din import answers
from actors.v2g.secc.din.answers import RESPONSES, answer
from actors.v2g.secc.din.phase import Phase
from actors.v2g.secc.machine import Turn
from actors.v2g.secc.outlet import CODES
from actors.v2g.secc.settings import Settings
from actors.v2g.secc.state import State, Talk
from actors.v2g.secc.station import Station
from protocols.iso15118 import din, exi
from protocols.iso15118.din import ResponseCode
from protocols.types.iso15118 import DcEvseMaximumLimits, EvseError, IsolationStatus
from tests.support.secc import NOW, counted_random
from tests.support.secc_din import SCHEMA, one_of_each

REQUESTS = one_of_each()
FAILED = [code for code in ResponseCode if code.startswith("FAILED")]


def turn(phase=Phase.SETUP, **station):
    state = State(station=Station(**station), talk=Talk(phase=phase.value))
    return Turn(state, Settings(), NOW, counted_random())


@pytest.mark.parametrize("kind", RESPONSES)
def test_a_failed_response_is_whole_though_nothing_is_known(kind):
    for code in FAILED:
        response = answer(REQUESTS[kind], turn(), code)
        header = din.MessageHeader(session_id=bytes(8))
        message = din.V2gMessage(header=header, body=din.Body(body_element=response))

        assert exi.decode(exi.encode(message, SCHEMA), SCHEMA).body.body_element.response_code is code


def test_each_request_has_the_response_of_its_name():
    for request, (response, _) in RESPONSES.items():
        assert response.__name__ == request.__name__.removesuffix("Req") + "Res"


@pytest.mark.parametrize(
    ("power", "p_max"), [(1000.0, 1000), (80000.0, 32767), (-80000.0, -32767), (None, 0)]
)
def test_a_schedule_says_as_much_as_sixteen_bits_hold(power, p_max):
    limits = None
    if power is not None:
        limits = DcEvseMaximumLimits(
            evse_maximum_current_limit_a=1.0,
            evse_maximum_power_limit_w=power,
            evse_maximum_voltage_limit_v=1.0,
        )

    (one,) = answers.schedules(turn(dc_maximum=limits)).sa_schedule_tuple

    assert one.p_max_schedule.p_max_schedule_entry[0].p_max_w == p_max


@pytest.mark.parametrize("error", list(EvseError))
def test_each_error_has_a_code_and_stops_the_car(error):
    said = answers.status(turn(Phase.CHARGING, error=error))

    assert said.evse_status_code == CODES[error]
    assert said.evse_notification == "StopCharging"


@pytest.mark.parametrize("isolation", list(IsolationStatus))
def test_an_isolation_that_din_cannot_say_is_invalid(isolation):
    said = answers.status(turn(isolation=isolation)).evse_isolation_status

    assert said == ("Invalid" if isolation is IsolationStatus.NO_IMD else isolation.value)


@pytest.mark.parametrize("phase", list(Phase))
def test_an_outlet_is_ready_from_the_offer_to_the_loop(phase):
    code = answers.status(turn(phase)).evse_status_code

    ready = phase in {Phase.OFFERED, Phase.CHECKED, Phase.PRE_CHARGE, Phase.READY, Phase.CHARGING}
    busy = phase is Phase.CABLE_CHECK
    assert code == ("EVSE_Ready" if ready else "EVSE_IsolationMonitoringActive" if busy else "EVSE_NotReady")
