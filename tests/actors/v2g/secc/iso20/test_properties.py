"""Random talks: whatever order, whatever bytes, the core decides, and what must never happen does not."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.v2g.secc.exchange import Close, Publish
from actors.v2g.secc.iso20.phases import Phase
from actors.v2g.secc.iso20.tables import SIDE
from actors.v2g.secc.settings import Settings
from actors.v2g.secc.state import Verdict
from protocols.interfaces import iso15118_charger as charger
from protocols.iso15118 import exi
from protocols.iso15118.iso20 import common
from protocols.iso15118.iso20.enumerations import Processing
from protocols.types.iso15118 import EnergyTransferMode, EvseError, NoEnergyPauseMode
from tests.support.examples import few
from tests.support.secc_iso20 import GRANTED, REFUSED, SCHEMAS, STATION, Car20, car_in, every_request

pytestmark = pytest.mark.untraced

PROFILE = few(40)
LESS = dataclasses.replace(STATION.dc_maximum, evse_maximum_power_limit_w=50000.0)
COMMANDS = [
    GRANTED,
    REFUSED,
    charger.AcContactorClosed(status=True),
    charger.AcContactorClosed(status=False),
    charger.CableCheckFinished(status=True),
    charger.CableCheckFinished(status=False),
    charger.StopCharging(stop=True),
    charger.StopCharging(stop=False),
    charger.PauseCharging(pause=True),
    charger.PauseCharging(pause=False),
    charger.NoEnergyPauseCharging(mode=NoEnergyPauseMode.PAUSE_AFTER_PRECHARGE),
    charger.SendError(error=EvseError.ERROR_RCD),
    charger.SendError(error=EvseError.ERROR_EMERGENCY_SHUTDOWN),
    charger.ResetError(),
    charger.UpdateDcMaximumLimits(maximum_limits=LESS),
    charger.UpdateEnergyTransferModes(
        supported_energy_transfer_modes=(EnergyTransferMode.DC, EnergyTransferMode.AC_BPT)
    ),
]
STOP, START = common.ChargeProgress.STOP, common.ChargeProgress.START


def legal(car):
    """What a car may say in its phase, as far as an ordinary one would."""
    moves = {
        Phase.SESSION_SETUP: [car.setup],
        Phase.AUTHORIZATION_SETUP: [car.authorization_setup],
        Phase.AUTHORIZATION: [car.authorize],
        Phase.AUTHORIZING: [car.authorize],
        Phase.SERVICE_DISCOVERY: [car.discover],
        Phase.SERVICE_DETAIL: [car.detail],
        Phase.SERVICE_SELECTION: [car.select, car.detail],
        Phase.PARAMETERS: [car.parameters],
        Phase.SCHEDULE: [car.schedule],
        Phase.CABLE_CHECK: [car.cable_check],
        Phase.PRE_CHARGE: [car.pre_charge, lambda: car.pre_charge(Processing.ONGOING)],
        Phase.DELIVERY: [car.deliver, lambda: car.deliver(START, Processing.ONGOING)],
        Phase.LOOP: [car.loop, lambda: car.loop(meter=True), lambda: car.deliver(STOP),
                     lambda: car.schedule(channel=0x8101)],
        Phase.WELDING: [car.weld, lambda: car.weld(Processing.ONGOING)],
        Phase.STOP: [],
    }[car.phase]  # fmt: skip
    if car.phase not in {Phase.SESSION_SETUP, Phase.LOOP}:
        moves += [car.stop, lambda: car.stop(common.ChargingSession.PAUSE),
                  lambda: car.stop(common.ChargingSession.SERVICE_RENEGOTIATION)]  # fmt: skip
    return moves


def connected(effects):
    """Whether the contactors may be closed after all of that."""
    closed = False
    for each in effects:
        match each:
            case Publish(variable=charger.AcCloseContactor() | charger.StartCableCheck()):
                closed = True
            case Publish(variable=charger.AcOpenContactor() | charger.DcOpenContactor()):
                assert closed, "parted a car that was not connected"
                closed = False
    return closed


def loops(effects):
    """Whether energy flows after all of that."""
    flows = False
    for each in effects:
        match each:
            case Publish(variable=charger.CurrentDemandStarted()):
                assert not flows, "started twice"
                flows = True
            case Publish(variable=charger.CurrentDemandFinished()):
                assert flows, "finished without a start"
                flows = False
    return flows


def check(car):
    """What must hold after every input."""
    closing = any(isinstance(each, Close) for each in car.bench.effects)
    talk = car.bench.state.talk
    if talk is None or talk.closing or closing:
        assert not connected(car.bench.history)
        assert not loops(car.bench.history)
    elif talk.iso20 is not None:
        assert connected(car.bench.history) is talk.iso20.connected
        assert loops(car.bench.history) is talk.loop_started
        energy = {Phase.PARAMETERS, Phase.SCHEDULE, Phase.CABLE_CHECK, Phase.PRE_CHARGE}
        if talk.phase in energy:
            assert talk.authorization.verdict in {Verdict.GRANTED, Verdict.REFUSED}


@PROFILE
@given(
    st.sampled_from([1, 2, 5, 6]),
    st.booleans(),
    st.sampled_from([Phase.SESSION_SETUP, Phase.AUTHORIZING, Phase.PARAMETERS, Phase.DELIVERY, Phase.LOOP]),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 99)), max_size=60),
)
def test_random_talks_never_leave_a_car_connected(service, scheduled, phase, choices):
    car = car_in(phase, service, scheduled=scheduled)
    for kind, number in choices:
        if car.bench.state.talk is None:
            car.arrive()
        elif kind == 0 or car.bench.closed is not None:
            car.bench.disconnect()
            car.bench.closed = None
        elif kind == 1:
            car.bench.tell(COMMANDS[number % len(COMMANDS)])
        elif kind == 2:
            car.bench.pass_time(number / 5)
        elif not car.bench.talk.held:
            favour = legal(car)
            favour[min(number // 20, len(favour) - 1) if number % 5 == 0 else 0]()
        else:
            car.bench.tell(COMMANDS[2 + number % 2])
        check(car)


@PROFILE
@given(
    st.sampled_from([1, 2]),
    st.sampled_from(sorted(set(Phase) - {Phase.EXPIRING})),
    st.integers(0, 40),
    st.data(),
)
def test_damaged_requests_never_raise_and_never_go_on(service, phase, number, data):
    # given
    if service == 1 and phase in {Phase.CABLE_CHECK, Phase.PRE_CHARGE, Phase.WELDING}:
        return
    car = car_in(phase, service)
    requests = sorted(every_request(car).items())
    _, (request, channel) = requests[number % len(requests)]
    payload = bytearray(exi.encode(request, SCHEMAS[channel]))
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))

    # when
    car.channel = channel
    car.bench.receive(bytes(payload), channel)

    # then
    check(car)
    if car.bench.closed is not None and car.bench.closed.failed is not None:
        assert car.bench.timers == {}


@PROFILE
@given(st.integers(0, 0xFFFF), st.binary(max_size=200))
def test_any_bytes_on_any_channel_only_end_the_talk(payload_type, payload):
    car = car_in(Phase.LOOP)

    car.bench.receive(payload, payload_type)

    assert car.bench.closed is not None
    check(car)
    if payload_type not in {*SCHEMAS, *SIDE}:
        assert car.bench.sent() is None


ANSWERS = st.lists(st.sampled_from(["grant", "refuse", "stop", "time", "ask", "new talk"]), max_size=12)


@PROFILE
@given(ANSWERS)
def test_only_a_grant_that_was_waited_for_authorizes(events):
    # given
    car = Car20(settings=Settings(auth_timeout_eim_s=20))
    car.go_to(Phase.AUTHORIZATION)
    waiting = stopped = granted = False
    clock = 0

    # when
    for event in events:
        if event == "new talk" or car.bench.closed is not None:
            car.bench.disconnect()
            car.bench.closed = None
            waiting = granted = False
            car.go_to(Phase.AUTHORIZATION)
        elif event == "grant":
            car.bench.tell(GRANTED)
            granted, waiting = granted or waiting, False
        elif event == "refuse":
            car.bench.tell(REFUSED)
            granted = waiting = False
        elif event == "stop":
            car.bench.tell(charger.StopCharging(stop=True))
            stopped = True
        elif event == "time":
            car.bench.pass_time(21)
            clock += 1
            waiting = False
        elif car.phase in {Phase.AUTHORIZATION, Phase.AUTHORIZING}:
            begins = car.phase is Phase.AUTHORIZATION
            response = car.authorize()

            # then
            finished = response.response_code == "OK" and response.evse_processing == "Finished"
            assert finished is (not begins and granted and not stopped)
            waiting = begins and response.response_code == "OK" and not stopped
            if not begins and response.evse_processing != "Finished":
                waiting = True
