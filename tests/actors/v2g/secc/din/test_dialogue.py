import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.v2g.secc.exchange import Expired
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118 import din
from protocols.iso15118.din import ResponseCode
from protocols.types.iso15118 import EvseError, NoEnergyPauseMode
from tests.support.examples import few
from tests.support.secc_din import (
    CABLE_CHECK,
    DEMAND,
    PASSED,
    PRE_CHARGE,
    START,
    STOP,
    WELDING,
    DinBench,
    one_of_each,
    parameters,
)
from tests.support.secc_iso2 import GRANT, refusal

AUTHENTICATE = din.ContractAuthenticationReq()
EMERGENCY = charger.SendError(error=EvseError.ERROR_EMERGENCY_SHUTDOWN)
AFTER = NoEnergyPauseMode.PAUSE_AFTER_PRECHARGE
BEFORE = NoEnergyPauseMode.PAUSE_BEFORE_CABLE_CHECK


def test_a_whole_charge_is_answered_step_by_step():
    bench = DinBench()
    bench.to_parameters()
    talk = [
        (parameters(), din.ChargeParameterDiscoveryRes),
        (CABLE_CHECK, din.CableCheckRes),
        (PASSED, None),
        (CABLE_CHECK, din.CableCheckRes),
        (PRE_CHARGE, din.PreChargeRes),
        (PRE_CHARGE, din.PreChargeRes),
        (START, din.PowerDeliveryRes),
        (DEMAND, din.CurrentDemandRes),
        (DEMAND, din.CurrentDemandRes),
        (STOP, din.PowerDeliveryRes),
        (WELDING, din.WeldingDetectionRes),
        (WELDING, din.WeldingDetectionRes),
        (din.SessionStopReq(), din.SessionStopRes),
    ]

    for request, expected in talk:
        if expected is None:
            bench.tell(request)
        else:
            response = bench.ask(request)
            assert type(response) is expected
            assert response.response_code is ResponseCode.OK
    bench.disconnect()

    published = [type(each).__name__ for each in bench.published(object, ever=True)]
    once = (
        "EvccId",
        "StartCableCheck",
        "StartPreCharge",
        "CurrentDemandStarted",
        "CurrentDemandFinished",
        "DcOpenContactor",
        "DlinkTerminate",
    )
    assert [published.count(name) for name in once] == [1] * len(once)
    assert "HlcSessionFailed" not in published


@pytest.mark.parametrize(
    ("upto", "reason"),
    [
        ("authorization", "AuthorizationFailed"),
        ("offer", "ChargingParametersNotAccepted"),
        ("pre_charge", "EnergyTransferSetupFailed"),
        ("loop", "ChargingInterrupted"),
    ],
)
def test_a_car_that_is_suddenly_gone_leaves_nothing_connected(upto, reason):
    bench = DinBench()
    getattr(bench, f"to_{upto}")()

    bench.disconnect()

    published = bench.published(object)
    assert published[-2:] == [charger.HlcSessionFailed(reason=reason), charger.DlinkError()]
    opened, flows = [charger.DcOpenContactor()], [charger.CurrentDemandFinished()]
    assert published[:-2] == {"pre_charge": opened, "loop": flows + opened}.get(upto, [])


def test_a_silent_car_is_given_up_after_sixty_seconds():
    bench = DinBench()
    bench.to_loop()

    bench.pass_time(61)

    assert bench.closed.reason == "sequence_timeout"
    assert bench.published(charger.DcOpenContactor)


REQUESTS = [*one_of_each().values(), STOP]
COMMANDS = [
    GRANT,
    refusal(),
    PASSED,
    charger.CableCheckFinished(status=False),
    charger.StopCharging(stop=True),
    charger.SendError(error=EvseError.ERROR_CONTACTOR),
    charger.ResetError(),
]
STEPS = st.lists(
    st.one_of(
        st.sampled_from(REQUESTS), st.sampled_from(COMMANDS), st.sampled_from([30.0, 70.0]), st.just("nobody")
    ),
    max_size=25,
)


@pytest.mark.untraced
@few(50)
@given(start=st.sampled_from(["authorization", "parameters", "offer", "pre_charge", "loop"]), steps=STEPS)
def test_no_order_of_inputs_raises_or_leaves_anything_connected(start, steps):
    bench = DinBench()
    getattr(bench, f"to_{start}")()

    for step in steps:
        if bench.talk.closing:
            bench.disconnect()
            bench.join()
            bench.session = bytes(8)
        if isinstance(step, float):
            bench.pass_time(step)
        elif isinstance(step, str):
            bench.feed(Expired(timer=step))
        elif type(step) in one_of_each():
            bench.ask(step)
        else:
            bench.tell(step)
    bench.disconnect()

    seen = [type(each) for each in bench.published(object, ever=True)]
    assert seen.count(charger.StartCableCheck) == seen.count(charger.DcOpenContactor)
    assert seen.count(charger.CurrentDemandStarted) == seen.count(charger.CurrentDemandFinished)


@few(50)
@given(steps=STEPS)
def test_no_energy_flows_before_somebody_has_granted_it(steps):
    bench = DinBench()
    bench.to_authorization()

    for step in steps:
        if type(step) in one_of_each():
            bench.ask(step)
        elif step is not GRANT and not isinstance(step, (float, str)):
            bench.tell(step)

    assert not bench.published(charger.StartCableCheck, ever=True)


@pytest.mark.untraced
@few(50)
@given(payload=st.binary(max_size=120), payload_type=st.sampled_from([0x8001, 0x8002]))
def test_no_bytes_of_a_car_make_the_core_raise(payload, payload_type):
    bench = DinBench()
    bench.to_loop()

    bench.receive(payload, payload_type)

    assert bench.closed is not None or bench.sent() is not None
